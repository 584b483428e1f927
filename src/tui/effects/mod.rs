//! The part of the terminal program that touches the world: the terminal, the clock, the server.

mod catalogue;
mod clipboard;
mod errands;
mod events;
mod farewell;
mod handing;
mod host;
mod keeping;
mod lending;
mod lines;
mod links;
mod logs;
mod native;
mod notify;
mod options;
mod perform;
mod plain;
mod reading;
mod reloading;
mod run;
mod spill;
mod spills;
mod teller;
mod telling;
mod terminal;
mod unread;
mod usage;
mod watchdog;
mod watching;

pub use clipboard::osc52;
pub use host::Multiplexer;
pub use options::{Link, Manner, Network, Options, Start};
pub use perform::{Inbox, Outside, Security};
pub use reloading::KEPT;
pub use run::{now, run};
pub use teller::Teller;
