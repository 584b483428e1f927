//! How many rows of lists a server could not tell, so that it can be said. The rows themselves are in nobody's hands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The numbers by list, in the server's words; shared by the clones of a client.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(Arc<Mutex<BTreeMap<&'static str, usize>>>);

impl LeftOut {
    fn numbers(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many of the list, as it was just read.
    pub(super) fn set(&self, list: &'static str, rows: usize) {
        self.numbers().insert(list, rows);
    }

    /// So many more of the list that is being read.
    pub(super) fn add(&self, list: &'static str, rows: usize) {
        *self.numbers().entry(list).or_default() += rows;
    }

    /// How many of the list.
    pub(super) fn of(&self, list: &str) -> usize {
        self.numbers().get(list).copied().unwrap_or(0)
    }
}
