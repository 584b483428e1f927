//! The install sheet: what it knows beforehand, what stops it, and what makes it needless.

use super::{Driver, fixtures};
use crate::compat::{Extent, Offered, Scopes};
use crate::domain::{Engine, Repository, TaskState};
use crate::tui::action::Screen;
use crate::tui::app::{Page, Target};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::{Message, Session};
use crate::tui::overlays::{Overlay, Sheet};

fn at_the_app(name: &str, engines: Vec<Engine>) -> Driver {
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).wait(7_000).keys("2 /");
    driver.text(name).keys("enter")
}

fn with_free(megabytes: &str) -> Vec<Engine> {
    let mut engines = fixtures::engines();
    for resource in engines.iter_mut().flat_map(|engine| &mut engine.resources) {
        resource.facts.0.insert("disk.free_mb".into(), megabytes.into());
    }
    engines
}

fn installs(driver: &mut Driver) -> bool {
    driver.asked().iter().any(|effect| matches!(effect, Effect::Install { .. }))
}

#[test]
fn too_little_space_stops_it_with_a_sentence_and_what_to_do() {
    let mut driver = at_the_app("trackastra", with_free("1000")).keys("i enter");
    assert!(!installs(&mut driver));
    let failure = driver.app.notes.error().cloned().unwrap();
    assert!(failure.why.contains("has 1.00 GB free for images, and what is missing of this one takes"), "{failure}");
    assert!(failure.hint.contains("choose another engine"), "{failure}");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))), "the sheet stays");
    let mut driver = at_the_app("trackastra", with_free("90000")).keys("i enter");
    assert!(installs(&mut driver));
}

#[test]
fn an_image_that_is_there_needs_no_space_and_is_not_fetched() {
    // A pod of that very flavour is on the engine.
    let mut driver = at_the_app("stardist", with_free("10")).keys("i");
    assert!(driver.screen().contains("nothing: it is there, stardist-"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("enter");
    assert!(installs(&mut driver));
}

#[test]
fn the_sheet_says_what_its_engine_is_busy_with() {
    let driver = at_the_app("trackastra", fixtures::engines()).keys("i");
    let screen = driver.screen();
    assert!(screen.contains("1 under way there, 1 waits"), "{screen}");
}

#[test]
fn what_runs_already_is_used_with_one_key_and_nothing_is_installed() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let driver = Driver::full(columns, rows).wait(7_000).keys("2 /").text("stardist").keys("enter i");
        driver.picture(&format!("install-already-{columns}x{rows}"));
    }
    let mut driver = at_the_app("stardist", fixtures::engines()).keys("i");
    driver.asked();
    let mut driver = driver.keys("u");
    assert!(!installs(&mut driver));
    let page = driver.app.pages.last();
    assert!(matches!(page, Some(Page::Thing(Target::Pod(id), _)) if id.as_str() == "13"), "{page:?}");
    let driver = at_the_app("trackastra", fixtures::engines()).keys("i u");
    assert!(driver.screen().contains("No pod of it runs"), "{}", driver.screen());
}

#[test]
fn a_choice_of_the_sheet_is_explained_and_the_way_back_leads_to_it() {
    for (keys, which) in [("I j", 1), ("I G", usize::MAX)] {
        let driver = at_the_app("stardist", fixtures::engines()).keys(keys);
        let Some(Overlay::Sheet(sheet)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
        let choices = Sheet::choices(sheet.release(&driver.app).unwrap(), &driver.app);
        let choice = choices.get(which).or(choices.last()).unwrap();
        let head = format!("{} on {}  ", choice.flavour.name, choice.engine.name);
        assert!(which == 1 || !choice.engine.is_online(), "{}", driver.screen());
        let before = driver.screen();
        let why = driver.keys("e");
        assert!(matches!(why.app.overlay, Some(Overlay::Why(_))) && why.screen().contains(&head), "{}", why.screen());
        assert_eq!(why.keys("esc").screen(), before, "{head}");
    }
}

#[test]
fn a_node_that_a_pod_provides_needs_no_install() {
    let mut driver = Driver::full(80, 24).wait(7_000).keys("3 /").text("predict nuclei").keys("enter");
    driver.asked();
    let mut driver = driver.keys("i");
    assert!(driver.app.overlay.is_none() && !installs(&mut driver));
    assert!(driver.screen().contains("Already available on hpc-gpu - nothing to install"), "{}", driver.screen());
    let driver = driver.keys("I");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))), "who wants another one gets it");
}

#[test]
fn the_flavour_for_a_node_is_one_that_provides_it() {
    // Only the flavour for processors provides the node, though the other one would fit the app better.
    let mut nodes = fixtures::nodes();
    let node = nodes.iter_mut().find(|node| node.id.as_str() == "track_cells").unwrap();
    node.flavours.retain(|flavour| flavour.as_str().ends_with("-cpu"));
    let driver = Driver::full(80, 24).send(Message::Nodes(Ok(nodes))).wait(7_000);
    let driver = driver.keys("3 /").text("track cells").keys("enter i");
    assert!(driver.screen().contains("it provides track cells"), "{}", driver.screen());
    let mut driver = driver;
    driver.asked();
    let mut driver = driver.keys("enter");
    let asked = driver.asked();
    let flavour = asked.iter().find_map(|effect| match effect {
        Effect::Install { flavour, .. } => Some(flavour.as_str().to_owned()),
        _ => None,
    });
    assert!(flavour.as_deref().is_some_and(|flavour| flavour.ends_with("-cpu")), "{asked:?}");
}

#[test]
fn the_task_is_named_and_one_key_goes_there() {
    let driver = Driver::full(80, 24).keys("2");
    let task = fixtures::tasks().remove(0);
    assert_eq!(task.state, TaskState::Running);
    let driver = driver.send(Message::Installing(Ticket(9), Ok(Box::new(task))));
    assert!(driver.screen().contains("task 101, W watches it"), "{}", driver.screen());
    assert_eq!(driver.app.screen, Screen::Apps);
    let driver = driver.keys("W");
    assert!(matches!(driver.app.pages.last(), Some(Page::Thing(Target::Task(id), _)) if id.as_str() == "101"));
    let fresh = Driver::full(80, 24).keys("2 W");
    assert!(fresh.screen().contains("Nothing was asked for yet"), "{}", fresh.screen());
}

#[test]
fn help_in_the_sheet_explains_its_rows_and_goes_back_to_it() {
    let driver = at_the_app("stardist", fixtures::engines()).keys("i ?");
    driver.picture("install-help-80x24");
    assert!(driver.screen().contains("What the engine has to download"), "{}", driver.screen());
    let driver = driver.keys("esc");
    assert!(matches!(driver.app.overlay, Some(Overlay::Sheet(_))));
    let dialog = Driver::full(80, 24).wait(7_000).keys("4 j j D ? esc");
    assert!(matches!(dialog.app.overlay, Some(Overlay::Dialog(_))));
}

fn offering(services: &[&str], scopes: Option<Scopes>) -> Driver {
    let services = services.iter().map(|service| (*service).to_owned()).collect();
    let offered = Offered { services, extent: Extent::Whole, scopes };
    let session = Session { offered, ..Driver::new(80, 24).connected().app.session };
    at_the_app("trackastra", fixtures::engines()).send(Message::Connected(session))
}

#[test]
fn a_service_that_the_server_lacks_or_a_permission_that_is_not_yours_needs_a_second_word() {
    for (driver, said) in [
        (offering(&["kabinet", "lok"], Some(Scopes::All)), "needs the service rekuest; this server does not have it"),
        (offering(&["rekuest"], Some(Scopes::Only(vec!["read".into()]))), "asks for write; your account may not give"),
    ] {
        let mut driver = driver.keys("i");
        let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ").replace("│ │ ", "");
        assert!(screen.contains(said.split("; ").next().unwrap()), "{screen}");
        driver.asked();
        let mut driver = driver.keys("enter");
        assert!(!installs(&mut driver) && driver.screen().contains("Install anyway"), "{}", driver.screen());
        let mut driver = driver.wait(1_000).keys("enter");
        assert!(installs(&mut driver));
    }
    // What becomes known meanwhile may answer the question.
    let nothing = offering(&[], Some(Scopes::All)).keys("i enter");
    assert!(nothing.screen().contains("Install anyway"), "{}", nothing.screen());
    let all = offering(&["rekuest"], Some(Scopes::All)).app.session;
    let mut driver = nothing.send(Message::Connected(all));
    assert!(driver.screen().contains("[ Install ]") && !driver.screen().contains("anyway"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.wait(1_000).keys("enter");
    assert!(installs(&mut driver));
    // What it can do without is no obstacle.
    let mut driver = offering(&["rekuest"], Some(Scopes::All)).keys("i");
    assert!(driver.screen().contains("mikro: missing, it can do without"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("enter");
    assert!(installs(&mut driver));
}

#[test]
fn an_app_that_two_repositories_offer_names_both() {
    let mut apps = fixtures::apps();
    let app = apps.iter_mut().find(|app| app.short_name() == "trackastra").unwrap();
    app.releases[0].flavours[0].repository = Some("2".into());
    let mut repositories = fixtures::repositories();
    repositories.push(Repository { id: "2".into(), name: "someone/else:main".into(), ..repositories[0].clone() });
    let driver = at_the_app("trackastra", fixtures::engines())
        .send(Message::Apps(Ok(apps)))
        .send(Message::Repositories(Ok(repositories)));
    assert!(driver.screen().contains("and 1 more"), "{}", driver.screen());
    let sheet = driver.keys("i");
    let screen = sheet.screen();
    assert!(screen.contains("bioimage/apps:main; the app is also offered by"), "{screen}");
    let source = sheet.keys("esc enter [ [");
    assert!(
        source.screen().contains("Offered ") && source.screen().contains("someone/else:main"),
        "{}",
        source.screen()
    );
}
