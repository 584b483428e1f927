//! The same asked of several things at once: of all that are marked; and one line that says how far that is.

use super::{App, Refused, Target};
use crate::compat::{self, Verdict, Wish};
use crate::domain::{EngineId, Failure, FlavourId, Pod, PodId, Release, Task, TaskId, TaskState};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::Message;
use crate::tui::overlays::{Dialog, Intent, Overlay};
use crate::tui::view::counted;

/// Names in a question at most.
const NAMED: usize = 8;
/// Of those that are left out, reasons at most.
const REASONS: usize = 4;

/// One of several, on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// An installation that was asked for.
    Asked(Ticket),
    /// Something that was asked of a pod.
    Pod(PodId),
    /// A task that works on it.
    Task(TaskId),
}

/// How far one of several is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stand {
    /// Somebody works on it, or will.
    Open(Part),
    /// Its task has ended.
    Ended(TaskId, TaskState),
    /// It was refused, and why.
    Refused(String),
}

/// One of several, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Child {
    name: String,
    stand: Stand,
}

/// Several things that were asked for together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    doing: &'static str,
    children: Vec<Child>,
}

impl Bulk {
    /// `[3 of 12] installing, 1 failed`.
    pub fn text(&self) -> String {
        let open = self.children.iter().filter(|child| matches!(child.stand, Stand::Open(_))).count();
        let has_failed = |child: &&Child| matches!(child.stand, Stand::Refused(_) | Stand::Ended(_, TaskState::Failed));
        let failed = match self.children.iter().filter(has_failed).count() {
            0 => String::new(),
            count => format!(", {count} failed"),
        };
        format!("[{} of {}] {}{failed}", self.children.len() - open, self.children.len(), self.doing)
    }

    fn is_over(&self) -> bool {
        !self.children.iter().any(|child| matches!(child.stand, Stand::Open(_)))
    }

    fn answer(&mut self, part: &Part, told: Result<&Task, &Failure>) {
        let Some(child) = self.children.iter_mut().find(|child| child.stand == Stand::Open(part.clone())) else {
            return;
        };
        child.stand = match told {
            Ok(task) => Stand::Open(Part::Task(task.id.clone())),
            Err(failure) => Stand::Refused(failure.why.clone()),
        };
    }
}

/// Up to eight names, and how many more there are.
pub(super) fn named(names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = names.into_iter().take(NAMED).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

impl App {
    /// What is marked in the list that is shown.
    pub(in crate::tui) fn marked(&self) -> Vec<Target> {
        let list = self.list(self.screen);
        if !self.pages.is_empty() || list.marks.is_empty() {
            return Vec::new();
        }
        let count = match self.screen {
            Screen::Home => 0,
            Screen::Apps => self.data.apps().len(),
            Screen::Nodes => self.data.nodes().len(),
            Screen::Pods => self.data.pods().len(),
            Screen::Engines => self.data.engines().len(),
            Screen::Tasks => self.data.tasks().len(),
        };
        let all = (0..count).filter_map(|row| self.row_target(self.screen, row));
        all.filter(|target| list.marks.contains(&target.key())).collect()
    }

    /// The tasks that a key acts on: the marked ones, else the chosen one.
    pub(super) fn meant_tasks(&self) -> Vec<&Task> {
        let marked = self.marked();
        let targets = if marked.is_empty() { self.target().into_iter().collect() } else { marked };
        let id = |target: Target| if let Target::Task(id) = target { Some(id) } else { None };
        targets.into_iter().filter_map(id).filter_map(|id| self.data.task(&id)).collect()
    }

    fn unmark_all(&mut self) {
        let screen = self.screen;
        let list = self.list_mut(screen);
        list.marks.clear();
        list.range = None;
    }

    /// Asks before several tasks are cancelled. What has ended already stays as it is.
    pub(super) fn ask_cancel_all(&mut self) {
        let ids: Vec<TaskId> = self.meant_tasks().into_iter().map(|task| task.id.clone()).collect();
        self.ask_cancel_of(&ids);
    }

    pub(super) fn ask_cancel_of(&mut self, tasks: &[TaskId]) {
        let open = tasks.iter().filter_map(|id| self.data.task(id)).filter(|task| !task.state.is_done());
        let (ids, titles): (Vec<TaskId>, Vec<String>) =
            open.map(|task| (task.id.clone(), self.task_title(task))).unzip();
        if let Some(failure) = self.barred(&format!("Could not cancel {}", counted(ids.len(), "task"))) {
            self.refuse(failure, Refused::Cancel(ids));
            return;
        }
        if ids.is_empty() {
            self.notes.say(self.now, "Not possible: all of them have ended");
            return;
        }
        let mut lines = named(titles);
        lines.push(String::from("What they have done so far may stay; their records stay in the list."));
        let title = format!("Cancel {}?", counted(ids.len(), "task"));
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, Intent::CancelAll(ids), self.now)));
    }

    /// Asks before what several tasks did is asked for once more.
    pub(super) fn ask_again_all(&mut self, tasks: &[TaskId]) {
        let meant = tasks.iter().filter_map(|id| self.data.task(id));
        let (can, cannot): (Vec<&Task>, Vec<&Task>) = meant.partition(|task| self.against_again_among(task).is_none());
        let ids: Vec<TaskId> = can.iter().map(|task| task.id.clone()).collect();
        let mut lines = named(can.iter().map(|task| self.task_title(task)).collect());
        let reasons = cannot.iter().map(|task| {
            let why = self.against_again_among(task).unwrap_or_default();
            format!("Left out: {}: {why}", self.task_title(task))
        });
        lines.extend(reasons.take(REASONS));
        if let Some(failure) = self.barred(&format!("Could not run {} again", counted(ids.len(), "task"))) {
            self.refuse(failure, Refused::Again(tasks.to_vec()));
        } else if ids.is_empty() {
            self.notes.say(self.now, format!("Not possible. {}", lines.join("; ")));
        } else {
            let title = format!("Run {} again?", counted(ids.len(), "task"));
            self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, Intent::AgainAll(ids), self.now)));
        }
    }

    /// Asks before all marked apps are installed, each in its best flavour where it runs best. What nobody can tell, and
    /// what wants a word of its own, is left for its own sheet.
    pub(super) fn ask_install_all(&mut self, marked: &[Target]) {
        let mut orders: Vec<(FlavourId, EngineId)> = Vec::new();
        let (mut names, mut left_out) = (Vec::new(), Vec::new());
        for target in marked {
            let Some((name, release)) = self.release_to_install(target) else { continue };
            match self.order(target, release) {
                Ok((flavour, engine)) if orders.iter().any(|order| order.0 == flavour && order.1 == engine) => {}
                Ok((flavour, engine)) => {
                    names.extend(self.order_words(&flavour, &engine));
                    orders.push((flavour, engine));
                }
                Err(why) => left_out.push(format!("Left out: {name}: {why}")),
            }
        }
        if let Some(failure) = self.barred(&format!("Could not install {}", counted(marked.len(), "app"))) {
            if orders.is_empty() {
                self.fail(failure);
            } else {
                self.refuse(failure, Refused::InstallAll(orders));
            }
            return;
        }
        if orders.is_empty() {
            self.notes.say(self.now, format!("None of them can be installed. {}", left_out.join("; ")));
            return;
        }
        let title = format!("Install {}?", counted(orders.len(), "app"));
        let mut lines = named(names);
        let more = left_out.len().saturating_sub(REASONS);
        lines.extend(left_out.into_iter().take(REASONS));
        if more > 0 {
            lines.push(format!("and {more} more that are left out"));
        }
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, Intent::InstallAll(orders), self.now)));
    }

    /// What would be installed how and where: `stardist 0.4.2  cuda on hpc-gpu`.
    pub(super) fn order_words(&self, flavour: &FlavourId, engine: &EngineId) -> Option<String> {
        let (app, release, flavour) = self.data.flavour(flavour)?;
        let place = self.data.engine(engine).map_or("?", |engine| &engine.name);
        Some(format!("{} {}  {} on {place}", app.short_name(), release.version, flavour.name))
    }

    /// The name and the release that an install of a thing would be about.
    fn release_to_install(&self, target: &Target) -> Option<(String, &Release)> {
        let (app, version) = self.install_of(target)?;
        let app = self.data.app(&app)?;
        Some((app.short_name().to_owned(), app.release(&version)?))
    }

    /// Which flavour on which engine, or why not without a look at its sheet.
    fn order(&self, target: &Target, release: &Release) -> Result<(FlavourId, EngineId), String> {
        if let Target::Node(node) = target
            && let Some(pod) = self.provider(node)
        {
            return Err(format!("it is available on {} already", pod.engine_name));
        }
        let flavour = match target {
            Target::Node(node) => self.best_for(node).map(|best| best.flavour.name.clone()),
            _ => None,
        };
        let wish = Wish { flavour: flavour.as_deref(), engine: None };
        let best = compat::plan(release, self.data.engines(), wish).map_err(|why| why.to_string())?.best;
        if best.judgement.verdict != Verdict::Runs {
            return Err("nobody can tell whether it runs; its own sheet asks".into());
        }
        if let Some(need) =
            compat::needs(release, Some(best.flavour), &self.session.offered).iter().find(|it| it.is_against())
        {
            return Err(format!("it {}", need.sentence()));
        }
        let outlook = compat::outlook(&best, self.data.pods(), self.data.tasks(), None);
        match outlook.obstacle(best.engine) {
            Some((why, _)) => Err(why),
            None => Ok((best.flavour.id.clone(), best.engine.id.clone())),
        }
    }

    pub(in crate::tui) fn cancel_all(&mut self, tasks: Vec<TaskId>) -> Vec<Effect> {
        self.unmark_all();
        tasks.into_iter().map(Effect::Cancel).collect()
    }

    pub(in crate::tui) fn run_all_again(&mut self, tasks: &[TaskId]) -> Vec<Effect> {
        self.unmark_all();
        tasks.iter().flat_map(|task| self.run_again(task)).collect()
    }

    pub(in crate::tui) fn install_all(&mut self, orders: Vec<(FlavourId, EngineId)>) -> Vec<Effect> {
        self.unmark_all();
        let mut effects = Vec::new();
        for (flavour, engine) in orders {
            let found = self
                .data
                .flavour(&flavour)
                .map(|(app, release, _)| format!("{} {}", app.short_name(), release.version));
            let engine = self.data.engine(&engine).filter(|engine| engine.is_online()).cloned();
            let (Some(what), Some(engine)) = (found, engine) else { continue };
            let ticket = self.ticket();
            self.installing.insert(ticket, format!("{what} on {}", engine.name));
            self.wishes.insert(ticket, Refused::InstallAll(vec![(flavour.clone(), engine.id.clone())]));
            effects.push(Effect::Install { ticket, flavour, engine: Box::new(engine) });
        }
        effects
    }

    /// Several things were asked for at once: from now on one line says how far they are.
    pub(super) fn begin_bulk(&mut self, effects: &[Effect]) {
        let part = |effect: &Effect| {
            let (doing, name, part) = match effect {
                Effect::Install { ticket, .. } => {
                    ("installing", self.installing.get(ticket).cloned(), Part::Asked(*ticket))
                }
                Effect::Act { verb, pod, .. } => {
                    (super::words(*verb).1, self.data.pod(pod).map(Pod::name), Part::Pod(pod.clone()))
                }
                Effect::Cancel(task) => {
                    ("cancelling", self.data.task(task).map(|task| self.task_title(task)), Part::Task(task.clone()))
                }
                _ => return None,
            };
            Some((doing, Child { name: name.unwrap_or_else(|| "?".into()), stand: Stand::Open(part) }))
        };
        let parts: Vec<_> = effects.iter().filter_map(part).collect();
        let [(doing, _), _, ..] = parts.as_slice() else { return };
        let doing = *doing;
        let children = parts.into_iter().map(|(_, child)| child);
        match &mut self.bulk {
            Some(bulk) if bulk.doing == doing => bulk.children.extend(children),
            other => *other = Some(Bulk { doing, children: children.collect() }),
        }
    }

    /// What became of one of several.
    pub(super) fn follow_bulk(&mut self, message: &Message) {
        let Some(bulk) = &mut self.bulk else { return };
        match message {
            Message::Installing(ticket, told) => {
                bulk.answer(&Part::Asked(*ticket), told.as_deref());
            }
            Message::Acted(_, pod, told) => {
                bulk.answer(&Part::Pod(pod.clone()), told.as_deref());
            }
            Message::Cancelled(task, Err(failure)) => bulk.answer(&Part::Task(task.clone()), Err(failure)),
            _ => {}
        }
    }

    /// Notes what has ended; when nothing is left, says how it went.
    pub(super) fn settle_bulk(&mut self) {
        let Some(bulk) = &mut self.bulk else { return };
        for child in &mut bulk.children {
            if let Stand::Open(Part::Task(id)) = &child.stand
                && let Some(task) = self.data.task(id).filter(|task| task.state.is_done())
            {
                child.stand = Stand::Ended(task.id.clone(), task.state);
            }
        }
        if bulk.is_over() {
            let text = bulk.text();
            self.bulk = None;
            self.notes.say(self.now, format!("{text}: all have ended; ⟨go-tasks⟩ lists them"));
        }
    }

    /// Each of several that were asked for together: how far it is, in a word and in words, and its name.
    pub(in crate::tui) fn bulk_parts(&self) -> Vec<(&'static str, String, String)> {
        let Some(bulk) = &self.bulk else { return Vec::new() };
        let far = |id: &TaskId| {
            self.data.task(id).map(|task| crate::tui::screens::how_far::progress_text(self, task)).unwrap_or_default()
        };
        let one = |child: &Child| {
            let (word, more) = match &child.stand {
                Stand::Open(Part::Task(id)) => (self.data.task(id).map_or("ASKED", |it| it.state.word()), far(id)),
                Stand::Open(Part::Asked(_) | Part::Pod(_)) => ("ASKED", String::new()),
                Stand::Ended(id, state) => (state.word(), far(id)),
                Stand::Refused(why) => ("REFUSED", why.clone()),
            };
            (word, child.name.clone(), more)
        };
        bulk.children.iter().map(one).collect()
    }

    /// How far several things are that were asked for together.
    pub fn bulk_text(&self) -> Option<String> {
        self.bulk.as_ref().map(Bulk::text)
    }
}
