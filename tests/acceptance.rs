//! What the program promises to every terminal and every connection, checked on the real program: it starts without a
//! server, asks the terminal nothing, survives every size, says everything without colours, removes nothing by mistake,
//! and leaves nothing behind. More of these promises are kept elsewhere: the table of verdicts in `src/compat`, tokens that
//! are renewed meanwhile in `tests/access` and `tests/contract/expiring.rs`, a client that is killed in the middle of
//! something in `tests/contract/killed.rs`, a terminal that goes while much is written in `tests/contract/pouring.rs`, and
//! one script for plain mode and the full screen in `tests/journey_plain.rs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/terminal.rs"]
mod terminal;

use std::io::Write as _;
use std::time::Duration;

use household::{Engine, Household};
use rustix::process::Signal;
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// For what takes an engine.
const LATE: Duration = Duration::from_mins(3);

/// A household with a context whose server nobody runs.
fn with_nobody_there() -> Household {
    // Nobody listens at port 9 of loopback.
    with_a_server_at("http://127.0.0.1:9")
}

/// A household with the context `far`.
fn with_a_server_at(address: &str) -> Household {
    let household = Household::new(&Engine::Process);
    let token = household.data_dir().parent().unwrap().join("token");
    std::fs::File::create(&token).unwrap().write_all(b"a-token\n").unwrap();
    let arguments = ["context", "add", "far", "--kabinet", address, "--rekuest", address, "--token-file"];
    let added = household.run(&[&arguments[..], &[token.to_str().unwrap()]].concat());
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    household
}

fn open(household: &Household, arguments: &[&str], environment: &[(&str, &str)], size: Size) -> Terminal {
    let mut command = household.in_terminal(arguments);
    for (name, value) in environment {
        command.env(name, value);
    }
    Terminal::open(command, size)
}

/// The demo with one pod that runs, on the screen of pods.
fn with_a_pod(household: &Household) -> Terminal {
    let mut screen = open(household, &["demo"], &[], Size(80, 24));
    screen.wait_for("Apps > greeter", LATE).wait_for("no isolation", LATE);
    screen.press("i").wait_for("[ Install ]", SOON).press("\r").wait_for("Installing greeter", SOON);
    screen.press("4").wait_for("RUNNING", LATE);
    screen
}

#[test]
fn a_server_that_cannot_be_reached_is_said_and_the_program_stays() {
    let household = with_nobody_there();
    let mut screen = open(&household, &["--context", "far"], &[], Size(80, 24));
    screen.wait_for("[1 Home]", SOON).wait_for("offline", LATE);
    screen.press("2").wait_for("[2 Apps]", SOON);
    // Esc and a letter at once would be Alt and that letter.
    screen.press("/x").wait_for("/x", SOON).press("\x1b").wait_gone("/x", SOON);
    screen.press("C").wait_for("Servers", SOON).wait_for("far", SOON).press("\x1b").wait_gone("Servers", SOON);
    assert!(screen.is_running(), "{}", screen.screen());
    screen.leave("q", SOON);
}

#[test]
fn a_server_that_says_nothing_keeps_nobody_waiting() {
    // It takes connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let household = with_a_server_at(&format!("http://{}", silent.local_addr().unwrap()));
    let mut screen = open(&household, &["--context", "far"], &[], Size(80, 24));
    // The first frame is there before anybody has answered, and says whom it is waiting for.
    screen.wait_for("[1 Home]", SOON).wait_for("Connecting to http://127.0.0.1:", SOON).wait_for("c cancel", SOON);
    screen.press("2").wait_for("[2 Apps]", SOON).wait_for("C other server", SOON);
    screen.press("/x").wait_for("/x", SOON).press("\x1b").wait_gone("/x", SOON);
    screen.press("C").wait_for("Servers", SOON).wait_for("far", SOON).press("\x1b").wait_gone("Servers", SOON);
    screen.press("c").wait_for("you stopped connecting", SOON).wait_for("R tries again", SOON);
    screen.press("R").wait_for("c cancel", SOON).press("\x03").wait_for("you stopped connecting", SOON);
    assert!(screen.is_running(), "{}", screen.screen());
    screen.leave("q", SOON);
}

#[test]
fn a_lost_terminal_ends_it_although_its_parent_ignores_that() {
    let household = Household::new(&Engine::Process);
    let mut screen = with_a_pod(&household);
    screen.press("l").wait_for("heartbeat", LATE);
    assert_eq!(screen.hang_up(SOON).exit_code(), 128 + 1);

    // As a child of a shell that ignores SIGHUP it inherits that, and has to notice by itself.
    let mut screen = Terminal::open(household.in_shell("trap '' HUP; exec \"$0\""), Size(80, 24));
    // The header says it; names of apps begin with the word, too.
    screen.wait_for(" live   ", LATE).press("4").wait_for("greeter-", SOON).press("l").wait_for("heartbeat", SOON);
    screen.hang_up(SOON);
    assert_eq!(household.ask(&["pods"]).data()[0]["status"], "RUNNING");
}

#[test]
fn nothing_is_asked_of_the_terminal_whatever_it_is_called() {
    let household = with_nobody_there();
    for term in ["tmux-256color", "screen", "linux", "xterm-256color", "xterm-kitty", "vt100"] {
        let mut screen = open(&household, &["--context", "far"], &[("TERM", term)], Size(80, 24));
        screen.wait_for("Home", SOON).wait_for("offline", LATE);
        assert_eq!(questions::first_question(&screen.first_bytes()), None, "{term} is asked");
        screen.leave("q", SOON);
    }
}

#[test]
fn what_is_taken_of_the_terminal_is_given_back_on_every_way_out() {
    let household = with_nobody_there();
    let environment = [("KAB_MOUSE", "on"), ("KAB_TITLE", "true")];
    for way in ["q", "a signal", "a stop"] {
        let mut screen = open(&household, &["--context", "far"], &environment, Size(80, 24));
        screen.wait_for("Home", SOON).wait_for("offline", LATE);
        match way {
            "q" => screen.leave("q", SOON),
            "a signal" => {
                screen.signal(Signal::TERM);
                assert_eq!(screen.wait_for_end(SOON).exit_code(), 143);
            }
            _ => {
                screen.signal(Signal::TSTP);
                screen.wait_until_stopped(SOON);
            }
        }
        screen.wait_for_bytes("the screen is given back", SOON, |sent| {
            String::from_utf8_lossy(sent).matches("\x1b[?1049l").count() == 1
        });
        let sent = screen.first_bytes();
        let text = String::from_utf8_lossy(&sent);
        for (what, taken, given_back) in [
            ("the screen", "\x1b[?1049h", "\x1b[?1049l"),
            ("the focus", "\x1b[?1004h", "\x1b[?1004l"),
            ("pasting", "\x1b[?2004h", "\x1b[?2004l"),
            ("the mouse", "\x1b[?1000h", "\x1b[?1000l"),
            ("the title", "\x1b[22;2t", "\x1b[23;2t"),
        ] {
            let (taken, given_back) = (text.rfind(taken), text.rfind(given_back));
            assert!(taken.is_some() && taken < given_back, "{way}: {what} is not given back");
        }
        assert!(text.contains("\x1b]2;kab"), "{way}: the title");
        if way == "a stop" {
            screen.signal(Signal::CONT);
            screen.wait_for("offline", SOON);
            screen.leave("q", SOON);
        }
    }
}

#[test]
fn every_size_is_survived_and_the_chosen_row_stays_chosen() {
    let household = Household::new(&Engine::Process);
    let mut screen = with_a_pod(&household);
    screen.press("2").wait_for("[2 Apps]", SOON).press("G");
    let chosen = |screen: &str| screen.lines().find(|line| line.starts_with("> ")).map(|line| line[2..12].to_owned());
    screen.wait_until("a chosen row", SOON, |screen| chosen(screen).is_some());
    let before = chosen(&screen.screen());
    let sizes = (0..200_u16).map(|round| match round % 6 {
        0 => Size(60, 16),
        1 => Size(40, 12),
        2 => Size(10, 3),
        3 => Size(1, 1),
        4 => Size(200, 60),
        _ => Size(40 + round % 90, 8 + round % 40),
    });
    screen.drag(sizes, Duration::from_secs(2));
    screen.resize(Size(80, 24)).press("\x0c").wait_for("[2 Apps]", SOON);
    screen.wait_until("the same row", SOON, |screen| chosen(screen) == before);
    for size in [Size(60, 16), Size(40, 12), Size(10, 3)] {
        screen.resize(size);
    }
    screen.wait_for("q quits", SOON);
    screen.leave("q", SOON);
    // One that does not know its size counts as 80x24.
    for (size, shown) in [
        (Size(80, 24), "live"),
        (Size(60, 16), "live"),
        (Size(40, 12), "live"),
        (Size(10, 3), "q quits"),
        (Size(0, 0), "live"),
    ] {
        let mut screen = open(&household, &[], &[], size);
        screen.wait_for(shown, SOON);
        screen.leave("q", SOON);
    }
}

#[test]
fn states_are_words_whatever_the_terminal_can_show() {
    let household = Household::new(&Engine::Process);
    drop(with_a_pod(&household));
    let pods = household.ask(&["pods"]).data();
    household.ask(&["stop", pods[0]["id"].as_str().unwrap(), "--wait", "--yes"]).data();
    household.ask(&["install", "counter", "--wait", "--yes"]).data();
    for environment in [
        &[("NO_COLOR", "1")][..],
        &[("TERM", "linux"), ("LANG", "C")],
        &[("KAB_GLYPHS", "ascii"), ("KAB_THEME", "light")],
        &[("TERM", "vt100"), ("KAB_GLYPHS", "ascii")],
    ] {
        let is_plain = environment.iter().any(|(name, value)| *name == "LANG" || *value == "ascii");
        let mut screen = open(&household, &["--fresh"], environment, Size(80, 24));
        screen.wait_for(" live   ", LATE).press("4").wait_for("RUNNING +", SOON).wait_for("STOPPED -", SOON);
        screen.press("6").wait_for("DONE -", SOON);
        screen.press("5").wait_for("ONLINE", SOON);
        screen.press("2").wait_for("STATE", SOON).wait_for("running", SOON).wait_for("installed", SOON);
        screen.press("/greeter\r").wait_gone("counter", SOON).press("e");
        screen.wait_for("+ RUNS", SOON).wait_for("x NO", SOON).wait_for("reports no GPU", SOON);
        if is_plain {
            let shown = screen.screen();
            assert!(shown.is_ascii(), "{environment:?}\n{shown}");
        }
        if environment.contains(&("NO_COLOR", "1")) {
            assert!(screen.is_colourless());
        }
        screen.leave("Q", SOON);
    }
}

#[test]
fn keys_typed_blindly_remove_nothing() {
    let household = Household::new(&Engine::Process);
    let mut screen = with_a_pod(&household);
    // All at once, as a link of two seconds delivers them.
    screen.press("Dyyy").wait_for("Remove greeter-", SOON);
    screen.press("\x1b").wait_gone("Remove greeter-", SOON);
    assert_eq!(household.ask(&["pods"]).data()[0]["status"], "RUNNING");
    screen.leave("q", SOON);
}

#[test]
fn machine_readable_output_is_one_document_in_every_locale_and_with_every_error() {
    let household = Household::new(&Engine::Process);
    for locale in ["C", "C.UTF-8", "de_DE.UTF-8", "zh_CN.GB18030", "nonsense"] {
        for arguments in [
            &["apps"][..],
            &["apps", "show", "nobody-has-this"],
            &["pods", "stop", "nobody-has-this"],
            &["no-such-verb"],
        ] {
            let mut command = household.command(&[arguments, &["-o", "json"]].concat());
            let output = command.env("LC_ALL", locale).env("LANG", locale).output().expect("kab");
            let text = String::from_utf8_lossy(&output.stdout);
            let document: serde_json::Value = serde_json::from_str(&text).expect("one valid document");
            assert_eq!(document["ok"], output.status.success(), "{locale} {document}");
        }
    }
}

#[test]
fn progress_goes_beside_the_document_and_never_into_it() {
    let household = Household::new(&Engine::Process);
    household.ask(&["apps"]).data();
    // In a terminal standard output and standard error meet; only what is written to the file is the document.
    let file = household.data_dir().parent().unwrap().join("out.json");
    let line = format!("\"$0\" install greeter --yes -o json > {}", file.display());
    let command = household.in_shell(&line);
    household.wait_until(&["apps"], LATE, |apps| apps.as_array().is_some_and(|apps| !apps.is_empty()));
    household.wait_until(&["engines"], LATE, |engines| engines[0]["online"] == true);
    let status = Terminal::open(command, Size(80, 24)).wait_for_end(LATE);
    let text = std::fs::read_to_string(&file).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).expect("one valid document");
    assert!(status.success(), "{document}");
}
