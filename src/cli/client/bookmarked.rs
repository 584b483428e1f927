//! `bookmarked:yes` on the command line: what somebody bookmarked in the terminal program, which keeps it for each context.

use super::Search;
use crate::cache::{Cache, OWN};
use crate::cli::context::Context;
use crate::domain::{App, Engine, Node, Pod, Task};
use crate::search::{Document, Facts, Key};
use crate::tui::app::{Bookmarks, Habits, Target};

/// What can be bookmarked.
pub trait Bookmarkable {
    /// What its bookmark names.
    fn target(&self) -> Target;
}

macro_rules! bookmarkable {
    ($($kind:ident $field:ident),*) => {$(
        impl Bookmarkable for $kind {
            fn target(&self) -> Target {
                Target::$kind(self.$field.clone())
            }
        }
    )*};
}

bookmarkable!(App identifier, Node id, Pod id, Engine id, Task id);

/// A search that knows what is bookmarked in the context.
pub struct Knowing<'a>(&'a Search, Bookmarks);

impl Search {
    /// The same search, knowing what is bookmarked.
    pub(super) fn knowing(&self, context: &Context<'_>) -> Knowing<'_> {
        Knowing(self, if self.is_empty() { Bookmarks::default() } else { of(context) })
    }
}

impl Knowing<'_> {
    /// Those that match, the best first.
    pub fn among<T: Bookmarkable>(&self, all: Vec<T>, of: impl Fn(&T) -> (Document, Facts)) -> Vec<T> {
        self.0.among(all, |row| {
            let (document, mut facts) = of(row);
            note(&self.1, row, &mut facts);
            (document, facts)
        })
    }
}

/// Facts about rows, with whether each of these is bookmarked.
pub fn noted<T: Bookmarkable>(context: &Context<'_>, rows: &[T], mut facts: Vec<Facts>) -> Vec<Facts> {
    let bookmarks = of(context);
    rows.iter().zip(&mut facts).for_each(|(row, facts)| note(&bookmarks, row, facts));
    facts
}

fn note(bookmarks: &Bookmarks, row: &impl Bookmarkable, facts: &mut Facts) {
    facts.add(Key::Bookmarked, if bookmarks.holds(&row.target()) { "yes" } else { "no" });
}

fn of(context: &Context<'_>) -> Bookmarks {
    context.kept().map(|(cache, _)| read(&cache)).unwrap_or_default()
}

fn read(cache: &Cache) -> Bookmarks {
    let habits = cache.read::<Habits>(OWN).map(|kept| kept.value).filter(Habits::is_ours);
    habits.map(|habits| Bookmarks::read(&habits.bookmarks)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{pods, testing};
    use super::*;
    use crate::domain::{Inventory, Moment};
    use crate::tui::theme::Theme;

    #[test]
    fn what_was_bookmarked_in_the_terminal_program_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path(), "lab", "https://lab.example.org");
        let all = || vec![testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "greeter", "bbbbbb0123")];
        let found = |typed: &str| {
            let search = Search { query: vec![typed.to_owned()] };
            let found = Knowing(&search, read(&cache)).among(all(), |pod| pods::found_by(pod, &Inventory::default()));
            found.into_iter().map(|pod| pod.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("bookmarked:yes"), [""; 0], "nothing was kept");
        let (app, _) = crate::tui::app::App::new(Theme::default(), (80, 24), Moment(0));
        let mut habits = app.habits();
        habits.bookmarks = vec!["pod 8".into(), "engine 7".into()];
        cache.write(OWN, &habits, Moment(0)).expect("written");
        assert_eq!((found("bookmarked:yes"), found("bookmarked:no")), (vec!["8".into()], vec!["7".into()]));
        assert_eq!(found("greeter").len(), 2);
    }
}
