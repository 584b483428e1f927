//! The person looks elsewhere, copies, or has a mouse.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Driver, fixtures};
use crate::domain::{Moment, Task, TaskState};
use crate::tui::action::Screen;
use crate::tui::app::{Mouse, Page, Tab, Target};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;
use crate::tui::panes::Pane;

/// A task that ends now and has taken so many seconds.
fn ended(seconds: i64) -> Task {
    let mut task = fixtures::tasks()[0].clone();
    task.state = TaskState::Done;
    task.created_at = Some(Moment(super::NOW.0 - seconds * 1000));
    task.finished_at = Some(super::NOW);
    task
}

fn notified(it: &mut Driver) -> Vec<String> {
    let asked = it.asked().into_iter();
    asked.filter_map(|effect| if let Effect::Notify(text) = effect { Some(text) } else { None }).collect()
}

fn ours() -> Driver {
    Driver::full(80, 24).asked_here("101")
}

#[test]
fn the_end_of_a_long_task_is_told_to_somebody_who_may_look_elsewhere() {
    let end = |task: Task| Message::TaskChanged(Box::new(task));
    let mut unknown = ours().send(end(ended(60)));
    assert_eq!(notified(&mut unknown), ["done: install cellpose 3.0.1 on hpc-gpu"]);
    let mut away = ours().send(Message::FocusGained).send(Message::FocusLost).send(end(ended(60)));
    assert_eq!(notified(&mut away).len(), 1);
    let mut here = ours().send(Message::FocusLost).send(Message::FocusGained).send(end(ended(60)));
    assert!(notified(&mut here).is_empty(), "it is on the screen");
    let mut short = ours().send(end(ended(9)));
    assert!(notified(&mut short).is_empty(), "somebody waited for it");
    let mut twice = ours().send(end(ended(60))).send(end(ended(60)));
    assert_eq!(notified(&mut twice).len(), 1, "its end is told once");
}

#[test]
fn the_screen_is_painted_anew_when_the_focus_comes_back_and_only_then() {
    let mut it = Driver::full(80, 24);
    it.asked();
    let mut it = it.send(Message::FocusGained);
    assert!(it.asked().is_empty(), "a terminal that tells its focus at the start costs no frame");
    let mut it = it.send(Message::FocusLost).send(Message::FocusGained);
    assert_eq!(it.asked(), [Effect::Repaint]);
}

#[test]
fn the_title_tells_where_one_is_and_what_goes_on() {
    let it = Driver::full(80, 24);
    assert_eq!(it.app.title(), "kab lab - 2 tasks, 2 alerts");
    let it = it.send(Message::Tasks(Ok(vec![]))).send(Message::Pods(Ok(vec![]))).send(Message::Engines(Ok(vec![])));
    assert!(it.app.title().starts_with("kab lab"), "{}", it.app.title());
    assert_eq!(Driver::new(80, 24).app.title(), "kab");
}

#[test]
fn what_the_desktop_did_not_take_goes_to_the_terminal() {
    let mut it = Driver::full(80, 24);
    it.asked();
    let mut it = it.send(Message::NotCopied { text: "x".into(), why: "xclip ended with 1".into() });
    assert_eq!(it.asked(), [Effect::CopyOtherwise { text: "x".into(), why: "xclip ended with 1".into() }]);
}

fn event(kind: MouseEventKind, (column, row): (u16, u16)) -> Message {
    Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// Where a text is on the screen.
fn place_of(it: &Driver, text: &str) -> (u16, u16) {
    let screen = it.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap_or_else(|| {
        panic!("there is no {text} in\n{screen}");
    });
    let at = line.find(text).unwrap();
    (u16::try_from(line[..at].chars().count()).unwrap(), u16::try_from(y).unwrap())
}

fn click(it: Driver, text: &str) -> Driver {
    let at = place_of(&it, text);
    it.send(event(MouseEventKind::Down(MouseButton::Left), at))
}

fn with_mouse(columns: u16, rows: u16) -> Driver {
    Driver::full(columns, rows).keys(":").text("mouse on").keys("enter")
}

#[test]
fn the_mouse_is_the_terminals_until_somebody_asks_for_it() {
    let it = Driver::full(80, 24).keys("4");
    let before = it.app.list(Screen::Pods).cursor;
    let it = it.send(event(MouseEventKind::ScrollDown, (10, 8)));
    assert_eq!(it.app.list(Screen::Pods).cursor, before);
    let mut it = it.keys(":").text("mouse on").keys("enter");
    assert!(it.asked().contains(&Effect::Mouse(Mouse::On)));
    assert!(it.screen().contains("Shift"), "how text is marked all the same: {}", it.screen());
    let mut it = it.keys(":").text("mouse off").keys("enter");
    assert!(it.asked().contains(&Effect::Mouse(Mouse::Off)));
    let it = it.keys(":").text("mouse on").keys("enter");
    assert!(!it.screen().contains("Shift"), "said once");
}

#[test]
fn a_click_chooses_and_a_second_one_opens() {
    let it = click(with_mouse(80, 24), "4 Pods");
    assert_eq!(it.app.screen, Screen::Pods);
    let it = click(it, "omero-bridge");
    assert_eq!(it.app.list(Screen::Pods).chosen.as_deref(), Some("pod 15"));
    assert!(it.app.pages.is_empty());
    let slow = click(it.wait(500), "omero-bridge");
    assert!(slow.app.pages.is_empty(), "two clicks that have nothing to do with each other");
    let it = click(slow.wait(100), "omero-bridge");
    assert!(matches!(it.app.pages.last(), Some(Page::Thing(..))), "{}", it.screen());
    let home = with_mouse(80, 24).keys("1");
    let row = home.app.home[0].name.clone();
    let home = click(click(home, &row), &row);
    assert!(!home.app.pages.is_empty() || home.app.screen != Screen::Home, "{}", home.screen());
}

#[test]
fn the_wheel_turns_what_is_under_it_and_buttons_and_tabs_are_pressed() {
    let it = with_mouse(160, 50).keys("2");
    let (detail, focus) = (it.app.panes().detail.unwrap(), it.app.pane());
    let it = it.send(event(MouseEventKind::ScrollDown, (20 + 27, 10)));
    assert_eq!(it.app.list(Screen::Apps).cursor, 3);
    let it = it.send(event(MouseEventKind::ScrollDown, (detail.x + 5, 10)));
    assert_eq!((it.app.list(Screen::Apps).cursor, it.app.pane()), (3, focus), "the details turn, the focus stays");
    let it = click(it, "[ ] cuda");
    assert!(it.app.list(Screen::Apps).is_filtered() && it.app.pane() == Pane::Side, "{}", it.screen());

    let it = with_mouse(80, 24).keys("2 /").text("stardist").keys("enter enter");
    let it = click(it, "Compat");
    assert!(matches!(it.app.pages.last(), Some(Page::App(page)) if page.tab == Tab::Compat));
    let it = click(it, " cuda ");
    assert!(matches!(it.app.pages.last(), Some(Page::App(page)) if page.cursor == 1), "{}", it.screen());
    // The same in the text of a page, where a line is a row.
    let it = click(click(it, "Activity"), "install stardist");
    assert!(matches!(it.app.pages.last(), Some(Page::App(_))), "{}", it.screen());
    let it = click(it.wait(100), "install stardist");
    assert!(matches!(it.app.pages.last(), Some(Page::Thing(Target::Task(_), _))), "{}", it.screen());

    let mut it = click(Driver::full(80, 24).keys("4 j j D"), "Remove  ");
    assert!(it.app.overlay.is_some(), "the mouse is not kab's yet");
    it = it.keys("esc :").text("mouse on").keys("enter 4");
    let early = click(it.keys("D"), "  Remove  ");
    assert!(matches!(early.app.overlay, Some(Overlay::Dialog(_))), "a click that comes too early counts for nothing");
    let later = click(early.wait(1_000), "Remove ]");
    assert!(later.app.overlay.is_none());
}

#[test]
fn addresses_lead_where_they_say_and_not_through_what_lies_over_them() {
    let links = |it: &Driver| {
        let areas = it.app.areas();
        let area = ratatui::layout::Rect { x: 0, y: 0, width: areas.width, height: areas.height };
        let seen = crate::tui::view::look(&it.app, &mut ratatui::buffer::Buffer::empty(area));
        seen.links.into_iter().map(|link| link.url().to_owned()).collect::<Vec<_>>()
    };
    let it = Driver::full(80, 24).keys("2 /").text("stardist").keys("enter enter [ [");
    assert!(it.screen().contains("bioimage/apps:main"), "{}", it.screen());
    assert_eq!(links(&it).first().map(String::as_str), Some("https://github.com/bioimage/apps/tree/main"));
    assert!(links(&it.keys("?")).is_empty(), "the help lies over it");
}

#[test]
fn a_small_box_over_an_address_leads_nowhere() {
    let mut lost = 0;
    for (width, height) in [(80, 24), (80, 16), (60, 14), (50, 12), (40, 12), (40, 10)] {
        let links = |it: &Driver| {
            let area = ratatui::layout::Rect { x: 0, y: 0, width, height };
            let mut buffer = ratatui::buffer::Buffer::empty(area);
            let seen = crate::tui::view::look(&it.app, &mut buffer);
            assert!(seen.links.iter().all(|link| link.is_seen(&buffer)), "{width}x{height}: {}", it.screen());
            seen.links.len()
        };
        let it = Driver::full(width, height).keys("2 /").text("stardist").keys("enter enter [ [");
        let before = links(&it);
        let it = it.keys("g").wait(1_000);
        assert!(it.app.may_follow().is_some(), "the box is there");
        lost += before - links(&it);
    }
    assert!(lost > 0, "the box lies over an address somewhere");
}
