//! What a doctor asks of a server: its generation, what it has, and how its changes get here.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;

use super::super::socket::{self, Frame};
use super::changes::Service;
use super::{Error, Result, Store, Topic};

/// Which Kabinet it is, by what it has. Servers tell no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Kabinet 2.0 and its kin.
    First,
    /// The newest that is known.
    Newest,
    /// kab's own, which has more than both.
    Own,
}

/// What a Kabinet has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// Its generation.
    pub generation: Generation,
    /// What it has of all that kab could use, in words.
    pub has: Vec<&'static str>,
    /// What it has not.
    pub lacks: Vec<&'static str>,
}

/// How the changes of a service get here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushes {
    /// Lists whose changes come at once.
    pub pushed: Vec<Topic>,
    /// Lists that have to be read again and again, because the server has no subscription for them.
    pub polled: Vec<Topic>,
    /// Lists whose subscription the server refused, and its words.
    pub refused: Vec<(Topic, String)>,
}

impl Store {
    /// What Kabinet has, and so which one it is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn features(&self) -> Result<Features> {
        let has = self.capabilities().await?;
        let all = [
            (has.flavours, "flavours with size and withdrawal"),
            (has.selectors, "needs with weights"),
            (has.kinds, "kinds of nodes"),
            (has.pods, "times, reasons and owners of pods"),
            (has.resources, "age of facts"),
            (has.repositories, "results of scans"),
            (has.readmes, "READMEs"),
            (has.choices, "choice between repositories"),
            (has.removal, "removal of repositories"),
            (has.approvals, "approvals"),
            (has.pod_events, "pushed changes of pods"),
            (has.catalogue_events, "pushed changes of the catalogue"),
        ];
        let (has_it, lacks): (Vec<_>, Vec<_>) = all.into_iter().partition(|(has, _)| has.is_yes());
        let words = |list: Vec<(_, &'static str)>| list.into_iter().map(|(_, words)| words).collect();
        let generation = match (has.repositories.is_yes(), has.kinds.is_yes()) {
            (true, _) => Generation::Own,
            (false, true) => Generation::Newest,
            (false, false) => Generation::First,
        };
        Ok(Features { generation, has: words(has_it), lacks: words(lacks) })
    }

    /// Subscribes Kabinet's changes for a moment.
    ///
    /// # Errors
    /// When no socket can be opened, or it is lost within that moment.
    pub async fn kabinet_pushes(&self, moment: Duration) -> Result<Pushes> {
        self.pushes(Service::Kabinet, moment).await
    }

    /// Subscribes Rekuest's changes for a moment.
    ///
    /// # Errors
    /// As [`Self::kabinet_pushes`].
    pub async fn rekuest_pushes(&self, moment: Duration) -> Result<Pushes> {
        self.pushes(Service::Rekuest, moment).await
    }

    async fn pushes(&self, service: Service, moment: Duration) -> Result<Pushes> {
        let client = self.client_of(service)?;
        let (operations, polled) = self.operations(service).await?;
        let (mut pushed, bodies): (Vec<Topic>, Vec<Value>) = operations.into_iter().unzip();
        if bodies.is_empty() {
            return Ok(Pushes { polled, ..Pushes::default() });
        }
        let mut frames = Box::pin(socket::subscribe(client, &bodies).await?);
        let mut refused = Vec::new();
        // A subscription that is taken says nothing; one that is not is refused at once.
        let until = tokio::time::Instant::now() + moment;
        while let Ok(frame) = tokio::time::timeout_at(until, frames.next()).await {
            match frame {
                Some(Ok(Frame::Refused { operation, error })) => refused.push((pushed[operation], error.to_string())),
                Some(Ok(Frame::Next { .. })) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(Error::Deadline { service: client.service().to_owned(), after: Duration::ZERO }),
            }
        }
        pushed.retain(|topic| !refused.iter().any(|(other, _)| other == topic));
        Ok(Pushes { pushed, polled, refused })
    }
}
