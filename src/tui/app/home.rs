//! The rows of the home screen: what needs attention, where to go on, what runs here, what is new.

use super::{App, Connection, Target};
use crate::domain::shell::word as quoted;
use crate::domain::{AppIdentifier, Failure, Liveness, PodStatus, ScanState, TaskState, human_bytes, percent};
use crate::tui::action::Screen;
use crate::tui::notes::Trouble;
use crate::tui::theme::Tone;

/// The blocks of the home screen, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Failed pods, engines offline, updates, repositories that cannot be read.
    Attention,
    /// Running pods, unfinished work, bookmarks, and apps that were looked at last.
    Continue,
    /// Apps that run on an engine that can be reached.
    RunsHere,
    /// Apps that came lately.
    New,
    /// Apps of which a newer release came.
    Updated,
}

impl Section {
    /// The title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Attention => "Needs attention",
            Self::Continue => "Continue",
            Self::RunsHere => "Runs here",
            Self::New => "New",
            Self::Updated => "Updated",
        }
    }
}

/// A row of the home screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeRow {
    /// Its block.
    pub section: Section,
    /// What opens.
    pub target: Option<Target>,
    /// The sign before it.
    pub sign: (char, Tone),
    /// The name.
    pub name: String,
    /// The rest.
    pub text: String,
    /// What is wrong, where the row is about nothing that has a page.
    pub trouble: Option<Trouble>,
    /// How many rows of its block it stands for, at least; Enter shows them.
    pub more: usize,
}

/// Free space in MB (10^6 bytes) under which few images fit any more.
const LITTLE_SPACE: u64 = 5_000;

impl App {
    /// Rows of a block at most, so that all blocks can be seen at once.
    pub(super) fn most(&self) -> usize {
        if self.areas().height < 40 { 4 } else { 8 }
    }

    /// Makes the rows anew, after data changed.
    pub(super) fn refresh_home(&mut self) {
        let mut rows = self.attention();
        self.alerts = rows.len();
        if !self.looks.unfolded.contains(&Section::Attention) {
            shorten(&mut rows, self.most());
        }
        rows.extend(self.going_on());
        rows.extend(self.runs_here());
        rows.extend(self.newest(Section::New));
        rows.extend(self.newest(Section::Updated));
        self.home = rows;
        let page = usize::from(self.areas().rows(Screen::Home));
        let count = self.home.len();
        let mut list = std::mem::take(self.list_mut(Screen::Home));
        if !list.moved {
            list.chosen = None;
            list.cursor = 0;
        }
        list.refill((0..count).collect(), page, |row| self.row_key(Screen::Home, row));
        *self.list_mut(Screen::Home) = list;
    }

    /// The row of the home screen that is chosen, where it is about nothing that has a page.
    pub(super) fn bare_row(&self) -> Option<&HomeRow> {
        if !self.pages.is_empty() || self.screen != Screen::Home {
            return None;
        }
        self.home.get(self.list(Screen::Home).current()?).filter(|row| row.target.is_none())
    }

    /// What is wrong with what is chosen on the home screen, where that has no page.
    pub(in crate::tui) fn home_trouble(&self) -> Option<Trouble> {
        self.bare_row()?.trouble.clone()
    }

    /// Enter on a row that stands for the rest of its block: from now on all of it is shown, until the screen is left.
    pub(super) fn unfold_home(&mut self) {
        if let Some(row) = self.bare_row().filter(|row| row.more > 0) {
            let section = row.section;
            self.looks.unfolded.insert(section);
            self.refresh_home();
        }
    }

    /// What needs attention, the gravest first: what does not work, what is about to change, what may stop working, what
    /// nobody knows.
    fn attention(&self) -> Vec<HomeRow> {
        let row = |target: Option<Target>, sign, name: &str, text: String| HomeRow {
            section: Section::Attention,
            target,
            sign,
            name: name.to_owned(),
            text,
            trouble: None,
            more: 0,
        };
        let mut rows = Vec::new();
        if let Some(engine) = self.data.lone_process_engine() {
            let text = "only the demo runs; ⟨open⟩ says how to get one".to_owned();
            let target = Some(Target::Engine(engine.id.clone()));
            rows.push(row(target, ('~', Tone::Warn), "No container engine", text));
        }
        for pod in self.data.pods().iter().filter(|pod| pod.status == PodStatus::Failed) {
            let why = pod.reason.clone().unwrap_or_else(|| "the engine gave no reason".into());
            let text = format!("failed on {}: {why}", pod.engine_name);
            rows.push(row(Some(Target::Pod(pod.id.clone())), ('x', Tone::Bad), &pod.name(), text));
        }
        for engine in self.data.engines() {
            if let Liveness::Offline { .. } = engine.liveness {
                let text = format!("{} engine is offline", engine.kind.name());
                let target = Some(Target::Engine(engine.id.clone()));
                rows.push(row(target, ('.', Tone::Warn), &engine.name, text));
            }
        }
        for repository in self.data.repositories() {
            if let ScanState::Failed { why, at } = &repository.scan {
                let text = format!("could not be read: {why}");
                let failure = Failure::new(format!("Could not read the repository {}", repository.name), why.clone())
                    .hint(format!("`kab repo scan {}` reads it again.", quoted(&repository.name)));
                let trouble = Some(Trouble { failure, at: *at, times: 1, elsewhere: None });
                rows.push(HomeRow { trouble, ..row(None, ('x', Tone::Bad), &repository.name, text) });
            }
        }
        for app in self.data.apps() {
            // An update that changes nothing of what the app may do waits among the updates.
            let Some(change) = self.change_of_access(app).filter(|change| !change.is_empty()) else { continue };
            let version = app.newest().map_or("", |release| &release.version);
            let text = format!("update to {version} changes what it may do: {change}");
            rows.push(row(Some(Target::App(app.identifier.clone())), ('~', Tone::Warn), app.short_name(), text));
        }
        for engine in self.data.engines().iter().filter(|engine| engine.is_online()) {
            let free = engine.resources.iter().filter_map(|resource| resource.facts.number("disk.free_mb")).max();
            if let Some(free) = free.filter(|free| *free < LITTLE_SPACE) {
                let text = format!("only {} free for images", human_bytes(free.saturating_mul(1_000_000)));
                rows.push(row(Some(Target::Engine(engine.id.clone())), ('~', Tone::Warn), &engine.name, text));
            }
        }
        for task in self.data.tasks().iter().filter(|task| !task.kind.is_reading()) {
            if self.data.silent_for(task, self.now).is_some() {
                // How long is said where it is counted: these rows change when something happens.
                let is_cut_off = crate::tui::screens::how_far::is_cut_off(self, task);
                let why = if is_cut_off { "its engine is offline" } else { "has said nothing for over a minute" };
                let text = String::from(why);
                rows.push(row(Some(Target::Task(task.id.clone())), ('~', Tone::Warn), &self.task_title(task), text));
            }
        }
        for task in self.data.tasks().iter().filter(|task| task.state == TaskState::Disconnected) {
            let text = String::from("its engine was lost; the outcome is unknown");
            rows.push(row(Some(Target::Task(task.id.clone())), ('?', Tone::Odd), &self.task_title(task), text));
        }
        rows
    }

    fn going_on(&self) -> Vec<HomeRow> {
        let mut rows = Vec::new();
        let open = self.data.tasks().iter().filter(|task| !task.state.is_done() && !task.kind.is_reading());
        for task in open.filter(|task| !self.is_of_others(task)) {
            let progress = self.data.portion(task).and_then(percent);
            let progress = progress.map_or_else(String::new, |percent| format!("{percent} %  "));
            let word = task.message.as_deref().and_then(|text| text.lines().next()).unwrap_or("waits for its engine");
            rows.push(HomeRow {
                section: Section::Continue,
                target: Some(Target::Task(task.id.clone())),
                sign: ('~', Tone::Warn),
                name: self.task_title(task),
                text: format!("{progress}{word}"),
                trouble: None,
                more: 0,
            });
        }
        let running =
            self.data.pods().iter().filter(|pod| pod.status == PodStatus::Running && self.others(pod).is_none());
        let (ghosts, running): (Vec<_>, Vec<_>) = running.partition(|pod| self.is_ghost(pod));
        let doubted = ghosts.into_iter().map(|pod| (pod, ('?', Tone::Odd), "not confirmed:"));
        for (pod, sign, word) in running.into_iter().map(|pod| (pod, ('+', Tone::Good), "runs")).chain(doubted) {
            rows.push(HomeRow {
                section: Section::Continue,
                target: Some(Target::Pod(pod.id.clone())),
                sign,
                name: pod.name(),
                text: format!("{word} {} on {}", pod.version, pod.engine_name),
                trouble: None,
                more: 0,
            });
        }
        let mut kept = self.bookmarked_rows(&rows);
        kept.extend(self.opened_rows(kept.len()));
        if !self.looks.unfolded.contains(&Section::Continue) {
            shorten(&mut rows, self.most() - kept.len().min(self.most() / 4 + 1));
        }
        rows.extend(kept);
        rows
    }

    /// What is bookmarked and not there already; a few of it, unless the block is shown as a whole.
    fn bookmarked_rows(&self, shown: &[HomeRow]) -> Vec<HomeRow> {
        let is_shown = |target: &&Target| shown.iter().any(|row| row.target.as_ref() == Some(target));
        let kept = self.bookmarks.all().filter(|target| self.is_there(target) && !is_shown(target));
        let row = |target: &Target| HomeRow {
            section: Section::Continue,
            target: Some(target.clone()),
            sign: ('#', Tone::Secondary),
            name: match target {
                Target::App(id) => self.data.app(id).map_or_else(String::new, |app| app.short_name().to_owned()),
                _ => self.describe(target),
            },
            text: format!("bookmarked {}", target.screen().name().trim_end_matches('s').to_lowercase()),
            trouble: None,
            more: 0,
        };
        let mut rows: Vec<HomeRow> = kept.map(row).collect();
        if !self.looks.unfolded.contains(&Section::Continue) {
            shorten(&mut rows, self.most() / 4 + 1);
            if let Some(last) = rows.last_mut().filter(|last| last.more > 0) {
                last.text = "⟨open⟩ shows all bookmarks".into();
            }
        }
        rows
    }

    /// The apps that were looked at last; work comes first, so there are few of them.
    fn opened_rows(&self, bookmarked: usize) -> impl Iterator<Item = HomeRow> {
        let is_kept = |id: &&AppIdentifier| self.bookmarks.holds(&Target::App((*id).clone()));
        let apps = self.opened.iter().filter(move |id| !is_kept(id)).filter_map(|id| self.data.app(id));
        apps.take((self.most() / 4 + 1).saturating_sub(bookmarked)).map(|app| HomeRow {
            section: Section::Continue,
            target: Some(Target::App(app.identifier.clone())),
            sign: (' ', Tone::Muted),
            name: app.short_name().to_owned(),
            text: "opened last".to_owned(),
            trouble: None,
            more: 0,
        })
    }

    /// Whether the catalogue is known to hold nothing.
    pub fn is_empty_catalogue(&self) -> bool {
        matches!(self.connection, Connection::Live)
            && self.data.apps.value().is_some_and(Vec::is_empty)
            && !self.data.apps.is_loading()
    }
}

/// As many rows as there is room for; where that is not all, the last one is about those that are left out.
fn shorten(rows: &mut Vec<HomeRow>, most: usize) {
    if rows.len() <= most {
        return;
    }
    let more = rows.len() + 1 - most;
    rows.truncate(most.saturating_sub(1));
    let Some(section) = rows.last().map(|row| row.section) else { return };
    rows.push(HomeRow {
        section,
        target: None,
        sign: (' ', Tone::Muted),
        name: format!("and {more} more"),
        text: "⟨open⟩ shows them".into(),
        trouble: None,
        more,
    });
}
