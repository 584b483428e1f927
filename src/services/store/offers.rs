//! Actions of an engine beyond the known verbs, asked for with values that somebody typed.

use serde_json::{Map, Value};

use super::super::{
    documents::{Interrupt, Offers, interrupt, offers},
    wire,
};
use super::page::{self, Page};
use super::{Error, Result, Store, work::Keeping};
use crate::domain::{Engine, Offer, Task, TaskId};

impl Store {
    /// What an engine offers beyond the known verbs, by name.
    ///
    /// # Errors
    /// When Rekuest cannot be asked.
    pub async fn offers(&self, engine: &Engine) -> Result<Vec<Offer>> {
        let mut offers = self.all_offers(engine).await?;
        offers.retain(Offer::is_beyond_verbs);
        Ok(offers)
    }

    /// Everything that an engine offers, by name.
    ///
    /// # Errors
    /// When Rekuest cannot be asked.
    pub async fn all_offers(&self, engine: &Engine) -> Result<Vec<Offer>> {
        let variables = |offset, limit| offers::Variables {
            filters: Some(offers::ImplementationFilter {
                agent: Some(offers::ImplementationAgentFilter { client_id: Some(engine.client_id.clone()), ids: None }),
                action: None,
            }),
            pagination: Some(offers::OffsetPaginationInput { offset, limit: Some(limit) }),
        };
        let client = self.session.rekuest()?;
        let found = page::list::<Offers, wire::Offer>(client, "implementations", Page::ALL, variables).await?;
        let mut offers: Vec<_> = found.into_iter().map(wire::Offer::into_domain).collect();
        offers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        Ok(offers)
    }

    /// Asks for an offer; `values` are in the wire form, by port.
    ///
    /// # Errors
    /// When the server refuses, or cannot be asked.
    pub async fn take_offer(&self, engine: &Engine, offer: &Offer, values: Map<String, Value>) -> Result<Task> {
        if !engine.is_online() {
            return Err(Error::Offline(engine.name.clone()));
        }
        self.assign_to(engine, offer.id.as_str(), values, Keeping::Whole).await
    }

    /// Interrupts a task: the last resort where its agent does not answer a cancel. Some agents die of it.
    ///
    /// # Errors
    /// When the task has ended already, or Rekuest cannot be asked.
    pub async fn interrupt(&self, task: &TaskId) -> Result<()> {
        let input = interrupt::InterruptInput { task: task.as_str().to_owned() };
        self.session.rekuest()?.post::<Interrupt>(interrupt::Variables { input }).await?;
        Ok(())
    }
}
