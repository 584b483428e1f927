//! The help: the keys of this screen first, then all others, as they are now. `/` searches in it.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use tui_input::Input;

use super::view::{long, middle};
use super::{Overlay, view};
use crate::tui::action::Action;
use crate::tui::app::{App, Typed, feed};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Bound, Place};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::wrap;

/// The widest box of one column.
const NARROW: u16 = 92;
/// Cells for the keys.
const KEYS: usize = 18;
/// From this width on there are two columns.
const WIDE: u16 = 130;

/// The help that is open.
#[derive(Debug, Default)]
pub struct Help {
    /// Lines scrolled away.
    pub top: usize,
    /// What is searched.
    pub search: Input,
    /// Whether it is being typed.
    pub is_typing: bool,
    /// What it lies over, and what comes back when it closes.
    pub over: Option<Box<Overlay>>,
}

/// What the rows of the install sheet mean.
pub(super) const ROWS: [(&str, &str); 10] = [
    ("engine", "Where it would run. The first that is online and fits best; ⟨change⟩ chooses another one."),
    ("flavour", "Which image of the release: for which hardware. The reason for the choice stands beside it."),
    (
        "fetch",
        "What the engine has to download, as far as it can tell. The author tells the unpacked size; ⟨refresh⟩ asks anew.",
    ),
    ("space", "What the engine says is free where it keeps images. Too little stops the install."),
    ("queue", "What the engine is busy with. It works on several things at once."),
    ("access", "What the app asks to be allowed at the servers; its page (Access) has a sentence for each."),
    ("approval", "Some servers want a person's word before a release may be installed. Orkestrator gives it."),
    ("services", "Which services the app talks to, and whether this server has them."),
    ("network", "How the app reaches its server."),
    ("already", "A pod that runs already and does the same; ⟨use-it⟩ goes to it, and nothing is installed."),
];

impl Help {
    /// The help over something, or over nothing but the page.
    pub fn over(overlay: Option<Overlay>) -> Self {
        Self { over: overlay.map(Box::new), ..Self::default() }
    }

    /// Takes a key into the search.
    pub(in crate::tui) fn feed(&mut self, event: KeyEvent) -> Typed {
        let typed = feed(&mut self.search, event);
        match typed {
            Typed::Changed => self.top = 0,
            Typed::Accepted => self.is_typing = false,
            Typed::GivenUp => {
                self.is_typing = false;
                self.search.reset();
                self.top = 0;
            }
            Typed::Moved(_) | Typed::Other => {}
        }
        typed
    }
}

impl App {
    pub(super) fn act_in_help(&mut self, action: Action, mut help: Help) -> Vec<Effect> {
        match action {
            Action::Close => {
                self.overlay = help.over.map(|it| *it);
                return Vec::new();
            }
            Action::Back if help.search.value().is_empty() => {
                self.overlay = help.over.map(|it| *it);
                return Vec::new();
            }
            Action::Back => {
                help.search.reset();
                help.top = 0;
            }
            Action::Filter => help.is_typing = true,
            Action::Move(step) => {
                let count = lines(self, &help, inner_width(view::body(self.areas()).width)).len();
                help.top = self.scrolled_box(help.top, step, count);
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Help(help));
        Vec::new()
    }
}

fn box_width(body: u16) -> u16 {
    let most = if body >= WIDE { 2 * NARROW } else { NARROW };
    most.min(body.saturating_sub(2))
}

/// The room for text in a box of that body.
fn inner_width(body: u16) -> usize {
    usize::from(box_width(body)).saturating_sub(4)
}

/// Draws it.
pub fn draw(app: &App, help: &Help, pen: &mut Pen<'_>, body: Rect) {
    let text = lines(app, help, inner_width(body.width));
    let height = u16::try_from(text.len() + 2).unwrap_or(u16::MAX).max(6);
    let searches = help.is_typing || !help.search.value().is_empty();
    // While something is searched the box keeps its size, so that the line that is typed stays where it is.
    let height = if searches { body.height } else { height.min(body.height) };
    let area = middle(body, box_width(body.width), height);
    let title = if searches { format!("Keys  /{}", help.search.value()) } else { String::from("Keys") };
    let inside = pen.boxed(area, &title);
    long(app, text, help.top, pen, inside);
    if help.is_typing {
        let at = u16::try_from(help.search.visual_cursor()).unwrap_or(0);
        // Behind the corner, the rule's blanks, and "Keys  /".
        let x = (inside.x + 8 + at).min(inside.right().saturating_sub(1));
        pen.cursor = Some(Position { x, y: area.y });
    }
}

/// A section: its heading and its lines.
struct Section<'a> {
    place: Place,
    lines: Vec<&'a Bound>,
}

/// The help in one column or two.
fn lines(app: &App, help: &Help, width: usize) -> Vec<Line<'static>> {
    let searched = help.search.value().to_lowercase();
    let words: Vec<&str> = searched.split_whitespace().collect();
    let here = help.over.as_ref().map_or_else(|| app.page_chain(), |over| over.chain());
    let others = Place::ALL.into_iter().filter(|place| !here.contains(place));
    let sections: Vec<Section<'_>> = here
        .iter()
        .copied()
        .chain(others)
        .map(|place| Section { place, lines: app.keys.lines(place).filter(|line| is_about(line, &words)).collect() })
        .filter(|section| !section.lines.is_empty())
        .collect();
    if sections.is_empty() {
        let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
        page.paragraph(Tone::Muted, &app.prose("No key is about that. ⟨back⟩ shows all of them again."));
        return page.lines;
    }
    if let Some(Overlay::Sheet(_)) = help.over.as_deref()
        && words.is_empty()
    {
        // The rows of the sheet, and its keys: whoever asks here wants nothing else.
        let mut lines = rows(app, width);
        lines.extend(column(app, &sections[..1.min(sections.len())], width));
        return lines;
    }
    if width < usize::from(WIDE) - 6 {
        return column(app, &sections, width);
    }
    let half = width / 2 - 1;
    let all: usize = sections.iter().map(|section| section.lines.len() + 2).sum();
    let mut taken = 0;
    let left = sections.iter().take_while(|section| {
        let begins = taken;
        taken += section.lines.len() + 2;
        begins == 0 || begins + section.lines.len() / 2 < all / 2
    });
    let left = left.count();
    let (left, right) = sections.split_at(left);
    beside(column(app, left, half), column(app, right, half), half + 2)
}

fn rows(app: &App, width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    page.head("Rows of the sheet");
    for (name, text) in ROWS {
        let mut name = name;
        for text in wrap(&app.prose(text), width.saturating_sub(13)) {
            let name = std::mem::take(&mut name);
            page.line(vec![page.say(Tone::Accent, format!("{name:<10}")), page.say(Tone::Secondary, text)]);
        }
    }
    page.gap();
    page.lines
}

/// Whether all words stand in a line of the table: its keys, its place, its name or what it does.
fn is_about(line: &Bound, words: &[&str]) -> bool {
    let binding = line.binding;
    let text = format!("{} {} {} {}", line.names(), binding.place.title(), binding.action.name(), binding.text);
    let text = text.to_lowercase();
    // One character is a key that somebody looks up.
    words.iter().all(|word| text.contains(word) && (word.chars().count() > 1 || has_key(line, word)))
}

fn has_key(line: &Bound, word: &str) -> bool {
    line.keys.iter().any(|key| key.name().to_lowercase() == word)
}

fn column(app: &App, sections: &[Section<'_>], width: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(width).unwrap_or(u16::MAX));
    for section in sections {
        if !page.lines.is_empty() {
            page.gap();
        }
        page.head(section.place.title());
        for line in &section.lines {
            let tone = if line.keys.is_empty() { Tone::Muted } else { Tone::Accent };
            let mut keys = if line.keys.is_empty() { String::from("no key") } else { line.names() };
            let usual = if line.is_changed() { format!("  (usually {})", line.usual()) } else { String::new() };
            for text in wrap(&format!("{}{usual}", app.keys.text_of(line)), width.saturating_sub(KEYS + 3)) {
                let keys = std::mem::take(&mut keys);
                page.line(vec![page.say(tone, format!("{keys:<KEYS$}")), page.say(Tone::Secondary, text)]);
            }
        }
    }
    page.lines
}

/// Two columns beside each other.
fn beside(left: Vec<Line<'static>>, right: Vec<Line<'static>>, from: usize) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    (0..rows)
        .map(|_| {
            let mut line = left.next().unwrap_or_default();
            let used = line.width();
            line.spans.push(ratatui::text::Span::raw(" ".repeat(from.saturating_sub(used))));
            line.spans.extend(right.next().unwrap_or_default().spans);
            line
        })
        .collect()
}
