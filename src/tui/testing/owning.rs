//! Pods of several people: whose each is, and what is asked before somebody else's goes.

use super::{Driver, fixtures};
use crate::domain::{Owner, Pod, PodVerb};
use crate::tui::effect::Effect;
use crate::tui::message::{Message, Session};

/// The first is ada's, the second mara's, and of the others nobody knows.
fn pods() -> Vec<Pod> {
    let mut pods = fixtures::pods();
    let owner = |subject: &str, name: &str| Some(Owner { subject: subject.into(), name: name.into() });
    for pod in &mut pods {
        pod.owner = match pod.id.as_str() {
            "13" | "15" => owner("7", "ada"),
            "14" => owner("9", "mara\u{1b}[31m"),
            _ => None,
        };
    }
    pods
}

fn lab(columns: u16, rows: u16, pods: Vec<Pod>) -> Driver {
    let driver = Driver::full(columns, rows);
    let session = Session { subject: "7".into(), ..driver.app.session.clone() };
    driver.send(Message::Connected(session)).with_everything().send(Message::Pods(Ok(pods))).wait(7_000)
}

fn line(driver: &Driver, word: &str) -> String {
    let screen = driver.screen();
    screen.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{word}: {screen}")).to_owned()
}

#[test]
fn the_list_says_whose_pods_are_where_that_is_known_at_all() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        lab(columns, rows, pods()).keys("4").picture(&format!("pods-owners-{columns}x{rows}"));
    }
    let driver = lab(160, 50, pods()).keys("4");
    assert!(driver.screen().contains("OWNER"));
    assert!(line(&driver, "omero-bridge").contains(" mine "), "{}", driver.screen());
    assert!(line(&driver, "segmentik").contains(" mara "), "{}", driver.screen());
    assert!(!lab(160, 50, fixtures::pods()).keys("4").screen().contains("OWNER"), "nobody knows any owner");
    let found = lab(160, 50, pods()).keys("4 /").text("by:me").keys("enter");
    let screen = found.screen();
    assert!(screen.contains("omero-bridge") && !screen.contains("segmentik"), "{screen}");
    let page = lab(160, 50, pods()).keys("4 /").text("segmentik").keys("enter enter");
    assert!(line(&page, " Owner ").contains("mara"), "{}", page.screen());
}

#[test]
fn somebody_elses_pod_goes_only_when_its_name_is_typed() {
    let removal = |driver: &mut Driver| {
        let asked = driver.asked();
        asked.iter().any(|effect| matches!(effect, Effect::Act { verb: PodVerb::Remove, .. }))
    };
    let asked = |word: &str| {
        let mut driver = lab(80, 24, pods()).keys("4 /").text(word).keys("enter D").wait(500);
        driver.asked();
        driver
    };
    let mut hers = asked("segmentik");
    assert!(hers.screen().contains("of mara"), "{}", hers.screen());
    hers = hers.keys("y enter");
    assert!(!removal(&mut hers), "a key is not enough");
    let name = pods().iter().find(|pod| pod.id.as_str() == "14").unwrap().name();
    let mut hers = asked("segmentik").text(&name).keys("enter");
    assert!(removal(&mut hers), "{}", hers.screen());
    let mut mine = asked("omero").keys("y");
    assert!(removal(&mut mine), "{}", mine.screen());
    // Of the first nobody knows whose it is: as it was before there were owners.
    let mut unknown = asked("mesmer").keys("y");
    assert!(removal(&mut unknown), "{}", unknown.screen());
}

#[test]
fn the_sheet_says_who_runs_it_already() {
    let already = |owner: Option<Owner>| {
        let mut pods = pods();
        for pod in &mut pods {
            pod.owner.clone_from(&owner);
        }
        line(&lab(160, 50, pods).keys("2 /").text("stardist").keys("enter i"), " already ")
    };
    let owner = |subject: &str, name: &str| Some(Owner { subject: subject.into(), name: name.into() });
    assert!(already(owner("7", "ada")).contains("you run stardist-"), "{}", already(owner("7", "ada")));
    assert!(already(owner("9", "mara")).contains("mara runs stardist-"));
    let unknown = already(None);
    assert!(unknown.contains("0.4.2 runs on hpc-gpu") && !unknown.contains("you run"), "{unknown}");
}

#[test]
fn the_sheet_names_every_place_where_the_release_runs() {
    let mut pods = pods();
    let first = pods.iter().find(|pod| pod.app.as_str().ends_with("stardist")).unwrap().clone();
    for (id, subject, name) in [("91", "9", "mara"), ("92", "7", "ada")] {
        let owner = Some(Owner { subject: subject.into(), name: name.into() });
        pods.push(Pod { id: id.into(), local_id: format!("{id}aa"), owner, ..first.clone() });
    }
    let sheet = lab(160, 50, pods).keys("2 /").text("stardist").keys("enter i");
    let screen = sheet.screen();
    assert!(screen.contains("; also") && screen.contains("on hpc-gpu (mara), hpc-gpu (you)"), "{screen}");
}

#[test]
fn a_task_of_somebody_whose_pods_tell_the_name_is_by_that_name() {
    let mut tasks = fixtures::tasks();
    for task in &mut tasks {
        task.by = Some(crate::domain::Asker { subject: "9".into() });
    }
    let of = |pods: Vec<Pod>| lab(160, 50, pods).send(Message::Tasks(Ok(tasks.clone()))).keys("6").screen();
    let named = of(pods());
    assert!(named.contains("mara") && !named.contains("user 9"), "{named}");
    assert!(of(fixtures::pods()).contains("user 9"));
}

#[test]
fn an_app_says_whose_its_pods_are_since_when_and_which_of_them_nobody_confirms() {
    let mut all = pods();
    let star = all.iter().find(|pod| pod.id.as_str() == "13").unwrap().clone();
    let mara = all.iter().find(|pod| pod.id.as_str() == "14").unwrap().owner.clone();
    let ghost = all.iter().find(|pod| pod.id.as_str() == "16").unwrap().clone();
    all.push(Pod { id: "18".into(), version: "0.4.1".into(), owner: mara.clone(), ..star.clone() });
    all.push(Pod { id: "19".into(), owner: mara, engine: ghost.engine, engine_name: ghost.engine_name, ..star });
    let told = "hpc-gpu (you, 3h), hpc-gpu (0.4.1, mara, 3h), microscope-pc (?, mara, seen 2h ago)";
    let driver = lab(160, 50, all.clone()).keys("2 /").text("stardist").keys("enter");
    let beside = driver.screen();
    assert!(told.split("), ").all(|part| beside.contains(part.trim_end_matches(')'))), "{beside}");
    let narrow = lab(80, 24, all).keys("2 /").text("stardist").keys("enter");
    assert!(line(&narrow, "Running: ").contains(&told[..60]), "{}", narrow.screen());
    assert!(line(&narrow, "Running: ").contains('…'), "{}", narrow.screen());
}
