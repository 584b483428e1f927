//! Log lines keep their colours (SGR) and lose everything else that steers a terminal.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::tui::widgets::text::width;

/// Longest piece of a line, in bytes; a longer line is folded into pieces.
pub const LONGEST: usize = 16 * 1024;
/// Columns from one tab stop to the next.
const TAB: usize = 8;
/// Stands for a tab while a text is cleaned: no letter, and never sent as one.
const STOP: char = '\u{fdd0}';

/// Cleans a line: SGR sequences stay, of what carriage returns overwrote the last state is left, tabs become blanks up to
/// the next tab stop.
pub fn clean(line: &str) -> String {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.bytes().all(|byte| (b' '..0x7f).contains(&byte)) { line.to_owned() } else { strip(line) }
}

/// The pieces of a clean line, none longer than [`LONGEST`]. Nothing is lost, no letter and no colour is torn, and a
/// piece begins with the colours that the one before ended with.
pub fn folded(line: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let mut colours = String::new();
    loop {
        let end = if rest.len() <= LONGEST { rest.len() } else { fold(rest) };
        pieces.push(format!("{colours}{}", &rest[..end]));
        if end == rest.len() {
            return pieces;
        }
        remember(&mut colours, &rest[..end]);
        rest = &rest[end..];
    }
}

/// Where a long text may be torn.
fn fold(text: &str) -> usize {
    let end = (1..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    // A colour sequence is short: only the last one before the end can be cut through.
    match text[..end].rfind('\u{1b}') {
        Some(at) if at > 0 && sgr_length(&text[at..]).is_some_and(|length| at + length > end) => at,
        _ => end,
    }
}

/// The colours that count at the end of a piece.
fn remember(colours: &mut String, piece: &str) {
    let mut rest = piece;
    while let Some(at) = rest.find('\u{1b}') {
        let tail = &rest[at..];
        let length = sgr_length(tail).unwrap_or(1);
        if matches!(&tail[..length], "\u{1b}[0m" | "\u{1b}[m") || colours.len() > 100 {
            colours.clear();
        } else {
            colours.push_str(&tail[..length]);
        }
        rest = &tail[length..];
    }
}

fn strip(line: &str) -> String {
    // What a progress bar wrote before the last carriage return was overwritten; where it has only wiped itself out at the
    // end, what it said last is more than nothing.
    let mut states = line.rsplit('\r').map(strip_state);
    let last = states.next().unwrap_or_default();
    if !plain(&last).trim().is_empty() {
        return last;
    }
    states.find(|state| !plain(state).trim().is_empty()).unwrap_or(last)
}

fn strip_state(line: &str) -> String {
    let mut kept = Kept { text: String::with_capacity(line.len()), columns: 0 };
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        kept.push_plain(&rest[..at]);
        let tail = &rest[at..];
        if let Some(length) = sgr_length(tail) {
            kept.text.push_str(&tail[..length]);
            rest = &tail[length..];
        } else {
            // Everything up to the next colour goes through the strict cleaner, which knows all other sequences.
            let mut end = tail.len();
            let mut from = 1;
            while let Some(next) = tail[from..].find('\u{1b}') {
                if sgr_length(&tail[from + next..]).is_some() {
                    end = from + next;
                    break;
                }
                from += next + 1;
            }
            kept.push_plain(&tail[..end]);
            rest = &tail[end..];
        }
    }
    kept.push_plain(rest);
    kept.text
}

/// What is kept of a line, and how many columns that takes.
struct Kept {
    text: String,
    columns: usize,
}

impl Kept {
    fn push_plain(&mut self, text: &str) {
        // The cleaner takes tabs for any other control character, in a sequence that spans one as well.
        let text: String = text
            .chars()
            .filter(|letter| !matches!(*letter, STOP | '\u{fe0f}'))
            .map(|letter| if letter == '\t' { STOP } else { letter })
            .collect();
        let text = crate::domain::clean(&text).replace('\n', " ");
        for (at, piece) in text.split(STOP).enumerate() {
            if at > 0 {
                let blanks = TAB - self.columns % TAB;
                self.text.extend(std::iter::repeat_n(' ', blanks));
                self.columns += blanks;
            }
            self.text.push_str(piece);
            self.columns += width(piece);
        }
    }
}

/// The length of the SGR sequence at the start of a text: `ESC [ digits and semicolons m`.
fn sgr_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    (body.as_bytes().get(end) == Some(&b'm') && end < 40).then_some(end + 3)
}

/// A cleaned line without its colours.
pub fn plain(line: &str) -> std::borrow::Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return line.into();
    }
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        rest = sgr_length(tail).map_or("", |length| &tail[length..]);
    }
    text.push_str(rest);
    text.into()
}

/// A cleaned line as styled pieces, in the colours that a theme has. Those that may equal the background are left out.
pub fn spans(line: &str) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut style = Style::new();
    let mut rest = line;
    loop {
        let at = rest.find('\u{1b}').unwrap_or(rest.len());
        if at > 0 {
            spans.push(Span::styled(rest[..at].to_owned(), style));
        }
        let tail = &rest[at..];
        let Some(length) = sgr_length(tail) else { return spans };
        style = apply(style, &tail[2..length - 1]);
        rest = &tail[length..];
    }
}

fn apply(mut style: Style, parameters: &str) -> Style {
    let mut numbers = parameters.split(';').map(|number| number.parse::<u8>().unwrap_or(0));
    while let Some(number) = numbers.next() {
        style = match number {
            0 => Style::new(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            23 => style.remove_modifier(Modifier::ITALIC),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            31..=36 | 91..=96 => style.fg(COLOURS[usize::from(number % 10) - 1]),
            30 | 37 | 39 | 90 | 97 => Style { fg: None, ..style },
            38 | 48 => {
                // A colour of 256 or of three bytes: the foreground is kept, the background is not.
                let colour = match numbers.next() {
                    Some(5) => numbers.next().and_then(indexed),
                    Some(2) => match (numbers.next(), numbers.next(), numbers.next()) {
                        (Some(red), Some(green), Some(blue)) => nearest(red, green, blue),
                        _ => None,
                    },
                    _ => None,
                };
                if number == 38 { Style { fg: colour, ..style } } else { style }
            }
            _ => style,
        };
    }
    style
}

const COLOURS: [Color; 6] = [Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan];

/// One of 256 as one of the six; greys are the terminal's own foreground.
fn indexed(number: u8) -> Option<Color> {
    match number {
        1..=6 => Some(COLOURS[usize::from(number) - 1]),
        9..=14 => Some(COLOURS[usize::from(number) - 9]),
        16..=231 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = number - 16;
            nearest(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        _ => None,
    }
}

/// The one of the six whose hue is nearest; `None` for what is nearly grey.
fn nearest(red: u8, green: u8, blue: u8) -> Option<Color> {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let range = i32::from(most) - i32::from(least);
    if range < 48 {
        return None;
    }
    let [r, g, b] = [red, green, blue].map(i32::from);
    // Sixths of the circle, in degrees, without fractions.
    let hue = if most == red {
        60 * (g - b) / range
    } else if most == green {
        120 + 60 * (b - r) / range
    } else {
        240 + 60 * (r - g) / range
    };
    Some(match (hue + 30).rem_euclid(360) / 60 {
        0 => Color::Red,
        1 => Color::Yellow,
        2 => Color::Green,
        3 => Color::Cyan,
        4 => Color::Blue,
        _ => Color::Magenta,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_all_else_that_steers_goes() {
        for (dirty, expected) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
            ("\u{1b}[2Jx\u{1b}[1;32my", "x\u{1b}[1;32my"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]52;c;aGk=\u{1b}\\x\u{1b}[0my", "x\u{1b}[0my"),
            ("10 %\r50 %\r100 %\r\n", "100 %"),
            ("10 %\r50 %\r\u{1b}[K", "50 %"),
            ("\r\u{1b}[K\r", ""),
            ("a\tb\u{8}c", "a       bc"),
            ("1234567\t8\t\t9", "1234567 8               9"),
            ("\u{1b}[31mab\u{1b}[0m\t細胞\tc", "\u{1b}[31mab\u{1b}[0m      細胞    c"),
            ("\u{1b}]0;a\tb\u{7}c\u{fdd0}d", "cd"),
            ("\u{1b}[31", ""),
            ("\u{1b}[38;5;196mx", "\u{1b}[38;5;196mx"),
        ] {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
        }
        assert_eq!(plain("\u{1b}[31mred\u{1b}[0m text"), "red text");
    }

    #[test]
    fn pieces_have_the_colours_that_were_sent() {
        let pieces = spans("a\u{1b}[1;31mb\u{1b}[0mc");
        let texts: Vec<_> = pieces.iter().map(|span| span.content.as_ref()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        assert_eq!(pieces[1].style, Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        assert_eq!(pieces[2].style, Style::new());
        assert_eq!(spans("\u{1b}[30mx")[0].style.fg, None);
    }

    #[test]
    fn many_colours_become_the_few_of_the_theme() {
        for (sent, expected) in [
            ("38;5;196", Some(Color::Red)),
            ("38;5;46", Some(Color::Green)),
            ("38;5;208", Some(Color::Yellow)),
            ("38;5;245", None),
            ("38;5;12", Some(Color::Blue)),
            ("38;2;220;60;200", Some(Color::Magenta)),
            ("38;2;0;200;210", Some(Color::Cyan)),
            ("38;2;20;20;30", None),
            ("48;5;196", None),
        ] {
            assert_eq!(spans(&format!("\u{1b}[{sent}mx"))[0].style.fg, expected, "{sent}");
        }
    }

    #[test]
    fn a_long_line_is_folded_and_nothing_of_it_is_lost() {
        let red = "\u{1b}[31m";
        let line = format!("{red}{}", "Zellkern 細胞核 ".repeat(5_000));
        let pieces = folded(&line);
        assert!(pieces.len() == 6 && pieces.iter().all(|piece| piece.len() <= LONGEST + red.len()));
        assert!(pieces.iter().all(|piece| piece.starts_with(red)));
        let joined: String = pieces.iter().map(|piece| plain(piece).into_owned()).collect();
        assert_eq!(joined, plain(&line));
        // Not within a colour either.
        let line = format!("{}{red}b\u{1b}[0mc{}", "a".repeat(LONGEST - 2), "d".repeat(LONGEST));
        let pieces = folded(&line);
        assert!(pieces[1].starts_with(&format!("{red}b")) && pieces[2].starts_with('d'), "{:?}", &pieces[1][..9]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_colours_is_left(line in ".*") {
            let cleaned = clean(&line);
            let rest = plain(&cleaned);
            proptest::prop_assert!(!rest.chars().any(char::is_control), "{:?}", rest);
        }

        #[test]
        fn escapes_of_all_kinds_go(parts in proptest::collection::vec("(\u{1b}[\\[\\]PX^_]?|[0-9;]{0,4}|[a-zA-Z\\\\])", 0..20)) {
            let cleaned = clean(&parts.concat());
            proptest::prop_assert!(!plain(&cleaned).chars().any(char::is_control));
        }
    }
}
