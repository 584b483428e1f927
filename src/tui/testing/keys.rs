//! The keys that a person has chosen, what may follow `g`, and the help.

use super::Driver;
use crate::domain::Moment;
use crate::tui::action::Screen;
use crate::tui::app::App;
use crate::tui::keymap::{Keymap, Wish, Wishes};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

fn with_keys(mut driver: Driver, lines: &[(&str, &str, &str)]) -> Driver {
    let all = lines
        .iter()
        .enumerate()
        .map(|(at, (place, action, key))| Wish {
            place: (*place).into(),
            action: (*action).into(),
            keys: vec![(*key).into()],
            line: at + 1,
        })
        .collect();
    let (keymap, complaints) = Keymap::of(&Wishes { preset: None, all }, &App::chains());
    assert_eq!(complaints, []);
    driver.app.keys = keymap;
    driver
}

#[test]
fn the_second_key_has_a_list_after_a_moment_and_is_not_held_up_by_it() {
    let driver = Driver::full(80, 24).wait(7_000).keys("2 g");
    assert!(!driver.screen().contains("After g"));
    assert_eq!(driver.app.wakes_at(), Some(Moment(driver.now.0 + 300)), "nothing else is due sooner");
    let driver = driver.wait(300);
    driver.picture("which-key-80x24");
    assert!(driver.screen().contains("After g"));
    let driver = driver.keys("p");
    assert_eq!(driver.app.screen, Screen::Pods);
    assert!(!driver.screen().contains("After g"));
    assert_eq!(Driver::full(80, 24).keys("g e").app.screen, Screen::Engines);
    // A key that means nothing after g is taken back silently.
    let driver = Driver::full(80, 24).keys("2 g").wait(400).keys("x");
    assert_eq!(driver.app.screen, Screen::Apps);
    assert!(!driver.screen().contains("After g"));
}

#[test]
fn the_list_after_g_is_the_persons_own_and_fits_a_small_terminal() {
    let driver = with_keys(Driver::full(40, 12), &[("go-to", "go-pods", "o"), ("go-to", "go-home", "none")]);
    let driver = driver.keys("2 g").wait(300);
    let screen = driver.screen();
    assert!(screen.contains("o  Pods") && !screen.contains("Home"), "{screen}");
    assert_eq!(driver.keys("o").app.screen, Screen::Pods);
}

#[test]
fn a_key_of_ones_own_is_what_hints_menu_and_palette_say() {
    let driver = with_keys(Driver::full(80, 24), &[("pods", "stop", "X"), ("global", "go-pods", "P")]).keys("P j j");
    assert_eq!(driver.app.screen, Screen::Pods);
    let hints = driver.screen().lines().last().unwrap().to_owned();
    assert!(hints.contains("X stop") && !hints.contains("s stop"), "{hints}");
    let menu = driver.keys("a").screen();
    assert!(menu.lines().any(|line| line.contains(" X ") && line.contains("Stop")), "{menu}");
    let driver = with_keys(Driver::full(80, 24), &[("pods", "stop", "X"), ("list", "undo", "Z")]).keys("4 j j s");
    assert!(driver.app.grace.is_none());
    let driver = driver.keys("X");
    assert!(driver.app.grace.is_some());
    assert!(driver.screen().contains("Z undo"), "{}", driver.screen());
}

#[test]
fn the_help_is_searched_as_one_types_and_shows_what_was_changed() {
    let driver = with_keys(Driver::full(80, 24), &[("pods", "stop", "X")]).keys("4 ? /").text("stop");
    let screen = driver.screen();
    assert!(screen.contains("Keys  /stop"), "{screen}");
    assert!(screen.lines().any(|line| line.contains("X ") && line.contains("(usually s)")), "{screen}");
    assert!(!screen.contains("Half a page"), "{screen}");
    // A single character is a key that is looked up.
    let found = driver.keys("esc /").text("z").screen();
    assert!(found.contains("Undo") && !found.contains("Half a page"), "{found}");
    // Esc ends the typing, then clears, then closes; q is typed, not obeyed.
    let driver = Driver::full(80, 24).keys("4 ? /").text("quit").keys("enter");
    assert!(driver.screen().contains("/quit"));
    let driver = driver.keys("esc");
    assert!(matches!(driver.app.overlay, Some(Overlay::Help(_))) && !driver.screen().contains("/quit"));
    assert!(driver.keys("esc").app.overlay.is_none());
    let nothing = Driver::full(80, 24).keys("? /").text("zebrafish").screen();
    assert!(nothing.contains("No key is about that"), "{nothing}");
}

#[test]
fn a_wide_help_has_two_columns_and_every_line_of_the_table() {
    let driver = Driver::full(160, 200).keys("4 ?");
    let screen = driver.screen();
    for line in driver.app.keys.all() {
        // Longer ones go on in the next line.
        let text: String = driver.app.keys.text_of(line).chars().take(40).collect();
        assert!(screen.contains(&text), "{text} is missing in\n{screen}");
    }
    let heads = screen.lines().find(|line| line.contains("PODS")).unwrap_or_default();
    assert!(heads.split_whitespace().filter(|word| word.chars().all(char::is_uppercase)).count() >= 2, "{screen}");
}

#[test]
fn the_end_of_the_help_can_be_reached() {
    let driver = Driver::full(80, 24).keys("4 ? G");
    let last = driver.app.keys.lines(crate::tui::keymap::Place::Reading).last().unwrap().binding.text;
    assert!(driver.screen().contains(last), "{}", driver.screen());
}

#[test]
fn texts_that_name_keys_name_those_of_the_person() {
    let rebound = |driver| {
        let lines = [
            ("catalogue", "install", "x"),
            ("app-page", "install", "x"),
            ("global", "go-apps", "A"),
            ("global", "refresh", "F5"),
            ("global", "go-tasks", "none"),
            ("global", "messages", "none"),
        ];
        with_keys(driver, &lines)
    };
    let empty = || Driver::new(80, 24).connected().send(Message::Pods(Ok(Vec::new()))).keys("4");
    assert!(empty().screen().contains("Install an app: 2 then i."), "{}", empty().screen());
    let driver = rebound(empty());
    assert!(driver.screen().contains("Install an app: A then x."), "{}", driver.screen());
    let hint = |driver: &Driver| driver.screen().lines().last().unwrap_or_default().to_owned();
    assert!(hint(&Driver::full(80, 24).keys("2")).contains("i install"));
    let driver = rebound(Driver::full(80, 24).keys("2"));
    assert!(hint(&driver).contains("x install"), "{}", hint(&driver));
    let help = driver.keys("?").screen();
    assert!(help.contains("x  ") && help.contains("Install the best flavour"), "{help}");
    let failure = crate::domain::Failure::new("a", "b").kind(crate::domain::FailureKind::Network);
    let lost = rebound(Driver::full(80, 24)).send(Message::Lost(failure, std::time::Duration::from_secs(8)));
    assert!(lost.screen().contains("F5 now"), "{}", lost.screen());
    let mut said = lost;
    said.app.notes.say(said.now, "⟨go-tasks⟩ to watch, ⟨messages⟩ to read, ⟨nothing");
    let told = "g t to watch, (messages: no key) to read, ⟨nothing";
    assert!(said.screen().contains(told), "{}", said.screen());
}

#[test]
fn sentences_and_buttons_name_the_keys_that_hold() {
    let lines = [
        ("sheet", "change", "F2"),
        ("sheet", "copy-command", "F3"),
        ("sheet", "use-it", "F4"),
        ("global", "go-tasks", "F6"),
    ];
    let driver = with_keys(Driver::full(100, 30), &lines).keys("2 i").wait(1_000);
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))));
    let screen = driver.screen();
    assert!(screen.contains("Change (F2)") && screen.contains("(F3)") && screen.contains("Cancel (Esc)"), "{screen}");
    let driver = driver.keys("?");
    let Some(Overlay::Help(_)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let page = driver.keys("G").screen();
    assert!(page.contains("F4 goes to it"), "{page}");
    let given_up = with_keys(Driver::full(100, 30), &lines).keys("4 j j s").wait(5_000).wait(1_500).keys("esc");
    assert!(given_up.screen().contains("F6 shows whether it is done"), "{}", given_up.screen());
}
