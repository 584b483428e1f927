//! What authors say of their apps: asked for when a page is looked at, and shown as it was meant.

use super::{Driver, fixtures};
use crate::domain::{About, Failure, Moment, Readme, ReleaseId, ScanState, Speed};
use crate::tui::effect::{Effect, List};
use crate::tui::message::Message;

const README: &str = "# StarDist\n\n[![CI](https://ci.org/b.svg)](https://ci.org/stardist)\n\nPredicts object instances as \
**star-convex polygons**, in two and three dimensions. It wraps [StarDist](https://github.com/stardist/stardist) and \
takes any image that mikro knows.\n\n## Use\n\n1. Install it where there is a GPU; the flavour for processors is about \
ten times slower.\n2. Call `predict nuclei` with an image:\n\n```python\nlabels = predict_nuclei(image, \
probability=0.5)\n```\n\n- **2D_versatile_fluo** for fluorescence\n- **2D_versatile_he** for stained tissue\n\n> Trained \
on the DSB 2018 set; see [how](docs/training.md).\n";

fn said(text: &str) -> About {
    About { publisher: Some("Uwe Schmidt, Martin Weigert".into()), readme: Readme::Text(text.into()), sources: None }
}

fn at_stardist(driver: Driver) -> Driver {
    driver.keys("2 /").text("stardist").keys("enter enter")
}

/// The question of a page, where it was asked.
fn question(driver: &mut Driver) -> Option<ReleaseId> {
    driver.asked().into_iter().find_map(|effect| match effect {
        Effect::About { release, .. } => Some(release),
        _ => None,
    })
}

fn with_readme(columns: u16, rows: u16, text: &str) -> Driver {
    let mut driver = at_stardist(Driver::full(columns, rows).wait(7_000));
    let release = question(&mut driver).unwrap();
    driver.send(Message::About(release, Ok(said(text))))
}

#[test]
fn a_readme_is_read_on_the_page_of_its_app() {
    with_readme(160, 50, README).keys("G").picture("app-readme-160x50");
    let driver = with_readme(80, 24, README);
    assert!(driver.screen().contains("Made by    Uwe Schmidt"), "{}", driver.screen());
    let driver = driver.keys("G");
    driver.picture("app-readme-80x24");
    let end = "https://github.com/bioimage/apps/blob/main/docs/training.md";
    assert!(driver.screen().contains(end), "{}", driver.screen());
    with_readme(40, 12, README).keys("G").picture("app-readme-40x12");
}

#[test]
fn without_a_connection_what_was_kept_is_shown_and_asked_anew_afterwards() {
    let lost = Failure::new("Lost", "the network is down");
    let driver = Driver::full(80, 24).wait(7_000).send(Message::Lost(lost, std::time::Duration::from_hours(1)));
    let mut driver = at_stardist(driver);
    let asked = driver.asked();
    assert!(asked.iter().all(|effect| !matches!(effect, Effect::About { .. })), "{asked:?}");
    let kept = asked.into_iter().find_map(|effect| match effect {
        Effect::KeptAbout(release) => Some(release),
        _ => None,
    });
    let mut driver = driver.send(Message::About(kept.unwrap(), Ok(said(README))));
    assert!(driver.screen().contains("Made by"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.send(Message::Regained);
    assert!(question(&mut driver).is_some(), "it may have changed meanwhile");
}

#[test]
fn links_of_a_readme_lead_somewhere_and_can_be_copied() {
    let mut driver = with_readme(160, 50, README).keys("G");
    let mut buffer = driver.buffer();
    let links = crate::tui::view::look(&driver.app, &mut buffer).links;
    let urls: Vec<&str> = links.iter().map(crate::tui::widgets::link::Link::url).collect();
    assert!(
        urls.contains(&"https://ci.org/stardist") && urls.contains(&"https://github.com/stardist/stardist"),
        "{urls:?}"
    );
    driver.asked();
    let driver = driver.keys("y");
    assert!(driver.screen().contains("link [2]    https://github.com/stardist/stardist"), "{}", driver.screen());
}

#[test]
fn it_is_asked_for_once_and_again_when_its_repository_has_changed() {
    let mut driver = Driver::full(80, 24).wait(7_000);
    assert_eq!(question(&mut driver), None, "nobody looks at a page");
    let mut driver = at_stardist(driver);
    let release = question(&mut driver).unwrap();
    let mut driver = driver.send(Message::About(release.clone(), Ok(said(README)))).keys("] [ esc enter");
    assert_eq!(question(&mut driver), None, "it is known");
    let mut driver = driver.send(Message::Repositories(Ok(fixtures::repositories())));
    assert_eq!(question(&mut driver), None, "the same repositories say the same");
    let mut read_again = fixtures::repositories();
    read_again[0].scan = ScanState::Done { at: Moment(1_790_000_000_000), issues: vec![] };
    let mut driver = driver.send(Message::Repositories(Ok(read_again)));
    assert_eq!(question(&mut driver), Some(release.clone()));
    let driver = driver.keys("G");
    assert!(driver.screen().contains("training.md"), "the old text stays meanwhile: {}", driver.screen());
    let mut driver = driver.send(Message::About(release.clone(), Ok(said("Another text")))).keys("g g G");
    assert!(driver.screen().contains("Another text"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("R");
    assert_eq!(question(&mut driver), Some(release), "who asks by hand gets it anew");
}

#[test]
fn why_there_is_no_readme_is_said_unless_the_server_cannot_tell_any() {
    let answered = |about: Result<About, Failure>| {
        let mut driver = at_stardist(Driver::full(160, 50).wait(7_000));
        let release = question(&mut driver).unwrap();
        driver.send(Message::About(release, about)).screen()
    };
    let older = answered(Ok(About { publisher: Some("ada".into()), readme: Readme::Unknown, sources: None }));
    assert!(older.contains("Made by    ada") && !older.contains("README"), "{older}");
    let none = answered(Ok(About { publisher: None, readme: Readme::Missing, sources: None }));
    assert!(none.contains("Its repository has none.") && !none.contains("Made by"), "{none}");
    assert!(answered(Ok(said("<!-- nothing -->"))).contains("Its repository has none."));
    // Nothing was ever known of this one.
    let mut driver = Driver::new(160, 50).connected().with_everything().wait(7_000);
    driver.app.data.forget_what_is_said();
    let mut driver = at_stardist(driver);
    assert!(driver.screen().contains("Being read"), "{}", driver.screen());
    let release = question(&mut driver).unwrap();
    let failed = Failure::new("Could not ask what is said of it", "Kabinet did not answer within 30 s");
    let driver = driver.send(Message::About(release, Err(failed)));
    assert!(driver.screen().contains("It could not be read: Kabinet did not answer within 30 s. R asks again."));
    assert!(driver.app.notes.error().is_none(), "the page says it, nothing else has to");
}

#[test]
fn over_a_slow_link_it_is_read_when_somebody_wants_it() {
    let mut driver = Driver::full(160, 50).wait(7_000).send(Message::Link(Speed::Slow));
    driver.app.data.forget_what_is_said();
    let mut driver = at_stardist(driver);
    assert_eq!(question(&mut driver), None);
    assert!(driver.screen().contains("Not read, as the link is slow. R reads it."), "{}", driver.screen());
    let mut driver = driver.keys("R");
    let asked = driver.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::About { .. })), "{asked:?}");
    assert!(!asked.contains(&Effect::Fetch(List::Nodes)), "nothing else is read for that");
}

#[test]
fn an_endless_readme_scrolls_to_its_end_and_back() {
    let text = format!("{}\n\nthe very end", "word ".repeat(39_000));
    let driver = with_readme(80, 24, &text).keys("G");
    assert!(driver.screen().contains("the very end"), "{}", driver.screen());
    let driver = driver.keys("g g");
    assert!(driver.screen().contains("Made by"), "{}", driver.screen());
}

#[test]
fn a_readme_without_end_is_cut_and_says_so() {
    let driver = with_readme(80, 24, &format!("# Long\n\n{}", "word ".repeat(60_000)));
    let driver = driver.keys("G");
    assert!(driver.screen().contains("Cut here: 100 kB more."), "{}", driver.screen());
}
