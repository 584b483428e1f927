//! The pods of all servers in one list, to look at.

use super::{Driver, fixtures};
use crate::domain::{Failure, FailureKind, Inventory, Owner, Pod};
use crate::tui::action::Screen;
use crate::tui::app::{Destination, Page};
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
    answers(opened(columns, rows).0)
}

/// Two servers answer the question that is open, and a third one cannot.
pub fn answers(driver: Driver) -> Driver {
    let Some(Page::Everywhere(page)) = driver.app.pages.last() else { panic!("no such page") };
    let ticket = page.ticket;
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
    assert!(screen.lines().last().is_some_and(|line| line.contains("read-only")), "{screen}");
    let row = screen.lines().find(|line| line.contains("seg-metrics-")).unwrap_or_else(|| panic!("{screen}"));
    assert!(row.contains("RUNNING? 2h") && !row.contains('+'), "{screen}");
}

/// The rows as they are drawn, without the cursor.
fn rows(driver: &Driver) -> Vec<String> {
    let screen = driver.screen();
    let rows = screen.lines().map(|line| line.trim_start_matches('>').trim());
    rows.filter(|line| line.starts_with("lab")).map(str::to_owned).collect()
}

#[test]
fn it_is_filtered_by_words_by_servers_and_by_what_each_server_tells() {
    let found = |typed: &str| rows(&answered(120, 40).keys("/").text(typed).keys("enter")).len();
    assert_eq!(found(""), 10);
    assert_eq!((found("mesmer"), found("lab2"), found("server:lab2 mesmer")), (2, 3, 1));
    assert_eq!((found("status:running"), found("status:unconfirmed"), found("context:production")), (4, 1, 0));
    assert_eq!(found("engine:docker status:stopped"), 1);
    // Who I am is said by each server.
    let mut driver = opened(120, 40).0;
    let pods = |subject: &str| {
        let mut pods = fixtures::pods();
        pods.truncate(1);
        pods[0].owner = Some(Owner { subject: subject.into(), name: "ada".into() });
        Inventory { me: "7".into(), ..told(pods) }
    };
    let ticket = driver.app.tickets;
    driver = driver.send(Message::PodsOf(ticket, "lab".into(), Ok(pods("7"))));
    driver = driver.send(Message::PodsOf(ticket, "lab2".into(), Ok(pods("8")))).keys("/").text("by:me");
    assert_eq!(rows(&driver).len(), 1, "{}", driver.screen());
}

#[test]
fn what_is_typed_is_seen_with_what_it_hides_and_taken_back_step_by_step() {
    for (columns, rows) in SIZES {
        let driver = answered(columns, rows).keys("/").text("stard");
        let screen = driver.screen();
        assert!(screen.contains("Pods of all servers 2/10  /stard") && !screen.contains("mesmer"), "{screen}");
        let driver = driver.keys("enter");
        driver.picture(&format!("pods-everywhere-filter-{columns}x{rows}"));
        let driver = driver.keys("esc");
        assert!(driver.screen().contains("mesmer") && driver.app.pages.len() == 1, "{}", driver.screen());
        // The list below has a filter of its own.
        assert!(!driver.app.list(Screen::Pods).is_filtered());
        assert!(driver.keys("esc").app.pages.is_empty());
    }
    let driver = answered(80, 24).keys("/").text("stradist");
    assert!(driver.screen().contains("Nothing matches stradist."), "{}", driver.screen());
    assert!(driver.keys("tab").screen().contains("2/10"), "what was meant is taken");
}

#[test]
fn after_a_filter_its_matches_are_gone_through_on_all_servers() {
    let chosen = |driver: &Driver| rows_chosen(driver);
    let driver = answered(80, 24).keys("/").text("mesmer").keys("enter esc G n");
    assert!(chosen(&driver).starts_with("lab ") && chosen(&driver).contains("mesmer"), "{}", driver.screen());
    let driver = driver.keys("n");
    assert!(chosen(&driver).starts_with("lab2 ") && chosen(&driver).contains("mesmer"), "{}", driver.screen());
    assert!(chosen(&driver.keys("N")).starts_with("lab "));
}

fn rows_chosen(driver: &Driver) -> String {
    let screen = driver.screen();
    let line = screen.lines().find(|line| line.starts_with('>')).unwrap_or_default();
    line.trim_start_matches('>').trim().to_owned()
}

#[test]
fn it_is_put_in_the_orders_of_pods_across_servers() {
    let contexts = |driver: &Driver| {
        rows(driver).iter().filter_map(|row| row.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let driver = answered(120, 40);
    assert!(contexts(&driver).is_sorted(), "by server: {}", driver.screen());
    let driver = driver.keys("o j enter");
    assert!(driver.screen().contains("by what needs a look first"), "{}", driver.screen());
    assert_eq!(contexts(&driver)[..4], ["lab", "lab2", "lab", "lab2"], "{}", driver.screen());
    assert!(rows(&driver)[1].contains("FAILED") && rows(&driver)[2].contains("PENDING"), "{}", driver.screen());
    let turned = driver.keys("O");
    assert!(rows(&turned)[0].contains("STOPPED") && turned.screen().contains("first, backwards"));
    let newest = turned.keys("O o j j enter");
    assert!(rows(&newest)[0].contains("2m") && newest.screen().contains("by newest"), "{}", newest.screen());
    assert!(!newest.keys("o").screen().contains("CPU"), "what pods use is measured on one server");
}

#[test]
fn its_facets_count_servers_too_and_tick_into_its_filter() {
    let driver = answered(80, 24).keys("f");
    let screen = driver.screen();
    assert!(screen.contains("server") && screen.contains("lab2"), "{screen}");
    let places = driver.screen();
    let line = places.lines().filter(|line| line.contains("[ ]")).position(|line| line.contains("lab2")).expect("lab2");
    let driver = driver.keys(&"j ".repeat(line)).keys("enter");
    assert!(driver.screen().contains("3/10  /server:lab2"), "{}", driver.screen());
}

#[test]
fn asking_again_keeps_how_it_is_shown() {
    let driver = answered(80, 24).keys("/").text("mesmer").keys("enter j o j enter R");
    assert!(driver.screen().contains("/mesmer"), "{}", driver.screen());
    let driver = answers(driver);
    assert!(driver.screen().contains("2/10") && rows_chosen(&driver).starts_with("lab2"), "{}", driver.screen());
    let driver = Driver::full(80, 24).keys(":").text("pods @* server:lab2").keys("enter");
    assert_eq!(rows(&answers(driver)).len(), 3, "words of the command are typed into the filter");
}

#[test]
fn on_a_small_screen_every_row_keeps_its_server_its_state_and_its_name() {
    let driver = answered(40, 12);
    let screen = driver.screen();
    assert!(screen.contains("lab       FAILED x") && screen.contains("mesmer"), "{screen}");
    let driver = driver.keys("G");
    assert!(rows_chosen(&driver).starts_with("lab2"), "{}", driver.screen());
    let narrowed = driver.keys("/").text("lab2");
    assert_eq!(rows(&narrowed).len(), 3, "{}", narrowed.screen());
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

#[test]
fn all_pods_have_their_whole_names_although_those_of_this_server_have_little_room() {
    let zoomed = Driver::full(160, 50).wait(7_000).keys("4 tab + +").keys(":").text("pods @*").keys("enter");
    let Some(Page::Everywhere(page)) = zoomed.app.pages.last() else { panic!("no such page") };
    let asked = Message::AllPodsAsked(page.ticket, Ok(vec!["lab".into(), "lab2".into()]));
    let screen = answers(zoomed.send(asked)).screen();
    assert!(screen.contains("stardist-f26e91d0") && screen.contains("RUNNING? 2h"), "{screen}");
}

#[test]
fn a_smaller_terminal_keeps_the_cursor_in_sight_under_a_page_that_was_opened_from_it() {
    let driver = answered(80, 24).keys("G k k k enter");
    assert!(matches!(driver.app.pages.last(), Some(Page::Thing(..))), "{}", driver.screen());
    let driver = driver.send(Message::Resize(80, 14)).wait(300).keys("esc");
    assert!(driver.screen().lines().any(|line| line.starts_with('>')), "{}", driver.screen());
}

#[test]
fn while_it_is_asked_again_nothing_is_found_among_what_was_there_before() {
    let mut driver = answered(80, 24).keys("/").text("stardist").keys("enter R");
    let asked = driver.asked();
    let ticket = asked.iter().find_map(|effect| match effect {
        Effect::AllPods(ticket) => Some(*ticket),
        _ => None,
    });
    let driver = driver.keys("O");
    assert!(!driver.screen().contains("/0"), "{}", driver.screen());
    // Who chooses another row meanwhile has chosen it.
    let asked = Message::AllPodsAsked(ticket.unwrap(), Ok(vec!["lab".into(), "lab2".into()]));
    let driver = answers(driver.send(asked));
    assert!(driver.screen().contains("2/10"), "{}", driver.screen());
}
