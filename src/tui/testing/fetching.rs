//! What an engine would fetch, as the install sheet says it: before the answer, with each kind of it, and over a slow link.

use super::{Driver, fixtures};
use crate::domain::{Engine, Failure, Fetching, FlavourId, Portion, Speed, Task, TaskState};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::{Overlay, sheet_content};

/// The sheet of an app that nobody has installed.
fn sheet(driver: Driver) -> Driver {
    driver.keys("2 /").text("trackastra").keys("enter i")
}

fn question(driver: &mut Driver) -> Option<(FlavourId, Engine)> {
    driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Fetching(flavour, engine) => Some((flavour, *engine)),
        _ => None,
    })
}

/// The row about it, as one line.
fn row(driver: &Driver) -> String {
    let Some(Overlay::Sheet(sheet)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let lines: Vec<String> = sheet_content(&driver.app, sheet, 76).iter().map(ToString::to_string).collect();
    let rest =
        lines.iter().skip_while(|line| !line.starts_with(" fetch ")).take_while(|line| !line.starts_with(" space "));
    rest.flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_sheet_fills_in_what_the_engine_would_fetch_and_waits_for_nothing() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut driver = sheet(Driver::full(columns, rows).wait(7_000));
        assert!(row(&driver).contains("asking"), "{}", row(&driver));
        let (flavour, engine) = question(&mut driver).expect("it is asked");
        let part = Portion { bytes: 412_000_000, total: 2_100_000_000, here: 7, layers: 11, speed: Some(8_000_000) };
        let driver = driver.send(Message::Fetching(flavour, engine.id, Ok(Some(Fetching::Part(part)))));
        let told = row(&driver);
        assert!(
            told.contains("412 MB of 2.10 GB; 7 of 11 layers are there; about 51 s at 8.00 MB/s")
                && !told.contains("asking"),
            "{told}"
        );
        driver.picture(&format!("install-fetch-{columns}x{rows}"));
    }
    // Nobody has answered: what is confirmed is done all the same.
    let mut driver = sheet(Driver::full(80, 24)).keys("enter");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })));
}

#[test]
fn it_is_asked_once_for_each_place_and_again_by_hand_or_with_another_sheet() {
    let mut driver = sheet(Driver::full(80, 24));
    let first = question(&mut driver).unwrap();
    let answer = |(flavour, engine): (FlavourId, Engine)| Message::Fetching(flavour, engine.id, Ok(None));
    let mut driver = driver.send(answer(first.clone())).keys("tab e esc");
    assert_eq!(question(&mut driver), None);
    // Another place is another question; the first one is known already.
    let mut driver = driver.keys("I j enter");
    let second = question(&mut driver).expect("another place");
    assert_ne!((&first.0, &first.1.id), (&second.0, &second.1.id));
    let mut driver = driver.send(answer(second)).keys("I k enter");
    assert_eq!(question(&mut driver), None);
    let mut driver = driver.keys("R");
    let again = question(&mut driver).expect("asked by hand");
    let mut driver = driver.keys("R");
    assert_eq!(question(&mut driver), None, "it is being asked");
    let mut driver = driver.send(answer(again)).keys("esc i");
    assert_eq!(question(&mut driver), None, "it was told a moment ago");
    let mut driver = driver.keys("esc").wait(61_000).keys("i");
    assert!(question(&mut driver).is_some(), "what was told may be other by now");
}

#[test]
fn what_cannot_be_told_is_unknown_with_its_reason() {
    let mut driver = sheet(Driver::full(160, 50));
    let (flavour, engine) = question(&mut driver).unwrap();
    let before = sheet(Driver::full(160, 50).send(Message::Link(Speed::Slow)));
    let answered = |told: Result<Option<Fetching>, Failure>| {
        row(&sheet(Driver::full(160, 50)).send(Message::Fetching(flavour.clone(), engine.id.clone(), told)))
    };
    let plain = answered(Ok(None));
    assert!(!plain.contains("asking") && !plain.contains("unknown:"), "{plain}");
    let away = answered(Ok(Some(Fetching::Unknown("the registry\u{1b}[31m is away".into()))));
    assert!(away.contains("unknown: the registry is away"), "{away}");
    let failed = answered(Err(Failure::new("Could not ask", "hpc-gpu did not answer within 25 s")));
    assert!(failed.contains("unknown: hpc-gpu did not answer"), "{failed}");
    assert!(answered(Ok(Some(Fetching::Nothing))).contains("nothing: the image is there"));

    // Over a slow link a key asks.
    let mut slow = before;
    assert_eq!(question(&mut slow), None);
    assert!(row(&slow).contains("the link is slow, R asks hpc-gpu"), "{}", row(&slow));
    let mut slow = slow.keys("R");
    assert!(question(&mut slow).is_some());
}

#[test]
fn the_page_of_an_app_tells_how_much_of_its_image_would_be_fetched_where_it_would_be_installed() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut driver = Driver::full(columns, rows).keys("2 /").text("trackastra").keys("enter");
        assert_eq!(question(&mut driver), None, "it is only a row");
        let mut driver = driver.keys("enter");
        let (flavour, engine) = question(&mut driver).expect("it is asked");
        let name = engine.name.clone();
        let part = Portion { bytes: 412_000_000, total: 2_100_000_000, here: 7, layers: 11, speed: None };
        let told = Message::Fetching(flavour.clone(), engine.id.clone(), Ok(Some(Fetching::Part(part))));
        let driver = driver.send(told);
        let screen = driver.screen();
        let words = format!("(412 MB to fetch on {name}: 7 of 11 layers there)");
        assert!(screen.contains(&words), "{screen}");
        let list = driver.keys("esc");
        let said = if columns == 80 { "(7 of 11 layers there; " } else { "412 MB to fetch on" };
        assert!(list.screen().contains(said), "{}", list.screen());
        let driver = list.keys("enter");
        // The sheet knows it too.
        let mut driver = driver.keys("i");
        assert_eq!(question(&mut driver), None);
        let nothing = Message::Fetching(flavour, engine.id, Ok(Some(Fetching::Nothing)));
        let driver = driver.keys("esc").send(nothing);
        assert!(driver.screen().contains(&format!("(nothing to fetch on {name})")), "{}", driver.screen());
        // Beside the list there is less room: every fact has it all the same.
        let beside = driver.keys("esc").screen();
        if columns == 160 {
            assert!(!beside.contains("hpc-gpu)…"), "nothing follows it that is cut off: {beside}");
            let facts = ["to fetch on", "Runs on 3 of 4 engines", "Access 3 scopes", "Needs "];
            assert!(facts.iter().all(|fact| beside.contains(fact)), "{beside}");
        }
    }
    // After an installation there it is another question.
    let mut driver = Driver::full(80, 24).keys("2 /").text("trackastra").keys("enter enter");
    let (flavour, engine) = question(&mut driver).unwrap();
    let part = Portion { bytes: 412_000_000, total: 2_100_000_000, here: 7, layers: 11, speed: None };
    let told = Message::Fetching(flavour, engine.id.clone(), Ok(Some(Fetching::Part(part))));
    let install = |state| {
        let task = fixtures::tasks().remove(0);
        Message::TaskChanged(Box::new(Task { client_id: Some(engine.client_id.clone()), state, ..task }))
    };
    let mut driver = driver.send(told).send(install(TaskState::Running));
    assert_eq!(question(&mut driver), None);
    let mut driver = driver.send(install(TaskState::Done));
    assert!(question(&mut driver).is_some());
    assert!(!driver.screen().contains("412 MB to fetch"), "{}", driver.screen());

    // Nobody asked for it by a key: not over a slow link.
    let slow = Driver::full(80, 24).send(Message::Link(Speed::Slow));
    let mut slow = slow.keys("2 /").text("trackastra").keys("enter enter");
    assert_eq!(question(&mut slow), None);
}
