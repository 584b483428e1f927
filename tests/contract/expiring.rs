//! A token that expires while somebody reads a log and while somebody types: nothing breaks off, nothing is lost.

use std::time::Duration;

use kab::server::ClientRole;

use crate::{
    in_the_terminal::{Place, token_file},
    pseudo_terminal::{Size, Terminal},
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);

/// The token expires; another one is in the file. Sockets are opened anew, as they are when a server enforces it.
fn renew(place: &Place, old: &str) -> String {
    let token = place.runtime.block_on(place.house.face.token("org.example.terminal", ClientRole::Interface));
    token_file(&place.household, &token);
    place.house.face.script().expire(old);
    place.runtime.block_on(place.house.cut());
    token
}

/// Waits until the server is asked for something, which needs the new token.
fn until_asked_again(place: &Place) {
    let asked = place.house.face.requests().0.len();
    place.runtime.block_on(crate::support::eventually("the server is asked again", async || {
        (place.house.face.requests().0.len() > asked).then_some(())
    }));
}

#[test]
fn a_token_that_expires_ends_no_log_and_takes_no_typed_text_away() {
    let place = Place::new();
    place.household.ask(&["install", "com.example.plain", "--wait", "--yes"]).data();
    let pod = place.pods()[0]["id"].as_str().unwrap().to_owned();
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    screen.press("4").wait_for("[4 Pods", SOON).wait_for("RUNNING", SOON).wait_for("Engines 1/1", SOON);
    screen.press("l").wait_for("hello", SOON);
    place.house.deployer.writes(&pod, "before the token expired");
    screen.wait_for("before the token expired", SOON);

    let token = renew(&place, &place.token);
    place.house.deployer.writes(&pod, "after the token expired");
    screen.wait_for("after the token expired", SOON).wait_for("before the token expired", SOON);
    assert!(!screen.screen().contains("SIGNED OUT"), "{}", screen.screen());

    // The form of an action of the engine's own.
    screen.press("q").wait_for("[4 Pods", SOON).press("a").wait_for("Move", SOON);
    let is_chosen = |screen: &str| screen.lines().any(|line| line.contains("> ") && line.contains("Move"));
    screen.press_until("j", SOON, is_chosen).press("\r");
    let field = |text: &'static str| {
        move |screen: &str| screen.lines().any(|line| line.contains("target") && line.contains(text))
    };
    screen.wait_for("target", SOON).press("Loc").wait_until("it is typed", SOON, field("Loc"));
    let token = renew(&place, &token);
    until_asked_again(&place);
    screen.wait_until("it is there still", SOON, field("Loc"));
    screen.press("al Node").wait_until("it goes on", SOON, field("Local Node")).press("\r");
    screen.press_until("\r", SOON, |screen| !screen.contains("target"));
    let moved = || place.house.deployer.assigned().into_iter().find(|frame| frame["interface"] == "move");
    let frame = place.runtime.block_on(crate::support::eventually("it is asked for", async || moved()));
    assert!(frame["args"]["target"]["object"].is_string(), "{frame}");
    assert_eq!(frame["args"]["pod"]["object"], pod.as_str(), "{frame}");
    assert!(!screen.screen().contains("SIGNED OUT"), "{}", screen.screen());

    screen.wait_for("[4 Pods", SOON).press("/pla").wait_for("/pla", SOON);
    renew(&place, &token);
    until_asked_again(&place);
    screen.wait_for("/pla", SOON).press("in\r").wait_for("/plain", SOON).wait_for("RUNNING", SOON);
    assert!(!screen.screen().contains("SIGNED OUT"), "{}", screen.screen());
    screen.leave("Q", SOON);
}
