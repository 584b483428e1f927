//! What lies over the page, as a question in words: what it is about, what can be answered, and what Enter alone means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::compat::Verdict;
use crate::tui::action::Action;
use crate::tui::app::{App, Order, Typing};
use crate::tui::keymap::{Bound, Place};
use crate::tui::layout::Areas;
use crate::tui::overlays::{self, BUTTONS, Button, Form, Menu, Overlay, SHOWN, Sheet, Stage};
use crate::tui::widgets::pen::Pen;

/// Columns of what is taken over from the screen.
const COLUMNS: u16 = 200;

/// What lies over the page, in words.
pub fn question(app: &App, overlay: &Overlay) -> Vec<String> {
    if let Overlay::Help(help) = overlay {
        let here = help.over.as_ref().map_or_else(|| app.page_chain(), |over| over.chain());
        return keys(app, here, help.search.value());
    }
    if let Overlay::Messages(it) = overlay {
        let mut lines = vec![format!("{}, the newest first; next-tab shows the others:", it.told.name())];
        lines.extend(overlays::told_lines(app, *it, usize::from(COLUMNS)).iter().map(text_of));
        return lines;
    }
    match overlay {
        Overlay::Menu(menu) => listed(menu.title.clone(), choices(app), "a number does it, back closes"),
        Overlay::Palette(palette) => {
            let head = if palette.input.value().is_empty() {
                "Go to or do: type a screen, an app, a pod, an engine, a node, a server, or repo add user/repo"
                    .to_owned()
            } else {
                format!("Found for {}:", palette.input.value())
            };
            let shown = choices(app);
            // Everything is found before anything is typed; reading it out would help nobody.
            if palette.input.value().is_empty() { vec![head] } else { listed(head, shown, "a number goes there") }
        }
        Overlay::Sheet(sheet) => plan(app, sheet),
        Overlay::Dialog(dialog) => {
            let mut lines = vec![dialog.title.clone()];
            lines.extend(dialog.lines.iter().filter(|line| !line.is_empty()).cloned());
            lines.push(match &dialog.name {
                Some(name) => format!("Type {} to go on; anything else leaves everything as it is.", name.wanted),
                None => format!("yes: {}. no: {}.", dialog.yes().to_lowercase(), dialog.no().to_lowercase()),
            });
            lines
        }
        Overlay::Contexts(_) => listed(
            "Servers (another one: kab login URL, or kab context add):".into(),
            choices(app),
            "a number goes there, back closes",
        ),
        Overlay::Facets(it) => listed(
            format!("Narrow the list; {} left:", super::super::view::counted(it.left(), "row")),
            choices(app),
            "a number turns one on or off, mark and a number does so and stays, back closes",
        ),
        Overlay::Orders(_) => listed("Order:".into(), choices(app), "a number takes it, back closes"),
        Overlay::Yank(_) => listed("Copy:".into(), choices(app), "a number copies it, back closes"),
        Overlay::Form(form) => asked(app, form),
        // What has no words of its own here is read from the screen.
        _ => {
            let mut lines = drawn(app, overlay);
            lines.push(answers(app));
            lines
        }
    }
}

/// The numbered choices of what is open.
pub fn choices(app: &App) -> Vec<String> {
    match &app.overlay {
        Some(Overlay::Menu(menu)) => items(menu),
        Some(Overlay::Palette(palette)) => {
            palette.shown(SHOWN).map(|(_, line)| format!("{} - {}", line.text, line.kind)).collect()
        }
        Some(Overlay::Contexts(contexts)) => contexts
            .rows
            .value()
            .into_iter()
            .flatten()
            .map(|row| {
                let parts = [
                    row.url.clone(),
                    row.word.clone(),
                    if row.read_only { "read-only".into() } else { String::new() },
                    row.state.clone(),
                    if row.name == app.session.context { "this one".into() } else { String::new() },
                ];
                let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                format!("{} - {}", row.name, parts.join("; "))
            })
            .collect(),
        Some(Overlay::Facets(it)) => it
            .values()
            .map(|(about, value)| {
                let chosen = if value.chosen { "; chosen" } else { "" };
                format!("{about} {} - {}{chosen}", value.text, value.count)
            })
            .collect(),
        Some(Overlay::Orders(_)) => {
            let now = app.front().order;
            let order = |order: &Order| {
                let current = if *order == now { " - as it is now" } else { "" };
                format!("{}{current}", app.order_name(*order))
            };
            app.front_orders().iter().map(order).collect()
        }
        Some(Overlay::Yank(yank)) => yank.rows().map(|(kind, text)| format!("{kind} - {text}")).collect(),
        Some(Overlay::Sheet(sheet)) if matches!(sheet.stage, Stage::Choosing(_)) => candidates(app, sheet),
        _ => Vec::new(),
    }
}

fn items(menu: &Menu) -> Vec<String> {
    let item = |item: &overlays::Item| {
        let name = match item.doing {
            overlays::Doing::Act(Action::Reach(_) | Action::OtherReach)
            | overlays::Doing::Take(_)
            | overlays::Doing::Run(_)
            | overlays::Doing::TakeFrom(..) => String::new(),
            overlays::Doing::Act(action) => format!(" ({})", action.name()),
        };
        let against = item.against.as_ref().map_or_else(String::new, |why| format!(" - not possible: {why}"));
        format!("{}{name}{against}", item.text)
    };
    menu.items.iter().map(item).collect()
}

fn candidates(app: &App, sheet: &Sheet) -> Vec<String> {
    let Some(release) = sheet.release(app) else { return Vec::new() };
    let told = Sheet::choices(release, app).into_iter().map(|choice| {
        let verdict = match choice.judgement.verdict {
            _ if !choice.engine.is_online() => "offline".to_owned(),
            Verdict::Runs => "runs".to_owned(),
            verdict => {
                let why = choice.judgement.reasons.first();
                let why = why.map_or_else(String::new, |it| format!(": needs {}, reports {}", it.needs, it.reports));
                format!("{}{why}", verdict.word().to_lowercase())
            }
        };
        format!("{} on {} - {verdict}", choice.flavour.name, choice.engine.name)
    });
    told.collect()
}

/// A heading, numbered lines, and what a number does.
fn listed(heading: String, choices: Vec<String>, what: &str) -> Vec<String> {
    let mut lines = vec![heading];
    if choices.is_empty() {
        lines.push(String::from("Nothing is there yet."));
    }
    lines.extend(choices.into_iter().enumerate().map(|(at, text)| format!("{}. {text}", at + 1)));
    lines.push(sentence_of(what));
    lines
}

fn sentence_of(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// How many buttons the sheet has.
pub fn number_of_buttons(app: &App) -> usize {
    match &app.overlay {
        Some(Overlay::Sheet(sheet)) if matches!(sheet.plan(app), Some(Ok(_))) => BUTTONS.len(),
        _ => 0,
    }
}

fn plan(app: &App, sheet: &Sheet) -> Vec<String> {
    if let Stage::Choosing(_) = sheet.stage {
        return listed(sheet.title(app), choices(app), "a number takes it, back goes back to the plan");
    }
    let mut lines = vec![format!("{}:", sheet.title(app))];
    lines.extend(overlays::sheet_content(app, sheet, COLUMNS).iter().map(text_of).filter(|line| !line.is_empty()));
    if matches!(sheet.plan(app), Some(Ok(_))) {
        lines.push(String::from(
            "1. install. 2. change engine or flavour. 3. copy the command. 4. cancel. use takes what runs already.",
        ));
    } else {
        lines.push(String::from("explain says why, back closes."));
    }
    lines
}

/// The present field of a form, with everything that helps to fill it in.
fn asked(app: &App, form: &Form) -> Vec<String> {
    let mut lines = Vec::new();
    let is_first = form.fields.iter().position(|field| field.fixed.is_none()).is_none_or(|first| first == form.cursor);
    if is_first {
        lines.push(form.title());
        lines.extend(form.description());
        let fixed = form.fields.iter().filter_map(|field| Some((field.port.name(), field.fixed.as_ref()?)));
        lines.extend(fixed.map(|(name, fixed)| format!("{name}: {fixed}")));
        lines.push(String::from("Enter keeps what stands there, Shift-Tab goes back, Esc cancels."));
    }
    let Some(field) = form.fields.get(form.cursor) else {
        let filled = form.fields.iter().filter(|field| field.fixed.is_none() && !field.input.value().is_empty());
        let filled: Vec<String> =
            filled.map(|field| format!("{} {}", field.port.name(), field.input.value())).collect();
        lines.push(format!("{} now? {}", form.button(), filled.join("; ")));
        return lines;
    };
    lines.extend(field.error.iter().map(|why| format!("error: {why}")));
    lines.extend(field.port.description.clone());
    let needed = if field.port.may_be_left_out() { "may be left out" } else { "needed" };
    lines.push(format!("{}: {}; {needed}", field.port.name(), field.port.wanted()));
    let such = app.suggested(form);
    if !such.is_empty() {
        lines.push(format!("Such as: {}", such.join("; ")));
    }
    lines
}

/// What can be asked for in a place, by name, with its key.
fn answers(app: &App) -> String {
    let lines = app.chain().iter().flat_map(|place| app.keys.lines(*place));
    let told = lines
        .filter(|line| !line.binding.hint.is_empty())
        .map(|line| format!("{}: {}", line.binding.action.name(), line.binding.hint));
    format!("{}.", told.collect::<Vec<_>>().join("; "))
}

/// The keys, the innermost place first; of a search only what is about it.
fn keys(app: &App, here: &[Place], searched: &str) -> Vec<String> {
    let searched = searched.to_lowercase();
    let others = Place::ALL.into_iter().filter(|place| !here.contains(place));
    let mut lines = vec![String::from(
        "A line is a number (opens that row), a name below or its key, with numbers of rows behind it: stop 2 4. /text \
         filters, :text goes somewhere, list prints again, more prints on, wait waits for what was begun.",
    )];
    let is_about = |line: &&Bound| {
        let text = format!("{} {} {}", line.names(), line.binding.action.name(), line.binding.text).to_lowercase();
        searched.split_whitespace().all(|word| text.contains(word))
    };
    for place in here.iter().copied().chain(others) {
        let found: Vec<&Bound> = app.keys.lines(place).filter(is_about).collect();
        if found.is_empty() {
            continue;
        }
        lines.push(format!("{}:", place.title()));
        lines.extend(found.into_iter().map(|line| {
            let keys = if line.keys.is_empty() { "no key".to_owned() } else { line.names() };
            format!("{} ({keys}) - {}", line.binding.action.name(), app.prose(line.binding.text))
        }));
    }
    if lines.len() == 1 {
        lines.push(String::from("Nothing is about that."));
    }
    lines
}

/// What follows the first of two keys.
pub fn follows(app: &App) -> String {
    let lines = app.keys.lines(Place::GoTo).filter(|line| !line.keys.is_empty());
    let told: Vec<String> = lines.map(|line| format!("{} {}", line.names(), line.binding.hint)).collect();
    format!("Go to: {}.", told.join(", "))
}

/// What an open field asks for, and what stands there already.
pub fn field(app: &App, typing: Typing) -> String {
    match typing {
        Typing::Filter if app.sieve().is_some() => {
            String::from("Filter of these rows: words; Enter keeps what stands there, Esc clears it.")
        }
        Typing::Filter => format!(
            "Filter of {}: words, or status:compat engine:NAME and so on; Enter keeps what stands there, Esc clears it.",
            app.front_name()
        ),
        Typing::Find if app.sieve().is_some() => String::from("Find on the page: a text; Esc leaves it."),
        Typing::Find => String::from("Find in the log: a pattern; Esc leaves it."),
        Typing::Only => {
            String::from("Only lines with this; ! in front: without it; Enter alone shows all again; Esc leaves it.")
        }
        Typing::Save => {
            format!("Save the log to {}: Enter takes that, another name another file, Esc none.", app.prompt.value())
        }
        Typing::Reach => {
            String::from("How much of the log: 500 lines, 90s, 10m, 2h, 1d, or since 14:30; Esc leaves it.")
        }
        Typing::Pipe => String::from("Pipe the log to a command, such as grep -c ERROR; Esc leaves it."),
    }
}

/// What is shown on a screen, without its frame: for what has no words of its own here.
pub fn drawn(app: &App, overlay: &Overlay) -> Vec<String> {
    let areas = Areas::of((COLUMNS, 80));
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: areas.width, height: areas.height });
    let mut pen = Pen { buffer: &mut buffer, theme: app.theme, cursor: None, chosen: None, links: Vec::new() };
    overlays::draw(app, overlay, &mut pen, areas);
    let rows = (0..areas.message.y).map(|y| {
        let row = (0..areas.width).filter_map(|x| buffer.cell((x, y)));
        squeezed(&row.map(ratatui::buffer::Cell::symbol).collect::<String>())
    });
    rows.filter(|line| !line.is_empty()).collect()
}

/// The text of a line of the screen, without what only holds columns apart.
pub fn text_of(line: &ratatui::text::Line<'_>) -> String {
    squeezed(&line.spans.iter().map(|span| span.content.as_ref()).collect::<String>())
}

/// Blanks that held columns apart become two.
fn squeezed(text: &str) -> String {
    let words = text.trim().split("  ").map(str::trim).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("  ")
}

/// What Enter alone means in what is open, or how a line begins.
pub fn prompt(app: &App) -> String {
    let own = match &app.overlay {
        Some(Overlay::Dialog(dialog)) if dialog.name.is_some() => "name or no [no]",
        Some(Overlay::Dialog(dialog)) if dialog.button == Button::Yes => "yes or no [yes]",
        Some(Overlay::Dialog(_)) => "yes or no [no]",
        Some(Overlay::Sheet(sheet)) => match (sheet.stage, sheet.plan(app)) {
            (Stage::Choosing(_), _) => "number",
            (_, Some(Ok(_))) => return format!("number [{}]> ", sheet.button + 1),
            _ => "back",
        },
        Some(Overlay::Form(form)) if form.is_at_buttons() => "yes or no [yes]",
        Some(Overlay::Form(form)) => {
            let typed = form.fields.get(form.cursor).map_or("", |field| field.input.value());
            return format!("[{typed}]> ");
        }
        Some(Overlay::Palette(_)) => "go to or do",
        Some(Overlay::Help(help)) if help.is_typing => "search",
        Some(Overlay::Menu(_) | Overlay::Contexts(_) | Overlay::Facets(_) | Overlay::Orders(_) | Overlay::Yank(_)) => {
            "number"
        }
        Some(_) => "kab",
        None => match app.typing {
            Some(Typing::Filter) => return format!("filter [{}]> ", app.filter().value()),
            Some(Typing::Save) => return format!("save to [{}]> ", app.prompt.value()),
            Some(Typing::Find) => "find",
            Some(Typing::Only) => "only",
            Some(Typing::Pipe) => "pipe to",
            Some(Typing::Reach) => "how much",
            None => "kab",
        },
    };
    format!("{own}> ")
}
