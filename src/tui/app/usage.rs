//! What pods use, asked of their engines while somebody looks at pods, and never over a slow link or while nobody looks:
//! nobody asked for it by a key.

use std::collections::{BTreeSet, HashMap};

use super::presence::Presence;
use super::{App, Order, Page, Target};
use crate::domain::{EngineId, Moment, Pod, PodId, PodStatus, PodUsage, Speed};
use crate::tui::action::Screen;
use crate::tui::effect::Effect;

/// Somebody looks at pods when they have been on the screen for so many milliseconds.
const RESTS: i64 = 700;
/// Whoever only looks something up elsewhere finds them measured still.
const LINGERS: i64 = 15_000;
/// An engine that would not tell is asked again after so many milliseconds.
const AGAIN: i64 = 10 * 60_000;
/// A reading that is older than so many milliseconds tells nothing any more: engines tell every 3 or 15 seconds.
const OLD: i64 = 60_000;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Usage {
    readings: HashMap<PodId, (PodUsage, Moment)>,
    /// Engines that have been asked.
    asked: BTreeSet<EngineId>,
    /// Engines that told that they will say no more, and when.
    ended: HashMap<EngineId, Moment>,
    /// Since when pods are looked at.
    since: Option<Moment>,
    /// When they were looked at last.
    seen: Option<Moment>,
}

impl Usage {
    /// Whether anything was ever measured here.
    pub fn is_known(&self) -> bool {
        !self.readings.is_empty()
    }
}

/// What is known of a pod's use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading<'a> {
    /// This, a moment ago.
    Fresh(&'a PodUsage),
    /// Something that holds no more.
    Old,
    /// Nothing.
    None,
}

impl App {
    /// What a pod uses.
    pub fn reading(&self, pod: &Pod) -> Reading<'_> {
        match self.usage.readings.get(&pod.id) {
            Some(_) if pod.status != PodStatus::Running => Reading::None,
            Some((_, at)) if self.now.0 - at.0 > OLD || self.is_ghost(pod) => Reading::Old,
            Some((reading, _)) => Reading::Fresh(reading),
            None => Reading::None,
        }
    }

    /// Whether pods are on the screen.
    fn looks_at_pods(&self) -> bool {
        match self.pages.last() {
            None => self.screen == Screen::Pods,
            Some(Page::Thing(Target::Pod(_), _)) => true,
            Some(_) => false,
        }
    }

    /// Asks engines whose pods are looked at, when it is time, and leaves the others.
    pub(super) fn settle_usage(&mut self) -> Vec<Effect> {
        let may = self.is_live() && self.net.speed == Speed::Usual && self.presence != Presence::Away;
        let looks = may && self.looks_at_pods();
        let now = self.now;
        if looks {
            self.usage.since.get_or_insert(now);
            self.usage.seen = Some(now);
        } else {
            self.usage.since = None;
            if self.usage.asked.is_empty() {
                return Vec::new();
            }
        }
        let rests = self.usage.since.is_some_and(|since| now.0 - since.0 >= RESTS);
        let lingers = !self.usage.asked.is_empty() && self.usage.seen.is_some_and(|seen| now.0 - seen.0 < LINGERS);
        let wanted = if may && (rests || lingers) { self.engines_to_ask() } else { BTreeSet::new() };
        if wanted == self.usage.asked {
            return Vec::new();
        }
        let asked = std::mem::replace(&mut self.usage.asked, wanted);
        let left = asked.difference(&self.usage.asked).cloned().map(Effect::LeaveUsage);
        let more = self.usage.asked.difference(&asked).filter_map(|id| self.data.engine(id));
        left.chain(more.map(|engine| Effect::WatchUsage(Box::new(engine.clone())))).collect()
    }

    /// Engines that listen, have pods that run, and have not refused.
    fn engines_to_ask(&self) -> BTreeSet<EngineId> {
        let running = self.data.pods().iter().filter(|pod| pod.status == PodStatus::Running);
        let engines: BTreeSet<&EngineId> = running.map(|pod| &pod.engine).collect();
        let may_ask = |id: &EngineId| {
            let has_refused = self.usage.ended.get(id).is_some_and(|at| self.now.0 - at.0 < AGAIN);
            !has_refused && self.data.engine(id).is_some_and(crate::domain::Engine::is_online)
        };
        engines.into_iter().filter(|id| may_ask(id)).cloned().collect()
    }

    /// Takes in what an engine has measured.
    pub(super) fn take_usage(&mut self, engine: &EngineId, readings: Vec<PodUsage>) {
        if !self.usage.asked.contains(engine) {
            return;
        }
        let is_its = |id: &PodId| self.data.pod(id).is_some_and(|pod| pod.engine == *engine);
        self.usage.readings.retain(|id, _| !is_its(id));
        let fresh = readings.into_iter().filter(|reading| is_its(&reading.pod));
        let fresh: Vec<_> = fresh.map(|reading| (reading.pod.clone(), (reading, self.now))).collect();
        self.usage.readings.extend(fresh);
        if matches!(self.list(Screen::Pods).order, Order::Processor | Order::Memory) {
            self.refill_gently(Screen::Pods);
        }
    }

    /// An engine says no more, or cannot.
    pub(super) fn end_usage(&mut self, engine: EngineId) {
        self.usage.asked.remove(&engine);
        self.usage.ended.insert(engine, self.now);
    }

    /// After a new connection everybody is asked anew: those that are asked over the former one are left.
    pub(super) fn forget_usage(&mut self) -> impl Iterator<Item = Effect> + use<> {
        std::mem::take(&mut self.usage).asked.into_iter().map(Effect::LeaveUsage)
    }

    /// When pods have been looked at for long enough, or no more.
    pub(super) fn usage_wakes_at(&self) -> Option<i64> {
        let usage = &self.usage;
        match (usage.since, usage.seen) {
            (Some(since), _) if self.now.0 - since.0 < RESTS => Some(since.0 + RESTS),
            (None, Some(seen)) if !usage.asked.is_empty() => Some(seen.0 + LINGERS),
            _ => None,
        }
    }
}
