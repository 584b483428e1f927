//! Enumerations of the schema.

use async_graphql::Enum;

use crate::server::store::kabinet::criteria::{Direction, Side};

macro_rules! enums {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = concat!("`", $word, "`")] #[graphql(name = $word)] $variant,)* }

        impl $name {
            /// The word on the wire and in the store.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value of a word.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

enums! {
    /// How often a definition answers.
    ActionKind { Function "FUNCTION", Generator "GENERATOR" }
    /// Where its structures are understood.
    ActionScope {
        Global "GLOBAL", Local "LOCAL", BridgeGlobalToLocal "BRIDGE_GLOBAL_TO_LOCAL",
        BridgeLocalToGlobal "BRIDGE_LOCAL_TO_GLOBAL",
    }
    /// How a container is run.
    ContainerType { Apptainer "APPTAINER", Docker "DOCKER" }
    /// Which side of a definition.
    DemandKind { Args "ARGS", Returns "RETURNS" }
    /// Which way a list is sorted.
    Ordering {
        Asc "ASC", AscNullsFirst "ASC_NULLS_FIRST", AscNullsLast "ASC_NULLS_LAST", Desc "DESC",
        DescNullsFirst "DESC_NULLS_FIRST", DescNullsLast "DESC_NULLS_LAST",
    }
    /// How a pod does. `UNKOWN` is spelt as upstream spells it.
    PodStatus {
        Pending "PENDING", Running "RUNNING", Stopping "STOPPING", Stopped "STOPPED", Failed "FAILED", Unkown "UNKOWN",
    }
    /// What a port carries.
    PortKind {
        Int "INT", String "STRING", Structure "STRUCTURE", List "LIST", Bool "BOOL", Dict "DICT", Float "FLOAT",
        Date "DATE", Union "UNION", Enum "ENUM", Model "MODEL", MemoryStructure "MEMORY_STRUCTURE",
        Interface "INTERFACE", Quantity "QUANTITY",
    }
    /// How a port is asked for.
    AssignWidgetKind {
        Search "SEARCH", Choice "CHOICE", Slider "SLIDER", Custom "CUSTOM", String "STRING",
        StateChoice "STATE_CHOICE", Proxy "PROXY",
    }
    /// How an answer is shown.
    ReturnWidgetKind { Choice "CHOICE", Custom "CUSTOM", Proxy "PROXY" }
    /// What happens to a port while others change.
    EffectKind { Message "MESSAGE", Hide "HIDE", Custom "CUSTOM" }
    /// Which part of an option.
    OptionKey { Label "LABEL", Description "DESCRIPTION", Logo "LOGO", Value "VALUE" }
    /// How an argument's need is compared.
    RequiresOperator {
        Matches "MATCHES", Exists "EXISTS", Lte "LTE", Gte "GTE", Equals "EQUALS", Contains "CONTAINS",
        NotEquals "NOT_EQUALS", In "IN", NotIn "NOT_IN",
    }
    /// How a promise is compared.
    ProvidesOperator {
        Matches "MATCHES", Exists "EXISTS", Lte "LTE", Gte "GTE", Equals "EQUALS", Contains "CONTAINS",
        NotEquals "NOT_EQUALS", In "IN", NotIn "NOT_IN",
    }
    /// How the scan of a repository went.
    ScanState { Never "NEVER", Running "RUNNING", Done "DONE", Failed "FAILED" }
    /// Fields of a repository that statistics know.
    GithubRepoField { CreatedAt "CREATED_AT" }
    /// Times of a repository that statistics know.
    GithubRepoTimestampField { CreatedAt "CREATED_AT" }
    /// How wide a bucket of statistics is.
    Granularity { Hour "HOUR", Day "DAY", Week "WEEK", Month "MONTH", Quarter "QUARTER", Year "YEAR" }
}

impl From<Ordering> for Direction {
    fn from(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Asc => Self::Ascending,
            Ordering::AscNullsFirst => Self::AscendingNullsFirst,
            Ordering::AscNullsLast => Self::AscendingNullsLast,
            Ordering::Desc => Self::Descending,
            Ordering::DescNullsFirst => Self::DescendingNullsFirst,
            Ordering::DescNullsLast => Self::DescendingNullsLast,
        }
    }
}

impl From<DemandKind> for Side {
    fn from(kind: DemandKind) -> Self {
        match kind {
            DemandKind::Args => Self::Args,
            DemandKind::Returns => Self::Returns,
        }
    }
}
