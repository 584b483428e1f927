//! Where things lie, and what the person has set: folders, the configuration file, the environment.
//!
//! A setting comes from the first that has it: flag, environment, the person's file, the site's file, default; and
//! remembers which one that was.

mod context;
mod contexts;
mod file;
mod folders;
mod keys;
mod known;
mod layers;
#[cfg(test)]
mod layers_tests;

pub use context::{Colour, Confirm, ContextEntry, ContextName, LOCAL, Place};
pub use contexts::{ContextError, Contexts};
pub use file::{Catalogue, Config, ConfigError, Engine, Limits, Server, Terminal, Warning};
pub use folders::{Error, Folders, make_private_folder, write_durable, write_private};
pub use keys::{KeyLine, KeyTrouble, Keys};
pub use known::{SETTINGS, Setting, setting_of, template};
pub use layers::{Layer, Loaded, Oddity, site_file, values};
