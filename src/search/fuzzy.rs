//! The one place that knows the fuzzy matcher.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

/// A new one for each word and text: its buffers are kept between calls without being emptied, so that what an earlier
/// call left there would change a score (and its own switch against that panics).
fn matcher() -> SkimMatcherV2 {
    SkimMatcherV2::default().respect_case()
}

/// How well the word's letters stand in the text, in their order; `None` when they do not. Both folded.
pub(super) fn score(text: &str, word: &str) -> Option<i64> {
    in_order(text, word).then(|| matcher().fuzzy_match(text, word)).flatten()
}

/// The positions (in characters) of the word's letters in the text. Both folded.
pub(super) fn positions(text: &str, word: &str) -> Vec<usize> {
    matcher().fuzzy_indices(text, word).map(|(_, at)| at).unwrap_or_default()
}

/// Cheap: whether the letters appear in their order at all.
fn in_order(text: &str, word: &str) -> bool {
    let mut text = text.chars();
    word.chars().all(|letter| text.any(|other| other == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_does_not_depend_on_what_was_scored_before() {
        let words = ["aac", "bbd", "dcab", "cc", "abcd"];
        let names = ["aaca-add", "aaa-cc", "aacc-ca", "bac-bc", "dbcba-baa", "cbacac", "abbd-cabc", "dadcaa"];
        let pairs: Vec<_> = names.iter().flat_map(|name| words.iter().map(move |word| (*name, *word))).collect();
        let forwards: Vec<_> = pairs.iter().map(|(name, word)| score(name, word)).collect();
        let mut backwards: Vec<_> = pairs.iter().rev().map(|(name, word)| score(name, word)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
    }
}
