//! Selectors as objects: the types of the newest generation, with the members that only the older one knows.

use async_graphql::{Interface, SimpleObject};

use crate::domain::{Selector as Read, SelectorKind};

/// What hardware a flavour needs or prefers.
#[derive(Interface)]
#[graphql(
    field(name = "kind", ty = "&String", desc = "Which kind."),
    field(name = "required", ty = "&bool", desc = "A need when true, a preference when false."),
    field(name = "weight", ty = "&i64", desc = "How much a satisfied preference counts.")
)]
pub enum Selector {
    /// Processor.
    Cpu(CpuSelector),
    /// Memory.
    Ram(RamSelector),
    /// NVIDIA.
    Cuda(CudaSelector),
    /// AMD.
    Rocm(RocmSelector),
    /// Intel.
    OneApi(OneApiSelector),
    /// A label of the site.
    Label(LabelSelector),
    /// A kind that this server does not know.
    Unknown(UnknownSelector),
}

macro_rules! selector_types {
    ($($(#[$doc:meta])* $name:ident $graphql:literal { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        #[graphql(name = $graphql)]
        pub struct $name {
            /// Which kind.
            kind: String,
            /// A need when true, a preference when false.
            required: bool,
            /// How much a satisfied preference counts.
            weight: i64,
            $($(#[$field_doc])* $field: $kind,)*
        }
    )*};
}

selector_types! {
    /// Processor cores.
    CpuSelector "CPUSelector" {
        /// Cores at least; the older name of `minCount`.
        min: Option<u64>,
        /// Cores at least.
        min_count: Option<u64>,
        /// MHz at least.
        frequency: Option<f64>,
        /// Architecture: `amd64`, `arm64`.
        arch: Option<String>,
    }
    /// System memory.
    RamSelector "RAMSelector" {
        /// MB at least.
        min: Option<u64>,
    }
    /// An NVIDIA GPU.
    CudaSelector "CudaSelector" {
        /// Compute capability at least.
        compute_capability: Option<String>,
        /// CUDA version at least.
        cuda_version: Option<String>,
        /// MB of its memory at least.
        memory: Option<u64>,
        /// GPUs at least.
        count: Option<u64>,
        /// Deprecated; informs only.
        cuda_cores: Option<u64>,
    }
    /// An AMD GPU.
    RocmSelector "RocmSelector" {
        /// ROCm version at least.
        api_version: Option<String>,
        /// Free text; informs only.
        api_thing: Option<String>,
        /// GPUs at least.
        count: Option<u64>,
    }
    /// An Intel GPU.
    OneApiSelector "OneApiSelector" {
        /// oneAPI version at least.
        oneapi_version: Option<String>,
        /// GPUs at least.
        count: Option<u64>,
    }
    /// A label of the site.
    LabelSelector "LabelSelector" {
        /// The qualifier's key.
        key: String,
        /// Its value; null: the key only has to exist.
        value: Option<String>,
    }
    /// A kind that this server does not know.
    UnknownSelector "UnknownSelector" {
        /// Its members as JSON.
        text: String,
    }
}

/// The selectors that the store keeps as JSON.
pub(super) fn selectors(json: &str) -> Vec<Selector> {
    let read: Vec<Read> = serde_json::from_str(json).unwrap_or_default();
    read.into_iter().map(selector).collect()
}

fn selector(read: Read) -> Selector {
    let Read { kind, required, weight } = read;
    match kind {
        SelectorKind::Cpu { min_count, frequency, arch } => {
            #[expect(clippy::cast_precision_loss, reason = "MHz are far below 2^53")]
            let frequency = frequency.map(|mhz| mhz as f64);
            let kind = String::from("cpu");
            Selector::Cpu(CpuSelector { kind, required, weight, min: min_count, min_count, frequency, arch })
        }
        SelectorKind::Ram { min } => Selector::Ram(RamSelector { kind: "ram".into(), required, weight, min }),
        SelectorKind::Cuda { compute_capability, cuda_version, memory, count, cuda_cores } => {
            Selector::Cuda(CudaSelector {
                kind: "cuda".into(),
                required,
                weight,
                compute_capability,
                cuda_version,
                memory,
                count,
                cuda_cores,
            })
        }
        SelectorKind::Rocm { api_version, api_thing, count } => {
            Selector::Rocm(RocmSelector { kind: "rocm".into(), required, weight, api_version, api_thing, count })
        }
        SelectorKind::OneApi { version, count } => {
            let kind = String::from("oneapi");
            Selector::OneApi(OneApiSelector { kind, required, weight, oneapi_version: version, count })
        }
        SelectorKind::Label { key, value } => {
            Selector::Label(LabelSelector { kind: "label".into(), required, weight, key, value })
        }
        SelectorKind::Unknown { name, text } => {
            Selector::Unknown(UnknownSelector { kind: name, required, weight, text })
        }
    }
}
