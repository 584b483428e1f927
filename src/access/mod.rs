//! Which server is meant, and a way into it.
//!
//! A *context* is a server with an identity. [`choose`] finds out which one a command or the terminal means, and
//! [`connect`] signs in there: to this machine's own server (the context `local`, started where it does not run), or to a
//! deployment elsewhere. Whoever wants a [`Store`](crate::services::Store) asks here.

mod choice;
mod claims;
mod connect;
mod contexts;
mod token_file;

pub use choice::{Chosen, Flags, Origin, choose};
pub use claims::Claims;
pub use connect::{Connected, Who, connect};
pub use contexts::{Known, add, contexts, known, parse_address, remove, select};
