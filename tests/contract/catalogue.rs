//! Deployments files for tests.

use std::fmt::Write as _;

/// A file with one image per entry: app, version, flavour, and its selectors as YAML flow.
pub fn file(entries: &[(&str, &str, &str, &str)]) -> String {
    let mut text = String::from("app_images:\n");
    for (at, (app, version, flavour, selectors)) in entries.iter().enumerate() {
        write!(
            text,
            "- appImageId: {at:032}
  flavourName: {flavour}
  image: {{buildAt: '2026-07-01T19:34:47', imageString: 'registry.test/{app}:{version}-{flavour}'}}
  inspection:
    implementations:
    - interface: segment
      dependencies: []
      definition: {{key: segment, name: Segment, description: Finds cells, kind: FUNCTION, version: '1', args: [],
        returns: [{{key: return0, kind: INT, nullable: false}}], stateful: false}}
    locks: []
    states: []
    size: 1000
    requirements: [{{key: rekuest, service: live.arkitekt.rekuest, optional: false, description: null}}]
  manifest: {{author: ada, identifier: {app}, scopes: [read], version: {version}}}
  selectors: {selectors}
"
        )
        .unwrap();
    }
    text
}

/// One flavour of every kind that the first generation stores, readable and not.
pub fn poisoned() -> String {
    file(&[
        ("com.example.plain", "0.1.0", "vanilla", "[]"),
        ("com.example.cuda", "0.1.0", "cuda", "[{kind: cuda, cudaVersion: '12.1', cudaCores: 100}]"),
        ("com.example.rocm", "0.1.0", "rocm", "[{kind: rocm, apiVersion: '6', apiThing: x}]"),
        ("com.example.cpu", "0.1.0", "cpu", "[{kind: cpu, frequency: 2000, memory: 4096}]"),
        ("com.example.oneapi", "0.1.0", "oneapi", "[{kind: oneapi, oneapiVersion: '2024'}]"),
    ])
}

/// Many small apps.
pub fn many(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|number| format!("com.example.app{number:05}")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), "0.1.0", "vanilla", "[]")).collect();
    file(&entries)
}
