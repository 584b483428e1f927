//! Roles instead of colours, and signs instead of icons.
//!
//! Only the sixteen ANSI colours and the terminal's own foreground and background are used, never 0, 7, 8 or 15 for
//! text, so that every palette stays readable. Everything reads in mono too: a state is a word and a sign first.

use ratatui::style::{Color, Modifier, Style};

use crate::compat::Mark;
use crate::domain::{PodStatus, TaskState};

/// How many colours may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: attributes only.
    Mono,
    /// The sixteen of ANSI.
    Sixteen,
}

/// Which characters may be used for rules, bars and arrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlyphSet {
    /// Seven bits.
    Ascii,
    /// Box drawing and arrows that every terminal font has.
    Unicode,
}

/// The characters of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// A horizontal rule.
    pub rule: &'static str,
    /// A vertical separator.
    pub bar: &'static str,
    /// The full part of a progress bar, its head, and its empty part.
    pub progress: [&'static str; 3],
    /// More lies above, more lies below.
    pub more: [&'static str; 2],
    /// Something was cut off.
    pub ellipsis: &'static str,
    /// The corners of a box: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Nothing known, in a table.
    pub nothing: &'static str,
    /// Leads to.
    pub arrow: &'static str,
    /// An engine that is offline.
    pub offline: &'static str,
}

const ASCII: Glyphs = Glyphs {
    rule: "-",
    bar: "|",
    progress: ["#", "#", "-"],
    more: ["^", "v"],
    ellipsis: "..",
    corners: ["+", "+", "+", "+"],
    nothing: ".",
    arrow: "->",
    offline: ".",
};

const UNICODE: Glyphs = Glyphs {
    rule: "─",
    bar: "│",
    progress: ["━", "╸", "─"],
    more: ["↑", "↓"],
    ellipsis: "…",
    corners: ["┌", "┐", "└", "┘"],
    nothing: "·",
    arrow: "→",
    offline: "·",
};

impl Glyphs {
    /// A row goes on from the one above.
    pub fn wrap(&self) -> &'static str {
        if self.rule == ASCII.rule { "\\" } else { "↳" }
    }
}

/// What a text means; decides how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The name in a row, the title, the number that matters.
    Primary,
    /// All else that is read.
    Secondary,
    /// Units, ages, heads, rules.
    Muted,
    /// Active tab, keys, focus, links. Never a state.
    Accent,
    /// Runs, done.
    Good,
    /// Waits, warns.
    Warn,
    /// Failed.
    Bad,
    /// Not known.
    Odd,
}

/// Colours and characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// How many colours.
    pub colours: Colours,
    /// Which characters.
    pub glyphs: Glyphs,
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(Colours::Sixteen, GlyphSet::Unicode)
    }
}

impl Theme {
    /// A theme of these.
    pub fn new(colours: Colours, glyphs: GlyphSet) -> Self {
        let glyphs = match glyphs {
            GlyphSet::Ascii => ASCII,
            GlyphSet::Unicode => UNICODE,
        };
        Self { colours, glyphs }
    }

    /// Decides by `NO_COLOR`, `TERM`, `KAB_GLYPHS` (`auto`, `ascii`, `unicode`) and the locale.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| read(name).filter(|value| !value.is_empty());
        let colours = match filled("NO_COLOR") {
            Some(_) => Colours::Mono,
            None if filled("TERM").is_some_and(|term| term == "dumb" || term.starts_with("vt1")) => Colours::Mono,
            None => Colours::Sixteen,
        };
        let glyphs = match filled("KAB_GLYPHS").as_deref() {
            Some("ascii") => GlyphSet::Ascii,
            Some("unicode") => GlyphSet::Unicode,
            _ => {
                let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled).unwrap_or_default();
                let locale = locale.to_lowercase();
                if locale.contains("utf-8") || locale.contains("utf8") { GlyphSet::Unicode } else { GlyphSet::Ascii }
            }
        };
        Self::new(colours, glyphs)
    }

    /// How a tone is drawn.
    pub fn style(&self, tone: Tone) -> Style {
        let plain = Style::new();
        let coloured = |colour| match self.colours {
            Colours::Mono => plain,
            Colours::Sixteen => plain.fg(colour),
        };
        match tone {
            Tone::Primary => plain.add_modifier(Modifier::BOLD),
            Tone::Secondary => plain,
            Tone::Muted => plain.add_modifier(Modifier::DIM),
            Tone::Accent => match self.colours {
                Colours::Mono => plain.add_modifier(Modifier::BOLD),
                Colours::Sixteen => plain.fg(Color::Cyan),
            },
            Tone::Good => coloured(Color::Green),
            Tone::Warn => coloured(Color::Yellow),
            Tone::Bad => match self.colours {
                Colours::Mono => plain.add_modifier(Modifier::BOLD),
                Colours::Sixteen => plain.fg(Color::Red),
            },
            Tone::Odd => coloured(Color::Magenta),
        }
    }

    /// Letters that a filter matched.
    pub fn matched(style: Style) -> Style {
        style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }
}

/// The sign and the tone of a pod's state.
pub fn pod_state(status: &PodStatus) -> (char, Tone) {
    match status {
        PodStatus::Running => ('+', Tone::Good),
        PodStatus::Pending | PodStatus::Stopping => ('~', Tone::Warn),
        PodStatus::Failed => ('x', Tone::Bad),
        PodStatus::Stopped => ('-', Tone::Muted),
        PodStatus::Unknown | PodStatus::Other(_) => ('?', Tone::Odd),
    }
}

/// The sign and the tone of a task's state.
pub fn task_state(state: TaskState) -> (char, Tone) {
    match state {
        TaskState::Running => ('+', Tone::Good),
        TaskState::Queued | TaskState::Cancelling => ('~', Tone::Warn),
        TaskState::Failed => ('x', Tone::Bad),
        TaskState::Done | TaskState::Cancelled => ('-', Tone::Muted),
        TaskState::Disconnected => ('?', Tone::Odd),
    }
}

/// The tone of a verdict's sign.
pub fn mark_tone(mark: Mark) -> Tone {
    match mark {
        Mark::Best | Mark::Runs => Tone::Good,
        Mark::Maybe => Tone::Warn,
        Mark::No => Tone::Bad,
        Mark::Offline => Tone::Muted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_drawn_in_a_colour_that_may_equal_the_background() {
        let theme = Theme::default();
        for tone in
            [Tone::Primary, Tone::Secondary, Tone::Muted, Tone::Accent, Tone::Good, Tone::Warn, Tone::Bad, Tone::Odd]
        {
            let style = theme.style(tone);
            assert!(style.bg.is_none(), "{tone:?}");
            let avoided = [Color::Black, Color::Gray, Color::DarkGray, Color::White];
            assert!(!style.fg.is_some_and(|colour| avoided.contains(&colour)), "{tone:?}");
        }
    }

    #[test]
    fn the_environment_decides_colours_and_characters() {
        let read = |pairs: &'static [(&str, &str)]| {
            Theme::from_environment(move |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(read(&[("NO_COLOR", "1"), ("LANG", "C.UTF-8")]), Theme::new(Colours::Mono, GlyphSet::Unicode));
        assert_eq!(read(&[("NO_COLOR", ""), ("LANG", "de_DE.utf8")]).colours, Colours::Sixteen);
        assert_eq!(read(&[("LANG", "C")]), Theme::new(Colours::Sixteen, GlyphSet::Ascii));
        assert_eq!(read(&[("LANG", "C"), ("KAB_GLYPHS", "unicode")]).glyphs, UNICODE);
        assert_eq!(read(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]).glyphs, ASCII);
    }
}
