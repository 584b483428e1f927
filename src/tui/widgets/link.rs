//! Addresses that can be clicked, where the terminal knows such things. They stay text for everybody else: what is drawn is
//! the same, and `effects/links` says where it leads.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::{Pen, rows};

/// Letters of an address at most.
const LONGEST: usize = 2000;

/// A piece of text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its cells, in one row.
    pub at: Rect,
    /// Where it leads.
    url: String,
    /// What it reads.
    text: String,
}

impl Link {
    /// Whether its text stands there: something may have been drawn over it since.
    pub fn is_seen(&self, buffer: &Buffer) -> bool {
        self.text
            .bytes()
            .zip(self.at.left()..)
            .all(|(letter, x)| buffer.cell((x, self.at.y)).is_some_and(|cell| cell.symbol().as_bytes() == [letter]))
    }

    /// Where it leads: an address that holds nothing but what may stand in one.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Whether an address is one that may be handed to a terminal: of the web, and of visible letters alone.
pub fn is_safe(url: &str) -> bool {
    let is_web = ["https://", "http://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
    is_web && url.len() <= LONGEST && url.chars().all(|letter| letter.is_ascii_graphic())
}

/// The page of a repository by its name, where that tells: `user/repo:branch`, or an address.
pub fn of_repository(name: &str) -> Option<String> {
    if is_safe(name) {
        return Some(name.to_owned());
    }
    let is_name = |part: &str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    let (place, branch) = name.split_once(':').unwrap_or((name, ""));
    let (user, repository) = place.split_once('/')?;
    let page = format!("https://github.com/{user}/{repository}");
    match branch {
        _ if !is_name(user) || !is_name(repository) || user.starts_with('.') => None,
        "" => Some(page),
        branch if branch.split('/').all(is_name) => Some(format!("{page}/tree/{branch}")),
        _ => None,
    }
}

impl Pen<'_> {
    /// Lets a text that has been drawn in an area lead to an address. One that is not safe leads nowhere.
    pub fn link(&mut self, area: Rect, text: &str, url: &str) {
        if !is_safe(url) || text.is_empty() || !text.is_ascii() {
            return;
        }
        let wide = u16::try_from(text.len()).unwrap_or(u16::MAX);
        for row in rows(area.intersection(self.buffer.area)) {
            for x in row.left()..=row.right().saturating_sub(wide) {
                let link = Link { at: Rect { x, width: wide, ..row }, url: url.to_owned(), text: text.to_owned() };
                if link.is_seen(self.buffer) && x.saturating_add(wide) <= row.right() {
                    self.links.push(link);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;

    #[test]
    fn only_addresses_of_the_web_without_anything_else_in_them_are_links() {
        let area = Rect { x: 0, y: 0, width: 30, height: 2 };
        let mut buffer = Buffer::empty(area);
        buffer.set_string(3, 1, "here it is", ratatui::style::Style::new());
        let mut pen =
            Pen { buffer: &mut buffer, theme: Theme::default(), cursor: None, chosen: None, links: Vec::new() };
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "https://a\u{1b}\\b",
            "https://ä.de",
        ] {
            pen.link(area, "it", bad);
        }
        assert_eq!(pen.links, []);
        pen.link(area, "it", "https://example.org/it");
        pen.link(area, "there is no such text", "https://example.org/it");
        let at = Rect { x: 8, y: 1, width: 2, height: 1 };
        assert_eq!(pen.links, [Link { at, url: "https://example.org/it".into(), text: "it".into() }]);
    }

    #[test]
    fn a_repository_has_a_page_where_its_name_tells_it() {
        let page = |name: &str| of_repository(name).unwrap_or_default();
        assert_eq!(page("bioimage/apps:main"), "https://github.com/bioimage/apps/tree/main");
        assert_eq!(page("bioimage/apps"), "https://github.com/bioimage/apps");
        assert_eq!(page("https://lab.example.org/apps.json"), "https://lab.example.org/apps.json");
        for none in ["kab demo (built in)", "/srv/apps", "../x:y", "a/b:c d", "a/b/c"] {
            assert_eq!(page(none), "", "{none}");
        }
    }
}
