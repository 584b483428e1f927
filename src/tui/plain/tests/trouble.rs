//! Errors have a name and details here, too.

use super::Lines;
use crate::domain::Failure;
use crate::tui::app::{Page, Tab};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

fn quota() -> Failure {
    Failure::new("Could not start stardist on hpc-gpu", "sbatch refused (you already use 2 of 2 GPUs)")
        .hint("Stop a GPU pod.")
}

/// Somebody asked for something that failed, on the list of apps.
fn failed() -> Lines {
    let mut program = Lines::full().say("apps").quietly().send(Message::Offers("e".into(), Err(quota())));
    program.driver.asked();
    program
}

fn copied(program: &mut Lines) -> Option<String> {
    program.driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    })
}

#[test]
fn an_error_is_told_with_its_name_and_its_details_and_can_be_copied() {
    let id = quota().id();
    for (explain, copy) in [("explain", "copy"), ("e", "y")] {
        let mut program = failed();
        let told = program.told();
        assert!(told.contains(&format!("error: {} ({id})", quota())), "{told}");
        program = program.say(explain);
        let told = program.told();
        for part in [&quota().what, &quota().why, &quota().hint, &id, "When"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        program = program.say(copy);
        assert!(program.told().contains("status: to copy:"));
        let text = copied(&mut program).expect("something is copied");
        assert!(text.contains(&id) && text.contains(&quota().why), "{text}");
        let mut again = program.say(explain);
        assert!(again.told().contains(&id), "it is told again");
        let mut straight = failed().say("").quietly().say(copy);
        assert!(copied(&mut straight).is_some_and(|text| text.contains(&id)));
        assert!(straight.driver.app.overlay.is_none());
    }
}

#[test]
fn in_a_log_its_error_can_be_explained() {
    let mut program = Lines::full().say("pods").say("logs 3");
    let ticket = program.driver.app.tickets;
    program = program.send(Message::LogEnded(ticket, Some(quota()))).quietly();
    for word in ["explain", "e"] {
        program = program.say(word);
        assert!(program.told().contains(&quota().id()), "{word}");
        assert!(matches!(program.driver.app.overlay, Some(Overlay::Details(_))));
    }
}

#[test]
fn as_soon_as_something_else_is_asked_for_the_words_mean_that() {
    let mut program = failed().say("choose 1").say("explain");
    let page =
        |program: &Lines| matches!(program.driver.app.pages.last(), Some(Page::App(page)) if page.tab == Tab::Compat);
    assert!(page(&program), "{}", program.told());
    let mut program = failed().say("explain 1");
    assert!(page(&program), "a row was meant: {}", program.told());
    let mut program = failed().say("messages");
    assert!(program.told().contains("sbatch refused"));
    let program = program.say("back").say("copy 1");
    assert!(matches!(program.driver.app.overlay, Some(Overlay::Yank(_))));
}
