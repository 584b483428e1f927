//! Asking for what a task did once more (`r`): asked about first, since nobody knows whether it can be done twice.

use super::pods::words;
use super::{App, Refused};
use crate::domain::{Engine, PodVerb, Task, TaskId, TaskKind};
use crate::tui::effect::Effect;
use crate::tui::overlays::{Dialog, Intent, Overlay};

impl App {
    /// Why the chosen task cannot be run again; `None`: it can.
    pub(super) fn against_again(&self) -> Option<String> {
        let tasks = self.meant_tasks();
        let mut reasons: Vec<_> = tasks.iter().map(|task| self.against_again_of(task)).collect();
        if reasons.is_empty() {
            return Some("no task is chosen".into());
        }
        if reasons.iter().any(Option::is_none) { None } else { reasons.swap_remove(0) }
    }

    /// Why a task cannot be run again; `None`: it can.
    pub(super) fn against_again_of(&self, task: &Task) -> Option<String> {
        if !task.state.is_done() {
            return Some("it has not ended".into());
        }
        if task.kind == TaskKind::Install {
            if self.data.installed_by(task).is_none() {
                return Some("what it installed is not in the catalogue any more".into());
            }
            return match self.data.engine_of_task(task) {
                None => Some("its engine is not known any more".into()),
                Some(engine) if !engine.is_online() => Some(format!("engine {} is offline", engine.name)),
                Some(_) => None,
            };
        }
        let Some(verb) = task.kind.pod_verb() else {
            return Some(
                self.prose("kab does not know what it was asked with; ⟨actions⟩ has the engine's own actions"),
            );
        };
        match self.data.pod_of(task) {
            None => Some("its pod is gone".into()),
            Some(pod) => self.against_pod(verb, &pod.id),
        }
    }

    /// Why a task cannot be run again together with others: a removal has its own question, which says what goes.
    pub(super) fn against_again_among(&self, task: &Task) -> Option<String> {
        let is_removal = task.kind == TaskKind::Remove;
        self.against_again_of(task).or_else(|| is_removal.then(|| "asked for one by one".into()))
    }

    pub(super) fn ask_again_for_task(&mut self) {
        let meant: Vec<TaskId> = self.meant_tasks().into_iter().map(|task| task.id.clone()).collect();
        if meant.is_empty() {
            self.notes.say(self.now, "Not possible: no task is chosen");
        } else {
            self.ask_again_of(&meant);
        }
    }

    /// Asks before what tasks did is done once more, of one or of several.
    pub(super) fn ask_again_of(&mut self, tasks: &[TaskId]) {
        let [id] = tasks else { return self.ask_again_all(tasks) };
        let Some(task) = self.data.task(id) else { return };
        let title = self.task_title(task);
        if let Some(failure) = self.barred(&format!("Could not run again: {title}")) {
            self.refuse(failure, Refused::Again(tasks.to_vec()));
            return;
        }
        if let Some(why) = self.against_again_of(task) {
            self.notes.say(self.now, format!("Not possible: {why}"));
            return;
        }
        if task.kind.pod_verb() == Some(PodVerb::Remove) {
            let pods: Vec<_> = self.data.pod_of(task).map(|pod| pod.id.clone()).into_iter().collect();
            return self.ask_removal(&pods);
        }
        let line = match task.kind {
            TaskKind::Install => "It is installed once more, beside what is there already.".to_owned(),
            kind => match kind.pod_verb() {
                Some(verb) => format!("{} is asked of the pod once more.", words(verb).0),
                None => return,
            },
        };
        let intent = Intent::Again(task.id.clone());
        let dialog = Dialog::new(format!("Again: {title}?"), vec![line], intent, self.now);
        self.overlay = Some(Overlay::Dialog(dialog));
    }

    pub(in crate::tui) fn run_again(&mut self, id: &TaskId) -> Vec<Effect> {
        let Some(task) = self.data.task(id).cloned() else { return Vec::new() };
        if let Some(verb) = task.kind.pod_verb() {
            let pods: Vec<_> = self.data.pod_of(&task).map(|pod| pod.id.clone()).into_iter().collect();
            return self.act_on(verb, &pods);
        }
        let flavour = self.data.installed_by(&task).map(|(_, _, flavour)| flavour.id.clone());
        let engine = self.data.engine_of_task(&task).filter(|engine: &&Engine| engine.is_online()).cloned();
        let (Some(flavour), Some(engine)) = (flavour, engine) else {
            self.notes.say(self.now, "Not possible any more: what it was about has changed");
            return Vec::new();
        };
        let what = self.task_title(&task);
        let ticket = self.ticket();
        self.installing.insert(ticket, what.strip_prefix("install ").unwrap_or(&what).to_owned());
        self.wishes.insert(ticket, Refused::Again(vec![id.clone()]));
        vec![Effect::Install { ticket, flavour, engine: Box::new(engine) }]
    }
}
