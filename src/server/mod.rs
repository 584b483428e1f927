//! The embedded server: Kabinet, Rekuest, Lok and fakts in one process, over one SQLite file.
//!
//! It takes its listener and its reason to stop from the caller, and never knows a client room.

pub mod changes;
pub mod identity;
pub mod kabinet;
pub mod repositories;
pub mod store;
