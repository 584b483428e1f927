//! Where the view is, whatever arrives.

use proptest::prelude::*;

use super::*;
use crate::domain::{TaskKind, TaskState};

#[test]
fn at_the_end_it_follows_and_any_movement_up_pauses() {
    let mut log = log(100);
    assert_eq!(first(&log), "line 90");
    log.take(TICKET, LogKind::Live, vec![line(100)]);
    assert_eq!(first(&log), "line 91");
    log.step(Step::Up);
    log.take(TICKET, LogKind::Live, (101..200).map(line).collect::<Vec<_>>());
    assert_eq!((first(&log).as_str(), log.new), ("line 90", 99));
    log.step(Step::Bottom);
    assert_eq!((first(&log).as_str(), log.position), ("line 190", Position::Following));
}

#[test]
fn moving_down_to_the_end_follows_again() {
    let mut log = log(30);
    log.step(Step::Up);
    log.step(Step::Up);
    log.step(Step::Down);
    assert!(matches!(log.position, Position::Pinned { .. }));
    log.step(Step::Down);
    assert_eq!(log.position, Position::Following);
}

#[test]
fn a_line_taller_than_the_screen_can_be_walked_through() {
    let mut log = empty(21, 4);
    let text: String = "01234".repeat(30);
    log.take(TICKET, LogKind::Live, vec![said(&text), line(1)]);
    log.step(Step::Top);
    let mut seen = vec![log.top()];
    while log.position != Position::Following {
        log.step(Step::Down);
        seen.push(log.top());
    }
    let expected: Vec<_> = (0..=11).map(|row| (0, row)).collect();
    assert_eq!(seen, expected, "fourteen rows of eleven columns and one more");
    log.step(Step::Up);
    assert_eq!(log.top(), (0, 10));
    log.step(Step::PageUp);
    assert_eq!(log.top(), (0, 7));
    let mut wide = empty(20, 4);
    wide.take(TICKET, LogKind::Live, vec![said(&"細胞 ".repeat(400)), line(1)]);
    for step in [Step::Up, Step::Top, Step::Down, Step::Bottom, Step::PageUp, Step::PageDown] {
        wide.step(step);
        wide.visible_text();
    }
}

#[test]
fn without_a_file_the_pinned_line_stays_until_it_is_dropped_and_that_is_said_once() {
    let mut log = empty(80, 10);
    log.store = Store::bounded(100, 1 << 20);
    log.take(TICKET, LogKind::Live, (0..60).map(line).collect::<Vec<_>>());
    log.step(Step::Top);
    log.take(TICKET, LogKind::Live, (60..100).map(line).collect::<Vec<_>>());
    assert_eq!((first(&log).as_str(), log.lost), ("line 0", None));
    log.take(TICKET, LogKind::Live, (100..150).map(line).collect::<Vec<_>>());
    assert_eq!((first(&log).as_str(), log.lost), ("--- 51 lines dropped (buffer full) ---", Some(0)));
    log.take(TICKET, LogKind::Live, (150..160).map(line).collect::<Vec<_>>());
    assert_eq!(log.lost, Some(0));
    log.step(Step::Down);
    assert_eq!((first(&log).as_str(), log.lost), ("line 61", None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// At the bound of the ring as well, with a filter or without, wrapped or not.
    #[test]
    fn a_paused_view_does_not_move_while_lines_pour_in(
        before in 12_i64..150, ups in 1_usize..40, bursts in prop::collection::vec((1_i64..80, 0_usize..200), 1..12),
        filtered in any::<bool>(), spilling in any::<bool>(),
    ) {
        let mut log = empty(40, 10);
        log.store = Store::bounded(100, 1 << 20);
        if spilling {
            log.store = Store::bounded(100, 1 << 20).spilling();
        }
        if filtered {
            log.show_only("[02468]$");
            log.accept();
        }
        let mut file = std::collections::BTreeMap::new();
        let text = |number: i64, long: usize| LogLine { text: format!("{} {number}", "x".repeat(long)), ..line(number) };
        log.take(TICKET, LogKind::Live, (0..before).map(|at| text(at, 0)).collect::<Vec<_>>());
        for _ in 0..ups {
            log.step(Step::Up);
        }
        answer(&mut log, &mut file);
        let pinned = log.position;
        let Position::Pinned { line: pinned_line, .. } = pinned else { return Ok(()) };
        let seen = shown(&log);
        prop_assert!(!seen.is_empty());
        let mut next = before;
        for (count, long) in bursts {
            log.take(TICKET, LogKind::Live, (next..next + count).map(|at| text(at, long)).collect::<Vec<_>>());
            next += count;
            if log.store.oldest() >= pinned_line && !spilling {
                // It was dropped, or the marker stands there now.
                return Ok(());
            }
            prop_assert_eq!(log.position, pinned);
            let now = shown(&log);
            prop_assert_eq!(&now[..seen.len()], &seen[..]);
            answer(&mut log, &mut file);
            prop_assert_eq!(&shown(&log)[..seen.len()], &seen[..]);
        }
    }
}

/// The rows on the screen, as text.
fn shown(log: &LogView) -> Vec<String> {
    let theme = crate::tui::theme::Theme::default();
    let (from, row) = log.top();
    let rows = (from..log.store.len()).flat_map(|place| log.rows_at(place, &theme));
    rows.skip(row).take(log.screen_rows()).map(|row| super::shape::text_of(&row)).collect()
}

/// Does what a file would do.
fn answer(log: &mut LogView, file: &mut std::collections::BTreeMap<u64, Entry>) {
    for wish in log.wishes() {
        match wish {
            Effect::KeepLog { from, lines, .. } => file.extend((from..).zip(lines)),
            Effect::ReadLog { numbers, .. } => {
                log.take_page(numbers.iter().map(|number| (*number, file[number].clone())).collect());
            }
            _ => {}
        }
    }
}

#[test]
fn a_log_opens_at_the_first_error_of_a_pod_that_failed() {
    let it = Driver::full(80, 24).keys("4 l");
    let mut it = send(it, fixtures::log());
    let found = page(&mut it).found;
    assert_eq!(found, Some(4), "{}", it.screen());
    assert!(it.screen().contains('>') && it.screen().contains("PAUSED"), "{}", it.screen());
    // What arrives later does not move it, and f follows as ever.
    let mut it = send(it, fixtures::log()).keys("f");
    assert_eq!(page(&mut it).position, Position::Following);
    // The log of a pod that runs opens at its end.
    let mut it = send(opened(80, 24), fixtures::log());
    assert_eq!(page(&mut it).position, Position::Following);
}

#[test]
fn sideways_the_view_stays_where_it_is_while_lines_arrive() {
    let long = "0123456789".repeat(20);
    let it = send(opened(80, 24), vec![said(&long); 5]);
    assert!(it.screen().contains('↳'), "{}", it.screen());
    let it = it.keys("w right");
    assert!(it.screen().contains(" …89012345"), "{}", it.screen());
    let after = send(it, vec![said(&"abcdefghij".repeat(20))]);
    assert!(after.screen().contains(" …89012345") && after.screen().contains(" …ijabcdef"), "{}", after.screen());
    assert!(after.screen().contains("from column 18"), "{}", after.screen());
    // To the end of the longest line and no further, and back.
    let after = after.keys("right right right right right right right right right right right");
    assert!(after.screen().lines().any(|line| line.ends_with("0123456789")), "{}", after.screen());
    let after = after.keys("left left left left left left left left left left left");
    assert!(after.screen().contains(" 0123456789"), "{}", after.screen());
}

#[test]
fn a_log_goes_on_when_its_pod_was_restarted() {
    let mut it = opened(80, 24);
    let first = it.app.tickets;
    it = send(it, vec![line(1), line(2)]).send(Message::LogEnded(first, None));
    assert!(it.screen().contains("ENDED"));
    it.asked();
    let mut task = fixtures::tasks().remove(0);
    (task.id, task.kind, task.acted_on) = ("900".into(), TaskKind::Restart, vec!["@kabinet/pod:15".into()]);
    it = it.send(Message::TaskChanged(Box::new(task.clone())));
    task.state = TaskState::Done;
    let mut it = it.send(Message::TaskChanged(Box::new(task)));
    let again = it.app.tickets;
    let asked = it.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::Log { ticket, .. } if *ticket == again)), "{asked:?}");
    let it = send(it, vec![line(1), line(2), line(3)]);
    assert!(it.screen().contains("LIVE") && it.screen().contains("3 lines"), "{}", it.screen());
}

#[test]
fn what_a_snapshot_held_does_not_come_twice() {
    let mut log = empty(80, 10);
    log.take(TICKET, LogKind::Snapshot { taken_at: None }, (0..10).map(line).collect::<Vec<_>>());
    log.take(TICKET, LogKind::Live, (5..12).map(line).collect::<Vec<_>>());
    assert_eq!(log.store.total(), 12);
    log.take(TICKET, LogKind::Live, vec![line(12), line(12)]);
    assert_eq!(log.store.total(), 14);
}

#[test]
fn the_title_says_how_lines_come_and_what_of_the_log_it_is() {
    let it = opened(160, 50);
    let ticket = it.app.tickets;
    let kind = LogKind::Snapshot { taken_at: Some(Moment(1_790_000_531_000)) };
    let it = it.send(Message::LogLines(ticket, kind, (0..60).map(line).collect::<Vec<_>>().into()));
    let title = "SNAPSHOT 14:22:11 UTC (engine keeps the last 60 lines)  R fetch again";
    assert!(it.screen().contains(title), "{}", it.screen());
    let it = it.send(Message::LogLines(ticket, LogKind::Polled { seconds: 7 }, vec![line(60)].into()));
    assert!(it.screen().contains("> log   POLL 7 s"), "{}", it.screen());
}

#[test]
fn how_much_is_asked_for_can_be_typed() {
    let mut it = send(opened(80, 24), vec![line(1)]).keys("T j j j j j j j enter");
    assert!(it.screen().contains("how much: "), "{}", it.screen());
    it.asked();
    let mut it = it.text("90m").keys("enter");
    let asked = it.asked();
    assert!(matches!(asked.as_slice(), [_, Effect::Log { reach: Reach::Minutes(90), .. }]), "{asked:?}");
    assert!(it.screen().contains("the last 90 minutes"), "{}", it.screen());
    let mut it = it.keys("T enter").text("soon").keys("enter");
    assert_eq!(it.asked(), []);
    assert!(it.screen().contains("no count such as 500"), "{}", it.screen());
    assert_eq!(it.keys("T enter esc").asked(), []);
}

#[test]
fn the_title_says_what_matters_most_where_room_is_short() {
    let snapshot = |columns, lines: i64, reach: &str| {
        let mut it = opened(columns, 24).keys(reach);
        let ticket = it.app.tickets;
        let kind = LogKind::Snapshot { taken_at: Some(Moment(1_790_000_531_000)) };
        it = it.send(Message::LogLines(ticket, kind, (0..lines).map(line).collect::<Vec<_>>().into()));
        it.keys("k").send(Message::LogLines(
            ticket,
            kind,
            (0..142).map(|at| line(9_000 + at)).collect::<Vec<_>>().into(),
        ))
    };
    let title = |it: &Driver| it.screen().lines().next().unwrap_or_default().to_owned();
    let mut it = snapshot(80, 60, "");
    let told = title(&it);
    let name = page(&mut it).title.clone();
    assert!(told.contains("SNAPSHOT 14:22:11 UTC") && told.contains("PAUSED +142 new"), "{told}");
    assert!(told.contains(&name[..8]) && told.contains(&name[name.len() - 6..]), "{name}: {told}");
    // What was asked for is not what the engine keeps.
    let it = snapshot(160, 36, "T j j enter");
    assert!(title(&it).contains("(178 lines of it)"), "{}", title(&it));
    // Its time is told as the others are.
    let mut it = snapshot(160, 36, "");
    it.app.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    for time in ["14:22:11 UTC", "14:22:11 UTC", "SNAPSHOT just now", "16:22:11 here"] {
        assert!(title(&it).contains(time), "{time}: {}", title(&it));
        it = it.keys("t");
    }
}

#[test]
fn the_context_and_that_it_is_only_read_are_seen_over_a_log() {
    let mut it = send(opened(80, 24), vec![line(1)]);
    let mut session = it.app.session.clone();
    (session.word, session.read_only) = ("PROD".into(), Some("the flag".into()));
    it.app.session = session;
    let title = it.screen().lines().next().unwrap_or_default().to_owned();
    assert!(title.trim_end().ends_with("[PROD]  RO"), "{title}");
    let out = crate::domain::Failure::new("The connection is lost", "x").kind(crate::domain::FailureKind::SignIn);
    let it = it.send(Message::Lost(out, std::time::Duration::ZERO));
    assert!(it.screen().lines().next().unwrap().contains("SIGNED OUT"), "{}", it.screen());
}

#[test]
fn the_engine_is_asked_for_as_much_as_somebody_chooses() {
    let mut it = send(opened(80, 24), vec![line(1)]).keys("&").text("x").keys("enter T");
    assert!(it.screen().contains("The last 15 minutes"), "{}", it.screen());
    it.asked();
    it = it.keys("j enter");
    let asked = it.asked();
    let [Effect::StopLog, Effect::Log { ticket, reach, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    let (ticket, reach) = (*ticket, *reach);
    assert_eq!((reach, ticket), (Reach::Minutes(1), it.app.tickets));
    // The filter stays, the lines go; answers to the former question are not for it.
    assert!(it.screen().contains("[x]") && it.screen().contains("0 lines"), "{}", it.screen());
    let old = Ticket(ticket.0 - 1);
    let it = it.send(Message::LogLines(old, LogKind::Live, vec![said("x old")].into()));
    let it = it.send(Message::LogLines(ticket, LogKind::Live, vec![said("x new")].into()));
    assert!(it.screen().contains("x new") && !it.screen().contains("x old"), "{}", it.screen());
}
