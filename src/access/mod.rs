//! Which server is meant, and a way into it.
//!
//! A *context* is a server with an identity. [`choose`] finds out which one a command or the terminal means, and
//! [`connect`] signs in there: to this machine's own server (the context `local`, started where it does not run), or to a
//! deployment elsewhere. Whoever wants a [`Store`](crate::services::Store) asks here.
//!
//! [`contexts`] lists the contexts with the state of their logins, [`select`], [`add`] and [`remove`] change the list.
//! [`sign_in`] makes or renews a login and tells of every step ([`Step`]); [`sign_out`] takes it back. What was chosen
//! before somebody signed in should be chosen anew afterwards: the file of contexts says more then.
//!
//! Logins are kept in files (`store`), and renewed by `login`; the keyrings of systems are not used yet.

mod choice;
mod claims;
mod connect;
mod contexts;
mod enter;
mod everywhere;
mod login;
mod node;
mod services;
mod sign_in;
mod sign_out;
mod store;
mod token_file;
mod whoami;

pub use choice::{Chosen, Flags, Origin, Variables, choose};
pub use claims::Claims;
pub use connect::{Attempt, Connected, Who, attempt, connect, session, subject};
pub use contexts::{Known, LoginState, add, contexts, known, parse_address, remove, select};
pub use everywhere::{Everywhere, pods_everywhere};
pub use sign_in::{SignIn, SignedIn, Step, TOKEN_GOES_FIRST, Way, sign_in};
pub use sign_out::{SignedOff, sign_out};
pub use store::is_on_network;
pub use token_file::{read_secret, warning as token_file_warning};
pub use whoami::{TokenFacts, TokenPlace, token_facts};
