//! The command that does the same as a line of the menu (`$`): what stands there can be put into a script.

use super::menu::{Doing, Menu};
use crate::domain::{AppIdentifier, EngineId, NodeId, Offer, PodId, PodVerb, shell::word as quoted};
use crate::tui::action::Action;
use crate::tui::app::{App, Target};

impl App {
    /// The command line of the line of a menu that is chosen; `None`: there is none.
    pub(super) fn command_of(&self, menu: &Menu) -> Option<String> {
        match &menu.items.get(menu.cursor)?.doing {
            Doing::Act(action) => self.command_for(*action),
            // What is asked before is not known yet.
            Doing::Run(action) if action.inputs.is_empty() => self.line_of_custom(action, &self.target()?, &[]).ok(),
            Doing::TakeFrom(_, name) => match self.target()? {
                Target::App(id) => Some(format!("kab repo use {} {}", quoted(name), quoted(id.as_str()))),
                _ => None,
            },
            Doing::Take(offer) => self.command_of_offer(offer, menu.offered_by.as_ref()?),
            Doing::Run(_) => None,
        }
    }

    /// `kab engines ask hpc-gpu move pod=greeter-8c1f20e4 target=`: what has to be said and is not known yet stays empty.
    fn command_of_offer(&self, offer: &Offer, (engine, pod): &(EngineId, Option<PodId>)) -> Option<String> {
        let name = pod.as_ref().and_then(|id| self.data.pod(id)).map(crate::domain::Pod::name);
        let about = offer.port_for("@kabinet/pod").filter(|_| name.is_some()).map(|port| &port.key);
        let mut words = vec![quoted(&self.data.engine(engine)?.name), quoted(&offer.interface)];
        for port in &offer.ports {
            match &name {
                Some(name) if about == Some(&port.key) => {
                    words.push(format!("{}={}", quoted(&port.key), quoted(name)));
                }
                _ if port.may_be_left_out() => {}
                _ => words.push(format!("{}=", quoted(&port.key))),
            }
        }
        Some(format!("kab engines ask {}", words.join(" ")))
    }

    /// What is marked in the list that is shown, else this: what an action that takes several is about.
    fn marked_or(&self, target: Target) -> Vec<Target> {
        let marked = self.marked();
        if marked.is_empty() { vec![target] } else { marked }
    }

    /// `kab install live.arkitekt.stardist@1.0.0`. No command installs several: they stand one after the other.
    fn install_command(&self, target: &Target) -> Option<String> {
        let commands = self.marked_or(target.clone()).into_iter().map(|target| match &target {
            Target::App(id) => Some(format!("kab install {}", self.app_with_version(id)?)),
            Target::Node(id) => self.install_command_of_node(id),
            _ => None,
        });
        Some(commands.collect::<Option<Vec<_>>>()?.join(" && "))
    }

    fn app_with_version(&self, id: &AppIdentifier) -> Option<String> {
        let version = &self.release_seen(id)?.version;
        Some(quoted(&format!("{id}@{version}")))
    }

    fn install_command_of_node(&self, id: &NodeId) -> Option<String> {
        let source = self.best_for(id)?;
        let what = quoted(&format!("{}@{}", source.app, source.version));
        Some(format!("kab install {what} --flavour {}", quoted(&source.flavour.name)))
    }

    /// The command line that does the same to what is chosen, or marked; `None`: there is none.
    pub(super) fn command_for(&self, action: Action) -> Option<String> {
        let target = self.target()?;
        let pods = || {
            let pods = self.meant_pods();
            let names = pods.iter().filter_map(|id| self.data.pod(id)).map(|pod| quoted(&pod.name()));
            names.collect::<Vec<_>>().join(" ")
        };
        let ids = || {
            let id = |target| match target {
                Target::App(id) => Some(quoted(id.as_str())),
                Target::Task(id) => Some(quoted(id.as_str())),
                _ => None,
            };
            Some(self.marked_or(target.clone()).into_iter().map(id).collect::<Option<Vec<_>>>()?.join(" "))
        };
        let node = |id| Some(quoted(&self.data.node(id)?.name));
        Some(match (action, &target) {
            (Action::Install | Action::InstallWith, Target::App(_) | Target::Node(_)) => {
                self.install_command(&target)?
            }
            (Action::Explain, Target::Node(id)) => format!("kab nodes show {}", node(id)?),
            (Action::Explain, Target::App(id)) => format!("kab why {}", self.app_with_version(id)?),
            (Action::Update, Target::App(_)) => format!("kab update {}", ids()?),
            (Action::Update, Target::Pod(_)) => format!("kab update {}", pods()),
            (Action::Pod(verb), Target::Pod(_)) => {
                let verb = match verb {
                    PodVerb::Start => "start",
                    PodVerb::Stop => "stop",
                    PodVerb::Restart => "restart",
                    PodVerb::Remove => "remove",
                };
                format!("kab {verb} {}", pods())
            }
            // A command shows the log of one pod, and the terminal that of several in one.
            (Action::Logs, Target::Pod(_)) if self.meant_pods().len() != 1 => return None,
            (Action::Logs, Target::Pod(_)) => format!("kab logs {} --follow", pods()),
            (Action::Logs, Target::Engine(id)) => {
                format!("kab logs --engine {} --follow", quoted(&self.data.engine(id)?.name))
            }
            (Action::Logs, Target::Task(id)) => {
                let pod = self.data.pod_of(self.data.task(id)?)?;
                format!("kab logs {} --follow", quoted(&pod.name()))
            }
            (Action::Explain, Target::Pod(id)) => format!("kab pods show {}", quoted(&self.data.pod(id)?.name())),
            (Action::Forget, Target::Pod(_)) => format!("kab pods forget {}", pods()),
            (Action::Again, Target::Task(_)) => format!("kab tasks again {}", ids()?),
            (Action::Cancel, Target::Task(_)) => format!("kab tasks cancel {}", ids()?),
            (Action::Explain, Target::Task(id)) => format!("kab tasks show {}", quoted(id.as_str())),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{About, Readme, Repository, Sources};
    use crate::tui::message::Message;
    use crate::tui::overlays::Overlay;
    use crate::tui::testing::{Driver, fixtures};

    fn names(driver: &Driver) -> Vec<String> {
        let pods = driver.app.meant_pods();
        pods.iter().filter_map(|id| driver.app.data.pod(id)).map(|pod| quoted(&pod.name())).collect()
    }

    #[test]
    fn updating_names_the_pods_that_are_meant_and_not_their_app() {
        let one = Driver::full(80, 24).wait(7_000).keys("4 j j");
        let names_of_one = names(&one);
        assert_eq!(names_of_one.len(), 1);
        let command = one.app.command_for(Action::Update);
        assert_eq!(command, Some(format!("kab update {}", names_of_one[0])));
        let two = one.keys("space j space");
        let names_of_two = names(&two);
        assert_eq!(names_of_two.len(), 2);
        let command = two.app.command_for(Action::Update);
        assert_eq!(command, Some(format!("kab update {}", names_of_two.join(" "))));
        assert_eq!(two.app.command_for(Action::Logs), None, "a command shows the log of one pod");
    }

    #[test]
    fn all_marked_apps_are_named() {
        let driver = Driver::full(80, 24).wait(7_000).keys("2 space j space");
        let marked = driver.app.list(driver.app.screen).marks.len();
        let update = driver.app.command_for(Action::Update).expect("a command");
        assert_eq!((marked, update.split(' ').count()), (2, 4), "{update}");
        let install = driver.app.command_for(Action::Install).expect("commands");
        let commands: Vec<&str> = install.split(" && ").collect();
        assert_eq!(commands.len(), 2);
        assert!(commands.iter().all(|it| it.starts_with("kab install ") && it.contains('@')), "{install}");
    }

    #[test]
    fn all_marked_tasks_are_named() {
        let driver = Driver::full(80, 24).wait(7_000).keys("6 space j space");
        let marked = driver.app.list(driver.app.screen).marks.len();
        let cancel = driver.app.command_for(Action::Cancel).expect("a command");
        assert_eq!((marked, cancel.split(' ').count()), (2, 5), "{cancel}");
        let again = driver.app.command_for(Action::Again).expect("a command");
        assert_eq!(again, cancel.replace(" cancel ", " again "));
        let ghost = Driver::full(80, 24).wait(7_000).keys("4 j j");
        let forget = ghost.app.command_for(Action::Forget).expect("a command");
        assert_eq!(forget, format!("kab pods forget {}", names(&ghost)[0]));
    }

    #[test]
    fn taking_an_app_from_another_repository_is_a_command_too() {
        let mut repositories = fixtures::repositories();
        let other = Repository { id: "2".into(), name: "someone/else:main".into(), ..repositories[0].clone() };
        repositories.push(other);
        let driver = Driver::full(80, 24).wait(7_000).send(Message::Repositories(Ok(repositories)));
        let mut driver = driver.keys("2 /").text("trackastra").keys("enter enter");
        let release = driver.asked().into_iter().find_map(|effect| match effect {
            crate::tui::effect::Effect::About { release, .. } => Some(release),
            _ => None,
        });
        let all = [("1", "bioimage/apps:main"), ("2", "someone/else:main")];
        let all = all.map(|(id, name)| (id.into(), name.to_owned())).to_vec();
        let sources = Sources { app: "7".into(), all, chosen: None };
        let about = About { publisher: None, readme: Readme::Unknown, sources: Some(sources) };
        let driver = driver.send(Message::About(release.expect("a release"), Ok(about))).keys("a");
        let Some(Overlay::Menu(menu)) = &driver.app.overlay else { panic!("no menu: {}", driver.screen()) };
        let at = menu.items.iter().position(|item| matches!(item.doing, Doing::TakeFrom(..)));
        let menu = Menu { cursor: at.expect("a line of the menu"), ..menu.clone() };
        let command = driver.app.command_of(&menu);
        assert!(
            command.as_deref().is_some_and(|it| it.starts_with("kab repo use ")
                && it.contains("someone/else:main")
                && it.ends_with(".trackastra")),
            "{command:?}"
        );
    }
}
