//! Updating pods (`U`): what changes is shown and asked first; then the new release is installed, and when it runs, the old
//! pod is removed. `kab update` does the same in a shell.

use std::collections::HashMap;

use super::{App, Refused, Target};
use crate::compat::{self, Update};
use crate::domain::{
    App as StoreApp, AppIdentifier, Failure, FailureKind, PodId, PodStatus, PodVerb, TaskId, TaskState, sentence,
};
use crate::tui::action::Screen;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::overlays::{Asks, Button, Dialog, Intent, Logs, Overlay};

/// Pods that are being updated, by what their new releases are asked for with, then by the tasks that install them.
#[derive(Debug, Default)]
pub struct Updates {
    asked: HashMap<Ticket, Old>,
    under_way: HashMap<TaskId, Old>,
    /// Pods that were installed, with those that go as soon as they are seen to run.
    settling: Vec<(PodId, Old)>,
}

/// A pod that is to go, as it was when the person said yes to that.
#[derive(Debug)]
struct Old {
    pod: PodId,
    seen: PodStatus,
}

impl Updates {
    /// An installation has begun; whether it belongs to an update.
    pub(super) fn begun(&mut self, ticket: Ticket, task: &TaskId) -> bool {
        let Some(pod) = self.asked.remove(&ticket) else { return false };
        self.under_way.insert(task.clone(), pod);
        true
    }

    /// An installation could not even be asked for.
    pub(super) fn given_up(&mut self, ticket: Ticket) {
        self.asked.remove(&ticket);
    }

    fn holds(&self, pod: &PodId) -> bool {
        let settling = self.settling.iter().map(|(_, old)| old);
        self.asked.values().chain(self.under_way.values()).chain(settling).any(|known| known.pod == *pod)
    }
}

impl App {
    /// The apps whose pods are meant: the marked ones, else the chosen one.
    fn apps_to_update(&self) -> Vec<AppIdentifier> {
        let app = |target: Target| if let Target::App(app) = target { Some(app) } else { None };
        let marked: Vec<_> = self.marked().into_iter().filter_map(app).collect();
        if marked.is_empty() { self.target().and_then(app).into_iter().collect() } else { marked }
    }

    /// The pods that `U` would update: those that are chosen, or those of the apps that are and are behind.
    fn meant_to_update(&self) -> Vec<PodId> {
        let apps = self.apps_to_update();
        if apps.is_empty() {
            return self.meant_pods();
        }
        let pods = self.data.pods().iter().filter(|pod| apps.contains(&pod.app));
        pods.map(|pod| pod.id.clone()).filter(|id| self.update_of(id).is_some()).collect()
    }

    fn update_of(&self, id: &PodId) -> Option<Update<'_>> {
        let pod = self.data.pod(id)?;
        compat::update(self.data.app(&pod.app)?, self.data.engines(), pod)
    }

    /// What changes of what an app may do when its pods that live are updated, in words; `None`: all are at the newest.
    pub(super) fn change_of_access(&self, app: &StoreApp) -> Option<String> {
        let pods = self.data.pods().iter().filter(|pod| pod.app == app.identifier && pod.status.is_alive());
        let changes = pods.filter_map(|pod| compat::update(app, self.data.engines(), pod));
        // Where pods differ, the one that changes most is told.
        changes.map(|update| update.permissions.words()).max_by_key(String::len)
    }

    /// Why nothing can be updated; `None` when something can.
    pub(super) fn against_update(&self) -> Option<String> {
        let pods = self.meant_to_update();
        if pods.is_empty() {
            let apps = self.apps_to_update();
            let is_bare = apps.iter().all(|app| self.data.pods_of(app) == 0);
            let text = match (apps.len(), is_bare) {
                (0, _) => "no pod is chosen",
                (1, true) => "no pod of it is here",
                (1, false) => "its pods run the newest release",
                (_, true) => "no pod of them is here",
                (_, false) => "their pods run the newest release",
            };
            return Some(text.into());
        }
        let mut reasons: Vec<_> = pods.iter().map(|pod| self.against_update_of(pod)).collect();
        if reasons.iter().any(Option::is_none) { None } else { reasons.swap_remove(0) }
    }

    fn against_update_of(&self, id: &PodId) -> Option<String> {
        if self.updates.holds(id) {
            return Some("it is being updated".into());
        }
        match self.update_of(id) {
            None => Some("it runs the newest release".into()),
            Some(update) => update.choice.err().map(|none| none.to_string()),
        }
    }

    pub(super) fn ask_update(&mut self) {
        let pods = self.meant_to_update();
        if let Some(failure) = self.barred(&format!("Could not update {}", self.names(&pods))) {
            self.refuse(failure, Refused::Update(pods));
        } else if let Some(why) = self.against_update() {
            self.notes.say(self.now, format!("Nothing to update: {why}"));
        } else {
            self.ask_update_of(pods);
        }
    }

    /// Asks before pods are updated. What the new releases ask for in addition needs a word of its own: the button that
    /// gives it is not the one that has the focus.
    pub(super) fn ask_update_of(&mut self, mut pods: Vec<PodId>) {
        pods.retain(|pod| self.against_update_of(pod).is_none());
        let updates: Vec<Update<'_>> = pods.iter().filter_map(|pod| self.update_of(pod)).collect();
        let asks = if updates.iter().any(|it| it.permissions.asks_for_more()) { Asks::More } else { Asks::NoMore };
        let log = match self.kept_logs() {
            Logs::Saved => format!("with its record. Its log is saved first in {}.", self.log_folder),
            Logs::Go => String::from("with its record and its log."),
        };
        let how = [
            format!("The new one is installed first. When it runs, the old container goes, {log}"),
            String::from("kab does that: leave it earlier, and both stay."),
        ];
        let lines = match updates.as_slice() {
            [] => return,
            [one] => told(one).into_iter().chain([String::new()]).chain(how).collect(),
            // Whoever says yes can read what each of them asks for in addition.
            several => {
                how.into_iter().chain([String::new()]).chain(several.iter().flat_map(|update| short(update))).collect()
            }
        };
        let title = format!("Update {}?", self.names(&pods));
        // Old pods go: where names are typed before that, they are typed here.
        let wanted = self.name_to_type(&pods);
        let dialog = Dialog::new(title, lines, Intent::Update(pods, asks), self.now).by_name_if(wanted);
        let button = if asks == Asks::More { Button::Cancel } else { Button::Yes };
        self.overlay = Some(Overlay::Dialog(Dialog { button, ..dialog }));
    }

    /// Asks the engines for the new releases.
    pub(in crate::tui) fn begin_updates(&mut self, pods: &[PodId]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in pods {
            if let Some(why) = self.against_update_of(id) {
                self.notes.say(self.now, format!("Not updated: {}: {why}", self.names(std::slice::from_ref(id))));
                continue;
            }
            let Some(Update { pod, release, choice: Ok(best), .. }) = self.update_of(id) else { continue };
            let what = format!("{} in place of {}", release.version, pod.name());
            let (flavour, engine) = (best.flavour.id.clone(), Box::new(best.engine.clone()));
            let old = Old { pod: id.clone(), seen: pod.status.clone() };
            let ticket = self.ticket();
            self.installing.insert(ticket, what);
            self.wishes.insert(ticket, Refused::Update(vec![id.clone()]));
            self.updates.asked.insert(ticket, old);
            effects.push(Effect::Install { ticket, flavour, engine });
        }
        for screen in [Screen::Pods, Screen::Apps] {
            let list = self.list_mut(screen);
            list.marks.clear();
            list.range = None;
        }
        effects
    }

    /// A task has ended: where it installed the new release, the old pod goes when that is seen to run. A task that is
    /// done says less: engines of other kinds are done when the container is there.
    pub(super) fn go_on_with_update(&mut self, task: &TaskId, ended: TaskState) -> Vec<Effect> {
        let Some(old) = self.updates.under_way.remove(task) else { return Vec::new() };
        let new = self.data.task(task).and_then(|task| task.pod.clone());
        match new.filter(|_| ended == TaskState::Done) {
            Some(new) => self.updates.settling.push((new, old)),
            None => self.notes.say(self.now, format!("{} stays as it was", self.names(&[old.pod]))),
        }
        self.settle_updates()
    }

    /// Removes the old pods whose successors run, and says where one does not. What is another one by now stays.
    pub(super) fn settle_updates(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (new, old) in std::mem::take(&mut self.updates.settling) {
            match self.data.pod(&new).map(|pod| &pod.status) {
                Some(PodStatus::Running) => effects.extend(self.remove_old(&old)),
                Some(PodStatus::Failed | PodStatus::Stopping | PodStatus::Stopped) => {
                    let what = format!("Could not update {}: it stays as it was", self.names(&[old.pod]));
                    let why = format!("the new one, {}, does not run", self.names(&[new]));
                    self.notes.fail(self.now, Failure::new(what, why).hint("Its log says more: ⟨logs⟩ on it."));
                }
                _ => self.updates.settling.push((new, old)),
            }
        }
        effects
    }

    /// Removes a pod that has a successor, as every removal is done: with its log saved, and the server asked once more.
    fn remove_old(&mut self, old: &Old) -> Vec<Effect> {
        let Some(pod) = self.data.pod(&old.pod) else { return Vec::new() };
        if pod.status != old.seen {
            let what = format!("Did not remove {}: its successor runs beside it", pod.name());
            let why = format!("it is {} now; it was {} when you were asked", pod.status.word(), old.seen.word());
            let failure = Failure::new(what, why).kind(FailureKind::Failed);
            self.notes.fail(self.now, failure.hint("⟨remove⟩ on it asks again."));
            return Vec::new();
        }
        let mut effects = self.act_on(PodVerb::Remove, std::slice::from_ref(&old.pod));
        self.guard_removals(&mut effects, self.kept_logs());
        effects
    }
}

/// Everything about one update.
fn told(update: &Update<'_>) -> Vec<String> {
    let (pod, changes) = (update.pod, &update.permissions);
    let mut lines = vec![format!("version    {} -> {}", pod.version, update.release.version)];
    if let Ok(best) = &update.choice {
        let flavour = &best.flavour.name;
        lines.push(if *flavour == pod.flavour_name {
            format!("flavour    {flavour}, as now")
        } else {
            format!("flavour    {} -> {flavour}", pod.flavour_name)
        });
        lines.push(format!("engine     {}, as now", best.engine.name));
        for reason in &best.judgement.reasons {
            lines.push(format!("           may not run: {}", reason.sentence(&best.engine.name)));
        }
    }
    if changes.is_same() {
        lines.push("access     the same as now".into());
        return lines;
    }
    lines.push(if changes.is_present_unknown {
        "access     what it may do now is not known any more; all of it counts as new:".into()
    } else {
        "access     what it may do changes:".into()
    });
    lines.extend(changes.scopes_added.iter().map(|scope| format!("  + {scope}: {}", sentence(scope))));
    lines.extend(changes.services_added.iter().map(|service| format!("  + service {service}")));
    lines.extend(changes.scopes_removed.iter().map(|scope| format!("  - {scope}")));
    lines.extend(changes.services_removed.iter().map(|service| format!("  - service {service}")));
    lines
}

/// One of several.
fn short(update: &Update<'_>) -> Vec<String> {
    let pod = update.pod;
    let mut lines =
        vec![format!("{}  {} -> {} on {}", pod.name(), pod.version, update.release.version, pod.engine_name)];
    if !update.permissions.is_same() {
        lines.push(format!("  {}", update.permissions.words()));
    }
    lines
}
