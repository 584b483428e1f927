//! What is printed, and when.

use super::{Lines, later};
use crate::domain::{Failure, FailureKind, LogLine, PodStatus, TaskState};
use crate::tui::app::Target;
use crate::tui::effect::{Effect, RepositoryErrand};
use crate::tui::message::{LogKind, Message, Session};
use crate::tui::overlays::Overlay;
use crate::tui::testing::fixtures;

fn effects_of(lines: &mut Lines) -> Vec<Effect> {
    lines.driver.asked()
}

#[test]
fn a_list_is_numbered_rows_in_words_without_signs_and_frames() {
    let mut program = Lines::full().quietly().say("pods");
    let told = program.told();
    assert!(told.starts_with("Pods: "), "{told}");
    let third = told.lines().find(|line| line.starts_with("3. ")).unwrap();
    assert!(third.contains(" - running; on "), "{told}");
    let mut program = program.say("apps");
    let told = program.told();
    let stardist = told.lines().find(|line| line.contains("stardist")).unwrap();
    assert!(stardist.contains("best on hpc-gpu"), "{told}");
    for odd in ['\u{1b}', '│', '─', '┌', '+', '~', '>'] {
        assert!(!told.contains(odd), "{odd} in {told}");
    }
}

#[test]
fn a_number_means_the_row_that_was_printed_with_it_whatever_arrives_meanwhile() {
    let program = Lines::full().say("pods");
    let mut pods = fixtures::pods();
    pods.remove(0);
    let mut program = program.send(Message::Pods(Ok(pods.clone()))).say("stop 3").wait(6_000);
    let stopped = effects_of(&mut program);
    assert!(
        stopped.iter().any(|effect| matches!(effect, Effect::Act { pod, .. } if pod.as_str() == "15")),
        "{stopped:?}"
    );
    pods.retain(|pod| pod.id.as_str() != "15");
    let mut program = program.send(Message::Pods(Ok(pods))).quietly().say("remove 3");
    assert!(program.told().contains("is not there any more"), "{}", program.told());
    assert!(program.driver.app.overlay.is_none());
}

#[test]
fn a_word_with_a_number_means_what_it_means_for_that_row_wherever_the_cursor_is() {
    let row = |program: &Lines, is_it: fn(&Target) -> bool| {
        let home = &program.driver.app.home;
        home.iter().position(|row| row.target.as_ref().is_some_and(is_it)).expect("such a row") + 1
    };
    let home = || Lines::full().wait(7_000).say("home").quietly();
    let task = row(&home(), |it| matches!(it, Target::Task(_)));
    let pod = row(&home(), |it| matches!(it, Target::Pod(_)));
    let app = row(&home(), |it| matches!(it, Target::App(_)));
    // The same key restarts a pod and runs a task again.
    let mut program = home().say(&format!("choose {app}")).quietly().say(&format!("r {task}"));
    let told = program.told();
    assert!(told.contains("it has not ended"), "{told}");
    let mut program = home().say(&format!("choose {app}"));
    program.driver.asked();
    let mut program = program.quietly().say(&format!("start {pod}"));
    let started = effects_of(&mut program);
    assert!(started.iter().any(|it| matches!(it, Effect::Act { .. })), "{}", program.told());
    let mut program = home().say(&format!("choose {pod}")).say(&format!("install {app}"));
    assert!(matches!(program.driver.app.overlay, Some(Overlay::Sheet(_))), "{}", program.told());
}

#[test]
fn nothing_is_destroyed_before_its_question_was_written() {
    let mut program = Lines::full().say("pods").quietly().say("remove 3");
    let told = program.told();
    assert!(told.contains("Remove ") && told.contains("yes: remove. no: cancel."), "{told}");
    let mut early = program.say("yes");
    assert!(effects_of(&mut early).iter().all(|effect| !matches!(effect, Effect::Act { .. })));
    assert!(early.told().contains("error: That came before the question could be read"));
    // Enter alone is the default, and that is no.
    let mut program = early.wait(1_000).say("");
    assert!(program.driver.app.overlay.is_none());
    assert!(effects_of(&mut program).iter().all(|effect| !matches!(effect, Effect::Act { .. })));
    let mut odd = program.say("remove 3").wait(1_000).quietly().say("perhaps");
    assert!(odd.driver.app.overlay.is_some() && odd.told().contains("Remove "));
    let mut yes = odd.say("yes");
    assert_eq!(effects_of(&mut yes).iter().filter(|effect| matches!(effect, Effect::Act { .. })).count(), 1);
}

#[test]
fn a_name_that_has_to_be_typed_is_asked_for() {
    let session =
        Session { context: "lab".into(), confirm: crate::tui::message::Confirm::TypeName, ..Session::default() };
    let program = Lines::full().send(Message::Connected(session)).with(crate::tui::testing::Driver::with_everything);
    let mut program = program.say("pods").quietly().say("remove 3").wait(1_000);
    let name = program.driver.app.data.pod(&"15".into()).unwrap().name();
    assert!(program.told().contains(&format!("Type {name} to go on")));
    let mut wrong = program.say("something else").quietly();
    assert!(effects_of(&mut wrong).iter().all(|effect| !matches!(effect, Effect::Act { .. })));
    let mut right = wrong.wait(1_000).say(&name);
    assert!(effects_of(&mut right).iter().any(|effect| matches!(effect, Effect::Act { .. })));
}

#[test]
fn errors_are_printed_once_and_messages_prints_them_again() {
    let failure = Failure::new("Could not list the pods", "timed out\u{1b}[2J");
    let mut program = Lines::full().quietly().send(Message::Pods(Err(failure))).wait(60_000).say("apps");
    assert_eq!(program.told().matches("error: Could not list the pods: timed out").count(), 1);
    let mut program = program.say("messages");
    let told = program.told();
    assert!(told.contains("timed out") && !told.contains('\u{1b}'), "{told}");
    // The way back is not for the error.
    let program = program.say("back").say("1").say("back");
    assert!(program.driver.app.pages.is_empty());
}

#[test]
fn time_to_think_again_is_one_line_and_nothing_counts_down() {
    let mut program = Lines::full().say("pods").quietly().say("stop 3");
    let told = program.told();
    assert!(told.contains("in 5 seconds; undo takes it back"), "{told}");
    for _ in 0..4 {
        program = program.wait(1_000);
    }
    assert_eq!(program.told(), "");
    let wakes = program.driver.app.wakes_at().unwrap();
    assert!(wakes <= later(6), "the end of the five seconds wakes");
    let mut program = program.wait(2_000);
    assert!(program.told().contains("status: Stopping"), "{}", program.told());
}

#[test]
fn the_progress_of_what_was_asked_for_here_is_told_and_of_others_where_it_is_looked_at() {
    let mut task = fixtures::tasks().remove(0);
    let mut program = Lines::full().say("apps").quietly();
    task.progress = Some(90);
    program = program.send(Message::TaskChanged(Box::new(task.clone())));
    assert_eq!(program.told(), "", "somebody else's");
    let mut own = task.clone();
    let pulled = |percent: u8| Some(format!("Pulling image: 0 of 1 layers\na {percent}/100 downloading"));
    (own.id, own.progress, own.message) = ("900".into(), Some(5), pulled(5));
    program = program.send(Message::Acted(crate::domain::PodVerb::Start, "15".into(), Ok(Box::new(own.clone()))));
    assert!(program.told().contains("pulling image, 5 percent"), "{}", program.told());
    (own.progress, own.message) = (Some(9), pulled(9));
    program = program.send(Message::TaskChanged(Box::new(own.clone())));
    assert_eq!(program.told(), "");
    (own.progress, own.message) = (Some(15), pulled(15));
    program = program.send(Message::TaskChanged(Box::new(own.clone())));
    assert!(program.told().contains("15 percent"));
    own.state = TaskState::Done;
    program = program.send(Message::TaskChanged(Box::new(own)));
    assert!(program.told().contains("status: Done: "));
}

#[test]
fn pods_that_change_are_told_in_their_list_and_many_at_once_are_counted() {
    let mut pods = fixtures::pods();
    let program = Lines::full().say("pods").quietly();
    pods[2].status = PodStatus::Stopped;
    let mut program = program.send(Message::Pods(Ok(pods.clone())));
    assert!(program.told().contains("is stopped"), "{}", program.told());
    for pod in &mut pods {
        pod.status = PodStatus::Stopping;
    }
    let mut program = program.send(Message::Pods(Ok(pods)));
    assert!(program.told().contains("pods changed; list prints them"), "{}", program.told());
}

#[test]
fn a_log_is_printed_as_it_comes_and_tells_the_truth_about_itself() {
    let mut program = Lines::full().say("pods").quietly().say("logs 3");
    let ticket = program.driver.app.tickets;
    let line = |number: i64| LogLine::parse(&format!("2026-11-24T18:53:{:02}Z stdout line {number}", number % 60));
    assert!(!program.told().contains("LIVE"));
    let lines: Vec<_> = (0..50).map(line).collect();
    program = program.send(Message::LogLines(ticket, LogKind::Live, lines.into()));
    let told = program.told();
    assert!(told.contains("status: log LIVE") && told.contains("line 49") && !told.contains("line 29"), "{told}");
    program = program.send(Message::LogLines(ticket, LogKind::Live, vec![line(50)].into()));
    assert_eq!(program.told(), "18:53:50 line 50");
    program = program.send(Message::LogDropped(ticket, 7));
    assert_eq!(program.told(), "--- 7 lines dropped (buffer full) ---");
    let why = crate::domain::Failure::new("Could not read the log", "Rekuest cannot be reached");
    let lost = (why, std::time::Duration::from_secs(8));
    program = program.send(Message::LogLost(ticket, Some(lost)));
    assert_eq!(program.told(), "status: log reconnecting: Rekuest cannot be reached");
    program = program.say("");
    assert!(program.told().contains("status: log paused"));
    program = program.send(Message::LogLines(ticket, LogKind::Live, vec![line(51)].into()));
    assert_eq!(program.told(), "status: log LIVE");
    program = program.say("follow");
    assert_eq!(program.told(), "18:53:51 line 51");
    program = program.say("&line 4");
    let told = program.told();
    assert!(told.contains("only line 4") && told.contains("line 42") && !told.contains("line 51"), "{told}");
    program = program.say("/line 33");
    assert!(!program.told().is_empty());
}

#[test]
fn a_script_waits_until_what_it_asked_for_has_been_answered() {
    let program = Lines::new();
    assert!(!program.plain.is_settled(&program.driver.app), "not connected yet");
    let program = program.with(crate::tui::testing::Driver::connected);
    assert!(!program.plain.is_settled(&program.driver.app), "the lists are not there");
    let program = program.with(crate::tui::testing::Driver::with_everything);
    assert!(program.plain.is_settled(&program.driver.app));
    let program = program.say("pods").say("remove 3");
    assert!(!program.plain.is_settled(&program.driver.app), "nobody can have read the question");
    let program = program.wait(500);
    assert!(program.plain.is_settled(&program.driver.app));
    let program = program.say("no").say("stop 3").say("wait");
    assert!(!program.plain.is_settled(&program.driver.app), "the grace period");
    // The stop is asked for, and nobody answers.
    let program = program.wait(601_000).wait(601_000);
    assert!(program.plain.is_settled(&program.driver.app), "nothing is waited for for ever");
}

#[test]
fn what_is_said_names_screens_and_not_the_figures_on_their_tabs() {
    let program = Lines::new().with(crate::tui::testing::Driver::connected).send(Message::Pods(Ok(Vec::new())));
    let mut program = program.quietly().say("pods");
    let told = program.told();
    assert!(told.contains("Install an app: apps then install."), "{told}");
    assert!(!told.contains('⟨') && !told.contains("go-"), "{told}");
    let mut program = Lines::full().say("apps").say("install 1").say("1").quietly();
    let ticket = program.driver.app.tickets;
    let task = Box::new(fixtures::tasks().remove(0));
    program = program.send(Message::Installing(ticket, Ok(task)));
    let told = program.told();
    assert!(told.contains("watch watches it"), "{told}");
}

#[test]
fn palette_commands_are_lines() {
    let program = Lines::full().say("pods failed");
    assert_eq!(program.driver.app.list(crate::tui::action::Screen::Pods).filter.value(), "failed");
    let program = Lines::full().say("app stardist");
    assert!(
        matches!(program.driver.app.pages.last(), Some(crate::tui::app::Page::App(page)) if page.app.as_str() == "live.arkitekt.stardist")
    );
    let mut program = Lines::full();
    program.driver.asked();
    let mut program = program.say("ctx other");
    assert!(program.driver.asked().contains(&Effect::UseContext("other".into())));
    let mut program = Lines::full();
    program.driver.asked();
    let mut program = program.say("repo add user/repo");
    assert!(program.driver.asked().contains(&Effect::Repository(RepositoryErrand::Add("user/repo".into()))));
    let mut program = Lines::full().say("theme mono").quietly().say(":").say("star");
    assert!(program.told().contains("1. "), "{}", program.told());
}

#[test]
fn being_signed_out_and_unreachable_is_told_once() {
    let failure = || Failure::new("Could not connect to lab", "no route to host").kind(FailureKind::Network);
    let mut program = Lines::new().quietly().send(Message::ConnectFailed(failure()));
    assert_eq!(program.told().matches("error: Could not connect to lab: no route to host").count(), 1);
    for _ in 0..5 {
        program = program.wait(61_000).send(Message::ConnectFailed(failure()));
    }
    assert_eq!(program.told(), "");
    let mut program = program.with(crate::tui::testing::Driver::connected);
    assert!(program.told().contains("status: connected to lab (biolab, ada)"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    /// Whatever is typed: nothing breaks, no byte steers the terminal, and nothing is removed without a yes.
    #[test]
    fn no_line_breaks_anything(lines in proptest::collection::vec("[a-zA-Z]{1,9}( [0-9]{1,2}){0,2}|[0-9]{1,2}|[/&:|?.*@-][a-z]{0,3}|pods|apps|tasks|logs 3|remove 3|install 1|facets|help|Tab|Esc|", 1..12)) {
        let mut program = Lines::full();
        for line in &lines {
            program = program.say(line).wait(500);
            let told = program.told();
            assert!(!told.chars().any(|letter| letter.is_control() && letter != '\n'), "{told:?}");
        }
        let says_yes = lines.iter().any(|line| line.to_lowercase().starts_with('y') || line == "Tab");
        let removes = program.driver.asked().into_iter().any(|it| matches!(it, Effect::Act { verb: crate::domain::PodVerb::Remove, .. }));
        assert!(!removes || says_yes);
    }
}
