//! Long lists as they are read: the first page at once, the rest in the background, selectors as they come.
//!
//! A list of ten thousand releases keeps a server of the first generation busy for a minute; what is there is useful.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::{self, BoxStream, FuturesUnordered},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::{
    documents::{
        Definitions, DefinitionsWithKind, Releases, ReleasesInFull, definitions, definitions_with_kind, releases,
        releases_in_full,
    },
    graphql::Client,
    wire,
};
use super::{
    Result, Store,
    page::{Last, Rows, rows, size},
};
use crate::domain::{App, Node, Selectors, Speed};

/// What was read in the meantime is told this often, and less often the more there is to sort in.
const PAUSE: Duration = Duration::from_secs(1);

/// Pages that are read at the same time.
const PAGES: usize = 2;

/// Pages whose selectors are read at the same time; further pages wait for them.
const SELECTING: usize = 2;

/// A list so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Growing<T> {
    /// What has been read.
    pub rows: Vec<T>,
    /// Whether that is all.
    pub course: Course,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// More will come.
    GoesOn,
    /// That is all.
    Whole,
}

type Pages<'a> = BoxStream<'a, Result<Vec<wire::Release>>>;

impl Store {
    /// All apps, as they are read. Flavours whose selectors have not been read yet say so. An error is the last item.
    pub fn growing_apps(&self) -> BoxStream<'static, Result<Growing<App>>> {
        let store = self.clone();
        growing(move |told| async move { store.read_apps(told).await }.boxed())
    }

    /// All nodes, as they are read. An error is the last item.
    pub fn growing_nodes(&self) -> BoxStream<'static, Result<Growing<Node>>> {
        let store = self.clone();
        growing(move |told| async move { store.read_nodes(told).await }.boxed())
    }

    async fn read_apps(&self, mut told: Told<App>) -> Result<()> {
        let kabinet = self.session.kabinet()?;
        let size = size(kabinet);
        // Where nobody knows yet what the server has, what every server has is asked for at the same time.
        let (has, first) = if let Some(has) = self.known_capabilities() {
            (has, None)
        } else {
            let (has, first) = futures_util::join!(self.capabilities(), common(kabinet, (0, size)));
            (has?, Some(first?))
        };
        if has.flavours.is_yes() {
            if let Some(first) = first {
                told.tell(Apps::of(first.rows).so_far()).await;
            }
            return read(self, pages(kabinet, size, move |page| full(kabinet, page).boxed()), told).await;
        }
        let pages: Pages<'_> = match first {
            None => pages(kabinet, size, move |page| common(kabinet, page).boxed()),
            Some(first) if first.last == Last::Yes => stream::once(ready(Ok(first.rows))).boxed(),
            Some(first) => {
                let rest = pages(kabinet, size, move |(offset, size)| common(kabinet, (offset + size, size)).boxed());
                stream::once(ready(Ok(first.rows))).chain(rest).boxed()
            }
        };
        read(self, pages, told).await
    }

    async fn read_nodes(&self, mut told: Told<Node>) -> Result<()> {
        let kabinet = self.session.kabinet()?;
        let kinds = self.capabilities().await?.kinds;
        let mut nodes: Vec<Node> = Vec::new();
        let mut known = HashSet::new();
        let mut pages = pages(kabinet, size(kabinet), move |page| {
            if kinds.is_yes() { with_kind(kabinet, page).boxed() } else { without_kind(kabinet, page).boxed() }
        });
        while let Some(page) = pages.next().await {
            let page = page?.into_iter().map(wire::Definition::into_domain);
            nodes.extend(page.filter(|node| known.insert(node.id.clone())));
            if told.is_due(nodes.len()) {
                told.tell(nodes.clone()).await;
            }
        }
        told.whole(nodes).await;
        Ok(())
    }
}

/// Reads pages, and beside them the selectors that the pages could not tell.
async fn read(store: &Store, mut pages: Pages<'_>, mut told: Told<App>) -> Result<()> {
    let mut reading = Apps::default();
    let mut selecting = FuturesUnordered::new();
    let mut ended = false;
    while !ended || !selecting.is_empty() {
        tokio::select! {
            biased;
            Some(selectors) = selecting.next() => reading.selectors.extend::<BTreeMap<String, Selectors>>(selectors?),
            page = pages.next(), if !ended && selecting.len() < SELECTING => match page {
                Some(page) => {
                    let incomplete = reading.add(page?);
                    if !incomplete.is_empty() {
                        selecting.push(async move { store.selectors_of(&incomplete).await });
                    }
                }
                None => ended = true,
            },
        }
        if told.is_due(reading.releases.len()) {
            told.tell(reading.so_far()).await;
        }
    }
    told.whole(reading.so_far()).await;
    Ok(())
}

/// Releases so far.
#[derive(Default)]
struct Apps {
    /// Ids of the releases: a list that grows while it is read brings some twice.
    known: HashSet<String>,
    releases: Vec<wire::Release>,
    selectors: BTreeMap<String, Selectors>,
}

impl Apps {
    fn of(releases: Vec<wire::Release>) -> Self {
        Self { releases, ..Self::default() }
    }

    /// Takes a page in; the flavours whose selectors it could not tell.
    fn add(&mut self, mut page: Vec<wire::Release>) -> Vec<String> {
        page.retain(|release| self.known.insert(release.id.clone()));
        let incomplete = page
            .iter()
            .flat_map(|release| &release.flavours)
            .filter(|flavour| !flavour.is_complete())
            .map(|flavour| flavour.id.clone())
            .collect();
        self.releases.extend(page);
        incomplete
    }

    fn so_far(&self) -> Vec<App> {
        wire::apps(self.releases.clone(), &self.selectors)
    }
}

/// Tells what has been read, at once at first, then now and then.
struct Told<T> {
    sender: mpsc::Sender<Result<Growing<T>>>,
    at: Option<Instant>,
}

impl<T> Told<T> {
    fn is_due(&self, rows: usize) -> bool {
        let thousands = u32::try_from(rows / 1_000).unwrap_or(u32::MAX);
        self.at.is_none_or(|at| at.elapsed() >= PAUSE.saturating_mul(thousands.saturating_add(1)))
    }

    /// Whoever listened and went away has ended the reading by that.
    async fn tell(&mut self, rows: Vec<T>) {
        self.sender.send(Ok(Growing { rows, course: Course::GoesOn })).await.ok();
        self.at = Some(Instant::now());
    }

    async fn whole(&mut self, rows: Vec<T>) {
        self.sender.send(Ok(Growing { rows, course: Course::Whole })).await.ok();
    }
}

/// Runs the reading for as long as somebody listens.
fn growing<T: Send + 'static>(
    read: impl FnOnce(Told<T>) -> BoxFuture<'static, Result<()>>,
) -> BoxStream<'static, Result<Growing<T>>> {
    let (sender, receiver) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let reading = read(Told { sender: sender.clone(), at: None });
    let token = stop.clone();
    tokio::spawn(async move {
        if let Some(Err(error)) = token.run_until_cancelled(reading).await {
            sender.send(Err(error)).await.ok();
        }
    });
    let held = (receiver, stop.drop_guard());
    stream::unfold(held, |mut held| async move { Some((held.0.recv().await?, held)) }).boxed()
}

/// All pages from the first on, a few of them asked for ahead: one at a time over a slow link.
fn pages<'a, T: Send + 'a>(
    client: &Client,
    size: i64,
    page: impl Fn((i64, i64)) -> BoxFuture<'a, Result<Rows<T>>> + Send + 'a,
) -> BoxStream<'a, Result<Vec<T>>> {
    let ahead = if client.http().meter().speed() == Speed::Slow { 1 } else { PAGES };
    let offsets = (0_i64..).map(move |number| (number.saturating_mul(size), size));
    stream::iter(offsets)
        .map(page)
        .buffered(ahead)
        .scan(Last::No, |last, page| {
            if *last == Last::Yes {
                return ready(None);
            }
            *last = page.as_ref().map_or(Last::Yes, |page| page.last);
            ready(Some(page.map(|page| page.rows)))
        })
        .boxed()
}

async fn common(kabinet: &Client, page: (i64, i64)) -> Result<Rows<wire::Release>> {
    rows::<Releases, _>(kabinet, "releases", page, |offset, limit| releases::Variables {
        filters: None,
        pagination: Some(releases::OffsetPaginationInput { offset, limit: Some(limit) }),
    })
    .await
}

async fn full(kabinet: &Client, page: (i64, i64)) -> Result<Rows<wire::Release>> {
    rows::<ReleasesInFull, _>(kabinet, "releases", page, |offset, limit| releases_in_full::Variables {
        filters: None,
        pagination: Some(releases_in_full::OffsetPaginationInput { offset, limit: Some(limit) }),
    })
    .await
}

async fn with_kind(kabinet: &Client, page: (i64, i64)) -> Result<Rows<wire::Definition>> {
    rows::<DefinitionsWithKind, _>(kabinet, "definitions", page, |offset, limit| definitions_with_kind::Variables {
        pagination: Some(definitions_with_kind::OffsetPaginationInput { offset, limit: Some(limit) }),
    })
    .await
}

async fn without_kind(kabinet: &Client, page: (i64, i64)) -> Result<Rows<wire::Definition>> {
    rows::<Definitions, _>(kabinet, "definitions", page, |offset, limit| definitions::Variables {
        pagination: Some(definitions::OffsetPaginationInput { offset, limit: Some(limit) }),
    })
    .await
}
