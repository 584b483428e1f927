//! One character for each engine, over the signs of the list of apps.

use crate::domain::Engine;

/// What stands over the sign of each engine, one character each: the first letter of its name; where several begin alike,
/// the first one in which they differ; else a digit.
pub fn heads(engines: &[Engine]) -> Vec<String> {
    let letters: Vec<Vec<char>> = engines
        .iter()
        .map(|engine| engine.name.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect())
        .collect();
    let mut found: Vec<Option<char>> = vec![None; engines.len()];
    for (at, own) in letters.iter().enumerate() {
        let alike: Vec<&Vec<char>> = letters.iter().filter(|other| other.first() == own.first()).collect();
        // The first place at which no two of them are the same; the first letter, where it is the only one.
        let place = (0..own.len()).find(|place| {
            let mut here: Vec<Option<&char>> = alike.iter().map(|name| name.get(*place)).collect();
            here.sort_unstable();
            here.windows(2).all(|pair| pair[0] != pair[1])
        });
        found[at] = place.and_then(|place| own.get(place).copied());
    }
    let taken = found.clone();
    let is_only = |letter: &char| taken.iter().flatten().filter(|other| *other == letter).count() == 1;
    let mut digits = ('1'..='9').filter(|digit| !taken.contains(&Some(*digit)));
    found.into_iter().map(|head| head.filter(is_only).or_else(|| digits.next()).unwrap_or('?').to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::fixtures;

    #[test]
    fn every_engine_has_a_head_of_its_own() {
        let named = |names: &[&str]| {
            let engine = fixtures::engines().remove(0);
            let engines: Vec<Engine> =
                names.iter().map(|name| Engine { name: (*name).into(), ..engine.clone() }).collect();
            heads(&engines)
        };
        assert_eq!(named(&["docker-ws", "hpc-gpu", "kiosk"]), ["D", "H", "K"]);
        assert_eq!(named(&["docker-a", "docker-b", "hpc"]), ["A", "B", "H"]);
        assert_eq!(named(&["same", "same", "other"]), ["1", "2", "O"]);
        assert_eq!(named(&["docker-hpc", "docker-b", "hpc"]).len(), 3);
        let all = named(&["docker-hpc", "docker-b", "hpc", "h2"]);
        assert!(all.iter().enumerate().all(|(at, head)| !all[..at].contains(head)), "{all:?}");
    }
}
