//! How far a pull is, per layer, and how that travels in the message of a task event.
//!
//! Rekuest's progress is a number and a text. The text's first line is for people on any client;
//! the lines below it carry one layer each, so that kab can draw bars:
//!
//! ```text
//! Pulling image: 2 of 3 layers, 412 MB of 1.60 GB
//! a3ed95ca 12000000/12000000 done
//! 9f2b77e1 310000000/508000000 downloading
//! c0ffee42 0/? waiting
//! ```

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The phases of an install, in their order. Each starts the first line of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waits for the engine.
    Queued,
    /// Checks and choices before anything is fetched.
    Preflight,
    /// The image is fetched.
    Pull,
    /// The container is made and started.
    Start,
    /// The pod is recorded.
    Register,
    /// The pod runs.
    Ready,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Queued, Self::Preflight, Self::Pull, Self::Start, Self::Register, Self::Ready];

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preflight => "preflight",
            Self::Pull => "pull",
            Self::Start => "start",
            Self::Register => "register",
            Self::Ready => "ready",
        }
    }

    /// How messages of the phase begin.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Preflight => "Preflight",
            Self::Pull => "Pulling image",
            Self::Start => "Starting container",
            Self::Register => "Registering pod",
            Self::Ready => "Ready",
        }
    }

    /// The phase that a message speaks of; `None` for another program's words.
    pub fn of_message(message: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| message.starts_with(phase.heading()))
    }
}

/// How far one layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerState {
    /// Not begun.
    Waiting,
    /// Bytes arrive.
    Downloading,
    /// Is unpacked.
    Extracting,
    /// Here.
    Done,
    /// Was here already.
    Cached,
}

impl LayerState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Downloading, Self::Extracting, Self::Done, Self::Cached];

    /// The word on the wire and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Downloading => "downloading",
            Self::Extracting => "extracting",
            Self::Done => "done",
            Self::Cached => "cached",
        }
    }

    /// Whether nothing more is to be fetched.
    pub fn is_here(self) -> bool {
        matches!(self, Self::Done | Self::Cached | Self::Extracting)
    }
}

/// One layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The head of its digest.
    pub id: String,
    /// How far.
    pub state: LayerState,
    /// Bytes here.
    pub current: u64,
    /// Bytes in all; `None` where the engine does not tell.
    pub total: Option<u64>,
}

/// How far a pull is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PullProgress {
    /// In the order in which the engine named them.
    pub layers: Vec<Layer>,
}

impl PullProgress {
    /// Takes in what the engine says of a layer. Bytes and states never go backwards.
    pub fn note(&mut self, id: &str, state: LayerState, bytes: Option<(u64, Option<u64>)>) {
        let at = self.layers.iter().position(|layer| layer.id == id).unwrap_or_else(|| {
            self.layers.push(Layer { id: id.to_owned(), state, current: 0, total: None });
            self.layers.len() - 1
        });
        let layer = &mut self.layers[at];
        if rank(state) > rank(layer.state) {
            layer.state = state;
        }
        if let (LayerState::Downloading, Some((current, total))) = (state, bytes) {
            layer.current = layer.current.max(current);
            layer.total = match (layer.total, total) {
                (Some(old), Some(new)) => Some(old.max(new)),
                (old, new) => old.or(new),
            };
        }
        if layer.state.is_here()
            && let Some(total) = layer.total
        {
            layer.current = total;
        }
    }

    /// The same, with what was known of its layers before it began: sizes, and layers that the engine has not named yet.
    #[must_use]
    pub fn within(&self, plan: &Self) -> Self {
        let mut layers = plan.layers.clone();
        for layer in &self.layers {
            match layers.iter_mut().find(|planned| planned.id == layer.id) {
                // A layer that is here after all takes nothing.
                Some(planned) if layer.state == LayerState::Cached => *planned = layer.clone(),
                Some(planned) => {
                    let total = layer.total.or(planned.total);
                    let current = if layer.state.is_here() { total.unwrap_or(layer.current) } else { layer.current };
                    *planned = Layer { current, total, ..layer.clone() };
                }
                None => layers.push(layer.clone()),
            }
        }
        Self { layers }
    }

    /// Bytes here and bytes in all; the second is `None` while a layer's size is unknown.
    pub fn bytes(&self) -> (u64, Option<u64>) {
        let current = self.layers.iter().map(|layer| layer.current).sum();
        let open = self.layers.iter().any(|layer| layer.total.is_none() && !layer.state.is_here());
        let total = self.layers.iter().filter_map(|layer| layer.total).sum();
        (current, (!open && total > 0).then_some(total))
    }

    /// Bytes in all as far as they are told: there are at least so many. `None` while no layer tells its size.
    pub fn at_least(&self) -> Option<u64> {
        let told: u64 = self.layers.iter().filter_map(|layer| layer.total).sum();
        (told > 0).then_some(told)
    }

    /// Layers here and layers in all.
    pub fn counts(&self) -> (usize, usize) {
        (self.layers.iter().filter(|layer| layer.state.is_here()).count(), self.layers.len())
    }

    /// The message of a task event.
    pub fn to_message(&self) -> String {
        let (here, all) = self.counts();
        let (current, total) = self.bytes();
        let mut message = format!("{}: {here} of {all} layers", Phase::Pull.heading());
        match total {
            Some(total) => _ = write!(message, ", {} of {}", human_bytes(current), human_bytes(total)),
            None if current > 0 => _ = write!(message, ", {}", human_bytes(current)),
            None => {}
        }
        for layer in &self.layers {
            let total = layer.total.map_or_else(|| String::from("?"), |total| total.to_string());
            let id: String = layer.id.chars().filter(|c| !c.is_whitespace()).take(12).collect();
            _ = write!(message, "\n{id} {}/{total} {}", layer.current, layer.state.word());
        }
        message
    }

    /// Reads the message of a task event; `None` when it is not about a pull.
    pub fn parse(message: &str) -> Option<Self> {
        let mut lines = message.lines();
        lines.next()?.starts_with(Phase::Pull.heading()).then_some(())?;
        let layers = lines
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let id = words.next()?.to_owned();
                let (current, total) = words.next()?.split_once('/')?;
                let word = words.next()?;
                let state = LayerState::ALL.into_iter().find(|state| state.word() == word)?;
                Some(Layer { id, state, current: current.parse().ok()?, total: total.parse().ok() })
            })
            .collect();
        Some(Self { layers })
    }
}

fn rank(state: LayerState) -> u8 {
    match state {
        LayerState::Waiting => 0,
        LayerState::Downloading => 1,
        LayerState::Extracting => 2,
        LayerState::Done => 3,
        LayerState::Cached => 4,
    }
}

/// Three significant digits, decimal units: `412 MB`, `2.10 GB`.
///
/// ```
/// # use kab::domain::human_bytes;
/// assert_eq!(human_bytes(999), "999 B");
/// assert_eq!(human_bytes(412_345_678), "412 MB");
/// assert_eq!(human_bytes(2_100_000_000), "2.10 GB");
/// assert_eq!(human_bytes(12_340), "12.3 kB");
/// assert_eq!(human_bytes(999_950), "1.00 MB");
/// ```
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        value /= 1000.0;
        unit = next;
        if value < 999.5 {
            break;
        }
    }
    match value {
        v if v < 9.995 => format!("{v:.2} {unit}"),
        v if v < 99.95 => format!("{v:.1} {unit}"),
        v => format!("{v:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_survives_the_wire() {
        let mut pull = PullProgress::default();
        pull.note("a3ed95ca", LayerState::Cached, None);
        pull.note("9f2b77e1", LayerState::Downloading, Some((310, Some(508))));
        pull.note("c0ffee42", LayerState::Waiting, None);
        let message = pull.to_message();
        assert!(message.starts_with("Pulling image: 1 of 3 layers, 310 B\n"), "{message}");
        assert_eq!(PullProgress::parse(&message), Some(pull));
        assert_eq!(PullProgress::parse("Starting container"), None);
    }

    #[test]
    fn a_plan_tells_the_whole_from_the_beginning() {
        let layer = |id: &str, state, total| Layer { id: id.into(), state, current: 0, total };
        let plan = PullProgress {
            layers: vec![
                layer("a", LayerState::Cached, None),
                layer("b", LayerState::Waiting, Some(400)),
                layer("c", LayerState::Waiting, Some(100)),
            ],
        };
        assert_eq!((plan.bytes(), plan.counts()), ((0, Some(500)), (1, 3)));
        let mut pull = PullProgress::default();
        pull.note("b", LayerState::Downloading, Some((40, None)));
        assert_eq!(pull.bytes(), (40, None), "the engine alone does not tell");
        assert_eq!(pull.within(&plan).bytes(), (40, Some(500)));
        pull.note("b", LayerState::Done, None);
        pull.note("c", LayerState::Cached, None);
        pull.note("config", LayerState::Done, None);
        let all = pull.within(&plan);
        assert_eq!((all.bytes(), all.counts()), ((400, Some(400)), (4, 4)));
        assert_eq!(pull.within(&PullProgress::default()), pull, "nothing was known");
    }

    #[test]
    fn a_layer_never_goes_backwards() {
        let mut pull = PullProgress::default();
        pull.note("a", LayerState::Downloading, Some((300, Some(500))));
        pull.note("a", LayerState::Downloading, Some((10, Some(500))));
        assert_eq!(pull.bytes(), (300, Some(500)));
        pull.note("a", LayerState::Extracting, Some((1, Some(500))));
        assert_eq!(pull.bytes(), (500, Some(500)));
        pull.note("a", LayerState::Waiting, None);
        assert_eq!(pull.layers[0].state, LayerState::Extracting);
    }
}
