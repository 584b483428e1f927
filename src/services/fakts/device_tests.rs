//! Device codes: what each answer means, and when the next one is asked for.

use serde_json::Value;

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "answers come as results")]
fn answer(status: u16, body: Value) -> Result<Answer> {
    Ok(Answer { status, body })
}

fn network() -> Error {
    Error::Network { service: "Lok".into(), why: "refused".into(), sent: super::super::super::error::Sent::No }
}

#[test]
fn answers_of_version_one() {
    let poll = |body: Value| Poll::of_version_one(answer(200, body));
    assert_eq!(poll(json!({"status": "pending", "message": "User  has not verfied the challenge"})), Poll::Waiting);
    assert_eq!(poll(json!({"status": "waiting"})), Poll::Waiting, "older servers");
    let granted = Poll::Granted(Redeemed::ClientToken(Secret::new("6f0c")));
    assert_eq!(poll(json!({"status": "granted", "token": "6f0c", "later": 1})), granted);
    assert_eq!(poll(json!({"status": "denied", "message": "by ada"})), Poll::Denied("by ada".into()));
    assert_eq!(poll(json!({"status": "expired", "message": "late"})), Poll::Expired);
    assert_eq!(poll(json!({"status": "error", "error": "Challenge does not exist"})), Poll::Vanished);
    assert!(matches!(poll(json!({"status": "granted"})), Poll::Failed(Error::Unreadable { .. })));
    assert!(
        matches!(poll(json!({"status": "odd", "message": "why"})), Poll::Failed(Error::Refused(why)) if why == "why")
    );
    assert!(matches!(poll(json!({"status": "error", "error": "x"})), Poll::Failed(_)));
    assert!(matches!(poll(json!([])), Poll::Failed(_)));
    assert!(matches!(Poll::of_version_one(answer(502, json!({}))), Poll::Trouble(_)));
    assert!(matches!(Poll::of_version_one(answer(404, json!({}))), Poll::Failed(Error::Status { status: 404, .. })));
    assert_eq!(Poll::of_version_one(answer(429, json!({}))), Poll::SlowDown);
    assert!(matches!(Poll::of_version_one(Err(network())), Poll::Trouble(_)));
}

#[test]
fn answers_of_version_two() {
    let poll = |status: u16, code: &str| Poll::of_version_two(answer(status, json!({"error": code})));
    assert_eq!(poll(400, "authorization_pending"), Poll::Waiting);
    assert_eq!(poll(200, "authorization_pending"), Poll::Waiting, "whatever HTTP says");
    assert_eq!(poll(400, "slow_down"), Poll::SlowDown);
    assert_eq!(poll(429, "slow_down"), Poll::SlowDown);
    assert_eq!(poll(400, "access_denied"), Poll::Denied("access_denied".into()));
    assert_eq!(poll(400, "expired_token"), Poll::Expired);
    assert_eq!(poll(400, "invalid_grant"), Poll::Vanished);
    assert!(matches!(poll(401, "invalid_client"), Poll::Failed(Error::SignIn(_))));
    assert!(matches!(poll(503, "busy"), Poll::Trouble(_)));
    assert!(matches!(Poll::of_version_two(Err(network())), Poll::Trouble(_)));
    let body = json!({"access_token": "a", "refresh_token": "r", "client_id": "c"});
    assert!(matches!(Poll::of_version_two(answer(200, body)), Poll::Granted(Redeemed::Grant(_))));
    let page = Error::Page { service: "Lok".into(), status: 504, title: String::new() };
    assert!(matches!(Poll::of_version_two(Err(page)), Poll::Trouble(_)));
    let page = Error::Page { service: "Lok".into(), status: 200, title: String::new() };
    assert!(matches!(Poll::of_version_two(Err(page)), Poll::Failed(_)));
}

#[test]
fn the_pace_slows_down_and_ends() {
    let start = Instant::now();
    let mut pace = Pace::at(start, STEP, Duration::from_mins(5));
    assert_eq!(pace.next(start), Some(STEP));
    pace.hear(&Poll::Waiting);
    pace.hear(&Poll::Trouble("gone".into()));
    assert_eq!(pace.next(start), Some(STEP));
    pace.hear(&Poll::SlowDown);
    assert_eq!(pace.next(start), Some(STEP * 2));
    let late = start + Duration::from_secs(301);
    assert_eq!(pace.next(late), Some(Duration::from_secs(2)), "the last question is asked before the end");
    assert_eq!(pace.next(start + Duration::from_secs(303)), None);
    assert_eq!(pace.left(start), Duration::from_mins(5));
    assert_eq!(pace.left(late), Duration::ZERO);
}

fn discovery(frontend: Option<&str>, configure: Option<&str>, base: &str) -> Discovery {
    Discovery {
        name: "lab".into(),
        protocol: Protocol::One,
        address: "https://lab.org".into(),
        base_url: base.into(),
        frontend_url: frontend.map(str::to_owned),
        configure_url: configure.map(str::to_owned),
        token_endpoint: None,
        device_endpoint: None,
        revocation_endpoint: None,
    }
}

#[test]
fn the_link_is_made_of_what_the_server_tells() {
    let base = "https://lab.org/lok/f/";
    let told = invitation(&discovery(Some("https://lab.org/"), Some("https://lab.org/other/"), base), "3fa9");
    assert_eq!(told.link, "https://lab.org/configure/3fa9");
    assert_eq!((told.page.as_deref(), told.other_link), (Some("https://lab.org/device"), None));
    let quirk = invitation(&discovery(Some("https://lab.org/lok/"), None, base), "3fa9");
    assert_eq!(quirk.link, "https://lab.org/lok/configure/3fa9");
    assert_eq!(quirk.other_link.as_deref(), Some("https://lab.org/configure/3fa9"));
    let old = invitation(&discovery(None, Some("https://lab.org/configure/"), base), "3fa9");
    assert_eq!((old.link.as_str(), old.page), ("https://lab.org/configure/3fa9", None));
    let oldest = invitation(&discovery(None, None, base), "3fa9");
    assert_eq!(oldest.link, "https://lab.org/configure/3fa9");
}

#[test]
fn only_web_pages_are_links() {
    assert!(is_link("https://lab.org/configure/1") && is_link("http://lab.org/"));
    for text in ["file:///etc/passwd", "javascript:alert(1)", "-x", "lab.org"] {
        assert!(!is_link(text), "{text}");
    }
}
