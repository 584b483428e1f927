//! An app's page: which tab is open, what changed between versions, what its facts say, and what can be copied of it.

use super::{Driver, fixtures};
use crate::domain::{Liveness, Requirement};
use crate::tui::app::{Page, Tab, Target};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;
use crate::tui::plain::tests::Lines;

fn page(columns: u16, rows: u16, name: &str) -> Driver {
    Driver::full(columns, rows).wait(7_000).keys("2 /").text(name).keys("enter enter")
}

#[test]
fn the_open_tab_is_named_where_not_all_of_them_fit() {
    let mut driver = page(40, 20, "stardist");
    for name in ["Overview", "Compat", "Versions", "Nodes", "Access", "Source", "Activity"] {
        let screen = driver.screen();
        assert!(screen.contains(&format!("[{name}")) && screen.contains(']'), "{name}\n{screen}");
        driver = driver.keys("]");
    }
}

#[test]
fn versions_tell_where_they_run_and_every_kind_of_change() {
    let mut apps = fixtures::apps();
    let app = apps.iter_mut().find(|app| app.short_name() == "mesmer").unwrap();
    let driver = Driver::full(160, 50).send(Message::Apps(Ok({
        app.releases[0].flavours[0].requirements.push(Requirement {
            key: "omero".into(),
            service: "live.arkitekt.omero".into(),
            optional: false,
            description: None,
        });
        apps
    })));
    let screen = driver.keys("2 /").text("mesmer").keys("enter enter ] ]").screen();
    assert!(screen.contains("ENGINES") && screen.contains("of 3"), "{screen}");
    assert!(screen.contains("+1 service"), "{screen}");
}

#[test]
fn labels_and_names_never_run_into_what_stands_behind_them() {
    let source = page(80, 24, "stardist").keys("[ [").screen();
    assert!(source.contains("Source     bioimage/apps:main"), "{source}");
    let mut engines = fixtures::engines();
    engines[0].name = "the-container-engine-on-the-vm".into();
    let overview = page(80, 50, "stardist").send(Message::Engines(Ok(engines))).screen();
    assert!(overview.contains("the-container-engine-on-the-vm  cpu"), "{overview}");
}

#[test]
fn the_tiles_name_the_services_and_none_is_cut_where_there_is_little_room() {
    for (columns, rows) in [(80, 24), (48, 30)] {
        let screen = page(columns, rows, "stardist").screen();
        for tile in ["Size ", "Runs on ", "Access ", "Needs "] {
            assert!(screen.contains(tile), "{tile} is missing in\n{screen}");
        }
        assert!(!screen.contains("Gives") && !screen.contains("Acces…"), "{screen}");
    }
}

#[test]
fn every_image_its_digest_and_every_address_can_be_copied() {
    let mut apps = fixtures::apps();
    let app = apps.iter_mut().find(|app| app.short_name() == "stardist").unwrap();
    for (at, flavour) in app.releases[0].flavours.iter_mut().enumerate() {
        flavour.image.reference = format!("ghcr.io/lab/stardist@sha256:{at}f00");
    }
    let flavours = app.releases[0].flavours.len();
    let driver = Driver::full(80, 24).send(Message::Apps(Ok(apps))).keys("2 /").text("stardist").keys("enter y");
    let Some(Overlay::Yank(yank)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    let count = |kind: &str| yank.rows().filter(|(own, _)| *own == kind).count();
    assert_eq!((count("image"), count("digest")), (flavours, flavours));
    for (keys, address) in [("3 y", "kab://node/"), ("5 y", "kab://engine/")] {
        let driver = Driver::full(80, 24).keys(keys);
        assert!(driver.screen().contains(address), "{}", driver.screen());
    }
}

#[test]
fn it_runs_everywhere_is_not_said_beside_an_engine_that_is_offline() {
    let mut engines = fixtures::engines();
    engines.truncate(1);
    let mut away = engines[0].clone();
    (away.id, away.name) = ("9".into(), "away".into());
    away.liveness = Liveness::Offline { last_seen: None };
    engines.push(away);
    let driver = Driver::full(80, 24).send(Message::Engines(Ok(engines))).keys("2 /").text("omero").keys("enter e");
    let screen = driver.screen();
    assert!(!screen.contains("It runs everywhere.") && screen.contains("every engine that is online"), "{screen}");
}

fn under_cursor(driver: &Driver) -> Target {
    let rows = driver.app.part_rows();
    rows[driver.app.part_place(&rows).unwrap()].to.clone()
}

fn activity(name: &str) -> Driver {
    page(80, 24, name).keys("[")
}

#[test]
fn pods_and_tasks_of_an_app_are_rows_that_open_their_pages_and_the_way_back_leads_to_them() {
    let driver = activity("cellpose");
    let rows = driver.app.part_rows();
    let pods = rows.iter().filter(|row| matches!(row.to, Target::Pod(_))).count();
    assert!(pods == 2 && rows.len() > pods, "{rows:?}");
    assert!(driver.screen().contains("Enter open"), "{}", driver.screen());
    for (keys, place) in
        [("j", 1), ("G", rows.len() - 1), ("G k", rows.len() - 2), ("G g g", 0), ("C-d C-d", rows.len() - 1)]
    {
        let driver = activity("cellpose").keys(keys);
        let target = under_cursor(&driver);
        assert_eq!(target, rows[place].to, "{keys}");
        assert_eq!(driver.screen().lines().filter(|line| line.starts_with('>')).count(), 1, "{}", driver.screen());
        let mut opened = driver.keys("enter");
        assert!(matches!(opened.app.pages.last(), Some(Page::Thing(page, _)) if *page == target), "{keys}");
        if let Target::Task(id) = &target {
            assert!(opened.asked().contains(&Effect::FetchTask(id.clone())));
        }
        let back = opened.keys("esc");
        let Some(Page::App(page)) = back.app.pages.last() else { panic!("{}", back.screen()) };
        assert_eq!((page.tab, under_cursor(&back)), (Tab::Activity, target));
    }
}

#[test]
fn the_row_under_the_cursor_stays_it_while_others_come_and_keys_mean_it() {
    let app = page(80, 24, "cellpose").app.target().unwrap();
    let driver = activity("cellpose").keys("j");
    let chosen = under_cursor(&driver);
    let mut pods = fixtures::pods();
    let first = pods.iter().find(|pod| pod.app.as_str().ends_with("cellpose")).unwrap().clone();
    pods.insert(0, crate::domain::Pod { id: "new".into(), ..first });
    let count = driver.app.part_rows().len();
    let driver = driver.send(Message::Pods(Ok(pods)));
    assert_eq!((driver.app.part_rows().len(), under_cursor(&driver)), (count + 1, chosen.clone()));
    assert_eq!(driver.app.target(), Some(chosen), "as on the pages of engines");
    // What is installed is still the app of the page.
    assert_eq!(driver.app.to_install().map(|(app, _)| Target::App(app)), Some(app));
}

#[test]
fn an_app_without_pods_and_tasks_has_no_row_to_open() {
    let driver = activity("deconwolf");
    assert!(driver.screen().contains("None. i installs it."), "{}", driver.screen());
    assert!(!driver.screen().contains("Enter open"), "{}", driver.screen());
    assert_eq!(driver.keys("j enter").app.pages.len(), 1);
}

#[test]
fn in_lines_what_an_app_did_has_numbers_below_its_headings() {
    let mut program = Lines::full().say("apps").say("/cellpose").say("1").quietly().say("activity");
    let told = program.told();
    let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text} is missing in\n{told}"));
    assert!(at("PODS") < at("\n1. ") && at("\n2. ") < at("TASKS") && at("TASKS") < at("\n3. "), "{told}");
    let mut chosen = program.say("choose 2");
    assert!(chosen.told().contains("Chosen: 2. STOPPED"), "what is chosen is said");
    let mut opened = chosen.say("3");
    assert!(opened.told().contains("Tasks: "), "a number opens the page of its row");
    assert!(matches!(opened.driver.app.pages.last(), Some(Page::Thing(Target::Task(_), _))));
}

#[test]
fn the_table_of_engines_says_what_drives_them_in_which_version_where_there_is_room() {
    let wide = page(160, 50, "stardist").keys("]").screen();
    assert!(wide.contains("docker 27.1 ") && wide.contains("podman 5.2 ") && wide.contains("OFFLINE 2h"), "{wide}");
    let narrow = page(80, 24, "stardist").keys("]").screen();
    assert!(narrow.contains("docker ") && !narrow.contains("27.1"), "{narrow}");
}

#[test]
fn an_engine_that_is_away_says_for_how_long() {
    let list = Driver::full(80, 24).wait(7_000).keys("2");
    assert!(list.screen().contains("K kiosk  M microscope-pc\n"), "names come first: {}", list.screen());
    let heads = list.keys("j").screen();
    assert!(heads.contains("M microscope-pc (offline 2h)") && heads.contains("H hpc-gpu  "), "{heads}");
    let beside = Driver::full(160, 50).wait(7_000).keys("2").screen();
    assert!(beside.contains("M · microscope-pc   offline 2h"), "{beside}");
}
