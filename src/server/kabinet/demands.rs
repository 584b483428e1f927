//! Asking for definitions by the shape of their ports.

use async_graphql::{Error, InputObject, Result};

use super::enums::{DemandKind, PortKind};
use super::scalars::Arg;
use crate::server::store::kabinet::criteria::{Condition, Nullable, PortDemand, PortMatch};

/// Ports that a definition has to have.
#[derive(InputObject, Debug, Clone)]
pub struct PortDemandInput {
    /// On which side.
    pub kind: DemandKind,
    /// Each of them is met by some port.
    pub matches: Option<Vec<PortMatchInput>>,
    /// So many ports in all.
    pub force_length: Option<i32>,
    /// So many ports that must not be null.
    pub force_non_nullable_length: Option<i32>,
    /// So many ports that carry a structure.
    pub force_structure_length: Option<i32>,
}

impl PortDemandInput {
    /// The condition that it comes down to.
    pub fn demand(&self) -> Result<Condition> {
        let matches: Vec<_> = self.matches.iter().flatten().map(PortMatchInput::port).collect();
        let lengths = [self.force_length, self.force_non_nullable_length, self.force_structure_length];
        if lengths.iter().all(Option::is_none) && matches.iter().all(|port| *port == PortMatch::default()) {
            return Err(Error::new("No search params provided"));
        }
        Ok(Condition::Demand(PortDemand {
            side: self.kind.into(),
            matches,
            length: self.force_length.map(i64::from),
            non_nullable: self.force_non_nullable_length.map(i64::from),
            structures: self.force_structure_length.map(i64::from),
        }))
    }
}

/// What one port has to be.
#[derive(InputObject, Debug, Clone)]
pub struct PortMatchInput {
    /// Its place, from 0.
    pub at: Option<i32>,
    /// Its name.
    pub key: Option<String>,
    /// What it carries.
    pub kind: Option<PortKind>,
    /// The structure.
    pub identifier: Option<String>,
    /// Whether it may be null.
    pub nullable: Option<bool>,
    /// Its physical dimension.
    pub dimension: Option<String>,
    /// Accepted and without effect, as upstream.
    pub descriptors: Option<Vec<DescriptorInput>>,
    /// Its children, each met by some child, at any depth.
    pub children: Option<Vec<PortMatchInput>>,
}

impl PortMatchInput {
    fn port(&self) -> PortMatch {
        PortMatch {
            at: self.at.map(i64::from),
            key: self.key.clone(),
            kind: self.kind.map(|kind| kind.word().to_owned()),
            identifier: self.identifier.clone(),
            nullable: self.nullable.map(|nullable| if nullable { Nullable::Yes } else { Nullable::No }),
            dimension: self.dimension.clone(),
            children: self.children.iter().flatten().map(Self::port).collect(),
        }
    }
}

/// A property of a structure.
#[derive(InputObject, Debug, Clone)]
pub struct DescriptorInput {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: Arg,
}
