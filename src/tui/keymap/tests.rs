//! The table is free of clashes, and the page made from it is up to date.

use super::*;
use crate::tui::app::App;

#[test]
fn no_key_means_two_things_where_both_could_be_meant() {
    for chain in App::chains() {
        let mut seen: Vec<(Key, &Binding)> = Vec::new();
        for line in BINDINGS.iter().filter(|line| chain.contains(&line.place)) {
            for key in line.keys {
                if let Some((_, other)) = seen.iter().find(|(known, _)| known == key) {
                    panic!(
                        "{} is `{}` in {:?} and `{}` in {:?}",
                        key.name(),
                        other.text,
                        other.place,
                        line.text,
                        line.place
                    );
                }
                seen.push((*key, line));
            }
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
    let page = to_markdown();
    if std::env::var_os("UPDATE_KEYS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/keys.md is out of date: run the tests with UPDATE_KEYS=1");
}
