//! A log that does its worst, read in a pseudo-terminal: fast, with lines of 100 kB, bars that are painted over, every
//! script, and sequences that would steer the terminal.

use std::time::Duration;

use crate::{
    engine::Farm,
    pseudo_terminal::{Size, Terminal},
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_mins(1);
/// For ten megabytes.
const LATE: Duration = Duration::from_mins(4);
/// A line of 100 kB travels in pieces of 16 KiB.
const PIECES: usize = 7;
/// Lines of 8 kB that come while the log is paused: with the long ones, ten megabytes.
const STORM: usize = 1_100;
/// More than the store of the log and all else that a terminal needs, in MB.
const TOO_MUCH: u64 = 160;

/// What nobody but kab may send to a terminal. The word stands in each, to be looked for in what was sent.
const STEERING: [&str; 9] = [
    "\x1b]0;OWNED\x07",
    "\x1b]52;c;T1dORUQ=OWNED\x07",
    "\x1b]8;;http://OWNED\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPqOWNED\x1b\\",
    "\x1b_OWNED\x1b\\",
    "\u{9d}0;OWNED\u{9c}",
    "\x1b[7777;7777H",
    "\x1b[?7777h",
    "\u{9b}7777n",
];

fn lines() -> Vec<String> {
    let mut lines: Vec<String> = STEERING.iter().map(|text| format!("before {text} after")).collect();
    lines.push("\x1b[1;31mred\x1b[0m and \x1b[38;5;82mgreen\x1b[0m".into());
    lines.push((0..=100).map(|part| format!("\rtile {part} of 100")).collect::<Vec<_>>().concat());
    lines.push("漢字かな 한국어 e\u{301} 👩\u{200d}🔬 العربية \u{202e}drawkcab\u{202c} עברית".into());
    lines.push("x".repeat(100_000));
    lines
}

/// The escape sequences among the bytes, each as text.
fn sequences(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        rest = &rest[at..];
        let length = match rest.get(1) {
            Some(b'[') => rest.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte)).map(|end| end + 3),
            Some(b']' | b'P' | b'_' | b'^' | b'X') => {
                rest.iter().position(|byte| *byte == 0x07 || *byte == b'\\').map(|end| end + 1)
            }
            _ => Some(2),
        };
        let length = length.unwrap_or(rest.len()).min(rest.len());
        found.push(String::from_utf8_lossy(&rest[..length]).into_owned());
        rest = &rest[length..];
    }
    found
}

#[test]
fn a_log_that_does_its_worst_steers_nothing_moves_nothing_and_fits_into_memory() {
    let farm = Farm::begin(|_| ());
    let yard = &farm.yard;
    let mut screen = Terminal::open(farm.household.in_terminal(&[]), Size(120, 30));
    screen.wait_for(" live", SOON).press("4").wait_for("[4 Pods", SOON).wait_for("RUNNING", SOON);
    // Whatever the lists had to say would lie over the last lines.
    screen.press("\x1b\x1b").press("l").wait_for("LIVE", SOON).wait_for("line 48", SOON);

    let all = lines();
    let (long, short) = all.split_last().unwrap();
    for line in short {
        yard.writes(line);
    }
    screen.wait_for("漢字", SOON).wait_for("tile 100 of 100", SOON).wait_for("before", SOON);
    yard.writes(long);
    yard.writes("the first part is over");
    screen.wait_for("the first part is over", SOON);
    screen.press("kkkkkkkkkk").wait_for("PAUSED", SOON);
    let body = |screen: &Terminal| screen.screen().lines().skip(2).take(25).collect::<Vec<_>>().join("\n");
    let before = body(&screen);

    for at in 0..STORM {
        yard.writes(&format!("{at} \x1b[3{}mstorm\x1b[0m {}", at % 8, "0123456789abcdef".repeat(512)));
        if at % 100 == 0 {
            for line in lines() {
                yard.writes(&line);
            }
        }
    }
    yard.writes("the storm is over");
    let count = STORM + STORM / 100 * (lines().len() - 1 + PIECES) + 1;
    // An engine sends 32 kB in 150 ms at most.
    screen.wait_until("every line", LATE, |screen| {
        let told = screen.split("PAUSED").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
        told.trim_start_matches('+').replace(',', "").parse() == Ok(count)
    });
    assert_eq!(body(&screen), before, "a paused view does not move");
    screen.press("G").wait_for("the storm is over", SOON);
    let memory = screen.memory();
    assert!(memory < TOO_MUCH, "{memory} MB");

    let sent = screen.first_bytes();
    let text = String::from_utf8_lossy(&sent);
    assert!(!text.contains(['\u{202e}', '\u{9b}', '\u{9c}', '\u{9d}']), "nothing that turns or steers");
    for sequence in sequences(&sent) {
        assert!(!sequence.contains("OWNED") && !sequence.contains("7777"), "{sequence:?}");
    }
    screen.leave("Q", SOON);
    farm.end();
}
