//! Pods whose state nobody can confirm: how they are told from others, and how their records are forgotten.

use super::{App, Refused, Target};
use crate::domain::{AppIdentifier, Moment, Needed, Pod, PodId, PodStatus, Remote};
use crate::tui::effect::Effect;
use crate::tui::overlays::{Dialog, Intent, Overlay};

impl App {
    /// Whether a pod is said to live while nobody can confirm it.
    pub fn is_ghost(&self, pod: &Pod) -> bool {
        let engine = self.data.engine(&pod.engine);
        // Only where the engines were told is one that is not among them gone.
        (engine.is_some() || matches!(self.data.engines, Remote::Ready(_))) && pod.is_ghost(engine, self.now)
    }

    /// Whether a pod runs, as far as anybody can confirm it.
    pub fn is_running(&self, pod: &Pod) -> bool {
        pod.status == PodStatus::Running && !self.is_ghost(pod)
    }

    /// How many pods of an app run, as far as anybody can confirm it.
    pub fn running(&self, app: &AppIdentifier) -> usize {
        self.data.running(app).filter(|pod| !self.is_ghost(pod)).count()
    }

    /// When a pod's state was confirmed last, as far as anybody can tell.
    pub fn confirmed_at(&self, pod: &Pod) -> Option<Moment> {
        pod.confirmed_at(self.data.engine(&pod.engine), self.now)
    }

    /// The pods whose records would be forgotten.
    fn meant_to_forget(&self) -> Vec<PodId> {
        let may = |id: &PodId| self.against_forgetting(id).is_none();
        self.meant_pods().into_iter().filter(may).collect()
    }

    /// Why a record is not forgotten: whoever can remove the pod itself does that.
    fn against_forgetting(&self, id: &PodId) -> Option<String> {
        let pod = self.data.pod(id)?;
        let engine = self.data.engine(&pod.engine);
        if engine.is_none() && !matches!(self.data.engines, Remote::Ready(_)) {
            return Some("the engines were not told yet".into());
        }
        let name = &pod.engine_name;
        Some(match pod.needed(engine, self.now)? {
            Needed::ToRemoveIt => self.prose(&format!("{name} is online: ⟨remove⟩ removes it with its container")),
            Needed::PerhapsToRemoveIt => format!("nobody can tell whether {name} is online"),
        })
    }

    pub(super) fn against_forget(&self) -> Option<String> {
        let pods = self.meant_pods();
        if pods.is_empty() {
            return Some("no pod is chosen".into());
        }
        if self.meant_to_forget().is_empty() { pods.iter().find_map(|pod| self.against_forgetting(pod)) } else { None }
    }

    pub(super) fn ask_forget(&mut self) {
        let pods = self.meant_to_forget();
        if let Some(failure) = self.barred(&format!("Could not forget {}", self.names(&pods))) {
            self.refuse(failure, Refused::Forget(pods));
        } else if let Some(why) = self.against_forget() {
            self.notes.say(self.now, format!("Not possible: {why}"));
        } else {
            self.ask_forget_of(pods);
        }
    }

    pub(super) fn ask_forget_of(&mut self, pods: Vec<PodId>) {
        let mut lines = vec![
            String::from("Only the record and the stored log are deleted, at the server."),
            String::from(
                "Nothing is asked of the engine: a container that is still there may run on, and nobody here knows of it.",
            ),
            String::new(),
        ];
        for pod in pods.iter().filter_map(|id| self.data.pod(id)) {
            lines.push(format!("{}  {} on {}", pod.name(), pod.status.word(), pod.engine_name));
        }
        let title = format!("Forget the record of {}?", self.names(&pods));
        let wanted = self.name_to_type(&pods);
        let dialog = Dialog::new(title, lines, Intent::Forget(pods), self.now);
        self.overlay = Some(Overlay::Dialog(dialog.by_name_if(wanted)));
    }

    pub(in crate::tui) fn forget(&mut self, pods: Vec<PodId>) -> Vec<Effect> {
        let (cannot, can): (Vec<_>, Vec<_>) = pods.into_iter().partition(|pod| self.against_forgetting(pod).is_some());
        if let Some(why) = cannot.first().and_then(|pod| self.against_forgetting(pod)) {
            self.notes.say(self.now, format!("Not forgotten: {}: {why}", self.names(&cannot)));
        }
        let list = self.list_mut(crate::tui::action::Screen::Pods);
        list.marks.clear();
        list.range = None;
        can.into_iter().map(Effect::Forget).collect()
    }

    /// A record is gone: so is what was open about it.
    pub(super) fn forgotten(&mut self, id: &PodId) {
        self.notes.say(self.now, format!("Forgotten: {}", self.names(std::slice::from_ref(id))));
        if self.shows(&Target::Pod(id.clone())) {
            self.pages.pop();
        }
        self.asked.remove(id);
        self.data.drop_pod(id);
        self.confirm_pods();
    }
}
