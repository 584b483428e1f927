//! The table is free of clashes, with every preset; what people want is done as far as it can be; the page made from the
//! table is up to date.

use crossterm::event::KeyCode;

use super::*;
use crate::tui::app::App;

fn wish(line: usize, place: &str, action: &str, keys: &[&str]) -> Wish {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    Wish { place: place.into(), action: action.into(), keys, line }
}

fn keymap(all: Vec<Wish>) -> (Keymap, Vec<Complaint>) {
    Keymap::of(&Wishes { preset: None, all }, &App::chains())
}

fn key(text: &str) -> Key {
    Key::read(text).unwrap()
}

#[test]
fn no_key_means_two_things_where_both_could_be_meant() {
    for preset in PRESETS {
        let (keymap, complaints) =
            Keymap::of(&Wishes { preset: Some((preset.name.into(), 1)), all: Vec::new() }, &App::chains());
        assert_eq!(complaints, []);
        for (place, action, keys) in preset.lines {
            let line = keymap.all().iter().find(|line| line.binding.is_called(place, action));
            let line = line.unwrap_or_else(|| panic!("{}: there is no {action} in {place}", preset.name));
            assert_eq!(line.keys, keys.iter().map(|text| key(text)).collect::<Vec<_>>());
        }
        for chain in App::chains() {
            let mut seen: Vec<(Key, &Bound)> = Vec::new();
            for line in keymap.all().iter().filter(|line| chain.contains(&line.binding.place)) {
                for key in &line.keys {
                    if let Some((_, other)) = seen.iter().find(|(known, _)| known == key) {
                        let (one, two) = (other.binding, line.binding);
                        panic!("{}: {} is {one:?} and {two:?}", preset.name, key.name());
                    }
                    seen.push((*key, line));
                }
            }
        }
    }
}

#[test]
fn every_action_of_a_place_stands_on_one_line() {
    for (at, line) in BINDINGS.iter().enumerate() {
        let again = BINDINGS[..at].iter().any(|other| other.is_called(line.place.name(), line.action.name()));
        assert!(!again, "{} of {} is there twice", line.action.name(), line.place.name());
    }
}

#[test]
fn what_a_person_wants_holds_and_none_takes_a_key_away() {
    let (keymap, complaints) = keymap(vec![
        wish(2, "pods", "stop", &["x", "Ctrl-x"]),
        wish(3, "pods", "restart", &["none"]),
        wish(4, "list", "filter", &["F"]),
    ]);
    assert_eq!(complaints, []);
    let pods = [Place::Pods, Place::Lists, Place::Moving, Place::Everywhere];
    assert_eq!(keymap.resolve(&pods, key("x")), Some(Action::Pod(crate::domain::PodVerb::Stop)));
    assert_eq!(keymap.resolve(&pods, key("s")), None);
    assert_eq!(keymap.resolve(&pods, key("r")), None);
    assert_eq!(keymap.key_for(&pods, Action::Pod(crate::domain::PodVerb::Restart)), None);
    assert_eq!(keymap.key_for(&pods, Action::Filter), Some(key("F")));
}

#[test]
fn two_actions_can_change_places() {
    let (keymap, complaints) = keymap(vec![wish(2, "pods", "stop", &["r"]), wish(3, "pods", "restart", &["s"])]);
    assert_eq!(complaints, []);
    assert_eq!(keymap.resolve(&[Place::Pods], key("r")), Some(Action::Pod(crate::domain::PodVerb::Stop)));
}

#[test]
fn only_the_line_that_clashes_falls_back_and_both_actions_are_named() {
    let (keymap, complaints) = keymap(vec![
        wish(2, "pods", "stop", &["/"]),
        wish(3, "pods", "start", &["x"]),
        wish(5, "pods", "logs", &["x"]),
    ]);
    let told: Vec<(usize, &str)> = complaints.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                2,
                "/ cannot be stop in [pods]: it is filter in [page] ([page] filter = \"none\" frees it); stop keeps its \
                 usual keys"
            ),
            (5, "x cannot be logs in [pods]: it is start in [pods] (line 3 says so); logs keeps its usual keys"),
        ]
    );
    let pods = [Place::Pods, Place::Lists];
    assert_eq!(keymap.resolve(&pods, key("s")), Some(Action::Pod(crate::domain::PodVerb::Stop)));
    assert_eq!(keymap.resolve(&pods, key("x")), Some(Action::Pod(crate::domain::PodVerb::Start)));
    assert_eq!(keymap.resolve(&pods, key("l")), Some(Action::Logs));
}

#[test]
fn what_nobody_knows_is_said_with_what_was_meant() {
    for (place, action, keys, told) in [
        ("pod", "stop", "x", "there is no place pod; did you mean pods?"),
        ("pods", "restrat", "x", "there is no action restrat in [pods]; did you mean restart?"),
        ("pods", "sort", "x", "there is no action sort in [pods]; it belongs to [all-pods], [list]"),
        ("pods", "stop", "Alt-x", "Alt-x is not possible: terminals and multiplexers keep Alt for themselves"),
        ("global", "interrupt", "x", "interrupt stays on Ctrl-c, so that there is always a way out"),
        ("form", "confirm", "x", "x is typed into the fields of a form; take one with Ctrl, or Tab or Down"),
    ] {
        let (keymap, complaints) = keymap(vec![wish(7, place, action, &[keys])]);
        assert_eq!(complaints, [Complaint { line: 7, text: told.into() }]);
        assert!(keymap.all().iter().all(|line| !line.is_changed()));
    }
    let wishes = Wishes { preset: Some(("vi".into(), 1)), all: Vec::new() };
    assert_eq!(Keymap::of(&wishes, &App::chains()).1[0].text, "there is no preset vi; there are default and ranger");
}

proptest::proptest! {
    /// Whatever the file says: the table has no clash, Ctrl-c interrupts, and nothing that is not named has changed.
    #[test]
    fn no_file_of_keys_breaks_the_table(picks in proptest::collection::vec((0..BINDINGS.len(), "[a-zA-Z/?:]|Ctrl-[a-z]|none|Enter"), 0..12)) {
        let all: Vec<Wish> = picks
            .iter()
            .enumerate()
            .map(|(at, (line, key))| wish(at + 1, BINDINGS[*line].place.name(), BINDINGS[*line].action.name(), &[key]))
            .collect();
        let (keymap, _) = keymap(all.clone());
        for chain in App::chains() {
            let mut seen = std::collections::HashSet::new();
            for line in keymap.all().iter().filter(|line| chain.contains(&line.binding.place)) {
                assert!(line.keys.iter().all(|key| seen.insert(*key)));
            }
        }
        assert_eq!(keymap.resolve(&[Place::Everywhere], key("Ctrl-c")), Some(Action::Interrupt));
        for line in keymap.all().iter().filter(|line| line.is_changed()) {
            assert!(all.iter().any(|wish| line.binding.is_called(&wish.place, &wish.action)));
        }
    }
}

#[test]
fn every_place_is_in_some_chain() {
    for place in Place::ALL {
        assert!(App::chains().iter().any(|chain| chain.contains(&place)), "{place:?}");
    }
}

#[test]
fn nothing_that_destroys_is_on_control_and_multiplexers_keep_their_keys() {
    for line in BINDINGS {
        for key in line.keys.iter().filter(|key| key.ctrl) {
            assert!(!matches!(line.action, Action::Pod(_) | Action::Cancel), "{}", line.text);
            assert!(
                !matches!(key.code, KeyCode::Char('a' | 'b' | 'h' | 'j' | 'k' | 'i' | 'm' | 'z')),
                "{}",
                key.name()
            );
        }
    }
}

#[test]
fn the_page_of_keys_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = Keymap::default().to_markdown();
    if std::env::var_os("UPDATE_KEYS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/keys.md is out of date: run the tests with UPDATE_KEYS=1");
}

#[test]
fn the_file_that_is_printed_is_read_back_as_it_is() {
    let printed = Keymap::default().to_toml();
    let table: toml::Table = toml::from_str(&printed).unwrap();
    for line in Keymap::default().all().iter().filter(|line| line.binding.action != Action::Interrupt) {
        let value = &table[line.binding.place.name()][line.binding.action.name()];
        let keys: Vec<&str> = match value {
            toml::Value::Array(keys) => keys.iter().filter_map(toml::Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        assert_eq!(keys.iter().map(|text| key(text)).collect::<Vec<_>>(), line.keys);
    }
}
