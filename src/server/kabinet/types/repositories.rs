//! Repositories and their statistics.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::{Flavour, Organization};
use crate::server::kabinet::enums::{GithubRepoField, GithubRepoTimestampField, Granularity, ScanState};
use crate::server::kabinet::filters::{FlavourFilter, OffsetPaginationInput, selection};
use crate::server::kabinet::orders::FlavourOrder;
use crate::server::kabinet::scalars::DateTime;
use crate::server::kabinet::{Kabinet, identity, loaders};
use crate::server::store::kabinet::select::Relation;
use crate::server::store::kabinet::{readmes, repositories, rows};

/// A source of apps; on GitHub or elsewhere.
pub struct GithubRepo(pub rows::Repository);

#[Object]
impl GithubRepo {
    /// Row of the repository.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Name on GitHub.
    async fn repo(&self) -> &str {
        &self.0.repo
    }

    /// Branch on GitHub.
    async fn branch(&self) -> &str {
        &self.0.branch
    }

    /// Owner on GitHub.
    async fn user(&self) -> &str {
        &self.0.user
    }

    /// The flavours that it offers or offered.
    async fn flavours(
        &self,
        context: &Context<'_>,
        filters: Option<FlavourFilter>,
        ordering: Option<Vec<FlavourOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Flavour>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::FlavoursOfRepository, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Flavour).collect())
    }

    /// When it was scanned well last.
    async fn updated_at(&self) -> DateTime {
        DateTime::of(self.0.updated_at)
    }

    /// When it was added.
    async fn added_at(&self) -> DateTime {
        DateTime::of(self.0.added_at)
    }

    /// Whose it is.
    #[expect(clippy::unused_async, reason = "resolvers have to be")]
    async fn organization(&self, context: &Context<'_>) -> Result<Organization> {
        Ok(Organization { slug: identity(context)?.organisation.clone() })
    }

    /// Where people can complain; the source where it is not on GitHub.
    async fn issue_url(&self) -> String {
        match self.0.kind.as_str() {
            "github" => format!("https://github.com/{}/{}/issues/new", self.0.user, self.0.repo),
            _ => self.0.source.clone(),
        }
    }

    /// Where people can look at it.
    async fn url(&self) -> String {
        match self.0.kind.as_str() {
            "github" => format!("https://github.com/{}/{}", self.0.user, self.0.repo),
            _ => self.0.source.clone(),
        }
    }

    /// `github`, `url`, `path` or `builtin`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it is read from, in full.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// How the last scan went.
    async fn scan_state(&self) -> ScanState {
        ScanState::of(&self.0.scan_state).unwrap_or(ScanState::Never)
    }

    /// Why the last scan failed.
    async fn scan_failure(&self) -> Option<&str> {
        self.0.scan_failure.as_deref()
    }

    /// When the last scan ended.
    async fn scanned_at(&self) -> Option<DateTime> {
        self.0.scanned_at.map(DateTime::of)
    }

    /// What the last good scan could not read.
    async fn scan_issues(&self, context: &Context<'_>) -> Result<Vec<ScanIssue>> {
        let repository = self.0.id;
        let store = &context.data::<Kabinet>()?.store;
        let issues = store.read(move |connection| repositories::issues(connection, repository)).await?;
        Ok(issues.into_iter().map(|issue| ScanIssue { path: issue.path, reason: issue.reason }).collect())
    }

    /// What it says of itself: its README, as written; none where there is none.
    async fn readme(&self, context: &Context<'_>) -> Result<Option<String>> {
        let repository = self.0.id;
        let store = &context.data::<Kabinet>()?.store;
        Ok(store.read(move |connection| readmes::of(connection, repository)).await?)
    }

    /// Flavours that are published in it now.
    async fn flavour_count(&self) -> i64 {
        self.0.flavour_count
    }
}

/// A part of a deployments file that could not be read.
#[derive(SimpleObject)]
struct ScanIssue {
    /// Where in the file.
    path: String,
    /// Why.
    reason: String,
}

/// Statistics over the times at which repositories were added, in seconds since 1970.
pub struct GithubRepoStats(pub Vec<i64>);

#[Object]
impl GithubRepoStats {
    /// How many.
    async fn count(&self) -> usize {
        self.0.len()
    }

    /// How many different times.
    async fn distinct_count(&self, field: GithubRepoField) -> usize {
        let GithubRepoField::CreatedAt = field;
        distinct(&self.0)
    }

    /// The latest.
    async fn max(&self, field: GithubRepoField) -> Option<f64> {
        let GithubRepoField::CreatedAt = field;
        self.0.iter().max().map(|at| seconds(*at))
    }

    /// The earliest.
    async fn min(&self, field: GithubRepoField) -> Option<f64> {
        let GithubRepoField::CreatedAt = field;
        self.0.iter().min().map(|at| seconds(*at))
    }

    /// The middle.
    async fn avg(&self, field: GithubRepoField) -> Option<f64> {
        let GithubRepoField::CreatedAt = field;
        average(&self.0)
    }

    /// The sum.
    async fn sum(&self, field: GithubRepoField) -> Option<f64> {
        let GithubRepoField::CreatedAt = field;
        (!self.0.is_empty()).then(|| self.0.iter().map(|at| seconds(*at)).sum())
    }

    /// The same in buckets of time.
    async fn series(
        &self,
        field: GithubRepoField,
        timestamp_field: GithubRepoTimestampField,
        by: Granularity,
    ) -> Vec<TimeBucket> {
        let (GithubRepoField::CreatedAt, GithubRepoTimestampField::CreatedAt) = (field, timestamp_field);
        let mut buckets = std::collections::BTreeMap::<i64, Vec<i64>>::new();
        for at in &self.0 {
            buckets.entry(start(*at, by)).or_default().push(*at);
        }
        let bucket = |(ts, times): (i64, Vec<i64>)| TimeBucket {
            ts: DateTime::of(ts),
            count: times.len(),
            distinct_count: distinct(&times),
            max: times.iter().max().map(|at| seconds(*at)),
            min: times.iter().min().map(|at| seconds(*at)),
            avg: average(&times),
            sum: Some(times.iter().map(|at| seconds(*at)).sum()),
        };
        buckets.into_iter().map(bucket).collect()
    }
}

/// Statistics of one bucket of time.
#[derive(SimpleObject)]
struct TimeBucket {
    /// Its beginning.
    ts: DateTime,
    /// How many.
    count: usize,
    /// How many different times.
    distinct_count: usize,
    /// The latest.
    max: Option<f64>,
    /// The earliest.
    min: Option<f64>,
    /// The middle.
    avg: Option<f64>,
    /// The sum.
    sum: Option<f64>,
}

fn distinct(times: &[i64]) -> usize {
    times.iter().collect::<std::collections::BTreeSet<_>>().len()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are far below 2^53")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 repositories")]
fn average(times: &[i64]) -> Option<f64> {
    (!times.is_empty()).then(|| times.iter().map(|at| seconds(*at)).sum::<f64>() / times.len() as f64)
}

/// The beginning of the bucket that a time falls into, in UTC.
fn start(milliseconds: i64, by: Granularity) -> i64 {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    let of_date = |month: fn(i8) -> i8| {
        let stamp = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
        let date = stamp.to_zoned(jiff::tz::TimeZone::UTC).date();
        let first = jiff::civil::Date::new(date.year(), month(date.month()), 1).ok()?;
        Some(first.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
    };
    let floor = |width: i64, offset: i64| (milliseconds - offset).div_euclid(width) * width + offset;
    match by {
        Granularity::Hour => floor(HOUR, 0),
        Granularity::Day => floor(DAY, 0),
        // 1970-01-05 was a Monday.
        Granularity::Week => floor(7 * DAY, 4 * DAY),
        Granularity::Month => of_date(|month| month).unwrap_or(milliseconds),
        Granularity::Quarter => of_date(|month| (month - 1) / 3 * 3 + 1).unwrap_or(milliseconds),
        Granularity::Year => of_date(|_| 1).unwrap_or(milliseconds),
    }
}
