//! Demands on ports and on whole actions.

use async_graphql::InputObject;

use super::super::words::{DemandKind, PortKind};
use crate::server::store::clause::Clause;
use crate::server::store::rekuest::demands::{PortDemand, PortMatch};

/// What a port must be.
#[derive(InputObject, Debug, Clone, Default)]
pub struct PortMatchInput {
    at: Option<i32>,
    key: Option<String>,
    kind: Option<PortKind>,
    identifier: Option<String>,
    nullable: Option<bool>,
    dimension: Option<String>,
    children: Option<Vec<PortMatchInput>>,
}

impl From<&PortMatchInput> for PortMatch {
    fn from(input: &PortMatchInput) -> Self {
        Self {
            at: input.at.map(i64::from),
            key: input.key.clone(),
            kind: input.kind.map(|kind| kind.word().to_owned()),
            identifier: input.identifier.clone(),
            nullable: input.nullable,
            dimension: input.dimension.clone(),
            children: input.children.iter().flatten().map(Self::from).collect(),
        }
    }
}

/// What one side of an action must have.
#[derive(InputObject, Debug, Clone)]
pub struct PortDemandInput {
    kind: DemandKind,
    matches: Option<Vec<PortMatchInput>>,
    force_length: Option<i32>,
    force_non_nullable_length: Option<i32>,
    force_structure_length: Option<i32>,
}

impl PortDemandInput {
    pub(super) fn clause(&self) -> Clause {
        let demand = PortDemand {
            matches: self.matches.iter().flatten().map(PortMatch::from).collect(),
            length: self.force_length.map(i64::from),
            required_length: self.force_non_nullable_length.map(i64::from),
            structure_length: self.force_structure_length.map(i64::from),
        };
        match self.kind {
            DemandKind::Args => demand.clause("x.args"),
            DemandKind::Returns => demand.clause("x.returns"),
        }
    }
}

/// What an action must be.
#[derive(InputObject, Debug, Clone, Default)]
pub struct ActionDemandInput {
    hash: Option<String>,
    key: Option<String>,
    app: Option<String>,
    version: Option<String>,
    name: Option<String>,
    arg_matches: Option<Vec<PortMatchInput>>,
    return_matches: Option<Vec<PortMatchInput>>,
    force_arg_length: Option<i32>,
    force_return_length: Option<i32>,
    pure: Option<bool>,
    idempotent: Option<bool>,
    stateful: Option<bool>,
}

impl ActionDemandInput {
    /// The condition on an action.
    pub fn clause(&self) -> Clause {
        let side = |matches: &Option<Vec<PortMatchInput>>, length: Option<i32>| PortDemand {
            matches: matches.iter().flatten().map(PortMatch::from).collect(),
            length: length.map(i64::from),
            ..PortDemand::default()
        };
        let mut clause = side(&self.arg_matches, self.force_arg_length).clause("x.args");
        clause = clause.and(side(&self.return_matches, self.force_return_length).clause("x.returns"));
        for (column, wanted) in [
            ("x.hash", &self.hash),
            ("x.key", &self.key),
            ("x.app", &self.app),
            ("x.version", &self.version),
            ("x.name", &self.name),
        ] {
            if let Some(wanted) = wanted {
                clause = clause.and(Clause::equals(column, wanted.clone()));
            }
        }
        for (column, wanted) in
            [("x.pure", self.pure), ("x.idempotent", self.idempotent), ("x.stateful", self.stateful)]
        {
            if let Some(wanted) = wanted {
                clause = clause.and(Clause::equals(column, i64::from(wanted)));
            }
        }
        clause
    }
}
