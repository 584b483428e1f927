//! Nobody has to wait: a connection, a list and a request that was made by hand can be given up.

use super::Driver;
use crate::domain::{Failure, FailureKind, PodVerb};
use crate::tui::app::{Connection, Errand};
use crate::tui::effect::{Effect, List};
use crate::tui::message::{Message, Session};

fn connecting() -> Driver {
    Driver::new(80, 24).send(Message::Connecting("connecting to https://lab.example.org".into()))
}

#[test]
fn while_connecting_the_screen_says_whom_to_since_when_and_how_to_stop_it() {
    let driver = connecting().wait(3_000);
    let screen = driver.screen();
    assert!(screen.contains("Connecting to https://lab.example.org  0:03   c cancel   C other server"), "{screen}");
    let mut driver = driver.keys("2");
    driver.asked();
    let mut driver = driver.keys("c");
    assert_eq!(driver.asked(), [Effect::StopConnecting]);
    assert!(matches!(driver.app.connection, Connection::Failed { .. }));
    let screen = driver.screen();
    assert!(screen.contains("you stopped connecting to https://lab.example.org"), "{screen}");
    assert_eq!(driver.asked(), []);
    // What was on its way already changes nothing: nobody connects any more.
    let late = [
        Message::Connecting("looking for its services".into()),
        Message::ConnectFailed(Failure::new("Could not connect", "no route to host").kind(FailureKind::Network)),
        Message::Connected(Session::default()),
    ];
    let driver = late.into_iter().fold(driver, Driver::send);
    assert!(driver.screen().contains("you stopped connecting"), "{}", driver.screen());
    let mut driver = driver.wait(300_000);
    assert_eq!(driver.asked(), [], "nobody tries again what somebody stopped");
    assert_eq!(driver.keys("R").asked(), [Effect::Connect]);
}

#[test]
fn another_server_can_be_chosen_while_one_does_not_answer() {
    let mut driver = connecting();
    driver.asked();
    assert_eq!(driver.keys("C").asked(), [Effect::Contexts]);
}

#[test]
fn a_key_that_stops_connecting_means_something_else_afterwards() {
    let mut driver = Driver::full(80, 24).keys("6");
    driver.asked();
    assert!(!driver.keys("c").asked().contains(&Effect::StopConnecting));
}

#[test]
fn what_was_asked_for_by_hand_is_given_up_once_the_screen_says_so() {
    let mut driver = Driver::full(80, 24).keys("4 j j s").wait(5_000);
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Act { verb: PodVerb::Stop, .. })));
    // A key that was meant for something else gives nothing up.
    let mut driver = driver.keys("esc");
    assert_eq!(driver.asked(), []);
    let driver = driver.wait(1_500);
    let screen = driver.screen();
    assert!(screen.contains("Asking docker-ws to stop  0:01   Esc stops waiting"), "{screen}");
    driver.picture("waiting-80x24");
    // Its reply is lost: nobody knows whether the engine has got it, and that is said while it is looked up.
    let driver = driver.send(Message::Unsure(Errand::Pod("15".into())));
    let screen = driver.screen();
    assert!(screen.contains("UNKNOWN - checking (asking docker-ws to stop; no reply)"), "{screen}");
    let notes = format!("{:?}", driver.app.notes.all);
    assert!(notes.contains("UNKNOWN - checking"), "without a screen it is a line: {notes}");
    let mut driver = driver.keys("esc");
    let given_up = driver.asked();
    assert!(matches!(given_up[0], Effect::GiveUp(Errand::Pod(_))), "{given_up:?}");
    assert_eq!(given_up[1..], [Effect::FetchInTurn(List::Tasks), Effect::FetchInTurn(List::Pods)]);
    assert!(driver.app.asked.is_empty() && driver.app.waits_for().is_none());
    assert!(driver.screen().contains("Not waiting any longer"), "{}", driver.screen());
}

#[test]
fn giving_up_is_for_what_the_screen_names_and_for_nothing_else_that_was_asked_for() {
    let driver = Driver::full(80, 24).keys("4 j j s").wait(5_000);
    let mut driver = driver.keys(":").text("repo add user/apps").keys("enter");
    let asked: Vec<_> = driver.asked().iter().filter_map(Errand::of).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let mut driver = driver.wait(1_500).keys("esc");
    assert!(driver.asked().contains(&Effect::GiveUp(asked[0].clone())));
    assert_eq!(driver.app.waiting.len(), 1, "the other one goes on, and is named next");
    let mut driver = driver.wait(7_000);
    assert!(driver.screen().contains("Esc stops waiting"), "{}", driver.screen());
    driver = driver.keys("esc");
    assert!(driver.asked().contains(&Effect::GiveUp(asked[1].clone())));
}

#[test]
fn control_c_gives_up_at_once_and_quits_at_the_second_time() {
    let mut driver = Driver::full(80, 24).keys("4 j j s").wait(5_000);
    driver.asked();
    let mut driver = driver.keys("C-c");
    assert!(matches!(driver.asked()[0], Effect::GiveUp(_)));
    assert_eq!(driver.keys("C-c").asked(), [Effect::Quit]);
    let mut driver = connecting();
    driver.asked();
    assert_eq!(driver.keys("C-c").asked(), [Effect::StopConnecting]);
}

#[test]
fn a_list_of_which_nothing_has_come_yet_need_not_be_waited_for() {
    let mut driver = Driver::new(80, 24).connected().keys("2");
    driver.asked();
    let mut driver = driver.keys("esc");
    assert_eq!(driver.asked(), [Effect::StopReading(List::Apps)]);
    let screen = driver.screen();
    assert!(screen.contains("you did not want to wait") && screen.contains("R asks again."), "{screen}");
    assert_eq!(driver.keys("esc").asked(), []);
    // What is there already is read anew in peace.
    let mut driver = Driver::full(80, 24).keys("2 R");
    driver.asked();
    assert_eq!(driver.keys("esc").asked(), []);
}
