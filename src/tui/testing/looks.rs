//! How a screen is looked at: panes, zoom, columns, sizes.

use proptest::prelude::*;

use super::{Driver, fixtures};
use crate::domain::{Engine, Liveness, LogLine, Moment};
use crate::tui::action::Screen;
use crate::tui::effect::Effect;
use crate::tui::message::{LogKind, Message};
use crate::tui::panes::{Pane, Zoom};

/// Engines, the last ones offline.
fn engines(count: usize, offline: usize) -> Vec<Engine> {
    let first = &fixtures::engines()[0];
    (0..count)
        .map(|at| Engine {
            id: format!("{at}").into(),
            name: format!("engine-{at:02}"),
            liveness: if at + offline < count {
                first.liveness
            } else {
                Liveness::Offline { last_seen: Some(Moment(super::NOW.0 - 2 * 3_600_000)) }
            },
            ..first.clone()
        })
        .collect()
}

#[test]
fn the_side_shows_what_the_list_can_be_narrowed_to_and_narrows_it() {
    let it = Driver::full(160, 50).keys("2");
    it.picture("apps-side-160x50");
    let all = it.app.list(Screen::Apps).rows.len();
    let mut it = it.keys("tab tab");
    assert_eq!(it.app.pane(), Pane::Side);
    it.picture("apps-side-focus-160x50");
    it = it.keys("j space");
    let list = it.app.list(Screen::Apps);
    assert!(list.is_filtered() && list.rows.len() < all, "{}", it.screen());
    assert!(it.screen().contains("[x]"), "{}", it.screen());
    it = it.keys("space");
    assert_eq!(it.app.list(Screen::Apps).rows.len(), all);
    assert_eq!(it.keys("esc").app.pane(), Pane::List, "Esc goes back to the list first");
}

#[test]
fn the_side_follows_what_is_typed_when_nobody_types_any_more() {
    let counts = |it: &Driver| -> Vec<String> {
        let screen = it.screen();
        screen.lines().filter(|line| line.contains("[ ]")).map(|line| line.chars().take(27).collect()).collect()
    };
    let it = Driver::full(160, 50).keys("2");
    let before = counts(&it);
    let it = it.keys("/").text("seg");
    assert_eq!(counts(&it), before, "not while somebody types");
    assert!(it.app.wakes_at().is_some_and(|at| at.0 - it.now.0 <= 150));
    let it = it.wait(200);
    assert_ne!(counts(&it), before, "{}", it.screen());
}

#[test]
fn moving_scrolls_the_pane_in_focus_and_keys_still_mean_the_row() {
    let it = Driver::full(160, 50).keys("2 j j");
    let chosen = it.app.list(Screen::Apps).chosen.clone();
    let it = it.keys("tab j j G");
    assert_eq!(it.app.pane(), Pane::Detail);
    assert_eq!(it.app.list(Screen::Apps).chosen, chosen);
    let it = it.keys("i");
    assert!(it.app.overlay.is_some(), "i installs what is under the list's cursor");
    let small = Driver::full(80, 24).keys("2 tab");
    small.picture("apps-detail-focus-80x24");
    let before = small.screen();
    let scrolled = small.keys("j j");
    assert_ne!(scrolled.screen(), before, "the details scroll");
    // Another row is read from its beginning.
    let it = scrolled.keys("esc j tab");
    assert_eq!(it.app.target().map(|target| it.app.detail_top(&target)), Some(0));
}

#[test]
fn a_pane_zooms_to_all_of_the_page_and_back() {
    for (columns, rows) in [(80, 24), (120, 40), (160, 50)] {
        let it = Driver::full(columns, rows).keys("4 + +");
        assert_eq!(it.app.looks.zoom, Zoom::Full);
        assert!(it.app.panes().detail.is_none());
        let it = it.keys("tab");
        assert_eq!(it.app.panes().detail, Some(it.app.areas().body), "the next pane is as large");
        let it = it.keys("_ _");
        assert_eq!((it.app.looks.zoom, it.app.pane()), (Zoom::Normal, Pane::Detail));
    }
    Driver::full(160, 50).keys("4 tab + +").picture("pods-detail-zoomed-160x50");
}

#[test]
fn the_reasons_of_the_flavour_under_the_cursor_come_first_where_there_is_no_room_for_all() {
    let mut apps = fixtures::apps();
    let cuda = apps.iter().find(|app| app.short_name() == "mesmer").unwrap().releases[0].flavours[0].clone();
    let deconwolf = apps.iter_mut().find(|app| app.short_name() == "deconwolf").unwrap();
    deconwolf.releases[0].flavours.push(cuda);
    let at = |size: (u16, u16)| {
        let it = Driver::full(size.0, size.1).send(Message::Apps(Ok(apps.clone())));
        it.keys("2 /").text("deconwolf").keys("enter enter ]")
    };
    let wider = at((80, 15)).keys("j");
    assert!(wider.screen().contains("2 of 5 reasons: those of cuda; Ctrl-d reads on"), "{}", wider.screen());
    let it = at((40, 12));
    let below = |it: &Driver| {
        let screen = it.screen();
        screen.lines().skip_while(|line| !line.starts_with('>')).skip(1).collect::<Vec<_>>().join(" ")
    };
    assert!(below(&it).contains("reads on"), "the first runs everywhere: {}", it.screen());
    let it = it.keys("j");
    assert!(it.screen().contains("> cuda") && below(&it).contains("CUDA"), "{}", it.screen());
    assert!(below(&it).contains("report no GPU"), "all of it: {}", it.screen());
    let it = it.keys("j");
    assert!(it.screen().contains("> rocm") && below(&it).contains("ROCm"), "{}", it.screen());
    assert!(!below(&it).contains("CUDA"), "{}", it.screen());
}

#[test]
fn the_home_screen_shows_what_is_under_its_cursor_where_there_is_room_beside_it() {
    for (columns, rows) in [(100, 24), (160, 50)] {
        let it = Driver::full(columns, rows).keys("1");
        let name = it.app.describe(&it.app.target().unwrap());
        assert!(it.screen().lines().any(|line| line.contains("Home") && line.contains(&name)), "{}", it.screen());
        assert_eq!(it.app.panes().side, None, "there is nothing to narrow it to");
        let next = it.keys("j");
        let other = next.app.describe(&next.app.target().unwrap());
        assert_ne!(other, name);
        assert!(next.screen().lines().any(|line| line.contains("Home") && line.contains(&other)), "{}", next.screen());
        let there = next.keys("tab");
        assert_eq!(there.app.pane(), Pane::Detail);
        let whole = there.keys("+ +");
        assert_eq!(whole.app.panes().detail, Some(whole.app.areas().body));
        let back = whole.keys("_ _ esc");
        assert_eq!((back.app.pane(), back.app.screen), (Pane::List, Screen::Home));
    }
    let narrow = Driver::full(80, 24).keys("1 tab + +");
    assert_eq!((narrow.app.looks.zoom, narrow.app.pane()), (Zoom::Normal, Pane::List));
    assert_eq!(narrow.app.panes().detail, None);
}

#[test]
fn columns_change_their_widths_and_all_can_be_scrolled_to() {
    let it = Driver::full(66, 24).keys("2");
    assert!(!it.screen().contains("WHAT IT DOES"), "there is no room for it");
    let once = it.keys("right");
    assert!(once.screen().contains("WHAT IT DOES") || !once.screen().contains("VERSION"), "{}", once.screen());
    let it = once.keys("right right right right right");
    assert!(it.screen().contains("WHAT IT DOES"), "{}", it.screen());
    assert!(it.screen().contains("APP "), "the first column stays");
    it.picture("apps-scrolled-66x24");
    let it = it.keys("left left left left left left");
    assert!(!it.screen().contains("WHAT IT DOES"));
    let wide = it.keys("w");
    assert_eq!(wide.app.widths_word(), "wide");
    let narrow = wide.keys("w");
    assert!(narrow.screen().contains("WHAT IT DOES"), "narrow columns leave room: {}", narrow.screen());
    assert_eq!(narrow.keys("w").app.widths_word(), "");
}

#[test]
fn engines_beyond_the_eighth_are_counted_and_those_beyond_the_table_are_reached() {
    let it = Driver::full(80, 24).send(Message::Engines(Ok(engines(11, 3)))).keys("2");
    assert!(it.screen().contains("1 2 3 4 5 6 7 8 +3"), "{}", it.screen());
    let it = it.keys("enter e");
    assert!(it.screen().contains("Engines 1 to 4 of 11"), "{}", it.screen());
    let heads = |it: &Driver| it.screen().lines().find(|line| line.contains("FLAVOUR")).unwrap_or_default().to_owned();
    assert!(!heads(&it).contains("engine-10"), "{}", heads(&it));
    let it = it.keys("right right right right right right right right right");
    assert!(heads(&it).contains("engine-10") && it.screen().contains("Engines 8 to 11 of 11"), "{}", it.screen());
    assert!(it.screen().contains("2h ago"), "what an engine that is offline would do is old: {}", it.screen());
    it.picture("app-compat-scrolled-80x24");
    let wide = Driver::full(160, 50).send(Message::Engines(Ok(engines(3, 1)))).keys("2 enter e");
    assert!(wide.screen().contains("as of 2h ago"), "{}", wide.screen());
}

#[test]
fn no_button_is_cut_in_a_narrow_terminal_and_a_long_sheet_scrolls() {
    for columns in [40, 46, 60, 66, 72, 80] {
        let it = Driver::full(columns, 24).keys("2 /").text("stardist").keys("enter i");
        for word in ["Install", "Change", "Copy", "Cancel"] {
            assert!(it.screen().contains(word), "{columns}: {word} in\n{}", it.screen());
        }
        let mut old = fixtures::tasks();
        old.retain(|task| !task.state.is_done());
        for task in &mut old {
            task.created_at = Some(Moment(super::NOW.0 - 120_000));
        }
        let id = old[0].id.clone();
        let it = Driver::full(columns, 24).send(Message::Tasks(Ok(old))).keys("6 c");
        assert!(it.app.overlay.is_some(), "{id}: {}", it.screen());
        assert!(it.screen().contains("Let it work") && it.screen().contains("Cancel the task"), "{}", it.screen());
    }
    let it = Driver::full(40, 12).keys("2 /").text("stardist").keys("enter i");
    it.picture("install-40x12");
    assert!(!it.screen().contains("$ kab install"), "{}", it.screen());
    let it = it.keys("j j j j j j j j j j j j j j j j j j j j");
    assert!(it.screen().contains("kab install"), "{}", it.screen());
    assert!(it.screen().contains("[ Install ]"), "{}", it.screen());
}

#[test]
fn a_burst_of_sizes_is_drawn_once_when_it_is_over() {
    let mut it = Driver::full(80, 24).keys("4");
    for columns in 81..100 {
        it = it.send(Message::Resize(columns, 30)).wait(10);
        assert!(it.app.is_resizing());
        assert_eq!(it.app.size, (80, 24));
    }
    let due = it.app.wakes_at().unwrap();
    assert!(due.0 - it.now.0 <= 50);
    let it = it.wait(50);
    assert_eq!((it.app.size, it.app.is_resizing()), ((99, 30), false));
    // A key means what is seen, so that it does not wait.
    let it = it.send(Message::Resize(120, 40)).keys("j");
    assert_eq!(it.app.size, (120, 40));
}

fn with_log(it: Driver) -> Driver {
    let mut it = it.keys("4 j j l");
    let ticket = it.asked().into_iter().find_map(|effect| match effect {
        Effect::Log { ticket, .. } => Some(ticket),
        _ => None,
    });
    let line = |at: usize| LogLine { text: format!("line {at}"), ..fixtures::log()[0].clone() };
    let lines: Vec<_> = (0..400).map(line).collect();
    it.send(Message::LogLines(ticket.unwrap(), LogKind::Live, lines.into()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn two_hundred_sizes_change_neither_what_is_chosen_nor_where_the_log_is_read(
        sizes in proptest::collection::vec((1_u16..220, 1_u16..70), 200)
    ) {
        let mut list = Driver::full(80, 24).keys("4 j j j tab");
        let mut log = with_log(Driver::full(80, 24)).keys("pgup pgup pgup pgup pgup pgup pgup pgup k k");
        let chosen = list.app.list(Screen::Pods).chosen.clone();
        let body = |it: &Driver| it.screen().lines().skip(2).take(20).map(str::to_owned).collect::<Vec<_>>();
        let before = body(&log);
        prop_assert!(before[0].contains("line 2"), "{:?}", before);
        for (columns, rows) in sizes {
            for it in [&mut list, &mut log] {
                let now = std::mem::replace(it, Driver::new(80, 24));
                *it = now.send(Message::Resize(columns, rows)).wait(60);
                prop_assert_eq!(it.app.size, (columns, rows));
                it.buffer();
            }
            prop_assert_eq!(&list.app.list(Screen::Pods).chosen, &chosen);
        }
        let list = list.send(Message::Resize(80, 24)).wait(60);
        let log = log.send(Message::Resize(80, 24)).wait(60);
        prop_assert!(list.screen().contains("stardist"), "{}", list.screen());
        prop_assert_eq!(body(&log), before);
    }
}

#[test]
fn on_a_tiny_screen_reasons_are_read_to_their_end() {
    let it = Driver::full(40, 12).keys("2 /").text("stardist").keys("enter enter ]");
    let app = it.app.data.apps().iter().find(|app| app.short_name() == "stardist").unwrap();
    let table = crate::compat::table(app.newest().unwrap(), it.app.data.engines());
    let at = table.rows.iter().position(|row| row.cells.iter().any(|cell| !cell.notes.is_empty())).unwrap();
    let note = &table.notes[table.rows[at].cells.iter().flat_map(|cell| &cell.notes).min().unwrap() - 1];
    let words: Vec<String> = [&note.needs, &note.reports, &note.advice, &note.engines.join(" ")]
        .iter()
        .flat_map(|text| text.split_whitespace().map(str::to_owned))
        .collect();
    let mut it = it.keys(&"j ".repeat(at));
    assert!(it.screen().contains(&format!("> {}", table.rows[at].name)), "{}", it.screen());
    let below = |it: &Driver| {
        let screen = it.screen();
        screen.lines().skip_while(|line| !line.starts_with('>')).skip(1).take(5).collect::<Vec<_>>().join(" ")
    };
    it.picture("app-compat-reasons-40x12");
    let mut read = below(&it);
    assert!(read.contains("Ctrl-d reads on"), "{read}");
    for _ in 0..20 {
        it = it.keys("C-d");
        read.push_str(&below(&it));
    }
    let missing: Vec<&String> = words.iter().filter(|word| !read.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?} of {words:?} in {read}");
    assert!(below(&it).contains("Ctrl-u reads back"), "{}", it.screen());
    // Another flavour brings its own, from their beginning.
    let next = it.keys(if at == 0 { "j k" } else { "k j" });
    assert!(below(&next).contains("needs"), "{}", next.screen());
}

#[test]
fn what_the_signs_mean_is_said_over_a_list_that_is_alone() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let it = Driver::full(columns, rows).keys("2 + +");
        let screen = it.screen();
        let line = |text: &str| screen.lines().position(|line| line.contains(text));
        let legend = line("* best  + runs  ~ maybe").unwrap_or_else(|| panic!("{screen}"));
        assert_eq!((line("WHAT IT DOES"), line("cellpose")), (Some(legend + 1), Some(legend + 2)), "{screen}");
        assert_eq!(
            screen.contains("D docker-ws"),
            columns > 100,
            "whose signs these are, where there is room: {screen}"
        );
        it.picture(&format!("apps-zoomed-{columns}x{rows}"));
        let usual = it.keys("_ _");
        let heads = usual.screen().lines().position(|line| line.contains("WHAT IT DOES"));
        assert_eq!(heads, Some(legend), "beside its details they say it: {}", usual.screen());
    }
    // The last row is on the last line, and no row lies behind it.
    let it = Driver::full(80, 16).keys("2 . + + G");
    let last = it.app.page_rows();
    assert!(
        it.screen().lines().filter(|line| line.starts_with('>')).count() == 1 && last == 16 - 4 - 3,
        "{}",
        it.screen()
    );
}

#[test]
fn a_wide_terminal_says_how_much_is_kept_on_disk() {
    let line = |driver: &Driver| driver.screen().lines().last().unwrap_or_default().to_owned();
    let driver = Driver::full(160, 50);
    assert!(!line(&driver).contains("cache"), "{}", line(&driver));
    let driver = driver.send(Message::CacheSize(14_000_000));
    assert!(line(&driver).contains("cache 14.0 MB   kab "), "{}", line(&driver));
}

#[test]
fn where_nothing_can_be_told_it_says_what_to_ask_the_people_for_who_look_after_the_engine() {
    let mut silent = fixtures::engines();
    silent.retain(crate::domain::Engine::is_online);
    silent
        .iter_mut()
        .flat_map(|engine| &mut engine.resources)
        .for_each(|it| it.facts = crate::domain::Facts::default());
    for (columns, rows) in [(80, 24), (40, 12)] {
        let driver = Driver::full(columns, rows).send(Message::Engines(Ok(silent.clone()))).wait(7_000);
        let mut page = driver.keys("2 /").text("stardist").keys("enter e");
        page.picture(&format!("app-compat-unknown-{columns}x{rows}"));
        page.asked();
        let mut page = page.keys("y");
        let asked = page.asked();
        let copied = asked.iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        });
        let copied = copied.expect("a text");
        assert!(copied.contains("Ask whoever looks after it: report gpu and gpu.0.vendor on docker-ws"), "{copied}");
    }
}
