//! Draws what lies over the page; the page behind is muted.

use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::dialog::Button;
use super::palette::SHOWN;
use super::{
    Dialog, Menu, Overlay, Palette, buttons, contexts, details, facets, form_view, help, orders, reading, sheet_view,
    sign_in, why, yank,
};
use crate::tui::app::App;
use crate::tui::layout::Areas;
use crate::tui::theme::Tone;
use crate::tui::widgets::field;
use crate::tui::widgets::pen::{Pen, highlighted, rows};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::{cut_end, cut_middle, width as width_of, wrap};

/// Draws it.
pub fn draw(app: &App, overlay: &Overlay, pen: &mut Pen<'_>, areas: Areas) {
    pen.mute();
    pen.links.clear();
    // The message under the sheet is part of the answer to what was pressed in it.
    let body = body(areas);
    match overlay {
        Overlay::Help(help) => help::draw(app, help, pen, body),
        Overlay::Messages(it) => {
            let lines = reading::lines(app, *it, reading::room(body.width));
            let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).max(6);
            let area = middle(body, 132.min(body.width.saturating_sub(2)), height.min(body.height));
            let inside = pen.boxed(area, &reading::title(app, *it));
            long(app, lines, it.top, pen, inside);
        }
        Overlay::Details(it) => {
            let lines = details::lines(app, &it.trouble, details::room(body.width));
            let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).max(6);
            let area = middle(body, 100.min(body.width.saturating_sub(2)), height.min(body.height));
            let inside = pen.boxed(area, &format!("Error {}", it.trouble.failure.id()));
            long(app, lines, it.top, pen, inside);
        }
        Overlay::Why(it) => {
            let lines = why::lines(app, &it.sheet, why::room(body.width));
            let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).max(6);
            let area = middle(body, 100.min(body.width.saturating_sub(2)), height.min(body.height));
            let inside = pen.boxed(area, &format!("{}: why", it.sheet.title(app)));
            long(app, lines, it.top, pen, inside);
        }
        Overlay::Menu(menu) => menu_box(app, menu, pen, body),
        Overlay::Palette(palette) => palette_box(app, palette, pen, body),
        Overlay::Sheet(sheet) => sheet_view::draw(app, sheet, pen, body),
        Overlay::Dialog(dialog) => dialog_box(app, dialog, pen, body),
        Overlay::Contexts(list) => contexts::draw(app, list, pen, body),
        Overlay::Facets(it) => facets::draw(app, it, pen, body),
        Overlay::Orders(it) => orders::draw(app, *it, pen, body),
        Overlay::Yank(it) => yank::draw(app, it, pen, body),
        Overlay::SignIn(dialog) => sign_in::draw(app, dialog, pen, body),
        Overlay::Form(form) => form_view::draw(app, form, pen, body),
    }
    if let Some((text, _)) = &app.notes.word {
        let row = areas.message;
        let room = usize::from(row.width).saturating_sub(2);
        let text = crate::tui::widgets::text::cut_end(&app.prose(text), room, app.theme.glyphs.ellipsis);
        let blank = " ".repeat(usize::from(row.width));
        pen.line(row, Line::from(Span::styled(blank, ratatui::style::Style::reset())));
        pen.line(row, Line::from(format!(" {text}")));
    }
    // The hint line is drawn anew by the caller.
    let blank = " ".repeat(usize::from(areas.hints.width));
    pen.line(areas.hints, Line::from(Span::styled(blank, ratatui::style::Style::reset())));
}

/// Where overlays lie: between the tabs and the message line.
pub fn body(areas: Areas) -> Rect {
    let top = areas.tabs.bottom().max(1);
    Rect { y: top, height: areas.message.y.saturating_sub(top), ..areas.body }
}

/// An area of a size in the middle of another.
pub fn middle(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
}

/// Lines of which some are scrolled away, with arrows where there are more.
pub fn long(app: &App, lines: Vec<Line<'static>>, top: usize, pen: &mut Pen<'_>, inside: Rect) {
    let count = lines.len();
    pen.stand(inside);
    pen.lines(inside, lines.into_iter().skip(top));
    let [up, down] = app.theme.glyphs.more;
    let x = inside.right();
    if top > 0 {
        let span = pen.say(Tone::Accent, up);
        pen.line(Rect { x, y: inside.y, width: 1, height: 1 }, Line::from(span));
    }
    if top + usize::from(inside.height) < count && inside.height > 0 {
        let span = pen.say(Tone::Accent, down);
        pen.line(Rect { x, y: inside.bottom() - 1, width: 1, height: 1 }, Line::from(span));
    }
}

/// What a box of that area has inside its frame.
pub fn inside(area: Rect) -> Rect {
    let (width, height) = (area.width.saturating_sub(4), area.height.saturating_sub(2));
    Rect { x: area.x + 2, y: area.y + 1, width, height }
}

/// Where a menu lies.
pub fn menu_area(menu: &Menu, body: Rect) -> Rect {
    let command = usize::from(menu.has_commands());
    let height = u16::try_from(menu.items.len() + command + 2).unwrap_or(u16::MAX);
    middle(body, 74.min(body.width.saturating_sub(2)), height)
}

/// Where the lines of a menu are: the last row is for the command.
pub fn menu_lines(menu: &Menu, inside: Rect) -> Rect {
    Rect { height: inside.height.saturating_sub(u16::from(menu.has_commands())), ..inside }
}

/// Where a question lies, its lines, and how many rows are below them.
pub fn dialog_laid(dialog: &Dialog, body: Rect) -> (Rect, Vec<String>, u16) {
    let width = 70.min(body.width.saturating_sub(2));
    let room = usize::from(width).saturating_sub(4);
    let lines: Vec<String> = dialog
        .lines
        .iter()
        // What fits stays as it is, with its columns.
        .flat_map(|line| if width_of(line) <= room { vec![line.clone()] } else { wrap(line, room) })
        .collect();
    let below = match dialog.name {
        Some(_) => 2,
        None => 1 + buttons::height(&[dialog.no(), dialog.yes()], width.saturating_sub(4)),
    };
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).saturating_add(below);
    (middle(body, width, height), lines, below)
}

/// Lines of a question for which there is no room.
pub fn dialog_rest(dialog: &Dialog, areas: Areas) -> usize {
    let (area, lines, below) = dialog_laid(dialog, body(areas));
    lines.len().saturating_sub(usize::from(inside(area).height.saturating_sub(below)))
}

/// The first row that is shown of a list that turns its pages.
pub fn first_row(cursor: usize, height: u16) -> usize {
    let height = usize::from(height).max(1);
    cursor / height * height
}

fn menu_box(app: &App, menu: &Menu, pen: &mut Pen<'_>, body: Rect) {
    let whole = pen.boxed(menu_area(menu, body), &menu.title);
    let inside = menu_lines(menu, whole);
    if let Some(command) = app.command_of(menu) {
        let last = Rect { y: inside.bottom(), height: whole.height - inside.height, ..whole };
        let room = usize::from(last.width).saturating_sub(5);
        let command = crate::tui::widgets::text::cut_end(&command, room, app.theme.glyphs.ellipsis);
        let spans = [pen.say(Tone::Muted, "    $ "), pen.say(Tone::Secondary, command)];
        pen.lines(last, [Line::from(spans.to_vec())]);
    }
    let top = first_row(menu.cursor, inside.height);
    super::super::screens::more(app, pen, inside, top, menu.items.len());
    let key_room = menu.items.iter().filter_map(|item| item.key).map(|key| width_of(&key.name()) + 1).max();
    let key_room = key_room.unwrap_or(0).max(6);
    for (row, (at, item)) in rows(inside).zip(menu.items.iter().enumerate().skip(top)) {
        let key = item.key.map(crate::tui::keymap::Key::name).unwrap_or_default();
        let mut page = Prose::new(app.theme, row.width);
        let mut spans = vec![page.say(Tone::Accent, format!(" {key:<key_room$}"))];
        match &item.against {
            None => spans.push(page.say(Tone::Secondary, item.text.clone())),
            Some(why) => {
                spans = vec![page.say(Tone::Muted, format!(" {key:<key_room$}{}", item.text))];
                spans.push(page.say(Tone::Muted, format!("   {why}")));
            }
        }
        page.line(spans);
        pen.line(row, page.lines.pop().unwrap_or_default());
        if at == menu.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}

fn palette_box(app: &App, palette: &Palette, pen: &mut Pen<'_>, body: Rect) {
    let area = middle(body, 74.min(body.width.saturating_sub(2)), SHOWN + 3);
    let inside = pen.boxed(area, "Go to or do");
    if inside.is_empty() {
        return;
    }
    let input = Rect { height: 1, ..inside };
    let typed = palette.input.value().to_owned();
    let ellipsis = app.theme.glyphs.ellipsis;
    let (seen, at) = field::shown(&palette.input, usize::from(input.width).saturating_sub(2), ellipsis);
    let mut line = vec![pen.say(Tone::Accent, ": "), Span::raw(seen)];
    if typed.is_empty() {
        line.push(pen.say(Tone::Muted, "  screen, app, pod, engine, node, server; pods failed, ctx NAME, repo add"));
    }
    pen.line(input, Line::from(line));
    let at = u16::try_from(at).unwrap_or(0);
    pen.cursor = Some(Position { x: (input.x + 2 + at).min(input.right().saturating_sub(1)), y: input.y });
    let list = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    if typed.starts_with("repo add ") {
        let text = format!("Enter adds the repository {}", typed.trim_start_matches("repo add ").trim());
        pen.line(list, Line::from(format!("  {text}")));
        return;
    }
    if palette.is_command() {
        let text = pen.say(Tone::Muted, "  Enter does what is typed.");
        pen.line(list, Line::from(text));
        return;
    }
    if palette.count() == 0 {
        let text = pen.say(Tone::Muted, "  Nothing is called that.");
        pen.line(list, Line::from(text));
        return;
    }
    for (row, (at, entry)) in rows(list).zip(palette.shown(list.height)) {
        let mut spans = vec![Span::raw("  ")];
        let key = entry.key.map(|key| format!("  {}", key.name())).unwrap_or_default();
        // The key is seen whole, and why it cannot be done as far as the name leaves room for it.
        let room = usize::from(row.width).saturating_sub(12 + width_of(&key));
        let ellipsis = app.theme.glyphs.ellipsis;
        let told = [entry.about.as_str(), entry.against.as_deref().unwrap_or_default()];
        let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
        let told = if told.is_empty() { String::new() } else { format!("  {}", told.join("  ")) };
        let told = cut_end(&told, room.saturating_sub(width_of(&entry.text).min(room / 2)), ellipsis);
        let text = cut_middle(&entry.text, room.saturating_sub(width_of(&told)), ellipsis);
        spans.extend(highlighted(&text, &palette.highlight(&text), app.theme.style(Tone::Secondary)));
        spans.push(pen.say(Tone::Accent, key));
        spans.push(pen.say(Tone::Muted, told));
        pen.line(Rect { width: row.width.saturating_sub(10), ..row }, Line::from(spans));
        let kind = pen.say(Tone::Muted, entry.kind);
        let from = row.right().saturating_sub(8);
        pen.line(Rect { x: from, width: 8, ..row }, Line::from(kind));
        if at == palette.cursor {
            pen.line(Rect { width: 1, ..row }, Line::from(">"));
            pen.choose(row);
        }
    }
}

fn dialog_box(app: &App, dialog: &Dialog, pen: &mut Pen<'_>, body: Rect) {
    let names = [dialog.no(), dialog.yes()];
    let (area, lines, below) = dialog_laid(dialog, body);
    let inside = pen.boxed(area, &dialog.title);
    let text = Rect { height: inside.height.saturating_sub(below), ..inside };
    let top = dialog.top.min(lines.len().saturating_sub(usize::from(text.height)));
    // What is asked for in addition is what a person has to see.
    let tone = |line: &str| if line.trim_start().starts_with("+ ") { Tone::Warn } else { Tone::Secondary };
    let lines = lines.into_iter().map(|line| Line::from(pen.say(tone(&line), line))).collect::<Vec<_>>();
    if let Some(name) = &dialog.name {
        long(app, lines, top, pen, text);
        let Some(last) = rows(inside).last() else { return };
        let line = Rect { y: last.y.saturating_sub(1), ..last };
        let ellipsis = app.theme.glyphs.ellipsis;
        let (typed, at) = field::shown(&name.input, usize::from(last.width).saturating_sub(2), ellipsis);
        let at = u16::try_from(2 + at).unwrap_or(u16::MAX);
        // What has to be typed is seen with its beginning and its end, and what is typed with its end.
        let room = usize::from(line.width).saturating_sub(width_of("Type  to go on:"));
        let ask = format!("Type {} to go on:", cut_middle(&name.wanted, room, ellipsis));
        pen.line(line, Line::from(vec![pen.say(Tone::Warn, ask)]));
        pen.line(last, Line::from(vec![pen.say(Tone::Accent, "> "), pen.say(Tone::Primary, typed)]));
        pen.cursor = Some(Position { x: last.x.saturating_add(at).min(last.right().saturating_sub(1)), y: last.y });
        return;
    }
    long(app, lines, top, pen, text);
    pen.stand(Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside });
    let focused = usize::from(dialog.button == Button::Yes);
    buttons::draw(pen, inside, &names, Some(focused));
}
