//! Something real to run, on every machine and without any network: two small Arkitekt apps, their container images
//! made of the running program, and the built-in repository that lists them.
//!
//! The apps are agents like any other: they claim their configuration, register what they offer, answer, and log. How
//! an image reaches an engine is the engine's affair; it asks [`Images::find`] for the references that start with
//! [`IMAGES`].

mod app;
mod apps;
mod archives;
mod elf;
mod image;
mod parts;
mod repository;

use std::{io, sync::Arc, time::SystemTime};

use crate::domain::Moment;

pub use app::{run, serve};
pub use apps::{App, Flavour, Need};
pub use archives::{Archives, Awaited};
pub use image::Image;

/// How references of demo images start. The `process` engine runs nothing else.
pub const IMAGES: &str = "localhost/kab-demo/";
/// The hidden command that runs a demo app: `kab demo-app greeter vanilla`.
pub const COMMAND: &str = "demo-app";
/// What the built-in repository says of itself.
pub const README: &str = include_str!("README.md");
/// The app that `kab demo` opens the store at.
pub const FIRST_APP: &str = "live.kab.demo.greeter";

/// One flavour of one demo app, with its image.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Which app.
    pub app: App,
    /// Which of its flavours.
    pub flavour: Flavour,
    /// The image that the repository names.
    pub image: Image,
}

/// The demo images of the running program.
#[derive(Debug, Clone)]
pub struct Images {
    offers: Vec<Offer>,
    built_at: Moment,
}

impl Images {
    /// Reads the running program and its libraries once, to know their digests; it takes a fraction of a second and
    /// blocks.
    ///
    /// # Errors
    /// When a file cannot be read, or the program is not one that an image can be made of.
    pub fn of_this_program() -> io::Result<Self> {
        let base = Arc::new(image::Base::of_this_program()?);
        let modified = std::fs::metadata("/proc/self/exe")?.modified()?;
        let seconds = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let built_at = Moment(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
        let offers = App::ALL
            .into_iter()
            .flat_map(|app| app.flavours().iter().map(move |flavour| (app, *flavour)))
            .map(|(app, flavour)| {
                let image = Image::new(Arc::clone(&base), app.recipe(flavour));
                Offer { app, flavour, image }
            })
            .collect();
        Ok(Self { offers, built_at })
    }

    /// All of them, the app that the demo starts with first.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The image with that reference; `None` also for a demo image of another build of kab.
    pub fn find(&self, reference: &str) -> Option<&Image> {
        self.offers.iter().map(|offer| &offer.image).find(|image| image.reference() == reference)
    }

    /// The built-in repository: a deployments file of the newest generation.
    ///
    /// # Errors
    /// When the machine's memory cannot be read, which one flavour is made to exceed.
    pub fn repository_yaml(&self) -> io::Result<String> {
        repository::yaml(&self.offers, self.built_at, repository::memory_megabytes()?)
    }
}

#[cfg(test)]
mod tests;
