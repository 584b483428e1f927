//! What can be copied of what is chosen (`y`): the kind that was copied last comes first, so that `yy` repeats.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, moved, view::middle};
use crate::domain::{human_bytes, shell::word as quoted};
use crate::tui::action::Action;
use crate::tui::app::{App, Page, Tab, Target};
use crate::tui::effect::Effect;
use crate::tui::theme::Tone;
use crate::tui::widgets::markdown::Markdown;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::picture;
use crate::tui::widgets::text::{cut_middle, width};

/// What links of a README are called, by their numbers. More of them would not fit; all can be read.
const LINKS: [&str; 9] =
    ["link [1]", "link [2]", "link [3]", "link [4]", "link [5]", "link [6]", "link [7]", "link [8]", "link [9]"];

/// What the whole of a thing is called.
const JSON: &str = "JSON";

/// What can be copied of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yank {
    rows: Vec<(&'static str, String)>,
    cursor: usize,
    /// Whether the link is shown as a picture for a camera.
    is_picture: bool,
}

impl Yank {
    /// What can be copied: of which kind, and the text.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.rows.iter().map(|(kind, text)| (*kind, shown(kind, text)))
    }

    /// The chosen text, where it is a link that another device may open.
    pub fn link(&self) -> Option<&str> {
        let (_, text) = self.rows.get(self.cursor)?;
        let (scheme, rest) = text.split_once("://")?;
        let is_link = scheme.chars().all(|c| c.is_ascii_alphanumeric()) && !rest.contains(char::is_whitespace);
        is_link.then_some(text)
    }
}

impl App {
    /// Opens the choice; where there is only one thing to copy it is copied at once.
    pub(in crate::tui) fn open_yank(&mut self, target: &Target) -> Vec<Effect> {
        let mut rows = self.copies(target);
        rows.extend((self.documents.0)(self, target).map(|text| (JSON, text)));
        rows.extend(self.links_of_page());
        rows.retain(|(_, text)| !text.is_empty());
        if let Some(at) = rows.iter().position(|(kind, _)| Some(*kind) == self.copied) {
            let last = rows.remove(at);
            rows.insert(0, last);
        }
        match rows.as_slice() {
            [] => Vec::new(),
            [(_, text)] => vec![Effect::Copy(text.clone())],
            _ => {
                self.overlay = Some(Overlay::Yank(Yank { rows, cursor: 0, is_picture: false }));
                Vec::new()
            }
        }
    }

    /// The links of the README that is looked at.
    fn links_of_page(&self) -> Vec<(&'static str, String)> {
        let Some(Page::App(page)) = self.pages.last() else { return Vec::new() };
        let release = self.release_of(page).filter(|_| page.tab == Tab::Overview);
        let readme = release.and_then(|release| self.data.said(&release.id).value()?.readme.as_ref());
        let links = readme.into_iter().flat_map(Markdown::links).zip(LINKS);
        links.map(|(address, number)| (number, address.clone())).collect()
    }

    /// The kinds of text that a thing has.
    fn copies(&self, target: &Target) -> Vec<(&'static str, String)> {
        let data = &self.data;
        let address = |kind: &str, id: &str| format!("kab://{kind}/{id}");
        match target {
            Target::App(id) => {
                let release = self.release_seen(id);
                let version = release.map_or("", |release| &release.version);
                let mut rows = vec![
                    ("identifier", id.to_string()),
                    ("command", format!("kab install {}", quoted(&format!("{id}@{version}")))),
                ];
                let images = release.into_iter().flat_map(|release| &release.flavours).map(|it| &it.image.reference);
                for image in images {
                    rows.push(("image", image.clone()));
                    rows.extend(image.split_once('@').map(|(_, digest)| ("digest", digest.to_owned())));
                }
                rows.push(("address", address("app", &format!("{id}@{version}"))));
                rows.dedup();
                rows
            }
            Target::Node(id) => data.node(id).map_or_else(Vec::new, |node| {
                vec![
                    ("hash", node.hash.clone()),
                    ("name", node.name.clone()),
                    ("signature", node.signature()),
                    ("id", id.to_string()),
                    ("address", address("node", id.as_str())),
                    ("command", format!("kab nodes show {}", quoted(&node.name))),
                ]
            }),
            Target::Pod(id) => data.pod(id).map_or_else(Vec::new, |pod| {
                let name = pod.name();
                let flavour = data.flavour(&pod.flavour).map(|(.., flavour)| flavour.image.reference.clone());
                vec![
                    ("command", format!("kab logs {} -f", quoted(&name))),
                    ("name", name),
                    ("id", id.to_string()),
                    ("container", pod.local_id.clone()),
                    ("image", flavour.unwrap_or_default()),
                    ("error", pod.reason.clone().unwrap_or_default()),
                    ("address", address("pod", id.as_str())),
                ]
            }),
            Target::Engine(id) => data.engine(id).map_or_else(Vec::new, |engine| {
                let facts = engine.resources.iter().flat_map(|resource| &resource.facts.0);
                let facts: Vec<String> = facts.map(|(key, value)| format!("{key}={value}")).collect();
                vec![
                    ("name", engine.name.clone()),
                    ("id", id.to_string()),
                    ("facts", facts.join("\n")),
                    ("address", address("engine", id.as_str())),
                    ("command", format!("kab engines show {}", quoted(&engine.name))),
                ]
            }),
            Target::Task(id) => {
                let message = data.task(id).and_then(|task| task.message.clone());
                vec![
                    ("id", id.to_string()),
                    ("message", message.unwrap_or_default()),
                    ("command", format!("kab tasks show {}", quoted(id.as_str()))),
                    ("address", address("task", id.as_str())),
                    ("Orkestrator", format!("orkestrator://rekuest/tasks/{id}")),
                ]
            }
        }
    }

    pub(super) fn act_in_yank(&mut self, action: Action, mut yank: Yank) -> Vec<Effect> {
        match action {
            Action::Move(step) => yank.cursor = moved(yank.cursor, step, yank.rows.len()),
            Action::Confirm | Action::Copy => {
                return yank.rows.get(yank.cursor).map_or_else(Vec::new, |(kind, text)| {
                    self.copied = Some(kind);
                    vec![Effect::Copy(text.clone())]
                });
            }
            Action::Picture => yank.is_picture = !yank.is_picture && yank.link().is_some(),
            Action::Back | Action::Close if yank.is_picture => yank.is_picture = false,
            Action::Back | Action::Close => return Vec::new(),
            _ => {}
        }
        self.overlay = Some(Overlay::Yank(yank));
        Vec::new()
    }
}

/// A text as it stands in the choice. Nobody reads a document there: what it is says more than its beginning.
fn shown(kind: &str, text: &str) -> String {
    if kind != JSON {
        return text.to_owned();
    }
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    format!("all of it, as show -o json prints it, {}", human_bytes(bytes))
}

/// Draws the choice.
pub fn draw(app: &App, yank: &Yank, pen: &mut Pen<'_>, body: Rect) {
    if let Some(link) = yank.link().filter(|_| yank.is_picture) {
        draw_picture(app, link, pen, body);
        return;
    }
    let longest = yank.rows().map(|(_, text)| width(&text)).max().unwrap_or(0);
    let box_width = u16::try_from(longest + 20).unwrap_or(u16::MAX).clamp(36, 84).min(body.width);
    let height = u16::try_from(yank.rows.len() + 2).unwrap_or(u16::MAX);
    let inside = pen.boxed(middle(body, box_width, height), "Copy");
    let top = super::view::first_row(yank.cursor, inside.height);
    for (row, (at, (kind, text))) in rows(inside).zip(yank.rows().enumerate().skip(top)) {
        let first = text.lines().next().unwrap_or_default();
        let more = if text.lines().count() > 1 { "  and more" } else { "" };
        let room = usize::from(row.width).saturating_sub(16 + more.len());
        let line = vec![
            pen.say(Tone::Muted, format!("  {kind:<12}")),
            pen.say(Tone::Secondary, cut_middle(first, room, app.theme.glyphs.ellipsis)),
            pen.say(Tone::Muted, more),
        ];
        pen.line(row, Line::from(line));
        if at == yank.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
    crate::tui::screens::more(app, pen, inside, top, yank.rows.len());
}

/// Draws a link for a camera, with its words below where there is room for both.
fn draw_picture(app: &App, link: &str, pen: &mut Pen<'_>, body: Rect) {
    let picture = picture::lines(link, picture::Signs::of(&app.theme.glyphs));
    let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let side = cells(picture.first().map_or(0, |line| line.chars().count()));
    let height = cells(picture.len());
    if picture.is_empty() || side + 4 > body.width || height + 2 > body.height {
        let inside = pen.boxed(middle(body, 52, 3), "QR code");
        pen.line(inside, Line::from(pen.say(Tone::Warn, " Too small for the picture.")));
        return;
    }
    let has_words = height + 3 <= body.height;
    let across = side.max(cells(width(link) + 2)).min(body.width.saturating_sub(4));
    let inside = pen.boxed(middle(body, across + 4, height + 2 + u16::from(has_words)), "QR code");
    picture::draw(picture, pen, middle(Rect { height, ..inside }, side, height));
    if has_words {
        let words = cut_middle(link, usize::from(inside.width).saturating_sub(2), app.theme.glyphs.ellipsis);
        let row = Rect { y: inside.y + height, height: 1, ..inside };
        pen.line(row, Line::from(pen.say(Tone::Secondary, format!(" {words}"))));
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(quoted("live.arkitekt.stardist@0.4.2"), "live.arkitekt.stardist@0.4.2");
        assert_eq!(quoted("a;rm -rf ~"), "'a;rm -rf ~'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
