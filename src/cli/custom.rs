//! Actions of a person's own, from the settings to the terminal program.

use crate::config::Loaded;
use crate::tui::custom::{Custom, CustomWish, read};
use crate::tui::keymap::Keymap;

/// The actions of the settings, and what is wrong with them.
pub fn find(settings: &Loaded, keymap: &Keymap) -> (Vec<Custom>, Vec<String>) {
    let wishes = settings.actions.iter().cloned().map(|action| CustomWish {
        name: action.name,
        scope: action.scope,
        key: action.key,
        run: action.run,
        input: action.input,
        confirm: action.confirm,
        dangerous: action.dangerous,
        from: action.from,
    });
    read(wishes.collect(), keymap)
}
