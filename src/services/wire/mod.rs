//! Answers as they come in, and what they become. One shape for all generations of a list: what a server does not tell
//! is absent.

mod kabinet;
mod offers;
mod ports;
mod rekuest;
mod repository;
mod selectors;

pub(super) use kabinet::{Backend, Pod, PodLog, Release, apps};
pub(super) use offers::Offer;
pub(super) use ports::Definition;
pub(super) use rekuest::{Agent, Event, Implementation, Task, TaskEvents, structure};
pub(super) use repository::Repository;
pub(crate) use selectors::Needs;

use serde::Deserialize;

use crate::domain::Moment;

/// Something of which only the id is asked for.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reference {
    pub id: String,
}

/// A point in time as servers write it; what cannot be read is absent.
fn moment(text: Option<&str>) -> Option<Moment> {
    Moment::parse(text?)
}
