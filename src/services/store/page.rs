//! Lists in pages. A page that the server cannot render is halved until only the bad rows are missing.

use std::collections::{BTreeMap, HashSet, VecDeque};

use graphql_client::GraphQLQuery;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{
    error::{Error, Result},
    graphql::{Client, Partial},
};
use crate::domain::Speed;

/// Rows of one request …
pub(super) const SIZE: i64 = 100;

/// … and over a slow link, where something has to be seen before everything is here.
const SMALL: i64 = 25;

/// Rows of one request now.
pub(super) fn size(client: &Client) -> i64 {
    match client.http().meter().speed() {
        Speed::Usual => SIZE,
        Speed::Slow => SMALL,
    }
}

/// After so many unreadable rows and no readable one, at its beginning and at its end, the list itself is broken.
const BAD_ROWS: usize = 8;

/// Part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Rows left out at the beginning.
    pub offset: usize,
    /// Rows at most.
    pub limit: usize,
}

impl Page {
    /// The whole list.
    pub const ALL: Self = Self { offset: 0, limit: usize::MAX };

    /// The first rows.
    pub fn first(limit: usize) -> Self {
        Self { offset: 0, limit }
    }
}

/// Rows of one page.
#[derive(Debug)]
pub(super) struct Rows<T> {
    /// What could be read.
    pub rows: Vec<T>,
    /// Whether the list ends here.
    pub last: Last,
}

/// Whether a page is the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// It is.
    Yes,
    /// There may be more.
    No,
}

/// What became of the rows of a list so far.
#[derive(Default)]
struct Toll {
    /// Rows that could not be read.
    bad: usize,
    /// Whether some could.
    any_good: bool,
    /// Ids of those: a list that moves while it is read in pages brings some twice.
    seen: HashSet<String>,
}

impl Toll {
    fn is_new(&mut self, row: &Value) -> bool {
        self.any_good = true;
        row["id"].as_str().is_none_or(|id| self.seen.insert(id.to_owned()))
    }
}

/// Reads the page of the list `root` with the document `Q`; `variables` gets offset and limit of a request. Each row comes
/// once.
///
/// # Errors
/// When the server cannot be asked, or no row is readable.
pub(super) async fn list<Q, T>(
    client: &Client,
    root: &'static str,
    page: Page,
    variables: impl Fn(i64, i64) -> Q::Variables,
) -> Result<Vec<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    let mut found = Vec::new();
    let mut toll = Toll::default();
    let size = size(client);
    let mut offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let end = offset.saturating_add(i64::try_from(page.limit).unwrap_or(i64::MAX));
    while offset < end {
        let whole = size.min(end - offset);
        let part = part::<Q, T>(client, root, (offset, whole), &variables, &mut toll).await?;
        found.extend(part.rows);
        if part.last == Last::Yes {
            break;
        }
        offset += whole;
    }
    client.left_out().set(root, toll.bad);
    Ok(found)
}

/// Reads one page of a size.
///
/// # Errors
/// As [`list`].
pub(super) async fn rows<Q, T>(
    client: &Client,
    root: &'static str,
    (offset, size): (i64, i64),
    variables: impl Fn(i64, i64) -> Q::Variables,
) -> Result<Rows<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    // Whether the list as a whole is broken shows on its first page.
    let mut toll = Toll { any_good: offset > 0, ..Toll::default() };
    let read = part::<Q, T>(client, root, (offset, size), &variables, &mut toll).await?;
    if offset == 0 {
        client.left_out().set(root, 0);
    }
    client.left_out().add(root, toll.bad);
    Ok(read)
}

/// Reads so many rows from an offset on.
async fn part<Q, T>(
    client: &Client,
    root: &str,
    (offset, limit): (i64, i64),
    variables: &impl Fn(i64, i64) -> Q::Variables,
    toll: &mut Toll,
) -> Result<Rows<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    let mut last = Last::No;
    let only = limit == 1;
    let mut parts: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    let mut ranges = VecDeque::from([(offset, limit)]);
    loop {
        // Where the beginning is nothing but bad rows, the end tells whether the list itself is broken.
        let from_the_end = toll.bad >= BAD_ROWS && !toll.any_good;
        let range = if from_the_end { ranges.pop_back() } else { ranges.pop_front() };
        let Some((offset, limit)) = range else { break };
        match request::<Q>(client, root, variables(offset, limit)).await {
            Ok(found) => {
                if i64::try_from(found.len()).unwrap_or(i64::MAX) < limit {
                    last = Last::Yes;
                    ranges.retain(|(later, _)| *later < offset);
                }
                parts.insert(offset, found.into_iter().filter(|row| toll.is_new(row)).collect());
            }
            // Whoever asks for one row wants that row, or to know why it cannot be had.
            Err(Trouble::Row(error)) if only || (toll.bad >= BAD_ROWS * 2 && !toll.any_good) => return Err(error),
            Err(Trouble::Row(error)) if limit == 1 => {
                tracing::warn!(list = root, offset, "a row cannot be read: {error}");
                toll.bad += 1;
            }
            Err(Trouble::Row(_)) => {
                let half = limit / 2;
                let (first, second) = ((offset, half), (offset + half, limit - half));
                if from_the_end {
                    ranges.extend([first, second]);
                } else {
                    ranges.push_front(second);
                    ranges.push_front(first);
                }
            }
            Err(Trouble::List(error)) => return Err(error),
        }
    }
    let rows =
        parts.into_values().flatten().map(|row| serde_json::from_value(row).map_err(|e| unreadable(client, root, &e)));
    Ok(Rows { rows: rows.collect::<Result<_>>()?, last })
}

fn unreadable(client: &Client, root: &str, error: &serde_json::Error) -> Error {
    Error::Unreadable { service: client.service().to_owned(), why: format!("{root}: {error}") }
}

/// Why a page cannot be had.
enum Trouble {
    /// One of its rows cannot be rendered.
    Row(Error),
    /// Anything else: the list, or the server.
    List(Error),
}

async fn request<Q: GraphQLQuery>(client: &Client, root: &str, variables: Q::Variables) -> Result<Vec<Value>, Trouble> {
    let unreadable = |error: serde_json::Error| Trouble::List(unreadable(client, root, &error));
    let body = serde_json::to_value(Q::build_query(variables)).map_err(unreadable)?;
    let Partial { mut data, errors } = client.post_raw(&body).await.map_err(Trouble::List)?;
    let rows = data.get_mut(root).map(Value::take).unwrap_or_default();
    match errors.first() {
        Some(error) if rows.is_null() && error.is_in_a_row() => Err(Trouble::Row(error.classify())),
        Some(error) if rows.is_null() => Err(Trouble::List(error.classify())),
        _ => serde_json::from_value(rows).map_err(unreadable),
    }
}
