//! Errors explain themselves: each stays until it is dismissed, has a name, and tells all that is known of it.

use std::time::Duration;

use super::{Driver, NOW};
use crate::domain::{Failure, FailureKind, Moment, Outcome, Request};
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::message::Message;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn quota() -> Failure {
    Failure::new(
        "Could not start stardist on hpc-gpu",
        "sbatch refused (QOSMaxGRESPerUser: you already use 2 of 2 GPUs)",
    )
    .hint("Stop a GPU pod (4) or pick flavour cpu (I).")
}

fn with_two(columns: u16, rows: u16) -> Driver {
    let asked = Request {
        at: Moment(NOW.0 + 6_000),
        service: "Rekuest".into(),
        name: "Assign".into(),
        took: Duration::from_millis(230),
        sent: 812,
        received: 140,
        outcome: Outcome::Refused,
    };
    Driver::full(columns, rows)
        .wait(7_000)
        .send(Message::Measured(vec![asked], None))
        .send(Message::RepositoryDone(
            RepositoryErrand::Add("bioimage/kab".into()),
            Err(Failure::new("Could not add bioimage/kab", "no such repository")),
        ))
        .send(Message::Offers("e".into(), Err(quota())))
}

#[test]
fn a_second_error_does_not_take_the_first_one_away() {
    let driver = with_two(80, 24);
    let screen = driver.screen();
    assert!(
        screen.contains("2 errors") && screen.contains("sbatch refused") && screen.contains(&quota().id()),
        "{screen}"
    );
    assert!(screen.contains("e details") && screen.contains("y copy"), "{screen}");
    let driver = driver.wait(600_000).keys("esc");
    let screen = driver.screen();
    assert!(screen.contains("no such repository") && !screen.contains("2 errors"), "{screen}");
    let driver = driver.keys("esc");
    assert!(!driver.screen().contains("no such repository"), "{}", driver.screen());
}

#[test]
fn errors_stay_while_another_server_is_shown_and_say_where_they_were() {
    let mut driver = with_two(80, 24).keys(":").text("pods mesmer").keys("enter");
    let away = Failure::new("Could not list the tasks", "no route to host").kind(FailureKind::Network);
    driver = driver.send(Message::Tasks(Err(away)));
    driver.app.use_context("prod");
    let driver = driver.connected().with_everything();
    let screen = driver.screen();
    assert!(screen.contains("2 errors on lab") && !screen.contains("no route to host"), "{screen}");
    let driver = driver.keys("e");
    assert!(driver.screen().contains("lab.example.org"), "{}", driver.screen());
    // Who comes back is there again.
    let mut driver = with_two(80, 24);
    driver.app.use_context("prod");
    driver.app.use_context("lab");
    let driver = driver.connected().send(Message::Offers("e".into(), Err(quota())));
    assert!(driver.screen().contains("2 errors  "), "{}", driver.screen());
    let small = with_two(40, 12);
    assert!(small.screen().contains("details"), "{}", small.screen());

    // A new one of this server is another one.
    let mut driver = with_two(80, 24);
    driver.app.use_context("prod");
    let driver = driver.connected().send(Message::Offers("e".into(), Err(quota())));
    assert!(driver.screen().contains("3 errors  "), "{}", driver.screen());
    // What was typed before can still be had.
    let driver = driver.keys(":").text("pods mesmer").keys("enter : up");
    assert!(driver.screen().contains("pods mesmer"), "{}", driver.screen());
}

#[test]
fn an_error_that_comes_again_is_counted_and_not_piled_up() {
    let driver = with_two(80, 24).send(Message::Offers("e".into(), Err(quota())));
    assert_eq!(driver.app.notes.troubles.len(), 2);
    assert!(driver.keys("e").screen().contains("2 times"));
}

#[test]
fn the_details_tell_all_that_is_known_and_can_be_copied() {
    for (columns, rows) in SIZES {
        let driver = with_two(columns, rows).keys("4");
        driver.picture(&format!("errors-{columns}x{rows}"));
        driver.keys("e").picture(&format!("error-details-{columns}x{rows}"));
    }
    let mut driver = with_two(80, 24).keys("4 e");
    let screen = driver.screen();
    for part in ["Stop a GPU pod", "Rekuest Assign: error in answer", "lab.example.org", "Could not add", &quota().id()]
    {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    driver.asked();
    let mut driver = driver.keys("y");
    let asked = driver.asked();
    let [Effect::Copy(text)] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(
        text.contains("QOSMaxGRESPerUser") && text.contains("Rekuest Assign") && text.contains(&quota().id()),
        "{text}"
    );
    // The same key copies it from the message line.
    let mut driver = with_two(80, 24);
    driver.asked();
    assert_eq!(driver.keys("y").asked(), asked);
}

#[test]
fn a_long_error_never_hides_the_keys_that_lead_on() {
    let long = Failure::new("Could not install", "no space left ".repeat(60));
    for (columns, rows) in [(80, 24), (60, 16)] {
        let driver = Driver::full(columns, rows).send(Message::Offers("e".into(), Err(long.clone())));
        let screen = driver.screen();
        assert!(screen.contains("e details  y copy  Esc dismiss") && screen.contains(&long.id()), "{screen}");
    }
}

#[test]
fn without_an_error_the_keys_mean_what_they_always_mean() {
    let driver = Driver::full(80, 24).wait(7_000).keys("2 e");
    assert!(driver.screen().contains("[Compat]"), "{}", driver.screen());
}

#[test]
fn a_server_that_cannot_be_reached_is_said_once() {
    let failure = Failure::new("Could not connect to lab", "connection refused").kind(FailureKind::Network);
    let driver = Driver::new(80, 24).send(Message::ConnectFailed(failure.clone()));
    let screen = driver.screen();
    assert_eq!(screen.matches("connection refused").count(), 1, "{screen}");
    assert!(screen.contains(&failure.id()), "{screen}");
    assert!(driver.keys("e").screen().contains("Error #"));
}

#[test]
fn a_note_is_read_to_its_end_also_where_an_error_waits() {
    let text =
        "Copied 28 characters by OSC 52 (tmux: needs set-clipboard on, or allow-passthrough on); that is the end";
    let one = Driver::full(80, 24).keys("4").send(Message::Said(text.into()));
    assert!(one.screen().contains("that is the end") && !one.screen().contains('…'), "{}", one.screen());
    let both = with_two(80, 24).keys("4").send(Message::Said(text.into())).screen();
    assert!(both.contains("that is the end") && both.contains("2 errors") && both.contains("dismiss"), "{both}");
    let small = Driver::full(40, 12).keys("4").send(Message::Said(text.into())).screen();
    assert!(small.contains("Copied 28"), "{small}");
}
