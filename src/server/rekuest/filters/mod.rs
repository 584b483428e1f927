//! What a caller may ask of lists, turned into conditions on rows.

mod capabilities;
mod demands;
mod tasks;
mod text;

pub use capabilities::{ActionFilter, AgentFilter, ImplementationFilter, Now};
pub use demands::ActionDemandInput;
pub use tasks::{TaskEventFilter, TaskFilter};

use async_graphql::{ID, InputObject, OneofObject};

use super::words::Ordering;
use crate::server::store::clause::Part;

/// Which rows an id means; what is no number means none.
pub fn row(id: &ID) -> i64 {
    id.parse().unwrap_or(-1)
}

fn rows(ids: &[ID]) -> impl Iterator<Item = i64> {
    ids.iter().map(row)
}

/// Which part of a list.
#[derive(InputObject, Debug, Clone, Copy, Default)]
pub struct OffsetPaginationInput {
    /// Rows to leave out at the beginning.
    #[graphql(default)]
    pub offset: i32,
    /// Rows at most.
    pub limit: Option<i32>,
}

/// The part of a list that is asked for, in this order.
pub fn part(order: String, pagination: Option<OffsetPaginationInput>) -> Part {
    let pagination = pagination.unwrap_or_default();
    Part {
        order,
        offset: i64::from(pagination.offset.max(0)),
        limit: pagination.limit.map(|limit| i64::from(limit.max(0))),
    }
}

/// The same on rows that have been read already.
pub fn slice<T>(rows: Vec<T>, pagination: Option<OffsetPaginationInput>) -> Vec<T> {
    let pagination = pagination.unwrap_or_default();
    let offset = usize::try_from(pagination.offset).unwrap_or(0);
    let limit = pagination.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(0));
    rows.into_iter().skip(offset).take(limit).collect()
}

fn direction(column: &str, ordering: Ordering) -> String {
    let words = match ordering {
        Ordering::Asc => "ASC",
        Ordering::AscNullsFirst => "ASC NULLS FIRST",
        Ordering::AscNullsLast => "ASC NULLS LAST",
        Ordering::Desc => "DESC",
        Ordering::DescNullsFirst => "DESC NULLS FIRST",
        Ordering::DescNullsLast => "DESC NULLS LAST",
    };
    format!("{column} {words}")
}

/// Whether the order begins with the last.
pub fn is_descending(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Desc | Ordering::DescNullsFirst | Ordering::DescNullsLast)
}

macro_rules! orders {
    ($($(#[$doc:meta])* $name:ident, $tie:literal { $($(#[$variant_doc:meta])* $variant:ident $column:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(OneofObject, Debug, Clone, Copy)]
        pub enum $name { $($(#[$variant_doc])* $variant(Ordering)),* }

        impl $name {
            /// The order of rows; equal ones in the order of their making.
            pub fn sql(orders: &[Self]) -> String {
                let mut terms: Vec<String> = orders.iter().map(|order| match order {
                    $(Self::$variant(ordering) => direction($column, *ordering)),*
                }).collect();
                // Rows of one moment follow the way of the first term.
                let descending = orders.first().is_some_and(|order| match order {
                    $(Self::$variant(ordering) => is_descending(*ordering)),*
                });
                terms.push(format!("{} {}", $tie, if descending { "DESC" } else { "ASC" }));
                terms.join(", ")
            }
        }
    )*};
}

orders! {
    /// Order of agents.
    AgentOrder, "a.id" {
        /// By the last sign of life.
        LastSeen "a.last_seen",
    }
    /// Order of actions.
    ActionOrder, "x.id" {
        /// By the last definition.
        DefinedAt "x.defined_at",
        /// By the last task.
        UsedAt "(SELECT MAX(u.id) FROM tasks u WHERE u.action_id = x.id)",
    }
    /// Order of implementations.
    ImplementationOrder, "i.id" {
        /// By their making.
        CreatedAt "i.created_at",
        /// By the last sign of life of their agents.
        Active "a.last_seen",
    }
    /// Order of tasks.
    TaskOrder, "t.id" {
        /// By their making.
        CreatedAt "t.created_at",
        /// By their end.
        FinishedAt "t.finished_at",
    }
    /// Order of events.
    TaskEventOrder, "e.id" {
        /// By their making.
        CreatedAt "e.created_at",
    }
}

/// Joins a filter's own conditions with its `AND`, `OR` and `NOT`.
macro_rules! combine {
    ($filter:expr, $own:expr $(, $now:expr)?) => {{
        let mut clause = $own;
        if let Some(other) = &$filter.and {
            clause = clause.and(other.clause($($now)?));
        }
        if let Some(other) = &$filter.or {
            let other = other.clause($($now)?);
            // A filter that asks nothing itself leaves the choice to its `OR`.
            clause = if clause == Clause::everything() { other } else { clause.or(other) };
        }
        if let Some(other) = &$filter.not {
            clause = clause.and(other.clause($($now)?).opposite());
        }
        clause
    }};
}

use combine;
