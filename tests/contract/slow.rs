//! A link of 800 ms and 16 kB a second: it is noticed, less is asked for, and what that costs can be seen.

use std::time::Duration;

use kab::{
    domain::{Outcome, Speed},
    services::{LowBandwidth, Store},
};

use crate::{
    catalogue,
    face::{Face, Generation},
    in_the_terminal::Place,
    pseudo_terminal::{Size, Terminal},
    questions::first_question,
    support::{PATIENCE, eventually},
};

/// Over such a link everything takes long.
const LATE: Duration = Duration::from_mins(2);

/// The worst link that people have.
fn make_slow(face: &Face) {
    face.link().set_round_trip(Duration::from_millis(800));
    face.link().set_speed(16 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_link_is_noticed_read_in_small_pages_and_believed_again_when_it_is_fast() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(60)).await;
    let store = Store::connect(face.access().await).await.unwrap();
    let meter = store.session().http().meter().clone();
    store.check().await.unwrap();
    store.engines().await.unwrap();
    assert_eq!(meter.speed(), Speed::Usual);
    make_slow(&face);
    let noticed = eventually("the link is found to be slow", async || {
        store.engines().await.unwrap();
        (meter.speed() == Speed::Slow).then_some(())
    });
    tokio::time::timeout(PATIENCE * 6, noticed).await.unwrap();
    let before = face.requests().of("Releases").len();
    assert_eq!(store.all_apps().await.unwrap().len(), 60);
    let pages: Vec<_> = face.requests().of("Releases")[before..]
        .iter()
        .map(|request| request.variables["pagination"]["limit"].as_i64().unwrap())
        .collect();
    assert_eq!(pages, [25, 25, 25]);
    face.link().set_round_trip(Duration::ZERO);
    face.link().set_speed(0);
    let believed = eventually("the link is found to be fast again", async || {
        store.all_apps().await.unwrap();
        (meter.speed() == Speed::Usual).then_some(())
    });
    tokio::time::timeout(PATIENCE * 6, believed).await.unwrap();
    let told = meter.ended().await;
    assert!(told.iter().all(|request| request.outcome == Outcome::Answered(200)), "{told:?}");
    let releases = told.iter().filter(|request| request.name == "Releases");
    assert!(
        releases.clone().count() >= 3 && releases.clone().all(|it| it.received > 1_000 && it.sent > 100),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_says_of_the_link_counts_more_than_what_is_measured() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(30)).await;
    let store = Store::connect(face.access().await).await.unwrap();
    let meter = store.session().http().meter();
    meter.hold(LowBandwidth::On, None);
    assert_eq!(store.all_apps().await.unwrap().len(), 30);
    assert_eq!(face.requests().of("Releases").len(), 2);
    meter.hold(LowBandwidth::Off, None);
    assert_eq!(store.all_apps().await.unwrap().len(), 30);
    assert_eq!(face.requests().of("Releases").len(), 3);
}

#[test]
fn in_the_terminal_a_slow_link_is_said_and_what_is_asked_is_seen_and_logged_without_secrets() {
    let place = Place::new();
    make_slow(&place.house.face);
    let mut command = place.household.in_terminal(&[]);
    command.env("KAB_LOG", "kab=debug");
    let mut screen = Terminal::open(command, Size(120, 30));
    screen.wait_for("slow link", LATE).wait_for("rtt ", LATE);
    screen.press("2").wait_for("[2 Apps", LATE).wait_for("oneapi", LATE);
    screen.press("@").wait_for("[Messages]", LATE).wait_for("The link is slow", LATE);
    screen.press("\t").wait_for("[Requests", LATE).wait_for("Releases", LATE);
    screen.press("\t").wait_for("[Network]", LATE).wait_for("at most 4 frames a second", LATE);
    screen.press("\x1b").wait_gone("[Network]", LATE);
    screen.leave("q", LATE);
    let log = std::fs::read_to_string(place.household.data_dir().join("state/kab.log")).unwrap();
    assert!(log.lines().any(|line| line.contains("Kabinet Releases: 200")), "{log}");
    assert!(!log.contains(&place.token) && !log.contains("Bearer"), "{log}");
}

#[test]
fn in_a_multiplexer_behind_a_slow_link_nothing_is_asked_before_a_key_and_prompts_hold_what_was_typed() {
    let place = Place::new();
    make_slow(&place.house.face);
    let mut command = place.household.in_terminal(&[]);
    // A multiplexer on this side of the line: TMUX is not told over it.
    command.env("TERM", "tmux-256color");
    let mut screen = Terminal::open(command, Size(120, 30));
    screen.wait_for("[1 Home]", LATE);
    assert_eq!(first_question(&screen.first_bytes()), None, "before anybody has answered");
    screen.wait_for("slow link", LATE);
    assert_eq!(first_question(&screen.first_bytes()), None, "before the first key");
    screen.press("2").wait_for("[2 Apps", LATE).wait_for("plain", LATE);
    // Answers to what another program has asked arrive late: they are no keys.
    let late = "\x1b[?62;4c\x1b[1;1R\x1b[?0u";
    let at = |prompt: &'static str| {
        move |screen: &str| screen.lines().any(|line| line.trim().starts_with(prompt) && !line.contains("62"))
    };
    screen.press(&format!("/pl{late}ai")).wait_until("the filter", LATE, at("/plai"));
    screen.press("\x1b").wait_gone("/plai", LATE);
    screen.press(&format!(":po{late}ds")).wait_for("pods", LATE);
    let shown = screen.screen();
    let stray = ["62;", "1;1R", "?0u"].into_iter().find(|piece| shown.contains(piece));
    assert_eq!(stray, None, "{shown}");
    screen.press("\r").wait_for("[4 Pods", LATE);
    assert_eq!(first_question(&screen.first_bytes()), None);
    screen.leave("Q", LATE);
}
