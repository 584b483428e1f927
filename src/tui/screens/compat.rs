//! The table of every flavour against every engine, with numbered reasons for every NO and MAYBE.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::compat::{self, Cell as Verdicts, Need, Note, Summary, Table, Verdict};
use crate::domain::{Engine, Liveness, Release};
use crate::tui::app::{App, Sifted};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{self, Column, Mark, Row, RowState};
use crate::tui::widgets::text::{age, ago, wrap};

/// Where the parts of the page are.
struct Laid {
    heads: Rect,
    /// What drives each engine, and how old its facts are; empty where reasons need its room.
    about: Rect,
    rows: Rect,
    reasons: Rect,
}

/// Rows of the page below which all the room that there is goes to a flavour and its reasons.
const TIGHT: u16 = 9;
/// Rows below the heads from which on reasons have room beside all rows.
const LOW: u16 = 8;

/// Divides the page; so many flavours are there.
fn laid(area: Rect, flavours: usize) -> Laid {
    let is_tight = area.height < TIGHT;
    let (heads, body) = if is_tight {
        let heads = Rect { height: area.height.min(1), ..area };
        (heads, Rect { y: heads.bottom(), height: area.height - heads.height, ..area })
    } else {
        super::app_page::split(area)
    };
    let about = Rect { height: u16::from(!is_tight).min(body.height), ..body };
    let below = Rect { y: about.bottom(), height: body.height - about.height, ..body };
    // The reasons get at least a third of the page; where that is too little for one of them, all but a row or two.
    let is_low = below.height < LOW;
    let most = match below.height {
        _ if is_tight => 1,
        0..5 => 1,
        _ if is_low => 2,
        height => height * 2 / 3,
    };
    let count = u16::try_from(flavours).unwrap_or(u16::MAX).min(most.max(1)).min(below.height);
    let rows = Rect { height: count, ..below };
    let used = (count + u16::from(!is_low)).min(below.height);
    let reasons = Rect { y: below.y + used, height: below.height - used, ..below };
    Laid { heads, about, rows, reasons }
}

/// The row on a line of the screen, of so many.
pub fn row_at(cursor: usize, flavours: usize, y: u16, area: Rect) -> Option<usize> {
    let rows = laid(area, flavours).rows;
    (rows.y..rows.bottom()).contains(&y).then(|| first_row(cursor, rows) + usize::from(y - rows.y))
}

fn first_row(cursor: usize, rows: Rect) -> usize {
    (cursor + 1).saturating_sub(usize::from(rows.height))
}

/// How many lines of reasons are shown, and how many can be scrolled away.
pub fn reasons_of(app: &App, release: &Release, rows: &Sifted, area: Rect) -> (usize, usize) {
    let engines = app.data.engines();
    if engines.is_empty() {
        return (0, 0);
    }
    let table = compat::table(release, engines);
    let laid = laid(area, rows.rows.len());
    let shown = usize::from(laid.reasons.height).saturating_sub(1);
    match said(app, (release, &table), rows.chosen(), &laid) {
        (_, None) => (shown, 0),
        (lines, Some(_)) => (shown, lines.len().saturating_sub(shown)),
    }
}

/// Draws the table and the reasons below it, of which so many lines are scrolled away.
pub fn draw(app: &App, release: &Release, (rows, top): (&Sifted, usize), pen: &mut Pen<'_>, area: Rect) {
    let engines = app.data.engines();
    if engines.is_empty() {
        let lines = super::empty::lines(app, crate::tui::action::Screen::Engines, area.width);
        return pen.lines(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, lines);
    }
    let table = compat::table(release, engines);
    let shown = shown_engines(app, area.width);
    let cells = cell_width(area.width, shown.len());
    let columns: Vec<Column> = std::iter::once(Column::new("FLAVOUR", 12, 0))
        .chain(shown.iter().map(|at| Column::new(&engines[*at].name, cells, 1).middle()))
        .collect();
    let laid = laid(area, rows.rows.len());
    table::heads(pen, laid.heads, &columns);
    let theme = app.theme;
    let mut second = vec![Vec::new()];
    second
        .extend(shown.iter().map(|at| vec![Span::styled(about(app, &engines[*at], cells), theme.style(Tone::Muted))]));
    let second = Row { cells: second, state: RowState::Plain, mark: Mark::None };
    table::body(pen, laid.about, &columns, std::iter::once(second));
    let drawn: Vec<Row> = rows
        .rows
        .iter()
        .filter_map(|at| Some((*at, table.rows.get(*at)?)))
        .skip(first_row(rows.place, laid.rows))
        .map(|(at, row)| {
            let mut texts = vec![vec![Span::styled(row.name.clone(), theme.style(Tone::Primary))]];
            texts.extend(
                shown.iter().map(|at| row.cells.get(*at).map_or_else(Vec::new, |cell| verdict(app, cell, cells))),
            );
            Row {
                cells: texts,
                state: if rows.chosen() == Some(at) { RowState::Chosen } else { RowState::Plain },
                mark: Mark::None,
            }
        })
        .collect();
    table::body(pen, laid.rows, &columns, drawn.into_iter());
    super::thing::mark_matches(app, pen, laid.rows);
    let (mut lines, more) = said(app, (release, &table), rows.chosen(), &laid);
    if let Some(which) = more {
        let room = usize::from(laid.reasons.height).saturating_sub(1);
        let rest = lines.len().saturating_sub(room);
        let top = top.min(rest);
        lines.drain(..top);
        lines.truncate(room);
        let mut page = Prose::new(theme, laid.reasons.width);
        let text = vec![page.say(Tone::Muted, how_on(app, &which, (top, rest), page.width.saturating_sub(2)))];
        page.line(text);
        lines.append(&mut page.lines);
    }
    pen.lines(laid.reasons, lines);
}

/// What drives an engine, in which version where there is room for it, and how old its facts are: `docker 26 3m ago`.
fn about(app: &App, engine: &Engine, room: u16) -> String {
    let facts = match (engine.liveness, engine.reported_at()) {
        (Liveness::Offline { last_seen: Some(at) }, _) => return format!("OFFLINE {}", age(at.seconds_until(app.now))),
        (Liveness::Offline { last_seen: None }, _) => return "OFFLINE".into(),
        (_, Some(at)) => match age(at.seconds_until(app.now)).as_str() {
            "now" => "now".to_owned(),
            age => format!("{age} ago"),
        },
        (_, None) => "no facts".into(),
    };
    let label = engine.kind.label();
    let version = engine.resources.iter().find_map(|resource| resource.facts.get("engine.version"));
    let versions = version.map(heads_of).into_iter().flatten();
    let told = versions.map(|version| format!("{label} {version} {facts}"));
    let fits = told.into_iter().find(|told| told.width() <= usize::from(room));
    fits.unwrap_or_else(|| format!("{label} {facts}"))
}

/// The head of a version, longer and shorter: `5.2` and `5` of `v5.2.0-dev`; nothing of what is none.
fn heads_of(version: &str) -> Vec<&str> {
    let version = version.trim_start_matches('v');
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let numbers = version[..end].trim_end_matches('.');
    let dots: Vec<usize> = numbers.match_indices('.').map(|(at, _)| at).collect();
    let up_to = |dot: usize| dots.get(dot).map_or(numbers, |at| &numbers[..*at]);
    if numbers.starts_with(|c: char| c.is_ascii_digit()) { vec![up_to(1), up_to(0)] } else { Vec::new() }
}

/// What is said below the table; where not all of it fits, what of it that is.
fn said(
    app: &App,
    (release, table): (&Release, &Table),
    chosen: Option<usize>,
    laid: &Laid,
) -> (Vec<Line<'static>>, Option<String>) {
    let checks = compat::needs(release, None, &app.session.offered);
    let wanted = table.wanted();
    let fits = |lines: &Vec<Line<'static>>| lines.len() <= usize::from(laid.reasons.height);
    let rest = |summary| Rest { checks: &checks, summary, wanted: wanted.as_deref() };
    let whole = reasons(app, (&table.notes, rest(Summary::Whole)), laid);
    if laid.about.height > 0 && fits(&whole) {
        return (whole, None);
    }
    // Where there is hardly any room, what is as it should be stands on the Access tab only.
    let lines = reasons(app, (&table.notes, rest(Summary::News)), laid);
    if fits(&lines) {
        return (lines, None);
    }
    // Those of the flavour under the cursor come first: another row brings its own.
    let row = chosen.and_then(|row| table.rows.get(row));
    let own: Vec<usize> = row.into_iter().flat_map(|row| &row.cells).flat_map(|cell| cell.notes.clone()).collect();
    let (first, others): (Vec<&Note>, Vec<&Note>) = table.notes.iter().partition(|note| own.contains(&note.number));
    let which = match row.filter(|_| !first.is_empty() && !others.is_empty()) {
        Some(row) => format!("{} of {} reasons: those of {}", first.len(), table.notes.len(), row.name),
        None => String::new(),
    };
    let first: Vec<Note> = if first.is_empty() { others } else { first }.into_iter().cloned().collect();
    (reasons(app, (&first, rest(Summary::News)), laid), Some(which))
}

/// What is shown of the reasons, and the keys that lead on, as much of that as there is room for.
fn how_on(app: &App, which: &str, (top, rest): (usize, usize), room: usize) -> String {
    let on = match top {
        _ if rest == 0 => "",
        top if top < rest => "⟨half-page-down⟩ reads on",
        _ => "⟨half-page-up⟩ reads back",
    };
    let ways = [[which, on, "⟨copy⟩ copies all"], ["", on, "⟨copy⟩ copies all"], [which, "", ""]];
    let ways = ways.map(|parts| {
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        app.prose(&parts.join("; "))
    });
    // Without more to read, whose they are counts more than how to copy them.
    let order = if rest == 0 && !which.is_empty() { [0, 2, 1] } else { [0, 1, 2] };
    let fits = order.into_iter().find(|at| ways[*at].width() <= room);
    ways[fits.unwrap_or(1)].clone()
}

/// How wide a verdict's column is.
fn cell_width(width: u16, engines: usize) -> u16 {
    let room = width.saturating_sub(16) / u16::try_from(engines.max(1)).unwrap_or(1);
    room.saturating_sub(2).clamp(14, 26)
}

/// Engines for which there is room.
pub fn fitting(width: u16) -> usize {
    usize::from(width.saturating_sub(14) / 16).max(1)
}

/// The engines that are shown: those that can be reached first, the others further to the right.
fn shown_engines(app: &App, width: u16) -> Vec<usize> {
    let engines = app.data.engines();
    let most = fitting(width);
    let mut all: Vec<usize> = (0..engines.len()).collect();
    all.sort_by_key(|at| !engines[*at].is_online());
    let away = app.looks.engines.min(all.len().saturating_sub(most));
    all.into_iter().skip(away).take(most).collect()
}

/// `+ RUNS *`, `x NO 1`, `~ MAYBE 3`; of an engine that is offline muted, by what it said last.
fn verdict(app: &App, cell: &Verdicts, room: u16) -> Vec<Span<'static>> {
    let theme = &app.theme;
    let (sign, tone) = match cell.judgement.verdict {
        Verdict::Runs => ("+", Tone::Good),
        Verdict::Maybe => ("~", Tone::Warn),
        Verdict::No => ("x", Tone::Bad),
    };
    let tone = if cell.online { tone } else { Tone::Muted };
    let mut spans = vec![Span::styled(format!("{sign} {}", cell.judgement.verdict.word()), theme.style(tone))];
    if cell.best {
        spans.push(Span::styled(" * best", theme.style(Tone::Good)));
    }
    if !cell.online {
        let seen = app.data.engine(&cell.engine).and_then(|engine| match engine.liveness {
            Liveness::Offline { last_seen } => last_seen,
            Liveness::Online | Liveness::Unknown => None,
        });
        let word = match seen.map(|at| ago(at.seconds_until(app.now))) {
            Some(word) => format!("as of {word}"),
            None => "as it was".to_owned(),
        };
        let numbers: usize = cell.notes.iter().map(|note| note.to_string().len() + 1).sum();
        let taken: usize = spans.iter().map(|span| span.content.width()).sum::<usize>() + numbers + 1;
        let left = usize::from(room).saturating_sub(taken);
        let word = if word.width() < left { format!(" {word}") } else { format!(" {}", shortened(&word)) };
        spans.push(Span::styled(word, theme.style(Tone::Muted)));
    }
    let numbers: Vec<String> = cell.notes.iter().map(usize::to_string).collect();
    if !numbers.is_empty() {
        spans.push(Span::styled(format!("  {}", numbers.join(" ")), theme.style(Tone::Secondary)));
    }
    spans
}

/// `as of 2h ago` in as few cells as possible: `2h ago`.
fn shortened(word: &str) -> &str {
    word.strip_prefix("as of ").unwrap_or(word)
}

/// What stands below the numbered reasons.
#[derive(Clone, Copy)]
struct Rest<'a> {
    checks: &'a [Need],
    summary: Summary,
    /// What to ask the people for who look after the engines.
    wanted: Option<&'a str>,
}

/// The numbered reasons.
fn reasons(app: &App, (notes, rest): (&[Note], Rest<'_>), laid: &Laid) -> Vec<Line<'static>> {
    let shown = shown_engines(app, laid.reasons.width).len();
    let mut page = Prose::new(app.theme, laid.reasons.width);
    if notes.is_empty() {
        let away = app.data.engines().iter().any(|engine| !engine.is_online());
        let text = if away { "It runs on every engine that is online." } else { "It runs everywhere." };
        page.paragraph(Tone::Muted, text);
    }
    for note in notes {
        let tone = if note.verdict == Verdict::No { Tone::Bad } else { Tone::Warn };
        let mut number = format!("{:>2}", note.number);
        let needs = format!("  needs {}", note.needs);
        let verb = if note.engines.len() == 1 { "reports" } else { "report" };
        let reports = format!("{} {verb} {}", note.engines.join(", "), note.reports);
        let room = page.width.saturating_sub(number.width() + 2);
        if needs.width() + "; ".width() + reports.width() <= room {
            let line = vec![
                page.say(tone, number),
                page.say(Tone::Primary, needs),
                page.say(Tone::Secondary, format!("; {reports}")),
            ];
            page.line(line);
        } else {
            // Half a reason is none.
            for (tone_of_part, part) in [(Tone::Primary, format!("{};", needs.trim())), (Tone::Secondary, reports)] {
                for text in wrap(&part, room.saturating_sub(2)) {
                    let line = vec![page.say(tone, number), page.say(tone_of_part, format!("  {text}"))];
                    page.line(line);
                    number = String::from("  ");
                }
            }
        }
        if !note.advice.is_empty() {
            let mut arrow = format!("    {} ", app.theme.glyphs.arrow);
            for text in wrap(&app.prose(&note.advice), page.width.saturating_sub(arrow.width() + 2)) {
                let gap = " ".repeat(arrow.width());
                let line = vec![page.say(Tone::Muted, std::mem::replace(&mut arrow, gap)), page.say(Tone::Muted, text)];
                page.line(line);
            }
        }
    }
    // No engine can do anything about these.
    for need in rest.checks.iter().filter(|need| need.is_against()) {
        page.paragraph(Tone::Bad, &format!("It {}.", need.sentence()));
    }
    let summary = compat::summary(rest.checks, rest.summary);
    if laid.about.height > 0 && (!summary.is_empty() || rest.wanted.is_some()) {
        page.gap();
    }
    for line in summary {
        page.paragraph(Tone::Muted, &line);
    }
    if let Some(wanted) = rest.wanted {
        let text = app.prose(&format!("Ask whoever looks after it: '{wanted}' (⟨copy⟩ copies this too)."));
        page.paragraph(Tone::Secondary, &text);
    }
    let engines = app.data.engines();
    if laid.about.height > 0 {
        let away = engines.iter().any(|engine| matches!(engine.liveness, Liveness::Offline { .. }));
        let judged = if away { " Offline engines are judged by their last ones." } else { "" };
        page.gap();
        page.paragraph(Tone::Muted, &format!("Ages: how old the facts are.{judged}"));
    }
    let all = engines.len();
    if shown < all {
        let from = app.looks.engines.min(all - shown) + 1;
        let to = from + shown - 1;
        page.paragraph(Tone::Muted, &format!("Engines {from} to {to} of {all}; Left and Right show the others."));
    }
    page.lines
}

#[cfg(test)]
mod tests {
    use super::heads_of;

    #[test]
    fn the_head_of_a_version_is_its_first_numbers() {
        assert_eq!(heads_of("27.1.1"), ["27.1", "27"]);
        assert_eq!(heads_of("v5.2.0-dev"), ["5.2", "5"]);
        assert_eq!(heads_of("26"), ["26", "26"]);
        assert_eq!(heads_of("1.30+k3s1"), ["1.30", "1"]);
        assert!(heads_of("unknown").is_empty() && heads_of("").is_empty() && heads_of(".1").is_empty());
    }
}
