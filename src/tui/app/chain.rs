//! Which places of the key table count now.

use super::{App, Connection, Page, Prefix, Target, Tongue};
use crate::tui::action::{Action, Screen};
use crate::tui::keymap::{Bound, Key, Place};
use crate::tui::overlays::{self, Overlay};

/// After this many milliseconds without a second key, what may follow the first one is shown.
pub(super) const FOLLOWS: i64 = 300;

type Chain = &'static [Place];

const LOG: Chain = &[Place::Log, Place::Moving, Place::Everywhere];
const APP_ROWS: Chain = &[Place::AppPage, Place::Rows, Place::Moving, Place::Everywhere];
const APP_TEXT: Chain = &[Place::AppPage, Place::Page, Place::Moving, Place::Everywhere];
/// An app's page, at the row of one of its pods or tasks.
const APP_PODS: Chain = &[Place::Pods, Place::AppPage, Place::Page, Place::Moving, Place::Everywhere];
const APP_TASKS: Chain = &[Place::Tasks, Place::AppPage, Place::Page, Place::Moving, Place::Everywhere];
const POD_PAGE: Chain = &[Place::Pods, Place::Parts, Place::Page, Place::Moving, Place::Everywhere];
const TASK_PAGE: Chain = &[Place::Tasks, Place::Page, Place::Moving, Place::Everywhere];
const NODE_PAGE: Chain = &[Place::Catalogue, Place::Parts, Place::Page, Place::Moving, Place::Everywhere];
const ENGINE_PAGE: Chain = &[Place::Engines, Place::Parts, Place::Page, Place::Moving, Place::Everywhere];
/// An engine's page, at the row of a pod or a task.
const ENGINE_PODS: Chain = POD_PAGE;
const ENGINE_TASKS: Chain = &[Place::Tasks, Place::Parts, Place::Page, Place::Moving, Place::Everywhere];
const EVERYWHERE: Chain = &[Place::AllPods, Place::Moving, Place::Everywhere];
const PAGE: Chain = &[Place::Page, Place::Moving, Place::Everywhere];
const LIST: Chain = &[Place::Lists, Place::Moving, Place::Everywhere];
const ENGINES: Chain = &[Place::Engines, Place::Lists, Place::Moving, Place::Everywhere];
const CATALOGUE: Chain = &[Place::Catalogue, Place::Lists, Place::Moving, Place::Everywhere];
const PODS: Chain = &[Place::Pods, Place::Lists, Place::Moving, Place::Everywhere];
const TASKS: Chain = &[Place::Tasks, Place::Lists, Place::Moving, Place::Everywhere];
const GO_TO: Chain = &[Place::GoTo];
/// While a server is looked for; before everything else.
const CONNECTING: Chain = &[Place::Connecting];

impl App {
    /// The places whose keys count now, the innermost first.
    pub fn chain(&self) -> Chain {
        if let Some(overlay) = &self.overlay {
            return overlay.chain();
        }
        if self.prefix == Prefix::GoTo {
            return GO_TO;
        }
        self.page_chain()
    }

    /// Places whose keys come before all others: those that end the looking for a server.
    pub fn first_chain(&self) -> Option<Chain> {
        let connects = matches!(self.connection, Connection::Connecting { .. });
        (connects && self.overlay.is_none() && self.prefix == Prefix::None).then_some(CONNECTING)
    }

    /// The name of the key that asks for an action here; empty where none does.
    pub fn key_name(&self, action: Action) -> String {
        self.keys.key_for(self.page_chain(), action).map(Key::name).unwrap_or_default()
    }

    /// A text in which `⟨name⟩` stands for the key of that action: the one that counts here, else the one of another place.
    pub fn prose(&self, text: &str) -> String {
        if self.tongue == Tongue::Words {
            // Screens are called by their own names.
            return text.replace("⟨go-", "").replace(['⟨', '⟩'], "");
        }
        let places: Vec<Place> = self.chain().iter().chain(self.page_chain()).chain(&Place::ALL).copied().collect();
        self.keys.prose(text, &places)
    }

    /// What may follow the first of two keys, once it has waited a moment.
    pub fn may_follow(&self) -> Option<impl Iterator<Item = &Bound>> {
        let waited = self.now.0 - self.prefix_since.0 >= FOLLOWS;
        (self.prefix == Prefix::GoTo && self.overlay.is_none() && waited)
            .then(|| self.keys.lines(Place::GoTo).filter(|line| !line.keys.is_empty()))
    }

    /// The same without regard to what lies over the page.
    pub fn page_chain(&self) -> Chain {
        match self.pages.last() {
            Some(Page::Log(_)) => LOG,
            Some(Page::App(page)) if page.tab.has_rows() => APP_ROWS,
            Some(Page::App(_)) => match &self.pointed {
                Some(Target::Pod(_)) => APP_PODS,
                Some(Target::Task(_)) => APP_TASKS,
                _ => APP_TEXT,
            },
            Some(Page::Thing(Target::Pod(_), _)) => POD_PAGE,
            Some(Page::Thing(Target::Task(_), _)) => TASK_PAGE,
            Some(Page::Thing(Target::Node(_), _)) => NODE_PAGE,
            Some(Page::Thing(Target::Engine(_), _)) => match &self.pointed {
                Some(Target::Pod(_)) => ENGINE_PODS,
                Some(Target::Task(_)) => ENGINE_TASKS,
                _ => ENGINE_PAGE,
            },
            Some(Page::Thing(..)) => PAGE,
            Some(Page::Everywhere(_)) => EVERYWHERE,
            None => match self.screen {
                // Its rows are things of all kinds, each with the keys that it has in its own list.
                Screen::Home => match self.target() {
                    Some(Target::App(_) | Target::Node(_)) => CATALOGUE,
                    Some(Target::Pod(_)) => PODS,
                    Some(Target::Engine(_)) => ENGINES,
                    Some(Target::Task(_)) => TASKS,
                    None => LIST,
                },
                Screen::Engines => ENGINES,
                Screen::Apps | Screen::Nodes => CATALOGUE,
                Screen::Pods => PODS,
                Screen::Tasks => TASKS,
            },
        }
    }

    /// The chains in which a thing of that screen is meant.
    pub(in crate::tui) fn chains_about(screen: Screen) -> &'static [Chain] {
        match screen {
            Screen::Home => &[LIST, CATALOGUE, PODS, ENGINES, TASKS],
            Screen::Apps => &[CATALOGUE, APP_ROWS, APP_TEXT, LIST],
            Screen::Nodes => &[CATALOGUE, NODE_PAGE],
            Screen::Pods => &[PODS, POD_PAGE, APP_PODS, LOG],
            Screen::Engines => &[ENGINES, ENGINE_PAGE],
            Screen::Tasks => &[TASKS, TASK_PAGE, APP_TASKS, ENGINE_TASKS],
        }
    }

    /// All chains there are, for the test that rejects clashes.
    pub fn chains() -> Vec<Chain> {
        let mut chains = vec![LOG, APP_ROWS, APP_TEXT, POD_PAGE, TASK_PAGE, NODE_PAGE, ENGINE_PAGE, PAGE, EVERYWHERE];
        chains.extend([APP_PODS, APP_TASKS, ENGINE_TASKS]);
        chains.extend([LIST, CATALOGUE, PODS, ENGINES, TASKS, GO_TO, CONNECTING]);
        chains.extend(overlays::CHAINS);
        chains
    }

    /// The keys for the hint line: those that can do something with what is chosen, the innermost place first.
    pub fn hints(&self) -> Vec<&Bound> {
        let chain = self.chain();
        let mut hints: Vec<&Bound> = Vec::new();
        for place in chain {
            let lines = self.keys.lines(*place).filter(|line| !line.binding.hint.is_empty() && !line.keys.is_empty());
            hints.extend(lines.filter(|line| self.is_worth_a_hint(line.binding.action)));
        }
        // What opens a row comes first: it is the next key most of the time.
        hints.sort_by_key(|line| {
            let action = line.binding.action;
            (action != Action::Open, action == Action::Help)
        });
        hints
    }

    fn is_worth_a_hint(&self, action: Action) -> bool {
        if let Some(overlay) = &self.overlay {
            return match (action, overlay) {
                (Action::Filter, overlay) => matches!(overlay, Overlay::Help(_)),
                (Action::NextTab, overlay) => matches!(overlay, Overlay::Messages(_)),
                (Action::Use, Overlay::Sheet(sheet)) => sheet.already(self).is_some(),
                (Action::CopyCommand, Overlay::Sheet(sheet)) => sheet.is_possible(self),
                (Action::CopyCommand, Overlay::Menu(menu)) => menu.has_commands(),
                // There it is a letter.
                (Action::CopyCommand, _) => false,
                (Action::Copy | Action::CopyLink | Action::Picture, Overlay::SignIn(dialog)) => dialog.code.is_some(),
                (Action::Picture, Overlay::Yank(yank)) => yank.link().is_some(),
                (Action::Confirm, Overlay::SignIn(dialog)) => dialog.has_ended(),
                _ => true,
            };
        }
        match action {
            // The line above says what these keys do now.
            Action::Explain | Action::Copy if self.notes.error().is_some() => false,
            Action::Open if self.grace.is_some() => false,
            Action::Explain if self.home_trouble().is_some() => true,
            Action::Open if !self.pages.is_empty() => match self.pages.last() {
                Some(Page::App(page)) if page.tab.has_rows() => true,
                Some(Page::Thing(..) | Page::App(_)) => self.part_leads_to().is_some(),
                _ => true,
            },
            Action::Open | Action::Copy => {
                self.target().is_some() || !self.pages.is_empty() || self.bare_row().is_some()
            }
            Action::Logs => self.against(action).is_none(),
            Action::Pod(_) | Action::Update | Action::Cancel | Action::Again => {
                self.is_live() && self.against(action).is_none()
            }
            Action::Install | Action::InstallWith | Action::Menu | Action::Explain => self.target().is_some(),
            Action::Filter if self.shows_list() => self.can_filter() && self.front_total() > 0,
            Action::Filter if self.sieve().is_some() => self.all_rows() > 0,
            Action::StopConnecting => matches!(self.connection, Connection::Connecting { .. }),
            Action::Side => matches!(self.pages.last(), Some(Page::Log(log)) if log.is_merged()),
            Action::NextMatch => match self.pages.last() {
                Some(Page::Log(log)) => log.is_searching(),
                _ => !self.look.text.is_empty(),
            },
            _ => true,
        }
    }
}
