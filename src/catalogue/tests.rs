//! What the reader makes of files.

use super::Generation::{A1, A2, A3, D0, D1, D2, D3, D4, D5};
use super::*;

#[test]
fn the_hash_is_the_one_that_the_servers_compute() {
    let json = serde_json::json!({"definition": {
        "key": "hello", "version": "1", "name": "Hello", "kind": "FUNCTION", "description": "Says h\u{e9}llo",
        "args": [
            {"key": "x", "kind": "INT", "nullable": false, "label": "x", "description": "The number"},
            {"key": "img", "kind": "STRUCTURE", "identifier": "@mikro/image"},
        ],
        "returns": [{"key": "return0", "kind": "STRING", "nullable": false}],
    }});
    let read = definition::read(&Node::from_json(&json), "x", None).unwrap();
    assert_eq!(read.hash, "2cb576a6fe2a87d6f85260af48ab8a9436ae2a49ba15801551fb9644ae383cb2");
}

fn only(text: &str) -> Entry {
    let file = read(text).unwrap();
    assert_eq!(file.issues, [], "{text}");
    let [entry] = &file.entries[..] else { panic!("{} entries", file.entries.len()) };
    entry.clone()
}

fn app_image(rest: &str) -> String {
    format!(
        "app_images:\n- appImageId: a\n  image: {{imageString: 'a/b:1'}}\n  manifest: {{identifier: b, version: '1'}}\n{rest}"
    )
}

#[test]
fn a_version_is_always_a_text() {
    for (written, version) in [
        ("1.10", "1.10"),
        ("'10'", "10"),
        ("10", "10"),
        ("0.0.1", "0.0.1"),
        ("true", "true"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ] {
        let entry = only(&format!("deployments:\n- image: a/b:1\n  identifier: b\n  version: {written}\n"));
        assert_eq!(entry.manifest.version, version);
    }
}

#[test]
fn one_letter_words_are_texts() {
    let text = app_image(
        "  inspection:\n    implementations:\n    - interface: n\n      definition:\n        name: y\n        kind: FUNCTION\n        \
         args:\n        - {key: y, kind: INT}\n        - {key: n, kind: BOOL, nullable: yes}\n",
    );
    let entry = only(&text);
    let definition = &entry.definitions[0];
    assert_eq!((definition.interface.as_str(), definition.name.as_str()), ("n", "y"));
    assert_eq!(definition.args[0]["key"], "y");
    assert_eq!(definition.args[1]["key"], "n");
    assert_eq!(definition.args[1]["nullable"], true);
}

#[test]
fn both_spellings_are_the_same_entry() {
    let camel = "app_images:\n- appImageId: a\n  flavourName: cuda\n  image: {imageString: 'a/b:1', buildAt: '2026-01-01T00:00:00'}\n  manifest: {identifier: b, version: '1'}\n";
    let snake = "app_images:\n- app_image_id: a\n  flavour_name: cuda\n  image: {image_string: 'a/b:1', build_at: '2026-01-01T00:00:00'}\n  manifest: {identifier: b, version: '1'}\n";
    assert_eq!(only(camel), only(snake));
    assert_eq!(only(camel).image.built_at, crate::domain::Moment::parse("2026-01-01T00:00:00Z"));
}

#[test]
fn a_bad_entry_does_not_hide_the_good_ones() {
    let text = "deployments:\n- {image: a/b:1, identifier: b, version: '1'}\n- {image: a/b:2, version: '2'}\n- 7\n- {identifier: b, version: '3'}\n- {image: a/b:4, identifier: b, version: '4'}\n";
    let file = read(text).unwrap();
    let versions: Vec<_> = file.entries.iter().map(|entry| entry.manifest.version.as_str()).collect();
    assert_eq!(versions, ["1", "4"]);
    let paths: Vec<_> = file.issues.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!(paths, ["deployments[1].identifier", "deployments[2]", "deployments[3].image"]);
    assert!(file.issues[0].reason.starts_with("line 3: an entry needs a identifier"), "{}", file.issues[0].reason);
}

#[test]
fn a_bad_definition_leaves_its_entry() {
    let text = app_image(
        "  inspection:\n    implementations:\n    - definition: {name: Good, args: [{key: x, kind: INT}]}\n      interface: good\n    - definition: {name: Bad, args: [{key: x}]}\n      interface: bad\n",
    );
    let file = read(&text).unwrap();
    assert_eq!(file.entries[0].definitions.len(), 1);
    assert_eq!(file.issues[0].path, "app_images[0].inspection.implementations[1].definition.args[0].kind");
}

#[test]
fn a_key_that_stands_twice_is_said() {
    let file = read("deployments:\n- image: a/b:1\n  identifier: b\n  version: '1'\n  image: a/b:2\n").unwrap();
    assert_eq!(file.entries[0].image.reference, "a/b:2");
    assert_eq!(file.issues[0].path, "deployments[0].image");
}

#[test]
fn what_is_no_deployments_file_is_refused_with_a_reason() {
    let bomb = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let below = format!("*a{}", level - 1);
            text = format!("{text}a{level}: &a{level} [{}]\n", vec![below; 10].join(", "));
        }
        text + "deployments: *a9\n"
    };
    let deep = format!("deployments: {}{}", "[".repeat(5000), "]".repeat(5000));
    for (text, expected) in [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("---\n", "the file is empty"),
        ("- a\n- b\n", "expected a mapping"),
        ("identifier: x\n", "neither `app_images` nor `deployments`"),
        ("spec_version: 2\napp_images: []\n", "spec_version 2"),
        ("app_images: []\n---\napp_images: []\n", "YAML"),
        ("deployments:\n- !!python/object/apply:os.system ['true']\n", "YAML"),
        ("deployments: [\n", "YAML"),
        ("\u{0}", "YAML"),
        (bomb.as_str(), "YAML"),
        (deep.as_str(), "YAML"),
    ] {
        let refused = read(text).unwrap_err().to_string();
        assert!(refused.contains(expected), "{:?}: {refused}", &text[..text.len().min(40)]);
    }
}

#[test]
fn an_entry_without_flavour_is_the_default() {
    let entry = only("deployments:\n- {image: a/b:1, identifier: b, version: '1', requirements: [gpu]}\n");
    assert_eq!(entry.flavour, "default");
    assert_eq!(entry.hints, ["requirements: gpu"]);
    assert_eq!(only(&app_image("  flavourName: null\n")).flavour, "default");
    assert_eq!(only(&app_image("  flavourName: cuda\n")).hints, ["flavour: cuda"]);
}

#[test]
fn a_large_file_costs_no_more_than_its_length() {
    let entries: Vec<_> =
        (0..5000).map(|n| format!("- {{image: 'a/b:{n}', identifier: b, version: '{n}'}}\n")).collect();
    let entries = entries.concat();
    let started = std::time::Instant::now();
    assert_eq!(read(&format!("deployments:\n{entries}")).unwrap().entries.len(), 5000);
    assert!(started.elapsed().as_secs() < 10);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(deployments|app_images|- |: |\\{|\\}|\\[|\\]|&a|\\*a|image|manifest|\n|  |'|\"|!!|[a-z0-9é])*") {
        read(&text).ok();
    }
}

fn fixture(name: &str) -> File {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deployments").join(name);
    read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What an entry came down to, in a line.
fn summary(entry: &Entry) -> String {
    let definitions: Vec<_> = entry.definitions.iter().map(|definition| definition.interface.as_str()).collect();
    let requirements: Vec<_> = entry.requirements.iter().map(|requirement| requirement.key.as_str()).collect();
    format!(
        "{:?} {} {} {} {} built {} size {} needs {requirements:?} hints {:?} selectors {} provides {definitions:?}",
        entry.generation,
        entry.manifest.identifier,
        entry.manifest.version,
        entry.flavour,
        entry.image.reference,
        entry.image.built_at.map_or_else(|| String::from("-"), crate::domain::Moment::to_iso),
        entry.image.size.map_or_else(|| String::from("-"), |size| size.to_string()),
        entry.hints,
        entry.selectors.len(),
    )
}

#[test]
fn every_generation_is_read() {
    let mut lines = Vec::new();
    for name in ["d0", "d1", "d2", "d3", "d4", "d5", "a1", "a2", "a3"] {
        let file = fixture(&format!("{name}.yaml"));
        assert_eq!(file.issues, [], "{name}");
        lines.extend(file.entries.iter().map(summary));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn selectors_of_the_newest_generation_are_read_with_all_members() {
    let selectors = &fixture("a3.yaml").entries[0].selectors;
    insta::assert_snapshot!(serde_json::to_string_pretty(selectors).unwrap());
    let old = &fixture("d3.yaml").entries;
    insta::assert_snapshot!(
        "selectors_of_an_old_file",
        serde_json::to_string_pretty(&[&old[0].selectors, &old[1].selectors]).unwrap()
    );
}

#[test]
fn what_is_bad_is_told_with_path_and_line() {
    let file = fixture("broken.yaml");
    let images: Vec<_> = file.entries.iter().map(|entry| entry.image.reference.as_str()).collect();
    assert_eq!(images, ["ada/good:1", "ada/good:2"]);
    assert_eq!(file.entries[1].definitions.len(), 1);
    let issues: Vec<_> = file.issues.iter().map(|issue| format!("{}: {}", issue.path, issue.reason)).collect();
    insta::assert_snapshot!(issues.join("\n"));
}

#[test]
fn an_old_widget_is_the_widget_of_today() {
    let file = fixture("a1.yaml");
    let widget = &file.entries[0].definitions[0].args[0]["widget"];
    assert_eq!((&widget["kind"], &widget["ward"]), (&"SEARCH".into(), &"mikro".into()));
    let choices = &fixture("d5.yaml").entries[0].definitions[0].args[0]["widget"]["choices"];
    assert_eq!(choices[0], serde_json::json!({"value": "ONE", "label": "One", "image": null, "description": null}));
}

/// The public files, where they lie beside the project.
fn catalogue() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("KAB_CATALOGUE_DIR")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/catalogue"), Into::into);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("KAB_REQUIRE_CATALOGUE").is_none(), "{} is missing", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}

fn deployment_files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            deployment_files(&path, found);
        } else if path.file_name().is_some_and(|name| name == "deployments.yaml" || name == "kabinet.yaml") {
            found.push(path);
        }
    }
}

/// All deployments files of the public catalogue.
pub(crate) fn public_files() -> Option<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    deployment_files(&catalogue()?, &mut files);
    Some(files)
}

#[test]
fn every_public_file_is_read_to_the_last_entry() {
    let Some(files) = public_files() else { return };
    assert_eq!(files.len(), 59);
    let mut generations = std::collections::BTreeMap::new();
    let mut definitions = 0;
    for path in files {
        let file = read(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(file.issues, [], "{}", path.display());
        for entry in &file.entries {
            *generations.entry(entry.generation).or_insert(0) += 1;
            definitions += entry.definitions.len();
        }
    }
    let expected = [(D0, 17), (D1, 58), (D2, 14), (D3, 3), (D4, 16), (D5, 5), (A1, 26), (A2, 10), (A3, 3)];
    assert_eq!(generations.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(definitions, 208);
}
