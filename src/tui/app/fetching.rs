//! What an engine would fetch is asked for when an install sheet shows its plan, or the page of an app where it would be
//! installed best; once for each engine and flavour, and kept for as long as that is there. Neither waits for it.

use super::{App, Page, Presence, Tab};
use crate::compat::{self, Candidate, is_fetched};
use crate::domain::{EngineId, Failure, Fetching, FlavourId, Portion, Release, Remote, Speed, clean_line, human_bytes};
use crate::tui::data::{Asked, Fetches};
use crate::tui::effect::Effect;
use crate::tui::overlays::{Overlay, Sheet, Stage};
use crate::tui::widgets::text::width;

/// What was told may be other after so many milliseconds: another sheet asks anew.
const HOLDS: i64 = 60_000;

/// Which answer is meant.
type Key = (FlavourId, EngineId);

fn key(best: &Candidate<'_>) -> Key {
    (best.flavour.id.clone(), best.engine.id.clone())
}

/// `7 of 11 layers there`; nothing where none is.
fn there(part: &Portion) -> Option<String> {
    (part.here > 0).then(|| format!("{} of {} layers there", part.here, part.layers))
}

impl App {
    /// What is known of what an engine would fetch.
    pub(in crate::tui) fn fetching(&self, best: &Candidate<'_>) -> &Remote<Option<Fetching>> {
        self.data.fetches.asked.get(&key(best)).map_or(&Remote::Absent, |asked| &asked.answer)
    }

    /// Whether the engine can be asked: it listens, we may ask, and it is not known already.
    pub(in crate::tui) fn may_ask_fetching(&self, best: &Candidate<'_>) -> bool {
        is_fetched(&best.flavour.image) && best.engine.is_online() && self.is_live() && self.bar().is_none()
    }

    /// The question about the plan that is read, where it has not been asked. Over a slow link it waits until somebody
    /// asks for it by hand.
    pub(super) fn fetching_wish(&mut self) -> Option<Effect> {
        let is_slow = self.net.speed == Speed::Slow;
        let best = match &self.overlay {
            Some(Overlay::Sheet(sheet)) => {
                if matches!(sheet.stage, Stage::Choosing(_)) || is_slow && !self.data.fetches.is_wanted {
                    return None;
                }
                sheet.plan(self)?.ok()?.best
            }
            None if !is_slow => {
                let Some(Page::App(page)) = self.pages.last().filter(|_| self.presence != Presence::Away) else {
                    return None;
                };
                self.best_place(self.release_of(page).filter(|_| page.tab == Tab::Overview)?)?
            }
            _ => return None,
        };
        if !self.may_ask_fetching(&best) || !matches!(self.fetching(&best), Remote::Absent) {
            return None;
        }
        let (key, engine) = (key(&best), Box::new(best.engine.clone()));
        let flavour = key.0.clone();
        self.data.fetches.asked.insert(key, Asked { at: self.now, answer: Remote::Loading { old: None } });
        Some(Effect::Fetching(flavour, engine))
    }

    /// Where a release would be installed, if nobody wishes anything.
    fn best_place<'a>(&'a self, release: &'a Release) -> Option<Candidate<'a>> {
        Some(compat::plan(release, self.data.engines(), compat::Wish::default()).ok()?.best)
    }

    /// How much of a release's image would be fetched where it would be installed, once that is known; in so many cells how
    /// much of it is there already, too.
    pub(in crate::tui) fn fetching_words(&self, release: &Release, room: usize) -> Option<String> {
        // Lists draw this at every key: nothing is ranked for what nobody has asked.
        let best = self.best_place(release).filter(|_| !self.data.fetches.asked.is_empty())?;
        let place = &best.engine.name;
        Some(match self.told_of(&best)? {
            Fetching::Part(part) if part.bytes > 0 => {
                let words = format!("{} to fetch on {place}", human_bytes(part.bytes));
                let longer = there(part).map(|there| format!("{words}: {there}"));
                longer.filter(|longer| width(longer) <= room).unwrap_or(words)
            }
            _ => format!("nothing to fetch on {place}"),
        })
    }

    /// How much of its image an engine has, or would fetch, once that is known.
    pub(in crate::tui) fn to_fetch(&self, best: &Candidate<'_>) -> Option<String> {
        Some(match self.told_of(best)? {
            Fetching::Part(part) if part.bytes > 0 => {
                there(part).unwrap_or_else(|| format!("{} to fetch", human_bytes(part.bytes)))
            }
            _ => "nothing to fetch".to_owned(),
        })
    }

    /// What an engine told of an image; not why it cannot tell.
    fn told_of(&self, best: &Candidate<'_>) -> Option<&Fetching> {
        self.fetching(best).value()?.as_ref().filter(|told| !matches!(told, Fetching::Unknown(_)))
    }

    /// Another sheet is opened: what was told a while ago may be other by now.
    pub(in crate::tui) fn forget_fetching(&mut self) {
        let Fetches { asked, is_wanted } = &mut self.data.fetches;
        asked.retain(|_, asked| asked.answer.is_loading() || self.now.0 - asked.at.0 < HOLDS);
        *is_wanted = false;
    }

    /// An installation has ended on the engine of that client: what it would fetch is another question now.
    pub(super) fn forget_fetching_of(&mut self, client: &str) {
        let Some(engine) = self.data.engines().iter().find(|engine| engine.client_id == client) else { return };
        let engine = engine.id.clone();
        self.data.fetches.asked.retain(|(_, of), asked| *of != engine || asked.answer.is_loading());
    }

    /// Somebody wants to know it anew.
    pub(in crate::tui) fn ask_fetching_again(&mut self, sheet: &Sheet) {
        self.data.fetches.is_wanted = true;
        let Some(key) = sheet.plan(self).and_then(Result::ok).map(|plan| key(&plan.best)) else { return };
        if !self.data.fetches.asked.get(&key).is_some_and(|asked| asked.answer.is_loading()) {
            self.data.fetches.asked.remove(&key);
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
        let asked = self.data.fetches.asked.entry(key);
        asked.or_insert(Asked { at: self.now, answer: Remote::Absent }).answer.settle(told);
    }
}
