//! Several pods in one stream.

use super::*;

/// The program with the logs of the marked pods open, and the tickets of their streams.
fn three() -> (Driver, Vec<Ticket>) {
    let mut it = Driver::full(80, 24).keys("4 j j space space space");
    it.asked();
    it = it.keys("l");
    let tickets = it.asked().into_iter().filter_map(|effect| match effect {
        Effect::Log { ticket, .. } => Some(ticket),
        _ => None,
    });
    let tickets: Vec<_> = tickets.collect();
    assert_eq!(tickets.len(), 3);
    (it, tickets)
}

fn told(it: Driver, ticket: Ticket, times: &[i64]) -> Driver {
    let lines: Vec<_> = times.iter().map(|at| line(*at)).collect();
    it.send(Message::LogLines(ticket, LogKind::Live, lines.into()))
}

fn numbers(it: &Driver) -> Vec<String> {
    let screen = it.screen();
    let shown = screen.lines().filter_map(|line| line.split_once("line "));
    shown.map(|(_, number)| number.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_lines_of_several_pods_are_in_order_and_named() {
    let (it, tickets) = three();
    assert!(it.screen().contains("3 pods > log"), "{}", it.screen());
    let it = told(told(it, tickets[0], &[1, 4]), tickets[1], &[2, 5]);
    assert_eq!(numbers(&it), [""; 0], "the third is waited for");
    let it = told(it, tickets[2], &[3]);
    assert_eq!(numbers(&it), ["1", "2", "3", "4", "5"], "{}", it.screen());
    let mut it = told(it, tickets[1], &[6]);
    let names: Vec<_> = page(&mut it).streams.iter().map(|stream| stream.name.clone()).collect();
    for name in names {
        let name: String = name.chars().take(6).collect();
        assert!(it.screen().contains(&format!(" {name}")), "{name}\n{}", it.screen());
    }
    // Copied lines carry the whole name.
    it.asked();
    it = it.keys("t Y");
    let Some(Effect::Copy(text)) = it.asked().pop() else { panic!() };
    assert!(text.lines().all(|line| line.contains(" | line ")), "{text}");
}

#[test]
fn a_pod_that_says_nothing_is_not_waited_for_for_ever() {
    let (it, tickets) = three();
    let it = told(told(it, tickets[0], &[2]), tickets[1], &[1]);
    assert!(it.app.wakes_at().is_some_and(|at| at.0 <= it.now.0 + 1_500));
    let it = it.wait(1_600);
    assert_eq!(numbers(&it), ["1", "2"], "{}", it.screen());
    assert!(it.screen().contains("2 LIVE, 1 asking"), "{}", it.screen());
    // One that ended is not waited for either.
    let (it, tickets) = three();
    let it = told(told(it, tickets[0], &[2]), tickets[1], &[1]).send(Message::LogEnded(tickets[2], None));
    assert_eq!(numbers(&it), ["1", "2"]);
}

#[test]
fn a_pod_can_be_muted_in_the_list_beside_the_log() {
    let (it, tickets) = three();
    let it = told(told(told(it, tickets[0], &[1, 4]), tickets[1], &[2]), tickets[2], &[3]);
    let it = it.keys("tab");
    assert!(it.screen().contains("Space mute"), "{}", it.screen());
    let it = it.keys("j space");
    assert!(it.screen().contains("muted"), "{}", it.screen());
    assert_eq!(numbers(&it), ["1", "3", "4"], "{}", it.screen());
    let it = told(it, tickets[1], &[5]).keys("tab");
    assert_eq!(numbers(&it), ["1", "3", "4"]);
    let it = it.keys("tab j space esc");
    assert_eq!(numbers(&it), ["1", "2", "3", "4", "5"], "{}", it.screen());
    let mut it = it.keys("q");
    assert!(it.asked().contains(&Effect::StopLog));
}

#[test]
fn one_pod_has_no_list_and_too_many_have_no_stream() {
    let it = send(opened(80, 24), vec![line(1)]).keys("tab");
    assert!(it.screen().contains("log of one pod"), "{}", it.screen());
    let mut pods = fixtures::pods();
    for at in 100..120 {
        pods.push(crate::domain::Pod { id: format!("{at}").into(), ..pods[0].clone() });
    }
    let it = Driver::full(80, 24).send(Message::Pods(Ok(pods))).keys("4 * l");
    assert!(it.screen().contains("one stream takes 16 at most"), "{}", it.screen());
}
