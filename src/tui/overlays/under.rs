//! What of an overlay is under the mouse.

use ratatui::layout::Position;

use super::dialog::Button;
use super::{Overlay, Stage, buttons, sheet_view, view};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::effect::Effect;

/// What is under the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// A button, by its place.
    Button(usize),
    /// A row, by its place.
    Row(usize),
}

/// What of an overlay is in a cell.
pub fn under(app: &App, overlay: &Overlay, at: Position) -> Option<Under> {
    let body = view::body(app.areas());
    match overlay {
        Overlay::Dialog(dialog) if dialog.name.is_none() => {
            let (area, _, _) = view::dialog_laid(dialog, body);
            buttons::at(view::inside(area), &[dialog.no(), dialog.yes()], (at.x, at.y)).map(Under::Button)
        }
        Overlay::Sheet(sheet) if !matches!(sheet.stage, Stage::Choosing(_)) => {
            let (area, names) = sheet_view::place(app, sheet, body);
            buttons::at(view::inside(area), &names, (at.x, at.y)).map(Under::Button)
        }
        Overlay::Menu(menu) => {
            let inside = view::menu_lines(menu, view::inside(view::menu_area(menu, body)));
            let top = view::first_row(menu.cursor, inside.height);
            inside.contains(at).then(|| Under::Row(top + usize::from(at.y - inside.y)))
        }
        _ => None,
    }
}

impl App {
    /// Does what a click there means.
    pub(in crate::tui) fn click_in_overlay(&mut self, under: Under) -> Vec<Effect> {
        match (&mut self.overlay, under) {
            (Some(Overlay::Dialog(dialog)), Under::Button(at)) => {
                dialog.button = if at == 0 { Button::Cancel } else { Button::Yes };
            }
            (Some(Overlay::Sheet(sheet)), Under::Button(at)) => sheet.button = at,
            (Some(Overlay::Menu(menu)), Under::Row(at)) if at < menu.items.len() => menu.cursor = at,
            _ => return Vec::new(),
        }
        self.act_in_overlay(Action::Confirm)
    }
}
