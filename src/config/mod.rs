//! Where things lie, and what the person has set: folders, the configuration file, the environment.
//!
//! A setting comes from the first that has it: flag, environment, file, default; and remembers which one that was.

mod context;
mod contexts;
mod file;
mod folders;
mod keys;

pub use context::{Colour, Confirm, ContextEntry, ContextName, LOCAL, Place};
pub use contexts::{ContextError, Contexts};
pub use file::{Catalogue, Config, ConfigError, Engine, Layer, Limits, Loaded, Server, Terminal, Warning};
pub use folders::{Error, Folders, make_private_folder, write_durable, write_private};
pub use keys::{KeyLine, KeyTrouble, Keys};
