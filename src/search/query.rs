//! What was typed, taken apart.

use super::facts::{Key, Span};
use super::fold::fold;

/// A demand on something else than the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// About what.
    pub key: Key,
    /// Any of these will do; folded, never empty.
    pub any: Vec<String>,
    /// Whether those that fit are wanted, or all others.
    pub sense: Sense,
}

/// Whether what fits is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// What fits.
    Is,
    /// What does not: `scope:!write`.
    IsNot,
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
    /// # use kab::search::{Filter, Key, Query, Sense};
    /// let query = Query::parse("Seg in:@mikro/image flavour:cuda,rocm scope:!write foo:bar");
    /// assert_eq!(query.words, ["seg", "foo:bar"]);
    /// assert_eq!(query.filters[0], Filter { key: Key::Input, any: vec!["@mikro/image".into()], sense: Sense::Is });
    /// assert_eq!(query.filters[1].any, ["cuda", "rocm"]);
    /// assert_eq!(query.filters[2].sense, Sense::IsNot);
    /// ```
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        for word in typed.split_whitespace() {
            let word = fold(word);
            match split(&word) {
                Some((key, value)) => query.filters.extend(Filter::parse(key, value)),
                None => query.words.push(word),
            }
        }
        query
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.filters.is_empty()
    }

    /// Whether facts are needed to answer it, beside the index.
    pub fn needs_facts(&self) -> bool {
        let is_text = |key| matches!(key, Key::Input | Key::Output | Key::Collection | Key::Protocol | Key::Repository);
        self.filters.iter().any(|filter| !is_text(filter.key))
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

impl Filter {
    /// `None` while nothing is demanded yet.
    fn parse(key: Key, value: &str) -> Option<Self> {
        let (sense, value) = match value.strip_prefix('!') {
            Some(rest) => (Sense::IsNot, rest),
            None => (Sense::Is, value),
        };
        let says_something = |value: &&str| !value.is_empty() && (key != Key::Updated || Span::parse(value).is_some());
        let any: Vec<String> = value.split(',').filter(says_something).map(str::to_owned).collect();
        (!any.is_empty()).then_some(Self { key, any, sense })
    }
}

fn split(word: &str) -> Option<(Key, &str)> {
    let (name, value) = word.split_once(':')?;
    Some((Key::of(name)?, value))
}

/// Puts a value of a filter into what is typed, or takes it out again where it is there: what a list of facets does.
/// Everything else that was typed stays as it is.
///
/// ```
/// # use kab::search::{Key, toggle};
/// assert_eq!(toggle("seg", Key::Flavour, "cuda"), "seg flavour:cuda");
/// assert_eq!(toggle("seg flavour:cuda", Key::Flavour, "rocm"), "seg flavour:cuda,rocm");
/// assert_eq!(toggle("flavour:cuda,rocm seg", Key::Flavour, "cuda"), "flavour:rocm seg");
/// assert_eq!(toggle("flavour:cuda", Key::Flavour, "cuda"), "");
/// ```
pub fn toggle(typed: &str, key: Key, value: &str) -> String {
    let mut words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
    let at =
        words.iter().position(|word| split(&fold(word)).is_some_and(|(it, rest)| it == key && !rest.starts_with('!')));
    let Some(at) = at else {
        words.push(format!("{}:{value}", key.name()));
        return words.join(" ");
    };
    let word = words.remove(at);
    let (_, old) = word.split_once(':').unwrap_or_default();
    let mut values: Vec<&str> = old.split(',').filter(|it| !it.is_empty()).collect();
    match values.iter().position(|it| fold(it) == fold(value)) {
        Some(known) => drop(values.remove(known)),
        None => values.push(value),
    }
    if !values.is_empty() {
        words.insert(at, format!("{}:{}", key.name(), values.join(",")));
    }
    words.join(" ")
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
        assert!(!narrows("flavour:cuda,rocm", "flavour:cuda"), "a second value widens");
    }

    #[test]
    fn a_key_that_is_still_being_typed_hides_nothing() {
        for typed in ["in:", "status:!", "flavour:,", "updated:", "updated:<", "updated:<30"] {
            assert!(Query::parse(typed).is_empty(), "{typed}");
        }
        assert_eq!(Query::parse(":").words, [":"]);
    }

    #[test]
    fn only_some_filters_need_facts() {
        assert!(!Query::parse("seg in:image out:labels repo:bio").needs_facts());
        assert!(Query::parse("seg updated:<30d").needs_facts());
    }
}
