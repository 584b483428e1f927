//! In which order a list is shown. What is typed orders by how well it fits; without that, somebody chooses.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use super::{App, Reading};
use crate::domain::{App as StoreApp, Engine, Pod, Release};
use crate::tui::action::Screen;
use crate::tui::data::order::order_of_pods;

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As the screen has it by itself: pods and tasks by what needs a look first, everything else by name.
    #[default]
    Usual,
    /// By name.
    Name,
    /// The newest first.
    Newest,
    /// What has most pods first.
    Deployed,
    /// What is installed first.
    Installed,
    /// The largest first.
    Size,
    /// By engine.
    Engine,
    /// What keeps the processor busiest first.
    Processor,
    /// What takes most memory first.
    Memory,
    /// What needs a look first, where that is not the usual one.
    Look,
}

/// Whether an order is turned round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// As its name says.
    #[default]
    Forwards,
    /// The other way round.
    Backwards,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Forwards => Self::Backwards,
            Self::Backwards => Self::Forwards,
        }
    }
}

impl Order {
    /// The orders of the pods of all servers: what they use is measured on the one that one is on.
    pub const OF_EVERYWHERE: &[Self] = &[Self::Usual, Self::Look, Self::Name, Self::Newest, Self::Engine];

    /// The orders of a screen, its usual one first.
    pub fn of(screen: Screen) -> &'static [Self] {
        match screen {
            Screen::Home => &[],
            Screen::Apps => &[Self::Usual, Self::Newest, Self::Deployed, Self::Installed, Self::Size],
            Screen::Nodes | Screen::Engines => &[Self::Usual, Self::Deployed],
            Screen::Pods => &[Self::Usual, Self::Name, Self::Newest, Self::Engine, Self::Processor, Self::Memory],
            Screen::Tasks => &[Self::Usual, Self::Name, Self::Newest],
        }
    }

    /// What people call it on a screen.
    pub fn name(self, screen: Screen) -> &'static str {
        match (self, screen) {
            (Self::Usual, Screen::Pods | Screen::Tasks) | (Self::Look, _) => "what needs a look first",
            (Self::Usual | Self::Name, _) => "name",
            (Self::Newest, Screen::Apps) => "newest build",
            (Self::Newest, _) => "newest",
            (Self::Deployed, Screen::Apps) => "most deployed",
            (Self::Deployed, Screen::Nodes) => "provided by most",
            (Self::Deployed, _) => "most pods",
            (Self::Installed, _) => "installed first",
            (Self::Size, _) => "largest",
            (Self::Engine, _) => "engine",
            (Self::Processor, _) => "CPU",
            (Self::Memory, _) => "memory",
        }
    }
}

impl App {
    /// Puts the rows of a list in the order that somebody chose.
    pub(super) fn sort(&self, screen: Screen, rows: &mut [usize]) {
        let list = self.list(screen);
        match screen {
            Screen::Home => return,
            Screen::Apps => self.sort_apps(list.order, rows),
            Screen::Nodes => {
                let nodes = self.data.nodes();
                if list.order == Order::Deployed {
                    rows.sort_by_key(|row| Reverse(nodes.get(*row).map_or(0, |node| node.flavours.len())));
                }
            }
            Screen::Pods => self.sort_pods(list.order, rows),
            Screen::Engines => {
                let engines = self.data.engines();
                let pods = |engine: &Engine| self.data.pods().iter().filter(|pod| pod.engine == engine.id).count();
                if list.order == Order::Deployed {
                    rows.sort_by_key(|row| Reverse(engines.get(*row).map_or(0, pods)));
                }
            }
            Screen::Tasks => {
                let tasks = self.data.tasks();
                match list.order {
                    Order::Name => rows.sort_by_cached_key(|row| tasks.get(*row).map(|task| self.task_title(task))),
                    Order::Newest => {
                        rows.sort_by_key(|row| Reverse(tasks.get(*row).and_then(|task| task.created_at)));
                    }
                    _ => {}
                }
            }
        }
        if list.direction == Direction::Backwards {
            rows.reverse();
        }
    }

    fn sort_apps(&self, order: Order, rows: &mut [usize]) {
        let apps = self.data.apps();
        let newest = |row: &usize| apps.get(*row).and_then(StoreApp::newest);
        match order {
            Order::Newest => rows.sort_by_key(|row| Reverse(newest(row).and_then(Release::built_at))),
            Order::Deployed => {
                rows.sort_by_key(|row| Reverse(apps.get(*row).map_or(0, |app| self.data.pods_of(&app.identifier))));
            }
            Order::Installed => rows.sort_by_key(|row| {
                let app = apps.get(*row).map(|app| &app.identifier);
                let running = app.map_or(0, |app| self.running(app));
                (Reverse(running), !app.is_some_and(|app| self.data.is_installed(app)))
            }),
            Order::Size => rows.sort_by_key(|row| {
                let flavours = newest(row).map_or(&[][..], |release| &release.flavours);
                Reverse(flavours.iter().filter_map(|flavour| flavour.image.size).max())
            }),
            _ => {}
        }
    }

    fn sort_pods(&self, order: Order, rows: &mut [usize]) {
        let pods = self.data.pods();
        match order {
            Order::Processor | Order::Memory => rows.sort_by(|a, b| {
                let used = |row: &usize| match pods.get(*row).map(|pod| self.reading(pod)) {
                    Some(Reading::Fresh(it)) if order == Order::Processor => it.cpu,
                    #[expect(clippy::cast_precision_loss, reason = "only the order counts")]
                    Some(Reading::Fresh(it)) => it.memory.map(|bytes| bytes as f64),
                    _ => None,
                };
                used(b).unwrap_or(-1.0).total_cmp(&used(a).unwrap_or(-1.0))
            }),
            _ => sort_pods(order, rows, |row| pods.get(row)),
        }
    }
}

/// Puts pods in an order for which nothing is needed but them; they stand in their usual one.
pub(super) fn sort_pods<'a>(order: Order, rows: &mut [usize], pod: impl Fn(usize) -> Option<&'a Pod>) {
    match order {
        Order::Look => rows.sort_by(|a, b| match (pod(*a), pod(*b)) {
            (Some(a), Some(b)) => order_of_pods(a, b),
            _ => Ordering::Equal,
        }),
        Order::Name => rows.sort_by_cached_key(|row| pod(*row).map(Pod::name)),
        Order::Newest => rows.sort_by_key(|row| Reverse(pod(*row).and_then(|pod| pod.created_at))),
        Order::Engine => rows.sort_by_key(|row| pod(*row).map(|pod| &pod.engine_name)),
        _ => {}
    }
}
