//! Lists that arrive in parts, and how old what is shown is.

use super::{Clean, Data};
use crate::domain::{Failure, Repository};
use crate::tui::effect::List;

impl Data {
    /// A list has arrived as a whole (or not at all).
    pub fn arrived<T>(&mut self, list: List, result: &Result<T, Failure>) {
        self.so_far.remove(&list);
        if result.is_ok() {
            self.is_whole.insert(list);
        }
    }

    /// So many rows of a list have been read so far. Whether they are shown: an older list that is whole says more.
    pub fn grows(&mut self, list: List, rows: usize) -> bool {
        self.so_far.insert(list, rows);
        !self.is_whole.contains(&list)
    }

    /// Takes repositories in.
    pub fn settle_repositories(&mut self, result: Result<Vec<Repository>, Failure>) {
        let result = result.map(|mut repositories| {
            repositories.iter_mut().for_each(Clean::clean);
            repositories
        });
        if result.as_ref().is_ok_and(|repositories| repositories != self.repositories()) {
            self.doubt_what_is_said();
        }
        self.repositories.settle(result);
    }
}
