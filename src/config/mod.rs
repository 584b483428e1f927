//! Where things lie, and what the person has set: folders, the configuration file, the environment.
//!
//! A setting comes from the first that has it: flag, environment, the person's file, what was measured of the terminal,
//! the site's file, default; and remembers which one that was.

mod actions;
mod context;
mod contexts;
mod file;
mod folders;
mod keys;
mod known;
mod layers;
#[cfg(test)]
mod layers_tests;
mod measured;
mod schema;
mod themes;

pub use actions::CustomAction;
pub use context::{Colour, Confirm, ContextEntry, ContextName, LOCAL, Place};
pub use contexts::{ContextError, Contexts};
pub use file::{Catalogue, Config, ConfigError, Engine, Limits, Logs, Server, Terminal, Warning};
pub use folders::{Error, Folders, make_private_folder, write_durable, write_private};
pub use keys::{KeyLine, KeyTrouble, Keys};
pub use known::{SCOPES, SETTINGS, Setting, setting_of, template};
pub use layers::{Layer, Loaded, Oddity, site_file, values};
pub use measured::{Measured, keep_measured, measured_here, terminal_name};
pub use schema::schema;
pub use themes::{read_theme, theme_file};
