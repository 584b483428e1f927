//! Names of places and actions in `keys.toml`. They are stable: files of people hold them.

use super::Place;
use crate::domain::PodVerb;
use crate::tui::action::{Action, Screen, Step};

impl Place {
    /// Its name in `keys.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "global",
            Self::Moving => "moving",
            Self::Lists => "list",
            Self::Catalogue => "catalogue",
            Self::Facets => "facets",
            Self::Yank => "copying",
            Self::AppPage => "app-page",
            Self::Rows => "rows",
            Self::Pods => "pods",
            Self::Tasks => "tasks",
            Self::Page => "page",
            Self::Log => "log",
            Self::Sheet => "sheet",
            Self::Dialog => "dialog",
            Self::Menu => "menu",
            Self::SignIn => "sign-in",
            Self::Form => "form",
            Self::Reading => "reading",
            Self::GoTo => "go-to",
        }
    }
}

impl Action {
    /// Its name in `keys.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Go(Screen::Home) => "go-home",
            Self::Go(Screen::Apps) => "go-apps",
            Self::Go(Screen::Nodes) => "go-nodes",
            Self::Go(Screen::Pods) => "go-pods",
            Self::Go(Screen::Engines) => "go-engines",
            Self::Go(Screen::Tasks) => "go-tasks",
            Self::Previous => "previous-screen",
            Self::Prefix => "go-to",
            Self::Palette => "palette",
            Self::Help => "help",
            Self::Messages => "messages",
            Self::Contexts => "servers",
            Self::SignIn => "sign-in",
            Self::Refresh => "refresh",
            Self::Repaint => "repaint",
            Self::Back => "back",
            Self::Close => "close",
            Self::Quit => "quit",
            Self::Interrupt => "interrupt",
            Self::Move(Step::Down) => "down",
            Self::Move(Step::Up) => "up",
            Self::Move(Step::Top) => "top",
            Self::Move(Step::Bottom) => "bottom",
            Self::Move(Step::HalfDown) => "half-page-down",
            Self::Move(Step::HalfUp) => "half-page-up",
            Self::Move(Step::PageDown) => "page-down",
            Self::Move(Step::PageUp) => "page-up",
            Self::Filter => "filter",
            Self::NextMatch => "next-match",
            Self::PreviousMatch => "previous-match",
            Self::Copy => "copy",
            Self::Open => "open",
            Self::Mark => "mark",
            Self::MarkAll => "mark-all",
            Self::MarkRange => "mark-range",
            Self::Hidden => "hidden",
            Self::Menu => "actions",
            Self::Explain => "explain",
            Self::Undo => "undo",
            Self::Sort => "sort",
            Self::Reverse => "reverse",
            Self::Facets => "facets",
            Self::Install => "install",
            Self::InstallWith => "install-with",
            Self::PreviousTab => "previous-tab",
            Self::NextTab => "next-tab",
            Self::Pod(PodVerb::Start) => "start",
            Self::Pod(PodVerb::Stop) => "stop",
            Self::Pod(PodVerb::Restart) => "restart",
            Self::Pod(PodVerb::Remove) => "remove",
            Self::Logs => "logs",
            Self::Cancel => "cancel",
            Self::Follow => "follow",
            Self::Only => "only",
            Self::Wrap => "wrap",
            Self::Stamps => "times",
            Self::Colours => "colours",
            Self::NextError => "next-error",
            Self::PreviousError => "previous-error",
            Self::Confirm => "confirm",
            Self::Yes => "yes",
            Self::No => "no",
            Self::NextButton => "next-button",
            Self::Change => "change",
            Self::CopyCommand => "copy-command",
            Self::CopyLink => "copy-link",
            Self::Picture => "picture",
        }
    }
}
