//! The install sheet while something stands in its way: signing in from it, its error's keys, and what explains its rows.

use std::time::Duration;

use super::{Driver, fixtures};
use crate::domain::{Failure, FailureKind, Liveness, PodStatus};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::{Overlay, SignInStep};

fn signed_out() -> Driver {
    let failure = Failure::new("Could not reach lab.example.org", "Token has expired").kind(FailureKind::SignIn);
    Driver::full(80, 24).send(Message::Lost(failure, Duration::ZERO)).keys("2 /").text("trackastra").keys("enter i")
}

fn is_sheet(driver: &Driver) -> bool {
    matches!(driver.app.overlay, Some(Overlay::Sheet(_)))
}

#[test]
fn whoever_is_signed_out_reads_so_in_the_sheet_and_one_key_signs_in_and_comes_back() {
    let mut driver = signed_out();
    assert!(driver.screen().contains("sign in first (S)"), "{}", driver.screen());
    driver.picture("install-signed-out-80x24");
    driver.asked();
    let mut driver = driver.keys("S");
    let asked = driver.asked();
    let [Effect::SignIn(ticket)] = asked.as_slice() else { panic!("{asked:?}") };
    let ticket = *ticket;
    let back = driver.keys("esc");
    assert!(is_sheet(&back), "{}", back.screen());
    let mut driver = back.keys("S");
    let asked = driver.asked();
    let again = asked.iter().find_map(|effect| if let Effect::SignIn(ticket) = effect { Some(*ticket) } else { None });
    assert!(again.is_some_and(|again| again != ticket), "{asked:?}");
    let driver = driver.send(Message::SignIn(again.unwrap(), SignInStep::Granted("ada".into()))).connected();
    assert!(is_sheet(&driver) && !driver.screen().contains("sign in first"), "{}", driver.screen());
}

#[test]
fn the_keys_that_an_error_names_count_in_the_sheet() {
    let mut driver = signed_out().keys("enter");
    assert!(driver.screen().contains("S signs in"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("y");
    let asked = driver.asked();
    assert!(matches!(asked.as_slice(), [Effect::Copy(text)] if text.contains("nobody is signed in")), "{asked:?}");
    let driver = driver.keys("e");
    assert!(matches!(driver.app.overlay, Some(Overlay::Details(_))), "{}", driver.screen());
    let driver = driver.keys("esc");
    assert!(is_sheet(&driver) && driver.app.notes.error().is_some());
    let driver = driver.keys("esc");
    assert!(is_sheet(&driver) && driver.app.notes.error().is_none(), "the error goes first");
    assert!(driver.keys("esc").app.overlay.is_none());
}

#[test]
fn explaining_the_rows_keeps_what_was_chosen() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let driver = Driver::full(columns, rows).wait(7_000).keys("2 /").text("trackastra").keys("enter i e");
        driver.picture(&format!("install-why-{columns}x{rows}"));
    }
    let driver = Driver::full(80, 24).keys("2 /").text("trackastra").keys("enter I");
    // Another place than the best one.
    let driver = driver.keys("j enter");
    let Some(Overlay::Sheet(chosen)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let chosen = (chosen.flavour.clone(), chosen.engine.clone());
    assert!(chosen.0.is_some() && chosen.1.is_some());
    let driver = driver.keys("e");
    let screen = driver.screen();
    assert!(screen.contains("chosen:") && screen.contains("cannot run"), "{screen}");
    let driver = driver.keys("esc");
    let Some(Overlay::Sheet(sheet)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    assert_eq!((sheet.flavour.clone(), sheet.engine.clone()), chosen);
}

#[test]
fn a_sheet_that_can_install_nothing_offers_to_close_and_nothing_else() {
    let mut engines = fixtures::engines();
    for engine in &mut engines {
        engine.liveness = Liveness::Offline { last_seen: None };
    }
    let mut driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).keys("2 /").text("trackastra");
    driver = driver.keys("enter i");
    let screen = driver.screen();
    assert!(screen.contains("Enter close") && !screen.contains("Enter install"), "{screen}");
    assert!(!screen.contains("copy command"), "{screen}");
    assert!(driver.keys("tab enter").app.overlay.is_none());
}

#[test]
fn what_the_app_may_do_is_said_in_sentences() {
    let driver = Driver::full(80, 24).keys("2 /").text("trackastra").keys("enter i");
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.contains("access")).unwrap_or_default();
    assert!(row.contains("reads your data"), "{screen}");
    // An older release of it runs, which asks for less.
    let mut apps = fixtures::apps();
    let mut pods = fixtures::pods();
    let app = apps.iter_mut().find(|app| app.short_name() == "mesmer").unwrap();
    let pod = pods.iter_mut().find(|pod| pod.app == app.identifier).unwrap();
    pod.status = PodStatus::Running;
    for release in &mut app.releases {
        let scopes: &[&str] = if release.id == pod.release { &["read_image"] } else { &["read_image", "run"] };
        release.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }
    let driver = Driver::full(80, 24).send(Message::Apps(Ok(apps))).send(Message::Pods(Ok(pods)));
    let screen = driver.keys("2 /").text("mesmer").keys("enter i").screen();
    assert!(screen.contains("reads image + new: runs things for you"), "{screen}");
}

#[test]
fn one_row_is_gone_to_and_explained_and_enter_still_means_the_button() {
    let at = |columns, rows| Driver::full(columns, rows).wait(7_000).keys("2 /").text("trackastra").keys("enter i");
    let mut driver = at(80, 24);
    let unmarked = driver.screen();
    for name in ["engine", "flavour", "fetch", "space", "queue", "access"] {
        driver = driver.keys("j");
        let screen = driver.screen();
        assert!(
            screen.lines().any(|line| line.contains(&format!(">{name}")) || line.contains(&format!("> {name}"))),
            "{name}\n{screen}"
        );
    }
    let explained = driver.keys("k e");
    let screen = explained.screen();
    assert!(screen.contains("> queue"), "{screen}");
    assert!(!screen.contains('⟨'), "{screen}");
    let mut driver = explained.keys("esc");
    driver.asked();
    assert_eq!(driver.keys("k k k k k").screen(), unmarked);
    let mut driver = at(80, 24).keys("j j enter");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })), "{}", driver.screen());
    // Where the plan does not fit, its end is reached all the same.
    let narrow = at(40, 12);
    assert!(!narrow.screen().contains("$ kab install"), "{}", narrow.screen());
    let narrow = narrow.keys(&"j ".repeat(40));
    assert!(narrow.screen().contains("--flavour"), "{}", narrow.screen());
}
