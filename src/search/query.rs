//! What was typed, taken apart.

use super::fold::fold;

/// Demands on something else than the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// `in:`, an input's type.
    Input(String),
    /// `out:`, an output's type.
    Output(String),
    /// `repo:`, part of the repository's name.
    Repository(String),
}

/// Words that must all match, and filters that must all hold. Everything is folded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The words.
    pub words: Vec<String>,
    /// The filters.
    pub filters: Vec<Filter>,
}

impl Query {
    /// Takes apart what was typed. Never fails: an unknown key is plain text, and a known key without a value (it is
    /// still being typed) demands nothing.
    ///
    /// ```
    /// # use kab::search::{Filter, Query};
    /// let query = Query::parse("Seg in:@mikro/image foo:bar");
    /// assert_eq!(query.words, ["seg", "foo:bar"]);
    /// assert_eq!(query.filters, [Filter::Input("@mikro/image".into())]);
    /// ```
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        for word in typed.split_whitespace() {
            let word = fold(word);
            let filter: Option<fn(String) -> Filter> = match word.split_once(':') {
                Some(("in", _)) => Some(Filter::Input),
                Some(("out", _)) => Some(Filter::Output),
                Some(("repo", _)) => Some(Filter::Repository),
                _ => None,
            };
            let value = word.split_once(':').map_or("", |(_, value)| value);
            match filter {
                Some(filter) if !value.is_empty() => query.filters.push(filter(value.to_owned())),
                Some(_) => {}
                None => query.words.push(word),
            }
        }
        query
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.filters.is_empty()
    }

    /// Whether all that this query matches, the other one matched too: more was typed at the end.
    pub(super) fn narrows(&self, other: &Self) -> bool {
        self.filters.starts_with(&other.filters)
            && match other.words.split_last() {
                None => true,
                Some((last, whole)) => {
                    self.words.len() >= other.words.len()
                        && self.words.starts_with(whole)
                        && self.words[whole.len()].starts_with(last.as_str())
                        // One or two letters match more strictly than three, which may be fuzzy.
                        && (last.chars().count() > 2 || self.words[whole.len()] == *last)
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_query_narrows_a_shorter_one() {
        let narrows = |longer: &str, shorter: &str| Query::parse(longer).narrows(&Query::parse(shorter));
        assert!(narrows("segm", "seg"));
        assert!(narrows("seg foo", "seg"));
        assert!(narrows("seg out:labels", "seg"));
        assert!(narrows("a", ""));
        assert!(!narrows("se", "s"), "short words match strictly, longer ones fuzzily");
        assert!(!narrows("seg", "segm"));
        assert!(!narrows("seg", "out:labels"));
        assert!(!narrows("in:image", "out:labels"));
    }

    #[test]
    fn a_key_that_is_still_being_typed_hides_nothing() {
        assert!(Query::parse("in:").is_empty());
        assert_eq!(Query::parse(":").words, [":"]);
    }
}
