//! What a typed line means here. Every action of the key table is meant by its name, or by its key as it is written there.

use crate::domain::nearest;
use crate::tui::action::{Action, Screen};
use crate::tui::app::{App, Page, Part, Tab};
use crate::tui::keymap::{Key, Place};
use crate::tui::overlays::Overlay;

/// Words that are understood besides the names of actions.
const OWN: [&str; 5] = ["list", "more", "wait", "choose", "help"];
/// First words of the palette's commands, and the kinds of its lines.
const PALETTE: [&str; 12] =
    ["app", "pod", "node", "engine", "server", "ctx", "context", "theme", "repo", "repos", "command", "screen"];

/// A line that was understood, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing was typed.
    Nothing,
    /// Rows, by their numbers.
    Rows(Vec<usize>),
    /// An action, on the chosen thing or on rows.
    Wish(Action, Vec<usize>),
    /// An action that opens a field, and what is typed there.
    Into(Action, String),
    /// A line for the palette.
    Palette(String),
    /// Another tab of the page, by its name in small letters.
    Turn(String),
    /// A row is chosen, and nothing else.
    Choose(usize),
    /// Everything here is printed again.
    List,
    /// The next part is printed.
    More,
    /// Nothing is read before all that was begun has ended, or that many seconds are over.
    Wait(Option<u64>),
    /// Not understood, and why.
    Unknown(String),
}

/// Understands a line that is no answer to an open field.
pub fn read(app: &App, line: &str) -> Said {
    if line.is_empty() {
        return Said::Nothing;
    }
    if let Some(rows) = numbers(line) {
        return Said::Rows(rows);
    }
    if let Some(said) = field(app, line) {
        return said;
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    if let Some(said) = own(app, &word.to_lowercase(), rest) {
        return said;
    }
    if let Some(action) = action(app, word) {
        return match numbers(rest) {
            _ if rest.is_empty() => Said::Wish(action, Vec::new()),
            Some(rows) => Said::Wish(action, rows),
            None => Said::Unknown(format!("After {word} come numbers of rows, such as {word} 2, not {rest}")),
        };
    }
    if PALETTE.contains(&word.to_lowercase().as_str()) && !rest.is_empty() {
        return Said::Palette(line.to_owned());
    }
    Said::Unknown(unknown(app, word))
}

/// The first row that a line asks something of, which is more than to be opened: `stop 3`.
pub fn first_row(line: &str) -> Option<usize> {
    let (word, rest) = line.split_once(char::is_whitespace)?;
    if numbers(word).is_some() {
        return None;
    }
    numbers(rest.trim())?.first().copied()
}

/// `3`, `2 4`, `2,4`, `2-5`.
fn numbers(text: &str) -> Option<Vec<usize>> {
    /// Rows that one line can mean.
    const MOST: usize = 1_000;
    let mut rows = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (from, to) = match word.split_once('-') {
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None => (word.parse().ok()?, word.parse().ok()?),
        };
        let span: std::ops::RangeInclusive<usize> = from..=to;
        rows.extend(span.take(MOST));
        rows.truncate(MOST);
    }
    (!rows.is_empty()).then_some(rows)
}

/// `/text`, `&text`, `:text`, `|command`: the key of a field with what is typed into it.
fn field(app: &App, line: &str) -> Option<Said> {
    let mut letters = line.chars();
    let first = letters.next().filter(|letter| !letter.is_alphanumeric())?;
    let rest = letters.as_str().trim();
    let key = Key::read(&first.to_string()).ok()?;
    let action = chains(app).into_iter().find_map(|chain| app.keys.resolve(chain, key))?;
    let opens = matches!(action, Action::Filter | Action::Only | Action::Palette | Action::Pipe);
    match (opens, rest.is_empty(), action) {
        (true, false, Action::Palette) => Some(Said::Palette(rest.to_owned())),
        (true, false, action) => Some(Said::Into(action, rest.to_owned())),
        _ => None,
    }
}

fn own(app: &App, word: &str, rest: &str) -> Option<Said> {
    // Screens go first: a line about pods means the screen of that name.
    if let Some(screen) = Screen::ALL.into_iter().find(|screen| screen.name().to_lowercase() == word) {
        let can_go = !matches!(app.overlay, Some(Overlay::Dialog(_)));
        return match rest {
            _ if !can_go => None,
            "" => Some(Said::Wish(Action::Go(screen), Vec::new())),
            _ if screen == Screen::Home => Some(Said::Unknown("Home has no filter".into())),
            rest => Some(Said::Palette(format!("{word} {rest}"))),
        };
    }
    match word {
        "list" if rest.is_empty() => Some(Said::List),
        "more" if rest.is_empty() => Some(Said::More),
        "wait" if rest.is_empty() => Some(Said::Wait(None)),
        "wait" => Some(rest.parse().map_or_else(
            |_| Said::Unknown(format!("{rest} is no number of seconds")),
            |seconds| Said::Wait(Some(seconds)),
        )),
        "choose" => Some(match numbers(rest).as_deref() {
            Some([one]) => Said::Choose(*one),
            _ => Said::Unknown("choose takes the number of one row".into()),
        }),
        _ => {
            let names: Vec<&str> = match app.pages.last() {
                Some(Page::App(_)) => Tab::ALL.map(Tab::name).to_vec(),
                Some(Page::Thing(target, _)) => Part::of(target).iter().map(|part| part.name()).collect(),
                _ => Vec::new(),
            };
            // A name of two words is a line of two words.
            let typed = format!("{word} {}", rest.to_lowercase()).trim_end().to_owned();
            let is_there = app.overlay.is_none() && names.iter().any(|name| name.to_lowercase() == typed);
            is_there.then_some(Said::Turn(typed))
        }
    }
}

/// The places whose actions can be asked for: those that are open, and those below, where what is open can be left.
fn chains(app: &App) -> Vec<&'static [Place]> {
    let mut chains = match &app.overlay {
        Some(Overlay::Dialog(_)) => vec![app.chain()],
        _ => vec![app.chain(), app.page_chain()],
    };
    if let Some(first) = app.first_chain() {
        chains.insert(0, first);
    }
    chains
}

/// The action of that name, or of that key.
fn action(app: &App, word: &str) -> Option<Action> {
    let lower = word.to_lowercase();
    let named = |place: &Place| app.keys.lines(*place).find(|line| line.binding.action.name() == lower);
    chains(app).into_iter().find_map(|chain| {
        let by_name = chain.iter().find_map(named).map(|line| line.binding.action);
        by_name.or_else(|| app.keys.resolve(chain, Key::read(word).ok()?))
    })
}

fn unknown(app: &App, word: &str) -> String {
    let lower = word.to_lowercase();
    let here = chains(app).into_iter().flatten().flat_map(|place| app.keys.lines(*place));
    let names = here.map(|line| line.binding.action.name()).chain(OWN).chain(PALETTE);
    let elsewhere = app.keys.all().iter().find(|line| line.binding.action.name() == lower);
    match (elsewhere, nearest(&lower, names)) {
        (Some(line), _) => {
            let place = line.binding.place.title().to_lowercase();
            format!("{word} is not for here, but for: {place}. ? says what can be done here.")
        }
        (None, Some(near)) => format!("Nothing here is called {word}. Did you mean {near}?"),
        (None, None) => format!("Nothing here is called {word}. ? says what can be done here."),
    }
}
