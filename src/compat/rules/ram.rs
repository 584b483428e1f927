//! System memory, in MB (10^6 bytes).

use super::Check;
use crate::domain::{Facts, human_bytes};

pub(super) fn check(min: Option<u64>, facts: &Facts) -> Check {
    let Some(need) = min else { return Check::Ok };
    let needs = format!("{} of memory", megabytes(need));
    Check::at_least(
        facts.number("ram.mb"),
        need,
        needs,
        |have| format!("{} of memory", megabytes(have)),
        ("no memory figure", "ram.mb"),
    )
}

pub(super) fn megabytes(count: u64) -> String {
    human_bytes(count.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_compared_in_megabytes() {
        let facts: Facts = [("ram.mb", "25264")].into_iter().collect();
        assert_eq!(check(Some(25_264), &facts), Check::Ok);
        assert_eq!(
            check(Some(64_000), &facts),
            Check::No { needs: "64.0 GB of memory".into(), reports: "25.3 GB of memory".into() }
        );
        assert!(matches!(check(Some(1), &Facts::default()), Check::Unknown { .. }));
    }
}
