//! Whatever stands in the table of keys can be asked for in a line, by its name and by its key.

use super::{Lines, outcome};
use crate::domain::{Failure, FailureKind};
use crate::tui::action::Screen;
use crate::tui::app::{App, Connection};
use crate::tui::keymap::{BINDINGS, Binding, Key, Place};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;
use crate::tui::plain::{answers, words};
use crate::tui::testing::{everywhere_answers, fixtures, form_of_an_offer};

/// The program at a place.
fn at(place: Place) -> Lines {
    let say = |lines: &[&str]| lines.iter().fold(Lines::full(), |program, line| program.say(line));
    let program = match place {
        Place::Everywhere | Place::Moving | Place::Lists | Place::Pods => say(&["pods"]),
        Place::Catalogue => say(&["apps"]),
        Place::AppPage => say(&["apps", "1"]),
        Place::Rows => say(&["apps", "1", "compat"]),
        Place::AllPods => say(&["pods @*"]).with(everywhere_answers),
        Place::Engines => say(&["engines"]),
        Place::Tasks => say(&["tasks"]),
        Place::Parts => say(&["pods", "3"]),
        Place::Page => say(&["nodes", "1"]),
        Place::Log => say(&["pods", "logs 3"]),
        Place::Sheet => say(&["apps", "/stardist", "install 1"]),
        Place::Dialog => say(&["pods", "remove 3"]).wait(1_000),
        Place::Menu => say(&["pods", "actions 3"]),
        Place::Choices => say(&["apps", "/stardist", "install-with 1"]),
        Place::Facets => say(&["apps", "facets"]),
        Place::Yank => say(&["pods", "copy 3"]),
        Place::SignIn => {
            let failure = Failure::new("Could not ask", "the token has expired").kind(FailureKind::SignIn);
            Lines::full().send(Message::ConnectFailed(failure)).say("sign-in")
        }
        Place::Form => Lines::full().with(form_of_an_offer),
        Place::Reading => say(&["help"]),
        Place::GoTo => say(&["go-to"]),
        Place::Connecting => Lines::new().send(Message::Connecting("connecting to https://lab.example.org".into())),
    };
    let app = &program.driver.app;
    let mut chains = app.first_chain().into_iter().chain([app.chain()]);
    assert!(chains.any(|chain| chain.contains(&place)), "{place:?} is not where the test went");
    program
}

/// What comes of an action when it is asked for directly.
fn direct(binding: &Binding) -> String {
    let mut program = at(binding.place);
    program.driver.asked();
    let effects = program.driver.app.update(Message::Asked(binding.action));
    outcome(&program.driver.app, &effects)
}

fn typed(place: Place, line: &str) -> (String, String) {
    let mut program = at(place).quietly();
    program.driver.asked();
    let mut program = program.say(line);
    let effects = program.driver.asked();
    (outcome(&program.driver.app, &effects), program.told())
}

/// A number means a row; the screens have names for that.
fn is_number(key: Key) -> bool {
    key.name().parse::<u8>().is_ok()
}

/// Names of screens mean screens: in a log `pods` does, whose own list is on Tab, and `Home`, which is `top` as well.
fn is_screen(word: &str) -> bool {
    Screen::ALL.iter().any(|screen| screen.name().eq_ignore_ascii_case(word))
}

#[test]
fn every_action_of_the_table_can_be_asked_for_by_name_and_by_key() {
    for binding in BINDINGS.iter().filter(|binding| binding.place != Place::Form) {
        let program = at(binding.place);
        let app: &App = &program.driver.app;
        let wish = words::Said::Wish(binding.action, Vec::new());
        let mut ways = 0;
        if !is_screen(binding.action.name()) {
            assert_eq!(words::read(app, binding.action.name()), wish, "{binding:?}");
            ways += 1;
        }
        for key in binding.keys.iter().filter(|key| !is_number(**key) && !is_screen(&key.name())) {
            assert_eq!(words::read(app, &key.name()), wish, "{binding:?}");
            ways += 1;
        }
        assert!(ways > 0, "{binding:?} cannot be asked for");
    }
}

#[test]
fn what_is_asked_for_in_a_line_arrives() {
    // Open fields and places that are the same for many actions are looked at once.
    for binding in BINDINGS.iter().filter(|binding| binding.place != Place::Form) {
        let by_key = is_screen(binding.action.name());
        let line = if by_key { binding.keys[0].name() } else { binding.action.name().to_owned() };
        let (outcome, told) = typed(binding.place, &line);
        assert_eq!(outcome, direct(binding), "{line} in {:?}\n{told}", binding.place);
        assert!(!told.is_empty(), "nothing is said of {line} in {:?}", binding.place);
    }
}

#[test]
fn keys_that_are_no_letters_are_pressed_in_fields_as_well() {
    for binding in BINDINGS.iter().filter(|binding| binding.place == Place::Form) {
        for key in binding.keys {
            assert_eq!(answers::pressed(&key.name()), Some(*key), "{binding:?}");
        }
    }
    let form = at(Place::Form);
    assert!(matches!(form.driver.app.overlay, Some(Overlay::Form(_))));
    let left = form.say("Esc");
    assert!(left.driver.app.overlay.is_none());
    let mut quits = at(Place::Form).say("Ctrl-c").quietly();
    quits.driver.asked();
    let mut quits = quits.say("Ctrl-c");
    assert_eq!(quits.driver.asked(), [crate::tui::effect::Effect::Quit]);
}

#[test]
fn an_action_of_somewhere_else_is_said_to_be_there() {
    let mut program = Lines::full().say("apps").quietly().say("restart");
    assert!(program.told().contains("error: restart is not for here, but for: pods"), "{}", program.told());
    let mut program = Lines::full().say("pods").quietly().say("restrat");
    assert!(program.told().contains("Did you mean restart?"));
    let connected = matches!(program.driver.app.connection, Connection::Live);
    assert!(connected && fixtures::pods().len() > 3);
}
