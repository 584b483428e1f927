//! Home: every row can be entered, what is wrong with what has no page can be read, and nothing hides behind another row.

use super::{Driver, fixtures};
use crate::domain::{App, Moment, Pod, PodStatus, ScanState, Task, TaskState};
use crate::tui::app::{Section, Target};
use crate::tui::effect::{Effect, List};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

const WHY: &str =
    "https://raw.githubusercontent.com/bioimage/apps/main/deployments.yaml: 404 Not Found, and nothing is there";

fn unread(columns: u16, rows: u16) -> Driver {
    let mut repositories = fixtures::repositories();
    repositories[0].scan = ScanState::Failed { at: super::NOW, why: WHY.into() };
    let driver = Driver::full(columns, rows).send(Message::Repositories(Ok(repositories))).wait(7_000);
    let at = driver.app.home.iter().position(|row| row.trouble.is_some()).expect("a row about the repository");
    (0..at).fold(driver, |driver, _| driver.keys("j"))
}

#[test]
fn a_repository_that_could_not_be_read_says_all_about_it_and_can_be_copied() {
    for key in ["enter", "e", "a"] {
        let driver = unread(80, 24).keys(key);
        assert!(matches!(driver.app.overlay, Some(Overlay::Details(_))), "{key}\n{}", driver.screen());
        let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("nothing is there") && screen.contains("kab repo scan"), "{screen}");
    }
    let mut driver = unread(80, 24);
    driver.asked();
    let mut driver = driver.keys("y");
    let asked = driver.asked();
    assert!(matches!(asked.as_slice(), [Effect::Copy(text)] if text.contains(WHY)), "{asked:?}");
}

/// Home with the cursor at the first row that is about such a thing.
fn at_a(is_it: impl Fn(&Target) -> bool) -> Driver {
    let driver = Driver::full(80, 24).wait(7_000);
    let at = driver.app.home.iter().position(|row| row.target.as_ref().is_some_and(&is_it)).expect("such a row");
    let mut driver = (0..at).fold(driver, |driver, _| driver.keys("j"));
    assert!(driver.app.target().is_some_and(|target| is_it(&target)), "{}", driver.screen());
    driver.asked();
    driver
}

#[test]
fn a_row_has_the_keys_that_its_thing_has_in_its_own_list() {
    let pod = |target: &Target| matches!(target, Target::Pod(_));
    let mut log = at_a(pod).keys("l");
    assert!(log.asked().iter().any(|effect| matches!(effect, Effect::Log { .. })), "{}", log.screen());
    assert!(at_a(pod).screen().contains("l logs"), "{}", at_a(pod).screen());
    let app = at_a(|target| matches!(target, Target::App(_)));
    assert!(app.screen().contains("i install"), "{}", app.screen());
    let sheet = app.keys("i");
    assert!(matches!(sheet.app.overlay, Some(Overlay::Sheet(_))), "{}", sheet.screen());
    let task = at_a(|target| matches!(target, Target::Task(_))).keys("r");
    assert!(task.screen().contains("Not possible: it has not ended"), "{}", task.screen());
}

#[test]
fn a_key_does_nothing_to_what_came_under_the_cursor_while_it_was_on_its_way() {
    let stopped = fixtures::pods().into_iter().find(|pod| pod.status == PodStatus::Failed).unwrap();
    let newer = Pod { id: "0".into(), local_id: "ffffffff".into(), ..stopped };
    let mut pods = fixtures::pods();
    pods.insert(0, newer);
    let mut home = Driver::full(80, 24).wait(7_000);
    let before = home.app.target();
    home = home.send(Message::Pods(Ok(pods)));
    assert_ne!(home.app.target(), before, "it comes first:\n{}", home.screen());
    home.asked();
    let mut hasty = home.keys("u");
    let started = |asked: Vec<Effect>| asked.iter().any(|it| matches!(it, Effect::Act { .. }));
    assert!(!started(hasty.asked()));
    assert!(hasty.screen().contains("has only just come under the cursor"), "{}", hasty.screen());
    let mut again = hasty.wait(500).keys("u");
    assert!(started(again.asked()), "{}", again.screen());
}

#[test]
fn a_menu_does_nothing_to_another_thing_than_the_one_that_it_names() {
    let pods = fixtures::pods();
    let failed = pods.iter().find(|pod| pod.status == PodStatus::Failed).unwrap().clone();
    let home = Driver::full(80, 24).wait(7_000);
    assert_eq!(home.app.target(), Some(Target::Pod(failed.id.clone())));
    let mut menu = home.keys("a j");
    let rest = pods.into_iter().filter(|pod| pod.id != failed.id).collect();
    menu.asked();
    let mut done = menu.send(Message::Pods(Ok(rest))).wait(1_000).keys("enter");
    assert!(!done.asked().iter().any(|it| matches!(it, Effect::Act { .. })));
    assert!(done.screen().contains("is not under the cursor any more"), "{}", done.screen());
}

#[test]
fn a_catalogue_that_may_have_changed_before_anybody_listened_is_read_once_more() {
    let read_again = |apps: Vec<App>, scan: ScanState| {
        let mut repositories = fixtures::repositories();
        for repository in &mut repositories {
            repository.scan = scan.clone();
        }
        let mut driver = Driver::new(80, 24).connected().send(Message::CatalogueHeard).send(Message::Apps(Ok(apps)));
        driver.asked();
        let mut driver = driver.send(Message::Repositories(Ok(repositories.clone())));
        let again = driver.asked().contains(&Effect::FetchInTurn(List::Apps));
        // Once is enough: from now on changes are told.
        let mut later = driver.send(Message::CatalogueHeard).send(Message::Repositories(Ok(repositories)));
        assert!(!later.asked().contains(&Effect::FetchInTurn(List::Apps)));
        again
    };
    let done = |at: i64| ScanState::Done { at: Moment(super::NOW.0 - at), issues: Vec::new() };
    assert!(read_again(Vec::new(), done(3_600_000)), "the first apps may be on their way");
    assert!(read_again(fixtures::apps(), ScanState::Running));
    assert!(read_again(fixtures::apps(), done(2_000)));
    assert!(!read_again(fixtures::apps(), done(3_600_000)));
    assert!(!read_again(fixtures::apps(), ScanState::Never), "servers that tell no scans are not asked twice");
}

#[test]
fn rows_of_home_are_not_marked() {
    let home = Driver::full(80, 24).wait(7_000).keys("space");
    assert!(home.screen().contains("Rows of Home cannot be marked"), "{}", home.screen());
    assert!(home.app.list(home.app.screen).marks.is_empty());
}

#[test]
fn what_there_is_no_room_for_has_a_row_of_its_own_which_opens() {
    let failed = fixtures::pods().into_iter().find(|pod| pod.status == PodStatus::Failed).unwrap();
    let pods: Vec<Pod> =
        (0..9).map(|at| Pod { id: format!("{}", 100 + at).as_str().into(), ..failed.clone() }).collect();
    let driver = Driver::full(80, 24).send(Message::Pods(Ok(pods))).wait(7_000);
    let of_attention = |driver: &Driver| {
        driver.app.home.iter().filter(|row| row.section == Section::Attention).cloned().collect::<Vec<_>>()
    };
    let rows = of_attention(&driver);
    let last = rows.last().unwrap();
    assert!(last.more > 0 && last.name == format!("and {} more", last.more), "{last:?}");
    assert!(rows[..rows.len() - 1].iter().all(|row| !row.text.contains("more")), "{rows:?}");
    let all = driver.app.alerts;
    assert_eq!(rows.len() - 1 + last.more, all);
    let driver = (1..rows.len()).fold(driver, |driver, _| driver.keys("j")).keys("enter");
    assert_eq!(of_attention(&driver).len(), all, "{}", driver.screen());
}

#[test]
fn what_needs_attention_stands_in_the_order_of_how_grave_it_is() {
    let mut repositories = fixtures::repositories();
    repositories[0].scan = ScanState::Failed { at: super::NOW, why: WHY.into() };
    let mut engines = fixtures::engines();
    engines[0].resources[0].facts.0.insert("disk.free_mb".into(), "900".into());
    let mut pods = fixtures::pods();
    (pods[0].status, pods[1].status) = (PodStatus::Running, PodStatus::Failed);
    let mut tasks = fixtures::tasks();
    let silent = tasks[0].clone();
    tasks.push(Task { id: "555".into(), state: TaskState::Disconnected, ..silent });
    let driver =
        Driver::full(160, 50).send(Message::Repositories(Ok(repositories))).send(Message::Engines(Ok(engines)));
    let driver = driver
        .send(Message::Apps(Ok(super::updating::asking_for_more())))
        .send(Message::Pods(Ok(pods)))
        .send(Message::Tasks(Ok(tasks)))
        .wait(95_000);
    let rows = driver.app.home.iter().filter(|row| row.section == Section::Attention);
    let told: Vec<String> = rows.map(|row| format!("{}: {}", row.name, row.text)).collect();
    let order = [
        "failed on",
        "engine is offline",
        "could not be read",
        "changes what it may do",
        "only 900 MB free",
        "has said nothing",
        "the outcome is unknown",
    ];
    let places: Vec<_> = order.iter().map(|part| told.iter().position(|row| row.contains(part))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {told:#?}");
}

#[test]
fn a_block_of_apps_says_that_there_are_more_and_shows_them() {
    let driver = Driver::full(80, 24).wait(7_000);
    let of = |driver: &Driver, section| driver.app.home.iter().filter(|row| row.section == section).count();
    for section in [Section::RunsHere, Section::New] {
        let at = driver.app.home.iter().rposition(|row| row.section == section).unwrap();
        let last = &driver.app.home[at];
        assert_eq!((last.name.as_str(), last.target.is_none()), ("and more", true), "{section:?}");
        let before = of(&driver, section);
        let unfolded = (0..at).fold(Driver::full(80, 24).wait(7_000), |it, _| it.keys("j")).keys("enter");
        assert!(of(&unfolded, section) > before, "{section:?}: {}", unfolded.screen());
        let rows = unfolded.app.home.iter().filter(|row| row.section == section);
        assert!(rows.into_iter().all(|row| row.target.is_some()), "{section:?}");
    }
}
