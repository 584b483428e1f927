//! What an engine would fetch is asked for when an install sheet shows its plan, once for each engine and flavour, and kept
//! for as long as that sheet is there. The sheet waits for nothing.

use super::App;
use crate::compat::{Candidate, is_fetched};
use crate::domain::{EngineId, Failure, Fetching, FlavourId, Remote, Speed, clean_line};
use crate::tui::effect::Effect;
use crate::tui::overlays::{Overlay, Sheet, Stage};

/// Which answer is meant.
type Key = (FlavourId, EngineId);

fn key(best: &Candidate<'_>) -> Key {
    (best.flavour.id.clone(), best.engine.id.clone())
}

impl App {
    /// What is known of what an engine would fetch.
    pub(in crate::tui) fn fetching(&self, best: &Candidate<'_>) -> &Remote<Option<Fetching>> {
        self.data.fetches.told.get(&key(best)).unwrap_or(&Remote::Absent)
    }

    /// Whether the engine can be asked: it listens, we may ask, and it is not known already.
    pub(in crate::tui) fn may_ask_fetching(&self, best: &Candidate<'_>) -> bool {
        is_fetched(&best.flavour.image) && best.engine.is_online() && self.is_live() && self.bar().is_none()
    }

    /// The question about the plan that is read, where it has not been asked. Over a slow link it waits until somebody
    /// asks for it by hand.
    pub(super) fn fetching_wish(&mut self) -> Option<Effect> {
        let Some(Overlay::Sheet(sheet)) = &self.overlay else { return None };
        if matches!(sheet.stage, Stage::Choosing(_)) || self.net.speed == Speed::Slow && !self.data.fetches.is_wanted {
            return None;
        }
        let best = sheet.plan(self)?.ok()?.best;
        if !self.may_ask_fetching(&best) || !matches!(self.fetching(&best), Remote::Absent) {
            return None;
        }
        let (key, engine) = (key(&best), Box::new(best.engine.clone()));
        let flavour = key.0.clone();
        self.data.fetches.told.entry(key).or_default().start();
        Some(Effect::Fetching(flavour, engine))
    }

    /// Another sheet is opened: what was told may be other by now.
    pub(in crate::tui) fn forget_fetching(&mut self) {
        self.data.fetches.told.retain(|_, told| told.is_loading());
        self.data.fetches.is_wanted = false;
    }

    /// Somebody wants to know it anew.
    pub(in crate::tui) fn ask_fetching_again(&mut self, sheet: &Sheet) {
        self.data.fetches.is_wanted = true;
        let Some(key) = sheet.plan(self).and_then(Result::ok).map(|plan| key(&plan.best)) else { return };
        if !self.data.fetches.told.get(&key).is_some_and(Remote::is_loading) {
            self.data.fetches.told.remove(&key);
        }
    }

    /// Takes an answer in.
    pub(super) fn settle_fetching(&mut self, key: Key, told: Result<Option<Fetching>, Failure>) {
        let told = told.map(|told| {
            told.map(|told| match told {
                Fetching::Unknown(why) => Fetching::Unknown(clean_line(&why)),
                other => other,
            })
        });
        self.data.fetches.told.entry(key).or_default().settle(told);
    }
}
