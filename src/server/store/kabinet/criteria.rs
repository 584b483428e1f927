//! What a list is asked for: conditions that can be joined, orders, and the page.

/// A condition over rows of one entity. Which column fits which entity is the caller's business; SQLite refuses others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// All of them; true when there is none.
    All(Vec<Self>),
    /// Any of them; false when there is none.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// The column is one of the numbers.
    In(Column, Vec<i64>),
    /// The column is one of the texts.
    OneOf(Column, Vec<String>),
    /// The column is exactly this number.
    Is(Column, i64),
    /// Any of the columns contains the text, whatever the case of its ASCII letters.
    Contains(Vec<Column>, String),
    /// The time is later.
    After(Column, i64),
    /// The time is earlier.
    Before(Column, i64),
    /// The JSON list in the column holds one of the texts.
    Lists(Column, Vec<String>),
    /// A flavour that provides any of the definitions.
    ProvidesAny(Vec<i64>),
    /// A flavour that provides a definition of this hash.
    Provides(String),
    /// A definition that any of the flavours provides.
    ProvidedBy(Vec<i64>),
    /// A definition that a flavour of any of the apps provides.
    ProvidedByApps(Vec<i64>),
    /// A definition with such ports.
    Demand(PortDemand),
    /// The app has a release whose version contains the text, or is called so.
    AppCalled(String),
    /// The definitions that test the one of this hash.
    Tests(String),
    /// The definitions that the one of this row tests.
    TestedBy(i64),
    /// A definition that others test.
    HasTests,
}

/// Which side of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What goes in.
    Args,
    /// What comes out.
    Returns,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Args => "args",
            Self::Returns => "returns",
        }
    }
}

/// Ports that a definition has to have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PortDemand {
    /// On which side.
    pub side: Side,
    /// Each of them is met by some port.
    pub matches: Vec<PortMatch>,
    /// So many ports in all.
    pub length: Option<i64>,
    /// So many ports that must not be null.
    pub non_nullable: Option<i64>,
    /// So many ports that carry a structure.
    pub structures: Option<i64>,
}

/// What one port has to be. What is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PortMatch {
    /// Its place, from 0.
    pub at: Option<i64>,
    /// Its name.
    pub key: Option<String>,
    /// What it carries.
    pub kind: Option<String>,
    /// The structure.
    pub identifier: Option<String>,
    /// Whether it may be null.
    pub nullable: Option<Nullable>,
    /// Its physical dimension.
    pub dimension: Option<String>,
    /// Its children, each met by some child.
    pub children: Vec<Self>,
}

/// Whether a port may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nullable {
    /// It may.
    Yes,
    /// It must not.
    No,
}

macro_rules! columns {
    ($($variant:ident $sql:literal $doc:literal),* $(,)?) => {
        /// Columns that can be asked for and sorted by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Column { $(#[doc = $doc] $variant,)* }

        impl Column {
            pub(super) fn sql(self) -> &'static str {
                match self { $(Self::$variant => $sql,)* }
            }
        }
    };
}

columns! {
    RepositoryId "repository.id" "Row of a repository.",
    RepositoryName "repository.name" "Name of a repository.",
    RepositoryUser "repository.user" "Owner of a repository.",
    RepositoryRepo "repository.repo" "GitHub name of a repository.",
    RepositoryBranch "repository.branch" "Branch of a repository.",
    RepositoryAddedAt "repository.added_at" "When a repository was added.",
    RepositoryUpdatedAt "repository.updated_at" "When a repository changed.",
    AppId "app.id" "Row of an app.",
    AppIdentifier "app.identifier" "Identifier of an app.",
    ReleaseId "release.id" "Row of a release.",
    ReleaseAppId "release.app_id" "App of a release.",
    ReleaseVersion "release.version" "Version of a release.",
    ReleaseReleasedAt "release.released_at" "Build time of a release.",
    ReleaseCreatedAt "release.created_at" "When a release was scanned first.",
    FlavourId "flavour.id" "Row of a flavour.",
    FlavourName "flavour.name" "Name of a flavour.",
    FlavourReleaseId "flavour.release_id" "Release of a flavour.",
    FlavourWithdrawn "flavour.withdrawn" "Whether a flavour has disappeared from its repository.",
    FlavourBuiltAt "flavour.built_at" "Build time of a flavour.",
    DefinitionId "definition.id" "Row of a definition.",
    DefinitionHash "definition.hash" "Hash of a definition.",
    DefinitionName "definition.name" "Name of a definition.",
    DefinitionKind "definition.kind" "Kind of a definition.",
    DefinitionDefinedAt "definition.defined_at" "When a definition was scanned first.",
    DefinitionPure "definition.pure" "Whether a definition is pure.",
    DefinitionIdempotent "definition.idempotent" "Whether a definition is idempotent.",
    DefinitionInterfaces "definition.interfaces" "Interfaces of a definition.",
    DefinitionCollections "definition.collections" "Collections of a definition.",
    BackendId "backend.id" "Row of a backend.",
    BackendName "backend.name" "Name of a backend.",
    BackendHeartbeatAt "backend.heartbeat_at" "When a backend was declared last.",
    ResourceId "resource.id" "Row of a resource.",
    ResourceName "resource.name" "Name of a resource.",
    ResourceCreatedAt "resource.created_at" "When a resource was declared first.",
    DeploymentId "deployment.id" "Row of a deployment.",
    DeploymentLocalId "deployment.local_id" "The backend's own id of a deployment.",
    DeploymentCreatedAt "deployment.created_at" "When a deployment was made.",
    PodId "pod.id" "Row of a pod.",
    PodLocalId "pod.local_id" "The backend's own id of a pod.",
    PodStatus "pod.status" "Status of a pod.",
    PodBackendId "pod.backend_id" "Backend of a pod.",
    PodClientId "pod.client_id" "OAuth client id of the app in a pod.",
    PodCreatedAt "pod.created_at" "When a pod was made.",
    PodUpdatedAt "pod.updated_at" "When a pod was reported last.",
    DumpId "dump.id" "Row of a log dump.",
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first; SQLite puts null first.
    Ascending,
    /// Largest first; SQLite puts null last.
    Descending,
    /// Smallest first, null before all.
    AscendingNullsFirst,
    /// Smallest first, null after all.
    AscendingNullsLast,
    /// Largest first, null before all.
    DescendingNullsFirst,
    /// Largest first, null after all.
    DescendingNullsLast,
}

impl Direction {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
            Self::AscendingNullsFirst => "ASC NULLS FIRST",
            Self::AscendingNullsLast => "ASC NULLS LAST",
            Self::DescendingNullsFirst => "DESC NULLS FIRST",
            Self::DescendingNullsLast => "DESC NULLS LAST",
        }
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Page {
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most; `None`: all that follow.
    pub limit: Option<u64>,
}

/// What is asked of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Selection {
    /// Which rows.
    pub condition: Option<Condition>,
    /// In which order; empty: the entity's own.
    pub order: Vec<(Column, Direction)>,
    /// Which part.
    pub page: Page,
}

impl Selection {
    /// The rows that meet a condition, in the entity's own order.
    pub fn of(condition: Condition) -> Self {
        Self { condition: Some(condition), ..Self::default() }
    }
}
