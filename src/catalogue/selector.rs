//! Selectors in every spelling, turned into the newest vocabulary.

use super::tree::{Node, Value};
use crate::domain::{Selector, SelectorKind};

/// Reads one selector of a list; two where an old one says two things.
///
/// Whatever cannot be understood becomes [`SelectorKind::Unknown`]: leaving it out would make the flavour look as if it
/// needed less than it does.
pub(super) fn read(node: &Node) -> Vec<Selector> {
    let required = node.member("required").and_then(Node::truth).unwrap_or(true);
    let weight =
        node.member("weight").and_then(Node::number).and_then(|weight| i64::try_from(weight).ok()).unwrap_or(1);
    let kinds = match &node.value {
        Value::Text(name) => vec![bare(name)],
        Value::Map(_) => {
            let name = node.any_member(&["kind", "type"]).and_then(Node::text).unwrap_or_default();
            members(&name, node)
        }
        _ => vec![unknown("", node)],
    };
    kinds.into_iter().map(|kind| Selector { kind, required, weight }).collect()
}

/// A selector that is only a name: `gpu.cuda`.
fn bare(name: &str) -> SelectorKind {
    let empty = Node { line: 0, value: Value::Map(Vec::new()) };
    let last = name.rsplit('.').next().unwrap_or(name);
    match members(last, &empty).pop() {
        Some(SelectorKind::Unknown { .. }) | None => {
            SelectorKind::Unknown { name: name.to_owned(), text: String::new() }
        }
        Some(kind) => kind,
    }
}

fn members(name: &str, node: &Node) -> Vec<SelectorKind> {
    let number = |names: &[&str]| node.any_member(names).and_then(Node::number);
    let text = |names: &[&str]| node.any_member(names).and_then(Node::text);
    let count = number(&["count", "min_count", "min"]);
    match name.trim().to_ascii_lowercase().as_str() {
        "cpu" => {
            let cpu = SelectorKind::Cpu {
                min_count: count,
                frequency: number(&["frequency"]),
                arch: text(&["arch", "architecture"]),
            };
            // The memory of a processor is the machine's.
            match number(&["memory"]) {
                Some(memory) => {
                    let ram = SelectorKind::Ram { min: Some(memory) };
                    let says_more = !matches!(cpu, SelectorKind::Cpu { min_count: None, frequency: None, arch: None });
                    if says_more { vec![cpu, ram] } else { vec![ram] }
                }
                None => vec![cpu],
            }
        }
        "ram" => vec![SelectorKind::Ram { min: number(&["min", "memory"]) }],
        "cuda" | "nvidia" => vec![SelectorKind::Cuda {
            compute_capability: text(&["compute_capability"]),
            cuda_version: text(&["cuda_version"]),
            memory: number(&["memory"]),
            count,
            cuda_cores: number(&["cuda_cores"]),
        }],
        "rocm" | "amd" => {
            vec![SelectorKind::Rocm { api_version: text(&["api_version"]), api_thing: text(&["api_thing"]), count }]
        }
        "oneapi" | "intel" => {
            vec![SelectorKind::OneApi { version: text(&["oneapi_version", "version"]), count }]
        }
        "label" => match text(&["key"]) {
            Some(key) => vec![SelectorKind::Label { key, value: text(&["value"]) }],
            None => vec![unknown(name, node)],
        },
        _ => vec![unknown(name, node)],
    }
}

fn unknown(name: &str, node: &Node) -> SelectorKind {
    SelectorKind::Unknown { name: name.to_owned(), text: node.to_json().to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(json: &serde_json::Value) -> Vec<SelectorKind> {
        read(&Node::from_json(json)).into_iter().map(|selector| selector.kind).collect()
    }

    #[test]
    fn old_and_new_spellings_mean_the_same() {
        let cuda = |cores, version: Option<&str>| SelectorKind::Cuda {
            compute_capability: None,
            cuda_version: version.map(str::to_owned),
            memory: None,
            count: None,
            cuda_cores: cores,
        };
        assert_eq!(
            kinds(&json!({"kind": "cuda", "cudaCores": 1000, "cudaVersion": "5"})),
            [cuda(Some(1000), Some("5"))]
        );
        assert_eq!(kinds(&json!({"type": "cuda", "cuda_cores": "1000"})), [cuda(Some(1000), None)]);
        assert_eq!(kinds(&json!("gpu.cuda")), [cuda(None, None)]);
        let rocm = SelectorKind::Rocm { api_version: None, api_thing: None, count: Some(1) };
        assert_eq!(kinds(&json!({"type": "rocm", "min": 1, "required": true})), [rocm]);
        let cores = SelectorKind::Cpu { min_count: Some(4), frequency: None, arch: None };
        assert_eq!(kinds(&json!({"kind": "cpu", "min_count": 4})), std::slice::from_ref(&cores));
        assert_eq!(kinds(&json!({"kind": "cpu", "minCount": 4})), [cores]);
        assert_eq!(
            kinds(&json!({"type": "intel", "min": 1})),
            [SelectorKind::OneApi { version: None, count: Some(1) }]
        );
    }

    #[test]
    fn memory_of_a_processor_is_system_memory() {
        let ram = SelectorKind::Ram { min: Some(4000) };
        assert_eq!(kinds(&json!({"kind": "cpu", "memory": 4000})), std::slice::from_ref(&ram));
        let cpu = SelectorKind::Cpu { min_count: None, frequency: Some(1000), arch: None };
        assert_eq!(kinds(&json!({"kind": "cpu", "memory": 4000, "frequency": 1000})), [cpu, ram]);
    }

    #[test]
    fn what_is_not_understood_stays_visible() {
        for json in [json!({"kind": "fpga", "slots": 2}), json!({"kind": "label"}), json!(7), json!("tpu"), json!({})] {
            assert!(matches!(kinds(&json)[..], [SelectorKind::Unknown { .. }]), "{json}");
        }
        let SelectorKind::Unknown { name, text } = &kinds(&json!({"kind": "fpga", "slots": 2}))[0] else { panic!() };
        assert_eq!((name.as_str(), text.as_str()), ("fpga", r#"{"kind":"fpga","slots":2}"#));
    }

    #[test]
    fn a_preference_keeps_its_weight() {
        let read = read(&Node::from_json(&json!({"kind": "ram", "min": 8000, "required": false, "weight": 5})));
        assert_eq!(read, [Selector::preferred(SelectorKind::Ram { min: Some(8000) }, 5)]);
    }
}
