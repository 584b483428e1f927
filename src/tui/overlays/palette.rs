//! The palette: screens, commands, apps, nodes, pods and engines under one line of typing.

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::menu::{Doing, Menu};
use super::yank::quoted;
use super::{Overlay, moved};
use crate::domain::Offer;
use crate::search::{Document, Index, Searcher};
use crate::tui::action::{Action, Screen, Step};
use crate::tui::app::{App, Mouse, Target, Typed, feed};
use crate::tui::custom::Custom;
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::keymap::{Key, Place};

/// Rows that are drawn at most.
pub const SHOWN: u16 = 12;

/// What a line does.
#[derive(Debug, Clone, PartialEq)]
enum Choice {
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
    /// What it does, where that is not what it is called.
    pub about: String,
    /// Its key.
    pub key: Option<Key>,
    /// Why it cannot be done now.
    pub against: Option<String>,
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
    /// Which of the lines that were typed before stands in the field, counted from the last one.
    before: Option<usize>,
}

/// What was typed into the palette and done, the last one last.
const REMEMBERED: usize = 50;

impl Palette {
    /// All that can be reached from here.
    pub fn new(app: &App) -> Self {
        let chain = app.page_chain();
        let screens = Screen::ALL.into_iter().map(|screen| Line {
            kind: "screen",
            text: screen.name().to_owned(),
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
            key: app.keys.key_for(chain, action),
            about: String::new(),
            against: None,
            choice: Choice::Act(action),
        });
        let plain =
            |kind, text: String, choice| Line { kind, text, about: String::new(), key: None, against: None, choice };
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
        let documents = lines.iter().map(|line| Document {
            name: line.text.clone(),
            description: format!("{} {}", line.kind, line.about),
            ..Document::default()
        });
        let searcher = Searcher::new(Index::new(documents));
        let found = (0..lines.len()).collect();
        Self { input: Input::default(), cursor: 0, lines, found, searcher, before: None }
    }

    /// The servers that one can go to, when they have been read.
    pub fn add_contexts(&mut self, names: impl Iterator<Item = String>) {
        let line = |name: String| Line {
            kind: "server",
            text: name.clone(),
            about: String::new(),
            key: None,
            against: None,
            choice: Choice::Context(name),
        };
        self.lines.extend(names.map(line));
        let documents = self.lines.iter().map(|line| Document {
            name: line.text.clone(),
            description: format!("{} {}", line.kind, line.about),
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

    fn chosen(&self) -> Option<&Line> {
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
        lines.push(Line { kind: "action", text, about: String::new(), key, against, choice });
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
        lines.push(Line { kind: "action", text, about, key: bound.key(), against: None, choice: Choice::Act(action) });
    }
    lines
}

impl App {
    /// Does what the chosen line of the palette says; `repo add NAME` is typed in full.
    pub(in crate::tui) fn run_palette(&mut self) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = self.overlay.take() else { return Vec::new() };
        let typed = palette.input.value().trim();
        if !typed.is_empty() {
            self.typed_before.retain(|before| before != typed);
            self.typed_before.push(typed.to_owned());
            let over = self.typed_before.len().saturating_sub(REMEMBERED);
            self.typed_before.drain(..over);
        }
        let added = typed.strip_prefix("repo add ").or_else(|| typed.strip_prefix("repos add ")).map(str::trim);
        if let Some(name) = added.filter(|name| !name.is_empty()) {
            return self.send_errands(vec![RepositoryErrand::Add(name.to_owned())]);
        }
        if typed == "net" {
            return self.act(Action::Costs);
        }
        if let Some(effects) = self.run_typed(typed) {
            return effects;
        }
        if let Some(Line { against: Some(why), text, .. }) = palette.chosen() {
            self.notes.say(self.now, format!("Not possible: {text}: {why}"));
            return Vec::new();
        }
        match palette.chosen().map(|line| line.choice.clone()) {
            Some(Choice::Act(action)) => self.act(action),
            Some(Choice::Run(action)) => self.begin_custom(*action),
            Some(Choice::Take(offer)) => {
                let offered_by = Menu::new(self).and_then(|menu| menu.offered_by);
                self.fill_in(*offer, offered_by.as_ref());
                Vec::new()
            }
            Some(Choice::Theme(name)) => {
                self.choose_theme(name);
                Vec::new()
            }
            Some(Choice::Program(words)) => {
                let context = quoted(&self.session.context);
                vec![Effect::Shell(format!("{} {words} --context {context}", self.program))]
            }
            Some(Choice::Open(target)) => {
                let mut effects = self.act(Action::Go(target.screen()));
                self.choose(&target);
                effects.extend(self.open_target(target));
                effects
            }
            Some(Choice::Mouse(mouse)) => self.use_mouse(mouse),
            Some(Choice::Context(name)) => self.use_context(&name),
            Some(Choice::Scan) => {
                let all = self.data.repositories().iter();
                self.send_errands(all.map(|repository| RepositoryErrand::Scan(repository.id.clone())).collect())
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
        if command == "open" && !rest.is_empty() {
            return Some(self.open_address(rest));
        }
        if command == "pods"
            && let Some(place) = rest.split_whitespace().find_map(|word| word.strip_prefix('@'))
        {
            let filter: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with('@')).collect();
            if place == "*" {
                return Some(self.open_everywhere(&filter.join(" ")));
            }
            let mut effects = self.use_context(place);
            effects.extend(self.act(Action::Go(Screen::Pods)));
            self.list_mut(Screen::Pods).filter = filter.join(" ").into();
            self.filter_changed();
            return Some(effects);
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
            self.choose_theme(rest);
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
