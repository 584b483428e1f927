//! Log lines keep their colours (SGR) and lose everything else that steers a terminal.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// Longest line that is kept, in bytes; the rest is cut, and said to be.
const LONGEST: usize = 16 * 1024;

/// Cleans a line: SGR sequences stay, a carriage return leaves only what was written after it, tabs become blanks.
pub fn clean(line: &str) -> String {
    let line = line.trim_end_matches(['\r', '\n']);
    let mut kept = if line.bytes().all(|byte| (b' '..0x7f).contains(&byte)) { line.to_owned() } else { strip(line) };
    if kept.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| kept.is_char_boundary(*at)).unwrap_or(0);
        let rest = kept.len() - end;
        kept.truncate(end);
        kept.extend([" [", rest.to_string().as_str(), " more bytes]"]);
    }
    kept
}

fn strip(line: &str) -> String {
    // What a progress bar wrote before the last carriage return was overwritten.
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        push_plain(&mut kept, &rest[..at]);
        let tail = &rest[at..];
        if let Some(length) = sgr_length(tail) {
            kept.push_str(&tail[..length]);
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
            push_plain(&mut kept, &tail[..end]);
            rest = &tail[end..];
        }
    }
    push_plain(&mut kept, rest);
    kept
}

fn push_plain(kept: &mut String, text: &str) {
    let text = text.replace('\t', "    ").replace('\u{fe0f}', "");
    kept.push_str(&crate::domain::clean(&text).replace('\n', " "));
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

/// A cleaned line as styled pieces. Colours that may equal the background are left out.
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
                    Some(5) => numbers.next().map(Color::Indexed),
                    Some(2) => match (numbers.next(), numbers.next(), numbers.next()) {
                        (Some(red), Some(green), Some(blue)) => Some(Color::Rgb(red, green, blue)),
                        _ => None,
                    },
                    _ => None,
                };
                let readable = colour
                    .filter(|colour| !matches!(colour, Color::Indexed(0 | 7 | 8 | 15 | 16 | 231..=239 | 250..=255)));
                if number == 38 { Style { fg: readable, ..style } } else { style }
            }
            _ => style,
        };
    }
    style
}

const COLOURS: [Color; 6] = [Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan];

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
            ("a\tb\u{8}c", "a    bc"),
            ("\u{1b}[31", ""),
            ("\u{1b}[38;5;196mx", "\u{1b}[38;5;196mx"),
        ] {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
        }
        assert_eq!(plain("\u{1b}[31mred\u{1b}[0m text"), "red text");
        assert!(clean(&"x".repeat(100_000)).len() < 17_000);
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
