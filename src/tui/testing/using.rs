//! What pods use: asked for while pods are looked at, and not otherwise.

use super::{Driver, fixtures};
use crate::domain::{Moment, PodUsage, Speed};
use crate::tui::action::Screen;
use crate::tui::app::Order;
use crate::tui::effect::Effect;
use crate::tui::message::Message;

/// Which engines are asked now, and which are left.
fn asked(driver: &mut Driver) -> (Vec<String>, Vec<String>) {
    let (mut asked, mut left) = (Vec::new(), Vec::new());
    for effect in driver.asked_in_all() {
        match effect {
            Effect::WatchUsage(engine) => asked.push(engine.name),
            Effect::LeaveUsage(engine) => left.push(engine.to_string()),
            _ => {}
        }
    }
    (asked, left)
}

fn at_pods(size: (u16, u16)) -> Driver {
    let mut driver = Driver::full(size.0, size.1).wait(7_000).keys("4");
    driver.asked();
    driver
}

/// A reading of the pod that runs on the cluster, and of another one.
fn measured(driver: Driver) -> Driver {
    let of = |pod: &str, cpu, memory| PodUsage { pod: pod.into(), cpu, memory, limit: Some(32_000_000_000) };
    let engine = |pod: &str| fixtures::pods().into_iter().find(|it| it.id.as_str() == pod).unwrap().engine;
    driver
        .send(Message::Usage(engine("13"), vec![of("13", Some(172.4), Some(12_900_000_000))]))
        .send(Message::Usage(engine("14"), vec![of("14", None, Some(310_000_000)), of("15", Some(1.2), None)]))
}

#[test]
fn engines_are_asked_when_pods_are_looked_at_and_left_some_time_after() {
    let mut driver = at_pods((160, 50));
    assert!(driver.app.wakes_at().is_some_and(|at| at.0 <= driver.now.0 + 700));
    let mut passing = at_pods((160, 50)).pass(600).keys("2").pass(5_000);
    assert_eq!(asked(&mut passing).0, Vec::<String>::new(), "who goes past asks for nothing");
    driver = driver.pass(700);
    let (engines, _) = asked(&mut driver);
    let online: Vec<_> =
        fixtures::engines().into_iter().filter(crate::domain::Engine::is_online).map(|it| it.name).collect();
    assert!(!engines.is_empty() && engines.iter().all(|name| online.contains(name)), "{engines:?} of {online:?}");
    // A look elsewhere costs nothing; whoever stays away is not told any more.
    let mut driver = driver.keys("2").pass(10_000).keys("4").pass(1_000);
    assert_eq!(asked(&mut driver), (vec![], vec![]));
    let mut driver = driver.keys("2").pass(16_000);
    assert_eq!(asked(&mut driver).1.len(), engines.len());
}

#[test]
fn a_pod_says_what_it_uses_in_its_row_below_the_list_and_on_its_page() {
    let driver = measured(at_pods((160, 50)).pass(1_000));
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.contains("stardist-")).unwrap();
    assert!(row.contains("172%") && row.contains("12.9 GB"), "{screen}");
    assert!(screen.contains("CPU") && screen.contains("MEM"), "{screen}");
    driver.picture("pods-usage-160x50");
    let driver = measured(at_pods((80, 24)).pass(1_000));
    let driver = driver.keys("/").text("stardist").keys("enter");
    assert!(driver.screen().contains("172% of one core, 12.9 GB of 32.0 GB (40%)"), "{}", driver.screen());
    let driver = driver.keys("enter");
    assert!(driver.screen().contains("172% of one core, 12.9 GB of 32.0 GB (40%)"), "{}", driver.screen());
    // What nobody has confirmed for a minute is not known any more.
    let driver = driver.keys("esc").pass(61_000);
    assert!(!driver.screen().contains("172%"), "{}", driver.screen());
}

#[test]
fn what_is_used_comes_before_owners_and_counts_of_nodes_where_there_is_no_room_for_all() {
    let heads = |driver: &Driver| {
        let screen = driver.screen();
        screen.lines().find(|line| line.contains("STATE")).unwrap_or_default().to_owned()
    };
    let before = at_pods((106, 30)).keys("+ +");
    assert!(heads(&before).contains("NODES"), "{}", heads(&before));
    let kept = heads(&before).replace("NODES", "").replace("UPDATE", "");
    let after = measured(before.pass(1_000));
    assert!(heads(&after).contains("CPU      MEM") && !heads(&after).contains("NODES"), "{}", heads(&after));
    assert!(heads(&after).starts_with(kept.trim_end()), "no column to the left moves: {kept}");
    // With 80 columns narrow ones leave room for it, and neither a state nor a number is cut.
    let narrow = measured(at_pods((80, 24)).pass(1_000)).keys("w w");
    let screen = narrow.screen();
    let row = screen.lines().find(|line| line.contains("172%")).unwrap_or_else(|| panic!("{screen}"));
    assert!(row.contains("RUNNING +") && row.contains("12.9 GB") && row.contains("hpc-gpu"), "{screen}");
    assert!(screen.contains("RUNNING? 2h") && screen.contains("PENDING ~"), "{screen}");
    narrow.picture("pods-usage-narrow-80x24");
}

#[test]
fn the_busiest_pods_come_first_where_somebody_wants_that() {
    let mut driver = measured(at_pods((160, 50)).pass(1_000));
    driver.app.list_mut(Screen::Pods).order = Order::Processor;
    driver.app.refill(Screen::Pods);
    let first = driver.screen().lines().find(|line| line.contains("RUNNING")).unwrap().to_owned();
    assert!(first.contains("stardist-"), "{first}");
    driver.app.list_mut(Screen::Pods).order = Order::Memory;
    driver.app.refill(Screen::Pods);
    let order: Vec<_> =
        driver.app.list(Screen::Pods).rows.iter().map(|row| driver.app.data.pods()[*row].id.to_string()).collect();
    assert_eq!(order[..2], ["13", "14"]);
}

#[test]
fn nothing_is_measured_over_a_slow_link_or_while_nobody_looks() {
    let mut slow = at_pods((80, 24)).send(Message::Link(Speed::Slow)).pass(5_000);
    assert_eq!(asked(&mut slow).0, Vec::<String>::new());
    let mut away = at_pods((80, 24)).send(Message::FocusLost).pass(5_000);
    assert_eq!(asked(&mut away).0, Vec::<String>::new());
    let mut back = away.send(Message::FocusGained).pass(1_000);
    assert!(!asked(&mut back).0.is_empty());
    // After a new connection those that were asked over the former one are left, and asked anew when it is time.
    let mut again = back.connected();
    let (_, left) = asked(&mut again);
    assert!(!left.is_empty());
    let mut back = again.with_everything().pass(1_000);
    assert_eq!(asked(&mut back).0.len(), left.len());
    // An engine that cannot is not asked again and again.
    let engines = back.app.data.engines().to_vec();
    for engine in &engines {
        back = back.send(Message::UsageEnded(engine.id.clone()));
    }
    let mut back = back.pass(60_000);
    assert_eq!(asked(&mut back), (vec![], vec![]));
    assert!(back.app.now > Moment(0));
    let mut later = back.pass(10 * 60_000);
    assert!(!asked(&mut later).0.is_empty());
}
