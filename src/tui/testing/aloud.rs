//! The full screen for those to whom it is read aloud: the real cursor is where one is, and nothing moves by itself.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Driver;
use crate::tui::app::Motion;
use crate::tui::theme::{Colours, GlyphSet, Theme};
use crate::tui::view::view;
use crate::tui::{Manner, Options};

fn aloud() -> Driver {
    let mut driver = Driver::themed(80, 24, &Theme::new(Colours::Mono, GlyphSet::Ascii));
    driver.app.motion = Motion::Still;
    driver.connected().with_everything().wait(7_000)
}

/// Where the real cursor stands, and the text of that line.
fn cursor(driver: &Driver) -> (Position, String) {
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 80, height: 24 });
    let at = view(&driver.app, &mut buffer).expect("a cursor that can be followed");
    let line = (at.x..80).filter_map(|x| buffer.cell((x, at.y)));
    (at, line.map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned())
}

#[test]
fn the_real_cursor_stands_on_the_chosen_row_wherever_one_goes() {
    for keys in
        ["1", "2", "3", "4", "5", "6", "2 enter ]", "2 enter ] ] j", "4 a j", "2 f", "2 o j", "4 j j y", "2 I j"]
    {
        let driver = aloud().keys(keys);
        let (_, line) = cursor(&driver);
        assert!(line.trim_start().starts_with('>'), "{keys}: {line:?}\n{}", driver.screen());
    }
    let first = cursor(&aloud().keys("4")).0;
    let third = cursor(&aloud().keys("4 j j")).0;
    assert_eq!(third.y, first.y + 2);
}

#[test]
fn while_something_is_typed_the_cursor_is_there_and_in_a_question_at_its_answers() {
    let typing = aloud().keys("2 / s e g");
    assert_eq!(cursor(&typing).0, Position { x: 5, y: 22 }, "{}", typing.screen());
    let palette = aloud().keys(": p o");
    let (_, rest) = cursor(&palette);
    assert!(!rest.starts_with('>'), "{rest:?}");
    let question = aloud().keys("4 j j D");
    assert!(cursor(&question).1.contains("[ Cancel ]"), "{}", question.screen());
    let sheet = aloud().keys("2 i");
    assert!(cursor(&sheet).1.contains("[ Install ]"), "{}", sheet.screen());
    assert!(cursor(&aloud().keys("4 ?")).1.to_uppercase().contains("PODS"));
}

#[test]
fn nobody_else_gets_a_cursor_on_the_row() {
    let driver = Driver::full(80, 24).keys("4");
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 80, height: 24 });
    assert_eq!(view(&driver.app, &mut buffer), None);
}

#[test]
fn nothing_moves_by_itself() {
    let mut task = super::fixtures::tasks().remove(0);
    (task.id, task.progress, task.message) = ("900".into(), None, None);
    let busy = aloud().send(crate::tui::message::Message::Tasks(Ok(vec![task]))).keys("6");
    assert!(!busy.app.spins() && busy.screen().contains("working"), "{}", busy.screen());
    let minute = busy.app.wakes_at().map(|at| at.0 - busy.now.0);
    assert!(minute.is_some_and(|wait| wait > 1_000), "only ages change: {minute:?}");
    let stopping = aloud().keys("4").pass(1_000).keys("j j s");
    assert_eq!(stopping.app.wakes_at().map(|at| at.0 - stopping.now.0), Some(5_000), "no countdown");
    let connecting = Driver::new(80, 24);
    assert!(connecting.app.wakes_at().is_some());
    let mut still = Driver::new(80, 24);
    still.app.motion = Motion::Still;
    assert_eq!(still.app.wakes_at(), None);
}

#[test]
fn the_environment_says_for_which_eyes_it_is() {
    const UTF8: (&str, &str) = ("LANG", "C.UTF-8");
    let options = |pairs: &'static [(&str, &str)]| {
        Options::of(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    assert_eq!(options(&[UTF8, ("TERM", "xterm")]).manner, Manner::Full);
    let screen = options(&[UTF8, ("KAB_A11Y", "screen"), ("TERM", "xterm"), ("NO_COLOR", "1")]);
    assert_eq!((screen.manner, screen.theme), (Manner::Accessible, Theme::new(Colours::Mono, GlyphSet::Ascii)));
    for words in ["1", "plain"] {
        assert_eq!(Manner::of(Some(words), Some("xterm")), Manner::Plain);
    }
    assert_eq!(options(&[("TERM", "dumb")]).manner, Manner::Plain);
    assert_eq!(options(&[("TERM", "xterm"), ("KAB_A11Y", "off")]).manner, Manner::Full);
}
