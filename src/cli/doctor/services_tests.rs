//! Services: what is said of each way to answer.

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "answers come as results")]
fn probe(status: u16, milliseconds: u64) -> Result<Probe, Error> {
    Ok(Probe { status, date: None, took: Duration::from_millis(milliseconds) })
}

fn found(probes: Vec<Result<Probe, Error>>) -> Findings {
    Findings { address: "https://lab/kabinet".into(), probes, ..Findings::default() }
}

#[test]
fn health_is_judged_by_the_status_and_the_median() {
    for (status, times, state, words) in [
        (200, [900, 20, 10], State::Ok, "within 20 ms"),
        (200, [10, 1_500, 2_000], State::Warn, "slowly: 1500 ms"),
        (301, [1, 1, 1], State::Warn, "leads elsewhere"),
        (404, [1, 1, 1], State::Fail, "HTTP 404"),
        (503, [1, 1, 1], State::Fail, "in front of it"),
    ] {
        let checks = found(times.map(|time| probe(status, time)).to_vec()).checks(Service::Kabinet);
        assert!(checks[0].state == state && checks[0].detail.contains(words), "{checks:?}");
        assert_eq!((checks[0].kind, &checks[0].value["status"]), (FailureKind::Failed, &json!(status)));
    }
    let silent = Error::Deadline { service: "Kabinet".into(), after: LOOK };
    let checks = found(vec![probe(200, 1), Err(silent)]).checks(Service::Kabinet);
    assert_eq!((checks.len(), checks[0].state, checks[0].kind), (1, State::Fail, FailureKind::Network));
}

#[test]
fn the_clock_is_compared_with_the_middle_of_the_way() {
    let at = |date: i64, asked: i64| {
        let probe = Probe { status: 200, date: Some(Moment(date)), took: Duration::from_secs(2) };
        Findings { asked: Some(Moment(asked)), ..found(vec![Ok(probe)]) }.ahead()
    };
    assert_eq!(at(10_000, 11_500), Some(0));
    assert_eq!(at(610_000, 11_500), Some(600));
    assert_eq!(found(vec![probe(200, 1)]).ahead(), None);
}

#[test]
fn a_token_that_is_refused_and_a_page_of_a_proxy_are_told_apart() {
    for (error, kind) in [
        (Error::SignIn("Token has expired".into()), FailureKind::SignIn),
        (Error::Page { service: "Kabinet".into(), status: 502, title: "Bad".into() }, FailureKind::Failed),
        (Error::Refused("no".into()), FailureKind::Failed),
    ] {
        let findings = Findings { graphql: Some(Err(error)), ..found(vec![probe(200, 1)]) };
        let checks = findings.checks(Service::Kabinet);
        assert_eq!((checks[1].state, checks[1].kind), (State::Fail, kind), "{checks:?}");
    }
}

#[test]
fn how_changes_come_is_told_by_list() {
    let pushes = Pushes {
        pushed: vec![Topic::Catalogue],
        polled: vec![Topic::Pods],
        refused: vec![(Topic::Tasks, "no such field".into())],
    };
    let check = delivery(Service::Rekuest, &pushes);
    assert_eq!(
        check.detail,
        "pushed: catalogue; read again every few seconds: pods; refused, and so read again: tasks (no such field)"
    );
    assert_eq!(check.state, State::Warn);
    let polled = delivery(Service::Kabinet, &Pushes { polled: vec![Topic::Pods], ..Pushes::default() });
    assert_eq!((polled.state, &polled.value["polled"]), (State::Ok, &json!(["pods"])));
    let lost =
        Error::Network { service: "Kabinet".into(), why: "closed".into(), sent: crate::services::error::Sent::No };
    let findings = Findings { pushes: Some(Err(lost)), ..found(vec![probe(200, 1)]) };
    assert_eq!(findings.checks(Service::Kabinet)[1].state, State::Warn);
}

#[test]
fn a_generation_says_what_it_lacks() {
    let features = Features { generation: Generation::First, has: vec![], lacks: vec!["approvals"] };
    let check = generation(&features);
    assert!(check.detail.contains("first generation") && check.detail.ends_with(", without approvals"));
    assert_eq!(check.value["generation"], "first");
}
