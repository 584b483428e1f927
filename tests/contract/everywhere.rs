//! The pods of all servers in one list: by command and in the terminal. A server that does not answer is named.

use std::time::Duration;

use crate::{
    in_the_terminal::{Place, token_file},
    pseudo_terminal::{Size, Terminal},
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn the_pods_of_all_contexts_stand_in_one_list_and_who_does_not_answer_is_named() {
    let place = Place::new();
    place.household.ask(&["install", "com.example.plain", "--wait", "--yes"]).data();
    let all = place.household.ask(&["pods", "--all-contexts"]);
    assert_eq!(all.code, 0, "that this machine has no server is no failure: {}", all.envelope);
    // Nobody listens at port 9 of loopback.
    let (nobody, file) = ("http://127.0.0.1:9", token_file(&place.household, &place.token));
    let add = ["context", "add", "far", "--kabinet", nobody, "--rekuest", nobody, "--token-file", &file];
    place.household.ask(&add).data();
    let all = place.household.ask(&["pods", "list", "--all-contexts"]);
    assert_eq!(all.code, 4, "{}", all.envelope);
    let pods = &all.envelope["data"];
    assert_eq!((&pods[0]["context"], &pods[0]["status"]), (&"lab".into(), &"RUNNING".into()), "{pods}");
    let error = &all.envelope["error"];
    assert!(error["why"].as_str().unwrap().starts_with("far: "), "{error}");
    assert_eq!(error["id"].as_str().map(str::len), Some(5), "{error}");

    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(80, 24));
    screen.wait_for("live", SOON).press(":").wait_for("Go to or do", SOON).press("pods @*\r");
    screen.wait_for("CONTEXT", SOON).wait_for("far is not shown", SOON).wait_for("local is not shown", SOON);
    screen.wait_for("> lab", SOON).press("\r").wait_for("[4 Pods", SOON).wait_for("plain", SOON);
    screen.leave("Q", SOON);
}
