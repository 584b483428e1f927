//! Roles instead of colours, and signs instead of icons.
//!
//! By itself only the sixteen ANSI colours and the terminal's own foreground and background are used, never 0, 7, 8 or
//! 15 for text, so that every palette stays readable; other schemes are for those who choose them. Everything reads in
//! mono too: a state is a word and a sign first.

mod own;
mod scheme;

use ratatui::style::{Modifier, Style};

use crate::compat::Mark;
use crate::domain::{PodStatus, TaskState};

pub use own::Own;
pub use scheme::Scheme;

/// How many colours may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None: attributes only.
    Mono,
    /// The sixteen of ANSI.
    Sixteen,
    /// 256: the sixteen, a cube of 216, and greys.
    Many,
    /// Red, green and blue, eight bits each.
    True,
}

/// Which characters may be used for rules, bars and arrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlyphSet {
    /// Seven bits.
    Ascii,
    /// Box drawing and arrows that every terminal font has.
    Unicode,
    /// Nothing that is drawn, for lines that are read aloud.
    Words,
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

const WORDS: Glyphs = Glyphs { rule: "", bar: "", progress: [""; 3], corners: [""; 4], nothing: "", ..ASCII };

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
    /// Which ones.
    pub scheme: Scheme,
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
            GlyphSet::Words => WORDS,
        };
        Self { colours, scheme: Scheme::Usual, glyphs }
    }

    /// Decides by `KAB_COLOR` (`auto`, `mono`, `16`, `256`, `true`), `NO_COLOR`, `COLORTERM`, `TERM`, `KAB_THEME` (a
    /// scheme's name, or `mono`), `KAB_GLYPHS` (`auto`, `ascii`, `unicode`) and the locale. What is said for kab alone
    /// counts more than what is said for all programs.
    pub fn from_environment(read: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| read(name).filter(|value| !value.is_empty());
        let term = filled("TERM").unwrap_or_default();
        let scheme = filled("KAB_THEME").unwrap_or_default();
        let colours = match filled("KAB_COLOR").as_deref() {
            Some("mono" | "never" | "none") => Colours::Mono,
            Some("16") => Colours::Sixteen,
            Some("256") => Colours::Many,
            Some("true" | "truecolor" | "24bit") => Colours::True,
            Some("always") => known_by(&term, filled("COLORTERM").as_deref()).max(Colours::Sixteen),
            _ if filled("NO_COLOR").is_some() || scheme == "mono" => Colours::Mono,
            _ => known_by(&term, filled("COLORTERM").as_deref()),
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
        Self { scheme: Scheme::of(&scheme).unwrap_or_default(), ..Self::new(colours, glyphs) }
    }

    /// The same for a background of which nobody has said anything but the terminal, in `COLORFGBG`: on a light one the
    /// usual cyan and yellow of many terminals are hard to read.
    #[must_use]
    pub fn on_background(self, colours: Option<&str>) -> Self {
        let is_light = self.scheme == Scheme::Usual && colours.is_some_and(is_light);
        if is_light { Self { scheme: Scheme::Light, ..self } } else { self }
    }

    /// The same in seven bits.
    #[must_use]
    pub fn in_ascii(self) -> Self {
        Self { glyphs: ASCII, ..self }
    }

    /// How a tone is drawn.
    pub fn style(&self, tone: Tone) -> Style {
        self.scheme.style(tone, self.colours)
    }

    /// Letters that a filter matched.
    pub fn matched(style: Style) -> Style {
        style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }
}

/// How many colours a terminal has by what it is called. `COLORTERM` survives neither SSH nor a change of terminal, so
/// that it counts only beside a name that is known to have 256.
fn known_by(term: &str, colour_term: Option<&str>) -> Colours {
    let many = term.contains("256color") || term.contains("kitty") || term.contains("direct");
    match colour_term {
        _ if term == "dumb" || term.starts_with("vt1") => Colours::Mono,
        Some("truecolor" | "24bit") if many => Colours::True,
        _ if many => Colours::Many,
        _ => Colours::Sixteen,
    }
}

/// Whether `COLORFGBG` names a light background: rxvt, Konsole and others write `foreground;background`, some with a word
/// between, as numbers among the sixteen. White is 7 or 15; vim takes the others from 9 on as light, too.
fn is_light(colours: &str) -> bool {
    let background = colours.rsplit(';').next().and_then(|last| last.parse().ok());
    colours.contains(';') && matches!(background, Some(7 | 9..=15))
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
    use ratatui::style::Color;

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
        let colours = |pairs| read(pairs).colours;
        assert_eq!(colours(&[("TERM", "xterm-256color")]), Colours::Many);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(colours(&[("TERM", "screen"), ("COLORTERM", "truecolor")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "linux")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("KAB_COLOR", "16")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "dumb"), ("KAB_COLOR", "always")]), Colours::Sixteen);
        assert_eq!(colours(&[("TERM", "xterm"), ("KAB_THEME", "mono")]), Colours::Mono);
        assert_eq!(read(&[("TERM", "xterm"), ("KAB_THEME", "light")]).scheme, Scheme::Light);
        assert_eq!(read(&[("LANG", "C"), ("KAB_GLYPHS", "unicode")]).glyphs, UNICODE);
        assert_eq!(read(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]).glyphs, ASCII);
    }

    #[test]
    fn a_terminal_that_calls_its_background_light_gets_colours_for_it() {
        let on = |colours| Theme::default().on_background(colours).scheme;
        for light in ["0;15", "0;default;15", "8;7", "0;11"] {
            assert_eq!(on(Some(light)), Scheme::Light, "{light}");
        }
        for other in ["15;0", "15;default;0", "7;8", "15;default", "15", "", ";", "0;300"] {
            assert_eq!(on(Some(other)), Scheme::Usual, "{other:?}");
        }
        assert_eq!(on(None), Scheme::Usual);
        let chosen = Theme { scheme: Scheme::Dark, ..Theme::default() };
        assert_eq!(chosen.on_background(Some("0;15")), chosen);
    }
}
