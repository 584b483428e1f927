//! The index, and a search that narrows what it found while more is typed.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::facts::{Facts, Key, typed};
use super::fold::{fold, mask};
use super::fuzzy;
use super::query::{Filter, Query, Sense};
use super::suggest;

/// What can be found about one thing. Texts as people read them; the index folds them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The name on the screen.
    pub name: String,
    /// The long identifier, when there is one.
    pub identifier: String,
    /// Names of what it provides.
    pub provides: Vec<String>,
    /// What it does.
    pub description: String,
    /// Types of its inputs: identifiers such as `@mikro/image`, or kinds such as `INT`.
    pub inputs: Vec<String>,
    /// Types of its outputs.
    pub outputs: Vec<String>,
    /// The collections that it is in.
    pub collections: Vec<String>,
    /// The protocols that it follows.
    pub protocols: Vec<String>,
    /// The repository's name.
    pub repository: String,
}

#[derive(Debug)]
struct Entry {
    name: String,
    identifier: String,
    provides: String,
    description: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    collections: Vec<String>,
    protocols: Vec<String>,
    repository: String,
    mask: u64,
}

/// An index over documents, which are known by their position.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
}

impl Index {
    /// Folds and indexes the documents.
    pub fn new(documents: impl IntoIterator<Item = Document>) -> Self {
        let entries = documents
            .into_iter()
            .map(|document| {
                let name = fold(&document.name);
                let identifier = fold(&document.identifier);
                let mask = mask(&name) | mask(&identifier);
                Entry {
                    name,
                    identifier,
                    provides: fold(&document.provides.join("\n")),
                    description: fold(&document.description),
                    inputs: document.inputs.iter().map(|port| fold(port)).collect(),
                    outputs: document.outputs.iter().map(|port| fold(port)).collect(),
                    collections: document.collections.iter().map(|name| typed(name)).collect(),
                    protocols: document.protocols.iter().map(|name| typed(name)).collect(),
                    repository: typed(&document.repository),
                    mask,
                }
            })
            .collect();
        Self { entries }
    }

    /// How many documents.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Values of a document that are texts of the index: types of ports that are somebody's own, collections, protocols,
    /// and the repository.
    pub(super) fn values(&self, at: usize, key: Key) -> impl Iterator<Item = &str> {
        let entry = self.entries.get(at);
        let ports = entry.map_or(&[][..], |entry| match key {
            Key::Input => &entry.inputs,
            Key::Output => &entry.outputs,
            _ => &[],
        });
        let named = entry.map_or(&[][..], |entry| match key {
            Key::Collection => &entry.collections,
            Key::Protocol => &entry.protocols,
            _ => &[],
        });
        let mut own: Vec<&str> = ports.iter().map(String::as_str).filter(|port| port.starts_with('@')).collect();
        own.extend(named.iter().map(String::as_str));
        if key == Key::Repository {
            own.extend(entry.map(|entry| entry.repository.as_str()).filter(|name| !name.is_empty()));
        }
        own.sort_unstable();
        own.dedup();
        own.into_iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Positions of the documents that match, best first; equal ones keep their order. An empty query matches all.
    pub fn search(&self, query: &Query) -> Vec<usize> {
        self.search_with(query, &[])
    }

    /// The same with facts about each document, by its position: without them no filter on them holds.
    pub fn search_with(&self, query: &Query, facts: &[Facts]) -> Vec<usize> {
        self.search_among((query, facts), 0..self.entries.len()).hits
    }

    /// A name that is spelled nearly as what was typed, where nothing is spelled so.
    pub fn suggest(&self, typed: &str) -> Option<String> {
        suggest::nearest(typed, self.entries.iter().flat_map(|entry| [entry.name.as_str(), entry.provides.as_str()]))
    }

    pub(super) fn search_among(
        &self,
        (query, facts): (&Query, &[Facts]),
        candidates: impl Iterator<Item = usize>,
    ) -> Found {
        if query.is_empty() {
            return Found { hits: candidates.collect(), weak: Vec::new() };
        }
        let mut weak = Vec::new();
        let masks: Vec<u64> = query.words.iter().map(|word| mask(word)).collect();
        let mut hits: Vec<(Reverse<i64>, usize)> = candidates
            .filter_map(|at| {
                let entry = &self.entries[at];
                if !query.filters.iter().all(|filter| holds(entry, facts.get(at), filter)) {
                    return None;
                }
                let mut total = 0;
                let mut strewn = false;
                for (word, mask) in query.words.iter().zip(&masks) {
                    match score(entry, word, *mask)? {
                        Score::Good(score) => total += score,
                        Score::Strewn => strewn = true,
                    }
                }
                if strewn {
                    weak.push(at);
                    return None;
                }
                Some((Reverse(total), at))
            })
            .collect();
        hits.sort_unstable();
        Found { hits: hits.into_iter().map(|(_, at)| at).collect(), weak }
    }
}

/// What a search found. `weak` matches are not shown, and may become hits when more is typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) hits: Vec<usize>,
    pub(super) weak: Vec<usize>,
}

enum Score {
    Good(i64),
    /// The letters are there, too far apart for a person to see a match.
    Strewn,
}

/// Which characters of a name matched, by position; for the rows that are visible.
pub(super) fn highlight(name: &str, query: &Query) -> BTreeSet<usize> {
    // Folding may change the number of characters; then nothing is marked rather than the wrong letters.
    let folded = fold(name);
    if folded.chars().count() != name.chars().count() {
        return BTreeSet::new();
    }
    let mut marked = BTreeSet::new();
    for word in &query.words {
        if let Some(start) = folded.find(word.as_str()) {
            let start = folded[..start].chars().count();
            marked.extend(start..start + word.chars().count());
        } else if word.chars().count() > 2 {
            marked.extend(fuzzy::positions(&folded, word));
        }
    }
    marked
}

fn holds(entry: &Entry, facts: Option<&Facts>, filter: &Filter) -> bool {
    let port = |ports: &[String], wanted: &str| ports.iter().any(|port| fits(port, wanted));
    let found = filter.any.iter().any(|wanted| match filter.key {
        Key::Input => port(&entry.inputs, wanted),
        Key::Output => port(&entry.outputs, wanted),
        Key::Collection => entry.collections.iter().any(|name| name.contains(wanted.as_str())),
        Key::Protocol => entry.protocols.iter().any(|name| name.contains(wanted.as_str())),
        Key::Repository => entry.repository.contains(wanted.as_str()),
        key => facts.is_some_and(|facts| facts.fits(key, wanted)),
    });
    found == (filter.sense == Sense::Is)
}

/// `@mikro/image` fits itself, its short name `image`, and the beginning of either.
fn fits(port: &str, wanted: &str) -> bool {
    port.starts_with(wanted) || port.rsplit(['/', '.']).next().is_some_and(|short| short.starts_with(wanted))
}

/// The matcher gives 16 for a letter, and takes something for each gap.
const LEAST_SCORE_PER_LETTER: i64 = 12;

/// How well one word matches; `None` when it does not.
fn score(entry: &Entry, word: &str, word_mask: u64) -> Option<Score> {
    let short = word.chars().count() <= 2;
    let mut strewn = None;
    if word_mask & !entry.mask == 0 {
        let name = plain(&entry.name, word);
        let identifier = plain(&entry.identifier, word).map(|score| score - 40);
        if let Some(score) = name.max(identifier) {
            return Some(Score::Good(score));
        }
        if !short {
            let fuzzy = fuzzy::score(&entry.name, word).max(fuzzy::score(&entry.identifier, word).map(|s| s - 20));
            let floor = i64::try_from(word.len()).unwrap_or(i64::MAX) * LEAST_SCORE_PER_LETTER;
            match fuzzy {
                Some(score) if score >= floor => return Some(Score::Good(400 + score.min(199))),
                Some(_) => strewn = Some(Score::Strewn),
                None => {}
            }
        }
    }
    if short {
        return None;
    }
    if entry.provides.contains(word) {
        return Some(Score::Good(300));
    }
    if entry.collections.iter().chain(&entry.protocols).any(|name| name.contains(word)) {
        return Some(Score::Good(200));
    }
    if entry.description.contains(word) { Some(Score::Good(100)) } else { strewn }
}

/// Without fuzziness: exact 1000, prefix 900, start of a word 800, inside 700; shorter names first among equals.
fn plain(text: &str, word: &str) -> Option<i64> {
    let at = text.find(word)?;
    let length = i64::try_from(text.len().min(99)).unwrap_or(99);
    if at == 0 {
        return Some(if text.len() == word.len() { 1000 } else { 999 - length });
    }
    let starts_word = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric());
    let inner = text.match_indices(word).any(|(at, _)| starts_word(at));
    Some(if inner { 899 - length } else { 799 - length })
}

#[cfg(test)]
mod tests {
    use super::super::searcher::Searcher;
    use super::*;

    fn named(names: &[&str]) -> Index {
        Index::new(names.iter().map(|name| Document { name: (*name).into(), ..Document::default() }))
    }

    fn found(index: Index, typed: &str) -> Vec<usize> {
        Searcher::new(index).search(typed).to_vec()
    }

    #[test]
    fn exact_comes_before_prefix_before_word_before_inside_before_fuzzy() {
        let index = named(&["resegment", "s-e-g-mental", "mesh seg", "segment", "seg"]);
        assert_eq!(found(index, "seg"), [4, 3, 2, 0, 1]);
    }

    #[test]
    fn what_it_provides_and_what_it_does_count_less_than_its_name() {
        let index = Index::new([
            Document { name: "alpha".into(), description: "predicts nuclei".into(), ..Document::default() },
            Document { name: "beta".into(), provides: vec!["Nuclei mask".into()], ..Document::default() },
            Document { name: "nuclei".into(), ..Document::default() },
        ]);
        assert_eq!(found(index, "nuclei"), [2, 1, 0]);
    }

    #[test]
    fn collections_are_found_as_words_and_by_their_key() {
        let within = |name: &str, collections: &[&str], description: &str| Document {
            name: name.into(),
            collections: collections.iter().map(|name| (*name).to_owned()).collect(),
            description: description.into(),
            ..Document::default()
        };
        let index = || {
            Index::new([
                within("a", &[], "does segmentation"),
                within("b", &["Segmentation", "2D"], ""),
                within("c", &[], ""),
            ])
        };
        assert_eq!(found(index(), "segmentation"), [1, 0], "what its author counts it among says more than prose");
        assert_eq!(found(index(), "collection:segm"), [1]);
        assert_eq!(found(index(), "collection:!segm"), [0, 2]);
        assert_eq!(index().values(1, Key::Collection).collect::<Vec<_>>(), ["2d", "segmentation"]);
    }

    #[test]
    fn ports_are_found_by_identifier_or_short_name() {
        let node = |inputs: &[&str], outputs: &[&str]| Document {
            name: "n".into(),
            inputs: inputs.iter().map(|port| (*port).to_owned()).collect(),
            outputs: outputs.iter().map(|port| (*port).to_owned()).collect(),
            ..Document::default()
        };
        let index =
            || Index::new([node(&["@mikro/image", "INT"], &["@mikro/image"]), node(&["INT"], &["@mikro/labels"])]);
        assert_eq!(found(index(), "in:@mikro/image"), [0]);
        assert_eq!(found(index(), "in:image"), [0]);
        assert_eq!(found(index(), "out:lab"), [1]);
        assert_eq!(found(index(), "in:int out:image"), [0]);
        assert_eq!(found(index(), "in:table"), [0usize; 0]);
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(found(named(&["Zählung", "other"]), "ZAHL"), [0]);
    }

    #[test]
    fn a_strewn_match_is_no_match() {
        assert!(found(named(&["desperate-tomography"]), "seg").is_empty());
    }

    #[test]
    fn matched_letters_are_marked() {
        let mut searcher = Searcher::new(named(&["StarDist"]));
        searcher.search("dist");
        assert_eq!(searcher.highlight("StarDist").into_iter().collect::<Vec<_>>(), [4, 5, 6, 7]);
        searcher.search("sdist");
        assert_eq!(searcher.highlight("StarDist").into_iter().collect::<Vec<_>>(), [0, 4, 5, 6, 7]);
    }

    proptest::proptest! {
        #[test]
        fn typing_letter_by_letter_finds_what_typing_at_once_finds(
            names in proptest::collection::vec("[a-d]{1,6}(-[a-d]{1,4})?", 1..40),
            typed in "[a-d]{1,5}( [a-d]{1,4})?",
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut searcher = Searcher::new(named(&names));
            for (end, _) in typed.char_indices().skip(1) {
                searcher.search(&typed[..end]);
            }
            let slow = searcher.search(&typed).to_vec();
            proptest::prop_assert_eq!(slow, found(named(&names), &typed));
        }
    }
}
