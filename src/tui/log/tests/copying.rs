//! Copying, saving, handing on.

use super::*;
use crate::tui::effect::{Over, Reader};

fn copied(driver: &mut Driver) -> String {
    let asked = driver.asked();
    let text = asked.into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    text.unwrap_or_default()
}

fn ten() -> Driver {
    send(opened(80, 24), (0..10).map(line).collect())
}

#[test]
fn selected_lines_are_copied_as_they_are_shown() {
    let mut it = ten().keys("v k k");
    assert!(it.screen().contains("SELECTING"), "{}", it.screen());
    it.asked();
    it = it.keys("y");
    let expected =
        "1970-01-01T00:00:07.000Z line 7\n1970-01-01T00:00:08.000Z line 8\n1970-01-01T00:00:09.000Z line 9\n";
    assert_eq!(copied(&mut it), expected);
    assert!(!it.screen().contains("SELECTING"));
    // Without times when none are shown; from the top of the screen when it is paused.
    let mut it = ten().keys("t g g v j y");
    assert_eq!(copied(&mut it), "line 0\nline 1\n");
    // To the end, and given up.
    let mut it = ten().keys("t g g v G y");
    assert_eq!(copied(&mut it).lines().count(), 10);
    let mut it = ten().keys("v k esc y");
    assert_eq!(copied(&mut it).lines().count(), 10, "the screen, where nothing is selected");
}

#[test]
fn a_selection_grows_beyond_the_screen_and_the_screen_goes_along() {
    let mut it = send(opened(80, 24), (0..500).map(line).collect()).keys("t g g v C-d C-d pgdn");
    assert!(it.screen().contains("line 40"), "{}", it.screen());
    it.asked();
    it = it.keys("y");
    assert_eq!(copied(&mut it).lines().count(), 41);
}

#[test]
fn wrapped_and_folded_lines_are_copied_in_one_piece() {
    let long = "word ".repeat(100);
    let mut it = send(opened(80, 24), vec![said(&long), line(1)]).keys("t Y");
    assert_eq!(copied(&mut it), format!("{long}\nline 1\n"));
    let huge = "0123456789".repeat(10_000);
    let mut it = send(opened(80, 24), vec![said(&huge), line(1)]).keys("t g g v G y");
    assert_eq!(copied(&mut it), format!("{huge}\nline 1\n"));
    assert!(it.screen().contains('↳'), "{}", it.screen());
    // What is found near its end is shown.
    let it = send(opened(80, 24), vec![said(&format!("{huge}needle")), line(1)]).keys("/").text("needle").keys("enter");
    assert!(it.screen().contains("1/1"), "{}", it.screen());
}

#[test]
fn all_that_is_held_is_saved_where_somebody_says() {
    let mut it = ten().keys("&").text("line 3").keys("enter C-s");
    assert!(it.screen().contains("save to ./"), "{}", it.screen());
    assert!(it.screen().contains(".log  10 lines"), "{}", it.screen());
    it.asked();
    it = it.keys("C-u").text("~/a.log").keys("enter");
    let Some(Effect::SaveLog { held, path, over: Over::Ask }) = it.asked().pop() else { panic!() };
    assert_eq!((path.as_str(), held.lines.len(), held.form.stamps), ("~/a.log", 10, true));
    // A file that is there is replaced only after a question.
    let mut it = it.send(Message::LogFileThere("~/a.log".into()));
    assert!(it.screen().contains("Replace the file?"), "{}", it.screen());
    it = it.wait(500).keys("enter");
    assert_eq!(it.asked(), []);
    let mut it = it.send(Message::LogFileThere("~/a.log".into())).wait(500).keys("y");
    let asked = it.asked();
    assert!(matches!(asked.as_slice(), [Effect::SaveLog { over: Over::Replace, .. }]), "{asked:?}");
    let it = it.send(Message::LogDone(Ok("Saved 10 lines".into())));
    assert!(it.screen().contains("Saved 10 lines"));
    // Given up, nothing is saved.
    let mut it = it.keys("C-s esc");
    assert_eq!(it.asked(), []);
}

#[test]
fn the_usual_path_names_pod_and_time_and_nothing_odd() {
    let mut it = ten();
    let path = page(&mut it).default_path(Moment(1_790_000_000_123));
    assert!(path.starts_with("./stardist-") || path.starts_with("./"), "{path}");
    assert!(path.ends_with("-20260921-141320.log"), "{path}");
    let log = LogView::new(TICKET, PodId::from("1"), "../a b/c".into(), (80, 10));
    assert_eq!(log.default_path(Moment(0)), "./-a-b-c-19700101-000000.log");
}

#[test]
fn the_log_goes_to_the_pager_and_to_commands() {
    let mut it = ten();
    it.asked();
    it = it.keys("O");
    let asked = it.asked();
    assert!(matches!(asked.as_slice(), [Effect::LendTerminal { to: Reader::Pager, .. }]), "{asked:?}");
    it = it.keys("|").text("grep -c line").keys("enter");
    let Some(Effect::LendTerminal { held, to: Reader::Command(line) }) = it.asked().pop() else { panic!() };
    assert_eq!((line.as_str(), held.lines.len()), ("grep -c line", 10));
    let mut it = it.keys("| enter");
    assert_eq!(it.asked(), []);
}

#[test]
fn a_prompt_goes_sideways_so_that_what_is_typed_is_seen() {
    let it = send(opened(40, 12), vec![line(1)]).keys("C-s");
    let prompt = |it: &Driver| it.screen().lines().find(|line| line.contains("save to")).unwrap_or_default().to_owned();
    assert!(prompt(&it).contains(".log"), "its end\n{}", it.screen());
    let it = it.text(".old");
    assert!(prompt(&it).trim_end().ends_with(".log.old"), "{}", it.screen());
    let it = it.keys("C-a");
    assert!(prompt(&it).contains("save to ./"), "{}", it.screen());
}
