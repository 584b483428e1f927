//! A line of the log as rows of the screen.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::Span;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::entry::{Entry, Level};
use super::needle::Needle;
use super::{ansi, json};
use crate::tui::theme::{Colours, Theme};
use crate::tui::widgets::text::width;

/// Long lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Long {
    /// Cut, with so many columns scrolled away.
    Cut(usize),
    /// Wrapped.
    Wrapped,
}

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paint {
    /// As they were sent.
    #[default]
    Sent,
    /// None.
    Stripped,
    /// The word that says how bad it is.
    Levels,
}

/// Lines that are JSON objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objects {
    /// As they were sent.
    #[default]
    Raw,
    /// On one line that reads at a glance.
    Line,
    /// Written out.
    Block,
}

/// How lines are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Long lines.
    pub long: Long,
    /// Colours.
    pub paint: Paint,
    /// JSON.
    pub objects: Objects,
    /// How the person wants JSON on a line.
    pub template: Option<Arc<str>>,
}

/// What of a shape decides which text a line has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looks {
    /// JSON.
    pub objects: Objects,
    /// How the person wants JSON on a line.
    pub template: Option<Arc<str>>,
}

impl Looks {
    /// The text of a line as it is shown, without colours.
    pub fn text<'e>(&self, entry: &'e Entry) -> Cow<'e, str> {
        let shown = match self.objects {
            Objects::Raw => None,
            Objects::Line => {
                let theme = Theme::default();
                json::line(&entry.text, (&theme, self.template.as_deref())).map(|line| text_of(&line))
            }
            Objects::Block => json::block(&entry.text).map(|lines| lines.join("\n")),
        };
        shown.map_or_else(|| ansi::plain(&entry.text), Cow::Owned)
    }
}

/// A row: pieces in their styles.
pub type Row = Vec<Span<'static>>;

impl Shape {
    /// The rows of a line in so many columns.
    pub fn rows(&self, entry: &Entry, columns: usize, (theme, needle): (&Theme, &Needle)) -> Vec<Row> {
        let columns = columns.max(1);
        let mut rows = Vec::new();
        for line in self.lines(entry, theme) {
            let line = if needle.is_empty() { line } else { marked(line, needle) };
            match self.long {
                Long::Wrapped => rows.extend(wrapped(line, columns)),
                Long::Cut(left) => rows.push(cut(line, (left, columns), theme)),
            }
        }
        rows
    }

    /// How many rows a line takes.
    pub fn height(&self, entry: &Entry, columns: usize) -> usize {
        let columns = columns.max(1);
        if self.objects == Objects::Raw {
            return match self.long {
                Long::Cut(_) => 1,
                Long::Wrapped => height(&ansi::plain(&entry.text), columns),
            };
        }
        let lines = self.lines(entry, &Theme::default());
        match self.long {
            Long::Cut(_) => lines.len(),
            Long::Wrapped => lines.iter().map(|line| height(&text_of(line), columns)).sum(),
        }
    }

    /// A line as it is shown, before it is wrapped or cut.
    fn lines(&self, entry: &Entry, theme: &Theme) -> Vec<Row> {
        let shown = match self.objects {
            Objects::Raw => None,
            Objects::Line => json::line(&entry.text, (theme, self.template.as_deref())).map(|line| vec![line]),
            Objects::Block => {
                json::block(&entry.text).map(|lines| lines.into_iter().map(|line| vec![Span::raw(line)]).collect())
            }
        };
        shown.unwrap_or_else(|| {
            let plain = || ansi::plain(&entry.text).into_owned();
            vec![match self.paint {
                Paint::Sent if theme.colours != Colours::Mono => ansi::spans(&entry.text),
                Paint::Sent | Paint::Stripped => vec![Span::raw(plain())],
                Paint::Levels => levelled(plain(), entry.level, theme),
            }]
        })
    }

    /// What of it decides which text a line has.
    pub fn looks(&self) -> Looks {
        Looks { objects: self.objects, template: self.template.clone() }
    }

    /// A line as text, as it is shown.
    pub fn text(&self, entry: &Entry) -> String {
        self.looks().text(entry).into_owned()
    }
}

/// The text of a row.
pub fn text_of(row: &[Span<'_>]) -> String {
    row.iter().map(|span| span.content.as_ref()).collect()
}

fn levelled(plain: String, level: Option<Level>, theme: &Theme) -> Row {
    let place = Level::of(&plain).filter(|(found, _)| Some(*found) == level).map(|(_, place)| place);
    let Some(place) = place else { return vec![Span::raw(plain)] };
    let style = theme.style(json::tone(level));
    vec![
        Span::raw(plain[..place.start].to_owned()),
        Span::styled(plain[place.clone()].to_owned(), style),
        Span::raw(plain[place.end..].to_owned()),
    ]
}

/// Shows the found pieces, so that they stand out in any colour.
fn marked(spans: Row, needle: &Needle) -> Row {
    let places: Vec<Range<usize>> = needle.places(&text_of(&spans));
    if places.is_empty() {
        return spans;
    }
    let mut out = Vec::new();
    let mut from = 0;
    for span in spans {
        let until = from + span.content.len();
        let mut at = from;
        for place in places.iter().filter(|place| place.start < until && place.end > from) {
            let (start, end) = (place.start.max(from), place.end.min(until));
            if start > at {
                out.push(Span::styled(span.content[at - from..start - from].to_owned(), span.style));
            }
            let style = Theme::matched(span.style);
            out.push(Span::styled(span.content[start.max(at) - from..end - from].to_owned(), style));
            at = end;
        }
        if at < until {
            out.push(Span::styled(span.content[at - from..].to_owned(), span.style));
        }
        from = until;
    }
    out
}

/// Rows that a text takes; the same as [`wrapped`] makes.
fn height(plain: &str, columns: usize) -> usize {
    if plain.is_ascii() {
        return plain.len().div_ceil(columns).max(1);
    }
    let (mut rows, mut used) = (1, 0);
    for grapheme in plain.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > columns && used > 0 {
            rows += 1;
            used = 0;
        }
        used += wide;
    }
    rows
}

fn wrapped(spans: Row, columns: usize) -> Vec<Row> {
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width(grapheme);
            if used + wide > columns && used > 0 {
                push(&mut lines, &mut piece, span.style);
                lines.push(Vec::new());
                used = 0;
            }
            used += wide;
            piece.push_str(grapheme);
        }
        push(&mut lines, &mut piece, span.style);
    }
    lines
}

fn push(lines: &mut [Row], piece: &mut String, style: Style) {
    if !piece.is_empty()
        && let Some(line) = lines.last_mut()
    {
        line.push(Span::styled(std::mem::take(piece), style));
    }
}

/// The part of a line that is on the screen; what was cut off at either end shows as such.
fn cut(spans: Row, (left, columns): (usize, usize), theme: &Theme) -> Row {
    let total: usize = spans.iter().map(|span| width(&span.content)).sum();
    if left == 0 && total <= columns {
        return spans;
    }
    let sign = theme.glyphs.ellipsis;
    let muted = theme.style(crate::tui::theme::Tone::Muted);
    let (before, after) = (left > 0 && total > 0, total > left + columns);
    let room = columns.saturating_sub(width(sign) * (usize::from(before) + usize::from(after)));
    let from = left + if before { width(sign) } else { 0 };
    let mut row = Vec::new();
    if before {
        row.push(Span::styled(sign, muted));
    }
    let mut at = 0;
    for span in spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width(grapheme);
            if at >= from && at + wide <= from + room {
                piece.push_str(grapheme);
            } else if at < from && at + wide > from {
                // Half of a wide letter.
                piece.push(' ');
            }
            at += wide;
        }
        if !piece.is_empty() {
            row.push(Span::styled(piece, span.style));
        }
    }
    if after {
        row.push(Span::styled(sign, muted));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LogLine, LogSource};
    use crate::tui::log::entry::Burst;
    use ratatui::style::Color;

    fn entry(text: &str) -> Entry {
        Burst::from(vec![LogLine { at: None, source: LogSource::Stdout, text: text.into() }]).0.remove(0)
    }

    fn shape(long: Long) -> Shape {
        Shape { long, paint: Paint::Sent, objects: Objects::Raw, template: None }
    }

    fn shown(shape: &Shape, text: &str, columns: usize) -> Vec<String> {
        let rows = shape.rows(&entry(text), columns, (&Theme::default(), &Needle::default()));
        rows.iter().map(|row| text_of(row)).collect()
    }

    #[test]
    fn a_line_that_is_cut_can_be_scrolled_to_its_end() {
        for (left, expected) in [(0, "0123456…"), (4, "…567890…"), (12, "…3456789"), (20, "…"), (99, "…")] {
            assert_eq!(shown(&shape(Long::Cut(left)), "01234567890123456789", 8), [expected], "{left}");
        }
        assert_eq!(shown(&shape(Long::Cut(0)), "short", 8), ["short"]);
        assert_eq!(shown(&shape(Long::Cut(2)), "細胞核の分割", 8), ["… 核の…"]);
    }

    #[test]
    fn colours_can_be_those_that_were_sent_none_or_the_level_alone() {
        let line = entry("\u{1b}[34mtile\u{1b}[0m ERROR x");
        let colours = |paint| {
            let shape = Shape { paint, ..shape(Long::Wrapped) };
            let rows = shape.rows(&line, 80, (&Theme::default(), &Needle::default()));
            rows[0].iter().map(|span| (span.content.to_string(), span.style.fg)).collect::<Vec<_>>()
        };
        let piece = |text: &str, colour| (text.to_owned(), colour);
        assert_eq!(colours(Paint::Sent), [piece("tile", Some(Color::Blue)), piece(" ERROR x", None)]);
        assert_eq!(colours(Paint::Stripped), [piece("tile ERROR x", None)]);
        let levels = [piece("tile ", None), piece("ERROR", Some(Color::Red)), piece(" x", None)];
        assert_eq!(colours(Paint::Levels), levels);
    }

    proptest::proptest! {
        #[test]
        fn the_height_is_the_number_of_rows_and_wrapping_loses_nothing(
            text in "[a-z細胞e\u{301} \u{1b}\\[31m]{0,60}", columns in 1_usize..20, object in 0..3,
        ) {
            let objects = [Objects::Raw, Objects::Line, Objects::Block][usize::try_from(object).unwrap()];
            let text = if object > 0 { format!("{{\"msg\":{:?},\"k\":[1,2]}}", ansi::plain(&ansi::clean(&text))) } else { text };
            let shape = Shape { objects, ..shape(Long::Wrapped) };
            let entry = entry(&text);
            let rows = shape.rows(&entry, columns, (&Theme::default(), &Needle::default()));
            proptest::prop_assert_eq!(rows.len(), shape.height(&entry, columns));
            let joined: String = rows.iter().map(|row| text_of(row)).collect();
            proptest::prop_assert_eq!(joined, shape.text(&entry).replace('\n', ""));
        }
    }
}
