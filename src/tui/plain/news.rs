//! What happens by itself, one line each: `status:` and `error:`. Nothing is said twice, and nothing counts down.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::{Moment, Phase, PodId, PodVerb, Task, TaskId, TaskState, percent};
use crate::tui::action::Screen;
use crate::tui::app::{App, Connection, Grace, Page, Target, words};
use crate::tui::message::Message;
use crate::tui::notes::{Note, Said};
use crate::tui::view::counted;
use crate::tui::widgets::text::ago;

/// Progress that is worth a line, in percent.
const STEP: u64 = 10;
/// After so many milliseconds smaller progress is, too.
const PAUSE: i64 = 30_000;
/// Pods that are told one by one at most, of those that changed together.
const EACH: usize = 5;

/// How far a task was when it was told last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    at: Moment,
    state: TaskState,
    phase: String,
    percent: u64,
}

/// What was told.
#[derive(Debug, Default)]
pub struct News {
    note: Option<Note>,
    connection: String,
    grace: Option<Grace>,
    asked: HashMap<PodId, PodVerb>,
    tasks: HashMap<TaskId, Told>,
    /// Tasks that somebody asked for here.
    own: HashSet<TaskId>,
    pods: Option<HashMap<PodId, String>>,
    marks: (Option<Screen>, BTreeSet<String>),
}

impl News {
    /// Hears what arrives, to know which tasks were asked for here.
    pub fn hear(&mut self, message: &Message) {
        if let Message::Installing(_, Ok(task)) | Message::Acted(_, _, Ok(task)) | Message::Taken(_, Ok(task)) = message
        {
            self.own.insert(task.id.clone());
        }
    }

    /// Whether a task that somebody asked for here has not ended.
    pub fn works(&self, app: &App) -> bool {
        self.own.iter().filter_map(|id| app.data.task(id)).any(|task| !task.state.is_done())
    }

    /// Tells what is new.
    pub fn tell(&mut self, app: &App, out: &mut Vec<String>) {
        self.tell_connection(app, out);
        self.tell_notes(app, out);
        self.tell_grace(app, out);
        self.tell_tasks(app, out);
        self.tell_pods(app, out);
        self.tell_marks(app, out);
    }

    fn tell_notes(&mut self, app: &App, out: &mut Vec<String>) {
        let known = self.note.as_ref();
        let new = app.notes.all.iter().rev().take_while(|note| Some(*note) != known);
        let new: Vec<&Note> = new.collect();
        for note in new.iter().rev() {
            out.push(match &note.text {
                Said::Word(text) => format!("status: {}", app.prose(text)),
                Said::Error(failure) => format!("error: {} ({})", app.prose(&failure.to_string()), failure.id()),
            });
        }
        self.note = app.notes.all.back().cloned();
    }

    fn tell_connection(&mut self, app: &App, out: &mut Vec<String>) {
        let session = &app.session;
        let text = match &app.connection {
            Connection::Connecting { what, .. } => format!("status: {what}"),
            Connection::Live => {
                let who = [&session.word, &session.organisation, &session.user].map(String::as_str);
                let who: Vec<&str> = who.into_iter().filter(|part| !part.is_empty()).collect();
                let only = session.read_only.as_ref().map_or_else(String::new, |why| format!("; read-only ({why})"));
                format!("status: connected to {} ({}){only}", session.context, who.join(", "))
            }
            Connection::Lost { failure, .. } => {
                format!("error: not connected: {}; tried again by itself, refresh tries now", failure.why)
            }
            Connection::Failed { failure, .. } => {
                if self.connection.starts_with("failed") && app.retry.attempts > 1 {
                    return;
                }
                let again = if app.retry.at.is_some() { "tried again by itself; " } else { "" };
                format!("failed not connected: {}; {again}refresh tries now", failure.why)
            }
            Connection::SignedOut { failure, .. } => format!("error: signed out: {}; sign-in signs in", failure.why),
            Connection::Offline => match app.staleness() {
                Some(_) if self.connection.starts_with("status: offline") => self.connection.clone(),
                Some(seconds) => format!("status: offline; everything is as it was {}", ago(seconds)),
                // What was kept is on its way from the disk.
                None if !app.knows_kept => self.connection.clone(),
                None => "status: offline".into(),
            },
        };
        // What is tried again and again is told once.
        let is_again = self.connection.starts_with("failed") && text == "status: connecting again";
        if text != self.connection && !is_again {
            out.push(match text.strip_prefix("failed ") {
                // Why stands in the error before it.
                Some(rest) => format!("status: {rest}"),
                None => text.clone(),
            });
            self.connection = text;
        }
    }

    fn tell_grace(&mut self, app: &App, out: &mut Vec<String>) {
        if app.grace != self.grace {
            if let Some(grace) = &app.grace {
                let seconds = app.now.seconds_until(grace.due).max(1);
                let (_, doing) = words(grace.verb);
                let names = app.names(&grace.pods);
                out.push(format!(
                    "status: {doing} {names} in {seconds} seconds; undo takes it back, open does it at once"
                ));
            }
            self.grace.clone_from(&app.grace);
        }
        let mut begun: Vec<(PodVerb, PodId)> = Vec::new();
        for (pod, (verb, _)) in &app.asked {
            if self.asked.get(pod) != Some(verb) {
                begun.push((*verb, pod.clone()));
            }
        }
        self.asked = app.asked.iter().map(|(pod, (verb, _))| (pod.clone(), *verb)).collect();
        begun.sort_by(|a, b| a.1.as_str().cmp(b.1.as_str()));
        for verb in [PodVerb::Start, PodVerb::Stop, PodVerb::Restart, PodVerb::Remove] {
            let pods: Vec<PodId> = begun.iter().filter(|(own, _)| *own == verb).map(|(_, pod)| pod.clone()).collect();
            if !pods.is_empty() {
                out.push(format!("status: {} {} now", words(verb).1, app.names(&pods)));
            }
        }
    }

    fn tell_tasks(&mut self, app: &App, out: &mut Vec<String>) {
        let open = match app.pages.last() {
            Some(Page::Thing(Target::Task(id), _)) => Some(id),
            _ => None,
        };
        let all = app.pages.is_empty() && app.screen == Screen::Tasks;
        let is_first = self.tasks.is_empty();
        let tasks = app.data.tasks().iter().filter(|task| !task.kind.is_reading());
        for task in tasks {
            let is_told = all || open == Some(&task.id) || self.own.contains(&task.id);
            let known = self.tasks.get(&task.id);
            let now = Told {
                at: app.now,
                state: task.state,
                phase: phase(task),
                percent: app.data.portion(task).and_then(percent).unwrap_or(0),
            };
            let text = match known {
                // Those that are there at the start are in the list.
                None if is_first && !self.own.contains(&task.id) => None,
                None => Some(how_far(&now)),
                Some(known) => what_is_new(known, &now),
            };
            if known.is_some() && text.is_none() {
                continue;
            }
            // How it ended is a note already.
            if let Some(text) = text.filter(|_| is_told && !now.state.is_done()) {
                out.push(format!("status: {}: {text}", app.task_title(task)));
            }
            self.tasks.insert(task.id.clone(), now);
        }
    }

    fn tell_pods(&mut self, app: &App, out: &mut Vec<String>) {
        let Some(pods) = app.data.pods.value() else { return };
        let state = |pod: &crate::domain::Pod| {
            let doubt = if app.is_ghost(pod) { ", not confirmed" } else { "" };
            format!("{}{doubt}", pod.status.word().to_lowercase())
        };
        let now: HashMap<PodId, String> = pods.iter().map(|pod| (pod.id.clone(), state(pod))).collect();
        let Some(before) = self.pods.replace(now) else { return };
        let open = match app.pages.last() {
            Some(Page::Thing(Target::Pod(id), _)) => Some(id.clone()),
            Some(Page::Log(log)) => Some(log.pod.clone()),
            _ => None,
        };
        let all = app.pages.is_empty() && matches!(app.screen, Screen::Pods | Screen::Home);
        let is_told = |id: &PodId| all || open.as_ref() == Some(id) || app.asked.contains_key(id);
        let mut told: Vec<String> = Vec::new();
        for pod in pods.iter().filter(|pod| is_told(&pod.id)) {
            let now = state(pod);
            match before.get(&pod.id) {
                Some(known) if *known == now => {}
                _ => told.push(format!("status: pod {} on {} is {now}", pod.name(), pod.engine_name)),
            }
        }
        let here: HashSet<&PodId> = pods.iter().map(|pod| &pod.id).collect();
        let gone = before.keys().filter(|id| !here.contains(id) && (all || open.as_ref() == Some(id))).count();
        if gone > 0 {
            told.push(format!("status: {} gone", counted(gone, "pod")));
        }
        if told.len() > EACH {
            told = vec![format!("status: {} changed; list prints them", counted(told.len(), "pod"))];
        }
        out.extend(told);
    }

    fn tell_marks(&mut self, app: &App, out: &mut Vec<String>) {
        let marks = (Some(app.screen), app.list(app.screen).marks.clone());
        if marks == self.marks {
            return;
        }
        let is_same_list = marks.0 == self.marks.0;
        self.marks = marks;
        if is_same_list && app.pages.is_empty() {
            out.push(match self.marks.1.len() {
                0 => "status: nothing is marked any more".into(),
                count => format!("status: {} marked", counted(count, "row")),
            });
        }
    }
}

/// The phase of a task, as far as its message tells one.
fn phase(task: &Task) -> String {
    let first = task.message.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
    match Phase::of_message(first) {
        Some(phase) => phase.heading().to_owned(),
        None => String::new(),
    }
}

/// What of a task is worth a line.
fn what_is_new(known: &Told, now: &Told) -> Option<String> {
    let moved = now.percent.saturating_sub(known.percent);
    let is_due = moved >= STEP || (moved > 0 && now.at.0 - known.at.0 >= PAUSE);
    (now.state != known.state || now.phase != known.phase || is_due).then(|| how_far(now))
}

fn how_far(now: &Told) -> String {
    let percent = if now.percent > 0 { format!("{} percent", now.percent) } else { String::new() };
    let state = match now.state {
        TaskState::Running => String::new(),
        TaskState::Queued => "waits for its engine".into(),
        TaskState::Cancelling => "asked to end".into(),
        TaskState::Disconnected => "its engine was lost; the outcome is unknown".into(),
        state => state.word().to_lowercase(),
    };
    let parts: Vec<String> =
        [state, now.phase.to_lowercase(), percent].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "working".into() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(at: i64, phase: &str, percent: u64) -> Told {
        Told { at: Moment(at), state: TaskState::Running, phase: phase.into(), percent }
    }

    #[test]
    fn progress_is_told_at_most_every_ten_percent_or_every_thirty_seconds() {
        let known = told(0, "Pulling image", 20);
        assert_eq!(what_is_new(&known, &told(1_000, "Pulling image", 29)), None);
        assert_eq!(what_is_new(&known, &told(29_000, "Pulling image", 29)), None);
        assert_eq!(what_is_new(&known, &told(60_000, "Pulling image", 20)), None);
        let words = |now| what_is_new(&known, &now);
        assert_eq!(words(told(1_000, "Pulling image", 30)).as_deref(), Some("pulling image, 30 percent"));
        assert_eq!(words(told(30_000, "Pulling image", 21)).as_deref(), Some("pulling image, 21 percent"));
        assert_eq!(words(told(1, "Starting container", 20)).as_deref(), Some("starting container, 20 percent"));
    }
}
