//! Texts in Markdown that others wrote, as calm prose: headings, paragraphs, lists, code, numbered links. Read once when
//! they arrive; what could steer a terminal is taken out of every piece, also of what was written as an entity.

mod html;
mod read;
mod wrap;

use ratatui::text::{Line, Span};

use super::link;
use super::prose::Prose;
use super::text::{cut_middle, width};
use crate::tui::theme::Tone;

/// Cells of a line at most: longer ones are hard to read.
const WIDEST: usize = 100;

/// A text, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markdown {
    blocks: Vec<Block>,
    /// Where its links lead, the first one first. Cleaned; not all are addresses of the web.
    links: Vec<String>,
}

/// A part that stands on lines of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Block {
    shape: Shape,
    /// Whether an empty line comes before it.
    is_apart: bool,
    /// Cells that its lines are moved to the right by.
    indent: usize,
    /// What stands before its first line: `-`, `1.`; within the indent.
    marker: String,
    /// How many quotations it is in.
    quoted: usize,
    pieces: Vec<Piece>,
}

/// How a block is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    #[default]
    Text,
    Heading,
    Code,
    Rule,
}

/// Some words in one manner.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    look: Look,
    text: String,
}

/// In which manner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Strong,
    /// A picture, the number of a link.
    Aside,
    /// The line ends here.
    Break,
}

impl Look {
    fn tone(self) -> Tone {
        match self {
            Self::Plain | Self::Break => Tone::Secondary,
            Self::Strong => Tone::Primary,
            Self::Aside => Tone::Muted,
        }
    }
}

impl Markdown {
    /// Reads a text. Links to other files of its repository lead to that repository's page, where it has one.
    pub fn read(text: &str, page: Option<&str>) -> Self {
        read::read(text, page)
    }

    /// Whether there is nothing to read in it.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Where its links lead, in the order of their numbers.
    pub fn links(&self) -> &[String] {
        &self.links
    }

    /// Adds it to a page, with its links below.
    pub fn write(&self, page: &mut Prose) {
        for block in &self.blocks {
            if block.is_apart {
                page.gap();
            }
            block.write(page);
        }
        if self.links.is_empty() {
            return;
        }
        page.gap();
        for (number, address) in self.links.iter().enumerate() {
            let line = vec![
                page.say(Tone::Muted, format!("{:>4} ", number_of(number))),
                page.say(Tone::Accent, shown(address, page)),
            ];
            page.line(line);
        }
    }

    /// What is drawn of each link, and where it leads, for those that lead somewhere.
    pub fn drawn_links(&self, page: &Prose) -> Vec<(String, String)> {
        let safe = self.links.iter().enumerate().filter(|(_, address)| link::is_safe(address));
        safe.flat_map(|(at, address)| [(number_of(at), address.clone()), (shown(address, page), address.clone())])
            .collect()
    }

    /// The same for those who read no pages: lines without any looks.
    pub fn lines(&self, wide: u16) -> Vec<String> {
        let mut page = Prose::new(crate::tui::theme::Theme::default(), wide);
        self.write(&mut page);
        page.lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }
}

/// An address as it is drawn.
fn shown(address: &str, page: &Prose) -> String {
    cut_middle(address, page.width.saturating_sub(8), page.theme.glyphs.ellipsis)
}

/// The number of a link as it stands in the text.
fn number_of(at: usize) -> String {
    format!("[{}]", at + 1)
}

impl Block {
    fn write(&self, page: &mut Prose) {
        let bar = format!("{} ", page.theme.glyphs.bar);
        let bars = bar.repeat(self.quoted);
        let room = page.width.saturating_sub(2).min(WIDEST);
        let room = room.saturating_sub(self.indent + width(&bars)).max(8);
        let mut marker = self.marker.as_str();
        for line in self.set(page, room) {
            let head = format!("{marker:>indent$}", indent = self.indent.saturating_sub(1));
            let head = if self.indent == 0 { String::new() } else { format!("{head} ") };
            marker = "";
            let mut spans = vec![Span::raw(" ")];
            spans.extend(
                [bars.clone(), head].into_iter().filter(|it| !it.is_empty()).map(|it| page.say(Tone::Muted, it)),
            );
            spans.extend(line);
            page.lines.push(Line::from(spans));
        }
    }

    /// Its lines, in that many cells.
    fn set(&self, page: &Prose, room: usize) -> Vec<Vec<Span<'static>>> {
        match self.shape {
            Shape::Rule => vec![vec![page.say(Tone::Muted, page.theme.glyphs.rule.repeat(room.min(24)))]],
            Shape::Code => {
                let lines = self.pieces.iter().flat_map(|piece| wrap::hard(&piece.text, room));
                lines.map(|line| vec![page.say(Tone::Secondary, line)]).collect()
            }
            Shape::Text | Shape::Heading => {
                let is_heading = self.shape == Shape::Heading;
                let say = |(look, text): (Look, String)| {
                    let tone = if is_heading && look != Look::Aside { Tone::Primary } else { look.tone() };
                    page.say(tone, text)
                };
                wrap::pieces(&self.pieces, room).into_iter().map(|line| line.into_iter().map(say).collect()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests;
