//! A progress bar of one line. Never a made up one: without a total there is none.

use ratatui::text::Span;

use crate::tui::theme::{Theme, Tone};

/// A bar of `cells` for a part of a whole.
pub fn bar(theme: &Theme, part: u64, whole: u64, cells: u16) -> Vec<Span<'static>> {
    let halves = (u64::from(cells) * 2 * part.min(whole)).checked_div(whole).unwrap_or(0);
    let full = usize::try_from(halves / 2).unwrap_or(0);
    let half = usize::from(halves % 2 == 1);
    let rest = usize::from(cells) - full - half;
    let [done, head, open] = theme.glyphs.progress;
    let mut spans = vec![Span::styled(done.repeat(full), theme.style(Tone::Good))];
    if half == 1 {
        spans.push(Span::styled(head, theme.style(Tone::Good)));
    }
    spans.push(Span::styled(open.repeat(rest), theme.style(Tone::Muted)));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_always_as_long_as_it_should_be() {
        let theme = Theme::default();
        for (part, expected) in [(0, "────"), (13, "╸───"), (50, "━━──"), (99, "━━━╸"), (100, "━━━━"), (200, "━━━━")]
        {
            let text: String = bar(&theme, part, 100, 4).iter().map(|span| span.content.to_string()).collect();
            assert_eq!(text, expected, "{part}");
        }
    }
}
