//! The error that was told last: until something else is asked for, `explain` tells all that is known of it, and `copy`
//! copies it, as on a full screen while it stands there.

use super::Plain;
use super::words::{self, Said};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::overlays::Overlay;

impl Plain {
    /// Takes the errors that were told since the last line: here the way back is not for them.
    pub(super) fn take_troubles(&mut self, app: &mut App) {
        if let Some(newest) = app.notes.troubles.pop() {
            self.trouble = Some(newest);
        }
        app.notes.troubles.clear();
    }

    /// Does what a line asks for, of the error where that is meant.
    pub(super) fn perform_beside_trouble(&mut self, app: &mut App, line: &str) -> Vec<Effect> {
        self.stand_first(app, line);
        let gives_way = matches!(app.overlay, None | Some(Overlay::Details(_) | Overlay::Sheet(_)));
        let Some(trouble) = self.trouble.clone().filter(|_| gives_way) else {
            return self.perform(app, words::read(app, line));
        };
        let said = match line.to_lowercase() {
            // Also where nothing but an error can be explained, such as in a log.
            name if name == Action::Explain.name() => Said::Wish(Action::Explain, Vec::new()),
            _ => words::read(app, line),
        };
        match &said {
            Said::Wish(action @ (Action::Explain | Action::Copy | Action::NextError), rows) if rows.is_empty() => {
                if *action != Action::Copy {
                    self.put_again();
                }
                app.notes.troubles.push(trouble.clone());
                let effects = self.perform(app, said);
                app.notes.troubles.retain(|other| *other != trouble);
                effects
            }
            // That asks for nothing else.
            Said::Nothing | Said::List | Said::More | Said::Wait(_) | Said::Unknown(_) => self.perform(app, said),
            _ => {
                self.trouble = None;
                self.perform(app, said)
            }
        }
    }
}
