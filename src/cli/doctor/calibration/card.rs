//! The card: what is shown, what is asked about it, and what the answers mean. Pure; asking is in `talk`.

use std::fmt::Write as _;

use super::ears::Heard;
use crate::cli::doctor::check::{Check, Section};
use crate::config::Measured;
use crate::tui::theme::{Colours, GlyphSet, Glyphs, Theme};
use crate::tui::widgets::text::width;

/// A text of which the terminal is asked how wide it is.
pub struct Sample {
    /// What it is.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
    /// Whether kab draws such characters itself.
    is_drawn: bool,
}

const fn sample(name: &'static str, text: &'static str) -> Sample {
    Sample { name, text, is_drawn: false }
}

/// The texts. The first ones are those that kab draws with.
pub const SAMPLES: [Sample; 7] = [
    Sample { name: "letters", text: "kab", is_drawn: true },
    Sample { name: "lines", text: "┌─┬─┐│━╸", is_drawn: true },
    Sample { name: "arrows and dots", text: "→↑↓…·", is_drawn: true },
    sample("Chinese and Japanese", "漢字かな"),
    sample("combined letters", "e\u{301}o\u{308}n\u{303}"),
    sample("emoji", "🔬🧬"),
    sample("joined emoji", "👩\u{200d}🔬"),
];

/// What the terminal answered for each sample; `None`: nothing.
pub type Widths = [Option<u16>; SAMPLES.len()];

/// Asks for the width of every sample at once, so that a long way is gone once.
pub fn measuring() -> String {
    let each = SAMPLES.iter().map(|sample| format!("\r{}\x1b[6n", sample.text));
    format!("{}\r\x1b[K", each.collect::<String>())
}

/// Whether the characters that kab draws with are as wide as it takes them to be; `None`: the terminal did not say.
pub fn draws_well(widths: &Widths) -> Option<bool> {
    let drawn = SAMPLES.iter().zip(widths).filter(|(sample, _)| sample.is_drawn);
    drawn
        .map(|(sample, found)| found.map(|found| usize::from(found) == width(sample.text)))
        .try_fold(true, |all, fits| fits.map(|fits| all && fits))
}

/// What a person answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// That word of the setting.
    Word(&'static str),
    /// That nobody knows.
    Nothing,
}

/// What is asked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Colours,
    Glyphs,
    Clipboard,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Colours, Self::Glyphs, Self::Clipboard];

    /// What a key answers; `None`: it is no answer.
    pub fn word(self, heard: Heard, otherwise: &'static str) -> Option<Said> {
        Some(Said::Word(match (self, heard) {
            (_, Heard::Enter) => return Some(Said::Nothing),
            (Self::Colours, Heard::Letter('0')) => "mono",
            (Self::Colours, Heard::Letter('1')) => "16",
            (Self::Colours, Heard::Letter('2')) => "256",
            (Self::Colours, Heard::Letter('3')) => "true",
            (Self::Glyphs, Heard::Letter('y')) => "unicode",
            (Self::Glyphs, Heard::Letter('n')) => "ascii",
            (Self::Clipboard, Heard::Letter('y')) => "osc52",
            (Self::Clipboard, Heard::Letter('n')) => otherwise,
            _ => return None,
        }))
    }
}

/// Keeps an answer where it belongs.
pub fn put(measured: &mut Measured, question: Question, said: Said) {
    let place = match question {
        Question::Colours => &mut measured.colours,
        Question::Glyphs => &mut measured.glyphs,
        Question::Clipboard => &mut measured.clipboard,
    };
    *place = match said {
        Said::Word(word) => Some(word.to_owned()),
        Said::Nothing => None,
    };
}

/// The card with one question below it, for a screen of 80 columns and 24 rows.
pub fn draw(name: &str, copied: &str, (widths, question): (&Widths, Question)) -> String {
    let mut lines = vec![format!("\x1b[1mkab doctor --terminal\x1b[0m   {name}"), String::new()];
    let bars = [("1", "16 colours", bar(Colours::Sixteen)), ("2", "256 colours", bar(Colours::Many))];
    for (number, what, bar) in bars.into_iter().chain([("3", "24 bits", bar(Colours::True))]) {
        lines.push(format!("  {number}  {what:<12} {bar}"));
    }
    lines.push(String::new());
    let set = |set| Theme::new(Colours::Mono, set).glyphs;
    lines.extend(drawing("Unicode", &set(GlyphSet::Unicode)));
    lines.extend(drawing("ASCII", &set(GlyphSet::Ascii)));
    lines.push(String::new());
    let found = SAMPLES.iter().zip(widths).map(|(sample, found)| match found {
        None => format!("{} ?", sample.text),
        Some(found) if usize::from(*found) == width(sample.text) => format!("{} ok", sample.text),
        Some(found) => format!("{} {found}, not {}", sample.text, width(sample.text)),
    });
    for (at, row) in found.collect::<Vec<_>>().chunks(4).enumerate() {
        let head = if at == 0 { "Width" } else { "" };
        lines.push(format!("     {head:<12} {}", row.join("   ")));
    }
    lines.push(String::new());
    let (number, text, keys) = match question {
        Question::Colours => ("1", "How many of rows 1, 2, 3 are smooth, each in colours of its own?", "0 1 2 3"),
        Question::Glyphs => ("2", "Unicode above: are lines closed, and do arrows look like arrows?", "y n"),
        Question::Clipboard => ("3", "Paste somewhere else. Does this come?", "y n"),
    };
    lines.push(format!("  \x1b[1m{number} of 3   {text}\x1b[0m"));
    if question == Question::Clipboard {
        lines.push(format!("           \x1b[7m {copied} \x1b[0m"));
    }
    lines.push(format!("           {keys}   Enter I do not know   Esc stop, and keep nothing "));
    format!("\x1b[H\x1b[2J{}", lines.join("\r\n"))
}

/// Thirty-six colours, or the sixteen there are, beside each other.
fn bar(colours: Colours) -> String {
    const STEPS: u16 = 36;
    let mut bar = String::new();
    let (blocks, block) = if colours == Colours::Sixteen { (16, "   ") } else { (STEPS, " ") };
    for at in 0..blocks {
        _ = match colours {
            Colours::Mono | Colours::Sixteen => {
                write!(bar, "\x1b[{}m{block}", if at < 8 { 40 + at } else { 92 + at })
            }
            // Along one edge of the cube, from blue over green to red.
            Colours::Many => {
                let step = at / 6;
                write!(bar, "\x1b[48;5;{}m{block}", 16 + 36 * step + 6 * (5 - step) + at % 6)
            }
            Colours::True => {
                let level = 255 * at / (STEPS - 1);
                write!(bar, "\x1b[48;2;{level};{};160m{block}", 255 - level)
            }
        };
    }
    bar.push_str("\x1b[0m");
    bar
}

fn drawing(name: &str, glyphs: &Glyphs) -> [String; 2] {
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    let rule = glyphs.rule.repeat(10);
    let [full, head, rest] = glyphs.progress;
    let progress = format!("{}{head}{}", full.repeat(8), rest.repeat(7));
    let [up, down] = glyphs.more;
    [
        format!("     {name:<12} {top_left}{rule}{top_right}  {progress}  {up} {down} {}", glyphs.arrow),
        format!("     {:<12} {bottom_left}{rule}{bottom_right}  {} {}", "", glyphs.ellipsis, glyphs.nothing),
    ]
}

/// What the terminal said about widths, a check each.
pub fn checks(widths: &Widths) -> Vec<Check> {
    let one = |(sample, found): (&Sample, &Option<u16>)| {
        let (name, expected) = (format!("width of {}", sample.name), width(sample.text));
        match found {
            None => Check::skipped(Section::Terminal, name, "the terminal did not answer"),
            Some(found) if usize::from(*found) == expected => {
                Check::ok(Section::Terminal, name, format!("{expected} columns")).value(*found)
            }
            Some(found) => {
                let hint = if sample.is_drawn { "kab draws with ASCII here." } else { "Such names shift their rows." };
                Check::warn(Section::Terminal, name, format!("{found} columns, where {expected} are usual"))
                    .hint(hint)
                    .value(*found)
            }
        }
    };
    SAMPLES.iter().zip(widths).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Widths {
        SAMPLES.each_ref().map(|sample| Some(u16::try_from(width(sample.text)).unwrap()))
    }

    #[test]
    fn the_card_fits_the_smallest_usual_screen_and_asks_one_thing() {
        for question in Question::ALL {
            let card = draw("xterm-256color on lab", "kab-4711", (&right(), question));
            let mut parser = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
            parser.process(card.as_bytes());
            let screen = parser.screen().contents();
            assert_eq!(screen.lines().count(), card.split("\r\n").count(), "no line wraps: {screen}");
            assert!(screen.contains("Esc stop"), "{screen}");
            assert_eq!(screen.contains("kab-4711"), question == Question::Clipboard);
        }
    }

    #[test]
    fn colours_beside_each_other_are_of_their_own_level() {
        let count = |bar: &str, head: &str| bar.matches(head).count();
        assert_eq!(count(&bar(Colours::Sixteen), "m   "), 16);
        assert_eq!(count(&bar(Colours::Many), "\x1b[48;5;"), 36);
        assert_eq!(count(&bar(Colours::True), "\x1b[48;2;"), 36);
    }

    #[test]
    fn characters_that_are_too_wide_are_not_drawn_with() {
        assert_eq!(draws_well(&right()), Some(true));
        let mut wide = right();
        wide[2] = Some(10);
        assert_eq!(draws_well(&wide), Some(false));
        wide[1] = None;
        assert_eq!(draws_well(&wide), None);
        let mut emoji = right();
        emoji[6] = Some(4);
        assert_eq!(draws_well(&emoji), Some(true), "kab draws no emoji");
        assert_eq!(checks(&emoji)[6].hint, "Such names shift their rows.");
    }

    #[test]
    fn only_answers_are_answers() {
        assert_eq!(Question::Colours.word(Heard::Letter('3'), "off"), Some(Said::Word("true")));
        assert_eq!(Question::Colours.word(Heard::Letter('y'), "off"), None);
        assert_eq!(Question::Clipboard.word(Heard::Letter('n'), "native"), Some(Said::Word("native")));
        assert_eq!(Question::Glyphs.word(Heard::Enter, "off"), Some(Said::Nothing));
        assert_eq!(Question::Glyphs.word(Heard::Column(3), "off"), None);
    }
}
