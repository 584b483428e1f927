//! How far and how fast images are pulled.

use crate::domain::{LayerState, Moment, Phase, PullProgress, Task, TaskKind};

/// How fast a pull goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pull {
    /// The newest state of the layers; never goes backwards.
    pub layers: PullProgress,
    /// Bytes at a moment, the oldest first; a few seconds' worth.
    samples: Vec<(Moment, u64)>,
}

impl Pull {
    /// Bytes a second over the samples; `None` before there are two.
    pub fn rate(&self) -> Option<u64> {
        let ((from, low), (until, high)) = (self.samples.first()?, self.samples.last()?);
        let milliseconds = u64::try_from(until.0 - from.0).ok().filter(|span| *span >= 500)?;
        Some((high - low) * 1000 / milliseconds)
    }

    /// Takes in the newest state of the layers.
    pub(super) fn note(&mut self, layers: PullProgress, at: Moment) {
        for layer in layers.layers {
            let bytes = (layer.current, layer.total);
            self.layers.note(&layer.id, LayerState::Downloading, Some(bytes));
            self.layers.note(&layer.id, layer.state, Some(bytes));
        }
        let bytes = self.layers.bytes().0;
        self.samples.push((at, bytes));
        self.samples.retain(|(then, _)| at.0 - then.0 <= 10_000);
    }
}

/// The layers in a task's newest message.
pub(super) fn pull_of(task: &Task) -> Option<PullProgress> {
    (task.kind == TaskKind::Install).then_some(())?;
    PullProgress::parse(task.message.as_deref()?).filter(|pull| !pull.layers.is_empty())
}

impl super::Data {
    /// How the pull goes that a task is in.
    pub fn pull_now(&self, task: &Task) -> Option<&Pull> {
        let is_later = task.phase().is_some_and(|phase| phase > Phase::Pull);
        self.pulls.get(&task.id).filter(|_| !is_later && !task.state.is_done())
    }

    /// How much of a task's step is done, and of how much, where both can be told. What was seen of a pull never goes back.
    pub fn portion(&self, task: &Task) -> Option<(u64, u64)> {
        let Some(pull) = self.pull_now(task) else { return task.portion() };
        let (current, total) = pull.layers.bytes();
        Some((current, total?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_never_goes_backwards_and_tells_its_rate() {
        let at = |bytes| {
            let mut layers = PullProgress::default();
            layers.note("a", LayerState::Downloading, Some((bytes, Some(1_000))));
            layers
        };
        let mut pull = Pull::default();
        pull.note(at(100), Moment(0));
        assert_eq!(pull.rate(), None);
        pull.note(at(500), Moment(2_000));
        pull.note(at(50), Moment(4_000));
        assert_eq!((pull.layers.bytes().0, pull.rate()), (500, Some(100)));
    }
}
