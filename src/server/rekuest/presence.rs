//! Agents that come, stay and go.

use super::super::changes::Event;
use super::super::clock;
use super::super::store::rekuest::agents::{self, AgentRow};
use super::super::store::rekuest::outbox::{self, FrameRow};
use super::super::store::rekuest::settle::Cause;
use super::super::store::rekuest::tasks;
use super::super::store::{Error, Result};
use super::feed::News;
use super::work::Rekuest;

/// Frames that are read from the outbox at once.
const AT_ONCE: i64 = 64;

impl Rekuest {
    /// The agent that a client has registered, if any.
    pub async fn agent_of(&self, client_row: i64) -> Result<Option<AgentRow>> {
        self.store.read(move |connection| agents::of_client(connection, client_row)).await
    }

    /// The agent's socket is open. Gives the open tasks that it has to tell about.
    pub async fn arrive(&self, agent: &AgentRow, session: Option<String>) -> Result<Vec<i64>> {
        let rekuest = self.clone();
        let (organisation_id, id) = (agent.organisation_id, agent.id);
        let (inquiries, news) = self
            .store
            .write(move |transaction| {
                let agent = agents::get(transaction, organisation_id, id)?;
                let restarted = matches!((&agent.session, &session), (Some(old), Some(new)) if old != new);
                let mut news = Vec::new();
                let mut inquiries = Vec::new();
                let waiting = outbox::waiting_assignments(transaction, id)?;
                if restarted {
                    let mut unsent = Vec::new();
                    for task in waiting {
                        if outbox::is_unsent(transaction, task)? {
                            unsent.push(task);
                        }
                    }
                    news = rekuest.settle(transaction, &agent, Cause::Restarted)?;
                    unsent.extend(outbox::waiting_assignments(transaction, id)?);
                    outbox::drop_others(transaction, id, &unsent)?;
                } else {
                    let open = tasks::open_of_agent(transaction, id)?;
                    inquiries = open.into_iter().map(|task| task.id).filter(|task| !waiting.contains(task)).collect();
                }
                agents::connected(transaction, id, session.as_deref(), clock::now())?;
                let agent = Box::new(agents::get(transaction, organisation_id, id)?);
                news.push(News::Agent { agent, event: Event::Updated });
                Ok((inquiries, news))
            })
            .await?;
        self.tell_all(news);
        Ok(inquiries)
    }

    /// The agent answered.
    pub async fn renew(&self, agent_id: i64, confirmed: i64) -> Result<()> {
        self.store
            .write(move |transaction| {
                agents::seen(transaction, agent_id, clock::now())?;
                if confirmed > 0 {
                    outbox::confirm(transaction, agent_id, confirmed)?;
                }
                Ok(())
            })
            .await
    }

    /// The agent's socket is gone.
    pub async fn depart(&self, organisation_id: i64, agent_id: i64) -> Result<()> {
        let agent = self
            .store
            .write(move |transaction| {
                agents::lost(transaction, agent_id, clock::now())?;
                match agents::get(transaction, organisation_id, agent_id) {
                    Ok(agent) => Ok(Some(agent)),
                    Err(Error::Missing(_)) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .await?;
        self.tell_all(agent.map(|agent| News::Agent { agent: Box::new(agent), event: Event::Updated }));
        Ok(())
    }

    /// The next frames for an agent after the one that was sent last.
    pub async fn next_frames(&self, agent_id: i64, after: i64) -> Result<Vec<FrameRow>> {
        self.store.write(move |transaction| outbox::take(transaction, agent_id, after, AT_ONCE)).await
    }
}
