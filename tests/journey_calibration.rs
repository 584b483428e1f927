//! `kab doctor --terminal` in a pseudo-terminal that answers, and in one that does not; and what later starts make of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/terminal.rs"]
mod terminal;

use std::time::Duration;

use household::{Engine, Household};
use rustix::process::Signal;
use serde_json::{Value, json};
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// The question for the cursor's place.
const QUESTION: &[u8] = b"\x1b[6n";

fn card(household: &Household) -> Terminal {
    Terminal::open(household.in_terminal(&["doctor", "--terminal"]), Size(80, 24))
}

fn questions(bytes: &[u8]) -> usize {
    bytes.windows(QUESTION.len()).filter(|part| *part == QUESTION).count()
}

/// What `kab config show` says of a setting on a terminal of that name: the value and where it is from.
fn setting(household: &Household, key: &str, environment: &[(&str, &str)]) -> (Value, Value) {
    let mut command = household.command(&["config", "show", key, "-o", "json"]);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let envelope: Value = serde_json::from_slice(&output.stdout).unwrap();
    (envelope["data"][0]["value"].clone(), envelope["data"][0]["from"].clone())
}

#[test]
fn what_the_card_finds_out_is_what_later_starts_go_by() {
    let household = Household::new(&Engine::Process);
    let mut terminal = card(&household);
    terminal.wait_for_bytes("the questions", SOON, |bytes| questions(bytes) == 7);
    // As wide as they should be, but for a joined emoji that this terminal shows as two.
    let columns = [4, 9, 6, 9, 4, 5, 5];
    let answers = columns.map(|column| format!("\x1b[1;{column}R")).concat();
    terminal.press(&answers).wait_for("1 of 3", SOON);
    // An answer to something else, late: no key.
    terminal.press("\x1b[?62;3;3c\x1b[1;3R").press("2").wait_for("2 of 3", SOON);
    // The card's last line: all of it has come then, but for the clipboard's text, which is sent behind it.
    terminal.press("y").wait_until("the third question", SOON, |it| it.contains("3 of 3") && it.contains("Esc stop"));
    let word = terminal.screen().lines().find_map(|line| line.trim().strip_prefix("kab-").map(str::to_owned)).unwrap();
    let sent = base64(&format!("kab-{word}"));
    let copy = format!("\x1b]52;c;{sent}\x07");
    terminal.wait_for_bytes("the clipboard's text", SOON, |bytes| {
        bytes.windows(copy.len()).any(|part| part == copy.as_bytes())
    });
    let status = terminal.press("n").wait_for_end(SOON);
    assert_eq!(status.exit_code(), 0);
    assert!(terminal.is_restored());
    let report = String::from_utf8(terminal.first_bytes()).unwrap();
    assert!(report.contains("colours 256, glyphs unicode, clipboard off, found out on "), "{report}");
    assert!(report.contains("width of joined emoji"), "{report}");

    let here = [("TERM", "xterm-256color")];
    let from = json!("kab doctor --terminal");
    assert_eq!(setting(&household, "terminal.colours", &here), (json!("256"), from.clone()));
    assert_eq!(setting(&household, "terminal.clipboard", &here), (json!("off"), from));
    assert_eq!(setting(&household, "terminal.colours", &[("TERM", "linux")]), (Value::Null, json!("default")));
    let variable = [("TERM", "xterm-256color"), ("KAB_COLOR", "16")];
    assert_eq!(setting(&household, "terminal.colours", &variable), (json!("16"), json!("KAB_COLOR")));
    let folder = household.data_dir().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "[terminal]\nclipboard = 'auto'\n").unwrap();
    assert_eq!(setting(&household, "terminal.clipboard", &here), (json!("auto"), json!("config.toml")));
}

#[test]
fn a_terminal_that_does_not_answer_is_asked_no_more_and_whoever_leaves_keeps_nothing() {
    let household = Household::new(&Engine::Process);
    let mut terminal = card(&household);
    terminal.wait_for_bytes("the questions", SOON, |bytes| questions(bytes) == 7);
    // A key that is pressed while the terminal is asked answers nothing.
    terminal.press("3").wait_for("1 of 3", SOON).press("x\x1b[1;4R");
    terminal.press("3").wait_for("2 of 3", SOON).press("\x1b");
    assert_eq!(terminal.wait_for_end(SOON).exit_code(), 0);
    assert!(terminal.is_restored());
    let sent = terminal.first_bytes();
    assert_eq!(questions(&sent), 7);
    let report = String::from_utf8(sent).unwrap();
    assert!(report.contains("left before its end; nothing was kept"), "{report}");
    assert!(report.contains("the terminal did not answer"), "{report}");
    assert!(!household.data_dir().join("state/terminals.toml").exists());
}

#[test]
fn whoever_ends_the_program_from_outside_finds_the_terminal_as_it_was() {
    let household = Household::new(&Engine::Process);
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal = card(&household);
        let cooked = terminal.modes();
        terminal.wait_for("1 of 3", SOON);
        assert_ne!(terminal.modes(), cooked, "it is taken");
        terminal.signal(signal);
        assert_eq!(terminal.wait_for_end(SOON).exit_code(), code);
        assert!(terminal.is_restored());
        assert_eq!(terminal.modes(), cooked);
    }
}

#[test]
fn without_anybody_to_ask_the_facts_are_told_and_no_terminal_is_asked() {
    let household = Household::new(&Engine::Process);
    let answer = household.ask(&["doctor", "--terminal"]);
    let checks = answer.data();
    let check = |name: &str| checks.as_array().unwrap().iter().find(|it| it["check"] == name).unwrap().clone();
    assert_eq!(check("card")["state"], "skipped");
    assert_eq!(check("kept")["state"], "skipped");
    assert!(checks.as_array().unwrap().iter().all(|it| it["section"] == "terminal"));
    let mut terminal = Terminal::open(household.in_terminal(&["doctor", "--terminal", "--no-input"]), Size(100, 40));
    terminal.wait_for_end(SOON);
    let sent = terminal.first_bytes();
    assert!(questions(&sent) == 0 && String::from_utf8_lossy(&sent).contains("nobody was asked"));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
