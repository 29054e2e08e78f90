//! Nothing but tests: `tests/house` keeps the arrows between the rooms, the purity of the cores, and the length of files
//! and functions.
