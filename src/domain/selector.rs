//! What hardware a flavour needs or prefers. Vocabulary of the newest Kabinet generation.

use serde::{Deserialize, Serialize};

/// The selectors of a flavour, as far as they could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Selectors {
    /// All of them.
    Known(Vec<Selector>),
    /// The server could not read them; its reason.
    Unreadable(String),
}

impl Selectors {
    /// The selectors that are known; none when unreadable.
    pub fn known(&self) -> &[Selector] {
        match self {
            Self::Known(selectors) => selectors,
            Self::Unreadable(_) => &[],
        }
    }
}

/// One need or preference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selector {
    /// What.
    pub kind: SelectorKind,
    /// A need when true, a preference when false.
    pub required: bool,
    /// How much a satisfied preference counts. Upstream's default is 1.
    pub weight: i64,
}

impl Selector {
    /// A need with the default weight.
    pub fn required(kind: SelectorKind) -> Self {
        Self { kind, required: true, weight: 1 }
    }

    /// A preference.
    pub fn preferred(kind: SelectorKind, weight: i64) -> Self {
        Self { kind, required: false, weight }
    }
}

/// The kinds of selectors with their members. A member that is `None` demands nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SelectorKind {
    /// Processor cores.
    Cpu {
        /// Cores at least.
        min_count: Option<u64>,
        /// MHz at least.
        frequency: Option<u64>,
        /// `amd64`, `arm64`, …
        arch: Option<String>,
    },
    /// System memory.
    Ram {
        /// MB (10^6 bytes) at least.
        min: Option<u64>,
    },
    /// An NVIDIA GPU.
    Cuda {
        /// At least, such as `8.6`.
        compute_capability: Option<String>,
        /// CUDA version that the driver supports at least, such as `12.1`.
        cuda_version: Option<String>,
        /// MB of memory on the GPU at least.
        memory: Option<u64>,
        /// GPUs at least.
        count: Option<u64>,
        /// Deprecated upstream: informs only.
        cuda_cores: Option<u64>,
    },
    /// An AMD GPU.
    Rocm {
        /// `ROCm` version at least.
        api_version: Option<String>,
        /// Upstream's free text; informs only.
        api_thing: Option<String>,
        /// GPUs at least.
        count: Option<u64>,
    },
    /// An Intel GPU.
    OneApi {
        /// oneAPI version at least.
        version: Option<String>,
        /// GPUs at least.
        count: Option<u64>,
    },
    /// A label of the site.
    Label {
        /// The qualifier's key.
        key: String,
        /// Its value; `None`: the key only has to exist.
        value: Option<String>,
    },
    /// A kind that this program does not know. Never counted as satisfied or as failed.
    Unknown {
        /// Its name as written.
        name: String,
        /// Its members as JSON, to show.
        text: String,
    },
}
