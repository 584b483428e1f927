//! Labels of the site: a qualifier that has to exist, or to have a value.

use super::Check;
use crate::domain::Facts;

pub(super) fn check(key: &str, value: Option<&str>, facts: &Facts) -> Check {
    let needs = match value {
        Some(value) => format!("the label {key}={value}"),
        None => format!("the label {key}"),
    };
    match (facts.get(key), value) {
        (Some(_), None) => Check::Ok,
        (Some(have), Some(want)) if have == want => Check::Ok,
        (Some(have), Some(_)) => Check::No { needs, reports: format!("{key}={have}") },
        // A label that nobody set is not there: labels are what the site says of itself, in full.
        (None, _) => Check::No { needs, reports: "no such label".into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_to_exist_or_to_match() {
        let facts: Facts = [("site.zone", "b")].into_iter().collect();
        assert_eq!(check("site.zone", None, &facts), Check::Ok);
        assert_eq!(check("site.zone", Some("b"), &facts), Check::Ok);
        assert!(matches!(check("site.zone", Some("a"), &facts), Check::No { .. }));
        assert!(matches!(check("site.rack", None, &facts), Check::No { .. }));
    }
}
