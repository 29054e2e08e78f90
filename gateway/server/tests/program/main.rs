//! The program as it is: its commands, and the gateway between real vehicles (QUIC) and real pages (HTTP, WebRTC).

mod browser;
mod certificates;
mod commands;
mod full_disk;
mod hostile;
mod page;
mod people;
mod revocation;
mod site;
mod truck;
