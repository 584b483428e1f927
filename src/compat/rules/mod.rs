//! One rule per kind of selector: does what a resource reports satisfy it?

mod cpu;
mod gpu;
mod label;
mod ram;

use crate::domain::{Facts, SelectorKind};

/// What a rule finds. `needs` and `reports` are halves of a sentence:
/// `needs {needs}; {engine} reports {reports}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Satisfied.
    Ok,
    /// Not satisfied.
    No {
        /// The requirement.
        needs: String,
        /// The fact that contradicts it.
        reports: String,
    },
    /// Cannot be told.
    Unknown {
        /// The requirement.
        needs: String,
        /// What is missing: `no memory figure`.
        reports: String,
        /// The fact that would tell, by its key: `ram.mb`; empty where none would.
        missing: &'static str,
    },
}

impl Check {
    /// Several demands of one selector: one that fails decides, then one that cannot be told.
    fn all(checks: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown = None;
        for check in checks {
            match check {
                Self::No { .. } => return check,
                Self::Unknown { .. } => unknown = unknown.or(Some(check)),
                Self::Ok => {}
            }
        }
        unknown.unwrap_or(Self::Ok)
    }

    /// A number at least as large as another.
    fn at_least(
        have: Option<u64>,
        need: u64,
        needs: String,
        reports: impl FnOnce(u64) -> String,
        (nothing, missing): (&str, &'static str),
    ) -> Self {
        match have {
            Some(have) if have >= need => Self::Ok,
            Some(have) => Self::No { needs, reports: reports(have) },
            None => Self::Unknown { needs, reports: nothing.to_owned(), missing },
        }
    }
}

/// Checks one selector against the facts of one resource.
pub fn check(selector: &SelectorKind, facts: &Facts) -> Check {
    match selector {
        SelectorKind::Cpu { min_count, frequency, arch } => cpu::check(*min_count, *frequency, arch.as_deref(), facts),
        SelectorKind::Ram { min } => ram::check(*min, facts),
        SelectorKind::Cuda { compute_capability, cuda_version, memory, count, cuda_cores: _ } => gpu::cuda(
            &gpu::Cuda {
                compute_capability: compute_capability.as_deref(),
                version: cuda_version.as_deref(),
                memory: *memory,
                count: *count,
            },
            facts,
        ),
        SelectorKind::Rocm { api_version, api_thing: _, count } => gpu::rocm(api_version.as_deref(), *count, facts),
        SelectorKind::OneApi { version, count } => gpu::one_api(version.as_deref(), *count, facts),
        SelectorKind::Label { key, value } => label::check(key, value.as_deref(), facts),
        SelectorKind::Unknown { name, .. } => Check::Unknown {
            needs: format!("something called `{name}`"),
            reports: String::from("nothing that this program could compare"),
            missing: "",
        },
    }
}
