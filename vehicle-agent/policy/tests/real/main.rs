//! The policy with the real ONNX Runtime and real model files.

mod abort;
mod cards;
mod rig;
mod runs;
