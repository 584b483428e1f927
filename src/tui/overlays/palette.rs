//! The palette: screens, commands, apps, nodes, pods and engines under one line of typing.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::{Overlay, moved};
use crate::domain::clean_line;
use crate::search::{Document, Index, Searcher};
use crate::tui::action::{Action, Screen};
use crate::tui::app::{App, Mouse, Target, Typed, feed};
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::theme::Scheme;

/// Rows that are drawn at most.
pub const SHOWN: usize = 12;

/// What a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Act(Action),
    Open(Target),
    Context(String),
    Scan,
}

/// A line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is: `screen`, `command`, `app`, …
    pub kind: &'static str,
    /// What it is called.
    pub text: String,
    /// Its key.
    pub key: Option<Key>,
    choice: Choice,
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
}

impl Palette {
    /// All that can be reached from here.
    pub fn new(app: &App) -> Self {
        let chain = app.page_chain();
        let screens = Screen::ALL.into_iter().map(|screen| Line {
            kind: "screen",
            text: screen.name().to_owned(),
            key: app.keys.key_for(chain, Action::Go(screen)),
            choice: Choice::Act(Action::Go(screen)),
        });
        let commands = [
            (Action::Refresh, "refresh"),
            (Action::Help, "help"),
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
            key: app.keys.key_for(chain, action),
            choice: Choice::Act(action),
        });
        let more = [Line { kind: "command", text: "repo scan".into(), key: None, choice: Choice::Scan }];
        let thing =
            |kind, text: &str, target| Line { kind, text: text.to_owned(), key: None, choice: Choice::Open(target) };
        let data = &app.data;
        let apps = data.apps().iter().map(|a| thing("app", a.short_name(), Target::App(a.identifier.clone())));
        let pods = data.pods().iter().map(|pod| thing("pod", &pod.name(), Target::Pod(pod.id.clone())));
        let engines = data.engines().iter().map(|e| thing("engine", &e.name, Target::Engine(e.id.clone())));
        let nodes = data.nodes().iter().map(|node| thing("node", &node.name, Target::Node(node.id.clone())));
        let lines: Vec<_> =
            screens.chain(commands).chain(more).chain(pods).chain(engines).chain(apps).chain(nodes).collect();
        let documents = lines.iter().map(|line| Document {
            name: line.text.clone(),
            description: line.kind.to_owned(),
            ..Document::default()
        });
        let searcher = Searcher::new(Index::new(documents));
        let found = (0..lines.len()).collect();
        Self { input: Input::default(), cursor: 0, lines, found, searcher }
    }

    /// The servers that one can go to, when they have been read.
    pub fn add_contexts(&mut self, names: impl Iterator<Item = String>) {
        let line = |name: String| Line { kind: "server", text: name.clone(), key: None, choice: Choice::Context(name) };
        self.lines.extend(names.map(line));
        let documents = self.lines.iter().map(|line| Document {
            name: line.text.clone(),
            description: line.kind.to_owned(),
            ..Document::default()
        });
        self.searcher = Searcher::new(Index::new(documents));
        self.find();
    }

    fn find(&mut self) {
        let typed = self.input.value().trim();
        self.found =
            if typed.is_empty() { (0..self.lines.len()).collect() } else { self.searcher.search(typed).to_vec() };
        self.cursor = self.cursor.min(self.found.len().saturating_sub(1));
    }

    /// The lines that match, best first, from the page on which the cursor is.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Line)> {
        let from = self.cursor / SHOWN * SHOWN;
        self.found.iter().enumerate().skip(from).take(SHOWN).filter_map(|(at, line)| Some((at, self.lines.get(*line)?)))
    }

    /// How many match.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Which letters matched.
    pub fn highlight(&self, text: &str) -> BTreeSet<usize> {
        if self.input.value().trim().is_empty() { BTreeSet::new() } else { self.searcher.highlight(text) }
    }

    /// Takes a key.
    pub(in crate::tui) fn feed(&mut self, event: KeyEvent) -> Typed {
        let typed = feed(&mut self.input, event);
        match typed {
            Typed::Changed => {
                self.cursor = 0;
                self.find();
            }
            Typed::Moved(step) => self.cursor = moved(self.cursor, step, self.found.len()),
            _ => {}
        }
        typed
    }

    fn chosen(&self) -> Option<&Line> {
        self.lines.get(*self.found.get(self.cursor)?)
    }
}

impl App {
    /// Does what the chosen line of the palette says; `repo add NAME` is typed in full.
    pub(in crate::tui) fn run_palette(&mut self) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = self.overlay.take() else { return Vec::new() };
        let typed = palette.input.value().trim();
        let added = typed.strip_prefix("repo add ").or_else(|| typed.strip_prefix("repos add ")).map(str::trim);
        if let Some(name) = added.filter(|name| !name.is_empty()) {
            if let Some(failure) = self.barred(&format!("Could not add {name}")) {
                self.notes.fail(self.now, failure);
                return Vec::new();
            }
            self.notes.say(self.now, format!("Reading {name}"));
            return vec![Effect::AddRepository(name.to_owned())];
        }
        if typed == "net" {
            return self.act(Action::Costs);
        }
        if let Some(effects) = self.run_typed(typed) {
            return effects;
        }
        match palette.chosen().map(|line| line.choice.clone()) {
            Some(Choice::Act(action)) => self.act(action),
            Some(Choice::Open(target)) => {
                let mut effects = self.act(Action::Go(target.screen()));
                self.choose(&target);
                effects.extend(self.open_target(target));
                effects
            }
            Some(Choice::Context(name)) => self.use_context(&name),
            Some(Choice::Scan) => {
                if let Some(failure) = self.barred("Could not read the repositories") {
                    self.notes.fail(self.now, failure);
                    return Vec::new();
                }
                self.notes.say(self.now, "Reading the repositories again");
                self.data.repositories().iter().map(|repository| Effect::Scan(repository.id.clone())).collect()
            }
            None => {
                self.notes.say(self.now, format!("There is nothing called {typed}"));
                Vec::new()
            }
        }
    }

    /// A command with its word: `ctx NAME` goes to a server, `pods failed` to a screen with a filter. `None`: it is none.
    fn run_typed(&mut self, typed: &str) -> Option<Vec<Effect>> {
        let (command, rest) = typed.split_once(' ')?;
        let rest = rest.trim();
        if matches!(command, "ctx" | "context" | "server") && !rest.is_empty() {
            return Some(self.use_context(rest));
        }
        if command == "pods"
            && let Some(place) = rest.strip_prefix('@')
        {
            if place == "*" {
                return Some(self.open_everywhere());
            }
            let effects = self.use_context(place);
            return Some(effects.into_iter().chain(self.act(Action::Go(Screen::Pods))).collect());
        }
        if command == "mouse" {
            return Some(match rest {
                "on" => self.use_mouse(Mouse::On),
                "off" => self.use_mouse(Mouse::Off),
                _ => {
                    self.notes.say(self.now, "mouse on, or mouse off");
                    Vec::new()
                }
            });
        }
        if command == "theme" {
            if let Some(scheme) = Scheme::of(rest) {
                self.theme.scheme = scheme;
            } else {
                let names = Scheme::ALL.map(Scheme::name).join(", ");
                self.notes.say(self.now, format!("No theme is called {}. There are {names}.", clean_line(rest)));
            }
            return Some(Vec::new());
        }
        let is_named = |screen: &Screen| screen.name().to_lowercase() == command && *screen != Screen::Home;
        let screen = Screen::ALL.into_iter().find(is_named)?;
        let effects = self.act(Action::Go(screen));
        self.list_mut(screen).filter = rest.to_owned().into();
        self.filter_changed();
        Some(effects)
    }

    /// Puts the cursor of its screen on a thing, where the list shows it.
    fn choose(&mut self, target: &Target) {
        let screen = target.screen();
        let key = target.key();
        let at = self.list(screen).rows.iter().position(|row| self.row_key(screen, *row).as_ref() == Some(&key));
        if let Some(at) = at {
            let page = usize::from(self.areas().rows(screen));
            let list = self.list_mut(screen);
            list.cursor = at;
            list.chosen = Some(key);
            list.turn(page);
        }
    }
}
