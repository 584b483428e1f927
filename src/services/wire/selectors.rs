//! Selectors of any generation.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Selector, SelectorKind, Selectors};

/// The selectors of one flavour.
#[derive(Debug, Deserialize)]
pub struct Needs {
    /// One object each; its type's name decides how it is read.
    pub selectors: Vec<Value>,
}

impl Needs {
    /// The selectors.
    pub fn into_domain(self) -> Selectors {
        Selectors::Known(self.selectors.iter().map(selector).collect())
    }
}

fn selector(value: &Value) -> Selector {
    let text = |member: &str| value[member].as_str().map(str::to_owned);
    let number = |member: &str| {
        let value = &value[member];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "MHz and counts are small")]
        value.as_u64().or_else(|| value.as_f64().filter(|number| *number >= 0.0).map(|number| number.ceil() as u64))
    };
    let kind = match value["__typename"].as_str().unwrap_or_default() {
        "CPUSelector" => {
            SelectorKind::Cpu { min_count: number("minCount"), frequency: number("frequency"), arch: text("arch") }
        }
        "RAMSelector" => SelectorKind::Ram { min: number("min") },
        "CudaSelector" => SelectorKind::Cuda {
            compute_capability: text("computeCapability"),
            cuda_version: text("cudaVersion"),
            memory: number("memory"),
            count: number("count"),
            cuda_cores: number("cudaCores"),
        },
        "RocmSelector" => {
            SelectorKind::Rocm { api_version: text("apiVersion"), api_thing: text("apiThing"), count: number("count") }
        }
        "OneApiSelector" => SelectorKind::OneApi { version: text("oneapiVersion"), count: number("count") },
        "LabelSelector" => SelectorKind::Label { key: text("key").unwrap_or_default(), value: text("value") },
        other => SelectorKind::Unknown {
            name: text("kind").unwrap_or_else(|| other.to_owned()),
            text: text("text").unwrap_or_default(),
        },
    };
    Selector {
        kind,
        required: value["required"].as_bool().unwrap_or(true),
        weight: value["weight"].as_i64().unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_of_both_generations_are_read() {
        let first = json!({ "__typename": "CudaSelector", "kind": "cuda", "required": true, "cudaCores": 1000 });
        let newest = json!({ "__typename": "CPUSelector", "kind": "cpu", "required": false, "weight": 3,
            "minCount": 4, "frequency": 2400.5 });
        let unknown = json!({ "__typename": "TpuSelector", "kind": "tpu", "required": true, "weight": 1 });
        let Selectors::Known(read) = (Needs { selectors: vec![first, newest, unknown] }).into_domain() else {
            panic!()
        };
        assert!(matches!(read[0].kind, SelectorKind::Cuda { cuda_cores: Some(1000), memory: None, .. }));
        assert_eq!((read[0].required, read[0].weight), (true, 1));
        assert!(matches!(read[1].kind, SelectorKind::Cpu { min_count: Some(4), frequency: Some(2401), .. }));
        assert_eq!((read[1].required, read[1].weight), (false, 3));
        assert!(matches!(&read[2].kind, SelectorKind::Unknown { name, .. } if name == "tpu"));
    }
}
