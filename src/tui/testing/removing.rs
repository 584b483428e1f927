//! Removing pods: what goes and what stays, the log that is saved first, and pods that changed meanwhile.

use super::{Driver, fixtures};
use crate::domain::{PodStatus, PodVerb};
use crate::tui::effect::{Effect, Removal};
use crate::tui::message::Message;

fn removals(driver: &mut Driver) -> Vec<(String, Option<Removal>)> {
    let removals = driver.asked().into_iter().filter_map(|effect| match effect {
        Effect::Act { verb: PodVerb::Remove, pod, removal, .. } => Some((pod.to_string(), removal)),
        _ => None,
    });
    removals.collect()
}

#[test]
fn the_question_says_what_goes_what_stays_and_where_the_log_is_saved() {
    let mut driver = Driver::full(80, 24).keys("4 j j D").wait(500);
    let screen = driver.screen();
    for text in ["Removes the container and its record", "Keeps the image (", "saved first in ~/.local/state/kab/logs"]
    {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    driver.asked();
    let mut driver = driver.keys("y");
    let [(pod, Some(removal))] = &removals(&mut driver)[..] else { panic!("one removal") };
    let log = removal.log.as_deref().unwrap_or_default();
    assert_eq!((pod.as_str(), &removal.seen), ("15", &PodStatus::Running));
    assert!(log.starts_with("~/.local/state/kab/logs/omero-bridge-"), "{log}");
}

#[test]
fn a_key_lets_the_log_go() {
    let driver = Driver::full(80, 24).keys("4 j j D").wait(500).keys("l");
    assert!(driver.screen().contains("gone with the container, not saved"), "{}", driver.screen());
    let mut driver = driver.wait(500).keys("y");
    let [(_, Some(removal))] = &removals(&mut driver)[..] else { panic!("one removal") };
    assert_eq!(removal.log, None);
}

#[test]
fn a_pod_that_changed_since_the_question_is_asked_about_again() {
    let driver = Driver::full(80, 24).keys("4 j j D").wait(500);
    let mut pod = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "15").unwrap();
    pod.status = PodStatus::Stopped;
    let mut driver = driver.send(Message::PodChanged(Box::new(pod))).keys("y");
    assert_eq!(removals(&mut driver), []);
    let screen = driver.screen();
    assert!(screen.contains("Look again") && screen.contains("STOPPED now"), "{screen}");
    let mut driver = driver.wait(500).keys("y");
    let [(_, Some(removal))] = &removals(&mut driver)[..] else { panic!("asked again, and yes") };
    assert_eq!(removal.seen, PodStatus::Stopped);
}

#[test]
fn all_that_goes_can_be_read_where_there_is_little_room() {
    let driver = Driver::full(40, 12).keys("4 * D").wait(500);
    let last = fixtures::pods().last().unwrap().name();
    let seen = (0..40).scan(driver, |driver, _| {
        let screen = driver.screen();
        let moved = std::mem::replace(driver, Driver::new(40, 12)).keys("j");
        *driver = moved;
        Some(screen)
    });
    let all: Vec<String> = seen.collect();
    assert!(all.iter().any(|screen| screen.contains(&last[..12])), "{}", all.last().unwrap());
}

#[test]
fn what_waits_is_seen_although_an_error_waits_too() {
    let failure = crate::domain::Failure::new("Could not list the apps", "the server is busy");
    let driver = Driver::full(80, 24).send(Message::Apps(Err(failure))).keys("4 j j s");
    let screen = driver.screen();
    assert!(screen.contains("the server is busy") && screen.contains("in 5 s"), "{screen}");
    assert!(screen.contains("undo"), "{screen}");
    let small = Driver::full(40, 12).keys("4 j j s").screen();
    assert!(small.contains("in 5 s") && small.contains("undo"), "{small}");
}

#[test]
fn what_waits_can_be_undone_from_the_log_and_from_the_page() {
    for keys in ["4 j j s l z", "4 j j enter s z"] {
        let mut driver = Driver::full(80, 24).keys(keys).wait(60_000);
        assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })), "{keys}");
    }
}
