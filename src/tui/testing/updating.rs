//! Updating pods: what is shown before, whose word it needs, and what becomes of the old pod.

use super::{Driver, fixtures};
use crate::domain::{App, Pod, PodStatus, PodVerb, Requirement, Task, TaskState};
use crate::tui::action::Screen;
use crate::tui::app::Section;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::Message;

/// The app whose pod is behind asks for more in its newest release.
pub fn asking_for_more() -> Vec<App> {
    let mut apps = fixtures::apps();
    let app = apps.iter_mut().find(|app| app.short_name() == "mesmer").unwrap();
    app.releases[0].scopes = vec!["read".into(), "write".into(), "run".into()];
    for flavour in &mut app.releases[0].flavours {
        flavour.requirements.push(Requirement {
            key: "kabinet".into(),
            service: "live.arkitekt.kabinet".into(),
            optional: false,
            description: None,
        });
    }
    apps
}

fn at_the_pod(columns: u16, rows: u16, apps: Vec<App>) -> Driver {
    Driver::full(columns, rows).send(Message::Apps(Ok(apps))).wait(7_000).keys("4 / m e s m e r enter")
}

fn installs(asked: &[Effect]) -> Option<Ticket> {
    asked.iter().find_map(|effect| match effect {
        Effect::Install { ticket, flavour, engine } => {
            assert_eq!((flavour.as_str(), engine.name.as_str()), ("5-0.12.3-cuda", "hpc-gpu"));
            Some(*ticket)
        }
        _ => None,
    })
}

#[test]
fn what_an_update_asks_for_in_addition_needs_a_word_of_its_own() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        at_the_pod(columns, rows, asking_for_more()).keys("U").picture(&format!("update-{columns}x{rows}"));
    }
    let mut driver = at_the_pod(80, 24, asking_for_more()).keys("U").wait(1_000).keys("enter");
    assert_eq!(installs(&driver.asked()), None, "the button that has the focus allows nothing");
    let mut driver = driver.keys("U").wait(1_000).keys("tab enter");
    assert!(installs(&driver.asked()).is_some());
}

#[test]
fn an_update_that_asks_for_nothing_more_takes_one_key() {
    let mut driver = at_the_pod(80, 24, fixtures::apps()).keys("U").wait(1_000);
    assert!(driver.screen().contains("the same as now"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("enter");
    assert!(installs(&driver.asked()).is_some());
}

fn installing(driver: Driver) -> (Driver, Task) {
    let mut driver = driver.keys("U").wait(1_000).keys("enter");
    let ticket = installs(&driver.asked()).unwrap();
    let task = Task { id: "200".into(), ..fixtures::tasks().remove(0) };
    (driver.send(Message::Installing(ticket, Ok(Box::new(task.clone())))), task)
}

#[test]
fn the_old_pod_goes_when_the_new_one_runs_and_not_before() {
    let (mut driver, task) = installing(at_the_pod(80, 24, fixtures::apps()));
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    let again = driver.keys("U");
    assert!(again.screen().contains("it is being updated"), "{}", again.screen());
    let done = Task { state: TaskState::Done, pod: Some("50".into()), ..task };
    let mut driver = again.send(Message::TaskChanged(Box::new(done)));
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })), "nobody has seen it run");
    let new = |status| Pod { id: "50".into(), status, ..fixtures::pods()[0].clone() };
    let mut driver = driver.send(Message::PodChanged(Box::new(new(PodStatus::Pending))));
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    let mut driver = driver.send(Message::PodChanged(Box::new(new(PodStatus::Running))));
    let asked = driver.asked();
    let removal = asked.iter().find_map(|effect| match effect {
        Effect::Act { verb: PodVerb::Remove, pod, removal, .. } if pod.as_str() == "11" => removal.clone(),
        _ => None,
    });
    let removal = removal.expect("it goes, and the server is asked before");
    assert_eq!(removal.seen, PodStatus::Failed);
    assert!(removal.log.is_some_and(|log| log.contains("mesmer-")), "its log is saved");
}

#[test]
fn an_old_pod_that_is_another_one_by_now_stays() {
    let (mut driver, task) = installing(at_the_pod(80, 24, fixtures::apps()));
    driver.asked();
    let done = Task { state: TaskState::Done, pod: Some("50".into()), ..task };
    let new = Pod { id: "50".into(), status: PodStatus::Running, ..fixtures::pods()[0].clone() };
    let old = Pod { status: PodStatus::Stopped, ..fixtures::pods()[0].clone() };
    let driver = driver.send(Message::PodChanged(Box::new(old))).send(Message::TaskChanged(Box::new(done)));
    let mut driver = driver.send(Message::PodChanged(Box::new(new)));
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    let said = driver.app.notes.error().expect("it is said").to_string();
    assert!(said.contains("STOPPED now; it was FAILED"), "{said}");
}

#[test]
fn the_old_pod_stays_when_the_new_one_does_not_run() {
    let (mut driver, task) = installing(at_the_pod(80, 24, fixtures::apps()));
    driver.asked();
    let done = Task { state: TaskState::Done, pod: Some("50".into()), ..task };
    let ended = Pod { id: "50".into(), status: PodStatus::Stopped, ..fixtures::pods()[0].clone() };
    let driver = driver.send(Message::TaskChanged(Box::new(done))).send(Message::PodChanged(Box::new(ended.clone())));
    assert!(driver.screen().contains("it stays as it was"), "{}", driver.screen());
    let mut driver = driver.send(Message::PodChanged(Box::new(Pod { status: PodStatus::Running, ..ended })));
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })), "that was told, and is over");
}

#[test]
fn the_old_pod_stays_when_the_new_one_could_not_be_installed() {
    for state in [TaskState::Failed, TaskState::Cancelled] {
        let (mut driver, task) = installing(at_the_pod(80, 24, fixtures::apps()));
        driver.asked();
        let mut driver = driver.send(Message::TaskChanged(Box::new(Task { state, ..task })));
        assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
        assert!(driver.app.notes.all.iter().any(|note| format!("{note:?}").contains("stays as it was")));
    }
}

#[test]
fn updates_that_change_what_an_app_may_do_stand_apart_from_those_that_do_not() {
    let mut pods = fixtures::pods();
    pods[0].status = crate::domain::PodStatus::Running;
    let home = |apps| Driver::full(160, 50).send(Message::Apps(Ok(apps))).send(Message::Pods(Ok(pods.clone())));
    let rows = |driver: &Driver, section| -> Vec<String> {
        let rows = driver.app.home.iter().filter(|row| row.section == section && row.name == "mesmer");
        rows.map(|row| row.text.clone()).collect()
    };
    let more = home(asking_for_more());
    let told = rows(&more, Section::Attention);
    assert_eq!(told, ["update to 0.12.3 changes what it may do: + run, + service kabinet, - openid"]);
    let plain = home(fixtures::apps());
    assert!(rows(&plain, Section::Attention).is_empty());
    assert_eq!(rows(&plain, Section::Updated), ["0.12.3  an older one runs; ⟨update⟩ updates it"]);
}

#[test]
fn an_app_that_is_chosen_means_its_pods_that_are_behind() {
    let driver = Driver::full(80, 24).wait(7_000).keys("2 / m e s m e r enter U");
    assert!(driver.screen().contains("0.12.2 -> 0.12.3"), "{}", driver.screen());
    let newest = Driver::full(80, 24).wait(7_000).keys("2 / s t a r d i s t enter U");
    assert!(newest.screen().contains("its pods run the newest release"), "{}", newest.screen());
    assert_eq!(newest.app.screen, Screen::Apps);
}

#[test]
fn where_names_are_typed_before_something_goes_an_update_wants_one_too() {
    let session = crate::tui::message::Session {
        confirm: crate::tui::message::Confirm::TypeName,
        ..Driver::new(80, 24).connected().app.session
    };
    let driver = Driver::full(80, 24).send(Message::Connected(session)).wait(7_000).keys("4 / m e s m e r enter U");
    let mut driver = driver.wait(1_000);
    driver.asked();
    let mut driver = driver.keys("enter");
    assert_eq!(installs(&driver.asked()), None);
    let name = driver.app.data.pods()[0].name();
    let mut driver = driver.text(&name).keys("enter");
    assert!(installs(&driver.asked()).is_some(), "{}", driver.screen());
}

#[test]
fn what_each_of_many_updates_asks_for_can_be_read() {
    let behind = fixtures::pods().into_iter().find(|pod| pod.app.as_str().ends_with("mesmer")).unwrap();
    let pods: Vec<Pod> = (0..10)
        .map(|at| {
            let id = format!("9{at}");
            Pod { id: id.as_str().into(), local_id: format!("{id}aaaaaaaa"), ..behind.clone() }
        })
        .collect();
    let driver = Driver::full(80, 24).send(Message::Apps(Ok(asking_for_more()))).wait(7_000);
    let mut driver = driver.send(Message::Pods(Ok(pods))).keys("4 / m e s m e r enter * U");
    let mut seen = String::new();
    for _ in 0..30 {
        seen.push_str(&driver.screen());
        driver = driver.keys("j");
    }
    let lines: Vec<&str> = seen.lines().collect();
    for at in 0..10 {
        let name = format!("9{at}aaaaaa");
        let is_read = lines.windows(2).any(|two| two[0].contains(&name) && two[1].contains("+ run"));
        assert!(is_read, "{name}\n{seen}");
    }
}

#[test]
fn marked_apps_mean_all_of_their_pods_that_are_behind() {
    let at = |keys: &str| Driver::full(80, 24).wait(7_000).keys(keys);
    let mut driver = at("2 * U").wait(1_000);
    let seen = driver.screen();
    let behind = ["mesmer", "cellpose"].map(|app| {
        let pods = driver.app.data.pods().iter().filter(|pod| pod.app.as_str().ends_with(app));
        pods.map(Pod::name).collect::<Vec<_>>()
    });
    assert!(behind[0].iter().all(|name| seen.contains(name)), "{seen}");
    assert!(behind[1].iter().any(|name| seen.contains(name)), "{seen}");
    assert!(!seen.contains("stardist-"), "its pod is at the newest release: {seen}");
    driver.asked();
    let mut driver = driver.keys("y");
    let asked = driver.asked();
    let count = asked.iter().filter(|effect| matches!(effect, Effect::Install { .. })).count();
    assert_eq!(count, 2, "{asked:?}");
    assert!(driver.app.list(Screen::Apps).marks.is_empty(), "what was asked for is marked no more");
    let none = at("2 / s t a r d enter space / C-u o m e r o enter space U").screen();
    assert!(none.contains("Nothing to update: their pods run the newest release"), "{none}");
    assert!(
        at("2 / m e s m e r enter space / C-u s t a r d enter U").app.overlay.is_some(),
        "marks count, shown or not"
    );
}

#[test]
fn pods_that_are_behind_say_in_the_list_to_which_version_they_can_go() {
    let driver = Driver::full(160, 50).wait(7_000).keys("4 / m e s m e r enter");
    let screen = driver.screen();
    assert!(screen.contains("UPDATE") && screen.contains("RUNTIME"), "{screen}");
    let row = screen.lines().find(|line| line.contains("FAILED x")).unwrap();
    assert!(row.contains("0.12.2") && row.contains("0.12.3") && row.trim_end().ends_with("podman"), "{row}");
    assert!(screen.contains("0.12.3 is newer (U updates)"), "{screen}");
    assert!(!screen.contains("RESOURCE"), "all have the names of their engines: {screen}");

    let mut pods = fixtures::pods();
    pods.retain(|pod| pod.version != "0.12.2" && pod.version != "2.2.3");
    pods[0].resource_name = Some("gn02".into());
    let driver = Driver::full(160, 50).send(Message::Pods(Ok(pods))).keys("4");
    let screen = driver.screen();
    let heads = screen.lines().find(|line| line.contains("VERSION")).unwrap();
    assert!(!heads.contains("UPDATE") && !screen.contains("is newer"), "{screen}");
    assert!(screen.contains("RESOURCE") && screen.contains("gn02"), "{screen}");
}
