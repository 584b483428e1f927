//! What a line of the palette does, chosen or typed in full.

use super::Overlay;
use super::menu::Menu;
use super::palette::{Choice, Line};
use crate::domain::shell::word as quoted;
use crate::tui::action::{Action, Screen};
use crate::tui::app::{App, Mouse, Target};
use crate::tui::effect::{Effect, RepositoryErrand};

/// What was typed into the palette and done, the last one last.
const REMEMBERED: usize = 50;

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
