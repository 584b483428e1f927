//! The terminal program goes on where it was left, takes up settings while it runs, and runs actions of a person's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/terminal.rs"]
mod terminal;

use std::time::Duration;

use household::{Engine, Household};
use kab::cache::Cache;
use kab::domain::Moment;
use serde_json::{Value, json};
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);

fn open(household: &Household, arguments: &[&str]) -> Terminal {
    Terminal::open(household.in_terminal(arguments), Size(80, 24))
}

/// Waits for a sentence, however it is broken into lines.
fn says<'t>(terminal: &'t mut Terminal, text: &str) -> &'t mut Terminal {
    let whole = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    terminal.wait_until(text, SOON, |screen| whole(screen).contains(text))
}

fn write(household: &Household, name: &str, content: &str) {
    let folder = household.data_dir().join("config");
    std::fs::create_dir_all(folder.join("themes")).unwrap();
    std::fs::write(folder.join(name), content).unwrap();
}

/// Three apps that were kept from an earlier time.
fn with_apps() -> Household {
    let household = Household::new(&Engine::Process);
    let names = ["one", "two", "it's $(touch hacked)"];
    let apps: Vec<Value> =
        names.iter().map(|name| json!({"identifier": format!("org.example.{name}"), "releases": []})).collect();
    let cache = Cache::new(&household.data_dir().join("cache"), "local", "local");
    cache.write("apps", &apps, Moment(0)).unwrap();
    household
}

#[test]
fn the_next_start_goes_on_where_the_program_was_left() {
    let household = with_apps();
    let mut first = open(&household, &["--offline"]);
    first.wait_for("1 Home", SOON).press("2").wait_for("[2 Apps", SOON).wait_for("two", SOON);
    first.press("/on").wait_for("/on", SOON).press("\r").press("4").wait_for("[4 Pods", SOON);
    first.leave("q", SOON);
    let mut second = open(&household, &["--offline"]);
    second.wait_for("[4 Pods", SOON).press("2").wait_for("[2 Apps", SOON);
    second.wait_until("the filter", SOON, |screen| screen.contains("one") && !screen.contains("two"));
    second.leave("Q", SOON);
    let mut fresh = open(&household, &["--offline", "--fresh"]);
    fresh.wait_for("[1 Home", SOON).press("2").wait_for("two", SOON);
    fresh.leave("Q", SOON);
    let path = household.data_dir().join("cache/contexts/local/habits.json");
    std::fs::write(&path, "{\"format\":1,").unwrap();
    let mut broken = open(&household, &["--offline"]);
    broken.wait_for("[1 Home", SOON);
    assert!(!broken.screen().contains("habits"), "{}", broken.screen());
    broken.leave("q", SOON);
    let log = std::fs::read_to_string(household.data_dir().join("state/kab.log")).unwrap();
    assert!(log.contains("habits"), "{log}");
}

#[test]
fn what_is_written_into_the_settings_holds_at_once_and_what_is_broken_does_not() {
    let household = with_apps();
    let mut terminal = open(&household, &["--offline"]);
    terminal.wait_for("1 Home", SOON);
    write(&household, "keys.toml", "[global]\ngo-pods = 'P'\n[pods]\nstop = '/'\n");
    says(&mut terminal, "keys.toml:4: / cannot be stop").press("P").wait_for("[4 Pods", SOON);
    write(&household, "keys.toml", "[global]\ngo-pods = \n");
    says(&mut terminal, "The settings stay as they were:");
    says(&mut terminal, "keys.toml:2: string values must be quoted");
    terminal.press("\x1b").wait_gone("stay as they were", SOON);
    terminal.press("1").wait_for("[1 Home", SOON).press("P").wait_for("[4 Pods", SOON);
    write(&household, "keys.toml", "[global]\ngo-pods = 'P'\n");
    terminal.wait_gone("stay as they were", SOON);
    write(&household, "config.toml", "[terminal]\nglyphs = 'ascii'\n[engine\n");
    says(&mut terminal, "config.toml is not a configuration: line 3");
    assert!(terminal.screen().contains('─'), "{}", terminal.screen());
    write(&household, "config.toml", "[terminal]\nglyphs = 'ascii'\n");
    // The complaint goes by itself: it is true no more.
    terminal.wait_until("ASCII", SOON, |screen| !screen.contains('─') && !screen.contains("stay as they were"));
    write(&household, "config.toml", "[terminal]\ntheme = 'sea'\ncolours = 256\nglyphs = 'unicode'\n");
    says(&mut terminal, "terminal.theme cannot be");
    write(&household, "themes/sea.toml", "accent = '#ff00af'\n");
    let pink = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"38;5;199");
    terminal.wait_for_bytes("the colour of one's own", SOON, pink);
    terminal.leave("Q", SOON);
}

#[test]
fn an_action_of_ones_own_gets_the_terminal_and_values_that_do_nothing() {
    let household = with_apps();
    let action = "[[action]]\nname = 'Tell'\nscope = 'app'\nkey = 'Ctrl-o'\nconfirm = true\ninput = ['how']\n\
                  run = 'test -t 0 && printf \"%s <%s> typed\" {input.how} {app.name}'\n\
                  [[action]]\nname = 'Broken'\nscope = 'app'\nrun = 'echo {pod.id}'\n";
    write(&household, "config.toml", action);
    let check = household.ask(&["config", "check"]);
    let trouble = check.envelope["data"]["trouble"][0].as_str().unwrap_or_default();
    assert_eq!(check.code, 2);
    assert!(trouble.contains("config.toml:8: the action \"Broken\" is not used: there is no {pod.id}"), "{trouble}");
    let mut terminal = open(&household, &["--offline"]);
    terminal.wait_for("1 Home", SOON).press("2").wait_for("it's $(touch hacked)", SOON);
    terminal.press("a").wait_for("Tell", SOON).press("\x1b").wait_gone("Tell", SOON);
    // The one with the odd name is the first by name.
    terminal.press("gg\x0f").wait_for("how", SOON).press("so; it").wait_for("so; it", SOON);
    terminal.press("\r\r").wait_for("Run", SOON);
    terminal.press_until("y", SOON, |screen| screen.contains("any key goes back"));
    let screen = terminal.screen();
    assert!(screen.contains("so; it <it's $(touch hacked)> typed"), "{screen}");
    terminal.press(" ").wait_for("[2 Apps", SOON).leave("Q", SOON);
    assert!(!household.data_dir().parent().unwrap().join("home/hacked").exists());
}

#[test]
fn what_the_program_is_left_at_is_kept_when_the_terminal_is_lost() {
    let household = with_apps();
    for screen in ["[4 Pods", "[2 Apps", "[5 Engines"] {
        let mut first = open(&household, &["--offline"]);
        first.wait_for("1 Home", SOON).press(&screen[1..2]).wait_for(screen, SOON);
        assert_eq!(first.hang_up(SOON).exit_code(), 129);
        let mut second = open(&household, &["--offline"]);
        second.wait_for(screen, SOON).leave("Q", SOON);
    }
}

#[test]
fn settings_behind_a_link_hold_at_once_and_undo_nothing_that_was_chosen_in_the_program() {
    let household = with_apps();
    let dotfiles = household.data_dir().join("dotfiles");
    std::fs::create_dir_all(&dotfiles).unwrap();
    std::fs::create_dir_all(household.data_dir().join("config")).unwrap();
    let save = |content: &str| std::fs::write(dotfiles.join("kab"), content).unwrap();
    save("[terminal]\ntheme = 'dark'\n");
    std::os::unix::fs::symlink(dotfiles.join("kab"), household.data_dir().join("config/config.toml")).unwrap();
    let mut terminal = Terminal::open(household.in_terminal(&[]), Size(160, 50));
    terminal.wait_for("theme dark", SOON).wait_for("live", Duration::from_mins(3));
    terminal.press(":theme light").wait_for("theme light", SOON).press("\r").wait_gone("theme dark", SOON);
    save("[terminal]\ntheme = 'dark'\nglyphs = 'ascii'\n");
    terminal.wait_until("ASCII", SOON, |screen| !screen.contains('─'));
    assert!(terminal.screen().contains("theme light"), "{}", terminal.screen());
    // The way to the server, while it is connected.
    save("[terminal]\ntheme = 'high-contrast'\nlow_bandwidth = 'on'\nmax_kbps = 100000\n");
    terminal.wait_for("slow link", SOON).wait_for("theme high-contrast", SOON);
    save("[terminal]\naccessibility = 'plain'\n");
    says(&mut terminal, "hold from the next start");
    terminal.wait_gone("slow link", SOON).leave("Q", SOON);
}
