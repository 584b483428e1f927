//! Something that lives elsewhere, and how far we are with getting it.

use super::Failure;

/// A value that is fetched. A failure keeps what was there.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Remote<T> {
    /// Never asked for.
    #[default]
    Absent,
    /// Asked for; `old` is what an earlier answer brought.
    Loading {
        /// The earlier answer.
        old: Option<T>,
    },
    /// Arrived.
    Ready(T),
    /// Could not be had; `old` is what an earlier answer brought.
    Failed {
        /// What went wrong.
        failure: Failure,
        /// The earlier answer.
        old: Option<T>,
    },
}

impl<T> Remote<T> {
    /// The newest value there is, however old.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Absent => None,
            Self::Loading { old } | Self::Failed { old, .. } => old.as_mut(),
            Self::Ready(value) => Some(value),
        }
    }

    /// The newest value that is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Absent => None,
            Self::Loading { old } | Self::Failed { old, .. } => old.as_ref(),
            Self::Ready(value) => Some(value),
        }
    }

    /// The failure of the last attempt.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// Whether an answer is being waited for.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Notes that an answer is being waited for, and keeps what is there.
    pub fn start(&mut self) {
        let old = std::mem::take(self).into_value();
        *self = Self::Loading { old };
    }

    /// Takes the answer; a failure keeps the old value.
    pub fn settle(&mut self, result: Result<T, Failure>) {
        *self = match result {
            Ok(value) => Self::Ready(value),
            Err(failure) => Self::Failed { failure, old: std::mem::take(self).into_value() },
        };
    }

    fn into_value(self) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Loading { old } | Self::Failed { old, .. } => old,
            Self::Ready(value) => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_old_value() {
        let mut list = Remote::Ready(vec![1]);
        list.start();
        assert!(list.is_loading());
        list.settle(Err(Failure::new("Could not list pods", "no route")));
        assert_eq!(list.value(), Some(&vec![1]));
        assert!(list.failure().is_some());
    }
}
