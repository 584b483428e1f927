//! The command that does the same as a line of the menu (`$`): what stands there can be put into a script.

use super::menu::{Doing, Menu};
use super::yank::quoted;
use crate::domain::PodVerb;
use crate::tui::action::Action;
use crate::tui::app::{App, Target};

impl App {
    /// The command line of the line of a menu that is chosen; `None`: there is none.
    pub(super) fn command_of(&self, menu: &Menu) -> Option<String> {
        match &menu.items.get(menu.cursor)?.doing {
            Doing::Act(action) => self.command_for(*action),
            // What is asked before is not known yet.
            Doing::Run(action) if action.inputs.is_empty() => self.line_of_custom(action, &self.target()?, &[]).ok(),
            Doing::Run(_) | Doing::Take(_) | Doing::TakeFrom(..) => None,
        }
    }

    /// The command line that does the same to what is chosen, or marked; `None`: there is none.
    pub(super) fn command_for(&self, action: Action) -> Option<String> {
        let target = self.target()?;
        let app = |id| {
            let version = &self.release_seen(id)?.version;
            Some(quoted(&format!("{id}@{version}")))
        };
        let pods = || {
            let pods = self.meant_pods();
            let names = pods.iter().filter_map(|id| self.data.pod(id)).map(|pod| quoted(&pod.name()));
            names.collect::<Vec<_>>().join(" ")
        };
        let node = |id| Some(quoted(&self.data.node(id)?.name));
        Some(match (action, &target) {
            (Action::Install | Action::InstallWith, Target::App(id)) => format!("kab install {}", app(id)?),
            (Action::Install | Action::InstallWith, Target::Node(id)) => {
                let source = self.best_for(id)?;
                let what = quoted(&format!("{}@{}", source.app, source.version));
                format!("kab install {what} --flavour {}", quoted(&source.flavour.name))
            }
            (Action::Explain, Target::Node(id)) => format!("kab nodes show {}", node(id)?),
            (Action::Explain, Target::App(id)) => format!("kab why {}", app(id)?),
            (Action::Update, Target::App(id)) => format!("kab update {}", quoted(id.as_str())),
            (Action::Update, Target::Pod(id)) => format!("kab update {}", quoted(self.data.pod(id)?.app.as_str())),
            (Action::Pod(verb), Target::Pod(_)) => {
                let verb = match verb {
                    PodVerb::Start => "start",
                    PodVerb::Stop => "stop",
                    PodVerb::Restart => "restart",
                    PodVerb::Remove => "remove",
                };
                format!("kab {verb} {}", pods())
            }
            (Action::Logs, Target::Pod(id)) => format!("kab logs {} --follow", quoted(&self.data.pod(id)?.name())),
            (Action::Logs, Target::Engine(id)) => {
                format!("kab logs --engine {} --follow", quoted(&self.data.engine(id)?.name))
            }
            (Action::Logs, Target::Task(id)) => {
                let pod = self.data.pod_of(self.data.task(id)?)?;
                format!("kab logs {} --follow", quoted(&pod.name()))
            }
            (Action::Explain, Target::Pod(id)) => format!("kab pods show {}", quoted(&self.data.pod(id)?.name())),
            (Action::Cancel, Target::Task(id)) => format!("kab tasks cancel {}", quoted(id.as_str())),
            (Action::Explain, Target::Task(id)) => format!("kab tasks show {}", quoted(id.as_str())),
            _ => return None,
        })
    }
}
