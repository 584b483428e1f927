//! Where somebody has been, to go back to and forward again (`H`, `L`), as in a browser: screens, pages with their tabs, and
//! logs. Bounded, and of this run and this server only. What is gone meanwhile is not opened again; that is said instead.
//! `-` is another thing: the screen before this one.

use super::moving::Turn;
use super::{App, AppPage, Page, Standing, Target};
use crate::domain::{EngineId, PodId};
use crate::tui::action::Screen;
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::view::counted;

/// Places that are remembered in each direction at most.
const MOST: usize = 50;

/// A page, as it can be opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Leaf {
    App(AppPage),
    Thing(Target, Standing),
    Log(Vec<PodId>),
    EngineLog(EngineId),
    Everywhere,
}

impl Leaf {
    fn of(page: &Page) -> Self {
        match page {
            Page::App(page) => Self::App(page.clone()),
            Page::Thing(target, at) => Self::Thing(target.clone(), at.clone()),
            Page::Log(log) => match &log.engine {
                Some(engine) => Self::EngineLog(engine.clone()),
                None => Self::Log(log.pods().map(|(_, pod)| pod.clone()).collect()),
            },
            Page::Everywhere(_) => Self::Everywhere,
        }
    }

    /// Whether a page is this one; how far it is scrolled makes no other of it.
    fn is(&self, page: &Page) -> bool {
        match (self, page) {
            (Self::App(own), Page::App(page)) => {
                (&own.app, &own.version, own.tab) == (&page.app, &page.version, page.tab)
            }
            (Self::Thing(own, at), Page::Thing(target, now)) => own == target && at.part == now.part,
            (Self::EngineLog(own), Page::Log(log)) => log.engine.as_ref() == Some(own),
            (Self::Log(own), Page::Log(log)) => log.engine.is_none() && own.iter().eq(log.pods().map(|(_, pod)| pod)),
            (Self::Everywhere, Page::Everywhere(_)) => true,
            _ => false,
        }
    }
}

/// A place: a screen with the pages over it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    screen: Screen,
    pages: Vec<Leaf>,
}

/// The places before this one and after it.
#[derive(Debug, Default)]
pub struct History {
    here: Option<Spot>,
    back: Vec<Spot>,
    forward: Vec<Spot>,
}

fn keep(spots: &mut Vec<Spot>, spot: Spot) {
    if spots.len() == MOST {
        spots.remove(0);
    }
    spots.push(spot);
}

impl App {
    fn spot(&self) -> Spot {
        Spot { screen: self.screen, pages: self.pages.iter().map(Leaf::of).collect() }
    }

    /// Before something is done by hand: how the place was left is what one comes back to.
    pub(super) fn note_place(&mut self, message: &Message) {
        if matches!(message, Message::Key(_) | Message::Letters(_) | Message::Asked(_) | Message::Mouse(_)) {
            self.history.here = Some(self.spot());
        }
    }

    /// This is where one begins; nothing led here.
    pub(super) fn begin_history(&mut self) {
        self.history.here = Some(self.spot());
    }

    /// Notes the place that was left, where it was.
    pub(super) fn settle_history(&mut self) {
        let is_here = |spot: &Spot| {
            let pages = spot.pages.iter().zip(&self.pages);
            spot.screen == self.screen
                && spot.pages.len() == self.pages.len()
                && pages.into_iter().all(|(leaf, page)| leaf.is(page))
        };
        if self.history.here.as_ref().is_some_and(is_here) {
            return;
        }
        let now = self.spot();
        if let Some(left) = self.history.here.replace(now) {
            keep(&mut self.history.back, left);
            self.history.forward.clear();
        }
    }

    /// `H` and `L`: the place before this one, or the one after it.
    pub(super) fn travel(&mut self, turn: Turn) -> Vec<Effect> {
        let (from, none) = match turn {
            Turn::Previous => (&mut self.history.back, "There is no place before this one"),
            Turn::Next => {
                (&mut self.history.forward, "There is no place after this one; ⟨history-back⟩ goes to the one before")
            }
        };
        let Some(spot) = from.pop() else {
            self.notes.say(self.now, none);
            return Vec::new();
        };
        if let Some(gone) = spot.pages.last().and_then(|leaf| self.gone(leaf)) {
            let on = if turn == Turn::Previous { "⟨history-back⟩" } else { "⟨history-forward⟩" };
            self.notes.say(self.now, format!("{gone} is not there any more; {on} goes on to another place"));
            return Vec::new();
        }
        let left = self.spot();
        match turn {
            Turn::Previous => keep(&mut self.history.forward, left),
            Turn::Next => keep(&mut self.history.back, left),
        }
        let effects = self.go_back_to(spot);
        self.begin_history();
        effects
    }

    /// What was shown there and is no more, in words.
    fn gone(&self, leaf: &Leaf) -> Option<String> {
        match leaf {
            Leaf::App(page) => self.data.app(&page.app).is_none().then(|| page.app.to_string()),
            Leaf::Thing(target, _) => (!self.is_there(target)).then(|| format!("The {}", target.key())),
            Leaf::Log(pods) if pods.iter().all(|pod| self.data.pod(pod).is_none()) => Some(match pods.as_slice() {
                [one] => format!("The log of pod {one}"),
                several => format!("The log of {}", counted(several.len(), "pod")),
            }),
            Leaf::EngineLog(id) => self.data.engine(id).is_none().then(|| "The engine of that log".to_owned()),
            Leaf::Log(_) | Leaf::Everywhere => None,
        }
    }

    /// Whether a thing is in the list that it belongs to.
    pub(super) fn is_there(&self, target: &Target) -> bool {
        match target {
            Target::App(id) => self.data.app(id).is_some(),
            Target::Node(id) => self.data.node(id).is_some(),
            Target::Pod(id) => self.data.pod(id).is_some(),
            Target::Engine(id) => self.data.engine(id).is_some(),
            Target::Task(id) => self.data.task(id).is_some(),
        }
    }

    fn go_back_to(&mut self, spot: Spot) -> Vec<Effect> {
        let mut effects = self.go(spot.screen);
        // Of the pages below the one that is meant, only those that are there are opened.
        let pages: Vec<Leaf> = spot.pages.into_iter().filter(|leaf| self.gone(leaf).is_none()).collect();
        for leaf in pages {
            match leaf {
                Leaf::App(page) => self.pages.push(Page::App(page)),
                Leaf::Thing(target, at) => {
                    effects.extend(self.open_target(target));
                    if let Some(Page::Thing(_, now)) = self.pages.last_mut() {
                        *now = at;
                    }
                }
                Leaf::Log(pods) => effects.extend(self.open_log_of(&pods)),
                Leaf::EngineLog(id) => effects.extend(self.open_engine_log(id)),
                Leaf::Everywhere => effects.extend(self.open_everywhere("")),
            }
        }
        effects
    }
}
