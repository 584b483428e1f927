//! What a key acts on: the thing under the cursor, or the one whose page is open.

use super::{App, Page, Tab};
use crate::domain::{AppIdentifier, EngineId, NodeId, PodId, Release, TaskId};
use crate::tui::action::Screen;

/// A thing that can be opened, copied or acted on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// An app.
    App(AppIdentifier),
    /// A node.
    Node(NodeId),
    /// A pod.
    Pod(PodId),
    /// An engine.
    Engine(EngineId),
    /// A task.
    Task(TaskId),
}

impl Target {
    /// A key that is unique among all things.
    pub fn key(&self) -> String {
        match self {
            Self::App(id) => format!("app {id}"),
            Self::Node(id) => format!("node {id}"),
            Self::Pod(id) => format!("pod {id}"),
            Self::Engine(id) => format!("engine {id}"),
            Self::Task(id) => format!("task {id}"),
        }
    }

    /// The thing of that key.
    pub fn read(key: &str) -> Option<Self> {
        let (kind, id) = key.split_once(' ').filter(|(_, id)| !id.is_empty())?;
        match kind {
            "app" => Some(Self::App(id.into())),
            "node" => Some(Self::Node(id.into())),
            "pod" => Some(Self::Pod(id.into())),
            "engine" => Some(Self::Engine(id.into())),
            "task" => Some(Self::Task(id.into())),
            _ => None,
        }
    }

    /// The screen that lists it.
    pub fn screen(&self) -> Screen {
        match self {
            Self::App(_) => Screen::Apps,
            Self::Node(_) => Screen::Nodes,
            Self::Pod(_) => Screen::Pods,
            Self::Engine(_) => Screen::Engines,
            Self::Task(_) => Screen::Tasks,
        }
    }
}

impl App {
    /// The thing that a key acts on now.
    pub fn target(&self) -> Option<Target> {
        self.target_at(self.part_meant())
    }

    /// The same, where this is meant in the row under the cursor of a page.
    pub(super) fn target_at(&self, part: Option<Target>) -> Option<Target> {
        match self.pages.last() {
            Some(Page::Log(log)) => Some(match &log.engine {
                Some(engine) => Target::Engine(engine.clone()),
                None => Target::Pod(log.pod.clone()),
            }),
            Some(Page::Thing(target, _)) => Some(part.unwrap_or_else(|| target.clone())),
            Some(Page::App(page)) if page.tab == Tab::Nodes => {
                let release = self.release_of(page)?;
                let nodes = self.data.nodes_of(release);
                let node = self.sifted().chosen().and_then(|row| Some(Target::Node(nodes.get(row)?.id.clone())));
                node.or_else(|| Some(Target::App(page.app.clone())))
            }
            Some(Page::App(page)) => Some(part.unwrap_or_else(|| Target::App(page.app.clone()))),
            Some(Page::Everywhere(_)) => None,
            None => self.row_target(self.screen, self.list(self.screen).current()?),
        }
    }

    /// The pod or task in the row under the cursor of an app's or an engine's page: it is meant there as it is in its own
    /// list. Other rows only lead on, since what is done on such a page is done with the page's thing.
    pub(super) fn part_meant(&self) -> Option<Target> {
        match self.pages.last()? {
            Page::App(_) | Page::Thing(Target::Engine(_), _) => {
                self.part_leads_to().filter(|to| matches!(to, Target::Pod(_) | Target::Task(_)))
            }
            _ => None,
        }
    }

    /// The thing behind a row of the data.
    pub fn row_target(&self, screen: Screen, row: usize) -> Option<Target> {
        let data = &self.data;
        Some(match screen {
            Screen::Home => self.home.get(row)?.target.clone()?,
            Screen::Apps => Target::App(data.apps().get(row)?.identifier.clone()),
            Screen::Nodes => Target::Node(data.nodes().get(row)?.id.clone()),
            Screen::Pods => Target::Pod(data.pods().get(row)?.id.clone()),
            Screen::Engines => Target::Engine(data.engines().get(row)?.id.clone()),
            Screen::Tasks => Target::Task(data.tasks().get(row)?.id.clone()),
        })
    }

    /// The key of a row, by which it is found again.
    pub fn row_key(&self, screen: Screen, row: usize) -> Option<String> {
        match screen {
            Screen::Home => self.home.get(row).map(HomeKey::key),
            _ => self.row_target(screen, row).map(|target| target.key()),
        }
    }

    /// The release that an app's page shows.
    pub fn release_of(&self, page: &super::AppPage) -> Option<&Release> {
        let app = self.data.app(&page.app)?;
        app.release(&page.version).or_else(|| app.newest())
    }

    /// The release of an app that somebody looks at: the one under the cursor among its versions, else the one whose page
    /// is open, else the newest.
    pub fn release_seen(&self, id: &AppIdentifier) -> Option<&Release> {
        let app = self.data.app(id)?;
        match self.pages.last() {
            Some(Page::App(page)) if page.app == *id && page.tab == Tab::Versions => {
                self.sifted().chosen().and_then(|row| app.releases.get(row))
            }
            Some(Page::App(page)) if page.app == *id => self.release_of(page),
            _ => app.newest(),
        }
    }

    /// The app and release that an install would be about.
    pub fn to_install(&self) -> Option<(AppIdentifier, String)> {
        if let Some(Page::App(page)) = self.pages.last()
            && page.tab != Tab::Nodes
        {
            return Some((page.app.clone(), self.release_seen(&page.app)?.version.clone()));
        }
        self.install_of(&self.target()?)
    }

    /// The app and release that an install of a thing would be about.
    pub(super) fn install_of(&self, target: &Target) -> Option<(AppIdentifier, String)> {
        match target {
            Target::App(id) => {
                let version = self.data.app(id)?.newest()?.version.clone();
                Some((id.clone(), version))
            }
            Target::Node(id) => {
                // The best place to have a node from: an app whose newest release provides it and runs somewhere.
                let node = self.data.node(id)?;
                let mut offers: Vec<_> = node
                    .flavours
                    .iter()
                    .filter_map(|flavour| {
                        let at = self.data.flavour_at(flavour)?;
                        let (app, release, flavour) = self.data.flavour(flavour)?;
                        let runs = self.data.somewhere.get(at.app).copied().unwrap_or(false);
                        Some((!runs, flavour.withdrawn, at.release, app.identifier.clone(), release.version.clone()))
                    })
                    .collect();
                offers.sort();
                offers.into_iter().next().map(|(.., app, version)| (app, version))
            }
            Target::Pod(id) => {
                let pod = self.data.pod(id)?;
                Some((pod.app.clone(), self.data.app(&pod.app)?.newest()?.version.clone()))
            }
            Target::Engine(_) | Target::Task(_) => None,
        }
    }
}

trait HomeKey {
    fn key(&self) -> String;
}

impl HomeKey for super::HomeRow {
    fn key(&self) -> String {
        let thing = self.target.as_ref().map_or_else(|| self.text.clone(), Target::key);
        format!("{:?} {thing}", self.section)
    }
}
