//! Pods that are said to live while nobody can confirm it: their engine is offline or gone, or has gone silent.

use super::{Engine, Liveness, Moment, Pod};

/// An engine of kab says every ten minutes that it still looks. One that is connected and has said nothing three times
/// over does not look any more, whatever its connection says.
const LOOKS: i64 = 3 * 600_000;

/// Why a pod's record is needed, and not to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Its engine is online: whoever can remove the pod itself does that.
    ToRemoveIt,
    /// Nobody can tell whether its engine is online.
    PerhapsToRemoveIt,
}

impl Pod {
    /// Why its record must not be forgotten; `None`: it may. The engine is `None` where it is known to be gone.
    pub fn needed(&self, engine: Option<&Engine>, now: Moment) -> Option<Needed> {
        match engine? {
            engine if engine.is_online() => (!self.is_ghost(Some(engine), now)).then_some(Needed::ToRemoveIt),
            engine => (engine.liveness == Liveness::Unknown).then_some(Needed::PerhapsToRemoveIt),
        }
    }

    /// Whether it is said to live while nobody can confirm it; `None` where its engine is known to be gone.
    pub fn is_ghost(&self, engine: Option<&Engine>, now: Moment) -> bool {
        if !self.status.is_alive() {
            return false;
        }
        match engine {
            // An engine of another kind may never say that it looks; then its connection is all there is.
            Some(engine) if engine.is_online() => {
                let is_ours = engine.resources.iter().any(|resource| resource.facts.get("engine.kind").is_some());
                let tells = is_ours && engine.reported_at().is_some();
                tells && self.confirmed_at(Some(engine), now).is_some_and(|at| now.0 - at.0 > LOOKS)
            }
            Some(engine) => matches!(engine.liveness, Liveness::Offline { .. }),
            None => true,
        }
    }

    /// When its state was confirmed last, as far as anybody can tell.
    pub fn confirmed_at(&self, engine: Option<&Engine>, now: Moment) -> Option<Moment> {
        let seen = match engine.map(|engine| engine.liveness) {
            Some(Liveness::Offline { last_seen }) => last_seen.or(self.updated_at),
            Some(_) => engine.and_then(Engine::reported_at).max(self.updated_at),
            None => self.updated_at,
        };
        seen.filter(|at| *at <= now)
    }
}

/// The pods of a server with its engines, which say whether anybody can confirm them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// The pods.
    pub pods: Vec<Pod>,
    /// The engines; none where the server did not tell them, and then nothing is doubted.
    pub engines: Vec<Engine>,
    /// We as the server knows us; empty where nobody says.
    pub me: String,
}

impl Inventory {
    /// The engine of a pod.
    pub fn engine(&self, pod: &Pod) -> Option<&Engine> {
        self.engines.iter().find(|engine| engine.id == pod.engine)
    }

    /// Whether a pod is said to live while nobody can confirm it.
    pub fn is_ghost(&self, pod: &Pod, now: Moment) -> bool {
        !self.engines.is_empty() && pod.is_ghost(self.engine(pod), now)
    }
}
