//! The server of this machine and user: where it is, whether it answers, and how one is started when none does.
//!
//! What a running server is known by is a lock on its data folder, which the system gives back whatever happens to the
//! process, and a file with its address. What the server does is left to `server`; this room never names it.

mod info;
mod lock;
mod start;

pub use info::{Found, Holder, ServerInfo, find, stop};
pub use lock::Lock;
pub use start::{BACKGROUND, DETACHED_VERB, Ready, detach, ensure, failed_file, forget_descriptors};
