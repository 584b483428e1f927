//! What `z` takes back: what still waits; after a stop, by starting again; after an install, by removing it, which asks.

use super::pods::words;
use super::{App, Refused};
use crate::domain::{FailureKind, Pod, PodId, PodVerb, TaskId};
use crate::tui::effect::Effect;
use crate::tui::widgets::text::{cut_middle, width};

/// Cells below which a name that is cut says nothing.
const SHORTEST: usize = 8;

/// The last thing that was done and can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Pods were asked to stop.
    Stopped(Vec<PodId>),
    /// Something was asked to be installed.
    Installed(TaskId),
}

impl App {
    /// What the message line says while there is time to think again; of several pods, as many names as there is room for.
    pub fn grace_text(&self, room: usize) -> Option<String> {
        let grace = self.grace.as_ref()?;
        let seconds = (grace.due.0 - self.now.0 + 999).max(0) / 1000;
        let (_, doing) = words(grace.verb);
        let pods: Vec<&Pod> = grace.pods.iter().filter_map(|pod| self.data.pod(pod)).collect();
        let engine = match pods.as_slice() {
            [one] if grace.left_out.is_empty() => one.engine_name.as_str(),
            _ => "",
        };
        let said = |names: &str, more: usize, engine: &str, left_out: &str| {
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let place = if engine.is_empty() { String::new() } else { format!(" on {engine}") };
            let end = if left_out.is_empty() { String::new() } else { format!("; {left_out}") };
            format!("{doing} {names}{more}{place} in {seconds} s{end}")
        };
        let few = if grace.spared == 0 { String::new() } else { format!("{} left out", grace.spared) };
        let names: Vec<String> = pods.iter().map(|pod| pod.name()).collect();
        // Names come before why some are left out, which can be read among the messages.
        for left_out in [&grace.left_out, &few] {
            for count in (1..=names.len()).rev() {
                let text = said(&names[..count].join(", "), names.len() - count, engine, left_out);
                if width(&text) <= room {
                    return Some(text);
                }
            }
        }
        // What comes behind a name says more than the whole of it; which pod it is says more than where it is.
        let name = names.first().map_or("", String::as_str);
        let text = |name: &str, engine: &str| said(name, names.len().saturating_sub(1), engine, &few);
        let cut = |text: &str, name: &str| {
            let cells = width(name).saturating_sub(width(text).saturating_sub(room)).max(SHORTEST);
            cut_middle(name, cells, self.theme.glyphs.ellipsis)
        };
        let engine = match cut(&text(name, engine), engine) {
            shorter if width(&text(name, &shorter)) <= room => shorter,
            _ => String::new(),
        };
        let name = cut(&text(name, &engine), name);
        Some(text(&name, &engine))
    }

    /// Undoes what waits in the grace period, else what was done last.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        if let Some(grace) = self.grace.take() {
            let text = format!("Not done: {} {}", words(grace.verb).0.to_lowercase(), self.names(&grace.pods));
            self.notes.say(self.now, text);
            return Vec::new();
        }
        match self.done.take() {
            None => {
                self.notes.say(self.now, "Nothing to undo: a stop is undone by a start, an install by a removal");
                Vec::new()
            }
            Some(Done::Stopped(pods)) => self.undo_stop(pods),
            Some(Done::Installed(task)) => {
                self.undo_install(task);
                Vec::new()
            }
        }
    }

    fn undo_stop(&mut self, pods: Vec<PodId>) -> Vec<Effect> {
        if let Some(failure) = self.barred("Could not start what was stopped") {
            if failure.kind != FailureKind::SignIn {
                self.done = Some(Done::Stopped(pods.clone()));
            }
            self.refuse(failure, Refused::Pods(PodVerb::Start, pods));
            return Vec::new();
        }
        let (pods, gone): (Vec<_>, Vec<_>) = pods.into_iter().partition(|pod| self.data.pod(pod).is_some());
        if pods.is_empty() && !gone.is_empty() {
            self.notes.say(self.now, "Nothing to undo: what was stopped has been removed");
            return Vec::new();
        }
        let (can, cannot): (Vec<_>, Vec<_>) =
            pods.into_iter().partition(|pod| self.against_pod(PodVerb::Start, pod).is_none());
        if can.is_empty() {
            // It is still stopping: asked for again in a moment, it can be.
            self.done = Some(Done::Stopped(cannot.clone()));
        }
        if let Some(first) = cannot.first() {
            let why = self.against_pod(PodVerb::Start, first).unwrap_or_default();
            self.notes.say(self.now, format!("Not started again: {}: {why}", self.names(&cannot)));
        } else {
            self.notes.say(self.now, format!("Starting again: {}", self.names(&can)));
        }
        self.act_on(PodVerb::Start, &can)
    }

    fn undo_install(&mut self, task: TaskId) {
        let Some(found) = self.data.task(&task) else {
            return self.notes.say(self.now, "Nothing to undo: the server does not list that install any more");
        };
        if !found.state.is_done() {
            self.notes.say(self.now, "It is still being installed: ⟨watch⟩ goes there, ⟨cancel⟩ cancels it");
            self.done = Some(Done::Installed(task));
            return;
        }
        match self.data.pod_of(found).map(|pod| pod.id.clone()) {
            None => self.notes.say(self.now, "Nothing to undo: what was installed is not there"),
            Some(pod) => match self.against_pod(PodVerb::Remove, &pod) {
                Some(why) => self.notes.say(self.now, format!("Not possible: remove {}: {why}", self.names(&[pod]))),
                None => self.ask_removal(&[pod]),
            },
        }
    }
}
