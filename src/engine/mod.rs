//! The container backend: connects a container engine to Kabinet and Rekuest, installs flavours and looks after pods.
//!
//! It is an app like others: it signs in, declares a backend with one resource, offers its actions over Rekuest, and
//! does what it is asked. Stopping it leaves the pods running; the next one finds them.

mod actions;
mod backend;
mod choose;
pub mod credentials;
mod discover;
pub mod driver;
pub mod dump;
pub mod facts;
mod fetch_plan;
mod home;
pub mod image;
mod insist;
mod install;
mod keeper;
mod maker;
mod notes;
mod own_log;
mod passing;
mod preflight;
mod reconcile;
mod records;
mod run;
mod service;
mod settings;
mod settle;
mod speed;
pub mod status;
mod undo;
mod upkeep;
mod usage;

#[cfg(test)]
mod outage_tests;
#[cfg(test)]
mod owner_tests;
#[cfg(test)]
mod remote_tests;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod testing;

pub use backend::ImageSource;
pub use discover::{
    Candidate, Choice, Connected, Found, NotFound, Places, SocketReport, candidates, connect, probe_sockets,
};
pub use home::Error as HomeError;
pub use own_log::listener;
pub use run::{Error, Options, Others, run};
pub use service::podman_program;
pub use settings::Settings;
