//! Answers of the server.

use super::{App, Done, Page, Refused, Target};
use crate::domain::{Failure, FailureKind, PodVerb, TaskKind, TaskState, explain};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, List};
use crate::tui::log::Lost;
use crate::tui::message::Message;

/// How long an answer is waited for before a pod's old state is believed again, in milliseconds.
pub const BELIEVES: i64 = 30_000;

impl App {
    pub(super) fn settle(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Apps(result) => {
                self.note_failure(List::Apps, &result);
                self.data.arrived(List::Apps, &result);
                self.data.settle_apps(result);
                self.index(Screen::Apps);
                self.refill_gently(Screen::Apps);
            }
            Message::AppsSoFar(apps) => {
                if self.data.grows(List::Apps, apps.len()) {
                    self.data.settle_apps(Ok(apps));
                    self.data.apps.start();
                    self.index(Screen::Apps);
                    self.refill_gently(Screen::Apps);
                }
            }
            Message::Nodes(result) => {
                self.note_failure(List::Nodes, &result);
                self.data.arrived(List::Nodes, &result);
                self.data.settle_nodes(result);
                self.index(Screen::Nodes);
                self.index(Screen::Apps);
                self.refill_gently(Screen::Nodes);
                self.refill_gently(Screen::Apps);
            }
            Message::NodesSoFar(nodes) => {
                if self.data.grows(List::Nodes, nodes.len()) {
                    self.data.settle_nodes(Ok(nodes));
                    self.data.nodes.start();
                    self.index(Screen::Nodes);
                    self.refill_gently(Screen::Nodes);
                }
            }
            Message::Engines(result) => {
                self.note_failure(List::Engines, &result);
                let is_read = result.is_ok();
                self.data.settle_engines(result);
                self.index(Screen::Engines);
                self.refill_gently(Screen::Engines);
                self.refill_gently(Screen::Apps);
                self.forget_facts();
                let online = self.data.engines().iter().any(crate::domain::Engine::is_online);
                let contained = online && self.data.lone_process_engine().is_none();
                if contained {
                    // What was found when there was none says nothing any more.
                    self.data.sockets = None;
                } else if is_read && self.data.sockets.is_none() {
                    self.refresh_home();
                    return vec![Effect::Probe];
                }
                effects = self.resume_logs();
            }
            Message::Pods(result) => {
                self.note_failure(List::Pods, &result);
                if let Ok(pods) = &result {
                    self.believe(pods);
                }
                self.data.settle_pods(result);
                self.confirm_pods();
                effects = self.settle_updates();
            }
            Message::PodChanged(pod) => {
                self.asked.remove(&pod.id);
                self.data.take_pod(*pod);
                self.confirm_pods();
                effects = self.settle_updates();
            }
            Message::PodGone(id) => {
                self.asked.remove(&id);
                self.data.drop_pod(&id);
                self.confirm_pods();
            }
            Message::Tasks(result) => return self.settle_tasks(result),
            Message::TaskChanged(task) => return self.take_task(*task),
            Message::TaskHappened(event) => {
                let id = event.task.clone();
                let before = self.data.task(&id).map(|task| task.state);
                self.data.take_event(*event, self.now);
                return self.after_task(&id, before);
            }
            Message::TaskTold(id, Ok((task, events))) => {
                self.data.take_events(id, events);
                return self.take_task(task);
            }
            Message::Repositories(result) => {
                self.note_failure(List::Repositories, &result);
                self.data.settle_repositories(result);
                self.index(Screen::Apps);
                self.refill_gently(Screen::Apps);
            }
            Message::Sockets(sockets) => self.data.sockets = Some(sockets),
            // What was put off is read when it is looked at, and is new then.
            Message::Outdated(list) if self.net.put_off.contains(&list) => return Vec::new(),
            Message::Outdated(list) => return vec![Effect::FetchInTurn(list)],
            other => return self.settle_answer(other),
        }
        self.refresh_home();
        effects
    }

    /// Makes everything findable anew, after much has changed at once. The page that the program was started for opens when
    /// the server has told its apps: what was kept cannot be acted on yet.
    pub(super) fn reindex(&mut self) {
        for screen in Screen::ALL {
            self.index(screen);
            self.refill(screen);
        }
        self.refresh_home();
    }

    /// Answers to what was asked for by hand.
    fn settle_answer(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Installing(ticket, result) => {
                let what = self.installing.remove(&ticket).unwrap_or_default();
                match result {
                    Ok(task) => {
                        self.wishes.remove(&ticket);
                        let is_update = self.updates.begun(ticket, &task.id);
                        if !is_update {
                            self.done = Some(Done::Installed(task.id.clone()));
                        }
                        let id = &task.id;
                        let text =
                            format!("Installing {what}: task {id}, ⟨watch⟩ watches it. You can quit, it goes on.");
                        self.notes.say(self.now, text);
                        return self.take_asked(*task);
                    }
                    Err(failure) => {
                        self.updates.given_up(ticket);
                        self.refuse_asked(ticket, failure);
                    }
                }
            }
            Message::Taken(ticket, result) => {
                let what = self.installing.remove(&ticket).unwrap_or_default();
                match result {
                    Ok(task) => {
                        self.wishes.remove(&ticket);
                        self.notes.say(self.now, format!("Asked: {what}: task {}, ⟨watch⟩ watches it.", task.id));
                        return self.take_asked(*task);
                    }
                    Err(failure) => self.refuse_asked(ticket, failure),
                }
            }
            Message::Offers(engine, Ok(offers)) => self.take_offers(engine, offers),
            Message::Fetching(flavour, engine, told) => self.settle_fetching((flavour, engine), told),
            Message::Approvals(release, approvals) => _ = self.data.approvals.insert(release, approvals),
            Message::About(release, about) => self.data.settle_about(release, about),
            Message::Contexts(result) => self.take_contexts(result),
            Message::AllPodsAsked(ticket, names) => self.take_asked_contexts(ticket, names),
            Message::PodsOf(ticket, context, pods) => self.take_pods_of(ticket, context, pods),
            Message::SignIn(ticket, step) => return self.take_step(ticket, step),
            Message::Forgotten(pod, Ok(())) => self.forgotten(&pod),
            Message::Acted(verb, pod, Err(failure)) => {
                self.asked.remove(&pod);
                self.refuse(failure, Refused::Pods(verb, vec![pod]));
            }
            Message::Acted(_, _, Ok(task)) => return self.take_asked(*task),
            Message::Cancelled(task, Ok(())) => {
                self.begun.insert(task);
                self.notes.say(self.now, "Asked to cancel; the engine confirms it");
            }
            Message::RepositoryDone(_, Ok(text)) => {
                self.data.doubt_what_is_said();
                self.notes.say(self.now, text);
                return vec![self.fetch(List::Repositories), self.fetch(List::Apps), self.fetch(List::Nodes)];
            }
            Message::LogLines(ticket, kind, lines) => self.with_log(ticket, |log| log.take(ticket, kind, lines)),
            Message::LogLost(ticket, lost) => {
                let lost = lost.map(|(failure, rest)| Lost { why: failure.why, retry_at: self.now.plus(rest) });
                self.with_log(ticket, |log| log.lose(ticket, lost));
            }
            Message::LogDropped(ticket, count) => self.with_log(ticket, |log| log.note_dropped(count)),
            Message::LogEnded(ticket, failure) => {
                let text = failure.as_ref().map(|failure| failure.why.clone());
                self.with_log(ticket, |log| log.end(ticket, text));
                if let Some(failure) = failure {
                    self.notes.fail(self.now, failure);
                }
            }
            Message::CacheSize(bytes) => self.net.cache = Some(bytes),
            Message::Copied(text) | Message::Said(text) => self.notes.say(self.now, text),
            Message::Cancelled(task, Err(failure)) => self.refuse(failure, Refused::Cancel(vec![task])),
            Message::Forgotten(pod, Err(failure)) => self.refuse(failure, Refused::Forget(vec![pod])),
            Message::RepositoryDone(errand, Err(failure)) => self.refuse(failure, Refused::Repositories(vec![errand])),
            Message::TaskTold(_, Err(failure)) | Message::Offers(_, Err(failure)) => self.fail(failure),
            // Everything else was taken in before.
            _ => {}
        }
        self.refresh_home();
        Vec::new()
    }

    pub(super) fn confirm_pods(&mut self) {
        self.index(Screen::Pods);
        self.refill_gently(Screen::Pods);
        self.refill_gently(Screen::Apps);
        self.forget_facts();
    }

    /// A task that somebody just asked for: that it is over already is news.
    fn take_asked(&mut self, task: crate::domain::Task) -> Vec<Effect> {
        let id = task.id.clone();
        self.asked_last = Some(id.clone());
        // Where nobody knew whose it is, an end that came before this answer was not told.
        let was_told = self.data.task(&id).filter(|task| self.concerns_us(task));
        let before = was_told.map_or(TaskState::Queued, |task| task.state);
        self.begun.insert(id.clone());
        self.data.take_task(task, self.now);
        self.after_task(&id, Some(before))
    }

    /// A list of tasks also tells of ends that nothing else told, such as those of a time without connection.
    fn settle_tasks(&mut self, result: Result<Vec<crate::domain::Task>, Failure>) -> Vec<Effect> {
        self.note_failure(List::Tasks, &result);
        let is_told = result.is_ok();
        let open = self.open_task();
        let before = open.as_ref().and_then(|id| self.data.task(id)).cloned();
        let ended = self.data.settle_tasks(result, self.now);
        if is_told {
            let open = self.pages.iter().filter_map(|page| match page {
                Page::Thing(Target::Task(id), _) => Some(id.clone()),
                _ => None,
            });
            self.data.tidy_tasks(&open.collect());
        }
        self.index(Screen::Tasks);
        self.refill_gently(Screen::Tasks);
        let mut effects = Vec::new();
        for (id, state) in ended {
            for effect in self.after_task(&id, Some(state)) {
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
        }
        if let Some(id) = open.filter(|id| is_told && self.data.task(id) != before.as_ref()) {
            // Something happened that no event told.
            effects.push(Effect::FetchTask(id));
        }
        self.refresh_home();
        effects
    }

    /// The task whose page is open on top.
    pub(super) fn open_task(&self) -> Option<crate::domain::TaskId> {
        match self.pages.last() {
            Some(Page::Thing(Target::Task(id), _)) => Some(id.clone()),
            _ => None,
        }
    }

    fn take_task(&mut self, task: crate::domain::Task) -> Vec<Effect> {
        let id = task.id.clone();
        let before = self.data.task(&id).map(|task| task.state);
        self.data.take_task(task, self.now);
        self.after_task(&id, before)
    }

    /// A task that ended changes other lists, and its end is said once, where it is one's own.
    fn after_task(&mut self, id: &crate::domain::TaskId, before: Option<TaskState>) -> Vec<Effect> {
        self.index(Screen::Tasks);
        self.refill_gently(Screen::Tasks);
        let mut effects = Vec::new();
        if let Some(task) = self.data.task(id)
            && task.state.is_done()
            && before.is_some_and(|state| !state.is_done())
        {
            let is_reading = task.kind.is_reading();
            let fetched_by = task.client_id.clone().filter(|_| task.kind == TaskKind::Install);
            let pod = task.acts_on("@kabinet/pod").map(crate::domain::PodId::from);
            let ended = task.state;
            effects.extend(self.tell_end(id));
            if let Some(client) = &fetched_by {
                self.forget_fetching_of(client);
            }
            effects.extend(self.go_on_with_update(id, ended));
            let Some(task) = self.data.task(id) else { return effects };
            let runs_again = task.state == TaskState::Done && matches!(task.kind, TaskKind::Start | TaskKind::Restart);
            if runs_again && let Some(pod) = &pod {
                effects.extend(self.resume_log(pod));
            }
            if !is_reading {
                // What somebody here waits for is seen at once; what others do in a busy lab waits for its turn.
                let is_waited_for = pod.as_ref().is_some_and(|pod| self.asked.contains_key(pod));
                self.confirmed.extend(pod);
                effects.push(if is_waited_for { self.fetch(List::Pods) } else { Effect::FetchInTurn(List::Pods) });
            }
        }
        self.refresh_home();
        effects
    }

    /// Says that a task has ended, and how. The list shows the ends of what others do.
    fn tell_end(&mut self, id: &crate::domain::TaskId) -> Option<Effect> {
        let task = self.data.task(id).filter(|task| self.concerns_us(task))?;
        let title = self.task_title(task);
        let told = self.tell_absent(task, &format!("{}: {title}", task.state.word().to_lowercase()));
        match task.state {
            // Whoever looks at the sheet reads it there.
            _ if matches!(task.kind, TaskKind::Fetching | TaskKind::Measuring) => {}
            TaskState::Failed => {
                let why = task.message.clone().unwrap_or_else(|| "the engine gave no reason".into());
                // What it means may hang on a later line: engines quote what an app said.
                let hint = explain(&why).map_or("Its events: ⟨go-tasks⟩, then ⟨open⟩.", |found| found.advice);
                self.notes.fail(self.now, Failure::new(format!("Failed: {title}"), why).hint(hint));
            }
            // Leaving a log ends its task; nobody asked for that by name.
            _ if task.kind.is_reading() => {}
            TaskState::Cancelled => self.notes.say(self.now, format!("Cancelled: {title}")),
            _ => self.notes.say(self.now, format!("Done: {title}")),
        }
        told
    }

    /// What was asked of a pod is settled when its task has ended and the list was read after that.
    fn believe(&mut self, pods: &[crate::domain::Pod]) {
        for pod in std::mem::take(&mut self.confirmed) {
            self.asked.remove(&pod);
        }
        self.asked.retain(|id, (verb, _)| {
            let status = pods.iter().find(|pod| pod.id == *id).map(|pod| &pod.status);
            match verb {
                PodVerb::Stop => status.is_some_and(crate::domain::PodStatus::is_alive),
                PodVerb::Start | PodVerb::Restart | PodVerb::Remove => status.is_some(),
            }
        });
    }

    /// What keeps failing in the same way, such as a list that is polled, is said once.
    fn note_failure<T>(&mut self, list: List, result: &Result<T, Failure>) {
        match result {
            Ok(_) => {
                self.data.failing.remove(&list);
                self.data.read_at.insert(list, self.now);
            }
            // The header says it, and for all of them.
            Err(failure) if failure.kind == FailureKind::SignIn => {}
            Err(failure) => {
                if self.data.failing.insert(list, failure.clone()).as_ref() != Some(failure) {
                    self.notes.fail(self.now, failure.clone());
                }
            }
        }
    }

    fn with_log(&mut self, ticket: crate::tui::effect::Ticket, change: impl FnOnce(&mut crate::tui::log::LogView)) {
        let log = self.pages.iter_mut().rev().find_map(|page| match page {
            Page::Log(log) if log.listens_to(ticket) => Some(log),
            _ => None,
        });
        if let Some(log) = log {
            change(log);
        }
    }

    /// What a task does, in words: `install stardist 0.4.2 on hpc-gpu`.
    pub fn task_title(&self, task: &crate::domain::Task) -> String {
        let engine = self.data.engine_of_task(task);
        let place = engine.map_or_else(String::new, |engine| format!(" on {}", engine.name));
        format!("{}{place}", self.task_what(task))
    }

    /// The same without the place.
    pub fn task_what(&self, task: &crate::domain::Task) -> String {
        let thing = match self.data.installed_by(task) {
            Some((app, release, _)) => Some(format!("{} {}", app.short_name(), release.version)),
            None => self.data.pod_name_of(task),
        };
        match (task.kind.verb(), thing) {
            (Some(verb), Some(thing)) => format!("{verb} {thing}"),
            _ => task.action.clone(),
        }
    }

    /// Whether a page about this thing is open on top.
    pub fn shows(&self, target: &Target) -> bool {
        matches!(self.pages.last(), Some(Page::Thing(shown, _)) if shown == target)
    }
}
