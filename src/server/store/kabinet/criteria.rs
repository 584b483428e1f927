//! What a list is asked for: conditions that can be joined, orders, and the page.

use rusqlite::types::Value;

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

/// SQL text with its values.
#[derive(Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A parameter with its value.
    pub(super) fn bind(&mut self, value: impl Into<Value>) {
        self.text.push('?');
        self.values.push(value.into());
    }

    /// `IN (…)` over any number of values, as one parameter, so that the statement can be cached.
    pub(super) fn among<T: serde::Serialize>(&mut self, values: &[T]) {
        self.push(" IN (SELECT value FROM json_each(");
        self.bind(serde_json::to_string(values).unwrap_or_else(|_| String::from("[]")));
        self.push("))");
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(parts) => self.joined(parts, " AND ", "1"),
            Condition::Any(parts) => self.joined(parts, " OR ", "0"),
            Condition::Not(part) => {
                self.push("NOT ifnull((");
                self.condition(part);
                self.push("), 0)");
            }
            Condition::In(column, values) => {
                self.push(column.sql());
                self.among(values);
            }
            Condition::OneOf(column, values) => {
                self.push(column.sql());
                self.among(values);
            }
            Condition::Is(column, value) => {
                self.push(column.sql());
                self.push(" = ");
                self.bind(*value);
            }
            Condition::Contains(columns, text) => {
                for (place, column) in columns.iter().enumerate() {
                    self.push(if place == 0 { "(" } else { " OR " });
                    self.push(column.sql());
                    self.like(text);
                }
                self.push(")");
            }
            Condition::After(column, time) => self.compared(*column, " > ", *time),
            Condition::Before(column, time) => self.compared(*column, " < ", *time),
            Condition::Lists(column, values) => {
                self.push("EXISTS (SELECT 1 FROM json_each(");
                self.push(column.sql());
                self.push(") item WHERE item.value");
                self.among(values);
                self.push(")");
            }
            Condition::Demand(demand) => self.demand(demand),
            relation => self.relation(relation),
        }
    }

    fn relation(&mut self, condition: &Condition) {
        match condition {
            Condition::ProvidesAny(definitions) => {
                self.push("flavour.id IN (SELECT flavour_id FROM flavour_definitions WHERE definition_id");
                self.among(definitions);
                self.push(")");
            }
            Condition::Provides(hash) => {
                self.push(
                    "flavour.id IN (SELECT link.flavour_id FROM flavour_definitions link JOIN definitions d \
                     ON d.id = link.definition_id WHERE d.organisation_id = flavour.organisation_id AND d.hash = ",
                );
                self.bind(hash.clone());
                self.push(")");
            }
            Condition::ProvidedBy(flavours) => {
                self.push("definition.id IN (SELECT definition_id FROM flavour_definitions WHERE flavour_id");
                self.among(flavours);
                self.push(")");
            }
            Condition::ProvidedByApps(apps) => {
                self.push(
                    "definition.id IN (SELECT link.definition_id FROM flavour_definitions link \
                     JOIN flavours f ON f.id = link.flavour_id JOIN releases r ON r.id = f.release_id WHERE r.app_id",
                );
                self.among(apps);
                self.push(")");
            }
            Condition::AppCalled(text) => {
                self.push("(app.identifier");
                self.like(text);
                self.push(" OR EXISTS (SELECT 1 FROM releases r WHERE r.app_id = app.id AND r.description");
                self.like(text);
                self.push("))");
            }
            Condition::Tests(hash) => {
                self.push("EXISTS (SELECT 1 FROM json_each(definition.is_test_for) item WHERE item.value = ");
                self.bind(hash.clone());
                self.push(")");
            }
            Condition::TestedBy(id) => {
                self.push(
                    "definition.hash IN (SELECT item.value FROM definitions d, json_each(d.is_test_for) item \
                     WHERE d.id = ",
                );
                self.bind(*id);
                self.push(")");
            }
            Condition::HasTests => self.push(
                "definition.hash IN (SELECT item.value FROM definitions d, json_each(d.is_test_for) item \
                 WHERE d.organisation_id = definition.organisation_id)",
            ),
            _ => self.push("1"),
        }
    }

    fn joined(&mut self, parts: &[Condition], word: &str, empty: &str) {
        if parts.is_empty() {
            return self.push(empty);
        }
        for (place, part) in parts.iter().enumerate() {
            self.push(if place == 0 { "(" } else { word });
            self.condition(part);
        }
        self.push(")");
    }

    fn compared(&mut self, column: Column, operator: &str, value: i64) {
        self.push(column.sql());
        self.push(operator);
        self.bind(value);
    }

    fn like(&mut self, text: &str) {
        self.push(" LIKE ");
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        self.bind(format!("%{escaped}%"));
        self.push(" ESCAPE '\\'");
    }

    fn demand(&mut self, demand: &PortDemand) {
        let side = demand.side.name();
        self.push("(1");
        for wanted in &demand.matches {
            self.push(" AND EXISTS (SELECT 1 FROM ports p0 WHERE p0.definition_id = definition.id AND p0.side = '");
            self.push(side);
            self.push("' AND p0.parent_id IS NULL");
            self.port(wanted, 0);
            self.push(")");
        }
        let counts = [
            (demand.length, ""),
            (demand.non_nullable, " AND p.nullable = 0"),
            (demand.structures, " AND p.kind = 'STRUCTURE'"),
        ];
        for (number, which) in counts {
            let Some(number) = number else { continue };
            self.push(" AND (SELECT count(*) FROM ports p WHERE p.definition_id = definition.id AND p.side = '");
            self.push(side);
            self.push("' AND p.parent_id IS NULL");
            self.push(which);
            self.push(") = ");
            self.bind(number);
        }
        self.push(")");
    }

    fn port(&mut self, wanted: &PortMatch, depth: usize) {
        let mut texts = vec![("key", &wanted.key), ("kind", &wanted.kind), ("identifier", &wanted.identifier)];
        texts.push(("dimension", &wanted.dimension));
        for (column, text) in texts {
            let Some(text) = text else { continue };
            self.push(&format!(" AND p{depth}.{column} = "));
            self.bind(text.clone());
        }
        if let Some(at) = wanted.at {
            self.push(&format!(" AND p{depth}.position = "));
            self.bind(at);
        }
        if let Some(nullable) = wanted.nullable {
            let wanted = i64::from(nullable == Nullable::Yes);
            self.push(&format!(" AND p{depth}.nullable = {wanted}"));
        }
        for child in &wanted.children {
            let below = depth + 1;
            self.push(&format!(" AND EXISTS (SELECT 1 FROM ports p{below} WHERE p{below}.parent_id = p{depth}.id"));
            self.port(child, below);
            self.push(")");
        }
    }
}
