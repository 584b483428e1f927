//! What a search could be narrowed to, with the number of rows that would be left.

use std::collections::BTreeMap;

use super::facts::{Facts, Key};
use super::index::Index;
use super::query::{Query, Sense};

/// Values of a key that are shown at most: those with most rows.
const MOST: usize = 12;

/// Ages that can be asked for.
const AGES: [&str; 4] = ["<7d", "<30d", "<1y", ">1y"];

/// A key with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// About what.
    pub key: Key,
    /// The values, by name.
    pub values: Vec<Value>,
}

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As it is typed.
    pub text: String,
    /// Rows that have it, among those that everything else which is typed leaves.
    pub count: usize,
    /// Whether it is asked for.
    pub chosen: bool,
}

/// What is counted.
#[derive(Clone, Copy)]
pub struct Counted<'a> {
    /// What the rows are found by.
    pub index: &'a Index,
    /// What else is known of them.
    pub facts: &'a [Facts],
    /// Whether a row counts: those that are hidden do not.
    pub shown: &'a dyn Fn(usize) -> bool,
}

/// The facets of what is typed. A key whose values say nothing about any row is left out.
pub fn facets(counted: Counted<'_>, typed: &str) -> Vec<Facet> {
    let query = Query::parse(typed);
    Key::ALL.into_iter().filter_map(|key| facet(counted, (&query, key))).collect()
}

fn facet(counted: Counted<'_>, (query, key): (&Query, Key)) -> Option<Facet> {
    let Counted { index, facts, shown } = counted;
    let is_own = |it: &super::query::Filter| it.key == key && it.sense == Sense::Is;
    let mut counts: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for wanted in query.filters.iter().filter(|it| is_own(it)).flat_map(|it| &it.any) {
        counts.insert(wanted, (0, true));
    }
    let mut others = query.clone();
    others.filters.retain(|it| !is_own(it));
    let rows = index.search_with(&others, facts);
    for row in rows.iter().filter(|row| shown(**row)) {
        if key == Key::Updated {
            let Some(facts) = facts.get(*row).filter(|facts| facts.age.is_some()) else { continue };
            for age in AGES.into_iter().filter(|age| facts.fits(key, age)) {
                counts.entry(age).or_default().0 += 1;
            }
            continue;
        }
        let texts = index.values(*row, key);
        let known = facts.get(*row).into_iter().flat_map(|facts| facts.of(key));
        for value in texts.chain(known) {
            counts.entry(value).or_default().0 += 1;
        }
    }
    let mut values: Vec<Value> =
        counts.into_iter().map(|(text, (count, chosen))| Value { text: text.to_owned(), count, chosen }).collect();
    // That nothing is bookmarked divides nothing.
    let is_moot = key == Key::Bookmarked && values.iter().all(|value| value.text == "no" && !value.chosen);
    if values.is_empty() || is_moot {
        return None;
    }
    // The most frequent ones, in the order of the alphabet, in which they are found again.
    values.sort_by_key(|value| (!value.chosen, std::cmp::Reverse(value.count)));
    values.truncate(MOST);
    if key == Key::Updated {
        values.sort_by_key(|value| AGES.iter().position(|age| *age == value.text));
    } else {
        values.sort_by(|a, b| a.text.cmp(&b.text));
    }
    Some(Facet { key, values })
}

#[cfg(test)]
mod tests {
    use super::super::index::Document;
    use super::*;

    fn house() -> (Index, Vec<Facts>) {
        let rows =
            [("stardist", "cuda", "yes", 3_600), ("cellpose", "cuda", "no", 40 * 86_400), ("care", "cpu", "no", 60)];
        let index = Index::new(rows.iter().map(|(name, ..)| Document {
            name: (*name).into(),
            inputs: vec!["@mikro/image".into(), "INT".into()],
            ..Document::default()
        }));
        let facts = rows.iter().map(|(_, flavour, installed, age)| {
            let mut facts = Facts::aged(Some(*age));
            facts.add(Key::Flavour, flavour);
            facts.add(Key::Installed, installed);
            facts
        });
        (index, facts.collect())
    }

    fn values(typed: &str, key: Key) -> Vec<(String, usize, bool)> {
        let (index, facts) = house();
        let counted = Counted { index: &index, facts: &facts, shown: &|_| true };
        let found = facets(counted, typed).into_iter().find(|facet| facet.key == key);
        found.map_or_else(Vec::new, |facet| {
            facet.values.into_iter().map(|value| (value.text, value.count, value.chosen)).collect()
        })
    }

    #[test]
    fn counts_say_what_would_be_left() {
        let of = |text: &str, count, chosen| (text.to_owned(), count, chosen);
        assert_eq!(values("", Key::Flavour), [of("cpu", 1, false), of("cuda", 2, false)]);
        assert_eq!(values("installed:no", Key::Flavour), [of("cpu", 1, false), of("cuda", 1, false)]);
        // A facet does not narrow its own counts: a second value could be added.
        assert_eq!(values("flavour:cuda", Key::Flavour), [of("cpu", 1, false), of("cuda", 2, true)]);
        assert_eq!(values("flavour:cuda", Key::Installed), [of("no", 1, false), of("yes", 1, false)]);
        assert_eq!(values("", Key::Updated), [of("<7d", 2, false), of("<30d", 2, false), of("<1y", 3, false)]);
        assert_eq!(values("", Key::Input), [of("@mikro/image", 3, false)], "only types that are somebody's");
        assert_eq!(values("", Key::Engine), []);
    }

    #[test]
    fn hidden_rows_do_not_count_and_values_with_blanks_find_what_they_say() {
        let (index, facts) = house();
        let found = facets(Counted { index: &index, facts: &facts, shown: &|row| row != 1 }, "");
        let flavour = found.iter().find(|facet| facet.key == Key::Flavour).unwrap();
        assert_eq!(flavour.values.iter().map(|value| value.count).collect::<Vec<_>>(), [1, 1], "cellpose is hidden");
        let names = ["kab demo (built in)", "lab, apps"];
        let index = Index::new(names.iter().map(|name| Document { repository: (*name).into(), ..Document::default() }));
        for facet in facets(Counted { index: &index, facts: &[], shown: &|_| true }, "") {
            for value in facet.values {
                let typed = super::super::query::toggle("", facet.key, &value.text);
                let found = index.search_with(&Query::parse(&typed), &[]);
                assert_eq!(found.len(), value.count, "{typed}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_stays_although_nothing_has_it() {
        assert!(values("flavour:rocm", Key::Flavour).contains(&("rocm".to_owned(), 0, true)));
    }
}
