//! The part of the terminal program that touches the world: the terminal, the clock, the server.

mod clipboard;
mod handing;
mod keeping;
mod lending;
mod lines;
mod logs;
mod options;
mod perform;
mod plain;
mod reading;
mod reloading;
mod run;
mod spill;
mod spills;
mod teller;
mod terminal;
mod watchdog;
mod watching;

pub use clipboard::{Multiplexer, osc52};
pub use options::{Manner, Network, Options, Start};
pub use perform::{Inbox, Outside, Security};
pub use reloading::KEPT;
pub use run::{now, run};
pub use teller::Teller;
