//! `count`: a generator that yields number after number.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Desk, log::Level};
use crate::agent::{Assigned, Definition, Implementation, Reporter, TaskError};

/// Numbers of one task at most.
const MOST: u64 = 100_000;
/// The pause when none is asked for, in milliseconds.
const PAUSE: u64 = 500;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE: u64 = 60_000;

/// The generator, bound to its code.
pub fn implementation(definition: Definition, desk: Desk) -> Implementation {
    Implementation::new(definition, move |task: Assigned, reporter: Reporter, cancel: CancellationToken| {
        let desk = desk.clone();
        async move {
            let wish = Wish::read(&task.args).map_err(|why| {
                desk.log.say(Level::Error, format!("task {}: {why}", task.task));
                TaskError::failed(why)
            })?;
            desk.log.say(Level::Info, format!("task {}: counting from {} to {}", task.task, wish.from, wish.to));
            let count = wish.count();
            for step in 0..count {
                if step > 0 && cancel.run_until_cancelled(tokio::time::sleep(wish.pause)).await.is_none() {
                    desk.log.say(Level::Warn, format!("task {}: cancelled after {step} of {count}", task.task));
                    return Err(TaskError::Cancelled);
                }
                let number = wish.number(step);
                desk.log.say(Level::Debug, format!("task {}: {number}", task.task));
                let percent = u8::try_from((step + 1) * 100 / count).unwrap_or(100);
                reporter.progress(percent, format!("{} of {count}", step + 1));
                reporter.yield_result(json!({ "return0": number })).await;
            }
            desk.answered.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    })
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    from: i64,
    to: i64,
    pause: Duration,
}

impl Wish {
    fn read(args: &Value) -> Result<Self, String> {
        let number = |key: &str| args[key].as_i64().ok_or_else(|| format!("`{key}` is missing or no whole number"));
        let pause = match &args["pause_ms"] {
            Value::Null => PAUSE,
            given => given.as_u64().filter(|pause| *pause <= LONGEST_PAUSE).ok_or_else(|| {
                format!("`pause_ms` is {given}, and must be a whole number from 0 to {LONGEST_PAUSE}")
            })?,
        };
        let wish = Self { from: number("from")?, to: number("to")?, pause: Duration::from_millis(pause) };
        if wish.from.abs_diff(wish.to) >= MOST {
            return Err(format!("from {} to {} are more than {MOST} numbers", wish.from, wish.to));
        }
        Ok(wish)
    }

    fn count(&self) -> u64 {
        self.from.abs_diff(self.to) + 1
    }

    /// Up or down, whichever leads to the last number.
    fn number(&self, step: u64) -> i64 {
        if self.from <= self.to {
            self.from.saturating_add_unsigned(step)
        } else {
            self.from.saturating_sub_unsigned(step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_up_and_down() {
        let numbers = |wish: &Wish| (0..wish.count()).map(|step| wish.number(step)).collect::<Vec<_>>();
        let up = Wish::read(&json!({"from": -1, "to": 2})).unwrap();
        assert_eq!((numbers(&up), up.pause), (vec![-1, 0, 1, 2], Duration::from_millis(500)));
        let down = Wish::read(&json!({"from": 3, "to": 1, "pause_ms": 0})).unwrap();
        assert_eq!(numbers(&down), [3, 2, 1]);
    }

    #[test]
    fn bad_arguments_are_refused_with_their_name() {
        assert!(Wish::read(&json!({"to": 1})).unwrap_err().contains("`from`"));
        assert!(Wish::read(&json!({"from": 1, "to": "x"})).unwrap_err().contains("`to`"));
        assert!(Wish::read(&json!({"from": 1, "to": 2, "pause_ms": -5})).unwrap_err().contains("`pause_ms`"));
        assert!(Wish::read(&json!({"from": 0, "to": 100_000})).unwrap_err().contains("100000"));
        assert!(Wish::read(&json!({"from": i64::MIN, "to": i64::MAX})).is_err());
    }
}
