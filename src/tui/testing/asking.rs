//! Asking engines and the server for something: actions that engines offer, approvals, the last resort.

use serde_json::json;

use super::{Driver, fixtures};
use crate::domain::{Approval, Approvals, Choice, Failure, Offer, OfferPort, PortKind, TaskState};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn port(key: &str, kind: PortKind) -> OfferPort {
    OfferPort {
        key: key.into(),
        label: None,
        description: None,
        kind,
        identifier: None,
        nullable: false,
        default: None,
        choices: Vec::new(),
        children: Vec::new(),
    }
}

fn offers() -> Vec<Offer> {
    let structure = |key: &str, identifier: &str| OfferPort {
        identifier: Some(identifier.into()),
        ..port(key, PortKind::Structure)
    };
    let choice = |label: &str| Choice { label: label.into(), value: json!(label.to_lowercase()) };
    let moved = Offer {
        id: "31".into(),
        interface: "move".into(),
        name: "Move".into(),
        description: Some("Moves a pod to another resource of this engine".into()),
        ports: vec![
            structure("pod", "@kabinet/pod"),
            structure("target", "@kabinet/resource"),
            OfferPort { choices: vec![choice("Now"), choice("Tonight")], ..port("when", PortKind::Enum) },
            OfferPort { default: Some(json!(30)), ..port("grace", PortKind::Int) },
        ],
    };
    let odd = Offer {
        id: "32".into(),
        interface: "tune".into(),
        name: "Tune".into(),
        description: None,
        ports: vec![structure("pod", "@kabinet/pod"), port("settings", PortKind::Model)],
    };
    vec![moved, odd]
}

/// The form of an offer of the first engine, about a pod.
pub fn form_of_an_offer(driver: Driver) -> Driver {
    let menu = driver.keys("4 j j a").send(Message::Offers("1".into(), Ok(offers())));
    menu.keys("j j j j j j j j j j enter")
}

fn menu(columns: u16, rows: u16) -> Driver {
    let mut driver = Driver::full(columns, rows).wait(7_000).keys("4 j j a");
    let asked = driver.asked();
    assert!(matches!(asked.last(), Some(Effect::Offers(engine)) if engine.id.as_str() == "1"), "{asked:?}");
    driver.send(Message::Offers("1".into(), Ok(offers())))
}

#[test]
fn what_an_engine_offers_is_in_the_menu_with_a_form_made_from_its_ports() {
    for (columns, rows) in SIZES {
        let menu = menu(columns, rows);
        menu.picture(&format!("menu-offers-{columns}x{rows}"));
        let form = menu.keys("j j j j j j j j j j enter").text("docker");
        form.picture(&format!("form-{columns}x{rows}"));
    }
    assert!(menu(160, 50).screen().contains("it needs settings (model), which kab cannot fill in"));
    let mut command = menu(80, 24).keys("j j j j j j j j j j $");
    let copied = command.asked().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    let copied = copied.expect("a command");
    assert!(copied.starts_with("kab engines ask docker-ws move pod=omero-bridge-"), "{copied}");
    assert!(copied.ends_with(" target= when="), "what has a default may be left out: {copied}");
}

#[test]
fn a_form_asks_with_what_was_typed_and_names_the_field_that_is_wrong() {
    let mut form = menu(80, 24)
        .keys("j j j j j j j j j j enter")
        .text("docker")
        .keys("enter")
        .text("later")
        .keys("enter tab enter");
    assert_eq!(form.asked(), []);
    assert!(form.screen().contains("must be one of Now, Tonight"), "{}", form.screen());
    let mut form = form.keys("C-u").text("tonight").keys("enter enter enter");
    let asked = form.asked();
    let Some(Effect::TakeOffer { values, offer, .. }) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(offer.interface, "move");
    assert_eq!(values["pod"], json!({ "__identifier": "@kabinet/pod", "object": "15" }));
    assert_eq!(values["when"], json!("tonight"));
    assert_eq!(values["grace"], json!(30));
    assert_eq!(values["target"]["__identifier"], json!("@kabinet/resource"));
    assert!(form.app.overlay.is_none());
}

#[test]
fn a_form_keeps_what_is_typed_while_the_token_expires_and_somebody_signs_in_again() {
    let form = menu(80, 24).keys("j j j j j j j j j j enter").text("docker").keys("enter").text("tonight");
    let before = form.screen();
    assert!(before.contains("docker") && before.contains("tonight"), "{before}");
    let out = Failure::new("The connection is lost", "Token has expired").kind(crate::domain::FailureKind::SignIn);
    let form = form.send(Message::Lost(out, std::time::Duration::ZERO)).wait(60_000);
    assert!(form.screen().contains("SIGNED OUT") && form.screen().contains("tonight"), "{}", form.screen());
    let mut form = form.connected().with_everything().keys("enter enter enter");
    let asked = form.asked();
    let Some(Effect::TakeOffer { values, .. }) = asked.last() else { panic!("{asked:?}\n{}", form.screen()) };
    assert_eq!(values["when"], json!("tonight"));
}

#[test]
fn what_was_typed_into_a_form_is_there_again_when_the_wish_did_not_come_through() {
    let ask = || {
        let mut form = menu(80, 24).keys("j j j j j j j j j j enter").text("docker").keys("enter").text("tonight");
        form = form.keys("enter enter enter");
        let asked = form.asked();
        let Some(Effect::TakeOffer { ticket, .. }) = asked.last() else { panic!("{asked:?}") };
        (*ticket, form)
    };
    let is_there = |form: &Driver| {
        let shown = form.screen();
        matches!(form.app.overlay, Some(Overlay::Form(_))) && shown.contains("docker") && shown.contains("tonight")
    };
    let refused = || Failure::new("Could not ask hpc-gpu to Move", "hpc-gpu is offline");
    let (ticket, form) = ask();
    let mut form = form.send(Message::Taken(ticket, Err(refused())));
    assert!(is_there(&form), "{}", form.screen());
    assert!(form.screen().contains("hpc-gpu is offline"), "{}", form.screen());
    // An Enter that was meant for what was there before sends nothing.
    form = form.keys("enter");
    assert_eq!(form.asked(), []);
    let sent = form.wait(1_000).keys("enter").asked();
    assert!(matches!(sent.as_slice(), [Effect::TakeOffer { .. }]), "{sent:?}");

    // Where it may have been heard it does not come by itself, and not into what is done meanwhile.
    let unsure = refused().kind(crate::domain::FailureKind::Network);
    for (failure, meanwhile) in [(unsure, ""), (refused(), "?")] {
        let (ticket, form) = ask();
        let form = form.keys(meanwhile).send(Message::Taken(ticket, Err(failure)));
        assert!(!matches!(form.app.overlay, Some(Overlay::Form(_))), "{}", form.screen());
        let other = form.keys("esc k a").send(Message::Offers("1".into(), Ok(offers())));
        let other = other.keys("j j j j j j j j j j enter");
        assert!(!is_there(&other), "{}", other.screen());
        let same = other.keys("esc j a").send(Message::Offers("1".into(), Ok(offers())));
        let same = same.keys("j j j j j j j j j j enter");
        assert!(is_there(&same), "{}", same.screen());
    }
}

fn approvals(given: Vec<Approval>) -> Approvals {
    Approvals { is_pinned: true, given }
}

#[test]
fn the_sheet_shows_whether_the_release_is_approved_and_refuses_where_it_is_not() {
    let open = |columns, rows| {
        let mut driver = Driver::full(columns, rows).wait(7_000).keys("2 /").text("stardist").keys("enter i");
        let release = driver.asked().into_iter().find_map(|effect| match effect {
            Effect::Approvals(release) => Some(release),
            _ => None,
        });
        (driver, release.unwrap())
    };
    let given = Approval {
        id: "1".into(),
        agent: "kab".into(),
        is_active: true,
        is_stale: false,
        engines: vec!["2".into()],
        given_at: None,
    };
    for (columns, rows) in SIZES {
        let (driver, release) = open(columns, rows);
        let driver = driver.send(Message::Approvals(release, Ok(Some(approvals(vec![])))));
        driver.picture(&format!("install-not-approved-{columns}x{rows}"));
    }
    let (driver, release) = open(80, 24);
    let mut refused = driver.send(Message::Approvals(release, Ok(Some(approvals(vec![])))));
    refused.asked();
    let mut refused = refused.keys("enter");
    assert_eq!(refused.asked(), []);
    assert!(refused.app.notes.error().is_some_and(|failure| failure.hint.contains("Orkestrator")));

    let (driver, release) = open(80, 24);
    let mut driver = driver.send(Message::Approvals(release, Ok(Some(approvals(vec![given]))))).keys("enter");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })));

    let (driver, release) = open(80, 24);
    let mut older = driver.send(Message::Approvals(release, Ok(None))).keys("enter");
    assert!(older.asked().iter().any(|effect| matches!(effect, Effect::Install { .. })), "no server of the first kind");
}

#[test]
fn nothing_is_installed_before_it_is_known_whether_it_is_approved() {
    let open = || {
        let mut driver = Driver::full(80, 24).wait(7_000).keys("2 /").text("stardist").keys("enter");
        driver.app.data.approvals.clear();
        let mut driver = driver.keys("i");
        let release = driver.asked().into_iter().find_map(|effect| match effect {
            Effect::Approvals(release) => Some(release),
            _ => None,
        });
        (driver, release.unwrap())
    };
    let installs = |driver: &mut Driver| driver.asked().iter().any(|it| matches!(it, Effect::Install { .. }));
    let (driver, release) = open();
    assert!(driver.screen().contains("[ Asking ]"), "{}", driver.screen());
    let mut driver = driver.keys("enter");
    assert!(!installs(&mut driver) && driver.app.overlay.is_some());
    let mut driver = driver.send(Message::Approvals(release, Ok(None))).keys("enter");
    assert!(installs(&mut driver));

    let (driver, release) = open();
    let failed = Failure::new("Could not ask who approved it", "Kabinet did not answer within 30 s");
    let driver = driver.send(Message::Approvals(release.clone(), Err(failed)));
    assert!(driver.screen().contains("nobody can tell: Kabinet did not answer"), "{}", driver.screen());
    let mut driver = driver.keys("enter");
    let asked = driver.asked();
    assert_eq!(asked, [Effect::Approvals(release)], "it is asked once more");
}

#[test]
fn what_an_engine_could_not_be_asked_is_said() {
    let failure = Failure::new("Could not ask hpc-gpu what it offers", "Rekuest cannot be reached");
    let driver = Driver::full(80, 24).send(Message::Offers("1".into(), Err(failure)));
    assert!(driver.screen().contains("Rekuest cannot be reached"), "{}", driver.screen());
}

#[test]
fn things_of_a_list_are_found_by_their_names() {
    let mut offer = offers().remove(0);
    let pods = OfferPort {
        children: vec![OfferPort { identifier: Some("@kabinet/pod".into()), ..port("item", PortKind::Structure) }],
        ..port("pods", PortKind::List)
    };
    offer.ports = vec![offer.ports.remove(0), pods];
    let mut driver =
        Driver::full(80, 24).wait(7_000).keys("4 j j a").send(Message::Offers("1".into(), Ok(vec![offer])));
    driver.asked();
    let names: Vec<_> = driver
        .app
        .data
        .pods()
        .iter()
        .take(2)
        .map(|pod| (pod.id.to_string(), pod.name(), pod.engine_name.clone()))
        .collect();
    let typed: Vec<_> = names.iter().map(|(_, name, engine)| format!("{name} on {engine}")).collect();
    let mut form = driver.keys("j j j j j j j j j j enter").text(&typed.join("; ")).keys("enter enter");
    let asked = form.asked();
    let Some(Effect::TakeOffer { values, .. }) = asked.last() else { panic!("{asked:?}\n{}", form.screen()) };
    let ids: Vec<_> = names.iter().map(|(id, ..)| json!({ "__identifier": "@kabinet/pod", "object": id })).collect();
    assert_eq!(values["pods"], json!(ids));
}

#[test]
fn an_interrupt_is_the_last_resort_and_asks() {
    let mut task = fixtures::tasks().remove(0);
    task.state = TaskState::Cancelling;
    let mut driver = Driver::full(80, 24).send(Message::TaskChanged(Box::new(task))).keys("6 c");
    driver.asked();
    assert!(matches!(driver.app.overlay, Some(Overlay::Dialog(_))), "{}", driver.screen());
    assert!(driver.screen().contains("last resort"), "{}", driver.screen());
    let mut driver = driver.wait(500).keys("y");
    assert_eq!(driver.asked(), [Effect::Interrupt("101".into())]);
}

#[test]
fn what_an_engine_does_not_offer_is_not_possible_and_neither_hinted_nor_undone() {
    let verb = |interface: &str| Offer {
        id: interface.into(),
        interface: interface.into(),
        name: interface.into(),
        description: None,
        ports: vec![OfferPort { identifier: Some("@kabinet/pod".into()), ..port("pod", PortKind::Structure) }],
    };
    let told = |driver: Driver| {
        let offers = ["deploy_flavour", "stop", "removed"].map(verb).to_vec();
        driver.send(Message::Offers("1".into(), Ok(offers)))
    };
    let at = |app: &str| Driver::full(80, 24).wait(7_000).keys("4 /").text(app).keys("enter");
    assert!(at("omero").screen().contains("r restart"), "nobody has told yet: {}", at("omero").screen());
    let driver = told(at("omero"));
    assert!(!driver.screen().contains("r restart") && driver.screen().contains("s stop"), "{}", driver.screen());
    let mut driver = driver.keys("r");
    assert!(driver.screen().contains("docker-ws offers no restart"), "{}", driver.screen());
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    // What kab has keys for has no second row in the menu.
    let menu = driver.keys("a").screen();
    assert!(menu.contains("docker-ws offers no restart") && !menu.contains("removed"), "{menu}");
    let mut driver = told(at("omero")).keys("s enter");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    let mut pods = fixtures::pods();
    pods[4].status = crate::domain::PodStatus::Stopped;
    let mut driver = driver.send(Message::Pods(Ok(pods))).keys("z");
    assert!(driver.screen().contains("docker-ws offers no start"), "{}", driver.screen());
    assert!(!driver.asked().iter().any(|effect| matches!(effect, Effect::Act { .. })));
}
