//! All actions on the chosen thing. What cannot be done is shown with the reason.

use super::{Overlay, moved};
use crate::domain::PodVerb;
use crate::tui::action::Action;
use crate::tui::app::{App, Target};
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Key};

/// A line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it does.
    pub action: Action,
    /// In words.
    pub text: &'static str,
    /// Its key on the page.
    pub key: Option<Key>,
    /// Why it cannot be done.
    pub against: Option<String>,
}

/// The menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What it is about.
    pub title: String,
    /// Its lines.
    pub items: Vec<Item>,
    /// The chosen one.
    pub cursor: usize,
}

impl Menu {
    /// The menu for what is chosen; `None` when nothing is.
    pub fn new(app: &App) -> Option<Self> {
        let target = app.target()?;
        let actions: &[(Action, &str)] = match target {
            Target::App(_) => &[
                (Action::Install, "Install the best flavour on the best engine"),
                (Action::InstallWith, "Install with options"),
                (Action::Explain, "Where it runs, and why not elsewhere"),
                (Action::Copy, "Copy its identifier"),
            ],
            Target::Node(_) => &[
                (Action::Install, "Install an app that provides it"),
                (Action::InstallWith, "Install with options"),
                (Action::Explain, "Where it runs, and why not elsewhere"),
                (Action::Copy, "Copy its hash"),
            ],
            Target::Pod(_) => &[
                (Action::Logs, "Log"),
                (Action::Pod(PodVerb::Start), "Start"),
                (Action::Pod(PodVerb::Stop), "Stop"),
                (Action::Pod(PodVerb::Restart), "Restart"),
                (Action::Pod(PodVerb::Remove), "Remove"),
                (Action::Explain, "Why it is in this state"),
                (Action::Copy, "Copy its name"),
            ],
            Target::Engine(_) => &[(Action::Refresh, "Ask for its facts again"), (Action::Copy, "Copy its name")],
            Target::Task(_) => &[
                (Action::Cancel, "Cancel"),
                (Action::Logs, "Log of its pod"),
                (Action::Explain, "What happened"),
                (Action::Copy, "Copy its id"),
            ],
        };
        let chain = app.page_chain();
        let items = actions
            .iter()
            .map(|(action, text)| Item {
                action: *action,
                text,
                key: keymap::key_for(chain, *action),
                against: app.against(*action),
            })
            .collect();
        Some(Self { title: app.describe(&target), items, cursor: 0 })
    }
}

impl App {
    pub(super) fn act_in_menu(&mut self, action: Action, mut menu: Menu) -> Vec<Effect> {
        match action {
            Action::Move(step) => {
                menu.cursor = moved(menu.cursor, step, menu.items.len());
                self.overlay = Some(Overlay::Menu(menu));
                Vec::new()
            }
            Action::Confirm => match menu.items.get(menu.cursor) {
                Some(Item { against: Some(why), text, .. }) => {
                    self.notes.say(self.now, format!("Not possible: {text}: {why}"));
                    self.overlay = Some(Overlay::Menu(menu));
                    Vec::new()
                }
                Some(item) => self.act(item.action),
                None => Vec::new(),
            },
            Action::Back | Action::Close => Vec::new(),
            _ => {
                self.overlay = Some(Overlay::Menu(menu));
                Vec::new()
            }
        }
    }

    /// What people call a thing.
    pub fn describe(&self, target: &Target) -> String {
        match target {
            Target::App(id) => self.data.app(id).map_or_else(
                || id.to_string(),
                |app| {
                    let version = app.newest().map_or("", |release| &release.version);
                    format!("{} {version}", app.short_name())
                },
            ),
            Target::Node(id) => self.data.node(id).map_or_else(|| id.to_string(), |node| node.name.clone()),
            Target::Pod(id) => self.data.pod(id).map_or_else(|| id.to_string(), crate::domain::Pod::name),
            Target::Engine(id) => self.data.engine(id).map_or_else(|| id.to_string(), |engine| engine.name.clone()),
            Target::Task(id) => self.data.task(id).map_or_else(|| id.to_string(), |task| self.task_title(task)),
        }
    }
}
