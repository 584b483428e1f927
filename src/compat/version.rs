//! Comparing versions of drivers and toolkits, which are rarely semver.

use std::cmp::Ordering;

/// Whether `have` is at least `need`, comparing the numbers between dots; `None` when either has no number.
///
/// A missing part counts as zero: `12` satisfies `12.0`.
pub fn at_least(have: &str, need: &str) -> Option<bool> {
    let (have, need) = (numbers(have)?, numbers(need)?);
    let length = have.len().max(need.len());
    let part = |parts: &[u64], at: usize| parts.get(at).copied().unwrap_or(0);
    let order = (0..length)
        .map(|at| part(&have, at).cmp(&part(&need, at)))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal);
    Some(order != Ordering::Less)
}

/// The leading numbers: `v12.4-rc1` is 12, 4.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.trim().trim_start_matches(['v', 'V']);
    let mut parts = Vec::new();
    for part in version.split('.') {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse() else { break };
        parts.push(number);
        if digits.len() < part.len() {
            break;
        }
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        for (have, need, expected) in [
            ("12.4", "12.1", Some(true)),
            ("12.1", "12.1", Some(true)),
            ("12", "12.0", Some(true)),
            ("9.2", "10.0", Some(false)),
            ("v12.4-rc1", "12.4", Some(true)),
            ("8.0", "8.6", Some(false)),
            ("11.8.89", "11.8", Some(true)),
            ("unknown", "1", None),
            ("1", "any", None),
        ] {
            assert_eq!(at_least(have, need), expected, "{have} >= {need}");
        }
    }
}
