//! Bookmarks (`m`): things that somebody wants to find again. They carry a sign in every list, `bookmarked:yes` finds them,
//! and Home lists them. They belong to a context and are kept with its habits, at once, since somebody set them by hand.

use super::{App, Target};
use crate::domain::clean_line;
use crate::search::{Facts, Key};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, List};
use crate::tui::view::counted;

/// Bookmarks of a context at most; the oldest ones go.
const MOST: usize = 500;

/// The bookmarks of a context, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bookmarks(Vec<Target>);

impl Bookmarks {
    /// Those that were kept; what nobody understands is left out.
    pub fn read(keys: &[String]) -> Self {
        Self(keys.iter().filter_map(|key| Target::read(&clean_line(key))).take(MOST).collect())
    }

    /// As they are kept.
    pub fn keys(&self) -> Vec<String> {
        self.0.iter().map(Target::key).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a thing is one.
    pub fn holds(&self, target: &Target) -> bool {
        self.0.contains(target)
    }

    /// All of them, the newest first.
    pub fn all(&self) -> impl Iterator<Item = &Target> {
        self.0.iter()
    }

    fn add(&mut self, target: Target) {
        self.0.retain(|known| *known != target);
        self.0.insert(0, target);
        self.0.truncate(MOST);
    }

    /// Adds those that were kept behind those that were set since.
    pub(super) fn join(&mut self, kept: Self) {
        let new: Vec<Target> = kept.0.into_iter().filter(|target| !self.holds(target)).collect();
        self.0.extend(new);
        self.0.truncate(MOST);
    }
}

impl App {
    /// `m`: bookmarks what is marked, else what is chosen; where all of it is bookmarked, the bookmarks go.
    pub(super) fn bookmark(&mut self) -> Vec<Effect> {
        let meant = self.meant_to_bookmark();
        let Some(first) = meant.first() else {
            self.notes.say(self.now, "There is nothing here that could be bookmarked");
            return Vec::new();
        };
        let name = if meant.len() == 1 { self.describe(first) } else { counted(meant.len(), "thing") };
        if meant.iter().all(|target| self.bookmarks.holds(target)) {
            self.bookmarks.0.retain(|known| !meant.contains(known));
            self.notes.say(self.now, format!("No bookmark any more: {name}"));
        } else {
            meant.into_iter().rev().for_each(|target| self.bookmarks.add(target));
            self.notes.say(self.now, format!("Bookmarked: {name}; Home lists it, bookmarked:yes in a filter finds it"));
        }
        self.forget_facts();
        self.refresh_home();
        // Before it is known what was kept, nothing is written over it.
        let habits = self.habits_to_keep().filter(|_| self.knows_habits);
        habits.map(|habits| Effect::KeepHabits(Box::new(habits))).into_iter().collect()
    }

    fn meant_to_bookmark(&self) -> Vec<Target> {
        let marked = self.marked();
        if !marked.is_empty() {
            return marked;
        }
        let Some(target) = self.target() else { return Vec::new() };
        match &target {
            Target::Pod(id) if self.pages.is_empty() => match self.replicas_of(id) {
                Some(all) => all.iter().cloned().map(Target::Pod).collect(),
                None => vec![target],
            },
            _ => vec![target],
        }
    }

    /// Whether a row is bookmarked; one that stands for several pods, when one of them is.
    pub(in crate::tui) fn is_bookmarked(&self, screen: Screen, row: usize) -> bool {
        if self.bookmarks.is_empty() {
            return false;
        }
        let Some(target) = self.row_target(screen, row) else { return false };
        match &target {
            Target::Pod(id) => match self.replicas_of(id) {
                Some(all) => all.iter().any(|id| self.bookmarks.holds(&Target::Pod(id.clone()))),
                None => self.bookmarks.holds(&target),
            },
            _ => self.bookmarks.holds(&target),
        }
    }

    /// Says of every row whether it is bookmarked, for filters.
    pub(super) fn note_bookmarks(&self, screen: Screen, facts: &mut [Facts]) {
        for (row, facts) in facts.iter_mut().enumerate() {
            let target = if self.bookmarks.is_empty() { None } else { self.row_target(screen, row) };
            let is_one = target.is_some_and(|target| self.bookmarks.holds(&target));
            facts.add(Key::Bookmarked, if is_one { "yes" } else { "no" });
        }
    }

    /// Pods and tasks that are gone do not come back; apps, nodes and engines may.
    pub(super) fn tidy_bookmarks(&mut self, list: List) {
        let gone = |app: &Self, target: &Target| match (list, target) {
            (List::Pods, Target::Pod(id)) => app.data.pod(id).is_none(),
            (List::Tasks, Target::Task(id)) => app.data.task(id).is_none(),
            _ => false,
        };
        let kept: Vec<Target> = self.bookmarks.all().filter(|target| !gone(self, target)).cloned().collect();
        self.bookmarks.0 = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_the_oldest_go() {
        let mut bookmarks = Bookmarks::default();
        for number in 0..MOST + 3 {
            bookmarks.add(Target::Pod(number.to_string().as_str().into()));
        }
        bookmarks.add(Target::App("live.arkitekt.stardist".into()));
        let keys = bookmarks.keys();
        assert_eq!((keys.len(), keys[0].as_str(), keys[1].as_str()), (MOST, "app live.arkitekt.stardist", "pod 502"));
        assert_eq!(Bookmarks::read(&keys), bookmarks);
        let strange = ["app", "attic 7", "", "node \u{1b}[2J3", "task 9"].map(str::to_owned);
        let read = Bookmarks::read(&strange);
        assert!(read.holds(&Target::Task("9".into())) && read.all().count() == 2, "{read:?}");
    }
}
