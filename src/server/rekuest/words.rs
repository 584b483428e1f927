//! Words of the schema: those that Kabinet's schema has too, and Rekuest's own.

use async_graphql::{Enum, InputValueResult, Scalar, ScalarType, Value};

pub use crate::server::kabinet::enums::{ActionKind, ActionScope, DemandKind, Ordering, PortKind};
pub use crate::server::kabinet::scalars::{ActionHash, AnyDefault, DateTime};
pub use crate::server::kabinet::types::ports::{ArgPort, ReturnPort};

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
    /// What last happened to an agent's connection.
    AgentEventKind { Disconnect "DISCONNECT", Connect "CONNECT" }
    /// How an agent is reached.
    AgentKind { Websocket "WEBSOCKET", Webhook "WEBHOOK" }
    /// How an implementation is chosen. The first live one is, whatever is asked.
    AssignPolicy {
        Automatic "AUTOMATIC", Balanced "BALANCED", RoundRobin "ROUND_ROBIN", LeastBusy "LEAST_BUSY",
        FastestResponse "FASTEST_RESPONSE",
    }
    /// Whether work leaves traces outside the computer.
    EffectClass { None "NONE", Physical "PHYSICAL" }
    /// When a hook runs.
    HookKind { Cleanup "CLEANUP", Init "INIT" }
    /// How much a log line matters.
    LogLevel { Debug "DEBUG", Info "INFO", Error "ERROR", Warn "WARN", Critical "CRITICAL" }
    /// What happened to a task.
    TaskEventKind {
        Bound "BOUND", Queued "QUEUED", Started "STARTED", Progress "PROGRESS", Delegate "DELEGATE",
        Disconnected "DISCONNECTED", Yield "YIELD", Completed "COMPLETED", Log "LOG", Cancelling "CANCELLING",
        Cancelled "CANCELLED", Interrupting "INTERRUPTING", Interrupted "INTERRUPTED", Pausing "PAUSING",
        Paused "PAUSED", Resuming "RESUMING", Resumed "RESUMED", Failed "FAILED", Critical "CRITICAL",
    }
    /// What was asked of a task.
    TaskInstructKind {
        Assign "ASSIGN", Cancel "CANCEL", Resume "RESUME", Pause "PAUSE", Interrupt "INTERRUPT", Collect "COLLECT",
    }
}

macro_rules! json_scalars {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(pub serde_json::Value);

        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                Ok(Self(value.into_json()?))
            }

            fn to_value(&self) -> Value {
                Value::from_json(self.0.clone()).unwrap_or_default()
            }
        }
    )*};
}

json_scalars! {
    /// Arguments or results: port key to value.
    Args
    /// A registration of an agent. Any generation of clients may send theirs; what is unknown is ignored.
    ImplementAgentInput
    /// One implementation within a registration; any generation.
    ImplementationInput
    /// One state within a registration; any generation.
    StateImplementationInput
    /// One lock within a registration; any generation.
    LockImplementationInput
    /// One blok within a registration; any generation.
    BlokImplementationInput
    /// One definition within a registration; any generation.
    DefinitionInput
    /// One test target within a registration; any generation.
    TestTargetInput
}
