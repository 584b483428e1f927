//! What is typed into a field, moved sideways so far that the cursor is on the screen.

use tui_input::Input;
use unicode_segmentation::UnicodeSegmentation as _;

use super::text::{head, width};

/// What of a field is shown in so many cells, and in which of them the cursor stands. What is left out before it shows as
/// such.
pub fn shown(input: &Input, cells: usize, ellipsis: &str) -> (String, usize) {
    let (text, cursor) = (input.value(), input.visual_cursor());
    if cursor < cells {
        return (head(text, cells).to_owned(), cursor);
    }
    let sign = if width(ellipsis) + 1 < cells { ellipsis } else { "" };
    // The cursor behind the last letter takes a cell as well.
    let least = (cursor + 1 + width(sign)).saturating_sub(cells);
    let mut away = 0;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true) {
        if away >= least {
            start = at;
            break;
        }
        away += width(grapheme);
    }
    let rest = head(&text[start..], cells.saturating_sub(width(sign)));
    (format!("{sign}{rest}"), (width(sign) + cursor).saturating_sub(away).min(cells.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_that_is_typed_at_is_seen_and_so_is_the_beginning_when_the_cursor_goes_there() {
        for (text, cursor, cells, expected) in [
            ("short", 5, 8, ("short", 5)),
            ("1234567", 7, 8, ("1234567", 7)),
            ("12345678", 8, 8, ("…345678", 7)),
            ("0123456789", 10, 8, ("…456789", 7)),
            ("0123456789", 0, 8, ("01234567", 0)),
            ("0123456789", 8, 8, ("…2345678", 7)),
            ("細胞核の分割", 6, 8, ("…の分割", 7)),
            ("0123456789", 10, 1, ("", 0)),
            ("0123456789", 10, 0, ("", 0)),
        ] {
            let input = Input::new(text.into()).with_cursor(cursor);
            let (seen, at) = shown(&input, cells, "…");
            assert_eq!((seen.as_str(), at), expected, "{text} at {cursor} in {cells}");
        }
    }
}
