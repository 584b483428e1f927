//! A shell in a pod (`E`): where its engine is the docker or podman of this very machine, which has a program for that.

use super::App;
use crate::domain::{EngineKind, Pod, PodStatus};
use crate::tui::effect::Effect;

impl App {
    /// The command that opens a shell in the pod that is chosen, or why there is none.
    pub(super) fn shell_line(&self) -> Result<String, String> {
        let pods = self.meant_pods();
        let [id] = pods.as_slice() else {
            return Err(if pods.is_empty() { "no pod is chosen".into() } else { "choose one pod".into() });
        };
        let Some(pod) = self.data.pod(id) else { return Err("it is gone".into()) };
        self.shell_of(pod)
    }

    fn shell_of(&self, pod: &Pod) -> Result<String, String> {
        let Some(engine) = self.data.engine(&pod.engine) else {
            return Err(format!("nothing is known of its engine {}", pod.engine_name));
        };
        let program = match engine.kind {
            EngineKind::Docker => "docker",
            EngineKind::Podman => "podman",
            EngineKind::Process => return Err("it is a process of this machine, without a container".into()),
            EngineKind::Other(_) => return Err(format!("{} has no program for that here", engine.kind.name())),
        };
        let hosts = engine.resources.iter().filter_map(|resource| resource.facts.get("host.name"));
        let is_here = !self.host.is_empty() && hosts.into_iter().any(|host| host == self.host);
        if !is_here {
            return Err(format!("{} runs on another machine; its engine offers no shell", engine.name));
        }
        if pod.status != PodStatus::Running {
            return Err(format!("it does not run: {}", pod.status.word()));
        }
        // The id comes from a server, and goes to a shell.
        if !pod.local_id.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !pod.local_id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            return Err("its container has an odd id".into());
        }
        let shell = "if command -v bash >/dev/null; then exec bash; else exec sh; fi";
        Ok(format!("{program} exec -it {} sh -c '{shell}'", pod.local_id))
    }

    pub(super) fn open_shell(&mut self) -> Vec<Effect> {
        if let Some(why) = self.bar() {
            self.notes.say(self.now, format!("Not possible: {why}"));
            return Vec::new();
        }
        match self.shell_line() {
            Ok(line) => vec![Effect::Shell(line)],
            Err(why) => {
                self.notes.say(self.now, format!("Not possible: {why}"));
                Vec::new()
            }
        }
    }
}
