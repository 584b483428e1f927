//! Rows that belong to rows, read for many at once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result};

use crate::server::store::clause::{Clause, Part};
use crate::server::store::identity::{ClientRow, client_by_row};
use crate::server::store::rekuest::agents::{self, AgentRow};
use crate::server::store::rekuest::capabilities::{self, ActionRow, ImplementationRow};
use crate::server::store::rekuest::states::{self, StateRow};
use crate::server::store::rekuest::tasks::{self, EventRow, InstructRow, TaskRow};
use crate::server::store::{Error, Store};

/// Reads rows in batches.
pub struct Rows(Store);

/// The batches of this server.
pub fn loader(store: Store) -> DataLoader<Rows> {
    DataLoader::new(Rows(store), tokio::spawn)
}

macro_rules! one {
    ($($(#[$doc:meta])* $key:ident -> $row:ty, $column:literal, $find:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key(pub i64);

        impl Loader<$key> for Rows {
            type Value = $row;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $row>, Arc<Error>> {
                let clause = Clause::among($column, keys.iter().map(|key| key.0));
                let rows = self.0.read(move |connection| $find(connection, clause, &Part::by($column))).await?;
                Ok(rows.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }

        impl $key {
            /// The row, if it is there.
            pub async fn find(self, context: &Context<'_>) -> Result<Option<$row>> {
                Ok(context.data::<DataLoader<Rows>>()?.load_one(self).await?)
            }
        }
    )*};
}

one! {
    /// An agent.
    AgentKey -> AgentRow, "a.id", agents::find;
    /// An action.
    ActionKey -> ActionRow, "x.id", capabilities::actions;
    /// An implementation.
    ImplementationKey -> ImplementationRow, "i.id", capabilities::implementations;
    /// A task.
    TaskKey -> TaskRow, "t.id", tasks::find;
}

macro_rules! many {
    ($($(#[$doc:meta])* $key:ident -> $row:ty, $column:literal, $order:literal, $parent:expr, $find:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key(pub i64);

        impl Loader<$key> for Rows {
            type Value = Vec<$row>;
            type Error = Arc<Error>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Vec<$row>>, Arc<Error>> {
                let clause = Clause::among($column, keys.iter().map(|key| key.0));
                let rows = self.0.read(move |connection| $find(connection, clause, &Part::by($order))).await?;
                let parent: fn(&$row) -> Option<i64> = $parent;
                let mut found: HashMap<$key, Vec<$row>> = HashMap::new();
                for row in rows {
                    if let Some(parent) = parent(&row) {
                        found.entry($key(parent)).or_default().push(row);
                    }
                }
                Ok(found)
            }
        }

        impl $key {
            /// The rows, oldest first.
            pub async fn get(self, context: &Context<'_>) -> Result<Vec<$row>> {
                Ok(context.data::<DataLoader<Rows>>()?.load_one(self).await?.unwrap_or_default())
            }
        }
    )*};
}

many! {
    /// Implementations of an agent.
    ImplementationsOf -> ImplementationRow, "i.agent_id", "i.id", |row| Some(row.agent_id), capabilities::implementations;
    /// Implementations of an action.
    ImplementersOf -> ImplementationRow, "i.action_id", "i.id", |row| Some(row.action_id), capabilities::implementations;
    /// Events of a task.
    EventsOf -> EventRow, "e.task_id", "e.id", |row| Some(row.task_id), tasks::events;
    /// Tasks below a task.
    ChildrenOf -> TaskRow, "t.parent_id", "t.id", |row| row.parent_id, tasks::find;
    /// What was asked of a task.
    InstructsOf -> InstructRow, "n.task_id", "n.id", |row| Some(row.task_id), tasks::instructs;
    /// States of an agent.
    StatesOf -> StateRow, "s.agent_id", "s.id", |row| Some(row.agent_id), states::states;
}

/// The row, or the error that it is gone.
pub fn needed<T>(found: Option<T>, what: &'static str) -> Result<T> {
    found.ok_or_else(|| Error::Missing(what).into())
}

/// A client by its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientKey(pub i64);

impl Loader<ClientKey> for Rows {
    type Value = ClientRow;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ClientKey]) -> Result<HashMap<ClientKey, ClientRow>, Arc<Error>> {
        let keys = keys.to_vec();
        let rows = self.0.read(move |connection| {
            let found = keys.iter().map(|key| client_by_row(connection, key.0));
            found.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
        });
        Ok(rows.await?.into_iter().map(|row| (ClientKey(row.id), row)).collect())
    }
}

impl ClientKey {
    /// The client, if it is there.
    pub async fn find(self, context: &Context<'_>) -> Result<Option<ClientRow>> {
        Ok(context.data::<DataLoader<Rows>>()?.load_one(self).await?)
    }
}
