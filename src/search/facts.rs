//! What a filter such as `status:compat` is held against: facts about a row that change while nobody types.
//!
//! They are apart from the index, which holds texts: an engine that goes away changes the facts of every app, and no
//! word of them.

use super::fold::fold;

/// A value as it is typed behind a key: folded, with nothing in it that would end it there.
pub fn typed(value: &str) -> String {
    fold(value).replace(|letter: char| letter.is_whitespace() || letter == ',', "-")
}

/// What a filter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `status:`, how it is: `compatible`, `running`, `offline`, …
    Status,
    /// `server:`, which server told of it, where several did.
    Server,
    /// `engine:`, where it runs or may run.
    Engine,
    /// `flavour:`, its flavours by name and by the hardware that they are for.
    Flavour,
    /// `in:`, an input's type.
    Input,
    /// `out:`, an output's type.
    Output,
    /// `scope:`, what it asks to be allowed.
    Scope,
    /// `collection:`, what its author counts it among.
    Collection,
    /// `protocol:`, a protocol that it follows.
    Protocol,
    /// `repo:`, the repository that offers it.
    Repository,
    /// `installed:`, `yes` or `no`.
    Installed,
    /// `bookmarked:`, `yes` or `no`.
    Bookmarked,
    /// `app:`, which app it is about.
    App,
    /// `by:`, who asked for it: `me`, or the program that was used.
    By,
    /// `updated:`, how long ago: `<30d`, `>1y`.
    Updated,
}

impl Key {
    /// All of them, in the order in which people are told of them.
    pub const ALL: [Self; 15] = [
        Self::Status,
        Self::Server,
        Self::Engine,
        Self::Flavour,
        Self::Input,
        Self::Output,
        Self::Scope,
        Self::Collection,
        Self::Protocol,
        Self::Repository,
        Self::Installed,
        Self::Bookmarked,
        Self::App,
        Self::By,
        Self::Updated,
    ];

    /// What is typed before the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Server => "server",
            Self::Engine => "engine",
            Self::Flavour => "flavour",
            Self::Input => "in",
            Self::Output => "out",
            Self::Scope => "scope",
            Self::Collection => "collection",
            Self::Protocol => "protocol",
            Self::Repository => "repo",
            Self::Installed => "installed",
            Self::Bookmarked => "bookmarked",
            Self::App => "app",
            Self::By => "by",
            Self::Updated => "updated",
        }
    }

    /// The key of that name; `state` is what people call the status of a task, and a server has a context's name.
    pub fn of(name: &str) -> Option<Self> {
        let name = match name {
            "state" => "status",
            "context" => "server",
            other => other,
        };
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// Facts about one row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    tags: Vec<(Key, String)>,
    /// Seconds since it changed; `None` where nobody knows.
    pub age: Option<u64>,
}

impl Facts {
    /// Facts about something of that age in seconds, the others to be added.
    pub fn aged(age: Option<u64>) -> Self {
        Self { age, tags: Vec::new() }
    }

    /// Adds a fact; one that is known already is not added twice.
    pub fn add(&mut self, key: Key, value: &str) {
        let value = typed(value);
        if !value.is_empty() && !self.tags.iter().any(|(known, it)| *known == key && *it == value) {
            self.tags.push((key, value));
        }
    }

    /// The facts of a kind, as they are typed.
    pub fn of(&self, key: Key) -> impl Iterator<Item = &str> {
        self.tags.iter().filter(move |(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    /// Whether a fact fits what was typed: names of engines, flavours and scopes by any part of them, words by their
    /// beginning.
    pub(super) fn fits(&self, key: Key, wanted: &str) -> bool {
        match key {
            Key::Updated => match (self.age, Span::parse(wanted)) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(age), Some(Span { side: Side::Less, seconds })) => age < seconds,
                (Some(age), Some(Span { side: Side::More, seconds })) => age >= seconds,
            },
            Key::Status | Key::Installed | Key::Bookmarked => self.of(key).any(|value| value.starts_with(wanted)),
            _ => self.of(key).any(|value| value.contains(wanted)),
        }
    }
}

/// `<30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    side: Side,
    seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Less,
    More,
}

impl Span {
    /// Reads `<30d`, `>2w`, `12h`; without a sign less is meant. `None` while it is no span yet.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (side, text) = match text.split_at_checked(1)? {
            ("<", rest) => (Side::Less, rest),
            (">", rest) => (Side::More, rest),
            _ => (Side::Less, text),
        };
        let unit = text.chars().last()?;
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        let unit = match unit {
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'm' => 30 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        Some(Self { side, seconds: count.checked_mul(unit)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_what_is_none_yet_demands_nothing() {
        assert_eq!(Span::parse("<30d"), Some(Span { side: Side::Less, seconds: 30 * 86_400 }));
        assert_eq!(Span::parse("2w"), Some(Span { side: Side::Less, seconds: 14 * 86_400 }));
        assert_eq!(Span::parse(">1y"), Some(Span { side: Side::More, seconds: 365 * 86_400 }));
        for typed in ["", "<", "30", "<3", "d", "soon", "99999999999999999999d", "€"] {
            assert_eq!(Span::parse(typed), None, "{typed}");
            assert!(Facts::default().fits(Key::Updated, typed), "{typed}");
        }
    }

    #[test]
    fn an_unknown_age_is_neither_young_nor_old() {
        let young = Facts { age: Some(3_600), ..Facts::default() };
        assert!(young.fits(Key::Updated, "<1d") && !young.fits(Key::Updated, ">1d"));
        assert!(!Facts::default().fits(Key::Updated, "<1d") && !Facts::default().fits(Key::Updated, ">1d"));
    }
}
