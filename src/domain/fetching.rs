//! What an engine would have to fetch of an image, and how that travels in what its action `fetch_plan` returns. Working
//! it out is the engine's business.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Values;

/// What is to be fetched of an image, as the engine says that would fetch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetching {
    /// Nothing: the image is there, and cannot be another one.
    Nothing,
    /// Some of its layers.
    Part(Portion),
    /// It cannot be told, and why.
    Unknown(String),
}

/// A part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Bytes that are fetched, as they travel.
    pub bytes: u64,
    /// Bytes of all layers.
    pub total: u64,
    /// Layers that are there.
    pub here: u64,
    /// All layers.
    pub layers: u64,
    /// Bytes a second that came lately on that engine, with all unpacking; `None`: it has not fetched anything yet.
    pub speed: Option<u64>,
}

impl Portion {
    /// How much of an image's unpacked size, in bytes, that part is about: layers are packed about equally well.
    pub fn share_of(&self, size: u64) -> u64 {
        let share = u128::from(size) * u128::from(self.bytes) / u128::from(self.total.max(1));
        u64::try_from(share).unwrap_or(u64::MAX).min(size)
    }

    /// How many seconds it takes, at the speed of what came lately.
    pub fn seconds(&self) -> Option<u64> {
        let speed = self.speed.filter(|speed| *speed > 0)?;
        (self.bytes > 0).then(|| (self.bytes / speed).max(1))
    }
}

impl Fetching {
    /// Names of the returns, in their order: bytes to fetch, bytes of all, layers there, layers in all, whether nothing
    /// needs to be fetched, why it is unknown, and bytes a second that came lately.
    pub const RETURNS: [&'static str; 7] =
        ["return0", "return1", "return2", "return3", "return4", "return5", "return6"];

    /// What the action returns.
    pub fn to_returns(&self) -> Value {
        let [bytes, total, here, layers, nothing, why, speed] = Self::RETURNS;
        let part = if let Self::Part(part) = self { Some(part) } else { None };
        let reason = if let Self::Unknown(reason) = self { Some(reason) } else { None };
        json!({
            bytes: part.map(|part| part.bytes),
            total: part.map(|part| part.total),
            here: part.map(|part| part.here),
            layers: part.map(|part| part.layers),
            nothing: *self == Self::Nothing,
            why: reason,
            speed: part.and_then(|part| part.speed),
        })
    }

    /// Reads what the action returned; `None` where that is something else.
    pub fn of_returns(returns: &Values) -> Option<Self> {
        let [bytes, total, here, layers, nothing, why, speed] = Self::RETURNS;
        if let Some(why) = returns.get(why).and_then(Value::as_str) {
            return Some(Self::Unknown(why.to_owned()));
        }
        if returns.get(nothing).and_then(Value::as_bool) == Some(true) {
            return Some(Self::Nothing);
        }
        let number = |key: &str| returns.get(key).and_then(Value::as_u64);
        Some(Self::Part(Portion {
            bytes: number(bytes)?,
            total: number(total)?,
            here: number(here)?,
            layers: number(layers)?,
            // Engines of before this was told leave it out.
            speed: number(speed),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_fetched_survives_the_wire() {
        let part = Portion { bytes: 5_000_000_000, total: 6_000_000_000, here: 7, layers: 11, speed: None };
        let timed = Portion { speed: Some(8_000_000), ..part };
        assert_eq!([part.seconds(), timed.seconds()], [None, Some(625)]);
        for told in
            [Fetching::Nothing, Fetching::Part(part), Fetching::Part(timed), Fetching::Unknown("no answer".into())]
        {
            let Value::Object(returns) = told.to_returns() else { panic!("no object") };
            assert_eq!(Fetching::of_returns(&returns), Some(told));
        }
    }

    #[test]
    fn what_is_here_needs_no_room() {
        let part = |bytes, total| Portion { bytes, total, here: 0, layers: 1, speed: None };
        assert_eq!(part(400, 1_000).share_of(5_000), 2_000);
        assert_eq!(part(0, 1_000).share_of(5_000), 0);
        assert_eq!([part(0, 0).share_of(5_000), part(7, 0).share_of(5_000)], [0, 5_000], "a server may say anything");
        assert_eq!(part(u64::MAX, u64::MAX).share_of(u64::MAX), u64::MAX);
    }

    #[test]
    fn another_answer_is_none() {
        for other in
            [json!({}), json!({"return0": 5}), json!({"return0": {"__identifier": "@kabinet/pod", "object": "1"}})]
        {
            let Value::Object(returns) = other else { panic!("no object") };
            assert_eq!(Fetching::of_returns(&returns), None);
        }
    }
}
