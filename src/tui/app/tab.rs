//! The tabs of an app's page.

/// The tabs of an app's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tab {
    /// What it is.
    Overview,
    /// Where it runs.
    Compat,
    /// Its releases.
    Versions,
    /// What it provides.
    Nodes,
    /// What it asks to be allowed.
    Access,
    /// Where it comes from.
    Source,
    /// Its pods, and what was done with it.
    Activity,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Compat, Self::Versions, Self::Nodes, Self::Access, Self::Source, Self::Activity];

    /// The name on the tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Compat => "Compat",
            Self::Versions => "Versions",
            Self::Nodes => "Nodes",
            Self::Access => "Access",
            Self::Source => "Source",
            Self::Activity => "Activity",
        }
    }

    /// Whether it is a table, with rows to choose from.
    pub fn has_rows(self) -> bool {
        matches!(self, Self::Compat | Self::Versions | Self::Nodes)
    }

    /// Whether it is a text with rows in it that lead somewhere.
    pub fn has_things(self) -> bool {
        self == Self::Activity
    }
}
