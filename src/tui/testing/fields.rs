//! Fields over the page move sideways: what is typed is seen where it is typed.

use super::*;
use crate::tui::message::Confirm;

/// The last letters that were typed, and the cell in which the cursor stands after them.
fn is_seen_at_its_end(driver: &Driver, end: &str) {
    let mut buffer = driver.buffer();
    let cursor = view(&driver.app, &mut buffer).unwrap();
    let before: String =
        (0..cursor.x).filter_map(|x| buffer.cell((x, cursor.y))).map(ratatui::buffer::Cell::symbol).collect();
    assert!(before.ends_with(end), "{before:?} does not end with {end:?}\n{}", driver.screen());
}

#[test]
fn a_long_line_in_the_palette_is_seen_at_its_end() {
    for (columns, rows) in [(80, 24), (40, 12)] {
        let typed = format!("repo add {}/the-end", "a".repeat(120));
        let driver = Driver::full(columns, rows).keys(":").text(&typed);
        is_seen_at_its_end(&driver, "/the-end");
        is_seen_at_its_end(&Driver::full(columns, rows).keys(":").text("pods"), ": pods");
    }
}

#[test]
fn a_long_name_that_has_to_be_typed_is_seen_at_its_end() {
    let session = Session { confirm: Confirm::TypeName, ..Driver::new(80, 24).connected().app.session };
    let mut pods = fixtures::pods();
    for pod in &mut pods {
        pod.app = format!("org.example.{}-the-end", "a".repeat(120)).as_str().into();
    }
    let name = pods[4].name();
    let driver = Driver::full(80, 24).send(Message::Connected(session)).send(Message::Pods(Ok(pods)));
    let mut driver = driver.wait(7_000).keys("4 D").wait(1_000);
    let wanted = format!("the-end-{}", name.rsplit('-').next().unwrap());
    let asked = driver.screen();
    assert!(asked.contains("to go on:"), "{asked}");
    driver = driver.text(&name);
    is_seen_at_its_end(&driver, &wanted);
}
