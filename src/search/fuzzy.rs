//! The one place that knows the fuzzy matcher.

use std::sync::OnceLock;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

fn matcher() -> &'static SkimMatcherV2 {
    static MATCHER: OnceLock<SkimMatcherV2> = OnceLock::new();
    MATCHER.get_or_init(|| SkimMatcherV2::default().respect_case())
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
