//! Reading a text in Markdown into blocks.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Block, Look, Markdown, Piece, Shape, html, number_of};
use crate::domain::clean;

/// Links that get a number; a list of hundreds helps nobody.
const LINKS: usize = 99;
/// Cells that one level of a list of points takes.
const POINT: usize = 2;

/// Reads a text.
pub fn read(text: &str, page: Option<&str>) -> Markdown {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    // Tabs count in code, and cleaning makes a blank of each.
    let text = clean(&text.replace('\t', "    "));
    let mut reader = Reader { page, ..Reader::default() };
    for event in Parser::new_ext(&text, options) {
        reader.take(event);
    }
    reader.end_block();
    Markdown { blocks: reader.blocks, links: reader.links }
}

/// What is being read.
#[derive(Default)]
struct Reader<'a> {
    page: Option<&'a str>,
    blocks: Vec<Block>,
    links: Vec<String>,
    block: Option<Block>,
    /// Lists that are open: the next number, where they are numbered, and the cells of their markers.
    lists: Vec<(Option<u64>, usize)>,
    /// The marker of a point whose text has not begun.
    marker: Option<String>,
    quoted: usize,
    strong: usize,
    /// Where the links lead that are open.
    leading: Vec<String>,
    /// What the picture shows that is open.
    picture: Option<String>,
    /// HTML or code of which there is more.
    raw: Option<String>,
    /// Whether the next block stands apart.
    is_apart: bool,
    cells: usize,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.say(&text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.say(&format!("`{text}`")),
            Event::Html(text) => match &mut self.raw {
                Some(raw) => raw.push_str(&text),
                None => self.say(&html::words(&text)),
            },
            Event::InlineHtml(text) => match html::words(&text).as_str() {
                "" => {}
                "\n" => self.piece(Look::Break, ""),
                words => self.piece(Look::Aside, words),
            },
            Event::FootnoteReference(name) => self.say(&format!("[{name}]")),
            Event::SoftBreak => self.say(" "),
            Event::HardBreak => self.piece(Look::Break, ""),
            Event::Rule => {
                self.open(Shape::Rule);
                self.end_block();
            }
            Event::TaskListMarker(is_done) => self.say(if is_done { "[x] " } else { "[ ] " }),
        }
    }

    fn begin(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.open(Shape::Text),
            Tag::Heading { .. } => self.open(Shape::Heading),
            Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.end_block();
                self.raw = Some(String::new());
            }
            Tag::BlockQuote(_) => {
                self.end_block();
                self.quoted += 1;
            }
            Tag::List(first) => {
                self.end_block();
                self.is_apart |= self.lists.is_empty();
                self.lists.push((first, if first.is_some() { POINT + 2 } else { POINT }));
            }
            Tag::Item => {
                self.end_block();
                self.marker = self.lists.last_mut().map(|(number, _)| match number {
                    Some(number) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    None => "-".into(),
                });
            }
            Tag::TableHead | Tag::TableRow => {
                self.is_apart |= matches!(tag, Tag::TableHead);
                self.end_block();
                self.block = Some(self.fresh(Shape::Text));
                self.cells = 0;
                self.strong += usize::from(matches!(tag, Tag::TableHead));
            }
            Tag::TableCell => {
                if self.cells > 0 {
                    self.piece(Look::Aside, "\u{a0}| ");
                }
                self.cells += 1;
            }
            Tag::Strong => self.strong += 1,
            Tag::Link { dest_url, .. } => self.leading.push(dest_url.into_string()),
            Tag::Image { .. } => self.picture = Some(String::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) => {
                self.end_block();
                self.is_apart = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::BlockQuote(_) => {
                self.end_block();
                self.quoted = self.quoted.saturating_sub(1);
                self.is_apart = true;
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lists.pop();
                self.is_apart |= self.lists.is_empty();
            }
            TagEnd::Item => {
                if self.marker.is_some() {
                    self.open(Shape::Text);
                }
                self.end_block();
                self.is_apart = false;
            }
            TagEnd::TableHead => {
                self.strong = self.strong.saturating_sub(1);
                self.end_block();
            }
            TagEnd::TableRow => self.end_block(),
            TagEnd::Table => self.is_apart = true,
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link => {
                if let Some(number) = self.leading.pop().and_then(|to| self.number(&to)) {
                    self.piece(Look::Aside, &format!("\u{a0}{number}"));
                }
            }
            TagEnd::Image => {
                if let Some(alt) = self.picture.take() {
                    self.piece(Look::Aside, &html::picture(&alt));
                }
            }
            _ => {}
        }
    }

    fn end_code(&mut self) {
        let Some(code) = self.raw.take() else { return };
        self.is_apart = true;
        let mut block = self.fresh(Shape::Code);
        block.indent += POINT;
        let lines = code.trim_end_matches('\n').split('\n');
        block.pieces = lines.map(|line| Piece { look: Look::Plain, text: clean(line) }).collect();
        self.blocks.push(block);
        self.is_apart = true;
    }

    fn end_html(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        let words = html::words(&raw);
        for paragraph in words.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.open(Shape::Text);
            self.say(paragraph);
            self.end_block();
        }
        self.is_apart = true;
    }

    /// A block with what it gets from lists and quotations around it.
    fn fresh(&mut self, shape: Shape) -> Block {
        Block {
            shape,
            is_apart: std::mem::take(&mut self.is_apart) || shape == Shape::Heading,
            indent: self.lists.iter().map(|(_, cells)| cells).sum(),
            marker: self.marker.take().unwrap_or_default(),
            quoted: self.quoted,
            pieces: Vec::new(),
        }
    }

    fn open(&mut self, shape: Shape) {
        self.end_block();
        self.block = Some(self.fresh(shape));
    }

    fn end_block(&mut self) {
        let Some(block) = self.block.take() else { return };
        let says_something = block.pieces.iter().any(|piece| !piece.text.trim().is_empty());
        if says_something || block.shape == Shape::Rule || !block.marker.is_empty() {
            self.blocks.push(block);
        } else {
            self.is_apart |= block.is_apart;
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(raw) = &mut self.raw {
            raw.push_str(text);
        } else if let Some(alt) = &mut self.picture {
            alt.push_str(text);
        } else {
            self.piece(if self.strong > 0 { Look::Strong } else { Look::Plain }, text);
        }
    }

    fn piece(&mut self, look: Look, text: &str) {
        if self.block.is_none() {
            // The text of a point of a list without empty lines has no paragraph around it.
            self.block = Some(self.fresh(Shape::Text));
        }
        let Some(block) = &mut self.block else { return };
        let text = tame(text);
        match block.pieces.last_mut() {
            Some(last) if last.look == look && look != Look::Break => last.text.push_str(&text),
            _ => block.pieces.push(Piece { look, text }),
        }
    }

    /// The number of a link; none for a place on the same page.
    fn number(&mut self, to: &str) -> Option<String> {
        let to = tame(to).trim().to_owned();
        if to.is_empty() || to.starts_with('#') {
            return None;
        }
        let to = whole(&to, self.page);
        let at = self.links.iter().position(|known| *known == to).or_else(|| {
            self.links.push(to);
            Some(self.links.len() - 1)
        })?;
        self.links.truncate(LINKS);
        (at < LINKS).then(|| number_of(at))
    }
}

/// On one line, without what could steer a terminal: entities bring in what cleaning the text cannot see. The character
/// that asks for a coloured picture goes too.
fn tame(text: &str) -> String {
    clean(text).replace('\n', " ").replace('\u{fe0f}', "")
}

/// A link to another file of the repository as an address, where the repository has a page.
fn whole(to: &str, page: Option<&str>) -> String {
    let is_relative = !to.contains("://") && !to.starts_with("mailto:") && !to.starts_with("//");
    match page.filter(|_| is_relative) {
        Some(page) => format!("{}/{}", page.replacen("/tree/", "/blob/", 1), to.trim_start_matches(['.', '/'])),
        None => to.to_owned(),
    }
}
