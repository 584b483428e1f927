//! The parts of the page of a pod, an engine or a node, gone through by `[` and `]`.
//!
//! They are tabs, as on an app's page, and no jumps between the headings of one long page: most of these pages fit on a
//! screen, where a jump would move nothing and say nothing, while a tab always shows where one is, how much is behind the
//! others, and means what it means on an app's page. The first tab holds what one comes for; the pane beside a list still
//! shows everything below one another.

use super::moving::Turn;
use super::{App, Page, Target};

/// A part of the page of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Part {
    /// All of it: a page without parts.
    #[default]
    Whole,
    /// Of a pod: how it does, and why.
    Status,
    /// Of a pod: the end of its log.
    Log,
    /// Of a pod: what it provides.
    Nodes,
    /// Of a pod: what it was made from.
    Image,
    /// Of a pod: what was done with it.
    History,
    /// Of an engine: how it does, and what it has in short.
    Resources,
    /// Of an engine: all that it reports.
    Facts,
    /// Of an engine: what is on it.
    Pods,
    /// Of an engine: what it does and did.
    Tasks,
    /// Of a node: what goes in and comes out.
    Ports,
    /// Of a node: which apps have it, and where it runs.
    Providers,
    /// Of a node: what its author says.
    Docs,
}

impl Part {
    /// The parts of a thing's page, in their order; none: it has no tabs.
    pub fn of(target: &Target) -> &'static [Self] {
        match target {
            Target::Pod(_) => &[Self::Status, Self::Log, Self::Nodes, Self::Image, Self::History],
            Target::Engine(_) => &[Self::Resources, Self::Facts, Self::Pods, Self::Tasks],
            Target::Node(_) => &[Self::Ports, Self::Providers, Self::Docs],
            Target::App(_) | Target::Task(_) => &[],
        }
    }

    /// The name on its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Status => "Status",
            Self::Log => "Log",
            Self::Nodes => "Nodes",
            Self::Image => "Image",
            Self::History => "History",
            Self::Resources => "Resources",
            Self::Facts => "Facts",
            Self::Pods => "Pods",
            Self::Tasks => "Tasks",
            Self::Ports => "Ports",
            Self::Providers => "Provided by",
            Self::Docs => "Docs",
        }
    }
}

/// Where one is on the page of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The part that is open.
    pub part: Part,
    /// Its lines that are scrolled away.
    pub top: usize,
}

impl Standing {
    /// The beginning of a thing's page.
    pub fn of(target: &Target) -> Self {
        Self { part: Part::of(target).first().copied().unwrap_or_default(), top: 0 }
    }
}

impl App {
    /// Goes to the next part of the page, or to the one before.
    pub(super) fn turn_part(&mut self, turn: Turn) {
        let Some(Page::Thing(target, at)) = self.pages.last_mut() else { return };
        let parts = Part::of(target);
        let Some(open) = parts.iter().position(|part| *part == at.part) else { return };
        let to = match turn {
            Turn::Next => open + 1,
            Turn::Previous => open + parts.len() - 1,
        };
        *at = Standing { part: parts[to % parts.len()], top: 0 };
    }

    /// Opens a part of the page by its place among them.
    pub(super) fn open_part(&mut self, place: usize) {
        if let Some(Page::Thing(target, at)) = self.pages.last_mut()
            && let Some(part) = Part::of(target).get(place)
        {
            *at = Standing { part: *part, top: 0 };
        }
    }
}
