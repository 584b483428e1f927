//! Lists in pages. A page that the server cannot render is halved until only the bad rows are missing.

use graphql_client::GraphQLQuery;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{
    error::{Error, Result},
    graphql::Client,
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
    let mut rows = Vec::new();
    let mut bad = 0;
    let mut offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let end = offset.saturating_add(i64::try_from(page.limit).unwrap_or(i64::MAX));
    while offset < end {
        let whole = SIZE.min(end - offset);
        let mut ranges = vec![(offset, whole)];
        let mut ended = false;
        while let Some((offset, limit)) = ranges.pop() {
            match request::<Q, T>(client, root, variables(offset, limit)).await {
                Ok(found) => {
                    ended |= i64::try_from(found.len()).unwrap_or(i64::MAX) < limit;
                    rows.extend(found);
                }
                Err(Error::Refused(why)) if limit == 1 && bad < BAD_ROWS => {
                    tracing::warn!(list = root, offset, "a row cannot be read: {why}");
                    bad += 1;
                }
                Err(Error::Refused(_)) if limit > 1 && bad < BAD_ROWS => {
                    let half = limit / 2;
                    ranges.push((offset + half, limit - half));
                    ranges.push((offset, half));
                }
                Err(error) => return Err(error),
            }
            if ended {
                break;
            }
        }
        if ended {
            break;
        }
        offset += whole;
    }
    Ok(rows)
}

async fn request<Q: GraphQLQuery, T: DeserializeOwned>(
    client: &Client,
    root: &str,
    variables: Q::Variables,
) -> Result<Vec<T>> {
    let mut answer = client.post_body::<Value>(&Q::build_query(variables)).await?;
    serde_json::from_value(answer.data[root].take())
        .map_err(|error| Error::Unreadable { service: client.service().to_owned(), why: format!("{root}: {error}") })
}
