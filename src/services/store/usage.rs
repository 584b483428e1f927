//! What pods use, as an engine tells it while somebody watches.

use std::ops::ControlFlow;

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Error, Result, Store, backoff,
    listening::{Ended, Hearer, Request},
    snapshots::passes,
};
use crate::domain::{Engine, PodUsage, TaskEvent, TaskEventKind};

/// The engine's action.
const ACTION: &str = "watch_usage";

/// Readings that wait to be taken; further ones wait on the wire.
const WAITING: usize = 4;

/// Attempts in a row that brought nothing, after which it is given up.
const ATTEMPTS: u32 = 4;

/// Readings as they come. Dropping it ends the engine's work for it.
#[derive(Debug)]
pub struct UsageFollow {
    readings: mpsc::Receiver<Result<Vec<PodUsage>>>,
    _stop: DropGuard,
}

impl UsageFollow {
    /// The next reading of all pods that run there; `None` when no more will come. An error is the last item.
    pub async fn next(&mut self) -> Option<Result<Vec<PodUsage>>> {
        self.readings.recv().await
    }
}

impl Store {
    /// Has an engine tell what its pods use, every few seconds.
    ///
    /// # Errors
    /// [`Error::NoAction`] where the engine cannot (only kab's own can), where this connection may only read (to ask is
    /// to assign a task), [`Error::Offline`], or what the server says.
    pub async fn watch_usage(&self, engine: &Engine) -> Result<UsageFollow> {
        let cannot = || Error::NoAction { engine: engine.name.clone(), action: "tell what pods use".to_owned() };
        if self.session.read_only().is_some() {
            return Err(cannot());
        }
        if !engine.is_online() {
            return Err(Error::Offline(engine.name.clone()));
        }
        let offers = self.all_offers(engine).await?;
        let offer = offers.into_iter().find(|offer| offer.interface == ACTION).ok_or_else(cannot)?;
        let action = offer.id.as_str().to_owned();
        let request = Request { store: self.clone(), engine: engine.clone(), action, args: serde_json::Map::new() };
        let (sender, readings) = mpsc::channel(WAITING);
        let stop = CancellationToken::new();
        tokio::spawn(run(request, Watcher { sender, failures: 0 }, stop.clone()));
        Ok(UsageFollow { readings, _stop: stop.drop_guard() })
    }
}

struct Watcher {
    sender: mpsc::Sender<Result<Vec<PodUsage>>>,
    failures: u32,
}

impl Hearer for Watcher {
    fn answered(&mut self) {
        self.failures = 0;
    }

    async fn take(&mut self, event: TaskEvent) -> ControlFlow<()> {
        // Of pods that do not run nothing is told, which is news, too.
        if event.kind != TaskEventKind::Yield {
            return ControlFlow::Continue(());
        }
        let readings = event.lines.iter().filter_map(|line| PodUsage::parse(line)).collect();
        if self.sender.send(Ok(readings)).await.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

async fn run(request: Request, mut watcher: Watcher, stop: CancellationToken) {
    loop {
        let error = match request.listen(&stop, &mut watcher).await {
            Ended::Whole => return,
            Ended::Again => continue,
            Ended::Broken(error) => error,
        };
        watcher.failures += 1;
        if watcher.failures > ATTEMPTS || !passes(&error) && !matches!(error, Error::Offline(_)) {
            watcher.sender.send(Err(error)).await.ok();
            return;
        }
        let wait = backoff::delay(watcher.failures, backoff::jitter());
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}
