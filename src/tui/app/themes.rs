//! Which colours there are to choose among while the program runs (`:theme NAME`).

use super::App;
use crate::domain::clean_line;
use crate::tui::theme::{Colours, Scheme};

/// No colours at all.
const MONO: &str = "mono";

impl App {
    /// The names.
    pub(in crate::tui) fn theme_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let own = Some(self.first_theme.scheme.name()).filter(|name| Scheme::of(name).is_none());
        Scheme::ALL.into_iter().map(Scheme::name).chain([MONO]).chain(own)
    }

    /// `:theme NAME`.
    pub(in crate::tui) fn choose_theme(&mut self, name: &str) {
        let first = self.first_theme;
        if name == MONO {
            self.theme.colours = Colours::Mono;
        } else if let Some(scheme) = Scheme::of(name) {
            (self.theme.scheme, self.theme.colours) = (scheme, first.colours);
        } else if name == first.scheme.name() {
            self.theme = first;
        } else {
            let names: Vec<_> = self.theme_names().collect();
            self.notes
                .say(self.now, format!("No theme is called {}. There are {}.", clean_line(name), names.join(", ")));
        }
    }
}
