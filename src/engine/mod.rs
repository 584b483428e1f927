//! The container backend: connects a container engine to Kabinet and Rekuest, installs flavours and looks after pods.

pub mod credentials;
mod discover;
pub mod driver;
pub mod facts;
mod service;
mod settings;

pub use discover::{
    Candidate, Choice, Connected, Found, NotFound, Places, SocketReport, candidates, connect, probe_sockets,
};
pub use settings::Settings;
