//! The way of a person at a terminal, from the first frame to the last, with the real program in a pseudo-terminal, its
//! real server, and real engines.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/household.rs"]
mod household;
#[path = "support/terminal.rs"]
mod terminal;

use std::time::Duration;

use household::{Engine, Household};
use rustix::process::Signal;
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// For what takes an engine: making an image, starting and stopping containers.
const LATE: Duration = Duration::from_mins(3);

fn open(household: &Household, arguments: &[&str]) -> Terminal {
    let mut command = household.in_terminal(arguments);
    // A pager that says that it has the terminal, and what it read.
    command.env("PAGER", "while read line; do :; done; echo PAGED; read key </dev/tty");
    Terminal::open(command, Size(80, 24))
}

/// `3` where the log shows `heartbeat 3: …` last.
fn heartbeat(screen: &str) -> Option<u32> {
    let words = screen.rsplit("heartbeat ").next().filter(|words| words.len() < screen.len())?;
    words.split(':').next()?.trim().parse().ok()
}

fn rows_of_tasks(screen: &str) -> usize {
    screen.lines().filter(|line| line.contains("DONE") && line.contains("took") && !line.contains("State")).count()
}

/// Opens the demo's page, and waits until an engine is there for it.
fn open_demo(household: &Household, engine: &str) -> Terminal {
    let mut screen = open(household, &["demo"]);
    screen.wait_for("Apps > greeter", LATE).wait_for("live.kab.demo.greeter", SOON).wait_for(engine, LATE);
    screen
}

/// From the sheet to the task.
fn install(screen: &mut Terminal) {
    screen.press("i").wait_for("[ Install ]", SOON);
    screen.press("\r").wait_gone("[ Install ]", SOON).wait_for("Installing greeter", SOON);
}

/// Everything that can be done with an app; `engine` is how the engine shows on the screen.
fn the_whole_way(household: &Household, engine: &str) {
    let mut screen = open_demo(household, engine);

    // Why not with CUDA, on the screen.
    screen.press("e").wait_for("[Compat]", SOON).wait_for("needs a CUDA GPU", SOON).wait_for("reports no GPU", SOON);
    screen.press("[").wait_for("[Overview]", SOON);

    install(&mut screen);
    screen.press("6").wait_for("[6 Tasks", SOON).wait_for("install greeter", SOON);
    screen.wait_until("the installation to be done", LATE, |screen| rows_of_tasks(screen) == 1);
    screen.press("4").wait_for("RUNNING", SOON).wait_for("greeter-", SOON);

    // The log: what was written before, and what is written now.
    screen.press("l").wait_for("LIVE", SOON).wait_for("ready: agent", SOON).wait_for("heartbeat ", SOON);
    let seen = heartbeat(&screen.screen()).expect("a number");
    screen.wait_for(&format!("heartbeat {}: up", seen + 1), SOON);
    hand_on_the_log(&mut screen);
    screen.press("q").wait_for("[4 Pods", SOON);

    screen.press("s").wait_for("Stopping greeter-", SOON);
    screen.press("\r").wait_for("Done: stop greeter-", LATE).wait_for("STOPPED", SOON);
    screen.press("u").wait_for("Done: start greeter-", LATE).wait_for("RUNNING", SOON);
    screen.press("r").wait_for("Restarting greeter-", SOON);
    screen.press("\r").wait_for("Done: restart greeter-", LATE).wait_for("RUNNING", SOON);

    // Two ends in the log, by its filter: the stop and the restart were real.
    screen.press("l").wait_for("LIVE", SOON).press("&goodbye\r");
    screen.wait_until("two ends", SOON, |screen| screen.matches("goodbye after").count() == 2);
    screen.press("q").wait_for("[4 Pods", SOON);

    screen.press("D").wait_for("Remove greeter-", SOON);
    screen.press_until("y", SOON, |screen| !screen.contains("Remove greeter-"));
    screen.wait_for("No pods yet.", LATE);
    screen.press("6").wait_until("five tasks to be done", LATE, |screen| rows_of_tasks(screen) == 5);
    screen.wait_for("remove greeter-", SOON).wait_for("restart greeter-", SOON);
    screen.leave("q", SOON);
}

/// The terminal is lent to a pager and to a command, and the log goes on meanwhile; then it is saved.
fn hand_on_the_log(screen: &mut Terminal) {
    let before = heartbeat(&screen.screen()).expect("a number");
    screen.press("O").wait_for("PAGED", SOON).wait_gone("Pods >", SOON);
    screen.press("\r").wait_for("Pods > greeter-", SOON).wait_for("LIVE", SOON);
    screen.wait_until("the next heartbeat", SOON, |screen| heartbeat(screen) > Some(before));
    screen
        .press("|while read line; do case $line in *ready:*) echo FOUND;; esac; done\r")
        .wait_for("[done; any key goes back]", SOON);
    assert!(screen.screen().lines().any(|line| line.trim() == "FOUND"), "{}", screen.screen());
    screen.press("x").wait_for("Pods > greeter-", SOON);
    screen.press("\x13").wait_for("save to ./greeter-", SOON);
    screen.press("\x15out.log\r").wait_for("to out.log", SOON);
    screen.press("\x13").wait_for("save to", SOON).press("\x15out.log\r").wait_for("Replace the file?", SOON);
    screen.press("\x1b").wait_gone("Replace the file?", SOON);
}

fn journey(engine: &Engine, on_the_screen: &str) {
    let household = Household::new(engine);
    the_whole_way(&household, on_the_screen);
    let before = household.ask(&["serve", "status"]).data();
    assert_eq!(household.ask(&["pods"]).data(), serde_json::json!([]));
    let server = before["url"].as_str().unwrap();
    assert_eq!(household.containers(server), [""; 0]);

    // What was begun goes on when the terminal is left.
    let mut screen = open_demo(&household, on_the_screen);
    install(&mut screen);
    screen.leave("Q", SOON);
    let pods = household.wait_until(&["pods"], LATE, |pods| pods[0]["status"] == "RUNNING");
    assert_eq!(pods.as_array().map(Vec::len), Some(1));
    let after = household.ask(&["serve", "status"]).data();
    assert_eq!(after["pid"], before["pid"], "it is the same server all the time");

    assert_eq!(household.close(), [0; 0], "processes are left");
    assert_eq!(household.containers(server), [""; 0]);
}

#[test]
fn an_app_is_installed_watched_stopped_started_and_removed_on_podman() {
    let Some(address) = engines::podman() else { return };
    journey(&Engine::Podman(address), "Podman on");
}

#[test]
fn an_app_is_installed_watched_stopped_started_and_removed_as_processes() {
    journey(&Engine::Process, "no isolation");
}

#[test]
fn a_small_terminal_without_colours_shows_every_screen() {
    let household = Household::new(&Engine::Process);
    let mut command = household.in_terminal(&["demo"]);
    command.env("NO_COLOR", "1");
    let mut screen = Terminal::open(command, Size(40, 12));
    screen.wait_for("greeter", LATE);
    for (key, name) in [("1", "Home"), ("2", "Apps"), ("3", "Nodes"), ("4", "Pods"), ("5", "Engines"), ("6", "Tasks")] {
        screen.press(key).wait_until(name, SOON, |screen| screen.contains(&format!("── {name}")));
        assert!(screen.is_colourless(), "{}", screen.screen());
    }
    screen.press("2").wait_for("greeter", SOON).press("?").wait_for("Keys", SOON);
    screen.press("\x1b").wait_gone("Keys", SOON);
    screen.resize(Size(20, 5)).resize(Size(120, 40)).wait_for("── Apps", SOON).wait_for("Says hello", SOON);
    screen.leave("\x03\x03", SOON);
}

#[test]
fn signals_and_a_lost_terminal_end_the_program_and_nothing_else() {
    let household = Household::new(&Engine::Process);
    let mut screen = open(&household, &[]);
    screen.wait_for("Home", LATE).wait_for("live", LATE);
    let server = household.ask(&["serve", "status"]).data();

    screen.signal(Signal::TERM);
    assert_eq!(screen.wait_for_end(SOON).exit_code(), 128 + 15);
    assert!(screen.is_restored());

    let mut screen = open(&household, &[]);
    screen.wait_for("live", SOON).signal(Signal::HUP);
    assert_eq!(screen.wait_for_end(SOON).exit_code(), 128 + 1);

    let mut screen = open(&household, &[]);
    screen.wait_for("live", SOON);
    let begun = std::time::Instant::now();
    assert_eq!(screen.hang_up(SOON).exit_code(), 128 + 1);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?} to notice", begun.elapsed());
    assert_eq!(household.ask(&["serve", "status"]).data()["pid"], server["pid"]);
}

#[test]
fn a_key_in_the_very_moment_of_a_change_of_size_waits_for_no_other_key() {
    let household = Household::new(&Engine::Process);
    let mut screen = open(&household, &["--offline"]);
    screen.wait_for("Home", SOON).press("2").wait_for("[2 Apps", SOON).press("/").wait_for("type to filter", SOON);
    for round in 0..150_u32 {
        // Somewhere within the time that the key before takes.
        screen.press("x");
        let until = std::time::Instant::now() + Duration::from_micros(u64::from(round) * 40);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        screen.resize(Size(if round % 2 == 0 { 81 } else { 80 }, 24)).press("y");
        screen.wait_for("/xy", SOON);
        screen.press("\x7f\x7f").wait_for("type to filter", SOON);
    }
    screen.press("\x1b").wait_gone("type to filter", SOON).leave("Q", SOON);
}
