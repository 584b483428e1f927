//! Addresses of what has a page (`kab://app/ID@VERSION`), and the words that people use instead.

use super::{Destination, Wanted};
use crate::domain::{Failure, FailureKind, app_and_version, nearest};
use crate::tui::action::Screen;
use crate::tui::effect::List;

const KINDS: [(&str, List); 5] =
    [("app", List::Apps), ("node", List::Nodes), ("pod", List::Pods), ("engine", List::Engines), ("task", List::Tasks)];

/// Where the words lead.
///
/// # Errors
/// When an address is none of kab's.
pub fn destination(word: &str) -> Result<Destination, Failure> {
    let thing = |list, name: &str| {
        let (name, version) = if list == List::Apps { app_and_version(name) } else { (name, None) };
        Destination::Thing(Wanted { list, name: name.to_owned(), version: version.map(str::to_owned) })
    };
    let (path, is_address) = match word.strip_prefix("kab://") {
        Some(path) => (path.trim_end_matches('/'), true),
        None => (word, false),
    };
    let screen = Screen::ALL.into_iter().find(|screen| screen.name().eq_ignore_ascii_case(path));
    if let Some(screen) = screen {
        return Ok(Destination::Screen(screen));
    }
    match path.split_once('/') {
        Some((kind, name)) if !name.is_empty() => match KINDS.iter().find(|(known, _)| *known == kind) {
            Some((_, list)) => Ok(thing(*list, name)),
            None => Err(unknown(word, kind)),
        },
        _ if is_address || path.is_empty() => Err(unknown(word, path)),
        _ => Ok(thing(List::Apps, path)),
    }
}

fn unknown(word: &str, kind: &str) -> Failure {
    let failure =
        Failure::new("There is no such page", format!("`{word}` is no address of kab")).kind(FailureKind::Usage);
    let known = KINDS.iter().map(|(name, _)| *name);
    match nearest(kind, known) {
        Some(near) => failure.hint(format!("Did you mean kab://{near}/…?")),
        None => failure
            .hint("Addresses are kab://app/ID, kab://app/ID@VERSION, and kab://node, pod, engine or task with an id."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(list: List, name: &str, version: Option<&str>) -> Destination {
        Destination::Thing(Wanted { list, name: name.into(), version: version.map(str::to_owned) })
    }

    #[test]
    fn words_and_addresses_lead_to_pages() {
        assert_eq!(destination("stardist"), Ok(at(List::Apps, "stardist", None)));
        assert_eq!(
            destination("live.arkitekt.stardist@0.4"),
            Ok(at(List::Apps, "live.arkitekt.stardist", Some("0.4")))
        );
        assert_eq!(destination("kab://app/live.x@1.0/"), Ok(at(List::Apps, "live.x", Some("1.0"))));
        assert_eq!(destination("task/8f2"), Ok(at(List::Tasks, "8f2", None)));
        assert_eq!(destination("kab://pod/15"), Ok(at(List::Pods, "15", None)));
        assert_eq!(destination("pods"), Ok(Destination::Screen(Screen::Pods)));
        assert_eq!(destination("kab://tasks"), Ok(Destination::Screen(Screen::Tasks)));
    }

    #[test]
    fn an_address_of_nothing_is_a_mistake_of_usage() {
        for word in ["kab://", "kab://pot/1", "kab://app/", "pot/1", ""] {
            assert_eq!(destination(word).map_err(|failure| failure.kind), Err(FailureKind::Usage), "{word}");
        }
        assert!(destination("kab://pot/1").is_err_and(|failure| failure.hint.contains("kab://pod/")));
    }
}
