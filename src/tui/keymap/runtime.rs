//! The table that holds while the program runs: the built-in one, a preset over it, and a person's own lines over both.
//!
//! Lines that cannot be are left out one by one, with the reason, and the rest holds. Ctrl-c stays what it is
//! everywhere, so that no file of keys can lock anybody in.

use std::collections::HashMap;

use super::presets::{PRESETS, Preset};
use super::{BINDINGS, Binding, Key, Place};
use crate::domain::nearest;
use crate::tui::action::Action;

/// The preset that holds where nobody names one.
const USUAL: &str = "default";
/// The word that takes all keys away from an action.
const NONE: &str = "none";

/// What a person wants of one action in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// The place, by name.
    pub place: String,
    /// The action, by name.
    pub action: String,
    /// The keys, as they are written.
    pub keys: Vec<String>,
    /// Where it stands in the file.
    pub line: usize,
}

/// Everything that a person wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// A preset's name and the line that it stands on.
    pub preset: Option<(String, usize)>,
    /// The lines.
    pub all: Vec<Wish>,
}

/// Why a line of the file does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Which line.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub text: String,
}

/// A line of the table that holds now.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The built-in line.
    pub binding: &'static Binding,
    /// The keys that hold; the first is the one that is shown.
    pub keys: Vec<Key>,
    /// The line of the person's file that says so.
    pub own: Option<usize>,
}

impl Bound {
    /// The key that is shown.
    pub fn key(&self) -> Option<Key> {
        self.keys.first().copied()
    }

    /// All keys by name, with blanks between.
    pub fn names(&self) -> String {
        self.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
    }

    /// The keys of the built-in line by name.
    pub fn usual(&self) -> String {
        self.binding.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
    }

    /// Whether the keys differ from those of the built-in line.
    pub fn is_changed(&self) -> bool {
        self.keys != self.binding.keys
    }
}

/// The table that holds now.
#[derive(Debug, Clone)]
pub struct Keymap {
    lines: Vec<Bound>,
    found: HashMap<(Place, Key), Action>,
    preset: &'static str,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::settled(built_in())
    }
}

fn built_in() -> Vec<Bound> {
    BINDINGS.iter().map(|binding| Bound { binding, keys: binding.keys.to_vec(), own: None }).collect()
}

impl Keymap {
    /// The table with what a person wants, as far as it can be; `chains` are the places that count at the same time.
    pub fn of(wishes: &Wishes, chains: &[&[Place]]) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut lines = built_in();
        let mut laid_over = USUAL;
        if let Some((name, line)) = &wishes.preset {
            if let Some(preset) = PRESETS.iter().find(|preset| preset.name == *name) {
                lay_over(&mut lines, preset);
                laid_over = preset.name;
            } else {
                let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
                let text = format!("there is no preset {name}; there are {}", known.join(" and "));
                complaints.push(Complaint { line: *line, text });
            }
        }
        let base: Vec<Vec<Key>> = lines.iter().map(|line| line.keys.clone()).collect();
        for wish in &wishes.all {
            if let Err(text) = grant(&mut lines, wish) {
                complaints.push(Complaint { line: wish.line, text });
            }
        }
        while let Some((loser, text)) = clash(&lines, chains) {
            let line = lines[loser].own.take().unwrap_or_default();
            lines[loser].keys.clone_from(&base[loser]);
            complaints.push(Complaint { line, text });
        }
        complaints.sort_by_key(|complaint| complaint.line);
        (Self { preset: laid_over, ..Self::settled(lines) }, complaints)
    }

    fn settled(lines: Vec<Bound>) -> Self {
        let keys = lines.iter().flat_map(|line| line.keys.iter().map(move |key| (line, *key)));
        let found = keys.map(|(line, key)| ((line.binding.place, key), line.binding.action)).collect();
        Self { lines, found, preset: USUAL }
    }

    /// The preset that it is made from.
    pub fn preset(&self) -> &'static str {
        self.preset
    }

    /// All lines.
    pub fn all(&self) -> &[Bound] {
        &self.lines
    }

    /// The lines of a place.
    pub fn lines(&self, place: Place) -> impl Iterator<Item = &Bound> {
        self.lines.iter().filter(move |line| line.binding.place == place)
    }

    /// What a key asks for in a chain of places, the innermost first.
    pub fn resolve(&self, chain: &[Place], key: Key) -> Option<Action> {
        chain.iter().find_map(|place| self.found.get(&(*place, key)).copied())
    }

    /// A text in which `⟨name⟩` stands for the key of that action, in the first of the places where it has one.
    pub fn prose(&self, text: &str, places: &[Place]) -> String {
        let mut told = String::new();
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('⟨').and_then(|(before, after)| Some((before, after.split_once('⟩')?)))
        {
            let mut lines = places.iter().flat_map(|place| self.lines(*place));
            let line = lines.find(|line| line.binding.action.name() == name && !line.keys.is_empty());
            told.push_str(before);
            if line.is_some_and(|line| line.binding.place == Place::GoTo)
                && let Some(first) = self.key_for(&[Place::Everywhere], Action::Prefix)
            {
                told.extend([first.name().as_str(), " "]);
            }
            // That somebody has taken its keys away is said.
            let key = line.and_then(Bound::key);
            told.push_str(&key.map_or_else(|| format!("({name}: no key)"), Key::name));
            rest = after;
        }
        told.push_str(rest);
        told
    }

    /// What a line of the table is for, with the keys that hold.
    pub fn text_of(&self, line: &Bound) -> String {
        let mut places = vec![line.binding.place];
        places.extend(Place::ALL);
        self.prose(line.binding.text, &places)
    }

    /// The key that asks for an action in a chain of places.
    pub fn key_for(&self, chain: &[Place], action: Action) -> Option<Key> {
        chain.iter().find_map(|place| self.lines(*place).find(|line| line.binding.action == action)?.key())
    }
}

fn lay_over(lines: &mut [Bound], preset: &Preset) {
    for (place, action, keys) in preset.lines {
        let line = lines.iter_mut().find(|line| line.binding.is_called(place, action));
        let keys: Vec<Key> = keys.iter().filter_map(|key| Key::read(key).ok()).collect();
        if let Some(line) = line {
            line.keys = keys;
        }
    }
}

/// Does one line of the file.
fn grant(lines: &mut [Bound], wish: &Wish) -> Result<(), String> {
    let Some(place) = Place::ALL.into_iter().find(|place| place.name() == wish.place) else {
        let meant = match nearest(&wish.place, Place::ALL.map(Place::name)) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("the places are {}", Place::ALL.map(Place::name).join(", ")),
        };
        return Err(format!("there is no place {}; {meant}", wish.place));
    };
    let Some(at) = lines.iter().position(|line| line.binding.is_called(&wish.place, &wish.action)) else {
        return Err(no_action(lines, place, &wish.action));
    };
    if lines[at].binding.action == Action::Interrupt {
        return Err(String::from("interrupt stays on Ctrl-c, so that there is always a way out"));
    }
    if let Some(earlier) = lines[at].own {
        return Err(format!("{} of {} has its keys on line {earlier} already", wish.action, wish.place));
    }
    let mut keys: Vec<Key> = Vec::new();
    if wish.keys.iter().any(|key| key == NONE) {
        if wish.keys.len() > 1 {
            return Err(format!("\"{NONE}\" stands for no key at all and goes with no other"));
        }
    } else {
        for text in &wish.keys {
            let key = Key::read(text)?;
            if place == Place::Form && !key.ctrl && matches!(key.code, crossterm::event::KeyCode::Char(_)) {
                return Err(format!("{text} is typed into the fields of a form; take one with Ctrl, or Tab or Down"));
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    lines[at].keys = keys;
    lines[at].own = Some(wish.line);
    Ok(())
}

fn no_action(lines: &[Bound], place: Place, name: &str) -> String {
    let elsewhere: Vec<&str> =
        lines.iter().filter(|line| line.binding.action.name() == name).map(|line| line.binding.place.name()).collect();
    let here = lines.iter().filter(|line| line.binding.place == place).map(|line| line.binding.action.name());
    let meant = match (nearest(name, here), elsewhere.as_slice()) {
        (_, [only]) => format!("it belongs to [{only}]"),
        (_, [_, _, ..]) => format!("it belongs to [{}]", elsewhere.join("], [")),
        (Some(near), []) => format!("did you mean {near}?"),
        (None, []) => String::from("`kab keys` lists all actions"),
    };
    format!("there is no action {name} in [{}]; {meant}", place.name())
}

/// The first key that means two things where both could be meant: who of them gives way, and why.
fn clash(lines: &[Bound], chains: &[&[Place]]) -> Option<(usize, String)> {
    for chain in chains {
        let mut seen: HashMap<Key, usize> = HashMap::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| chain.contains(&line.binding.place)) {
            for key in &line.keys {
                let Some(other) = seen.insert(*key, at).filter(|other| *other != at) else { continue };
                // The later one of the file gives way; what the file does not name never does.
                let loser = if lines[at].own.unwrap_or(0) >= lines[other].own.unwrap_or(0) { at } else { other };
                let winner = if loser == at { other } else { at };
                lines[loser].own?;
                return Some((loser, why(&lines[loser], &lines[winner], *key)));
            }
        }
    }
    None
}

fn why(loser: &Bound, winner: &Bound, key: Key) -> String {
    let (mine, its) = (loser.binding, winner.binding);
    let free = match winner.own {
        Some(line) => format!("line {line} says so"),
        None => format!("[{}] {} = \"{NONE}\" frees it", its.place.name(), its.action.name()),
    };
    format!(
        "{} cannot be {} in [{}]: it is {} in [{}] ({free}); {} keeps its usual keys",
        key.name(),
        mine.action.name(),
        mine.place.name(),
        its.action.name(),
        its.place.name(),
        mine.action.name()
    )
}
