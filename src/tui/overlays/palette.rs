//! The palette: screens, commands, apps, nodes, pods and engines under one line of typing.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::menu::{Doing, Menu};
use super::moved;
use crate::domain::Offer;
use crate::search::{Document, Index, Searcher};
use crate::tui::action::{Action, Screen, Step};
use crate::tui::app::{App, Mouse, Target, Typed, feed};
use crate::tui::custom::Custom;
use crate::tui::keymap::{Key, Place};

/// Rows that are drawn at most.
pub const SHOWN: u16 = 12;

/// What a line does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Choice {
    Act(Action),
    Run(Box<Custom>),
    Take(Box<Offer>),
    Theme(&'static str),
    Open(Target),
    Context(String),
    Scan,
    Mouse(Mouse),
    Program(&'static str),
}

/// What the command line says better, with its words there.
const PROGRAMS: [(&str, &str); 3] =
    [("repos", "repo"), ("doctor", "doctor"), ("scopes: what I may do, and as whom", "whoami")];

/// A line of the palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is: `screen`, `command`, `app`, …
    pub kind: &'static str,
    /// What it is called.
    pub text: String,
    /// What it is found by: of an action the action's own name. That of the thing is found as a word only, or every action
    /// on a thing with a long name would be found by nearly everything.
    called: Option<String>,
    /// What it does, where that is not what it is called.
    pub about: String,
    /// Its key.
    pub key: Option<Key>,
    /// Why it cannot be done now.
    pub against: Option<String>,
    pub(super) choice: Choice,
}

impl Line {
    fn document(&self) -> Document {
        let (name, rest) = match &self.called {
            Some(called) => (called, self.text.as_str()),
            None => (&self.text, ""),
        };
        let description = format!("{} {} {rest}", self.kind, self.about);
        Document { name: name.clone(), description, ..Document::default() }
    }
}

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The chosen line among the found.
    pub cursor: usize,
    lines: Vec<Line>,
    found: Vec<usize>,
    searcher: Searcher,
    /// Which of the lines that were typed before stands in the field, counted from the last one.
    before: Option<usize>,
}

impl Palette {
    /// All that can be reached from here.
    pub fn new(app: &App) -> Self {
        let chain = app.page_chain();
        let screens = Screen::ALL.into_iter().map(|screen| Line {
            kind: "screen",
            text: screen.name().to_owned(),
            called: None,
            key: app.keys.key_for(chain, Action::Go(screen)),
            about: String::new(),
            against: None,
            choice: Choice::Act(Action::Go(screen)),
        });
        let commands = [
            (Action::Refresh, "refresh"),
            (Action::Help, "help, keys"),
            (Action::Messages, "messages and requests"),
            (Action::Costs, "net: what requests cost"),
            (Action::Contexts, "servers (contexts)"),
            (Action::AllPods, "pods @*: of all servers"),
            (Action::SignIn, "sign in, who am I"),
            (Action::Repaint, "repaint"),
            (Action::Quit, "quit"),
        ];
        let commands = commands.into_iter().map(|(action, text)| Line {
            kind: "command",
            text: text.to_owned(),
            called: None,
            key: app.keys.key_for(chain, action),
            about: String::new(),
            against: None,
            choice: Choice::Act(action),
        });
        let plain = |kind, text: String, choice| Line {
            kind,
            text,
            called: None,
            about: String::new(),
            key: None,
            against: None,
            choice,
        };
        let more = std::iter::once(plain("command", "repo scan".into(), Choice::Scan));
        let more = more.chain(PROGRAMS.map(|(name, words)| plain("command", name.into(), Choice::Program(words))));
        let mouse = match app.mouse.mouse {
            Mouse::On => ("mouse off", Mouse::Off),
            Mouse::Off => ("mouse on", Mouse::On),
        };
        let more = more.chain([plain("command", mouse.0.into(), Choice::Mouse(mouse.1))]);
        let themes = app.theme_names().map(|name| plain("command", format!("theme {name}"), Choice::Theme(name)));
        let thing = |kind, text: &str, target| plain(kind, text.to_owned(), Choice::Open(target));
        let data = &app.data;
        let apps = data.apps().iter().map(|a| thing("app", a.short_name(), Target::App(a.identifier.clone())));
        let pods = data.pods().iter().map(|pod| thing("pod", &pod.name(), Target::Pod(pod.id.clone())));
        let engines = data.engines().iter().map(|e| thing("engine", &e.name, Target::Engine(e.id.clone())));
        let nodes = data.nodes().iter().map(|node| thing("node", &node.name, Target::Node(node.id.clone())));
        let lines: Vec<_> = screens
            .chain(verbs(app))
            .chain(commands)
            .chain(more)
            .chain(themes)
            .chain(pods)
            .chain(engines)
            .chain(apps)
            .chain(nodes)
            .collect();
        let searcher = Searcher::new(Index::new(lines.iter().map(Line::document)));
        let found = (0..lines.len()).collect();
        Self { input: Input::default(), cursor: 0, lines, found, searcher, before: None }
    }

    /// The servers that one can go to, when they have been read.
    pub fn add_contexts(&mut self, names: impl Iterator<Item = String>) {
        let line = |name: String| Line {
            kind: "server",
            text: name.clone(),
            called: None,
            about: String::new(),
            key: None,
            against: None,
            choice: Choice::Context(name),
        };
        self.lines.extend(names.map(line));
        self.searcher = Searcher::new(Index::new(self.lines.iter().map(Line::document)));
        self.find();
    }

    fn find(&mut self) {
        let typed = self.input.value().trim();
        self.found =
            if typed.is_empty() { (0..self.lines.len()).collect() } else { self.searcher.search(typed).to_vec() };
        self.cursor = self.cursor.min(self.found.len().saturating_sub(1));
    }

    /// The lines that match, best first, from the page on which the cursor is, where so many make a page.
    pub fn shown(&self, rows: u16) -> impl Iterator<Item = (usize, &Line)> {
        let from = super::view::first_row(self.cursor, rows);
        let found = self.found.iter().enumerate().skip(from).take(usize::from(rows));
        found.filter_map(|(at, line)| Some((at, self.lines.get(*line)?)))
    }

    /// How many match.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Which letters matched.
    pub fn highlight(&self, text: &str) -> BTreeSet<usize> {
        if self.input.value().trim().is_empty() { BTreeSet::new() } else { self.searcher.highlight(text) }
    }

    /// Takes a key. Up in the first line brings what was typed before.
    pub(in crate::tui) fn feed(&mut self, event: KeyEvent, remembered: &[String]) -> Typed {
        let typed = feed(&mut self.input, event);
        match typed {
            Typed::Changed => {
                (self.cursor, self.before) = (0, None);
                self.find();
            }
            Typed::Moved(Step::Up) if self.cursor == 0 => {
                self.recall(self.before.map_or(0, |before| before + 1), remembered);
            }
            Typed::Moved(Step::Down) if self.before.is_some_and(|before| before > 0) => {
                self.recall(self.before.map_or(0, |before| before - 1), remembered);
            }
            Typed::Moved(step) => self.cursor = moved(self.cursor, step, self.found.len()),
            _ => {}
        }
        typed
    }

    fn recall(&mut self, before: usize, remembered: &[String]) {
        if let Some(text) = remembered.iter().rev().nth(before) {
            self.input = text.clone().into();
            (self.cursor, self.before) = (0, Some(before));
            self.find();
        }
    }

    /// Whether what is typed is a command, whatever is found for it.
    pub fn is_command(&self) -> bool {
        let typed = self.input.value().trim();
        let Some((command, _)) = typed.split_once(' ') else { return typed == "net" };
        let is_screen = Screen::ALL.into_iter().any(|screen| screen.name().to_lowercase() == command);
        is_screen || matches!(command, "ctx" | "context" | "server" | "mouse" | "theme" | "open")
    }

    /// The chosen line.
    pub(super) fn chosen(&self) -> Option<&Line> {
        self.lines.get(*self.found.get(self.cursor)?)
    }
}

/// What can be done here: with the thing that is chosen, and with the screen.
fn verbs(app: &App) -> Vec<Line> {
    let menu = Menu::new(app);
    let title = menu.as_ref().map_or_else(String::new, |menu| menu.title.clone());
    let mut lines = Vec::new();
    for item in menu.into_iter().flat_map(|menu| menu.items) {
        let (name, choice) = match item.doing {
            Doing::Act(action) => (action.name().to_owned(), Choice::Act(action)),
            Doing::Run(action) => (item.text, Choice::Run(action)),
            Doing::Take(offer) => (item.text, Choice::Take(offer)),
            Doing::TakeFrom(..) => continue,
        };
        let (text, key, against) = (format!("{name} {title}"), item.key, item.against);
        let called = Some(name);
        lines.push(Line { kind: "action", text, called, about: String::new(), key, against, choice });
    }
    for bound in app.page_chain().iter().flat_map(|place| app.keys.lines(*place)) {
        let action = bound.binding.action;
        let is_known = lines.iter().any(|line| line.choice == Choice::Act(action));
        // What moves something is quicker to do than to look up.
        let moves = matches!(
            action,
            Action::Move(_)
                | Action::Go(_)
                | Action::Back
                | Action::Close
                | Action::ScrollLeft
                | Action::ScrollRight
                | Action::NextPane
                | Action::PreviousPane
                | Action::NextTab
                | Action::PreviousTab
                | Action::Open
                | Action::Mark
        );
        if is_known || moves || bound.binding.place == Place::Everywhere {
            continue;
        }
        let (text, about) = (action.name().replace('-', " "), app.prose(bound.binding.text));
        let key = bound.key();
        lines.push(Line { kind: "action", text, called: None, about, key, against: None, choice: Choice::Act(action) });
    }
    lines
}
