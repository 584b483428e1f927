//! Pods that nobody confirms, that come in numbers, that do not do what was asked, and what is taken back.

use super::{Driver, NOW, fixtures};
use crate::domain::{EngineKind, Moment, Pod, PodId, PodStatus, PodVerb, TaskState};
use crate::tui::action::{Action, Screen};
use crate::tui::app::Target;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

const MINUTE: i64 = 60_000;

fn row_of(driver: &Driver, name: &str) -> String {
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.contains(name) && !line.contains("──"));
    row.unwrap_or_else(|| panic!("{name} is not in\n{screen}")).to_owned()
}

#[test]
fn a_ghost_says_when_it_was_seen_last() {
    let driver = Driver::full(80, 24).keys("4");
    assert!(row_of(&driver, "seg-metrics").contains("RUNNING? 2h"), "{}", driver.screen());
    assert!(!row_of(&driver, "omero-bridge").contains('?'));
}

#[test]
fn a_ghost_counts_nowhere_as_a_pod_that_runs() {
    let page = Driver::full(160, 50).wait(7_000).keys("2 / s e g - m e t enter enter ] ] ] ] ] ]");
    assert!(row_of(&page, "RUNNING ").contains("RUNNING    ?   2d  seg-metrics-"), "{}", page.screen());
    let versions = page.keys("[ [ [ [");
    assert!(versions.screen().contains("ENGINES") && !versions.screen().contains("PODS"), "{}", versions.screen());
    let sheet = |minutes: i64| {
        let (mut engines, mut pods) = (fixtures::engines(), fixtures::pods());
        engines[0].resources[0].reported_at = Some(Moment(NOW.0 - minutes * MINUTE));
        for pod in &mut pods {
            pod.updated_at = Some(Moment(NOW.0 - 50 * MINUTE));
        }
        let driver = Driver::full(160, 50).send(Message::Engines(Ok(engines))).send(Message::Pods(Ok(pods)));
        driver.wait(7_000).keys("2 / o m e r o enter i").screen()
    };
    assert!(sheet(1).contains("uses that one"), "{}", sheet(1));
    assert!(!sheet(44).contains("uses that one"), "{}", sheet(44));
}

#[test]
fn an_engine_that_is_connected_and_does_not_look_confirms_nothing() {
    let mut engines = fixtures::engines();
    let mut pods = fixtures::pods();
    engines[0].resources[0].reported_at = Some(Moment(NOW.0 - 44 * MINUTE));
    for pod in &mut pods {
        pod.updated_at = Some(Moment(NOW.0 - 50 * MINUTE));
    }
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines.clone()))).send(Message::Pods(Ok(pods.clone())));
    let driver = driver.keys("4");
    assert!(row_of(&driver, "omero-bridge").contains("RUNNING? 44m"), "{}", driver.screen());
    // Another engine tells no times at all: its connection is all there is.
    engines[0].resources[0].reported_at = None;
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).send(Message::Pods(Ok(pods))).keys("4");
    assert!(!row_of(&driver, "omero-bridge").contains('?'), "{}", driver.screen());
}

fn ghost(driver: Driver) -> Driver {
    driver.wait(7_000).keys("4 / s e g - m e t enter")
}

#[test]
fn the_record_of_a_pod_that_cannot_be_asked_is_forgotten_after_a_question() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut driver = ghost(Driver::full(columns, rows));
        driver.app.act(Action::Forget);
        driver.picture(&format!("pods-forget-{columns}x{rows}"));
    }
    let mut driver = ghost(Driver::full(80, 24));
    driver.asked();
    assert!(driver.app.act(Action::Forget).is_empty());
    let mut driver = driver.wait(1_000).keys("y");
    assert_eq!(driver.asked(), [Effect::Forget("16".into())]);
    let driver = driver.send(Message::Forgotten("16".into(), Ok(())));
    assert!(driver.app.data.pod(&"16".into()).is_none());
    // Whoever can be asked is asked to remove it.
    let mut driver = Driver::full(80, 24).wait(7_000).keys("4 / o m e r o enter");
    driver.app.act(Action::Forget);
    assert!(driver.app.overlay.is_none() && driver.screen().contains("D removes it"), "{}", driver.screen());
}

#[test]
fn the_record_of_a_pod_whose_engine_is_gone_for_good_can_be_forgotten() {
    let mut engines = fixtures::engines();
    engines.retain(|engine| engine.name != "microscope-pc");
    let mut driver = ghost(Driver::full(80, 24).send(Message::Engines(Ok(engines))));
    assert!(driver.screen().contains("its engine is gone"), "{}", driver.screen());
    driver.app.act(Action::Forget);
    assert!(matches!(driver.app.overlay, Some(Overlay::Dialog(_))));
}

fn replicas() -> Vec<Pod> {
    let first = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "14").unwrap();
    let mut pods: Vec<Pod> = (0..12)
        .map(|at| Pod {
            id: format!("{}", 100 + at).into(),
            local_id: format!("{at:02x}beef00aa"),
            status: if at < 9 { PodStatus::Running } else { PodStatus::Pending },
            ..first.clone()
        })
        .collect();
    pods.extend(fixtures::pods().into_iter().filter(|pod| pod.id.as_str() != "14"));
    pods
}

fn at_replicas(columns: u16, rows: u16) -> Driver {
    let driver = Driver::full(columns, rows).send(Message::Pods(Ok(replicas()))).wait(7_000).keys("4");
    let at = driver.app.list(Screen::Pods).rows.iter().position(|row| {
        let pod = &driver.app.data.pods()[*row];
        driver.app.replicas_of(&pod.id).is_some()
    });
    let steps = "j ".repeat(at.unwrap());
    driver.keys(&steps)
}

#[test]
fn replicas_stand_in_one_row_that_opens() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        at_replicas(columns, rows).picture(&format!("pods-replicas-{columns}x{rows}"));
    }
    let driver = at_replicas(80, 24);
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 7);
    let row = row_of(&driver, "segmentik x12");
    assert!(row.contains("9 run") && row.contains("3 pend"), "{row}");
    let driver = driver.keys("enter");
    assert!(driver.app.pages.is_empty());
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 18);
    let driver = driver.keys("3 4");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 7, "they close when the screen is left");
    let driver = driver.keys("/").text("segmentik");
    assert_eq!(driver.app.list(Screen::Pods).rows.len(), 12, "what is searched for stands for itself");
}

#[test]
fn a_row_of_replicas_keeps_its_name_and_the_cursor_whatever_states_they_are_in() {
    let driver = at_replicas(80, 24);
    let chosen = driver.app.target();
    let mut pods = replicas();
    let last = pods.iter_mut().rfind(|pod| pod.app.as_str().ends_with("segmentik")).unwrap();
    last.status = PodStatus::Failed;
    let driver = driver.send(Message::Pods(Ok(pods))).wait(7_000);
    assert_eq!(driver.app.target(), chosen);
    assert!(row_of(&driver, "segmentik x12").starts_with('>'), "{}", driver.screen());
}

#[test]
fn a_mark_on_one_replica_means_that_one() {
    let driver = at_replicas(80, 24).keys("/").text("segmentik").keys("enter");
    let marked = driver.app.target().unwrap();
    let mut driver = driver.keys("space / C-u enter").keys("D");
    assert!(driver.screen().contains("Remove segmentik-"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.wait(1_000).keys("y");
    let asked = driver.asked();
    let acted: Vec<_> = asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act { pod, .. } => Some(Target::Pod(pod.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(acted, [marked]);
    // A row that is marked means all of it.
    let all = at_replicas(80, 24).keys("space D");
    assert!(all.screen().contains("Remove 12 pods?"), "{}", all.screen());
}

#[test]
fn keys_act_on_all_replicas_of_a_row() {
    let mut driver = at_replicas(80, 24).keys("D");
    assert!(driver.screen().contains("Remove 12 pods?"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.wait(1_000).keys("y");
    assert_eq!(driver.asked().iter().filter(|effect| matches!(effect, Effect::Act { .. })).count(), 12);
}

#[test]
fn a_wish_that_the_engine_does_not_follow_is_shown_beside_what_it_says() {
    let driver = Driver::full(160, 50).wait(7_000).keys("4 / o m e r o enter s").wait(5_000);
    assert!(row_of(&driver, "omero-bridge").contains("STOPPING ~"), "{}", driver.screen());
    assert!(driver.screen().contains("stopping… (not confirmed yet)"), "{}", driver.screen());
    let driver = driver.wait(45_000);
    assert!(row_of(&driver, "omero-bridge").contains("RUNNING ~ (stop asked)"), "{}", driver.screen());
    assert!(driver.screen().contains("stop asked 0:45 ago; the engine says"), "{}", driver.screen());
}

#[test]
fn z_after_a_stop_starts_again() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("4 / o m e r o enter s").wait(6_000);
    assert!(matches!(driver.asked().last(), Some(Effect::Act { verb: PodVerb::Stop, .. })));
    let mut pod = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "15").unwrap();
    pod.status = PodStatus::Stopped;
    let mut driver = driver.send(Message::PodChanged(Box::new(pod))).keys("z");
    let asked = driver.asked();
    let starts =
        |effect: &Effect| matches!(effect, Effect::Act { verb: PodVerb::Start, pod, .. } if pod.as_str() == "15");
    assert!(asked.iter().any(starts), "{asked:?}");
    let mut driver = driver.keys("z");
    assert_eq!(driver.asked(), [], "once");
}

#[test]
fn z_after_an_install_asks_before_it_removes() {
    let mut task = fixtures::tasks().remove(3);
    (task.id, task.state) = ("300".into(), TaskState::Running);
    let driver = Driver::full(80, 24).send(Message::Installing(Ticket(9), Ok(Box::new(task.clone())))).keys("4 z");
    assert!(driver.screen().contains("still being installed"), "{}", driver.screen());
    task.state = TaskState::Done;
    let driver = driver.send(Message::TaskChanged(Box::new(task))).keys("z");
    assert!(driver.screen().contains("Remove stardist-"), "{}", driver.screen());
    let mut driver = driver;
    driver.asked();
    let mut driver = driver.wait(1_000).keys("y");
    let removes =
        |effect: &Effect| matches!(effect, Effect::Act { verb: PodVerb::Remove, pod, .. } if pod.as_str() == "13");
    assert!(driver.asked().iter().any(removes));
}

#[test]
fn a_shell_is_opened_where_the_engine_is_this_machines() {
    let shell = |host: &str, kind: EngineKind, id: &str| {
        let mut engines = fixtures::engines();
        engines[0].kind = kind;
        let mut pods = fixtures::pods();
        if let Some(pod) = pods.iter_mut().find(|pod| pod.id == PodId::from("15")) {
            pod.local_id = id.into();
        }
        let mut driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).send(Message::Pods(Ok(pods)));
        driver.app.host = host.into();
        let mut driver = driver.wait(7_000).keys("4 / o m e r o enter");
        driver.asked();
        let mut driver = driver.keys("E");
        let asked = driver.asked();
        asked.into_iter().find_map(|effect| match effect {
            Effect::Shell(line) => Some(line),
            _ => None,
        })
    };
    let line = shell("ws-07", EngineKind::Docker, "c0ffee42").unwrap();
    assert!(line.starts_with("docker exec -it c0ffee42 sh -c "), "{line}");
    assert!(shell("ws-07", EngineKind::Podman, "c0ffee42").is_some_and(|line| line.starts_with("podman exec")));
    assert_eq!(shell("laptop", EngineKind::Docker, "c0ffee42"), None);
    assert_eq!(shell("", EngineKind::Docker, "c0ffee42"), None);
    assert_eq!(shell("ws-07", EngineKind::Process, "c0ffee42"), None);
    assert_eq!(shell("ws-07", EngineKind::Docker, "x; rm -rf ~"), None, "what a server says is no command");
}

#[test]
fn a_failed_pod_says_what_it_means_and_what_to_do() {
    for open in ["4", "4 enter"] {
        let driver = Driver::full(160, 50).keys(open);
        let screen = driver.screen();
        assert!(screen.contains("It was most likely killed because it"), "{screen}");
    }
}

#[test]
fn a_pod_that_nobody_can_confirm_counts_nowhere_as_running() {
    // The only pods of the organisation are on an engine that is offline.
    let mut pods = fixtures::pods();
    pods.retain(|pod| pod.id.as_str() == "16");
    let driver = Driver::full(80, 24).send(Message::Pods(Ok(pods))).wait(7_000);
    let home = driver.screen();
    let row = home.lines().find(|line| line.contains("seg-metrics-")).unwrap_or_else(|| panic!("{home}"));
    assert!(row.contains("? seg-metrics-") && row.contains("not confirmed: 0.3.0 on microscope-pc"), "{home}");
    assert!(home.contains("4 Pods "), "{home}");
    assert!(!home.contains("4 Pods 1"), "{home}");
    let driver = driver.keys("2 / s e g - m e t enter");
    let apps = driver.screen();
    assert!(
        !apps.contains("running")
            && apps.contains("nobody can confirm that it runs on microscope-pc, last seen 2h ago"),
        "{apps}"
    );
    let found = |typed: &str| Driver::full(80, 24).keys("4 /").text(typed).app.list(Screen::Pods).rows.len();
    assert_eq!((found("status:running engine:microscope-pc"), found("status:unconfirmed")), (0, 1));
}

#[test]
fn why_a_pod_is_as_it_is_says_nothing_that_is_not_so() {
    let said = |keys: &str| Driver::full(160, 50).keys(keys).screen();
    assert!(said("4 / o m e r o enter e").contains("runs, and docker-ws reports no trouble"), "{}", said("4 e"));
    // What the message line does not hold is read on the page.
    let driver = Driver::full(40, 20).keys("4 / m e s m e r enter e");
    let screen = driver.screen();
    assert!(screen.contains("Means") && screen.contains("memory"), "{screen}");
}

#[test]
fn a_pod_that_is_asked_to_stop_keeps_its_old_state_in_brackets() {
    let driver = Driver::full(80, 24).wait(7_000).keys("4 / o m e r o enter s enter");
    assert!(row_of(&driver, "omero-bridge").contains("STOPPING ~ (RUNNING)"), "{}", driver.screen());
}

#[test]
fn marked_pods_that_cannot_be_stopped_are_named() {
    let driver = Driver::full(160, 50).wait(7_000).keys("4 / c e l l p o s e enter * s");
    let screen = driver.screen();
    assert!(screen.contains("left out: cellpose-") && screen.contains("(it does not run)"), "{screen}");
    let asked = Driver::full(160, 50).wait(7_000).keys("4 * D");
    assert!(asked.screen().contains("left out: seg-metrics-"), "{}", asked.screen());
}

#[test]
fn the_header_and_the_tab_count_the_same_tasks() {
    let screen = Driver::full(80, 24).screen();
    assert!(screen.contains("2 tasks") && screen.contains("6 Tasks 2"), "{screen}");
}

#[test]
fn a_row_of_replicas_is_explained_as_a_whole_and_is_no_filter() {
    let driver = at_replicas(80, 24);
    let (rows, all) = (driver.app.list(Screen::Pods).rows.len(), driver.app.data.pods().len());
    assert!(rows < all && !driver.screen().contains(&format!("Pods {rows}/{all}")), "{}", driver.screen());
    let driver = driver.keys("e");
    assert!(driver.screen().contains("pods:") && driver.screen().contains("shows each of them"), "{}", driver.screen());
}

#[test]
fn a_stop_of_what_is_gone_is_not_undone_and_that_is_said() {
    let driver = Driver::full(80, 24).keys("4 j j s enter").wait(500).send(Message::Pods(Ok(Vec::new())));
    let mut driver = driver.keys("z");
    assert!(driver.screen().contains("Nothing to undo: what was stopped has been removed"), "{}", driver.screen());
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { verb: PodVerb::Start, .. })));
}

#[test]
fn what_waits_names_as_many_pods_as_there_is_room_for() {
    let said = |columns: u16, keys: &str| {
        let driver = Driver::full(columns, 24).wait(7_000).keys(keys);
        let screen = driver.screen();
        screen.lines().find(|line| line.contains("Stopping ")).unwrap_or_else(|| panic!("{screen}")).to_owned()
    };
    let pods = fixtures::pods();
    let name = |app: &str| pods.iter().find(|pod| pod.app.as_str().ends_with(app)).map(Pod::name).unwrap();
    let three = "4 / s t a r d i s t enter space / C-u o m e r o enter space / C-u s e g m e n t i k enter space s";
    let all = said(160, three);
    assert!(all.contains(&name("stardist")) && all.contains(&name("omero-bridge")), "{all}");
    assert!(all.contains(" in 5 s") && !all.contains("more"), "{all}");
    let some = said(80, three);
    assert!(some.contains(" and ") && some.contains(" more in 5 s") && some.contains("undo"), "{some}");
    assert!(pods.iter().any(|pod| some.contains(&pod.name())), "{some}");
    // Also where others are left out.
    let rest = said(160, "4 * s");
    assert!(rest.contains(" in 5 s; left out: ") && rest.contains(" more in 5 s"), "{rest}");
    assert!(rest.matches('-').count() >= 2, "{rest}");
    let few = said(80, "4 * s");
    assert!(few.contains(" more in 5 s; ") && !few.contains(" pods in"), "{few}");
    assert!(few.contains(" left out ") && few.contains("now"), "how many is never cut off: {few}");
    // Of one pod, its engine's name makes way before its own does.
    let one = said(80, "4 / o m e r o enter s");
    assert!(one.contains(&format!("{} on docker-ws in 5 s", name("omero-bridge"))), "{one}");
    let one = said(71, "4 / o m e r o enter s");
    assert!(one.contains(&format!("{} on dock…-ws in 5 s", name("omero-bridge"))), "{one}");
    let one = said(66, "4 / o m e r o enter s");
    assert!(one.contains(&format!("{} in 5 s", name("omero-bridge"))), "{one}");
    let small = said(40, "4 / s t a r d i s t enter s");
    assert!(small.contains(" in 5 s"), "{small}");
}
