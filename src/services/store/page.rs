//! Lists in pages. A page that the server cannot render is halved until only the bad rows are missing.

use graphql_client::GraphQLQuery;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{
    error::{Error, Result},
    graphql::{Client, Partial},
};

/// Rows of one request.
pub(super) const SIZE: i64 = 100;

/// After so many unreadable rows the list itself is broken, not its rows.
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

/// Reads the page of the list `root` with the document `Q`; `variables` gets offset and limit of a request.
///
/// # Errors
/// When the server cannot be asked, or most rows are unreadable.
pub(super) async fn list<Q, T>(
    client: &Client,
    root: &str,
    page: Page,
    variables: impl Fn(i64, i64) -> Q::Variables,
) -> Result<Vec<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    let mut found = Vec::new();
    let mut bad = 0;
    let mut offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let end = offset.saturating_add(i64::try_from(page.limit).unwrap_or(i64::MAX));
    while offset < end {
        let whole = SIZE.min(end - offset);
        let part = part::<Q, T>(client, root, (offset, whole), &variables, &mut bad).await?;
        found.extend(part.rows);
        if part.last == Last::Yes {
            break;
        }
        offset += whole;
    }
    Ok(found)
}

/// Reads one page of the usual size.
///
/// # Errors
/// As [`list`].
pub(super) async fn rows<Q, T>(
    client: &Client,
    root: &str,
    offset: i64,
    variables: impl Fn(i64, i64) -> Q::Variables,
) -> Result<Rows<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    part::<Q, T>(client, root, (offset, SIZE), &variables, &mut 0).await
}

/// Reads so many rows from an offset on. `bad` counts the rows that could not be read.
async fn part<Q, T>(
    client: &Client,
    root: &str,
    (offset, limit): (i64, i64),
    variables: &impl Fn(i64, i64) -> Q::Variables,
    bad: &mut usize,
) -> Result<Rows<T>>
where
    Q: GraphQLQuery,
    T: DeserializeOwned,
{
    let mut read = Rows { rows: Vec::new(), last: Last::No };
    let only = limit == 1;
    let mut ranges = vec![(offset, limit)];
    while let Some((offset, limit)) = ranges.pop() {
        match request::<Q, T>(client, root, variables(offset, limit)).await {
            Ok(found) => {
                if i64::try_from(found.len()).unwrap_or(i64::MAX) < limit {
                    read.last = Last::Yes;
                }
                read.rows.extend(found);
            }
            // Whoever asks for one row wants that row, or to know why it cannot be had.
            Err(Trouble::Row(error)) if only || *bad >= BAD_ROWS => return Err(error),
            Err(Trouble::Row(error)) if limit == 1 => {
                tracing::warn!(list = root, offset, "a row cannot be read: {error}");
                *bad += 1;
            }
            Err(Trouble::Row(_)) => {
                let half = limit / 2;
                ranges.push((offset + half, limit - half));
                ranges.push((offset, half));
            }
            Err(Trouble::List(error)) => return Err(error),
        }
        if read.last == Last::Yes {
            break;
        }
    }
    Ok(read)
}

/// Why a page cannot be had.
enum Trouble {
    /// One of its rows cannot be rendered.
    Row(Error),
    /// Anything else: the list, or the server.
    List(Error),
}

async fn request<Q: GraphQLQuery, T: DeserializeOwned>(
    client: &Client,
    root: &str,
    variables: Q::Variables,
) -> Result<Vec<T>, Trouble> {
    let unreadable = |error: serde_json::Error| {
        Trouble::List(Error::Unreadable { service: client.service().to_owned(), why: format!("{root}: {error}") })
    };
    let body = serde_json::to_value(Q::build_query(variables)).map_err(unreadable)?;
    let Partial { mut data, errors } = client.post_raw(&body).await.map_err(Trouble::List)?;
    let rows = data.get_mut(root).map(Value::take).unwrap_or_default();
    match errors.first() {
        Some(error) if rows.is_null() && error.is_in_a_row() => Err(Trouble::Row(error.classify())),
        Some(error) if rows.is_null() => Err(Trouble::List(error.classify())),
        _ => serde_json::from_value(rows).map_err(unreadable),
    }
}
