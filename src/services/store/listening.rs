//! Hearing what a task says that is kept nowhere, from its beginning until it ends or nobody listens.

use std::{ops::ControlFlow, time::Duration};

use futures_util::StreamExt as _;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::super::socket::Frame;
use super::{
    Error, Result, Store,
    changes::{event_in, renew},
    watching::mine,
    work::Keeping,
};
use crate::domain::{Engine, FOLLOW_AGAIN, TaskEvent, TaskState};

/// How long the end of it may take.
pub(super) const FAREWELL: Duration = Duration::from_secs(3);

/// What is asked of an engine.
pub(super) struct Request {
    pub(super) store: Store,
    pub(super) engine: Engine,
    /// Rekuest's id of the implementation.
    pub(super) action: String,
    pub(super) args: Map<String, Value>,
}

/// Whoever hears it.
pub(super) trait Hearer: Send {
    /// What is pushed will be heard.
    fn subscribed(&mut self) {}

    /// The engine has been asked.
    fn assigned(&mut self) {}

    /// The engine has said something.
    fn answered(&mut self) {}

    /// What it has said. [`ControlFlow::Break`]: nobody listens any more.
    fn take(&mut self, event: TaskEvent) -> impl Future<Output = ControlFlow<()>> + Send;
}

/// How it ended.
pub(super) enum Ended {
    /// Nothing more will come.
    Whole,
    /// The engine ends every such task after some time, and there is more.
    Again,
    /// The connection broke, or the engine said no.
    Broken(Error),
}

impl Request {
    /// Asks for something that ends by itself, and hears it within that time.
    pub(super) async fn complete(&self, hearer: &mut impl Hearer, patience: Duration) -> Result<()> {
        let stop = CancellationToken::new();
        let listening = self.listen(&stop, hearer);
        tokio::pin!(listening);
        tokio::select! {
            ended = &mut listening => match ended {
                Ended::Whole | Ended::Again => Ok(()),
                Ended::Broken(error) => Err(error),
            },
            () = tokio::time::sleep(patience) => {
                // The engine is told that nobody waits any more.
                stop.cancel();
                tokio::time::timeout(FAREWELL, listening).await.ok();
                Err(Error::Deadline { service: self.engine.name.clone(), after: patience })
            }
        }
    }

    /// Asks, and hears what is said until the end.
    pub(super) async fn listen(&self, stop: &CancellationToken, hearer: &mut impl Hearer) -> Ended {
        // Subscribed first: events of an ephemeral task are kept nowhere.
        let mut frames = match mine(&self.store).await {
            Ok(frames) => Box::pin(frames),
            Err(error) => return Ended::Broken(error),
        };
        hearer.subscribed();
        let assigned = self.store.assign_to(&self.engine, &self.action, self.args.clone(), Keeping::Ephemeral).await;
        let task = match assigned {
            Ok(task) => task.id,
            Err(error) => return Ended::Broken(error),
        };
        hearer.assigned();
        let ended = loop {
            let frame = match stop.run_until_cancelled(frames.next()).await {
                None => break Ended::Whole,
                Some(None) => {
                    break Ended::Broken(Error::Deadline { service: "Rekuest".into(), after: Duration::ZERO });
                }
                Some(Some(frame)) => frame,
            };
            let event = match frame {
                Ok(Frame::Next { mut data, .. }) => event_in(data["mytasks"].take()),
                Ok(Frame::Refused { error, .. }) | Err(error) => {
                    if let (Error::SignIn(why), Ok(client)) = (&error, self.store.session.rekuest()) {
                        renew(client, why).await;
                    }
                    break Ended::Broken(error);
                }
            };
            let Some(event) = event.filter(|event| event.task == task) else { continue };
            if event.kind.state() != Some(TaskState::Disconnected) {
                hearer.answered();
            }
            let (state, why) = (event.kind.state(), event.message.clone());
            if hearer.take(event).await.is_break() {
                break Ended::Whole;
            }
            match state {
                Some(TaskState::Done | TaskState::Cancelled) => return Ended::Whole,
                Some(TaskState::Failed) if why.as_deref() == Some(FOLLOW_AGAIN) => return Ended::Again,
                Some(TaskState::Failed) => {
                    return Ended::Broken(Error::Refused(why.unwrap_or_else(|| "the engine failed".into())));
                }
                Some(TaskState::Disconnected) => return Ended::Broken(Error::Offline(self.engine.name.clone())),
                _ => {}
            }
        };
        self.store.cancel(&task).await.ok();
        ended
    }
}
