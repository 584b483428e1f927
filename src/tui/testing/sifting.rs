//! `/` over the rows of a page, and in its text.

use super::{Driver, fixtures};
use crate::domain::PodStatus;
use crate::tui::app::{Page, Tab, Target};
use crate::tui::message::Message;
use crate::tui::overlays::Overlay;
use crate::tui::plain::tests::Lines;

fn page(columns: u16, rows: u16, name: &str) -> Driver {
    Driver::full(columns, rows).wait(7_000).keys("2 /").text(name).keys("enter enter")
}

fn tab(driver: &Driver) -> Tab {
    match driver.app.pages.last() {
        Some(Page::App(page)) => page.tab,
        _ => panic!("{}", driver.screen()),
    }
}

/// The things on the rows that are shown.
fn things(driver: &Driver) -> Vec<Target> {
    driver.app.part_rows().into_iter().map(|row| row.to).collect()
}

fn chosen(driver: &Driver) -> String {
    let screen = driver.screen();
    let mut lines = screen.lines().filter(|line| line.starts_with('>')).map(str::to_owned);
    let line = lines.next().unwrap_or_else(|| panic!("nothing is chosen in\n{screen}"));
    assert_eq!(lines.next(), None, "{screen}");
    line
}

#[test]
fn the_nodes_of_an_app_are_narrowed_as_one_types_and_what_is_hidden_is_counted() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let driver = page(columns, rows, "stardist").keys("] ] ] /").text("train");
        driver.picture(&format!("app-nodes-filtered-{columns}x{rows}"));
        let screen = driver.screen();
        assert!(screen.contains("1/4  /train") && !screen.contains("predict nuclei"), "{screen}");
        assert!(chosen(&driver).contains("train stardist"), "{screen}");
    }
    let typing = page(80, 24, "stardist").keys("] ] ] /");
    let screen = typing.screen();
    assert!(screen.contains("type to filter, Enter keeps, Esc clears") && !screen.contains("facets"), "{screen}");
    let driver = typing.text("train").keys("enter");
    assert!(matches!(driver.app.target(), Some(Target::Node(node)) if node.as_str() == "train_stardist"));
    let opened = driver.keys("enter");
    assert!(
        matches!(opened.app.pages.last(), Some(Page::Thing(Target::Node(it), _)) if it.as_str() == "train_stardist")
    );
    let back = opened.keys("esc");
    assert!(back.screen().contains("1/4  /train"), "the way back leads to the same rows: {}", back.screen());
    let all = back.keys("esc");
    assert!(all.screen().contains("predict nuclei") && chosen(&all).contains("train stardist"), "{}", all.screen());
    assert_eq!(all.keys("esc").app.pages.len(), 0, "the second Esc leaves");
}

#[test]
fn the_row_that_fits_best_is_chosen_and_the_others_keep_their_order() {
    let driver = page(80, 24, "stardist").keys("] ] ] /").text("nuclei");
    // What is said of all of them has the word, and one has it in its name.
    assert!(driver.screen().contains("4/4") && chosen(&driver).contains("predict nuclei"), "{}", driver.screen());
    let driver = driver.keys("C-u").text("in:@mikro/image out:@mikro/labels").keys("enter");
    assert!(driver.screen().contains("3/4"), "the filters of the list of nodes hold: {}", driver.screen());
    let driver = driver.keys("g g");
    assert!(chosen(&driver).contains("predict 3d"), "{}", driver.screen());
    assert!(chosen(&driver.keys("j")).contains("predict nuclei"));
}

#[test]
fn a_version_and_a_flavour_are_what_they_are_in_a_narrowed_table_too() {
    let versions = page(80, 24, "stardist").keys("] ]");
    let Some(app) = fixtures::apps().into_iter().find(|app| app.short_name() == "stardist") else { unreachable!() };
    let wanted = app.releases[1].version.clone();
    let driver = versions.keys("/").text(&wanted).keys("enter");
    assert!(driver.screen().contains(&format!("1/3  /{wanted}")), "{}", driver.screen());
    let shown = driver.keys("enter");
    let Some(Page::App(opened)) = shown.app.pages.last() else { panic!("{}", shown.screen()) };
    assert_eq!((opened.version.as_str(), opened.tab), (wanted.as_str(), Tab::Overview));
    assert_eq!(shown.app.sifted_by(), "", "another tab begins with all of its rows");

    let driver = page(80, 24, "stardist").keys("] /").text("cuda").keys("enter");
    let screen = driver.screen();
    assert!(screen.contains("1/2  /cuda") && chosen(&driver).contains("cuda"), "{screen}");
    let driver = driver.keys("enter");
    let Some(Overlay::Sheet(sheet)) = &driver.app.overlay else { panic!("{}", driver.screen()) };
    assert_eq!(sheet.flavour.as_deref(), Some("cuda"));
}

#[test]
fn pods_and_tasks_are_narrowed_by_what_finds_them_in_their_lists() {
    let activity = || page(80, 24, "cellpose").keys("[");
    let all = things(&activity());
    let driver = activity().keys("/").text("status:stopped").keys("enter");
    assert_eq!(things(&driver), [Target::Pod("17".into())]);
    let screen = driver.screen();
    assert!(screen.contains(&format!("1/{}  /status:stopped", all.len())), "{screen}");
    assert!(screen.contains("PODS") && !screen.contains("TASKS"), "{screen}");
    let opened = driver.keys("enter");
    assert!(matches!(opened.app.pages.last(), Some(Page::Thing(Target::Pod(pod), _)) if pod.as_str() == "17"));
    let back = opened.keys("esc");
    assert_eq!((tab(&back), things(&back).len()), (Tab::Activity, 1));
    assert_eq!(things(&back.keys("esc")), all);
    // What stands in a row finds it.
    let driver = activity().keys("/").text("install").keys("enter");
    assert!(!things(&driver).is_empty() && things(&driver).iter().all(|it| matches!(it, Target::Task(_))));
    activity().keys("/").text("cuda").keys("enter").picture("app-activity-filtered-80x24");
}

#[test]
fn the_rows_of_an_engine_are_narrowed_in_the_same_way_and_follow_what_changes() {
    let pods = Driver::full(80, 24).keys("5 j enter ] ] /").text("status:running").keys("enter");
    let running = things(&pods);
    assert!(!running.is_empty() && pods.screen().contains("/status:running"), "{}", pods.screen());
    let mut told = fixtures::pods();
    for pod in &mut told {
        pod.status = PodStatus::Running;
    }
    let pods = pods.send(Message::Pods(Ok(told)));
    assert!(things(&pods).len() > running.len(), "{}", pods.screen());
    assert_eq!(pods.app.all_rows(), pods.keys("esc").app.part_rows().len());
}

#[test]
fn matches_are_gone_through_while_rows_are_hidden_and_afterwards() {
    let driver = page(80, 24, "stardist").keys("] ] ] n");
    assert!(
        driver.screen().contains("n goes to the next row that a filter matches: / types one"),
        "{}",
        driver.screen()
    );
    let driver = driver.keys("/").text("predict").keys("enter");
    assert!(chosen(&driver).contains("predict 3d"), "{}", driver.screen());
    let driver = driver.keys("n");
    assert!(chosen(&driver).contains("predict nuclei"), "{}", driver.screen());
    let round = driver.keys("n");
    assert!(chosen(&round).contains("predict 3d") && round.screen().contains("round the end"), "{}", round.screen());
    let all = round.keys("esc G N");
    assert!(all.screen().contains("train stardist") && chosen(&all).contains("predict nuclei"), "{}", all.screen());
    let rows = page(80, 24, "cellpose").keys("[ /").text("cellpose").keys("enter esc g g n");
    assert_eq!(rows.app.page_place(), Some(1), "{}", rows.screen());
}

#[test]
fn where_nothing_matches_nothing_is_opened_and_what_was_meant_is_offered() {
    for keys in ["] /", "] ] /", "] ] ] /", "[ /"] {
        let driver = page(80, 24, "stardist").keys(keys).text("zzz");
        assert!(driver.screen().contains("Nothing matches zzz."), "{keys}\n{}", driver.screen());
        assert!(driver.screen().contains("Esc clears the filter."), "{}", driver.screen());
        let driver = driver.keys("enter enter j enter");
        assert!(driver.app.overlay.is_none() && driver.app.pages.len() == 1, "{keys}\n{}", driver.screen());
        let driver = driver.keys("esc");
        assert_eq!((driver.app.pages.len(), driver.app.sifted_by()), (1, ""));
    }
    let driver = page(80, 24, "stardist").keys("] ] ] /").text("pridect");
    assert!(driver.screen().contains("Tab takes it."), "{}", driver.screen());
    assert_eq!(driver.keys("tab").app.sifted_by(), "predict");
}

#[test]
fn in_the_tabs_that_are_text_a_text_is_found_and_gone_through() {
    for (keys, text) in [("", "nodes"), ("] ] ] ]", "service"), ("[ [", "digest")] {
        let driver = page(60, 16, "stardist").keys(keys).keys("/").text(text).keys("enter");
        assert!(!driver.screen().contains("is not on this page"), "{keys}\n{}", driver.screen());
        let marked = driver.buffer();
        let underlined = |cell: &ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::UNDERLINED);
        assert!(marked.content.iter().any(underlined), "what is found is marked: {}", driver.screen());
        assert!(driver.screen().to_lowercase().contains(text), "{}", driver.screen());
        assert_eq!(driver.app.sifted_by(), "", "no row is hidden");
    }
    let driver = page(60, 16, "stardist").keys("[ [ /").text("digest").keys("enter");
    let lines = driver.app.page_lines();
    let places: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].to_lowercase().contains("digest")).collect();
    assert_eq!(places.len(), 2, "the first is on the screen, the second too near to the end to be its first line");
    assert_eq!(driver.app.look.at, Some(places[0]));
    let driver = driver.keys("n");
    assert_eq!(driver.app.look.at, Some(places[1]));
    let driver = driver.keys("n");
    assert_eq!(driver.app.look.at, Some(places[0]));
    assert!(driver.screen().contains("round the end"), "{}", driver.screen());
    let driver = driver.keys("N");
    assert_eq!(driver.app.look.at, Some(places[1]));
    assert!(driver.screen().contains("round the beginning"), "{}", driver.screen());
}

#[test]
fn whoever_has_scrolled_on_goes_on_from_what_is_seen() {
    let driver = page(60, 16, "stardist").keys("[ [ /").text("source").keys("enter");
    let first = driver.app.look.at.unwrap();
    let lines = driver.app.page_lines();
    let behind = lines.iter().skip(first + 1).filter(|line| line.to_lowercase().contains("source")).count();
    let driver = driver.keys("G");
    let top = lines.len() - usize::from(driver.app.areas().body_rows());
    assert!(first < top && behind == 0, "it stands only above what is seen now: {lines:?}");
    let driver = driver.keys("n");
    assert_eq!(driver.app.look.at, Some(first));
    // Not where it was found before, which is above: round the end.
    assert!(driver.screen().contains("round the end"), "{}", driver.screen());
}

#[test]
fn the_hints_name_the_filter_where_there_are_rows_and_nowhere_else() {
    for (keys, is_there) in [("", false), ("]", true), ("] ] ]", true), ("] ] ] ]", false), ("[ [", false), ("[", true)]
    {
        let driver = page(160, 50, "stardist").keys(keys);
        assert_eq!(driver.screen().contains("/ filter"), is_there, "{keys}\n{}", driver.screen());
    }
}

#[test]
fn the_keys_of_moving_mean_the_rows_that_are_shown() {
    let driver = page(80, 24, "stardist").keys("] ] ] /").text("predict").keys("enter G");
    assert!(chosen(&driver).contains("predict nuclei"), "{}", driver.screen());
    assert!(chosen(&driver.keys("k k k")).contains("predict 3d"));
}

#[test]
fn in_lines_a_page_is_narrowed_and_its_numbers_are_those_that_are_shown() {
    let mut program =
        Lines::full().say("apps").say("/stardist").say("1").say("versions").say("next-tab").quietly().say("/train");
    let told = program.told();
    assert!(told.contains("; filter train, 1 of 4") && told.contains("1. train stardist"), "{told}");
    assert!(!told.contains("2. "), "{told}");
    let mut opened = program.say("1");
    assert!(opened.told().contains("Nodes: train stardist"), "a number means its row");
    let mut back = opened.say("back").quietly().say("/zzz");
    assert!(back.told().contains("Nothing matches zzz."), "that nothing matches is said");
    let mut activity =
        Lines::full().say("apps").say("/cellpose").say("1").say("activity").quietly().say("/status:stopped");
    let told = activity.told();
    assert!(told.contains("; filter status:stopped, 1 of ") && told.contains("1. STOPPED"), "{told}");
}
