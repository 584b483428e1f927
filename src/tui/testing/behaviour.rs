//! What the keys do, and what they must never do.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::{Driver, NOW, fixtures};
use crate::domain::{Failure, Moment, PodStatus, PodVerb, TaskState};
use crate::tui::action::Screen;
use crate::tui::app::{Page, Tab};
use crate::tui::effect::{Effect, List, Ticket};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

fn acts(effects: &[Effect]) -> Vec<(PodVerb, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act { verb, pod, .. } => Some((*verb, pod.to_string())),
            _ => None,
        })
        .collect()
}

#[test]
fn the_first_wish_is_to_connect_and_then_all_lists_are_read() {
    let mut driver = Driver::new(80, 24);
    assert_eq!(driver.asked(), [Effect::Connect]);
    let mut driver = driver.connected();
    assert_eq!(driver.asked(), List::ALL.map(Effect::Fetch));
}

#[test]
fn a_stop_waits_five_seconds_and_can_be_undone() {
    let mut driver = Driver::full(80, 24).keys("4 j j s");
    driver.asked();
    let mut driver = driver.wait(4_900);
    assert!(acts(&driver.asked()).is_empty());
    let mut driver = driver.wait(200);
    assert_eq!(acts(&driver.asked()), [(PodVerb::Stop, "15".into())]);
    assert!(driver.screen().contains("STOPPING ~"));

    let mut undone = Driver::full(80, 24).keys("4 j j s z").wait(60_000);
    assert!(acts(&undone.asked()).is_empty());
    let mut now = Driver::full(80, 24).keys("4 j j s enter");
    assert_eq!(acts(&now.asked()).len(), 1);
}

#[test]
fn a_client_that_quits_within_the_grace_period_stops_nothing() {
    let mut driver = Driver::full(80, 24).keys("4 j j s q");
    let asked = driver.asked();
    assert!(acts(&asked).is_empty());
    assert_eq!(asked.last(), Some(&Effect::Quit));
}

#[test]
fn typing_ahead_removes_nothing() {
    let mut driver = Driver::full(80, 24).keys("4 j j D y y y enter");
    assert!(acts(&driver.asked()).is_empty());
    assert!(matches!(driver.app.overlay, Some(Overlay::Dialog(_))));
    // A pause is needed after the last key that came too early; Enter still means Cancel.
    let mut enter = driver.wait(500).keys("enter");
    assert!(acts(&enter.asked()).is_empty());
    assert!(enter.app.overlay.is_none());
    let mut yes = Driver::full(80, 24).keys("4 j j D").wait(500).keys("y");
    assert_eq!(acts(&yes.asked()), [(PodVerb::Remove, "15".into())]);
}

#[test]
fn a_verb_acts_on_the_marks_and_leaves_out_what_cannot_be() {
    let mut driver = Driver::full(80, 24).keys("4 * s enter");
    let stopped: Vec<_> = acts(&driver.asked()).into_iter().map(|(_, pod)| pod).collect();
    // Failed and stopped pods cannot be stopped, nor can one whose engine is offline.
    assert_eq!(stopped, ["12", "15", "14", "13"]);
}

#[test]
fn what_changed_since_it_was_seen_is_not_acted_on() {
    let driver = Driver::full(80, 24).keys("4 j j s");
    let mut pod = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "15").unwrap();
    pod.status = PodStatus::Stopped;
    let mut driver = driver.send(Message::PodChanged(Box::new(pod))).wait(6_000);
    assert!(acts(&driver.asked()).is_empty());
    assert!(driver.screen().contains("changed since you saw it"), "{}", driver.screen());
}

#[test]
fn the_sheet_installs_the_best_flavour_on_the_best_engine() {
    let mut driver = Driver::full(80, 24).keys("2 /").text("stardist").keys("enter i enter");
    let install = driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Install { flavour, engine, ticket } => Some((flavour.to_string(), engine.name, ticket)),
        _ => None,
    });
    assert_eq!(install, Some(("0-0.4.2-cuda".into(), "hpc-gpu".into(), Ticket(1))));
}

/// The sheet with the choice of an engine that does not report its memory.
fn maybe() -> Driver {
    let driver = Driver::full(80, 24).keys("2 /").text("ilastik").keys("enter I");
    driver.keys("j j enter")
}

#[test]
fn a_maybe_is_asked_once_more_and_a_no_is_refused() {
    let mut driver = maybe().keys("enter enter");
    assert!(driver.screen().contains("Install it anyway?"), "{}", driver.screen());
    driver.picture("install-sure-80x24");
    let asked = driver.asked();
    assert!(!asked.iter().any(|effect| matches!(effect, Effect::Install { .. })), "typed ahead");
    let mut driver = driver.wait(1_000).keys("enter");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })));

    let mut refused = Driver::full(80, 24).keys("2 /").text("mesmer").keys("enter I j enter");
    assert!(refused.screen().contains("cannot run on"), "{}", refused.screen());
    assert!(!refused.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })));
}

#[test]
fn without_a_connection_nothing_is_asked_and_the_error_says_what_to_do() {
    let lost = Message::Lost(Failure::new("Lost the server", "connection reset"), Duration::ZERO);
    for keys in ["4 j j s", "4 j j D", "6 c", "2 i enter"] {
        let mut driver = Driver::full(80, 24).send(lost.clone());
        driver.asked();
        let mut driver = driver.keys(keys).wait(6_000);
        assert_eq!(driver.asked(), [], "{keys}");
        assert!(driver.app.notes.error().is_some(), "{keys}");
        let words = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("R connects again"), "{keys}\n{words}");
    }
    let mut again = Driver::full(80, 24).send(lost);
    again.asked();
    assert_eq!(again.keys("R").asked(), [Effect::Connect]);
}

#[test]
fn a_failure_keeps_the_old_list_and_stays_until_it_is_dismissed() {
    let failure = Failure::new("Could not list the pods", "timed out");
    let driver = Driver::full(80, 24).keys("4").send(Message::Pods(Err(failure))).wait(60_000);
    assert!(driver.screen().contains("timed out"));
    assert!(driver.screen().contains("cellpose"));
    assert!(!driver.keys("esc").screen().contains("timed out"));
}

#[test]
fn the_page_you_return_to_is_where_you_left_it() {
    let driver = Driver::full(80, 24).keys("2 j j j enter");
    assert!(matches!(driver.app.pages.last(), Some(Page::App(_))));
    let driver = driver.keys("esc");
    assert_eq!(driver.app.list(Screen::Apps).cursor, 3);
    assert!(driver.app.pages.is_empty());
}

#[test]
fn explain_opens_the_table_from_the_list_and_the_page() {
    for keys in ["2 e", "2 enter e", "3 e", "2 enter ]"] {
        let driver = Driver::full(80, 24).keys(keys);
        let table = matches!(driver.app.pages.last(), Some(Page::App(page)) if page.tab == Tab::Compat);
        assert!(table && driver.app.overlay.is_none(), "{keys}\n{}", driver.screen());
    }
}

#[test]
fn the_chosen_pod_stays_chosen_when_others_come_and_go() {
    let driver = Driver::full(80, 24).keys("4 j j j");
    let chosen = driver.app.target();
    let mut pods = fixtures::pods();
    pods.remove(0);
    let driver = driver.send(Message::Pods(Ok(pods)));
    assert_eq!(driver.app.target(), chosen);
}

#[test]
fn progress_never_goes_backwards() {
    let driver = Driver::full(80, 24).keys("6");
    let mut task = fixtures::tasks().remove(0);
    task.progress = Some(12);
    let driver = driver.send(Message::TaskChanged(Box::new(task)));
    assert_eq!(driver.app.data.task(&"101".into()).unwrap().progress, Some(41));
}

#[test]
fn the_end_of_a_task_is_said_once_and_the_pods_are_read_again() {
    let mut driver = Driver::full(80, 24).asked_here("101");
    driver.asked();
    let mut task = fixtures::tasks().remove(0);
    task.state = TaskState::Done;
    let mut driver = driver.send(Message::TaskChanged(Box::new(task.clone())));
    let told = Effect::Notify("done: install cellpose 3.0.1 on hpc-gpu".into());
    assert_eq!(driver.asked(), [told, Effect::FetchInTurn(List::Pods)]);
    assert!(driver.screen().contains("Done: install cellpose 3.0.1 on hpc-gpu"));
    let mut driver = driver.send(Message::TaskChanged(Box::new(task)));
    assert_eq!(driver.asked(), []);
}

#[test]
fn a_task_that_has_worked_long_is_not_cancelled_without_a_question() {
    let mut long = Driver::full(80, 24).keys("6 c");
    assert!(matches!(long.app.overlay, Some(Overlay::Dialog(_))));
    assert!(!long.asked().contains(&Effect::Cancel("101".into())));
    let mut yes = long.wait(500).keys("y");
    assert_eq!(yes.asked(), [Effect::Cancel("101".into())]);
}

#[test]
fn leaving_the_log_stops_the_stream() {
    for keys in ["esc", "q", "1", "g h"] {
        let mut driver = Driver::full(80, 24).keys("4 j j l");
        assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Log { .. })));
        assert_eq!(driver.keys(keys).asked(), [Effect::StopLog], "{keys}");
    }
}

#[test]
fn nothing_wakes_up_when_nothing_can_change() {
    // A task that says nothing for a minute is worth a word, once.
    let mut driver = Driver::full(80, 24).keys("3").wait(70_000);
    driver.asked();
    assert_eq!(driver.app.wakes_at(), None);
    let pods = driver.keys("4").pass(1_000);
    assert_eq!(pods.app.wakes_at(), Some(Moment((pods.now.0 / 60_000 + 1) * 60_000)));
    assert!(Driver::new(80, 24).app.wakes_at() <= Some(Moment(NOW.0 + 1_000)));
}

#[test]
fn no_engine_says_which_sockets_were_looked_for() {
    let mut driver = Driver::new(80, 24).connected();
    driver.asked();
    let mut driver = driver.send(Message::Engines(Ok(vec![])));
    assert_eq!(driver.asked(), [Effect::Probe]);
}

#[test]
fn pasted_text_presses_no_key() {
    let mut driver = Driver::full(80, 24).keys("4 j j");
    driver.asked();
    let mut driver = driver.send(Message::Paste("D\ny\nq".into()));
    assert_eq!(driver.asked(), []);
    assert!(driver.app.overlay.is_none());
    let typed = driver.keys("2 /").send(Message::Paste("star\ndist".into()));
    assert_eq!(typed.app.list(Screen::Apps).filter.value(), "star dist");
}

#[test]
fn letters_that_arrive_together_find_what_they_find_one_by_one() {
    let letters = |text: &str| {
        Message::Letters(text.chars().map(|it| KeyEvent::new(KeyCode::Char(it), KeyModifiers::NONE)).collect())
    };
    for word in ["stardist", "seg", "Star", "sta dist", "status:compat seg", "zzz"] {
        let one_by_one = Driver::full(80, 24).keys("2 /").text(word);
        let together = Driver::full(80, 24).keys("2 /").send(letters(word));
        assert_eq!(together.screen(), one_by_one.screen());
        assert_eq!(one_by_one.app.list(Screen::Apps).filter.value(), word);
    }
    // Where no filter is typed, they are keys like all others.
    assert_eq!(Driver::full(80, 24).send(letters("4jj")).screen(), Driver::full(80, 24).keys("4 j j").screen());
}

#[test]
fn names_that_would_steer_the_terminal_are_harmless() {
    let mut apps = fixtures::apps();
    apps[0].releases[0].description = Some("nice\u{1b}]0;owned\u{7} \u{202e}app\nline".into());
    let driver = Driver::full(80, 24).send(Message::Apps(Ok(apps))).keys("2 /").text("stardist");
    let screen = driver.screen();
    assert!(screen.contains("nice app line"), "{screen}");
    assert!(!screen.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn q_always_leaves_in_the_end_at_every_size() {
    for size in [(0, 0), (1, 1), (10, 3), (29, 7), (40, 12), (80, 24), (300, 100)] {
        let mut driver = Driver::full(size.0, size.1).keys("4 enter l").keys("esc q q q q");
        assert!(driver.asked().contains(&Effect::Quit), "{size:?}");
    }
}

#[test]
fn on_a_screen_that_shows_nothing_else_q_leaves_whatever_was_open_before() {
    for keys in ["4 enter", "4 enter l", "2 /", ":", "4 D", "?"] {
        let mut driver = Driver::full(80, 24).keys(keys).send(Message::Resize(20, 5)).wait(300);
        assert!(driver.screen().contains("q quits"), "{}", driver.screen());
        driver.asked();
        let mut driver = driver.keys("q");
        assert_eq!(driver.asked(), [Effect::Quit], "{keys}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_keys_and_no_size_break_anything(
        keys in proptest::collection::vec("[1-6jkGeiIa?:@/&nNlsurDzqfwtx.*oycR$\\[\\]-]|enter|esc|tab|space|down|up|pgdn|back|C-d|C-u|C-l", 1..60),
        sizes in proptest::collection::vec((0_u16..200, 0_u16..60), 1..4),
    ) {
        let mut driver = Driver::full(80, 24);
        for (at, key) in keys.iter().enumerate() {
            let (columns, rows) = sizes[at % sizes.len()];
            driver = driver.send(Message::Resize(columns, rows)).keys(key).wait(300);
            driver.buffer();
        }
        let verbs = acts(&driver.asked());
        prop_assert!(verbs.iter().all(|(_, pod)| !pod.is_empty()));
    }
}

#[test]
fn a_restart_is_over_when_its_task_is_and_the_list_was_read_again() {
    let mut driver = Driver::full(80, 24).keys("4 j j r enter");
    assert_eq!(acts(&driver.asked()), [(PodVerb::Restart, "15".into())]);
    let mut task = fixtures::tasks().remove(0);
    (task.id, task.acted_on) = ("900".into(), vec!["@kabinet/pod:15".into()]);
    task.kind = crate::domain::TaskKind::Restart;
    let driver = driver.send(Message::Acted(PodVerb::Restart, "15".into(), Ok(Box::new(task.clone()))));
    let driver = driver.send(Message::Pods(Ok(fixtures::pods())));
    assert!(driver.screen().contains("RESTARTING ~"), "it runs as before, because nothing has happened yet");
    task.state = TaskState::Done;
    let driver = driver.send(Message::TaskChanged(Box::new(task))).send(Message::Pods(Ok(fixtures::pods())));
    assert!(!driver.screen().contains("RESTARTING ~"));
}
