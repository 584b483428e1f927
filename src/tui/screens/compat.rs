//! The table of every flavour against every engine, with numbered reasons for every NO and MAYBE.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::compat::{self, Answer, Cell as Verdicts, Need, Note, Verdict, What};
use crate::domain::{Engine, Liveness, Release};
use crate::tui::app::{App, Sifted};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{self, Column, Mark, Row, RowState};
use crate::tui::widgets::text::{age, ago, wrap};

/// Draws the table and the reasons below it.
pub fn draw(app: &App, release: &Release, rows: &Sifted, pen: &mut Pen<'_>, area: Rect) {
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
    let (heads, body) = super::app_page::split(area);
    table::heads(pen, heads, &columns);
    let theme = app.theme;
    // What drives each engine, and how old its facts are.
    let about = |engine: &Engine| {
        let facts = match (engine.liveness, engine.reported_at()) {
            (Liveness::Offline { last_seen: Some(at) }, _) => format!("OFFLINE {}", age(at.seconds_until(app.now))),
            (Liveness::Offline { last_seen: None }, _) => "OFFLINE".into(),
            (_, Some(at)) => match age(at.seconds_until(app.now)).as_str() {
                "now" => "now".to_owned(),
                age => format!("{age} ago"),
            },
            (_, None) => "no facts".into(),
        };
        if facts.starts_with("OFFLINE") { facts } else { format!("{} {facts}", engine.kind.label()) }
    };
    let mut second = vec![Vec::new()];
    second.extend(shown.iter().map(|at| vec![Span::styled(about(&engines[*at]), theme.style(Tone::Muted))]));
    let line = Rect { height: 1.min(body.height), ..body };
    let second = Row { cells: second, state: RowState::Plain, mark: Mark::None };
    table::body(pen, line, &columns, std::iter::once(second));
    let rows_area = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    // The reasons get at least a third of the page; where that is too little for one of them, all but a row or two.
    let is_low = rows_area.height < LOW;
    let most = match rows_area.height {
        0..5 => 1,
        _ if is_low => 2,
        height => usize::from(height) * 2 / 3,
    };
    let count = rows.rows.len().min(most.max(1));
    let top = (rows.place + 1).saturating_sub(count);
    let drawn: Vec<Row> = rows
        .rows
        .iter()
        .filter_map(|at| Some((*at, table.rows.get(*at)?)))
        .skip(top)
        .take(count)
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
    table::body(pen, rows_area, &columns, drawn.into_iter());
    super::thing::mark_matches(
        app,
        pen,
        Rect { height: rows_area.height.min(u16::try_from(count).unwrap_or(0)), ..rows_area },
    );
    let used = u16::try_from(count).unwrap_or(0) + u16::from(!is_low);
    let below = Rect { y: rows_area.y + used, height: rows_area.height.saturating_sub(used), ..rows_area };
    let mut checks = compat::needs(release, None, &app.session.offered);
    checks.retain(|need| need.answer != Answer::Ok);
    let room = usize::from(below.height);
    let mut lines = reasons(app, (&table.notes, &checks), below, shown.len());
    if lines.len() > room {
        // Those of the flavour under the cursor come first: another row brings its own.
        let row = rows.chosen().and_then(|row| table.rows.get(row));
        let own: Vec<usize> = row.into_iter().flat_map(|row| &row.cells).flat_map(|cell| cell.notes.clone()).collect();
        let all = table.notes.len();
        let (mut first, others): (Vec<Note>, Vec<Note>) =
            table.notes.into_iter().partition(|note| own.contains(&note.number));
        let shows_own = !first.is_empty() && !others.is_empty();
        if first.is_empty() {
            first = others;
        }
        lines = reasons(app, (&first, &checks), below, shown.len());
        lines.truncate(room.saturating_sub(1));
        let which = match row.filter(|_| shows_own) {
            Some(row) => format!("{} of {all} reasons: those of {}", first.len(), row.name),
            None => "There is more".to_owned(),
        };
        let mut page = Prose::new(app.theme, below.width);
        let text = vec![page.say(Tone::Muted, app.prose(&format!("{which}; ⟨copy⟩ copies all")))];
        page.line(text);
        lines.append(&mut page.lines);
    }
    pen.lines(below, lines);
}

/// Rows below the heads from which on reasons have room beside all rows.
const LOW: u16 = 8;

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

/// The numbered reasons.
fn reasons(app: &App, (notes, checks): (&[Note], &[Need]), area: Rect, shown: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, area.width);
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
            let advice = format!("    {} {}", app.theme.glyphs.arrow, note.advice);
            let advice = page.say(Tone::Muted, advice);
            page.line(vec![advice]);
        }
    }
    // No engine can do anything about these; what is as it should be stands on the Access tab.
    for need in checks.iter().filter(|need| need.is_against()) {
        page.paragraph(Tone::Bad, &format!("It {}.", need.sentence()));
    }
    // Hardly any server says what an account may give; that is no news.
    let open = checks.iter().filter(|need| need.what == What::Service && need.answer == Answer::Unknown);
    let open: Vec<&str> = open.map(|need| need.name.as_str()).collect();
    if !open.is_empty() {
        let many = if open.len() == 1 { "" } else { "s" };
        let text = format!("Nobody says whether the server has the service{many} {}.", open.join(", "));
        page.paragraph(Tone::Muted, &text);
    }
    let engines = app.data.engines();
    let ages = engines.iter().any(|engine| matches!(engine.liveness, Liveness::Offline { .. }));
    page.gap();
    page.paragraph(Tone::Muted, "Ages: how old the facts are.");
    if ages {
        page.lines.pop();
        page.paragraph(Tone::Muted, "Ages: how old the facts are. Offline engines are judged by their last ones.");
    }
    let all = engines.len();
    if shown < all {
        let from = app.looks.engines.min(all - shown) + 1;
        let to = from + shown - 1;
        page.paragraph(Tone::Muted, &format!("Engines {from} to {to} of {all}; Left and Right show the others."));
    }
    page.lines
}
