//! Draws the install sheet.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::sheet::{BUTTONS, Consent, SHORT, Sheet, Stage};
use crate::compat::{Candidate, NoPlan, Plan, Verdict};
use crate::domain::{PodStatus, human_bytes};
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::prose::Prose;

impl Sheet {
    /// What Enter does, for the hint line.
    pub fn enter_word(&self) -> &'static str {
        match (self.stage, self.button) {
            (Stage::Choosing(_), _) => "take this",
            (Stage::Sure, 0) => "install anyway",
            (Stage::Plan, 0) => "install",
            (_, 1) => "change",
            (_, 2) => "copy command",
            _ => "cancel",
        }
    }

    /// What is about to happen, in a few words.
    pub fn title(&self, app: &App) -> String {
        let name = app.data.app(&self.app).map_or(self.app.as_str(), |it| it.short_name());
        match self.stage {
            Stage::Choosing(_) => format!("Where and how to install {name} {}", self.version),
            _ => format!("Install {name} {}", self.version),
        }
    }
}

/// Draws the sheet in the middle.
pub fn draw(app: &App, sheet: &Sheet, pen: &mut Pen<'_>, body: Rect) {
    let width = body.width.saturating_sub(2).clamp(40, 84).min(body.width);
    let lines = content(app, sheet, width.saturating_sub(4));
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX).min(body.height);
    let area = super::view::middle(body, width, height);
    let inside = pen.boxed(area, &sheet.title(app));
    let Some(last) = rows(inside).last() else { return };
    let text = Rect { height: inside.height.saturating_sub(1), ..inside };
    if let Stage::Choosing(cursor) = sheet.stage {
        choices(app, sheet, cursor, pen, inside);
        return;
    }
    pen.lines(text, lines);
    pen.stand(last);
    let mut buttons = Vec::new();
    if !matches!(sheet.plan(app), Some(Ok(_))) {
        super::view::button(pen, &mut buttons, "Close", true);
        pen.line(last, Line::from(buttons));
        return;
    }
    // Four buttons with their frames: never cut, whatever the room.
    let names = if inside.width >= if sheet.stage == Stage::Sure { 74 } else { 66 } { BUTTONS } else { SHORT };
    for (at, name) in names.into_iter().enumerate() {
        let name = match at {
            0 if sheet.is_asking(app) => "Asking",
            0 if sheet.stage == Stage::Sure && inside.width < 50 => "Anyway",
            0 if sheet.stage == Stage::Sure => "Install anyway",
            _ => name,
        };
        super::view::button(pen, &mut buttons, name, at == sheet.button);
    }
    pen.line(last, Line::from(buttons));
}

/// The plan, with every reason.
pub fn content(app: &App, sheet: &Sheet, width: u16) -> Vec<Line<'static>> {
    if let Stage::Choosing(_) = sheet.stage {
        let count = sheet.release(app).map_or(0, |release| Sheet::choices(release, app).len());
        return vec![Line::default(); count.max(3)];
    }
    let mut page = Prose::new(app.theme, width);
    match sheet.plan(app) {
        Some(Ok(plan)) => planned(app, sheet, &plan, &mut page),
        Some(Err(why)) => impossible(&why, &mut page),
        None => page.paragraph(Tone::Secondary, "This release is not in the catalogue any more."),
    }
    page.lines
}

fn planned(app: &App, sheet: &Sheet, plan: &Plan<'_>, page: &mut Prose) {
    let Candidate { flavour, engine, judgement } = &plan.best;
    let why = if sheet.engine.is_some() {
        "you chose it".to_owned()
    } else {
        match plan.others.iter().filter(|other| other.engine.id != engine.id).count() {
            0 => "the only engine that will do".into(),
            _ => "the best engine that is online".into(),
        }
    };
    let value = vec![
        page.say(Tone::Primary, engine.name.clone()),
        page.say(Tone::Secondary, format!(" ({})", engine.kind.name())),
        page.say(Tone::Muted, format!("   {why}")),
    ];
    page.field("engine", value);
    let value = vec![page.say(Tone::Primary, flavour.name.clone()), page.say(Tone::Muted, format!("   {}", plan.why))];
    page.field("flavour", value);
    page.named("image", &flavour.image.reference);
    let size = flavour.image.size.map_or_else(|| "unknown".into(), |size| format!("{} unpacked", human_bytes(size)));
    page.told("fetch", Tone::Secondary, &format!("{size}, less what is there already"));
    let facts = engine.resources.iter().find(|resource| judgement.resource.as_ref() == Some(&resource.id));
    let free = facts.and_then(|resource| resource.facts.number("disk.free_mb"));
    match (free.map(|megabytes| megabytes.saturating_mul(1_000_000)), flavour.image.size) {
        (Some(free), Some(size)) if free < size => {
            let text = format!("{} free on {}, the image needs {}", human_bytes(free), engine.name, human_bytes(size));
            page.told("space", Tone::Bad, &text);
        }
        (Some(free), _) => {
            page.told("space", Tone::Secondary, &format!("{} free on {}", human_bytes(free), engine.name));
        }
        (None, _) => page.told("space", Tone::Muted, &format!("unknown; {} does not report it", engine.name)),
    }
    let release = sheet.release(app);
    let scopes = release.map(|release| release.scopes.join(", ")).filter(|scopes| !scopes.is_empty());
    page.told("access", Tone::Secondary, &scopes.unwrap_or_else(|| "nothing".into()));
    match sheet.consent(app, &engine.id) {
        Consent::NotNeeded => {}
        Consent::Asking => page.told("approval", Tone::Muted, &format!("asking{}", app.theme.glyphs.ellipsis)),
        Consent::Unknown(failure) => {
            page.told("approval", Tone::Bad, &format!("nobody can tell: {}; Enter asks again", failure.why));
        }
        Consent::Given(word) => page.told("approval", Tone::Secondary, word),
        Consent::Refused(word) => {
            page.told("approval", Tone::Bad, &format!("{word}; Orkestrator gives it, on the release's page"));
        }
    }
    let needs: Vec<_> = flavour.requirements.iter().map(|need| need.key.as_str()).collect();
    if !needs.is_empty() {
        page.told("services", Tone::Secondary, &needs.join(", "));
    }
    if app.session.context == "local" {
        page.told("network", Tone::Secondary, "this machine's own, so that the app reaches the local server");
    }
    let running = app.data.pods().iter().find(|pod| pod.app == sheet.app && pod.status == PodStatus::Running);
    if let Some(pod) = running {
        let text = format!("{} {} runs on {}", pod.name(), pod.version, pod.engine_name);
        page.told("already", Tone::Warn, &text);
    }
    if judgement.verdict == Verdict::Maybe {
        page.gap();
        for reason in &judgement.reasons {
            page.paragraph(Tone::Warn, &format!("Nobody can tell whether it runs: {}", reason.sentence(&engine.name)));
        }
        if sheet.stage == Stage::Sure {
            page.paragraph(Tone::Primary, "Install it anyway? It may fail to start.");
        }
    }
    page.gap();
    let command = sheet.command(app);
    let mut sign = "$ ";
    for line in crate::tui::widgets::text::wrap(&command, page.width.saturating_sub(5)) {
        let spans = vec![page.say(Tone::Muted, sign), page.say(Tone::Secondary, line)];
        page.line(spans);
        sign = "    ";
    }
    page.lines.push(Line::default());
}

fn impossible(why: &NoPlan, page: &mut Prose) {
    page.paragraph(Tone::Primary, "It cannot be installed now.");
    match why {
        NoPlan::Nowhere(reasons) => {
            for reason in reasons.iter().take(6) {
                page.paragraph(Tone::Secondary, &format!("{}.", reason.trim_end_matches('.')));
            }
        }
        NoPlan::NoEngine => {
            page.paragraph(
                Tone::Secondary,
                "No engine is connected. Esc, then 5: what was looked for, and what to do.",
            );
        }
        other => page.paragraph(Tone::Secondary, &format!("{other}.")),
    }
    page.gap();
    page.paragraph(Tone::Muted, "e shows every flavour against every engine.");
    page.lines.push(Line::default());
}

fn choices(app: &App, sheet: &Sheet, cursor: usize, pen: &mut Pen<'_>, area: Rect) {
    let Some(release) = sheet.release(app) else { return };
    let all = Sheet::choices(release, app);
    let height = usize::from(area.height).max(1);
    let top = cursor / height * height;
    for (row, (at, choice)) in rows(area).zip(all.iter().enumerate().skip(top)) {
        let (sign, tone) = match choice.judgement.verdict {
            _ if !choice.engine.is_online() => (app.theme.glyphs.offline, Tone::Muted),
            Verdict::Runs => ("+", Tone::Good),
            Verdict::Maybe => ("~", Tone::Warn),
            Verdict::No => ("x", Tone::Bad),
        };
        let why = match choice.judgement.reasons.first() {
            _ if !choice.engine.is_online() => "offline".into(),
            Some(reason) => format!("needs {}, reports {}", reason.needs, reason.reports),
            None => choice.flavour.image.size.map_or_else(String::new, human_bytes),
        };
        let mut page = Prose::new(app.theme, row.width);
        let spans = vec![
            page.say(tone, format!(" {sign} ")),
            page.say(Tone::Primary, format!("{:<10}", choice.flavour.name)),
            page.say(Tone::Secondary, format!(" on {:<14}", choice.engine.name)),
            page.say(Tone::Muted, format!(" {why}")),
        ];
        page.line(spans);
        let line = page.lines.pop().unwrap_or_default();
        let line: Vec<Span<'static>> = line.spans;
        pen.line(row, Line::from(line));
        if at == cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}
