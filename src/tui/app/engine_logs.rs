//! What engines say of themselves, as logs: opening them, and asking for them again. What can be done in a log is `logs`.

use super::{App, Page, Target};
use crate::domain::{EngineId, PodId};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::{ENGINE_LOG, LogView, Reach};

impl App {
    /// Why no log of what is chosen can be had; `None`: it can.
    pub(super) fn against_log(&self) -> Option<String> {
        match self.engine_to_hear() {
            Some(id) => self.against_engine_log(&id),
            None => self.log_pods().err(),
        }
    }

    /// The engine whose own log is meant: the chosen one, or that of a task that has no pod, where it offers its log.
    pub(super) fn engine_to_hear(&self) -> Option<EngineId> {
        match self.target()? {
            Target::Engine(id) => Some(id),
            Target::Task(id) if self.meant_pods().is_empty() => {
                let engine = self.data.engine_of_task(self.data.task(&id)?)?;
                let offers = self.data.offers.get(&engine.id)?;
                offers.iter().any(|offer| offer.interface == ENGINE_LOG).then(|| engine.id.clone())
            }
            _ => None,
        }
    }

    /// Why an engine's own log cannot be had. What nobody has asked it is tried.
    fn against_engine_log(&self, id: &EngineId) -> Option<String> {
        let engine = self.data.engine(id)?;
        if !engine.is_online() {
            return Some("it is offline, and what it says of itself is kept nowhere else".into());
        }
        let offers = self.data.offers.get(id)?;
        let has = offers.iter().any(|offer| offer.interface == ENGINE_LOG);
        (!has).then(|| "it offers no log of its own, as only kab's own engines do".into())
    }

    /// Opens what an engine says of itself.
    pub(super) fn open_engine_log(&mut self, id: EngineId) -> Vec<Effect> {
        if let Some(failure) = self.barred("Could not read the log") {
            self.notes.fail(self.now, failure);
            return Vec::new();
        }
        let why = self.against_engine_log(&id);
        let (Some(engine), None) = (self.data.engine(&id).cloned(), &why) else {
            self.notes.say(self.now, format!("No log: {}", why.unwrap_or_else(|| "the engine is gone".into())));
            return Vec::new();
        };
        let ticket = self.ticket();
        let areas = self.areas();
        let size = (areas.width, areas.log_rows());
        let log =
            LogView::new(ticket, PodId::from(""), engine.name.clone(), size).of_engine(id).shown_in(self.log_manner);
        let reach = log.reach;
        self.pages.push(Page::Log(Box::new(log)));
        vec![Effect::EngineLog { ticket, engine: Box::new(engine), reach }]
    }

    /// What is asked for the streams of the log that is looked at.
    pub(super) fn log_effects(&self, tickets: &[Ticket], pods: &[PodId], reach: Reach) -> Vec<Effect> {
        let engine = match self.pages.last() {
            Some(Page::Log(log)) => log.engine.as_ref(),
            _ => None,
        };
        if let Some(id) = engine {
            let engine = self.data.engine(id).cloned().into_iter();
            let asked = tickets.iter().zip(engine);
            let effect =
                |(ticket, engine): (&Ticket, _)| Effect::EngineLog { ticket: *ticket, engine: Box::new(engine), reach };
            return asked.map(effect).collect();
        }
        tickets.iter().zip(pods).filter_map(|(ticket, pod)| self.log_effect(*ticket, pod, reach)).collect()
    }
}
