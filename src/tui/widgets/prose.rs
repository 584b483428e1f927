//! Pages of fields, headings and paragraphs, as lines.

use ratatui::text::{Line, Span};

use super::text::{cut_end, cut_middle, width, wrap};
use crate::tui::theme::{Theme, Tone};

/// Cells of a field's label, with the gap after it.
const LABEL: usize = 12;

/// Builds a page of a width.
pub struct Prose {
    /// How it is drawn.
    pub theme: Theme,
    /// Cells of a line.
    pub width: usize,
    /// What is built so far.
    pub lines: Vec<Line<'static>>,
}

impl Prose {
    /// An empty page.
    pub fn new(theme: Theme, width: u16) -> Self {
        Self { theme, width: usize::from(width), lines: Vec::new() }
    }

    /// A piece of text in a tone.
    pub fn say(&self, tone: Tone, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.theme.style(tone))
    }

    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.lines.push(Line::default());
        }
    }

    /// A head in muted capitals.
    pub fn head(&mut self, text: &str) {
        self.gap();
        let span = self.say(Tone::Muted, text.to_uppercase());
        self.lines.push(Line::from(vec![Span::raw(" "), span]));
    }

    /// A label and a value in pieces, which are cut at the end of the line.
    pub fn field(&mut self, label: &str, value: Vec<Span<'static>>) {
        let label = format!(" {label:<width$}", width = LABEL - 1);
        let mut line = vec![self.say(Tone::Muted, label)];
        line.extend(self.cut(value, self.width.saturating_sub(LABEL + 1)));
        self.lines.push(Line::from(line));
    }

    /// A label and prose, which is broken into lines.
    pub fn told(&mut self, label: &str, tone: Tone, text: &str) {
        let mut label = label;
        for line in wrap(text, self.width.saturating_sub(LABEL + 1)) {
            let span = self.say(tone, line);
            self.field(label, vec![span]);
            label = "";
        }
    }

    /// A label, a value and why it is so: beside it, or below it where there is no room.
    pub fn reasoned(&mut self, label: &str, mut value: Vec<Span<'static>>, why: &str) {
        let beside = self.say(Tone::Muted, format!("   {why}"));
        let taken: usize = value.iter().map(Span::width).sum();
        if taken + beside.width() <= self.width.saturating_sub(LABEL + 1) {
            value.push(beside);
            return self.field(label, value);
        }
        self.field(label, value);
        self.told("", Tone::Muted, why);
    }

    /// A label and an identifier, which is cut in the middle.
    pub fn named(&mut self, label: &str, text: &str) {
        let text = cut_middle(text, self.width.saturating_sub(LABEL + 1), self.theme.glyphs.ellipsis);
        let span = self.say(Tone::Secondary, text);
        self.field(label, vec![span]);
    }

    /// An identifier as it stands behind a label on a page of that width.
    pub fn named_text(theme: Theme, width: u16, text: &str) -> String {
        cut_middle(text, usize::from(width).saturating_sub(LABEL + 1), theme.glyphs.ellipsis)
    }

    /// A paragraph.
    pub fn paragraph(&mut self, tone: Tone, text: &str) {
        for line in wrap(text, self.width.saturating_sub(2)) {
            let span = self.say(tone, line);
            self.lines.push(Line::from(vec![Span::raw(" "), span]));
        }
    }

    /// A line of pieces.
    pub fn line(&mut self, spans: Vec<Span<'static>>) {
        let mut line = vec![Span::raw(" ")];
        line.extend(self.cut(spans, self.width.saturating_sub(2)));
        self.lines.push(Line::from(line));
    }

    fn cut(&self, spans: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
        let mut kept = Vec::with_capacity(spans.len());
        let mut used = 0;
        for span in spans {
            let left = room - used;
            let text = cut_end(&span.content, left, self.theme.glyphs.ellipsis);
            let cut = text.len() < span.content.len();
            used += width(&text);
            kept.push(Span::styled(text, span.style));
            if cut || used >= room {
                break;
            }
        }
        kept
    }
}
