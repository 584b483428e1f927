//! The command that does the same as a line of the menu (`$`): what stands there can be put into a script.

use super::yank::quoted;
use crate::domain::PodVerb;
use crate::tui::action::Action;
use crate::tui::app::{App, Target};

impl App {
    /// The command line that does the same to what is chosen; `None`: there is none.
    pub(super) fn command_for(&self, action: Action) -> Option<String> {
        let target = self.target()?;
        let app = |id| {
            let version = &self.release_seen(id)?.version;
            Some(quoted(&format!("{id}@{version}")))
        };
        let pods = |id| {
            let pods = self.replicas_of(id).map_or_else(|| vec![id.clone()], <[_]>::to_vec);
            let names = pods.iter().filter_map(|id| self.data.pod(id)).map(|pod| quoted(&pod.name()));
            names.collect::<Vec<_>>().join(" ")
        };
        Some(match (action, &target) {
            (Action::Install | Action::InstallWith, Target::App(id)) => format!("kab install {}", app(id)?),
            (Action::Explain, Target::App(id)) => format!("kab why {}", app(id)?),
            (Action::Update, Target::App(id)) => format!("kab update {}", quoted(id.as_str())),
            (Action::Update, Target::Pod(id)) => format!("kab update {}", quoted(self.data.pod(id)?.app.as_str())),
            (Action::Pod(verb), Target::Pod(id)) => {
                let verb = match verb {
                    PodVerb::Start => "start",
                    PodVerb::Stop => "stop",
                    PodVerb::Restart => "restart",
                    PodVerb::Remove => "remove",
                };
                format!("kab {verb} {}", pods(id))
            }
            (Action::Logs, Target::Pod(id)) => format!("kab logs {} --follow", quoted(&self.data.pod(id)?.name())),
            (Action::Logs, Target::Engine(id)) => {
                format!("kab logs --engine {} --follow", quoted(&self.data.engine(id)?.name))
            }
            (Action::Explain, Target::Pod(id)) => format!("kab pods show {}", quoted(&self.data.pod(id)?.name())),
            (Action::Cancel, Target::Task(id)) => format!("kab tasks cancel {}", quoted(id.as_str())),
            (Action::Explain, Target::Task(id)) => format!("kab tasks show {}", quoted(id.as_str())),
            _ => return None,
        })
    }
}
