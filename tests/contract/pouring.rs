//! A terminal that goes while a log pours in: the program ends at once, also where its parent ignores hang-ups.

use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::{
    engine::Farm,
    pseudo_terminal::{Size, Terminal},
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// How long the process may be there without its terminal. A second is what is wanted, and what it takes a few hundredths
/// of on a machine that has nothing else to do; the rest is for one on which several tests run at once. A process that
/// burns on stays for ever.
const GONE: Duration = Duration::from_secs(4);

/// The number of the newest line on the screen.
fn newest(screen: &str) -> usize {
    let numbers = screen.lines().filter_map(|line| line.split("poured ").nth(1)?.split(' ').next()?.parse().ok());
    numbers.max().unwrap_or(0)
}

#[test]
fn a_terminal_that_goes_while_a_thousand_lines_a_second_are_followed_takes_the_program_along() {
    let farm = Farm::begin(|_| ());
    let household = &farm.household;
    let pouring = farm.runtime.spawn({
        let yard = std::sync::Arc::clone(&farm.yard);
        async move {
            let mut beat = tokio::time::interval(Duration::from_millis(10));
            for beaten in 0.. {
                beat.tick().await;
                for line in beaten * 10..beaten * 10 + 10 {
                    yard.writes(&format!("poured {line} of many"));
                }
            }
        }
    });
    let follow = |command: CommandBuilder| {
        let mut screen = Terminal::open(command, Size(120, 30));
        screen.wait_for(" live", SOON).press("4").wait_for("[4 Pods", SOON).wait_for("RUNNING", SOON);
        screen.press("l").wait_until("lines", SOON, |screen| newest(screen) > 0);
        let begun = newest(&screen.screen());
        screen.wait_until("a thousand lines more", SOON, |screen| newest(screen) > begun + 1_000);
        screen
    };
    assert_eq!(follow(household.in_terminal(&[])).hang_up(GONE).exit_code(), 128 + 1);
    // As a child of a shell that ignores SIGHUP it inherits that, and has to notice by itself.
    follow(household.in_shell("trap '' HUP; exec \"$0\"")).hang_up(GONE);
    follow(household.in_shell("trap '' HUP; \"$0\"; exit 3")).hang_up(GONE);
    pouring.abort();
    farm.end();
}
