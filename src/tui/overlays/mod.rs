//! What lies over a page: help, messages, the menu of actions, the palette, the install sheet, questions.

mod buttons;
mod commanding;
mod commands;
mod contexts;
mod details;
mod dialog;
mod facets;
mod form;
mod form_view;
mod help;
mod menu;
mod net;
mod orders;
mod palette;
mod reading;
mod sheet;
mod sheet_view;
mod sign_in;
mod under;
mod view;
mod which_key;
mod why;
mod yank;

use super::action::{Action, Step};
use super::app::App;
use super::effect::Effect;
use super::keymap::Place;

pub use contexts::{ContextRow, Contexts};
pub use details::Details;
pub use dialog::{Asked, Asks, Button, Dialog, Farewell, Intent, Logs, Seen};
pub use facets::{Facets, draw_side};
pub use form::Form;
pub use help::Help;
pub use menu::{Doing, Item, Menu};
pub use orders::Orders;
pub use palette::{Palette, SHOWN};
pub use reading::{Reading, Told, lines as told_lines};
pub use sheet::{BUTTONS, Sheet, Stage};
pub use sheet_view::content as sheet_content;
pub use sign_in::{Code, SignIn, Step as SignInStep};
pub use under::under;
pub use view::{draw, long};
pub use which_key::draw as draw_which_key;
pub use why::Why;
pub use yank::Yank;

/// Something that lies over a page.
#[derive(Debug)]
pub enum Overlay {
    /// The keys of this screen.
    Help(Help),
    /// All that is known of an error.
    Details(Details),
    /// What the program said, and what was asked of the server.
    Messages(Reading),
    /// The menu of actions.
    Menu(Menu),
    /// The palette.
    Palette(Palette),
    /// The install sheet.
    Sheet(Sheet),
    /// The rows of an install sheet explained.
    Why(Why),
    /// A question.
    Dialog(Dialog),
    /// The servers that one can go to.
    Contexts(Contexts),
    /// Signing in, and who one is.
    SignIn(SignIn),
    /// What the list can be narrowed to.
    Facets(Facets),
    /// In which order the list is shown.
    Orders(Orders),
    /// What can be copied.
    Yank(Yank),
    /// The form of an action that an engine offers.
    Form(Form),
}

const READING: &[Place] = &[Place::Reading, Place::Moving];
const MENU: &[Place] = &[Place::Menu];
const SHEET: &[Place] = &[Place::Sheet];
const DIALOG: &[Place] = &[Place::Dialog];
const SIGN_IN: &[Place] = &[Place::SignIn];
const FORM: &[Place] = &[Place::Form];
const FACETS: &[Place] = &[Place::Facets, Place::Menu];
const YANK: &[Place] = &[Place::Yank, Place::Menu];
const CHOICES: &[Place] = &[Place::Choices, Place::Menu];

/// The chains of places of all overlays.
pub const CHAINS: [&[Place]; 9] = [READING, MENU, SHEET, DIALOG, SIGN_IN, FORM, FACETS, YANK, CHOICES];

impl Overlay {
    /// The places whose keys count.
    pub fn chain(&self) -> &'static [Place] {
        match self {
            Self::Help(_) | Self::Messages(_) | Self::Details(_) | Self::Why(_) => READING,
            Self::Menu(_) | Self::Palette(_) | Self::Contexts(_) | Self::Orders(_) => MENU,
            Self::Facets(_) => FACETS,
            Self::Yank(_) => YANK,
            Self::SignIn(_) => SIGN_IN,
            Self::Form(_) => FORM,
            Self::Sheet(sheet) if matches!(sheet.stage, Stage::Choosing(_)) => CHOICES,
            Self::Sheet(_) => SHEET,
            Self::Dialog(_) => DIALOG,
        }
    }
}

impl App {
    /// The first line of so many that a box shows after a step, where it is as high as can be.
    fn scrolled_box(&self, top: usize, step: Step, count: usize) -> usize {
        let page = usize::from(view::body(self.areas()).height).saturating_sub(2).max(1);
        super::app::stepped(top, step, page, count.saturating_sub(page))
    }

    /// Does what was asked for in the overlay.
    pub(in crate::tui) fn act_in_overlay(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Repaint => return vec![Effect::Repaint],
            Action::Interrupt => return self.act(Action::Interrupt),
            _ => {}
        }
        let Some(overlay) = self.overlay.take() else { return Vec::new() };
        if action == Action::Help {
            self.overlay = Some(Overlay::Help(Help::over(Some(overlay))));
            return Vec::new();
        }
        match overlay {
            Overlay::Help(help) => self.act_in_help(action, help),
            Overlay::Messages(reading) => self.act_in_reading(action, reading),
            Overlay::Details(details) => self.act_in_details(action, details),
            Overlay::Why(why) => self.act_in_why(action, why),
            Overlay::Menu(menu) => self.act_in_menu(action, menu),
            Overlay::Sheet(sheet) => self.act_in_sheet(action, sheet),
            Overlay::Dialog(dialog) => self.act_in_dialog(action, dialog),
            Overlay::Contexts(contexts) => self.act_in_contexts(action, contexts),
            Overlay::Facets(it) => self.act_in_facets(action, it),
            Overlay::Orders(it) => self.act_in_orders(action, it),
            Overlay::Yank(yank) => self.act_in_yank(action, yank),
            Overlay::SignIn(dialog) => self.act_in_sign_in(action, dialog),
            // Keys go into their fields.
            other @ (Overlay::Palette(_) | Overlay::Form(_)) => {
                self.overlay = Some(other);
                Vec::new()
            }
        }
    }
}

/// A cursor in a short list, after a step.
fn moved(cursor: usize, step: Step, count: usize) -> usize {
    super::app::stepped(cursor, step, 10, count.saturating_sub(1))
}
