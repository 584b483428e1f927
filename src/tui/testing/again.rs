//! What is done again: a server that could not be reached is tried again, a wish that was refused is offered again.

use super::*;
use crate::domain::{Failure, FailureKind, PodStatus, PodVerb};
use crate::tui::app::Connection;
use crate::tui::effect::RepositoryErrand;
use crate::tui::notes::Said;
use crate::tui::overlays::Overlay;

fn unreachable() -> Failure {
    Failure::new("Could not connect to lab", "no route to host").kind(FailureKind::Network)
}

fn signed_out() -> Failure {
    Failure::new("Could not ask Kabinet", "the token has expired").kind(FailureKind::SignIn)
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_again_with_growing_patience() {
    let mut driver = Driver::new(80, 24).send(Message::ConnectFailed(unreachable()));
    driver.asked();
    for pause in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000] {
        let due = driver.app.wakes_at().unwrap();
        assert!(due.0 - driver.now.0 <= pause, "{pause}");
        driver = driver.wait(pause - 1);
        assert_eq!(driver.asked(), [], "{pause}");
        driver = driver.wait(1);
        assert_eq!(driver.asked(), [Effect::Connect], "{pause}");
        assert!(matches!(driver.app.connection, Connection::Connecting { .. }));
        driver = driver.send(Message::ConnectFailed(unreachable()));
    }
    // It is said once, not at every attempt.
    assert_eq!(
        driver
            .app
            .notes
            .all
            .iter()
            .filter(|note| matches!(&note.text, Said::Error(why) if why.why.contains("no route")))
            .count(),
        1
    );
    let driver = driver.connected();
    assert_eq!(driver.app.retry.attempts, 0);
}

#[test]
fn what_waiting_cannot_mend_is_not_tried_again() {
    let failure = Failure::new("Could not read contexts.toml", "it is no TOML");
    let mut driver = Driver::new(80, 24).send(Message::ConnectFailed(failure));
    driver.asked();
    assert_eq!(driver.wait(300_000).asked(), []);
}

#[test]
fn a_wish_that_wanted_a_login_is_offered_after_signing_in() {
    let driver = Driver::full(80, 24).send(Message::Lost(signed_out(), std::time::Duration::ZERO)).keys("4 j j s");
    assert!(driver.app.refused.is_some(), "{}", driver.screen());
    let mut driver = driver.keys("esc").connected();
    let screen = driver.screen();
    assert!(screen.contains("You asked for this before you signed in."), "{screen}");
    driver.asked();
    let mut driver = driver.wait(500).keys("y");
    assert!(matches!(driver.asked().as_slice(), [Effect::Act { verb: PodVerb::Stop, .. }]));
    assert!(driver.connected().app.overlay.is_none(), "it is offered once");
}

#[test]
fn an_install_that_wanted_a_login_opens_its_sheet_again() {
    let driver =
        Driver::full(80, 24).send(Message::Lost(signed_out(), std::time::Duration::ZERO)).keys("2 i enter esc esc");
    assert!(driver.app.refused.is_some(), "{}", driver.screen());
    let driver = driver.connected();
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))), "{}", driver.screen());
}

#[test]
fn what_several_tasks_or_apps_were_asked_for_is_offered_after_signing_in_too() {
    for (keys, title) in [("2 * i", "Install "), ("6 * c", "Cancel 2 tasks?"), ("6 * r", "again?")] {
        let driver = Driver::full(80, 24).wait(7_000).send(Message::Lost(signed_out(), std::time::Duration::ZERO));
        let driver = driver.keys(keys);
        assert!(driver.app.overlay.is_none() && driver.app.refused.is_some(), "{keys}: {}", driver.screen());
        let mut driver = driver.keys("esc").connected();
        let Some(Overlay::Dialog(dialog)) = &driver.app.overlay else { panic!("{keys}: {}", driver.screen()) };
        assert!(dialog.title.contains(title), "{dialog:?}");
        driver.asked();
        let asks = |effect: &Effect| matches!(effect, Effect::Install { .. } | Effect::Cancel(_) | Effect::Act { .. });
        let mut driver = driver.wait(1_000).keys("y");
        assert!(driver.asked().iter().filter(|effect| asks(effect)).count() > 1, "{keys}");
    }
    let driver = Driver::full(80, 24).wait(7_000).keys("6 / f a i l e d enter");
    let driver = driver.send(Message::Lost(signed_out(), std::time::Duration::ZERO)).keys("r esc").connected();
    assert!(driver.screen().contains("Again: install"), "{}", driver.screen());
}

#[test]
fn repositories_undone_stops_and_what_an_engine_offers_are_offered_after_signing_in_too() {
    let out = || Message::Lost(signed_out(), std::time::Duration::ZERO);
    let typed = Driver::full(80, 24).send(out()).keys(":").text("repo add user/repo").keys("enter esc").connected();
    assert!(typed.screen().contains("Add user/repo?"), "{}", typed.screen());
    let mut typed = typed.wait(500).keys("y");
    let wanted = Effect::Repository(RepositoryErrand::Add("user/repo".into()));
    assert!(typed.asked().contains(&wanted), "{}", typed.screen());
    // Also where the answer is the first to say that nobody is signed in.
    let Effect::Repository(errand) = wanted else { unreachable!() };
    let answer = Message::RepositoryDone(errand, Err(signed_out()));
    let answered = Driver::full(80, 24).send(answer).keys("esc").connected();
    assert!(answered.screen().contains("Add user/repo?"), "{}", answered.screen());

    let mut pods = fixtures::pods();
    for pod in &mut pods {
        pod.status = PodStatus::Stopped;
    }
    let stopped = Driver::full(80, 24).keys("4 j j s enter").wait(500).send(Message::Pods(Ok(pods)));
    let undone = stopped.send(out()).keys("z esc").connected();
    assert!(undone.screen().contains("Start omero-bridge"), "{}", undone.screen());
    let mut undone = undone.wait(500).keys("y");
    assert!(undone.asked().iter().any(|it| matches!(it, Effect::Act { verb: PodVerb::Start, .. })));

    let mut form = super::asking::form_of_an_offer(Driver::full(80, 24).wait(7_000)).text("docker");
    form = form.keys("enter").text("tonight").keys("enter enter enter");
    let ticket = form.asked().into_iter().find_map(|effect| match effect {
        Effect::TakeOffer { ticket, .. } => Some(ticket),
        _ => None,
    });
    let again = form.send(Message::Taken(ticket.unwrap(), Err(signed_out()))).keys("esc").connected();
    assert!(matches!(again.app.overlay, Some(Overlay::Form(_))), "{}", again.screen());
    assert!(again.screen().contains("docker") && again.screen().contains("tonight"), "{}", again.screen());
    // A key that was meant for something else sends nothing.
    let mut again = again;
    again.asked();
    let mut again = again.keys("enter");
    assert_eq!(again.asked(), []);
    let sent = again.wait(1_000).keys("enter").asked();
    assert!(matches!(sent.as_slice(), [Effect::TakeOffer { .. }]), "{sent:?}");

    // Where something else stands in the way, the undo is still there.
    let stopped = Driver::full(80, 24).keys("4 j j s enter").wait(500);
    let away = Failure::new("The connection is lost", "reset").kind(FailureKind::Network);
    let away = stopped.send(Message::Lost(away, std::time::Duration::ZERO)).keys("z esc");
    let mut pods = fixtures::pods();
    for pod in &mut pods {
        pod.status = PodStatus::Stopped;
    }
    let mut back = away.send(Message::Regained).send(Message::Pods(Ok(pods)));
    back.asked();
    let mut back = back.keys("z");
    assert!(back.asked().iter().any(|it| matches!(it, Effect::Act { verb: PodVerb::Start, .. })), "{}", back.screen());
}

#[test]
fn a_wish_waits_until_what_lies_over_the_page_is_closed() {
    let driver =
        Driver::full(80, 24).send(Message::Lost(signed_out(), std::time::Duration::ZERO)).keys("4 j j s esc ?");
    assert!(matches!(driver.app.overlay, Some(Overlay::Help(_))), "{}", driver.screen());
    let driver = driver.connected();
    assert!(matches!(driver.app.overlay, Some(Overlay::Help(_))), "{}", driver.screen());
    let driver = driver.keys("esc");
    assert!(driver.screen().contains("You asked for this before you signed in."), "{}", driver.screen());
}

#[test]
fn where_a_name_has_to_be_typed_a_key_removes_nothing() {
    let session = Session {
        context: "lab".into(),
        word: "PROD".into(),
        confirm: crate::tui::message::Confirm::TypeName,
        ..Session::default()
    };
    let driver = Driver::new(80, 24).send(Message::Connected(session)).with_everything().keys("4 j j D").wait(500);
    driver.picture("remove-by-name-80x24");
    let mut driver = driver;
    driver.asked();
    let mut driver = driver.keys("y enter");
    assert_eq!(driver.asked(), []);
    assert!(driver.screen().contains("Nothing happens before"), "{}", driver.screen());
    let name = driver.app.data.pods()[driver.app.list(crate::tui::action::Screen::Pods).rows[2]].name();
    let mut driver = driver.keys("C-u").text(&name).keys("enter");
    assert!(matches!(driver.asked().as_slice(), [Effect::Act { verb: PodVerb::Remove, .. }]), "{}", driver.screen());
}
