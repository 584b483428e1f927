//! Processor: cores, clock, architecture.

use super::Check;
use crate::domain::Facts;

pub(super) fn check(min_count: Option<u64>, frequency: Option<u64>, arch: Option<&str>, facts: &Facts) -> Check {
    let cores = min_count.map(|need| {
        let needs = format!("{need} processor cores");
        Check::at_least(
            facts.number("cpu.count"),
            need,
            needs,
            |have| format!("{have} cores"),
            ("no core count", "cpu.count"),
        )
    });
    let clock = frequency.map(|need| {
        let needs = format!("a processor of {need} MHz");
        Check::at_least(
            facts.number("cpu.mhz"),
            need,
            needs,
            |have| format!("{have} MHz"),
            ("no processor clock", "cpu.mhz"),
        )
    });
    let architecture = arch.map(|need| {
        let needs = format!("an {need} processor");
        match facts.get("cpu.arch") {
            Some(have) if normal(have) == normal(need) => Check::Ok,
            Some(have) => Check::No { needs, reports: have.to_owned() },
            None => Check::Unknown { needs, reports: "no architecture".into(), missing: "cpu.arch" },
        }
    });
    Check::all([cores, clock, architecture].into_iter().flatten())
}

/// The kernel's and OCI's names of one architecture.
fn normal(arch: &str) -> String {
    match arch.trim().to_ascii_lowercase().as_str() {
        "x86_64" | "x64" | "amd64" => "amd64".into(),
        "aarch64" | "arm64" => "arm64".into(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_clock_and_architecture_are_compared() {
        let facts: Facts = [("cpu.count", "8"), ("cpu.arch", "x86_64")].into_iter().collect();
        assert_eq!(check(Some(8), None, Some("amd64"), &facts), Check::Ok);
        assert!(matches!(check(Some(16), None, None, &facts), Check::No { .. }));
        assert!(matches!(check(None, Some(2000), None, &facts), Check::Unknown { .. }));
        assert!(
            matches!(check(Some(2), Some(2000), Some("arm64"), &facts), Check::No { .. }),
            "a no outweighs unknown"
        );
        assert_eq!(check(None, None, None, &Facts::default()), Check::Ok, "nothing is demanded");
    }
}
