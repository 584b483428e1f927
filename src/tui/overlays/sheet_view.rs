//! Draws the install sheet.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::buttons;
use super::help::ROWS;
use super::sheet::{BUTTONS, Consent, SHORT, Sheet, Stage};
use crate::compat::{self, Candidate, Fetch, Need, NoPlan, Outlook, Plan, Space, Verdict, What};
use crate::domain::{Engine, Flavour, Pod, Remote, Speed, human_bytes};
use crate::tui::action::Step;
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Pen, rows};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::ago;

impl Sheet {
    /// What Enter does, for the hint line.
    pub fn enter_word(&self, app: &App) -> &'static str {
        match (self.stage, self.button) {
            (Stage::Plan | Stage::Sure, _) if !self.is_possible(app) => "close",
            (Stage::Choosing(_), _) => "take this",
            (_, 0) if self.is_unsure(app) => "install anyway",
            (_, 0) => "install",
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

/// The names of the buttons at a width: in short where they would need another row.
fn names(app: &App, sheet: &Sheet, width: u16) -> Vec<String> {
    if !sheet.is_possible(app) {
        return vec!["Close".into()];
    }
    let named = |mut names: [&'static str; 4]| {
        if sheet.is_asking(app) {
            names[0] = "Asking";
        } else if sheet.is_unsure(app) {
            names[0] = "Install anyway";
        }
        names.map(|name| app.prose(name)).to_vec()
    };
    let long = named(BUTTONS);
    if buttons::height(&long, width) == 1 { long } else { named(SHORT) }
}

/// Where the sheet lies, what is in it, and how many of its lines do not fit.
struct Laid {
    area: Rect,
    lines: Vec<Line<'static>>,
    names: Vec<String>,
    hidden: usize,
}

fn laid(app: &App, sheet: &Sheet, body: Rect) -> Laid {
    let width = body.width.saturating_sub(2).clamp(40, 84).min(body.width);
    let lines = content(app, sheet, width.saturating_sub(4));
    let names = names(app, sheet, width.saturating_sub(4));
    let foot = usize::from(buttons::height(&names, width.saturating_sub(4)));
    let height = u16::try_from(lines.len() + foot + 2).unwrap_or(u16::MAX).min(body.height);
    let room = usize::from(height).saturating_sub(foot + 2);
    let hidden = lines.len().saturating_sub(room);
    Laid { area: super::view::middle(body, width, height), lines, names, hidden }
}

impl App {
    /// Goes to the next row of the plan, or the one before; behind the last one the rest is scrolled to.
    pub(super) fn step_in_plan(&self, sheet: &mut Sheet, step: Step) {
        let Laid { lines, hidden, .. } = laid(self, sheet, super::view::body(self.areas()));
        let rows = rows_of(&lines);
        let room = lines.len() - hidden;
        let to = match (step, sheet.row) {
            (Step::Up, None | Some(0)) => {
                (sheet.row, sheet.top) = (None, 0);
                return;
            }
            (Step::Up, Some(row)) => row - 1,
            (_, None) => 0,
            (_, Some(row)) => row + 1,
        };
        match rows.get(to) {
            Some((line, _)) => {
                sheet.row = Some(to);
                sheet.top = sheet.top.min(*line).max((line + 1).saturating_sub(room)).min(hidden);
            }
            None => sheet.top = (sheet.top + 1).min(hidden),
        }
    }

    /// What the row is called that somebody went to.
    pub(super) fn row_of_plan(&self, sheet: &Sheet) -> Option<String> {
        let lines = laid(self, sheet, super::view::body(self.areas())).lines;
        rows_of(&lines).into_iter().nth(sheet.row?).map(|(_, name)| name)
    }
}

/// The rows of a plan: in which line each of them begins, and what it is called.
fn rows_of(lines: &[Line<'_>]) -> Vec<(usize, String)> {
    let name = |line: &Line<'_>| line.spans.first().map(|span| span.content.trim().to_owned());
    let named = lines.iter().enumerate().filter_map(|(at, line)| Some((at, name(line)?)));
    named.filter(|(_, name)| ROWS.iter().any(|(known, _)| known == name)).collect()
}

/// Where the sheet lies, and the names of its buttons.
pub fn place(app: &App, sheet: &Sheet, body: Rect) -> (Rect, Vec<String>) {
    let laid = laid(app, sheet, body);
    (laid.area, laid.names)
}

/// Draws the sheet in the middle.
pub fn draw(app: &App, sheet: &Sheet, pen: &mut Pen<'_>, body: Rect) {
    let Laid { area, lines, names, hidden } = laid(app, sheet, body);
    let inside = pen.boxed(area, &sheet.title(app));
    if let Stage::Choosing(cursor) = sheet.stage {
        choices(app, sheet, cursor, pen, inside);
        return;
    }
    let focused = if names.len() == 1 { 0 } else { sheet.button };
    let text = buttons::draw(pen, inside, &names, Some(focused));
    let top = sheet.top.min(hidden);
    let chosen = sheet.row.and_then(|row| rows_of(&lines).get(row).map(|(line, _)| *line));
    super::view::long(app, lines, top, pen, text);
    if let Some(row) = chosen.and_then(|line| rows(text).nth(line.checked_sub(top)?)) {
        pen.line(Rect { width: 1, ..row }, Line::from(pen.say(Tone::Primary, ">")));
    }
    pen.stand(Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside });
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
        Some(Err(why)) => impossible(app, &why, &mut page),
        None => page.paragraph(Tone::Secondary, "This release is not in the catalogue any more."),
    }
    page.lines
}

fn planned(app: &App, sheet: &Sheet, plan: &Plan<'_>, page: &mut Prose) {
    let Candidate { flavour, engine, judgement } = &plan.best;
    if let Some(why) = app.bar() {
        page.told("not now", Tone::Warn, &why);
    }
    let value = vec![
        page.say(Tone::Primary, engine.name.clone()),
        page.say(Tone::Secondary, format!(" ({})", engine.kind.name())),
    ];
    page.reasoned("engine", value, &plan.why_there);
    let why = match sheet.node.as_ref().and_then(|node| app.data.node(node)) {
        Some(node) => format!("it provides {}", node.name),
        None => plan.why.clone(),
    };
    page.reasoned("flavour", vec![page.say(Tone::Primary, flavour.name.clone())], &why);
    page.named("image", &flavour.image.reference);
    let outlook = Sheet::outlook(app, &plan.best);
    page.told("fetch", Tone::Secondary, &fetch_words(app, &plan.best, &outlook));
    let tone = match outlook.space {
        Space::TooLittle { .. } => Tone::Bad,
        Space::Free(_) => Tone::Secondary,
        Space::Unknown => Tone::Muted,
    };
    page.told("space", tone, &outlook.space.words(engine));
    if let Some(words) = outlook.queue.words() {
        page.told("queue", Tone::Secondary, &words);
    }
    let needs = sheet.needs(app, &plan.best);
    if let (Some(it), Some(release)) = (app.data.app(&sheet.app), sheet.release(app)) {
        page.told("access", Tone::Secondary, &compat::access_words(it, release, app.data.pods()));
    }
    match sheet.consent(app, &engine.id) {
        Consent::NotNeeded => {}
        Consent::Asking => page.told("approval", Tone::Muted, &format!("asking{}", app.theme.glyphs.ellipsis)),
        Consent::Unknown(failure) => {
            let text = format!("nobody can tell: {}; ⟨confirm⟩ asks again", failure.why);
            page.told("approval", Tone::Bad, &app.prose(&text));
        }
        Consent::Given(word) => page.told("approval", Tone::Secondary, word),
        Consent::Refused(word) => {
            page.told("approval", Tone::Bad, &format!("{word}; Orkestrator gives it, on the release's page"));
        }
    }
    let services: Vec<String> = needs.iter().filter(|need| need.what == What::Service).map(Need::words).collect();
    if !services.is_empty() {
        page.told("services", Tone::Secondary, &services.join(", "));
    }
    source(app, sheet, flavour, page);
    if app.session.context == "local" {
        page.told("network", Tone::Secondary, "this machine's own, so that the app reaches the local server");
    }
    if let Some(pod) = sheet.already(app) {
        let uses = app.prose("⟨use-it⟩ uses that one");
        let what = format!("{} {}", pod.name(), pod.version);
        let text = match app.others(pod) {
            _ if app.is_mine(pod) => format!("you run {what} on {}; {uses}", pod.engine_name),
            Some(name) => format!("{name} runs {what} on {}; {uses}", pod.engine_name),
            None => format!("{what} runs on {}; {uses}", pod.engine_name),
        };
        page.told("already", Tone::Warn, &format!("{text}{}", also(app, &sheet.also(app))));
    }
    let against: Vec<String> = needs.iter().filter(|need| need.is_against()).map(Need::sentence).collect();
    if judgement.verdict == Verdict::Maybe || !against.is_empty() {
        page.gap();
        for reason in judgement.reasons.iter().filter(|_| judgement.verdict == Verdict::Maybe) {
            page.paragraph(Tone::Warn, &format!("Nobody can tell whether it runs: {}", reason.sentence(&engine.name)));
        }
        if judgement.verdict == Verdict::Maybe {
            page.paragraph(Tone::Muted, &reported(app, std::iter::once(*engine)));
        }
        for sentence in against {
            page.paragraph(Tone::Bad, &format!("It {sentence}."));
        }
        if sheet.is_unsure(app) {
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

/// Where else it runs, and whose that is: `; also on k8s-lab (mara), ws and 2 more`.
fn also(app: &App, pods: &[&Pod]) -> String {
    let place = |pod: &&Pod| match app.others(pod) {
        Some(name) => format!("{} ({name})", pod.engine_name),
        None if app.is_mine(pod) => format!("{} (you)", pod.engine_name),
        None => pod.engine_name.clone(),
    };
    let more = match pods.len().saturating_sub(ALSO) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let places: Vec<String> = pods.iter().take(ALSO).map(place).collect();
    if places.is_empty() { String::new() } else { format!("; also on {}{more}", places.join(", ")) }
}

/// Pods of the same release that are named beside the first one.
const ALSO: usize = 3;

/// What is to be fetched, and whether the engine is just being asked.
fn fetch_words(app: &App, best: &Candidate<'_>, outlook: &Outlook) -> String {
    let words = outlook.fetch_words();
    let name = &best.engine.name;
    match app.fetching(best) {
        // It is certain already.
        _ if matches!(outlook.fetch, Fetch::Nothing(_)) => words,
        Remote::Loading { .. } => format!("{words}; asking{}", app.theme.glyphs.ellipsis),
        Remote::Absent if app.net.speed == Speed::Slow && app.may_ask_fetching(best) => {
            app.prose(&format!("{words}; the link is slow, ⟨refresh⟩ asks {name}"))
        }
        _ => words,
    }
}

/// Where the flavour comes from, where more than one repository offers the app: nobody may take another's place unseen.
fn source(app: &App, sheet: &Sheet, flavour: &Flavour, page: &mut Prose) {
    let Some(it) = app.data.app(&sheet.app) else { return };
    let all = app.data.offering(it);
    if all.len() < 2 {
        return;
    }
    let its = flavour.repository.as_ref();
    let mut others: Vec<&str> = Vec::new();
    let mut name = "unknown";
    for (id, repository) in &all {
        if its == Some(id) { name = repository } else { others.push(repository) }
    }
    page.told("source", Tone::Warn, &format!("{name}; the app is also offered by {}", others.join(", ")));
}

/// `As reported by hpc-gpu 3m ago.`: how old what is judged by is; empty where nobody says.
fn reported<'a>(app: &App, engines: impl Iterator<Item = &'a Engine>) -> String {
    let told = engines.filter_map(|engine| {
        let at = engine.reported_at()?;
        Some(format!("{} {}", engine.name, ago(at.seconds_until(app.now))))
    });
    let told: Vec<String> = told.take(MOST_REPORTED).collect();
    if told.is_empty() { String::new() } else { format!("As reported by {}.", told.join(", ")) }
}

/// Engines whose reports are told with their ages.
const MOST_REPORTED: usize = 6;

fn impossible(app: &App, why: &NoPlan, page: &mut Prose) {
    page.paragraph(Tone::Primary, "It cannot be installed now.");
    match why {
        NoPlan::Nowhere(reasons) => {
            for reason in reasons.iter().take(6) {
                page.paragraph(Tone::Secondary, &format!("{}.", reason.trim_end_matches('.')));
            }
            page.paragraph(Tone::Muted, &reported(app, app.data.engines().iter()));
        }
        NoPlan::NoEngine => {
            page.paragraph(
                Tone::Secondary,
                &app.prose("No engine is connected. ⟨back⟩, then ⟨go-engines⟩: what was looked for, and what to do."),
            );
        }
        other => page.paragraph(Tone::Secondary, &format!("{other}.")),
    }
    page.gap();
    page.paragraph(Tone::Muted, &app.prose("⟨explain⟩ shows every flavour against every engine."));
    page.lines.push(Line::default());
}

fn choices(app: &App, sheet: &Sheet, cursor: usize, pen: &mut Pen<'_>, area: Rect) {
    let Some(release) = sheet.release(app) else { return };
    let all = Sheet::choices(release, app);
    let top = super::view::first_row(cursor, area.height);
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
