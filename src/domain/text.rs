//! Text from others loses what could steer a terminal before anything else sees it.

/// Removes control characters (C0, C1, DEL), escape sequences with their bodies (CSI, OSC, DCS, APC, PM, SOS),
/// and the invisible characters that reorder text. Line feeds stay, tabs become a blank.
///
/// ```
/// # use kab::domain::clean;
/// assert_eq!(clean("\u{1b}]0;title\u{7}red \u{1b}[31mtext\u{1b}[0m\r\n"), "red text\n");
/// ```
pub fn clean(text: &str) -> String {
    if !text.chars().any(is_unwelcome) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' => match rest.peek().copied() {
                Some('[') => {
                    rest.next();
                    skip_control_sequence(&mut rest);
                }
                Some(']' | 'P' | '_' | '^' | 'X') => {
                    rest.next();
                    skip_string(&mut rest);
                }
                Some(' '..='/') => {
                    rest.next();
                    rest.next();
                }
                Some('0'..='~') => {
                    rest.next();
                }
                _ => {}
            },
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\u{9d}' | '\u{90}' | '\u{9e}' | '\u{9f}' | '\u{98}' => skip_string(&mut rest),
            '\n' => kept.push('\n'),
            '\t' => kept.push(' '),
            other if is_unwelcome(other) => {}
            other => kept.push(other),
        }
    }
    kept
}

/// As [`clean`], on one line: line feeds become blanks, blanks at the ends go.
///
/// ```
/// # use kab::domain::clean_line;
/// assert_eq!(clean_line(" two\nlines "), "two lines");
/// ```
pub fn clean_line(text: &str) -> String {
    let text = clean(text);
    let text = text.trim();
    if text.contains('\n') { text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ") } else { text.to_owned() }
}

fn is_unwelcome(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Parameters and intermediates up to the final byte `@`-`~`; anything else aborts and is kept.
fn skip_control_sequence(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(next) = rest.peek().copied() {
        match next {
            ' '..='?' => {
                rest.next();
            }
            '@'..='~' => {
                rest.next();
                return;
            }
            _ => return,
        }
    }
}

/// A string that BEL or ST (`ESC \` or U+009C) ends; a line feed ends it too, so that a torn one costs one line.
fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(next) = rest.peek().copied() {
        match next {
            '\n' => return,
            '\u{7}' | '\u{9c}' => {
                rest.next();
                return;
            }
            '\u{1b}' => {
                rest.next();
                if rest.peek() == Some(&'\\') {
                    rest.next();
                }
                return;
            }
            _ => {
                rest.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        for (dirty, expected) in [
            ("plain", "plain"),
            ("a\u{1b}[2Jb", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}Pq#0\u{1b}\\x", "x"),
            ("torn\u{1b}]0;no end\nnext", "torn\nnext"),
            ("\u{1b}(Bx", "x"),
            ("\u{1b}cx", "x"),
            ("a\u{202e}b\u{feff}\u{61c}", "ab"),
            ("tab\there\r", "tab here"),
            ("\u{1b}", ""),
            ("umläut 細胞", "umläut 細胞"),
        ] {
            assert_eq!(clean(dirty), expected, "{dirty:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn cleaning_leaves_no_control_character_and_is_stable(text in ".*") {
            let once = clean(&text);
            proptest::prop_assert!(!once.chars().any(|c| c != '\n' && c.is_control()));
            proptest::prop_assert_eq!(clean(&once), once);
        }
    }
}
