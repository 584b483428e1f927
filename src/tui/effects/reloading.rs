//! Takes up what was written into the files of settings while the program runs. A file that is broken changes nothing, and
//! is told.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::options::{Manner, Options};
use super::pace::Urgency;
use super::perform::Outside;
use super::run::{Loop, now};
use super::watching::Watch;
use crate::domain::Failure;
use crate::tui::app::{App, Motion};
use crate::tui::theme::Theme;

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
        app.theme = theme_of(&app.theme, &self.options.theme, &new.theme);
        app.first_theme = new.theme;
        app.keys.clone_from(&new.keys);
        app.custom.clone_from(&new.custom);
        app.json_templates.clone_from(&new.json_templates);
        app.notes.say(now(), "The settings that were written hold from now on");
        for text in &new.said {
            app.notes.say(now(), text.clone());
        }
        let manner = manner_of(self.options.manner, new.manner);
        if manner != new.manner {
            app.notes.say(now(), "terminal.accessibility: lines instead of a screen hold from the next start");
        } else if manner != self.options.manner {
            app.motion = if manner == Manner::Accessible { Motion::Still } else { Motion::Lively };
        }
        if new.link != self.options.link {
            self.performer.hold(new.link);
        }
        let old = std::mem::take(&mut self.options);
        self.options = Options {
            runtime_dir: old.runtime_dir,
            log_folder: old.log_folder,
            cache_dir: old.cache_dir,
            log: old.log,
            watched: old.watched,
            network: old.network,
            manner,
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

/// Colours and characters as they are written; the scheme only where another one is written now. One that was chosen in
/// the running program (`:theme NAME`) is not undone by whoever saves something else.
fn theme_of(shown: &Theme, old: &Theme, new: &Theme) -> Theme {
    let scheme = if new.scheme == old.scheme { shown.scheme } else { new.scheme };
    let colours = if new.colours == old.colours { shown.colours } else { new.colours };
    Theme { colours, scheme, ..*new }
}

/// For whom the screen is from now on. Lines and a screen do not turn into each other while the program runs.
fn manner_of(old: Manner, new: Manner) -> Manner {
    if (old == Manner::Plain) == (new == Manner::Plain) { new } else { old }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Colours, GlyphSet, Scheme};

    #[test]
    fn a_theme_that_was_chosen_in_the_running_program_stays_until_another_one_is_written() {
        let written = |scheme, glyphs| Theme { scheme, ..Theme::new(Colours::Sixteen, glyphs) };
        let usual = written(Scheme::Usual, GlyphSet::Unicode);
        let chosen = Theme { scheme: Scheme::Light, ..usual };
        let saved = theme_of(&chosen, &usual, &written(Scheme::Usual, GlyphSet::Ascii));
        assert_eq!(saved, written(Scheme::Light, GlyphSet::Ascii));
        let dark = written(Scheme::Dark, GlyphSet::Unicode);
        assert_eq!(theme_of(&chosen, &usual, &dark), dark);
    }

    #[test]
    fn a_screen_stays_a_screen_and_may_be_read_aloud() {
        assert_eq!(manner_of(Manner::Full, Manner::Accessible), Manner::Accessible);
        assert_eq!(manner_of(Manner::Accessible, Manner::Full), Manner::Full);
        assert_eq!(manner_of(Manner::Full, Manner::Plain), Manner::Full);
    }
}
