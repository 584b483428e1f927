//! All that is known of an error (`e` while it stands in the message line): whole, with what was asked just before it.

use ratatui::text::Line;

use super::{Overlay, Sheet, Why, net, view};
use crate::domain::Moment;
use crate::tui::action::Action;
use crate::tui::app::{App, Connection};
use crate::tui::effect::Effect;
use crate::tui::notes::Trouble;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::age;

/// Requests from so many milliseconds before the error may have to do with it.
const BEFORE: i64 = 60_000;
/// Requests that are shown.
const SHOWN: usize = 5;

/// An error that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Which.
    pub trouble: Trouble,
    /// Lines scrolled away.
    pub top: usize,
    /// The install sheet that it lies over, and that comes back when it closes.
    pub sheet: Option<Box<Sheet>>,
}

impl App {
    /// The error that somebody may want to know more about: the one in the message line, else the one that keeps the
    /// server away.
    fn trouble(&self) -> Option<Trouble> {
        let lost = match &self.connection {
            Connection::Failed { since, failure } | Connection::Lost { since, failure, .. } => Some((since, failure)),
            _ => None,
        };
        let lost =
            lost.map(|(since, failure)| Trouble { failure: failure.clone(), at: *since, times: 1, elsewhere: None });
        let shown = self.notes.troubles.last().cloned().or_else(|| lost.filter(|_| self.is_bare()));
        shown.or_else(|| self.home_trouble())
    }

    /// What `e` opens over an install sheet: what is known of the error that stands on the screen, else what is behind the
    /// sheet's rows. The sheet comes back afterwards.
    pub(super) fn explained(&self, sheet: Sheet) -> Overlay {
        match self.notes.troubles.last().cloned() {
            Some(trouble) => Overlay::Details(Details { trouble, top: 0, sheet: Some(Box::new(sheet)) }),
            None => Overlay::Why(Why::of(self, sheet)),
        }
    }

    /// Opens what is known of the error that stands on the screen; `None`: none does.
    pub(in crate::tui) fn open_details(&mut self) -> Option<Vec<Effect>> {
        let trouble = self.trouble()?;
        self.overlay = Some(Overlay::Details(Details { trouble, top: 0, sheet: None }));
        Some(Vec::new())
    }

    /// Copies what is known of the error in the message line; `None`: none stands there.
    pub(in crate::tui) fn copy_error(&self) -> Option<Vec<Effect>> {
        let trouble = self.notes.troubles.last().cloned().or_else(|| self.home_trouble())?;
        Some(vec![Effect::Copy(self.text_of(&trouble))])
    }

    pub(super) fn act_in_details(&mut self, action: Action, mut details: Details) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Back | Action::Close => {
                self.overlay = details.sheet.map(|sheet| Overlay::Sheet(*sheet));
                return Vec::new();
            }
            Action::Copy => effects.push(Effect::Copy(self.text_of(&details.trouble))),
            Action::Move(step) => {
                let count = lines(self, &details.trouble, room(view::body(self.areas()).width)).len();
                details.top = self.scrolled_box(details.top, step, count);
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Details(details));
        effects
    }

    /// What was asked just before an error, the newest first; those without success alone, where there are some.
    fn asked_before(&self, at: Moment) -> Vec<String> {
        let near = |request: &&crate::domain::Request| {
            let ended = request.at.0 + i64::try_from(request.took.as_millis()).unwrap_or(i64::MAX / 2);
            (at.0 - BEFORE..=at.0).contains(&ended)
        };
        let all: Vec<_> = self.net.requests.iter().rev().filter(near).collect();
        let bad: Vec<_> = all.iter().copied().filter(|request| !request.outcome.is_fine()).collect();
        let shown = if bad.is_empty() { all } else { bad };
        shown.into_iter().take(SHOWN).map(net::request_text).collect()
    }

    /// All of it as text, to paste into a message.
    fn text_of(&self, trouble: &Trouble) -> String {
        let failure = &trouble.failure;
        let mut lines =
            vec![format!("{} {}", failure.id(), failure.what), failure.why.clone(), self.prose(&failure.hint)];
        lines.push(format!(
            "{}, server {}, kab {}",
            trouble.at.to_iso(),
            url_of(self, trouble),
            env!("CARGO_PKG_VERSION")
        ));
        lines.extend(self.asked_before(trouble.at));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

/// Cells for text in a box over a body of that width.
pub fn room(body: u16) -> usize {
    usize::from(body.saturating_sub(2).min(100)).saturating_sub(4)
}

/// What the box shows.
pub fn lines(app: &App, trouble: &Trouble, room: usize) -> Vec<Line<'static>> {
    let failure = &trouble.failure;
    let mut page = Prose::new(app.theme, u16::try_from(room).unwrap_or(u16::MAX));
    page.paragraph(Tone::Primary, &format!("{}.", failure.what.trim_end_matches('.')));
    page.gap();
    if !failure.why.is_empty() {
        page.told("Why", Tone::Secondary, &failure.why);
    }
    if !failure.hint.is_empty() {
        page.told("To do", Tone::Secondary, &app.prose(&failure.hint));
    }
    let passed = match age(trouble.at.seconds_until(app.now)).as_str() {
        "now" => String::from("less than a minute ago"),
        age => format!("{age} ago"),
    };
    let times = if trouble.times > 1 { format!(", {} times", trouble.times) } else { String::new() };
    page.told("When", Tone::Secondary, &format!("{}, {passed}{times}", local(app, trouble.at)));
    let url = url_of(app, trouble);
    if !url.is_empty() {
        page.named("Server", url);
    }
    page.told("Name", Tone::Secondary, &format!("{}   (also in kab.log)", failure.id()));
    let asked = app.asked_before(trouble.at);
    if !asked.is_empty() {
        page.head("Asked just before");
        for text in asked {
            page.paragraph(Tone::Muted, &text);
        }
    }
    let others: Vec<_> = app.notes.troubles.iter().rev().filter(|other| *other != trouble).collect();
    if !others.is_empty() {
        page.head("Other errors that wait");
        for other in others {
            page.paragraph(Tone::Muted, &format!("{}  {}", other.failure.id(), other.failure.what));
        }
    }
    page.gap();
    page.paragraph(Tone::Muted, &app.prose("⟨copy⟩ copies all of this."));
    page.lines
}

/// The address of the server that it is about.
fn url_of<'a>(app: &'a App, trouble: &'a Trouble) -> &'a str {
    trouble.elsewhere.as_ref().map_or(&app.session.url, |(_, url)| url)
}

fn local(app: &App, at: Moment) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_| String::new(),
        |stamp| stamp.to_zoned(app.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
