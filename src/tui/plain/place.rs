//! Where one is, and what is printed of it: a heading, the rows or the text, and what comes next.

use ratatui::text::Line;

use super::{questions, rows};
use crate::domain::Remote;
use crate::tui::action::{Action, Screen};
use crate::tui::app::{
    App, AppPage, Connection, Direction, HomeRow, Order, Page, Part, PartRow, Standing, Tab, Target, Typing,
};
use crate::tui::data::Data;
use crate::tui::list::Hidden;
use crate::tui::overlays::{Overlay, Stage};
use crate::tui::screens;
use crate::tui::screens::thing::Told;
use crate::tui::view::counted;
use crate::tui::widgets::text::{ago, grouped};

/// Columns of a page of text: a terminal breaks its lines by itself.
pub const COLUMNS: u16 = 200;

/// What was printed last; where it is the same nothing is printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The screen, or the page over it.
    pub page: String,
    /// How a list is shown: what is typed, in which order, from which row on.
    pub looks: String,
    /// What lies over the page.
    pub overlay: String,
    /// What is being typed, or waited for.
    pub field: String,
    /// Whether what would be shown has not been read yet.
    pub waits: bool,
}

impl Place {
    /// Where one is now.
    pub fn of(app: &App) -> Self {
        let list = app.front();
        let page = match app.pages.last() {
            None => format!("{:?}", app.screen),
            Some(Page::App(page)) => format!("app {} {} {:?}", page.app, page.version, page.tab),
            Some(Page::Thing(target, at)) => format!("{} {:?}", target.key(), at.part),
            Some(Page::Log(log)) => format!("log {:?}", log.id),
            Some(Page::Everywhere(it)) => format!("pods of all servers {}", it.answers()),
        };
        let looks = match app.pages.last() {
            None | Some(Page::Everywhere(_)) => format!(
                "{} {:?} {:?} {:?} {}",
                list.filter.value(),
                list.order,
                list.direction,
                list.shows_hidden,
                list.top
            ),
            Some(Page::App(AppPage { at, .. }) | Page::Thing(_, at)) => {
                format!("{} {}", at.top, at.sieve.filter.value())
            }
            Some(Page::Log(log)) => log.is_choosing().to_string(),
        };
        let overlay = app.overlay.as_ref().map_or_else(String::new, |overlay| overlay_of(app, overlay));
        let field = format!("{:?} {:?}", app.typing, app.prefix);
        Self {
            page,
            looks,
            overlay,
            field,
            waits: if app.pages.is_empty() { waits(app) } else { app.waits_for_beside() },
        }
    }
}

/// What lies over the page, so that another question is told from the same one with another choice.
fn overlay_of(app: &App, overlay: &Overlay) -> String {
    match overlay {
        Overlay::Sheet(sheet) => {
            let stage = match sheet.stage {
                Stage::Choosing(_) => "choosing",
                Stage::Plan => "plan",
                Stage::Sure => "sure",
            };
            format!("sheet {stage} {} {:?} {:?} {}", sheet.button, sheet.flavour, sheet.engine, sheet.is_asking(app))
        }
        Overlay::Dialog(dialog) => format!("dialog {} {:?}", dialog.title, dialog.button),
        Overlay::Form(form) => {
            let errors: Vec<_> = form.fields.iter().map(|field| &field.error).collect();
            format!("form {} {errors:?}", form.cursor)
        }
        Overlay::Palette(palette) => format!("palette {}", palette.input.value()),
        Overlay::Help(help) => format!("help {} {}", help.search.value(), help.is_typing),
        Overlay::Contexts(contexts) => format!("contexts {}", contexts.rows.is_loading()),
        Overlay::Menu(menu) => format!("menu {} {}", menu.title, menu.items.len()),
        Overlay::Facets(_) => format!("facets {}", app.front().filter.value()),
        other => format!("{other:?}"),
    }
}

fn is_awaited<T>(list: &Remote<T>) -> bool {
    matches!(list, Remote::Absent | Remote::Loading { old: None })
}

/// Whether the rows of the screen are still to be read.
fn waits(app: &App) -> bool {
    let Data { apps, nodes, pods, engines, tasks, .. } = &app.data;
    let is_empty = app.list(app.screen).rows.is_empty();
    match app.connection {
        // A server that is tried again has been waited for before.
        Connection::Connecting { .. } => is_empty && (app.retry.attempts == 0 || !app.knows_kept),
        Connection::Live => match app.screen {
            Screen::Home => is_awaited(apps) || is_awaited(pods) || is_awaited(engines) || is_awaited(tasks),
            Screen::Apps => is_awaited(apps) || (is_empty && apps.is_loading()),
            Screen::Nodes => is_awaited(nodes) || (is_empty && nodes.is_loading()),
            Screen::Pods => is_awaited(pods),
            Screen::Engines => is_awaited(engines),
            Screen::Tasks => is_awaited(tasks),
        },
        // What was kept is on its way from the disk.
        Connection::Offline | Connection::Failed { .. } | Connection::SignedOut { .. } => is_empty && !app.knows_kept,
        Connection::Lost { .. } => false,
    }
}

/// A part that is printed: its lines, and rows with their numbers.
#[derive(Debug, Default)]
pub struct Printed {
    /// The lines.
    pub lines: Vec<String>,
    /// The numbers that stand in them, with the keys of their rows.
    pub numbers: Vec<(usize, String)>,
}

/// The screen or the page, in words.
pub fn printed(app: &App, waits: bool) -> Printed {
    let mut out = Printed::default();
    match app.pages.last() {
        None if waits => out.lines.push(format!("{}: being read.", app.screen.name())),
        None => of_screen(app, &mut out),
        Some(Page::App(page)) => of_app(app, page, &mut out),
        Some(Page::Thing(target, at)) => of_thing(app, target, at, &mut out),
        Some(Page::Everywhere(it)) => {
            of_list(app, &mut out);
            out.lines.extend(it.awaited().into_iter().map(|name| format!("{name} has not answered yet.")));
            out.lines
                .extend(it.absent().into_iter().map(|(name, failure)| format!("{name} is not shown: {}", failure.why)));
        }
        // What it shows is printed as it comes.
        Some(Page::Log(log)) => {
            out.lines.push(format!("Log of {}. Enter pauses, follow goes on, close leaves.", log.title));
            if log.is_choosing() {
                let streams = log.spoken_streams();
                out.lines.extend(streams.into_iter().enumerate().map(|(at, text)| format!("{}. {text}", at + 1)));
                let key = app.key_name(Action::Side);
                out.lines.push(format!("A number mutes one or shows it again, {key} closes the list."));
            }
        }
    }
    out
}

fn of_screen(app: &App, out: &mut Printed) {
    let screen = app.screen;
    of_list(app, out);
    if app.front().rows.is_empty() {
        return;
    }
    // Without a server there is nothing to advise beside what was kept.
    if screen == Screen::Home && !matches!(app.connection, Connection::Offline) {
        out.lines.extend(plain_lines(screens::empty::lines(app, screen, COLUMNS)));
    }
}

/// The list in front, from its first row that is shown on, as far as one page goes.
fn of_list(app: &App, out: &mut Printed) {
    let list = app.front();
    out.lines.push(heading(app));
    if list.rows.is_empty() {
        out.lines.extend(plain_lines(match app.pages.last() {
            Some(Page::Everywhere(it)) => screens::everywhere::nothing(app, it, COLUMNS),
            _ => screens::empty::lines(app, app.screen, COLUMNS),
        }));
        return;
    }
    let end = (list.top + app.front_rows().max(1)).min(list.rows.len());
    let mut section = None;
    for at in list.top..end {
        let row = list.rows[at];
        if app.pages.is_empty()
            && app.screen == Screen::Home
            && let Some(HomeRow { section: own, .. }) = app.home.get(row)
            && section.replace(*own) != Some(*own)
        {
            out.lines.push(format!("{}:", own.title()));
        }
        out.lines.push(format!("{}. {}", at + 1, rows::of_list(app, at)));
        out.numbers.push((at + 1, app.front_key(row).unwrap_or_default()));
    }
    if end < list.rows.len() {
        out.lines.push(format!("{} more; more prints on.", grouped(list.rows.len() - end)));
    }
}

/// `Apps: 7 of 213; filter star; 206 hidden: run nowhere now (hidden shows them); by name`.
fn heading(app: &App) -> String {
    let screen = app.screen;
    let list = app.front();
    if screen == Screen::Home {
        return String::from("Home");
    }
    let (shown, total) = (list.rows.len(), app.front_total());
    let mut parts =
        vec![if shown == total { grouped(total) } else { format!("{} of {}", grouped(shown), grouped(total)) }];
    if list.is_filtered() {
        parts.push(format!("filter {}", list.filter.value().trim()));
    }
    if list.hidden > 0 {
        parts.push(format!("{} hidden{} (hidden shows them)", grouped(list.hidden), App::hidden_because(screen)));
    } else if list.shows_hidden == Hidden::Shown {
        parts.push("all shown (hidden hides them)".into());
    }
    let turned = list.direction == Direction::Backwards;
    if !list.is_by_relevance() && (list.order != Order::Usual || turned) {
        parts.push(format!("by {}{}", app.order_name(list.order), if turned { ", backwards" } else { "" }));
    }
    if !list.marks.is_empty() {
        parts.push(format!("{} marked", list.marks.len()));
    }
    if app.is_everywhere() {
        parts.push("to look at, a number offers to go there".into());
        return format!("Pods of all servers: {}", parts.join("; "));
    }
    if let Some(seconds) = app.staleness() {
        parts.push(format!("as it was {}", ago(seconds)));
    }
    format!("{}: {}", screen.name(), parts.join("; "))
}

fn of_app(app: &App, page: &AppPage, out: &mut Printed) {
    let name = app.data.app(&page.app).map_or(page.app.as_str(), |it| it.short_name());
    let others = Tab::ALL.into_iter().filter(|tab| *tab != page.tab).map(|tab| tab.name().to_lowercase());
    let others: Vec<String> = others.collect();
    let (tab, others, narrowed) = (page.tab.name(), others.join(", "), narrowed(app));
    out.lines.push(format!("Apps: {name} {}, {tab} (also: {others}){narrowed}", page.version));
    if !page.tab.has_rows() {
        return text(app, page.at.top, out);
    }
    let all = rows::of_page(app, page);
    if all.is_empty() {
        match app.sifted_by() {
            "" => out.lines.push("There is nothing here.".into()),
            _ => out.lines.extend(plain_lines(screens::empty::no_match(app, COLUMNS))),
        }
    }
    for (at, (key, text)) in all.into_iter().enumerate() {
        out.lines.push(format!("{}. {text}", at + 1));
        out.numbers.push((at + 1, key));
    }
    match (page.tab, app.release_of(page)) {
        (Tab::Compat, Some(release)) => {
            out.lines.extend(rows::reasons(app, release));
            out.lines.push("A number plans an install of that flavour.".into());
        }
        (Tab::Versions, _) => out.lines.push("A number shows that version.".into()),
        _ => {}
    }
}

fn of_thing(app: &App, target: &Target, at: &Standing, out: &mut Printed) {
    let others = Part::of(target).iter().filter(|part| **part != at.part).map(|part| part.name().to_lowercase());
    let others: Vec<String> = others.collect();
    let (screen, name) = (target.screen().name(), app.describe(target));
    let narrowed = narrowed(app);
    out.lines.push(match others.as_slice() {
        [] => format!("{screen}: {name}{narrowed}"),
        others => {
            let key = app.prose("⟨next-tab⟩");
            format!("{screen}: {name}, {} (also, by {key}: {}){narrowed}", at.part.name(), others.join(", "))
        }
    });
    text(app, at.top, out);
}

/// By what the rows of the page are narrowed, and to how many: `; filter cuda, 1 of 3`.
fn narrowed(app: &App) -> String {
    match app.sifted_by() {
        "" => String::new(),
        typed => format!("; filter {typed}, {} of {}", app.sifted().rows.len(), app.all_rows()),
    }
}

/// A page of text: the rows in it with their numbers; where it has none, from a line on as far as one page goes.
fn text(app: &App, top: usize, out: &mut Printed) {
    let Told { lines, rows } = app.page_told(COLUMNS);
    if rows.is_empty() {
        let page = usize::from(app.areas().body_rows()).max(1);
        let rest = lines.len().saturating_sub(top + page);
        out.lines.extend(plain_lines(lines.into_iter().skip(top).take(page)));
        if rest > 0 {
            out.lines.push(format!("{} more; more prints on.", counted(rest, "line")));
        }
        return;
    }
    let mut told = 0;
    for (place, row) in rows.iter().enumerate() {
        out.lines.extend(plain_lines(lines.iter().take(row.line).skip(told).cloned()));
        out.lines.push(format!("{}. {}", place + 1, said(row, &lines)));
        out.numbers.push((place + 1, row.to.key()));
        told = row.line + row.lines;
    }
    out.lines.extend(plain_lines(lines.into_iter().skip(told)));
}

/// A row of a page of text in words.
pub fn said(row: &PartRow, lines: &[Line<'static>]) -> String {
    plain_lines(lines.iter().skip(row.line).take(row.lines).cloned()).join("; ")
}

fn plain_lines(lines: impl IntoIterator<Item = Line<'static>>) -> Vec<String> {
    lines.into_iter().map(|line| questions::text_of(&line)).filter(|line| !line.is_empty()).collect()
}

/// What is asked: of what lies over the page, of a field, after the first of two keys.
pub fn asked(app: &App) -> Vec<String> {
    if let Some(overlay) = &app.overlay {
        return questions::question(app, overlay);
    }
    match app.typing {
        Some(typing @ (Typing::Filter | Typing::Find | Typing::Only | Typing::Save | Typing::Pipe | Typing::Reach)) => {
            vec![questions::field(app, typing)]
        }
        None if app.prefix == crate::tui::app::Prefix::GoTo => vec![questions::follows(app)],
        None => Vec::new(),
    }
}
