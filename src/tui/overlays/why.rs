//! Every row of an install sheet explained (`e` in it): what was chosen and what was not, and what each figure means.
//! The sheet waits below as it was left.

use ratatui::text::Line;

use super::help::ROWS;
use super::{Overlay, Sheet, Stage, view};
use crate::compat::{Candidate, Verdict};
use crate::tui::action::{Action, Step};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::wrap;

/// The explanation that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The sheet that it is about.
    pub sheet: Sheet,
    /// Lines scrolled away.
    pub top: usize,
}

impl Why {
    /// The explanation of a sheet, at the row that somebody went to.
    pub fn of(app: &App, sheet: Sheet) -> Self {
        let all = lines(app, &sheet, room(view::body(app.areas()).width));
        let is_its = |line: &Line<'_>, name: &str| line.spans.first().is_some_and(|span| span.content.trim() == name);
        let at = if let Stage::Choosing(cursor) = sheet.stage {
            place_of_choice(app, &sheet, cursor, &all)
        } else {
            let row = app.row_of_plan(&sheet).map(|name| format!("> {name}"));
            row.and_then(|name| all.iter().position(|line| is_its(line, &name)))
        };
        let top = at.map_or(0, |at| app.scrolled_box(at, Step::Up, all.len()));
        Self { sheet, top }
    }
}

/// The line at which a choice is explained.
fn place_of_choice(app: &App, sheet: &Sheet, cursor: usize, all: &[Line<'_>]) -> Option<usize> {
    let choices = Sheet::choices(sheet.release(app)?, app);
    let choice = choices.get(cursor)?;
    let head = format!("{} on {}  ", choice.flavour.name, choice.engine.name);
    // The sign before it is a span of its own.
    let told = |line: &Line<'_>| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
    all.iter().position(|line| {
        let told = told(line);
        let mut rest = told.trim_start().chars();
        rest.next();
        rest.as_str().trim_start().starts_with(&head)
    })
}

impl App {
    pub(super) fn act_in_why(&mut self, action: Action, mut why: Why) -> Vec<Effect> {
        match action {
            Action::Back | Action::Close => {
                self.overlay = Some(Overlay::Sheet(why.sheet));
                return Vec::new();
            }
            Action::Move(step) => {
                let count = lines(self, &why.sheet, room(view::body(self.areas()).width)).len();
                why.top = self.scrolled_box(why.top, step, count);
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Why(why));
        Vec::new()
    }
}

/// Cells for the text in a body of that width.
pub fn room(body: u16) -> u16 {
    100.min(body.saturating_sub(2)).saturating_sub(4)
}

/// The lines of the explanation.
pub fn lines(app: &App, sheet: &Sheet, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(release) = sheet.release(app) else {
        page.paragraph(Tone::Secondary, "This release is not in the catalogue any more.");
        return page.lines;
    };
    let plan = sheet.plan(app).and_then(Result::ok);
    let best = plan.as_ref().map(|plan| (&plan.best.flavour.id, &plan.best.engine.id));
    page.head("Engine and flavour");
    for candidate in &Sheet::choices(release, app) {
        let is_chosen = best == Some((&candidate.flavour.id, &candidate.engine.id));
        let why = plan.as_ref().filter(|_| is_chosen).map(|plan| plan.why.as_str());
        one(app, candidate, why, &mut page);
    }
    if plan.is_none() {
        return page.lines;
    }
    page.head("The other rows");
    let row = app.row_of_plan(sheet);
    for (name, text) in ROWS.iter().skip(2) {
        if row.as_deref() == Some(name) {
            page.told(&format!("> {name}"), Tone::Primary, &app.prose(text));
        } else {
            page.told(name, Tone::Secondary, &app.prose(text));
        }
    }
    page.lines
}

/// A flavour on an engine: whether it would do, and all that speaks against it.
fn one(app: &App, candidate: &Candidate<'_>, chosen: Option<&str>, page: &mut Prose) {
    let Candidate { flavour, engine, judgement } = candidate;
    let (sign, word, tone) = match judgement.verdict {
        _ if chosen.is_some() => ("*", "chosen", Tone::Good),
        _ if !engine.is_online() => (app.theme.glyphs.offline, "offline", Tone::Muted),
        Verdict::Runs => ("+", "would run, too", Tone::Secondary),
        Verdict::Maybe => ("~", "may run", Tone::Warn),
        Verdict::No => ("x", "cannot run", Tone::Bad),
    };
    let reason = chosen.map_or_else(String::new, |why| format!(": {why}"));
    let line = vec![
        page.say(tone, format!("{sign} ")),
        page.say(Tone::Primary, flavour.name.clone()),
        page.say(Tone::Secondary, format!(" on {}  ", engine.name)),
        page.say(tone, format!("{word}{reason}")),
    ];
    page.line(line);
    for reason in &judgement.reasons {
        for text in wrap(&reason.sentence(&engine.name), page.width.saturating_sub(6)) {
            let line = page.say(Tone::Muted, format!("    {text}"));
            page.line(vec![line]);
        }
    }
}
