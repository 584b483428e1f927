//! The nouns: app, release, flavour, node, pod, engine, task, and what can go wrong with them.
//!
//! Plain values without input or output. Everything that crosses a room is made of these.
//! Wire formats, SQL and drawing are left to the rooms that need them.

mod about;
mod app;
mod approval;
mod engine;
mod failure;
mod fetching;
mod ghost;
mod ids;
mod moment;
mod nearest;
mod nested;
mod node;
mod offer;
mod pending;
mod pod;
mod progress;
mod remote;
mod repository;
mod request;
mod scope;
mod selector;
pub mod shell;
mod task;
mod text;
mod things;
mod timeline;
mod usage;
mod values;

pub use about::{About, Readme, Sources};
pub use app::app_and_version;
pub(crate) use app::short_name;
pub use app::{App, Flavour, Image, Release, Requirement};
pub use approval::{Approval, Approvals, Standing};
pub use engine::{Engine, EngineKind, Facts, Liveness, Resource, note_images};
pub use failure::{Failure, Kind as FailureKind};
pub use fetching::{Fetching, Portion};
pub use ghost::{Inventory, Needed};
pub use ids::{
    AgentId, AppIdentifier, EngineId, EventId, FlavourId, ImplementationId, NodeId, PodId, ReleaseId, RepositoryId,
    ResourceId, TaskId,
};
pub use moment::{Moment, span};
pub use nearest::{edit_distance, nearest};
pub use node::{Node, NodeKind, Port, PortKind};
pub use offer::{Choice, Offer, OfferPort};
pub use pending::{Explanation, explain};
pub use pod::{FOLLOW_AGAIN, GONE, LogDump, LogLine, LogSeam, LogSource, Owner, Pod, PodStatus, PodVerb};
pub use progress::{Layer, LayerState, Phase, PullProgress, human_bytes};
pub use remote::Remote;
pub use repository::{Repository, ScanIssue, ScanState};
pub use request::{Outcome, Request, Speed};
pub use scope::{ScopeKind, sentence, sentences};
pub use selector::{Selector, SelectorKind, Selectors};
pub use task::{Asker, Task, TaskEvent, TaskEventKind, TaskKind, TaskState, percent};
pub use text::{clean, clean_line};
pub use things::{Misread, Names, Things, searched};
pub use timeline::{PhaseSpan, timeline};
pub use usage::PodUsage;
pub use values::{Values, value_words, values_words};
