//! Finding, filtering, and how lines look.

use super::*;

fn mixed() -> Driver {
    let mut lines = Vec::new();
    for at in 0..40_i64 {
        let text = match at {
            7 | 20 => format!("ERROR number {at}"),
            15 => "ERROR GET /healthz".into(),
            _ => format!("info {at}"),
        };
        lines.push(LogLine { text, ..line(at) });
    }
    send(opened(80, 24), lines)
}

fn lines_shown(driver: &Driver) -> usize {
    driver.screen().lines().filter(|line| line.contains("info ") || line.contains("ERROR ")).count()
}

#[test]
fn errors_and_matches_are_found_in_both_directions() {
    let mut log = empty(80, 10);
    log.take(TICKET, LogKind::Live, fixtures::log());
    log.step(Step::Top);
    assert_eq!(act(&mut log, Action::NextError), None);
    let one = log.found.unwrap();
    act(&mut log, Action::NextError);
    assert!(log.found.unwrap() > one);
    act(&mut log, Action::PreviousError);
    assert_eq!(log.found, Some(one));
    assert_eq!(act(&mut log, Action::PreviousError).as_deref(), Some("No error this way"));
    log.find("nothing like it");
    assert_eq!(act(&mut log, Action::NextMatch).as_deref(), Some("No match"));
}

#[test]
fn a_search_keeps_all_lines_counts_and_goes_round() {
    let mut log = log(100);
    log.step(Step::Top);
    log.find("line .*5$");
    let counted = |log: &LogView| (log.found, log.store.matches().len(), log.store.len());
    assert_eq!(counted(&log), (Some(5), 10, 100));
    assert_eq!(act(&mut log, Action::PreviousMatch).as_deref(), Some("Went on at the end"));
    assert_eq!(log.found, Some(95));
    assert_eq!(act(&mut log, Action::NextMatch).as_deref(), Some("Went on at the top"));
    assert_eq!(act(&mut log, Action::NextMatch), None);
    assert_eq!(log.found, Some(15));
    let it = send(opened(80, 24), (0..100).map(line).collect()).keys("/").text("line .*5$").keys("enter n");
    assert!(it.screen().contains("/line .*5$ 10/10"), "{}", it.screen());
    assert!(it.keys("/").text("line 1").keys("esc").screen().contains("line 99"), "given up, it is where it was");
    let it = send(opened(80, 24), (0..100).map(line).collect()).keys("/").text("line (").keys("enter");
    assert!(it.screen().contains("letter by letter") && it.screen().contains("0/0 as text"), "{}", it.screen());
}

#[test]
fn filters_stack_as_chips_and_an_empty_one_clears_them() {
    let it = mixed().keys("&").text("error").keys("enter");
    assert_eq!(lines_shown(&it), 3, "{}", it.screen());
    let it = it.keys("&").text("!healthz");
    assert!(it.screen().contains("[error][!healthz]"), "{}", it.screen());
    // Given up, it is as before; meant, both count.
    let it = it.keys("esc");
    assert!(it.screen().contains("[error]") && !it.screen().contains("healthz]"), "{}", it.screen());
    let it = it.keys("&").text("!healthz").keys("enter");
    assert_eq!(lines_shown(&it), 2, "{}", it.screen());
    assert!(it.screen().contains("2 lines of 40"), "{}", it.screen());
    let it = it.keys("c");
    assert_eq!(lines_shown(&it), 14, "three before and after both, without the healthz line between: {}", it.screen());
    let it = it.keys("c c & enter");
    assert_eq!(lines_shown(&it), 20, "{}", it.screen());
    assert!(it.screen().contains("40 lines") && !it.screen().contains("[error]"), "{}", it.screen());
    let it = it.keys("&").text("zebrafish").keys("enter");
    assert!(it.screen().contains("No line fits [zebrafish]"), "{}", it.screen());
    assert!(it.keys("esc").screen().contains("info 39"));
}

#[test]
fn only_lines_that_are_shown_count_as_new() {
    let it = mixed().keys("&").text("error").keys("enter k");
    let it = send(it, (50..60).map(line).collect());
    assert!(it.screen().contains("PAUSED (f follows)"), "{}", it.screen());
    let it = send(it, vec![LogLine { text: "an error".into(), ..line(61) }]);
    assert!(it.screen().contains("PAUSED +1 new (f follows)"), "{}", it.screen());
}

#[test]
fn the_outputs_are_told_apart_only_where_the_log_tells_them() {
    let it = send(opened(80, 24), fixtures::log()).keys("o o");
    assert!(it.screen().contains("6 lines of 60") && it.screen().contains("stderr"), "{}", it.screen());
    assert!(it.keys("o").screen().contains("60 lines"));
    let it = send(opened(80, 24), vec![said("x")]).keys("o");
    assert!(it.screen().contains("Nothing tells which lines went to standard error"), "{}", it.screen());
}

#[test]
fn times_are_left_out_or_shown_as_ages_here_or_in_utc() {
    let at = Moment(crate::tui::testing::NOW.0 - 7_200_000);
    let mut it = send(opened(80, 24), vec![LogLine { at: Some(at), ..line(1) }]);
    it.app.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    for (expected, title) in [
        (" 12:13:20 line 1", "UTC"),
        (" line 1", "wrapped"),
        ("   2h line 1", "ages"),
        (" 14:13:20 line 1", "local time"),
    ] {
        let screen = it.screen();
        assert!(screen.lines().any(|line| line == expected) && screen.contains(title), "{expected}: {screen}");
        it = it.keys("t");
    }
    // Ages change by themselves, nothing else does.
    let it = it.keys("t t");
    assert!(it.app.wakes_at().is_some() && it.keys("t").wait(70_000).app.wakes_at().is_none());
}

#[test]
fn json_reads_as_a_line_as_a_block_and_as_it_was_sent() {
    let sent = r#"{"ts":"2026-11-24T18:53:34Z","level":"warn","msg":"slow","tile":7}"#;
    let it = send(opened(80, 24), vec![said(sent), said("plain")]);
    let it = it.keys("J");
    assert!(it.screen().contains("2026-11-24T18:53:34Z WARN slow tile=7"), "{}", it.screen());
    let it = it.keys("J");
    let screen = it.screen();
    assert!(screen.contains("  \"tile\": 7\n") && screen.contains("plain"), "{screen}");
    assert!(it.keys("J").screen().contains(sent));
}

#[test]
fn what_is_looked_for_is_looked_for_in_what_is_shown() {
    let sent = r#"{"level":"warn","msg":"slow","tile":7}"#;
    let it = send(opened(80, 24), vec![said(sent), said("tile=8")]).keys("J /").text("tile=7").keys("enter");
    assert!(it.screen().contains("/tile=7 1/1"), "{}", it.screen());
    let it = it.keys("esc &").text("WARN slow").keys("enter");
    assert!(it.screen().contains("1 lines of 2"), "{}", it.screen());
    // As it was sent it has other letters.
    let it = it.keys("J J");
    assert!(it.screen().contains("0 lines of 2"), "{}", it.screen());
    let it = it.keys("esc &").text("\"tile\":7").keys("enter");
    assert!(it.screen().contains("1 lines of 2"), "{}", it.screen());
    // Written out, it is found in its rows.
    let it = it.keys("esc J J /").text("^  \"tile\": 7$").keys("enter");
    assert!(it.screen().contains("1/1"), "{}", it.screen());
}

#[test]
fn a_mark_can_be_put_into_the_log() {
    let it = send(opened(80, 24), vec![line(1)]).keys("M");
    assert!(it.screen().contains("--- mark 14:13:20 UTC ---"), "{}", it.screen());
}

#[test]
fn nothing_but_text_reaches_the_screen() {
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31mred \u{1b}[31mtrue red\u{1b}[0m \u{202e}back\rlast";
    let json = "{\"msg\":\"\\u001b[2J\\u009b31m\",\"\\u202ekey\":\"\\u0007\"}";
    let it = send(opened(80, 24), vec![said(evil), said(json)]);
    for it in [it.keys("x"), send(opened(80, 24), vec![said(evil), said(json)]).keys("J")] {
        let screen = it.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{screen:?}");
        assert!(screen.contains("last"), "{screen}");
        let screen = it.keys("J").screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{screen:?}");
    }
}
