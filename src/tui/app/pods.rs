//! What can be asked of pods, with the time to think again, and why not.

use std::collections::BTreeMap;

use super::undoing::Done;
use super::{App, Grace, Refused, Target};
use crate::domain::{Engine, Failure, FailureKind, Moment, Pod, PodId, PodStatus, PodVerb, explain, human_bytes};
use crate::tui::action::{Action, Screen};
use crate::tui::effect::{Effect, Removal};
use crate::tui::message::Confirm;
use crate::tui::overlays::{Asked, Dialog, Farewell, Intent, Logs, Overlay};

/// How long `stop` and `restart` wait for `z`, in milliseconds.
const GRACE: i64 = 5_000;

/// The verb for people, and while it is under way.
pub fn words(verb: PodVerb) -> (&'static str, &'static str) {
    match verb {
        PodVerb::Start => ("Start", "Starting"),
        PodVerb::Stop => ("Stop", "Stopping"),
        PodVerb::Restart => ("Restart", "Restarting"),
        PodVerb::Remove => ("Remove", "Removing"),
    }
}

impl App {
    /// The pods that a verb acts on: the marked ones, else the chosen one.
    pub(in crate::tui) fn meant_pods(&self) -> Vec<PodId> {
        let list = self.list(Screen::Pods);
        if self.pages.is_empty() && self.screen == Screen::Pods && !list.marks.is_empty() {
            let marked = |pod: &&Pod| list.marks.contains(&Target::Pod(pod.id.clone()).key());
            return self.data.pods().iter().filter(marked).map(|pod| pod.id.clone()).collect();
        }
        match self.target() {
            Some(Target::Pod(id)) => self.row_of(&id),
            Some(Target::Task(id)) => {
                let pod = self.data.task(&id).and_then(|task| self.data.pod_of(task));
                pod.map(|pod| pod.id.clone()).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// All pods of the row that is called after this one.
    fn row_of(&self, id: &PodId) -> Vec<PodId> {
        self.replicas_of(id).map_or_else(|| vec![id.clone()], <[PodId]>::to_vec)
    }

    /// Why an action cannot be done now; `None` when it can.
    pub fn against(&self, action: Action) -> Option<String> {
        let changes = matches!(
            action,
            Action::Pod(_)
                | Action::Update
                | Action::Forget
                | Action::Shell
                | Action::Again
                | Action::Cancel
                | Action::Install
                | Action::InstallWith
        );
        if changes && let Some(why) = self.bar() {
            return Some(why);
        }
        match action {
            Action::Pod(verb) => {
                let pods = self.meant_pods();
                let Some(first) = pods.first() else { return Some("no pod is chosen".into()) };
                if pods.len() > 1 {
                    let reasons: Vec<_> = pods.iter().filter_map(|pod| self.against_pod(verb, pod)).collect();
                    return if reasons.len() == pods.len() { reasons.into_iter().next() } else { None };
                }
                self.against_pod(verb, first)
            }
            Action::Update => self.against_update(),
            Action::Forget => self.against_forget(),
            Action::Shell => self.shell_line().err(),
            Action::Again => self.against_again(),
            Action::Logs => self.against_log(),
            Action::Cancel => match self.meant_tasks().as_slice() {
                [] => Some("no task is chosen".into()),
                [task] if task.state.is_done() => Some("it has ended".into()),
                tasks if tasks.iter().all(|task| task.state.is_done()) => Some("all of them have ended".into()),
                _ => None,
            },
            Action::Install | Action::InstallWith => match self.to_install() {
                None => Some("nothing here can be installed".into()),
                Some(_) if self.data.engines().is_empty() => {
                    Some(self.prose("no engine is connected (⟨go-engines⟩ says how)"))
                }
                Some(_) => None,
            },
            _ => None,
        }
    }

    pub(super) fn against_pod(&self, verb: PodVerb, id: &PodId) -> Option<String> {
        let pod = self.data.pod(id)?;
        let engine = self.data.engine(&pod.engine);
        if !engine.is_some_and(Engine::is_online) {
            return Some(format!("engine {} is offline", pod.engine_name));
        }
        if let Some(engine) = engine.filter(|engine| self.lacks(verb, engine)) {
            return Some(format!("{} offers no {}", engine.name, verb.interface()));
        }
        match (verb, &pod.status) {
            (PodVerb::Start, PodStatus::Running) => Some("it runs already".into()),
            (PodVerb::Start, PodStatus::Pending) => Some("it is starting".into()),
            (PodVerb::Stop, PodStatus::Stopped | PodStatus::Failed) => Some("it does not run".into()),
            (PodVerb::Stop | PodVerb::Restart, PodStatus::Stopping) => Some("it is stopping".into()),
            _ => None,
        }
    }

    /// Whether an engine told what it can do with pods, and this is not among it: the existing deployers start nothing.
    fn lacks(&self, verb: PodVerb, engine: &Engine) -> bool {
        let Some(offers) = self.data.offers.get(&engine.id) else { return false };
        let has = |verb: PodVerb| offers.iter().any(|offer| verb.interfaces().contains(&offer.interface.as_str()));
        let all = [PodVerb::Start, PodVerb::Stop, PodVerb::Restart, PodVerb::Remove];
        all.into_iter().any(has) && !has(verb)
    }

    /// A verb was asked for: at once, after a grace period, or after a question.
    pub(super) fn ask_pods(&mut self, verb: PodVerb) -> Vec<Effect> {
        let pods = self.meant_pods();
        let (word, _) = words(verb);
        if pods.is_empty() {
            self.notes.say(self.now, "No pod is chosen");
            return Vec::new();
        }
        let names = self.names(&pods);
        if let Some(failure) = self.barred(&format!("Could not {} {names}", word.to_lowercase())) {
            self.refuse(failure, Refused::Pods(verb, pods));
            return Vec::new();
        }
        let (can, cannot): (Vec<_>, Vec<_>) = pods.into_iter().partition(|pod| self.against_pod(verb, pod).is_none());
        if can.is_empty() {
            let why = cannot.first().and_then(|pod| self.against_pod(verb, pod)).unwrap_or_default();
            self.notes.say(self.now, format!("Not possible: {} {}: {why}", word.to_lowercase(), self.names(&cannot)));
            return Vec::new();
        }
        let left_out = self.left_out(verb, &cannot);
        match verb {
            PodVerb::Start => {
                if !left_out.is_empty() {
                    self.notes.say(self.now, format!("Starting {}; {left_out}", self.names(&can)));
                }
                self.act_on(verb, &can)
            }
            PodVerb::Stop | PodVerb::Restart => {
                // A second wish does not wait for the first.
                let effects = self.do_now();
                self.notes.word = None;
                if !left_out.is_empty() {
                    // Where there is no room for it, the reason can be read among the messages.
                    self.notes.record(self.now, format!("{} {}; {left_out}", words(verb).1, self.names(&can)));
                }
                let due = Moment(self.now.0 + GRACE);
                self.grace = Some(Grace { verb, pods: can, left_out, spared: cannot.len(), due });
                effects
            }
            PodVerb::Remove => {
                self.ask_removal(&can);
                if let Some(Overlay::Dialog(dialog)) = &mut self.overlay
                    && !left_out.is_empty()
                {
                    dialog.lines.push(left_out);
                }
                Vec::new()
            }
        }
    }

    /// What becomes of the log of a pod that is removed, unless somebody wants it otherwise.
    pub(super) fn kept_logs(&self) -> Logs {
        if self.log_folder.is_empty() { Logs::Go } else { Logs::Saved }
    }

    /// Asks before pods are removed: what goes, and what stays.
    pub(super) fn ask_removal(&mut self, pods: &[PodId]) {
        let logs = self.kept_logs();
        let seen = pods.iter().filter_map(|id| Some((id.clone(), self.data.pod(id)?.status.clone()))).collect();
        let farewell = Farewell { seen, logs };
        let title = format!("Remove {}?", self.names(pods));
        let wanted = self.name_to_type(pods);
        let lines = self.removal_lines(&farewell, Asked::of(wanted.as_ref()));
        let dialog = Dialog::new(title, lines, Intent::Remove(farewell), self.now);
        self.overlay = Some(Overlay::Dialog(dialog.by_name_if(wanted)));
    }

    /// What becomes of the logs, and which key changes it.
    pub(in crate::tui) fn log_line(&self, farewell: &Farewell, asked: Asked) -> String {
        let [log, container] = if farewell.seen.len() == 1 { ["Log", "container"] } else { ["Logs", "containers"] };
        let key = match asked {
            Asked::Key => self.prose("⟨keep-log⟩"),
            // Letters are for the name.
            Asked::Name => "Tab".into(),
        };
        match farewell.logs {
            Logs::Saved => format!("{log}: saved first in {} ({key} changes that)", self.log_folder),
            Logs::Go if self.log_folder.is_empty() => format!("{log}: gone with the {container}"),
            Logs::Go => format!("{log}: gone with the {container}, not saved ({key} changes that)"),
        }
    }

    /// What goes when pods are removed, and what stays.
    pub(in crate::tui) fn removal_lines(&self, farewell: &Farewell, asked: Asked) -> Vec<String> {
        let pods: Vec<&Pod> = farewell.seen.iter().filter_map(|(id, _)| self.data.pod(id)).collect();
        let mut images = BTreeMap::new();
        for (.., flavour) in pods.iter().filter_map(|pod| self.data.flavour(&pod.flavour)) {
            images.insert(&flavour.image.reference, flavour.image.size);
        }
        let size: Option<u64> = images.values().copied().sum();
        let size = size.filter(|size| *size > 0).map_or_else(String::new, |size| format!(" ({})", human_bytes(size)));
        let [container, record, image] = match pods.len() {
            1 => ["the container", "its record", "image"],
            _ => ["the containers", "their records", "images"],
        };
        let mut lines = vec![
            format!("Removes {container} and {record} in the store."),
            format!("Keeps the {image}{size}, and all data that was written elsewhere."),
            self.log_line(farewell, asked),
            String::new(),
        ];
        let whose = |pod: &Pod| self.others(pod).map_or_else(String::new, |name| format!(", of {name}"));
        lines.extend(
            pods.iter()
                .map(|pod| format!("{}  {} on {}{}", pod.name(), pod.status.word(), pod.engine_name, whose(pod))),
        );
        lines
    }

    /// Removes what the person said yes to.
    pub(in crate::tui) fn remove(&mut self, farewell: &Farewell) -> Vec<Effect> {
        let changed: Vec<String> = farewell
            .seen
            .iter()
            .filter_map(|(id, seen)| self.data.pod(id).filter(|pod| pod.status != *seen))
            .map(|pod| format!("{} is {} now", pod.name(), pod.status.word()))
            .collect();
        let pods: Vec<PodId> = farewell.seen.iter().map(|(id, _)| id.clone()).collect();
        if !changed.is_empty() {
            self.notes.say(self.now, format!("Look again: {}", changed.join(", ")));
            self.ask_removal(&pods);
            return Vec::new();
        }
        let mut effects = self.act_on(PodVerb::Remove, &pods);
        self.guard_removals(&mut effects, farewell.logs);
        effects
    }

    /// Has the server asked once more before each removal, and logs saved where they are wanted.
    pub(super) fn guard_removals(&self, effects: &mut [Effect], logs: Logs) {
        for effect in effects {
            if let Effect::Act { pod, removal, .. } = effect
                && let Some(seen) = self.data.pod(pod)
            {
                let log = (logs == Logs::Saved).then(|| {
                    let named = crate::tui::log::file_name(&seen.name(), self.now);
                    format!("{}/{named}", self.log_folder)
                });
                *removal = Some(Removal { seen: seen.status.clone(), log });
            }
        }
    }

    /// Whether a pod is the person's own, as far as anybody knows.
    pub fn is_mine(&self, pod: &Pod) -> bool {
        pod.is_of(&self.session.subject)
    }

    /// Whose a pod is, where that is known and somebody else.
    pub(in crate::tui) fn others<'a>(&self, pod: &'a Pod) -> Option<&'a str> {
        pod.owner.as_ref().filter(|_| pod.is_of_another(&self.session.subject)).map(|owner| owner.name.as_str())
    }

    /// What has to be typed before something goes that these pods have, as the context wants it or since it is somebody
    /// else's; `None`: a key is enough.
    pub(super) fn name_to_type(&self, pods: &[PodId]) -> Option<String> {
        let is_others = pods.iter().filter_map(|id| self.data.pod(id)).any(|pod| self.others(pod).is_some());
        (is_others || self.session.confirm == Confirm::TypeName).then(|| match pods {
            [one] => self.data.pod(one).map_or_else(|| one.to_string(), Pod::name),
            _ => self.session.context.clone(),
        })
    }

    /// Why a pod is in its state, as far as anybody can tell; of a row that stands for several, how they do.
    pub(super) fn about_state(&self, id: &PodId) -> Option<String> {
        if let Some(pods) = self.replicas_of(id) {
            let all = pods.iter().filter_map(|id| self.data.pod(id));
            return Some(format!("{} pods: {}; ⟨open⟩ shows each of them", pods.len(), super::summary(self, all)));
        }
        let pod = self.data.pod(id)?;
        let name = pod.name();
        if self.is_ghost(pod) {
            return Some(format!("{name}{}", crate::tui::screens::pod_states::confirmed(self, pod)));
        }
        Some(match (&pod.status, &pod.reason) {
            (_, Some(reason)) => match explain(reason) {
                Some(found) => format!("{name}: {reason}. {} {}", found.means, found.advice),
                None => format!("{name}: {reason}"),
            },
            (PodStatus::Failed, None) => format!("{name} failed, and its engine gave no reason; ⟨logs⟩ shows its log"),
            (PodStatus::Running, None) => format!("{name} runs, and {} reports no trouble", pod.engine_name),
            (PodStatus::Stopped, None) => format!("{name} was stopped; ⟨start⟩ starts it"),
            (status, None) => {
                format!("{name} is {}; {} does not say why", status.word().to_lowercase(), pod.engine_name)
            }
        })
    }

    /// What is left out of something that was asked of several, and why: `left out: x (it does not run)`.
    fn left_out(&self, verb: PodVerb, pods: &[PodId]) -> String {
        let Some(first) = pods.first() else { return String::new() };
        let why = self.against_pod(verb, first).unwrap_or_default();
        let more = if pods.len() > 1 { format!(" and {} more", pods.len() - 1) } else { String::new() };
        format!("left out: {} ({why}){more}", self.names(std::slice::from_ref(first)))
    }

    /// Up to three names.
    pub(in crate::tui) fn names(&self, pods: &[PodId]) -> String {
        match pods {
            [one] => self.data.pod(one).map_or_else(|| one.to_string(), Pod::name),
            _ if pods.len() <= 3 => {
                pods.iter().filter_map(|id| self.data.pod(id)).map(Pod::name).collect::<Vec<_>>().join(", ")
            }
            _ => format!("{} pods", pods.len()),
        }
    }

    /// Does what waits in the grace period.
    pub(super) fn do_now(&mut self) -> Vec<Effect> {
        match self.grace.take() {
            Some(grace) => self.act_on(grace.verb, &grace.pods),
            None => Vec::new(),
        }
    }

    /// Asks the engines. What has changed since it was seen is asked again of the person.
    pub(in crate::tui) fn act_on(&mut self, verb: PodVerb, pods: &[PodId]) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut stopped = Vec::new();
        for id in pods {
            let Some(pod) = self.data.pod(id) else { continue };
            let name = pod.name();
            if let Some(why) = self.against_pod(verb, id) {
                let what = format!("Could not {} {name}", words(verb).0.to_lowercase());
                let hint = "Its state changed since you saw it; look again.";
                self.notes.fail(self.now, Failure::new(what, why).kind(FailureKind::Failed).hint(hint));
                continue;
            }
            if let Some(engine) = self.data.engine(&pod.engine) {
                effects.push(Effect::Act { verb, pod: id.clone(), engine: Box::new(engine.clone()), removal: None });
                stopped.push(id.clone());
            }
            self.asked.insert(id.clone(), (verb, self.now));
        }
        if verb == PodVerb::Stop && !effects.is_empty() {
            self.done = Some(Done::Stopped(stopped));
        }
        // What somebody has marked meanwhile stays marked.
        let list = self.list_mut(Screen::Pods);
        for id in pods {
            list.marks.remove(&Target::Pod(id.clone()).key());
        }
        list.range = None;
        effects
    }
}
