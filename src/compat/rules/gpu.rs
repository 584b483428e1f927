//! Graphics processors: CUDA, ROCm, oneAPI.

use super::Check;
use super::ram::megabytes;
use crate::compat::version;
use crate::domain::Facts;

/// What a CUDA selector demands.
pub(super) struct Cuda<'a> {
    pub compute_capability: Option<&'a str>,
    pub version: Option<&'a str>,
    pub memory: Option<u64>,
    pub count: Option<u64>,
}

pub(super) fn cuda(need: &Cuda<'_>, facts: &Facts) -> Check {
    let presence = presence("a CUDA GPU", "nvidia", "cuda.version", need.count, facts);
    if presence != Check::Ok {
        return with_version(presence, "a CUDA GPU", "CUDA", need.version);
    }
    let capability = need
        .compute_capability
        .map(|need| at_least("CUDA compute capability", "cuda.compute_capability", "compute capability", need, facts));
    let version = need.version.map(|need| at_least("CUDA", "cuda.version", "CUDA", need, facts));
    let memory = need.memory.map(|amount| {
        let wanted = usize::try_from(need.count.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
        let mut sizes: Vec<u64> =
            indices(facts, "nvidia").filter_map(|at| facts.number(&format!("gpu.{at}.vram_mb"))).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let needs = format!("{} of GPU memory", megabytes(amount));
        let have = sizes.get(wanted.saturating_sub(1)).or(sizes.last()).copied();
        Check::at_least(
            have,
            amount,
            needs,
            |have| format!("{} of GPU memory", megabytes(have)),
            ("no GPU memory figure", "gpu.0.vram_mb"),
        )
    });
    Check::all([version, capability, memory].into_iter().flatten())
}

pub(super) fn rocm(need: Option<&str>, count: Option<u64>, facts: &Facts) -> Check {
    let presence = presence("a ROCm GPU", "amd", "rocm.version", count, facts);
    if presence != Check::Ok {
        return with_version(presence, "a ROCm GPU", "ROCm", need);
    }
    need.map_or(Check::Ok, |need| at_least("ROCm", "rocm.version", "ROCm", need, facts))
}

pub(super) fn one_api(need: Option<&str>, count: Option<u64>, facts: &Facts) -> Check {
    let presence = presence("an Intel GPU (oneAPI)", "intel", "oneapi.version", count, facts);
    if presence != Check::Ok {
        return with_version(presence, "an Intel GPU (oneAPI)", "oneAPI", need);
    }
    need.map_or(Check::Ok, |need| at_least("oneAPI", "oneapi.version", "oneAPI", need, facts))
}

/// Whether there are enough GPUs of the vendor. A reported toolkit version is proof of one.
fn presence(what: &str, vendor: &str, proof: &str, count: Option<u64>, facts: &Facts) -> Check {
    let wanted = count.unwrap_or(1).max(1);
    let needs = if wanted > 1 {
        format!("{wanted} × {}", what.trim_start_matches("a ").trim_start_matches("an "))
    } else {
        what.to_owned()
    };
    if facts.get("gpu").is_some_and(|value| value.eq_ignore_ascii_case("false")) || facts.number("gpu.count") == Some(0)
    {
        return Check::No { needs, reports: "no GPU".into() };
    }
    let known = vendors(facts);
    let fitting = known.iter().filter(|(_, name)| name == vendor).count();
    let fitting = u64::try_from(fitting).unwrap_or(u64::MAX).max(u64::from(facts.get(proof).is_some()));
    if fitting >= wanted {
        return Check::Ok;
    }
    if fitting > 0 {
        return match facts.number("gpu.count") {
            Some(_) => Check::No { needs, reports: format!("only {fitting}") },
            None => Check::Unknown { needs, reports: "no number of GPUs".into(), missing: "gpu.count" },
        };
    }
    if !known.is_empty() {
        return Check::No { needs, reports: describe(facts, &known) };
    }
    match facts.get("gpu") {
        Some(_) => Check::Unknown { needs, reports: "a GPU, but not which kind".into(), missing: "gpu.0.vendor" },
        None => Check::Unknown { needs, reports: "nothing about GPUs".into(), missing: "gpu and gpu.0.vendor" },
    }
}

/// Names the version in the requirement when the GPU itself is missing: `needs a CUDA GPU, CUDA 12.1 or newer`.
fn with_version(check: Check, what: &str, toolkit: &str, version: Option<&str>) -> Check {
    let Some(version) = version else { return check };
    let longer = |needs: String| {
        if needs == what { format!("{needs}, {toolkit} {version} or newer") } else { needs }
    };
    match check {
        Check::No { needs, reports } => Check::No { needs: longer(needs), reports },
        Check::Unknown { needs, reports, missing } => Check::Unknown { needs: longer(needs), reports, missing },
        Check::Ok => Check::Ok,
    }
}

fn at_least(what: &str, key: &'static str, name: &str, need: &str, facts: &Facts) -> Check {
    let needs = format!("{what} {need} or newer");
    match facts.get(key) {
        Some(have) => match version::at_least(have, need) {
            Some(true) => Check::Ok,
            Some(false) => Check::No { needs, reports: format!("{name} {have}") },
            None => Check::Unknown { needs, reports: format!("{name} {have}, which cannot be compared"), missing: "" },
        },
        None => Check::Unknown { needs, reports: format!("no {name} version"), missing: key },
    }
}

/// Index and vendor (lower case) of every GPU that is described.
fn vendors(facts: &Facts) -> Vec<(u64, String)> {
    facts
        .0
        .iter()
        .filter_map(|(key, value)| {
            let index = key.strip_prefix("gpu.")?.strip_suffix(".vendor")?.parse().ok()?;
            Some((index, value.trim().to_ascii_lowercase()))
        })
        .collect()
}

fn indices<'a>(facts: &'a Facts, vendor: &'a str) -> impl Iterator<Item = u64> + 'a {
    vendors(facts).into_iter().filter(move |(_, name)| name == vendor).map(|(at, _)| at)
}

fn describe(facts: &Facts, known: &[(u64, String)]) -> String {
    let names: Vec<_> = known
        .iter()
        .take(2)
        .map(|(at, vendor)| match facts.get(&format!("gpu.{at}.model")) {
            Some(model) => format!("{vendor} {model}"),
            None => format!("a GPU by {vendor}"),
        })
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        pairs.iter().copied().collect()
    }

    fn need() -> Cuda<'static> {
        Cuda { compute_capability: None, version: None, memory: None, count: None }
    }

    #[test]
    fn a_cuda_need_is_answered_from_what_is_reported() {
        let a100 = facts(&[
            ("gpu", "true"),
            ("gpu.count", "1"),
            ("gpu.0.vendor", "nvidia"),
            ("gpu.0.model", "A100"),
            ("gpu.0.vram_mb", "40960"),
            ("cuda.version", "12.4"),
            ("cuda.compute_capability", "8.0"),
        ]);
        assert_eq!(cuda(&need(), &a100), Check::Ok);
        assert_eq!(cuda(&Cuda { version: Some("12.1"), ..need() }, &a100), Check::Ok);
        assert!(matches!(cuda(&Cuda { version: Some("12.6"), ..need() }, &a100), Check::No { .. }));
        assert!(matches!(cuda(&Cuda { compute_capability: Some("8.6"), ..need() }, &a100), Check::No { .. }));
        assert!(matches!(cuda(&Cuda { memory: Some(80_000), ..need() }, &a100), Check::No { .. }));
        assert!(matches!(cuda(&Cuda { count: Some(2), ..need() }, &a100), Check::No { .. }));
        assert!(matches!(rocm(None, None, &a100), Check::No { reports, .. } if reports == "nvidia A100"));
    }

    #[test]
    fn an_upstream_engine_that_reports_only_gpu_leaves_the_rest_unknown() {
        let none = facts(&[("gpu", "false")]);
        let some = facts(&[("gpu", "true")]);
        assert_eq!(
            cuda(&Cuda { version: Some("12.1"), ..need() }, &none),
            Check::No { needs: "a CUDA GPU, CUDA 12.1 or newer".into(), reports: "no GPU".into() }
        );
        assert!(matches!(cuda(&need(), &some), Check::Unknown { .. }));
        assert!(matches!(cuda(&need(), &Facts::default()), Check::Unknown { .. }));
        assert!(matches!(one_api(None, None, &none), Check::No { .. }));
    }

    #[test]
    fn memory_counts_on_as_many_gpus_as_are_needed() {
        let mixed = facts(&[
            ("gpu.count", "2"),
            ("gpu.0.vendor", "nvidia"),
            ("gpu.0.vram_mb", "80000"),
            ("gpu.1.vendor", "nvidia"),
            ("gpu.1.vram_mb", "16000"),
        ]);
        assert_eq!(cuda(&Cuda { memory: Some(40_000), ..need() }, &mixed), Check::Ok);
        assert!(matches!(cuda(&Cuda { memory: Some(40_000), count: Some(2), ..need() }, &mixed), Check::No { .. }));
    }
}
