//! Takes up what was written into the files of settings while the program runs. A file that is broken changes nothing, and
//! is told.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::options::Options;
use super::perform::Outside;
use super::run::{Loop, Urgency, now};
use super::watching::Watch;
use crate::domain::Failure;
use crate::tui::app::App;

/// What a failure says that comes from here.
pub const KEPT: &str = "The settings stay as they were";

/// Waits for files to be written, and for what they say.
pub(super) struct Reloading {
    watch: Watch,
    reading: Option<JoinHandle<Result<Options, Failure>>>,
}

impl Reloading {
    /// Watches these files.
    pub fn new(files: &[PathBuf]) -> Self {
        Self { watch: Watch::new(files), reading: None }
    }

    /// The next settings. May be dropped while it waits.
    pub async fn next<O: Outside>(&mut self, outside: &Arc<O>) -> Result<Options, Failure> {
        if self.reading.is_none() {
            self.watch.changed().await;
        }
        let reading = self.reading.get_or_insert_with(|| {
            let outside = Arc::clone(outside);
            // A disk may be slow.
            tokio::task::spawn_blocking(move || outside.settings())
        });
        let found = reading.await;
        self.reading = None;
        found.unwrap_or_else(|error| Err(Failure::new(KEPT, error.to_string())))
    }
}

impl<O: Outside> Loop<O> {
    /// Goes by new settings, or says why the old ones hold.
    pub(super) fn take_settings(&mut self, app: &mut App, found: Result<Options, Failure>) {
        self.screen.touch(Urgency::Now);
        let new = match found {
            Ok(new) => new,
            Err(failure) => {
                app.notes.fail(now(), failure);
                return;
            }
        };
        if app.notes.error().is_some_and(|failure| failure.what == KEPT) {
            app.notes.dismiss();
        }
        app.theme = new.theme;
        app.keys.clone_from(&new.keys);
        app.custom.clone_from(&new.custom);
        app.json_templates.clone_from(&new.json_templates);
        app.notes.say(now(), "The settings that were written hold from now on");
        for text in &new.said {
            app.notes.say(now(), text.clone());
        }
        let old = std::mem::take(&mut self.options);
        self.options = Options {
            runtime_dir: old.runtime_dir,
            log_folder: old.log_folder,
            cache_dir: old.cache_dir,
            log: old.log,
            watched: old.watched,
            network: old.network,
            manner: old.manner,
            address: old.address,
            start: old.start,
            ..new
        };
        self.screen.terminal.links = self.options.links;
        if self.options.mouse != old.mouse {
            let effects = app.use_mouse(self.options.mouse);
            self.perform(app, effects);
        }
    }
}
