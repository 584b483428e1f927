//! The pods of all servers in one list, to look at.

use super::{Driver, fixtures};
use crate::domain::{Failure, FailureKind, Inventory, Pod};
use crate::tui::action::Screen;
use crate::tui::app::Destination;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::Message;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn told(pods: Vec<Pod>) -> Inventory {
    Inventory { pods, engines: fixtures::engines(), ..Inventory::default() }
}

fn opened(columns: u16, rows: u16) -> (Driver, Ticket) {
    let mut driver = Driver::full(columns, rows).wait(7_000).keys(":").text("pods @*").keys("enter");
    let asked = driver.asked();
    let ticket = asked.iter().find_map(|effect| match effect {
        Effect::AllPods(ticket) => Some(*ticket),
        _ => None,
    });
    let ticket = ticket.unwrap_or_else(|| panic!("{asked:?}"));
    let names = ["lab", "lab2", "production"].map(String::from).to_vec();
    (driver.send(Message::AllPodsAsked(ticket, Ok(names))), ticket)
}

fn answered(columns: u16, rows: u16) -> Driver {
    let (driver, ticket) = opened(columns, rows);
    let mut elsewhere = fixtures::pods();
    elsewhere.truncate(3);
    for pod in &mut elsewhere {
        pod.id = format!("elsewhere-{}", pod.id).as_str().into();
    }
    let out = Failure::new("Could not list the pods of production", "signed out").kind(FailureKind::SignIn);
    driver
        .send(Message::PodsOf(ticket, "lab".into(), Ok(told(fixtures::pods()))))
        .send(Message::PodsOf(ticket, "production".into(), Err(out)))
        .send(Message::PodsOf(ticket, "lab2".into(), Ok(told(elsewhere))))
}

#[test]
fn the_pods_of_all_servers_stand_in_one_list_and_who_is_absent_is_named() {
    for (columns, rows) in SIZES {
        let (driver, ticket) = opened(columns, rows);
        assert!(driver.screen().contains("waiting for lab, lab2, production"), "{}", driver.screen());
        let some = driver.send(Message::PodsOf(ticket, "lab".into(), Ok(told(fixtures::pods()))));
        assert!(some.screen().contains("waiting for lab2, production"), "{}", some.screen());
        let driver = answered(columns, rows);
        let screen = driver.screen();
        assert!(screen.contains("CONTEXT") && screen.contains("production is not shown: signed out"), "{screen}");
        assert!(!screen.contains("waiting for"), "{screen}");
        driver.picture(&format!("pods-everywhere-{columns}x{rows}"));
    }
}

#[test]
fn what_is_chosen_stays_chosen_while_others_answer() {
    let (driver, ticket) = opened(80, 24);
    let driver = driver.send(Message::PodsOf(ticket, "lab2".into(), Ok(told(fixtures::pods())))).keys("j j");
    let chosen = |driver: &Driver| {
        let screen = driver.screen();
        screen.lines().find(|line| line.starts_with('>')).unwrap_or_default().to_owned()
    };
    let before = chosen(&driver);
    let driver = driver.send(Message::PodsOf(ticket, "lab".into(), Ok(told(fixtures::pods()))));
    assert_eq!(chosen(&driver), before);
}

#[test]
fn nothing_can_be_done_there_but_going_where_a_pod_is() {
    let mut driver = answered(80, 24).keys("G");
    driver.asked();
    let mut driver = driver.keys("s D r u").wait(6_000);
    assert_eq!(driver.asked(), []);
    let mut driver = driver.keys("enter").wait(1_000);
    assert!(driver.screen().contains("Go to lab2?"), "{}", driver.screen());
    assert_eq!(driver.asked(), []);
    let mut driver = driver.keys("y");
    let asked = driver.asked();
    assert!(asked.ends_with(&[Effect::UseContext("lab2".into()), Effect::Connect]), "{asked:?}");
    assert!(matches!(&driver.app.open_at, Some(Destination::Thing(wanted)) if wanted.name.starts_with("elsewhere-")));
    // A pod of this server opens at once.
    let here = answered(80, 24).keys("enter");
    assert!(here.app.overlay.is_none() && here.app.pages.len() == 2);
}

#[test]
fn a_command_goes_to_the_pods_of_another_server() {
    let mut driver = Driver::full(80, 24);
    driver.asked();
    let mut driver = driver.keys(":").text("pods @lab2").keys("enter");
    let asked = driver.asked();
    assert!(asked.contains(&Effect::UseContext("lab2".into())) && asked.contains(&Effect::Connect), "{asked:?}");
    assert_eq!(driver.app.screen, Screen::Pods);
}

#[test]
fn a_pod_of_another_server_whose_engine_is_offline_is_doubted_there_too() {
    let screen = answered(160, 50).screen();
    let row = screen.lines().find(|line| line.contains("seg-metrics-")).unwrap_or_else(|| panic!("{screen}"));
    assert!(row.contains("RUNNING? 2h") && !row.contains('+'), "{screen}");
}

#[test]
fn the_pods_of_all_servers_are_narrowed_by_server_and_by_name() {
    let driver = answered(80, 24).keys("/").text("lab2 cellpose").keys("enter");
    let screen = driver.screen();
    assert!(screen.contains("1/10  /lab2 cellpose") && !screen.contains("mesmer"), "{screen}");
    let driver = driver.keys("enter");
    assert!(driver.screen().contains("Go to lab2?"), "{}", driver.screen());
    let all = driver.keys("esc esc");
    assert!(all.screen().contains("mesmer") && !all.app.pages.is_empty(), "{}", all.screen());
}
