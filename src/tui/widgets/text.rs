//! Measuring, cutting and wrapping text, by grapheme and by cell.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// As much of the beginning as fits into `cells`.
pub fn head(text: &str, cells: usize) -> &str {
    if text.is_ascii() {
        return &text[..text.len().min(cells)];
    }
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > cells {
            return &text[..at];
        }
    }
    text
}

/// As much of the end as fits into `cells`.
pub fn tail(text: &str, cells: usize) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > cells {
            break;
        }
        from = at;
    }
    &text[from..]
}

/// Prose: cut at the end.
pub fn cut_end(text: &str, cells: usize, ellipsis: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    match cells.checked_sub(width(ellipsis)) {
        Some(rest) => format!("{}{ellipsis}", head(text, rest).trim_end()),
        None => head(text, cells).to_owned(),
    }
}

/// Identifiers: cut in the middle, because beginning and end tell most.
pub fn cut_middle(text: &str, cells: usize, ellipsis: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let Some(rest) = cells.checked_sub(width(ellipsis)).filter(|rest| *rest >= 2) else {
        return head(text, cells).to_owned();
    };
    format!("{}{ellipsis}{}", head(text, rest.div_ceil(2)), tail(text, rest / 2))
}

/// Breaks prose into lines of at most `cells`, at blanks where there are any, but not between a number and its unit.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word;
            if !line.is_empty() && width(&line) + 1 + width(word) > cells {
                let belongs = |last: &str| is_number(last) && width(last) + 1 + width(word) <= cells;
                let number = line.rfind(' ').filter(|at| is_unit(word) && belongs(&line[at + 1..]));
                let next = number.map(|at| line.split_off(at).trim_start().to_owned()).unwrap_or_default();
                lines.push(std::mem::replace(&mut line, next));
            }
            while width(word) > cells {
                let start = head(word, cells);
                if start.is_empty() {
                    break;
                }
                lines.push(start.to_owned());
                word = &word[start.len()..];
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn is_number(word: &str) -> bool {
    word.ends_with(|letter: char| letter.is_ascii_digit())
}

/// A unit behind a number, as kab writes them.
fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches([',', ';', '.', ')', ':']);
    matches!(word.trim_end_matches("/s"), "B" | "kB" | "MB" | "GB" | "TB" | "s" | "ms" | "min" | "cpu" | "GPU" | "%")
}

/// Digits in groups of three: `12,431`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The text with blanks behind it, up to so many cells.
pub fn filled(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// `now`, `3m`, `2h`, `5d`: an age in steps of a minute and more.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => "now".into(),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The same as the end of a sentence: `just now`, `3m ago`.
pub fn ago(seconds: u64) -> String {
    if seconds < 60 { "just now".into() } else { format!("{} ago", age(seconds)) }
}

/// `0:34`, `12:05`, `1:02:09`.
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long something is still waited for: `8 s`, from two minutes on `2:05`.
pub fn rest(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_always_shows_and_never_splits_a_letter() {
        for (text, cells, end, middle) in [
            ("stardist", 8, "stardist", "stardist"),
            ("stardist", 5, "star…", "st…st"),
            ("細胞核の分割", 7, "細胞核…", "細…割"),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}…", "e\u{301}…e\u{301}"),
            ("abc", 0, "", ""),
            ("abc", 1, "…", "a"),
        ] {
            assert_eq!(cut_end(text, cells, "…"), end, "{text} at {cells}");
            assert_eq!(cut_middle(text, cells, "…"), middle, "{text} at {cells}");
            assert!(width(&cut_middle(text, cells, "…")) <= cells);
        }
    }

    #[test]
    fn a_number_and_its_unit_stand_together_where_a_line_holds_both() {
        assert_eq!(wrap("about 51 s at 8.00 MB/s there", 18), ["about 51 s at", "8.00 MB/s there"]);
        assert_eq!(wrap("fetch 412 MB; then", 10), ["fetch", "412 MB;", "then"]);
        assert_eq!(wrap("at 8.00 MB/s", 8), ["at 8.00", "MB/s"]);
        assert_eq!(wrap("a tile of s", 9), ["a tile of", "s"]);
    }

    #[test]
    fn wrapping_keeps_every_word_and_no_line_is_too_long() {
        let lines = wrap("Nuclei segmentation for 2D/3D microscopy averylongwordthatdoesnotfit", 12);
        assert!(lines.iter().all(|line| width(line) <= 12), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), "Nucleisegmentationfor2D/3Dmicroscopyaverylongwordthatdoesnotfit");
    }

    #[test]
    fn ages_and_numbers_read_at_a_glance() {
        assert_eq!([age(59), age(60), age(7200), age(432_000)], ["now", "1m", "2h", "5d"]);
        assert_eq!(
            [grouped(7), grouped(1000), grouped(12_431), grouped(1_000_000)],
            ["7", "1,000", "12,431", "1,000,000"]
        );
        assert_eq!([duration(34), duration(725), duration(3729)], ["0:34", "12:05", "1:02:09"]);
    }
}
