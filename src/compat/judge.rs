//! The verdict on one flavour and one engine.

use serde::{Deserialize, Serialize};

use super::rules::{Check, check};
use crate::domain::{Engine, EngineKind, Facts, Flavour, Resource, ResourceId, Selectors};

/// Images that the `process` engine may run: kab's own (decision of the demo; `engine` refuses all others too).
pub const DEMO_IMAGES: &str = "localhost/kab-demo/";

/// Whether a flavour runs on an engine. Orders from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A need is contradicted by what every resource reports.
    No,
    /// Nothing is contradicted, and something cannot be told.
    Maybe,
    /// Every need is satisfied on at least one resource.
    Runs,
}

impl Verdict {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "NO",
            Self::Maybe => "MAYBE",
            Self::Runs => "RUNS",
        }
    }
}

/// Why a verdict is not RUNS.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The requirement: `a CUDA GPU`.
    pub needs: String,
    /// The fact against it, or what is missing: `no GPU`.
    pub reports: String,
    /// The resource that reports it; `None` where it is the engine's only one, or none does.
    pub resource: Option<String>,
    /// Whether the need is contradicted, or only cannot be told.
    pub verdict: Verdict,
    /// The fact that would tell, by its key in the vocabulary of engines: `ram.mb`; `None` where none would.
    #[serde(default)]
    pub missing: Option<String>,
}

impl Reason {
    /// `needs a CUDA GPU; docker-ws reports no GPU`.
    pub fn sentence(&self, engine: &str) -> String {
        let place = self.resource.as_ref().map_or_else(String::new, |name| format!(" (on {name})"));
        format!("needs {}; {engine} reports {}{place}", self.needs, self.reports)
    }
}

/// The verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Every need that is not satisfied on the best resource; empty when it runs.
    pub reasons: Vec<Reason>,
    /// The resource that fits best; `None` when the engine reports none.
    pub resource: Option<ResourceId>,
    /// Sum of the weights of the preferences that the best resource satisfies.
    pub score: i64,
}

/// Judges a flavour on an engine, by the best of the engine's resources: two that each satisfy half do not run it.
pub fn judge(flavour: &Flavour, engine: &Engine) -> Judgement {
    if engine.kind == EngineKind::Process && !flavour.image.reference.starts_with(DEMO_IMAGES) {
        return Judgement {
            verdict: Verdict::No,
            reasons: vec![Reason {
                needs: "a container engine".into(),
                reports: "no isolation, and runs only kab's own demo images".into(),
                resource: None,
                verdict: Verdict::No,
                missing: None,
            }],
            resource: None,
            score: 0,
        };
    }
    if let Selectors::Unreadable(why) = &flavour.selectors {
        return Judgement {
            verdict: Verdict::Maybe,
            reasons: vec![Reason {
                needs: "something that the server could not read".into(),
                reports: format!("its facts, but the server says: {}", first_line(why)),
                resource: None,
                verdict: Verdict::Maybe,
                missing: None,
            }],
            resource: None,
            score: 0,
        };
    }
    if engine.resources.is_empty() {
        return on(flavour, &Facts::default(), None, None);
    }
    let named = engine.resources.len() > 1;
    let on_resource = |resource: &Resource| {
        on(flavour, &resource.facts, Some(resource.id.clone()), named.then_some(resource.name.as_str()))
    };
    let mut best = on_resource(&engine.resources[0]);
    for resource in &engine.resources[1..] {
        let next = on_resource(resource);
        if (next.verdict, next.score) > (best.verdict, best.score) {
            best = next;
        }
    }
    best
}

fn on(flavour: &Flavour, facts: &Facts, resource: Option<ResourceId>, name: Option<&str>) -> Judgement {
    let mut judgement = Judgement { verdict: Verdict::Runs, reasons: Vec::new(), resource, score: 0 };
    for selector in flavour.selectors.known() {
        let outcome = check(&selector.kind, facts);
        if !selector.required {
            judgement.score += if outcome == Check::Ok { selector.weight } else { 0 };
            continue;
        }
        let (verdict, needs, reports, missing) = match outcome {
            Check::Ok => continue,
            Check::No { needs, reports } => (Verdict::No, needs, reports, ""),
            Check::Unknown { needs, reports, missing } => (Verdict::Maybe, needs, reports, missing),
        };
        judgement.verdict = judgement.verdict.min(verdict);
        let missing = Some(missing).filter(|missing| !missing.is_empty()).map(str::to_owned);
        judgement.reasons.push(Reason { needs, reports, resource: name.map(str::to_owned), verdict, missing });
    }
    // What contradicts comes before what cannot be told.
    judgement.reasons.sort_by_key(|reason| reason.verdict);
    judgement
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
