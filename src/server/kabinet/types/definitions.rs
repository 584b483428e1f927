//! Definitions.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::ports::{ArgPort, ReturnPort};
use super::{Flavour, json, texts};
use crate::server::kabinet::enums::{ActionKind, ActionScope, Ordering};
use crate::server::kabinet::filters::{
    CollectionFilter, DefinitionFilter, FlavourFilter, OffsetPaginationInput, ProtocolFilter, selection,
};
use crate::server::kabinet::orders::{CollectionOrder, DefinitionOrder, FlavourOrder, ProtocolOrder};
use crate::server::kabinet::scalars::{ActionHash, DateTime};
use crate::server::kabinet::{Kabinet, loaders, organisation};
use crate::server::store::kabinet::criteria::{Condition, Selection};
use crate::server::store::kabinet::rows;
use crate::server::store::kabinet::select::{self, Relation};

/// A function that flavours provide.
pub struct Definition(pub rows::Definition);

#[Object]
impl Definition {
    /// Row of the definition.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Equal hashes are the same function.
    async fn hash(&self) -> ActionHash {
        ActionHash(self.0.hash.clone())
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The app's own name of it.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Version of the definition.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// How often it answers.
    async fn kind(&self) -> ActionKind {
        ActionKind::of(&self.0.kind).unwrap_or(ActionKind::Function)
    }

    /// What it does.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The collections that it is in; their ids are their names.
    #[expect(clippy::unused_async, reason = "resolvers have to be")]
    async fn collections(
        &self,
        filters: Option<CollectionFilter>,
        ordering: Option<Vec<CollectionOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Collection>> {
        let page = selection::<DefinitionOrder>(None::<&DefinitionFilter>, None, pagination)?.page;
        let mut names = texts(&self.0.collections);
        names.retain(|name| filters.as_ref().is_none_or(|filter| filter.lets(name)));
        let backwards = ordering.into_iter().flatten().any(|key| match key {
            CollectionOrder::Id(way) | CollectionOrder::Name(way) | CollectionOrder::DefinedAt(way) => {
                matches!(way, Ordering::Desc | Ordering::DescNullsFirst | Ordering::DescNullsLast)
            }
        });
        names.sort_unstable();
        if backwards {
            names.reverse();
        }
        let defined_at = DateTime::of(self.0.defined_at);
        let skip = usize::try_from(page.offset).unwrap_or(usize::MAX);
        let most = page.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let collection =
            |name: String| Collection { id: name.clone().into(), name, description: String::new(), defined_at };
        Ok(names.into_iter().skip(skip).take(most).map(collection).collect())
    }

    /// The flavours that provide it.
    async fn flavours(
        &self,
        context: &Context<'_>,
        filters: Option<FlavourFilter>,
        ordering: Option<Vec<FlavourOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Flavour>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::FlavoursOfDefinition, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Flavour).collect())
    }

    /// Where its structures are understood; of a catalogue that is everywhere.
    async fn scope(&self) -> ActionScope {
        ActionScope::Global
    }

    /// The definitions that it tests.
    async fn is_test_for(
        &self,
        context: &Context<'_>,
        filters: Option<DefinitionFilter>,
        ordering: Option<Vec<DefinitionOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Definition>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        related(context, Condition::TestedBy(self.0.id), selection).await
    }

    /// The definitions that test it.
    async fn tests(
        &self,
        context: &Context<'_>,
        filters: Option<DefinitionFilter>,
        ordering: Option<Vec<DefinitionOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Definition>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        related(context, Condition::Tests(self.0.hash.clone()), selection).await
    }

    /// The protocols that it follows, by name.
    #[expect(clippy::unused_async, reason = "resolvers have to be")]
    async fn protocols(
        &self,
        filters: Option<ProtocolFilter>,
        ordering: Option<Vec<ProtocolOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Protocol>> {
        let page = selection::<DefinitionOrder>(None::<&DefinitionFilter>, None, pagination)?.page;
        let mut names = texts(&self.0.interfaces);
        names.retain(|name| filters.as_ref().is_none_or(|filter| filter.lets(name)));
        let backwards = ordering.into_iter().flatten().any(|key| match key {
            ProtocolOrder::Id(way) | ProtocolOrder::Name(way) => {
                matches!(way, Ordering::Desc | Ordering::DescNullsFirst | Ordering::DescNullsLast)
            }
        });
        names.sort_unstable();
        if backwards {
            names.reverse();
        }
        let skip = usize::try_from(page.offset).unwrap_or(usize::MAX);
        let most = page.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let protocol = |name: String| Protocol { id: name.clone().into(), name, description: String::new() };
        Ok(names.into_iter().skip(skip).take(most).map(protocol).collect())
    }

    /// When it was scanned first.
    async fn defined_at(&self) -> DateTime {
        DateTime::of(self.0.defined_at)
    }

    /// What goes in.
    async fn args(&self) -> Vec<ArgPort> {
        ports(&self.0.args).into_iter().map(ArgPort).collect()
    }

    /// What comes out.
    async fn returns(&self) -> Vec<ReturnPort> {
        ports(&self.0.returns).into_iter().map(ReturnPort).collect()
    }

    /// Equal inputs give equal outputs.
    async fn pure(&self) -> bool {
        self.0.pure
    }

    /// Calling it twice is as good as once.
    async fn idempotent(&self) -> bool {
        self.0.idempotent
    }

    /// It keeps a state between calls.
    async fn stateful(&self) -> bool {
        self.0.stateful
    }
}

fn ports(text: &str) -> Vec<Json> {
    match json(text) {
        Json::Array(ports) => ports,
        _ => Vec::new(),
    }
}

async fn related(context: &Context<'_>, condition: Condition, selection: Selection) -> Result<Vec<Definition>> {
    let organisation = organisation(context)?;
    let condition = Some(Condition::All(selection.condition.into_iter().chain([condition]).collect()));
    let selection = Selection { condition, ..selection };
    let store = &context.data::<Kabinet>()?.store;
    let rows = store.read(move |connection| select::list(connection, organisation, &selection)).await?;
    Ok(rows.into_iter().map(Definition).collect())
}

/// A word that groups definitions.
#[derive(SimpleObject)]
struct Collection {
    /// Its name.
    id: ID,
    /// Its name.
    name: String,
    /// Files do not describe collections: empty.
    description: String,
    /// When a definition of it was scanned first.
    defined_at: DateTime,
}

/// A protocol that definitions follow.
#[derive(SimpleObject)]
struct Protocol {
    /// Its name.
    id: ID,
    /// Its name.
    name: String,
    /// Files do not describe protocols: empty.
    description: String,
}
