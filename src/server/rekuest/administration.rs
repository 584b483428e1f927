//! What may be done to agents besides giving them work.

use super::super::changes::Event;
use super::super::clock;
use super::super::identity::Identity;
use super::super::store::rekuest::agents::{self, AgentRow, Pin};
use super::super::store::rekuest::capabilities::{self, ImplementationRow, Offer, Registered, Registration};
use super::super::store::rekuest::outbox;
use super::super::store::rekuest::tasks;
use super::super::store::{Error, Result};
use super::feed::News;
use super::hub::Order;
use super::work::{Rekuest, Said};

impl Rekuest {
    /// Finds or makes the caller's agent.
    pub async fn ensure_agent(
        &self,
        identity: &Identity,
        name: Option<String>,
        kind: &'static str,
    ) -> Result<AgentRow> {
        let (organisation_id, client_row) = (identity.organisation_id, identity.client_row);
        let name = name.filter(|name| !name.is_empty());
        let (agent, created) = self
            .store
            .write(move |transaction| agents::ensure(transaction, organisation_id, client_row, name.as_deref(), kind))
            .await?;
        if created {
            self.tell(News::Agent { agent: Box::new(agent.clone()), event: Event::Created });
        }
        Ok(agent)
    }

    /// Makes the caller's agent what it declares.
    pub async fn implement(&self, identity: &Identity, wanted: Registration) -> Result<AgentRow> {
        let agent = self.ensure_agent(identity, wanted.name.clone(), "WEBSOCKET").await?;
        let (organisation_id, id) = (agent.organisation_id, agent.id);
        let (agent, changed) = self
            .store
            .write(move |transaction| {
                let changed = capabilities::register(transaction, organisation_id, id, &wanted, clock::now())?;
                Ok((agents::get(transaction, organisation_id, id)?, changed))
            })
            .await?;
        self.tell_registered(&agent, changed);
        Ok(agent)
    }

    /// Adds or replaces one implementation of the caller's agent.
    pub async fn implement_one(&self, identity: &Identity, offer: Offer) -> Result<ImplementationRow> {
        let agent = self.ensure_agent(identity, None, "WEBSOCKET").await?;
        let (organisation_id, id) = (agent.organisation_id, agent.id);
        let (row, changed) = self
            .store
            .write(move |transaction| {
                let mut changed = Registered::default();
                let row = capabilities::offer(transaction, (organisation_id, id), &offer, clock::now(), &mut changed)?;
                Ok((capabilities::get_implementation(transaction, organisation_id, row)?, changed))
            })
            .await?;
        self.tell_registered(&agent, changed);
        Ok(row)
    }

    fn tell_registered(&self, agent: &AgentRow, changed: Registered) {
        let (organisation_id, agent_id) = (agent.organisation_id, agent.id);
        self.tell_all(changed.actions.into_iter().map(|id| News::Action { organisation_id, id }));
        for (ids, event) in
            [(changed.created, Event::Created), (changed.updated, Event::Updated), (changed.deleted, Event::Deleted)]
        {
            self.tell_all(ids.into_iter().map(|id| News::Implementation { organisation_id, agent_id, id, event }));
        }
        self.tell(News::Agent { agent: Box::new(agent.clone()), event: Event::Updated });
    }

    /// Removes an implementation.
    pub async fn delete_implementation(&self, organisation_id: i64, id: i64) -> Result<()> {
        let row = self
            .store
            .write(move |transaction| {
                let row = capabilities::get_implementation(transaction, organisation_id, id)?;
                capabilities::delete_implementation(transaction, id)?;
                Ok(row)
            })
            .await?;
        self.tell(News::Implementation { organisation_id, agent_id: row.agent_id, id, event: Event::Deleted });
        Ok(())
    }

    /// Changes an agent's row and tells it.
    pub async fn change_agent<F>(&self, organisation_id: i64, id: i64, change: F) -> Result<AgentRow>
    where
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<()> + Send + 'static,
    {
        let agent = self
            .store
            .write(move |transaction| {
                agents::get(transaction, organisation_id, id)?;
                change(transaction)?;
                agents::get(transaction, organisation_id, id)
            })
            .await?;
        self.tell(News::Agent { agent: Box::new(agent.clone()), event: Event::Updated });
        Ok(agent)
    }

    /// Renames an agent.
    pub async fn rename_agent(&self, organisation_id: i64, id: i64, name: String) -> Result<AgentRow> {
        self.change_agent(organisation_id, id, move |transaction| agents::rename(transaction, id, &name)).await
    }

    /// Pins or unpins an agent.
    pub async fn pin_agent(&self, organisation_id: i64, id: i64, pin: Pin) -> Result<AgentRow> {
        self.change_agent(organisation_id, id, move |transaction| agents::pin(transaction, id, pin)).await
    }

    /// Locks an agent out, and its socket with it.
    pub async fn block_agent(&self, organisation_id: i64, id: i64, reason: Option<String>) -> Result<AgentRow> {
        let agent = self.change_agent(organisation_id, id, move |transaction| agents::block(transaction, id)).await?;
        self.hub.order(id, Order::Block { reason });
        Ok(agent)
    }

    /// Lets an agent in again.
    pub async fn unblock_agent(&self, organisation_id: i64, id: i64) -> Result<AgentRow> {
        self.change_agent(organisation_id, id, move |transaction| agents::unblock(transaction, id)).await
    }

    /// Asks an agent's socket to do something, if it is connected.
    pub async fn order_agent(&self, organisation_id: i64, id: i64, order: Order) -> Result<AgentRow> {
        let agent = self.store.read(move |connection| agents::get(connection, organisation_id, id)).await?;
        self.hub.order(id, order);
        Ok(agent)
    }

    /// Tells all agents of the organisation which memory they may free.
    pub async fn collect(&self, organisation_id: i64, drawers: &[String]) -> Result<()> {
        let clause = super::super::store::clause::Clause::equals("a.organisation_id", organisation_id);
        let part = super::super::store::clause::Part::by("a.id");
        for agent in self.store.read(move |connection| agents::find(connection, clause, &part)).await? {
            self.hub.order(agent.id, Order::Collect { drawers: drawers.to_vec() });
        }
        Ok(())
    }

    /// Removes an agent. Its open tasks end, since nobody else can end them.
    pub async fn delete_agent(&self, organisation_id: i64, id: i64) -> Result<()> {
        let rekuest = self.clone();
        let (agent, mut news) = self
            .store
            .write(move |transaction| {
                let agent = agents::get(transaction, organisation_id, id)?;
                if agent.connected {
                    let text = "The agent is connected; stop it first, or block it";
                    return Err(Error::Refused(text.to_owned()));
                }
                let mut news = Vec::new();
                for task in tasks::open_of_agent(transaction, id)? {
                    outbox::drop_task(transaction, task.id)?;
                    let said = Said::because("CRITICAL", "Its agent was removed");
                    news.push(rekuest.write_event(transaction, &task, said)?);
                }
                agents::delete(transaction, id)?;
                Ok((agent, news))
            })
            .await?;
        news.push(News::Agent { agent: Box::new(agent), event: Event::Deleted });
        self.tell_all(news);
        Ok(())
    }
}
