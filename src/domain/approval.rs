//! Approvals: an organisation's word that a release may be deployed, and what for.

use serde::{Deserialize, Serialize};

use super::{EngineId, Moment};

/// The approvals of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// Whether all images are named by digest, so that what was approved is what will run.
    pub is_pinned: bool,
    /// All that were ever given.
    pub given: Vec<Approval>,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The server's id of it.
    pub id: String,
    /// The agent that may act by it.
    pub agent: String,
    /// Whether it has not been revoked.
    pub is_active: bool,
    /// Whether the release has changed since.
    pub is_stale: bool,
    /// Where it counts; empty: on every engine.
    pub engines: Vec<EngineId>,
    /// When it was given.
    pub given_at: Option<Moment>,
}

/// Whether a release may be deployed on an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Approved,
    /// It was, and has changed since.
    Stale,
    /// It is, but for other engines.
    Elsewhere,
    /// Nobody has approved it.
    Missing,
}

impl Approvals {
    /// Whether the release may be deployed on this engine.
    pub fn standing(&self, engine: &EngineId) -> Standing {
        if self.holding(engine).is_some() {
            Standing::Approved
        } else if self.given.iter().any(Approval::holds) {
            Standing::Elsewhere
        } else if self.given.iter().any(|given| given.is_stale && given.is_for(engine)) {
            Standing::Stale
        } else {
            Standing::Missing
        }
    }

    /// Whether the release may be deployed on this engine, in words.
    pub fn words(&self, engine: &EngineId) -> &'static str {
        match (self.standing(engine), self.is_pinned) {
            (Standing::Approved, true) => "given; the images are pinned by digest",
            (Standing::Approved, false) => "given; the images are named by tag, which may come to mean others",
            (Standing::Stale, _) => "it was approved, but the release has changed since",
            (Standing::Elsewhere, _) => "it is approved for other engines only",
            (Standing::Missing, _) => "nobody has approved this release yet",
        }
    }

    /// The approval by which it may.
    pub fn holding(&self, engine: &EngineId) -> Option<&Approval> {
        self.given.iter().find(|given| given.holds() && given.is_for(engine))
    }
}

impl Approval {
    /// Whether it counts, wherever that is.
    fn holds(&self) -> bool {
        self.is_active && !self.is_stale
    }

    fn is_for(&self, engine: &EngineId) -> bool {
        self.engines.is_empty() || self.engines.contains(engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(is_active: bool, is_stale: bool, engines: &[&str]) -> Approval {
        let engines = engines.iter().map(|engine| EngineId::from(*engine)).collect();
        Approval { id: "1".into(), agent: "kab".into(), is_active, is_stale, engines, given_at: None }
    }

    #[test]
    fn an_approval_counts_where_it_was_given_and_while_nothing_changed() {
        let standing = |given: Vec<Approval>| Approvals { is_pinned: true, given }.standing(&"1".into());
        assert_eq!(standing(vec![]), Standing::Missing);
        assert_eq!(standing(vec![given(false, false, &[])]), Standing::Missing);
        assert_eq!(standing(vec![given(true, true, &["1"])]), Standing::Stale);
        assert_eq!(standing(vec![given(true, false, &["2"])]), Standing::Elsewhere);
        assert_eq!(standing(vec![given(true, true, &[]), given(true, false, &["1", "2"])]), Standing::Approved);
    }
}
