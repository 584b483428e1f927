//! One entry of a deployments file, whatever its generation.

use serde_json::{Map, Value as Json};

use super::tree::{self, Node};
use super::{Definition, definition, issue, report, selector};
use crate::domain::{Image, Moment, Requirement, ScanIssue, Selector, SelectorKind};

/// The form that an entry was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Generation {
    /// Flat; the image is in `deployed.docker`.
    D0,
    /// Flat; the image is a text.
    D1,
    /// With a `manifest`.
    D2,
    /// With `flavour`, and `inspection.definitions`.
    D3,
    /// With `flavour`, and `inspection.templates`.
    D4,
    /// With `templates` beside the manifest.
    D5,
    /// `app_images` with `inspection.templates`.
    A1,
    /// `app_images` with `inspection.implementations`.
    A2,
    /// `app_images` with implementations, and locks, states or bloks.
    A3,
}

/// What an entry says of its app.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Name of the app across servers.
    pub identifier: String,
    /// As written; often not semver.
    pub version: String,
    /// Who made it; `unknown` where nobody says.
    pub author: String,
    /// One line about it.
    pub description: Option<String>,
    /// URL of a picture.
    pub logo: Option<String>,
    /// What it asks to be allowed.
    pub scopes: Vec<String>,
    /// Python module; `app` where the file names none.
    pub entrypoint: String,
}

impl Manifest {
    /// The members that Kabinet's `Flavour.manifest` has.
    pub fn to_json(&self) -> Json {
        serde_json::json!({
            "identifier": self.identifier,
            "version": self.version,
            "author": self.author,
            "description": self.description,
            "logo": self.logo,
            "scopes": self.scopes,
            "entrypoint": self.entrypoint,
        })
    }
}

/// One image of one version of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it stands: `app_images[2]`.
    pub path: String,
    /// How it was written.
    pub generation: Generation,
    /// The app.
    pub manifest: Manifest,
    /// `default` where the file names none.
    pub flavour: String,
    /// What the author says of this flavour.
    pub description: Option<String>,
    /// The image, with build time and size where the file tells them.
    pub image: Image,
    /// What hardware it needs.
    pub selectors: Vec<Selector>,
    /// Which services it needs.
    pub requirements: Vec<Requirement>,
    /// What hints at a need without stating one: `requirements: gpu`, `runtime: nvidia`, `flavour: cuda`.
    pub hints: Vec<String>,
    /// What it provides.
    pub definitions: Vec<Definition>,
}

/// Reads an entry. What makes it unusable is the error; lesser things go to `issues`.
pub(super) fn read(node: &Node, path: &str, issues: &mut Vec<ScanIssue>) -> Result<Entry, ScanIssue> {
    let members = node.map().ok_or_else(|| issue(path, node, &format!("expected an entry, found {}", node.what())))?;
    let mut doubtful = Vec::new();
    for (key, _) in members {
        if let Some(second) = tree::repeats(members, key)
            && !doubtful.contains(&key)
        {
            doubtful.push(key);
            let reason = "this key stands there more than once; the last one counts";
            report(issues, &format!("{path}.{key}"), second, reason);
        }
    }
    let own = match node.member("manifest") {
        Some(manifest) if manifest.map().is_some() => Some(manifest),
        Some(other) => return Err(issue(&format!("{path}.manifest"), other, "expected a mapping")),
        None => None,
    };
    let nothing = Node { line: node.line, value: tree::Value::Null };
    let inspection = node.member("inspection").unwrap_or(&nothing);
    let flavour = node
        .any_member(&["flavour_name", "flavour"])
        .and_then(Node::text)
        .filter(|name| !name.trim().is_empty() && name != "None")
        .unwrap_or_else(|| String::from("default"));
    let (manifest_node, manifest_path) =
        own.map_or_else(|| (node, path.to_owned()), |manifest| (manifest, format!("{path}.manifest")));
    let manifest = manifest(manifest_node, &manifest_path)?;
    let image = image(node, manifest_node, inspection, path)?;
    if let (Some(size), None) = (inspection.any_member(&["size"]), image.size) {
        report(issues, &format!("{path}.inspection.size"), size, "expected a number of bytes");
    }
    let selectors = selectors(node, path, issues);
    let hints = hints(node, manifest_node, &flavour, &selectors);
    Ok(Entry {
        generation: generation(node, inspection),
        description: inspection.any_member(&["description"]).and_then(Node::text),
        requirements: requirements(node, manifest_node, inspection, path, issues),
        definitions: definitions(node, inspection, path, issues),
        path: path.to_owned(),
        manifest,
        flavour,
        image,
        selectors,
        hints,
    })
}

fn generation(node: &Node, inspection: &Node) -> Generation {
    let has = |member: &str| node.member(member).is_some();
    let inspected = |member: &str| inspection.member(member).is_some();
    if has("app_image_id") || has("flavour_name") || node.member("image").is_some_and(|image| image.map().is_some()) {
        return match (inspected("templates"), inspected("locks") || inspected("states") || inspected("bloks")) {
            (true, _) => Generation::A1,
            (false, false) => Generation::A2,
            (false, true) => Generation::A3,
        };
    }
    match () {
        () if has("deployed") => Generation::D0,
        () if !has("manifest") => Generation::D1,
        () if has("templates") => Generation::D5,
        () if inspected("templates") => Generation::D4,
        () if has("flavour") => Generation::D3,
        () => Generation::D2,
    }
}

fn manifest(node: &Node, path: &str) -> Result<Manifest, ScanIssue> {
    let text = |member: &str| node.any_member(&[member]).and_then(Node::text).filter(|text| !text.trim().is_empty());
    let needed = |member: &str| {
        text(member).ok_or_else(|| {
            let found = node.member(member).map_or("nothing", Node::what);
            issue(&format!("{path}.{member}"), node, &format!("an entry needs a {member}; found {found}"))
        })
    };
    let scopes = node.any_member(&["scopes"]).and_then(Node::list).unwrap_or_default();
    Ok(Manifest {
        identifier: needed("identifier")?,
        version: needed("version")?,
        author: text("author").unwrap_or_else(|| String::from("unknown")),
        description: text("description"),
        logo: text("logo"),
        scopes: scopes.iter().filter_map(Node::text).collect(),
        entrypoint: text("entrypoint").unwrap_or_else(|| String::from("app")),
    })
}

fn image(node: &Node, manifest: &Node, inspection: &Node, path: &str) -> Result<Image, ScanIssue> {
    let nested = node.member("image").filter(|image| image.map().is_some());
    let reference = match nested {
        Some(image) => image.any_member(&["image_string"]),
        None => node
            .any_member(&["image"])
            .or_else(|| node.member("deployed").and_then(|deployed| deployed.any_member(&["docker"]))),
    };
    let reference = reference
        .and_then(Node::text)
        .map(|reference| reference.trim().to_owned())
        .filter(|reference| !reference.is_empty() && !reference.contains(char::is_whitespace))
        .ok_or_else(|| {
            let path = if nested.is_some() { format!("{path}.image.imageString") } else { format!("{path}.image") };
            issue(&path, node, "an entry needs the reference of an image, without blanks")
        })?;
    let built_at = nested
        .and_then(|image| image.any_member(&["build_at", "built_at"]))
        .or_else(|| node.any_member(&["deployed_at", "build_at", "created_at"]))
        .or_else(|| manifest.any_member(&["created_at"]))
        .and_then(Node::text)
        .and_then(|time| Moment::parse(&time));
    Ok(Image { reference, built_at, size: inspection.any_member(&["size"]).and_then(Node::number) })
}

fn selectors(node: &Node, path: &str, issues: &mut Vec<ScanIssue>) -> Vec<Selector> {
    let Some(list) = node.any_member(&["selectors"]) else { return Vec::new() };
    let path = format!("{path}.selectors");
    let Some(items) = list.list() else {
        report(issues, &path, list, &format!("expected a list, found {}", list.what()));
        return selector::read(list);
    };
    let mut read = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let found = selector::read(item);
        for selector in &found {
            if let SelectorKind::Unknown { name, .. } = &selector.kind {
                let reason = format!("nobody here knows the selector `{name}`; whether it is met stays unknown");
                report(issues, &format!("{path}[{place}]"), item, &reason);
            }
        }
        read.extend(found);
    }
    read
}

/// Requirements as a list of objects or as a mapping by key; what is only a word is a hint.
fn requirements(
    node: &Node,
    manifest: &Node,
    inspection: &Node,
    path: &str,
    issues: &mut Vec<ScanIssue>,
) -> Vec<Requirement> {
    let found = inspection
        .any_member(&["requirements"])
        .map(|list| (list, "inspection.requirements"))
        .or_else(|| manifest.any_member(&["requirements"]).map(|list| (list, "requirements")))
        .or_else(|| node.any_member(&["requirements"]).map(|list| (list, "requirements")));
    let Some((found, member)) = found else { return Vec::new() };
    let mut read = Vec::new();
    let mut add = |key: Option<String>, item: &Node, path: String| {
        if item.map().is_none() {
            return;
        }
        let text = |member: &str| item.any_member(&[member]).and_then(Node::text);
        match (text("key").or(key), text("service")) {
            (Some(key), Some(service)) => read.push(Requirement {
                key,
                service,
                optional: item.any_member(&["optional"]).and_then(Node::truth).unwrap_or(false),
                description: text("description"),
            }),
            _ => report(issues, &path, item, "a requirement needs a key and a service"),
        }
    };
    if let Some(items) = found.list() {
        for (place, item) in items.iter().enumerate() {
            add(None, item, format!("{path}.{member}[{place}]"));
        }
    }
    for (key, item) in found.map().unwrap_or_default() {
        add(Some(key.clone()), item, format!("{path}.{member}.{key}"));
    }
    read
}

fn hints(node: &Node, manifest: &Node, flavour: &str, selectors: &[Selector]) -> Vec<String> {
    let mut hints = Vec::new();
    let words = [manifest, node].into_iter().filter_map(|holder| holder.any_member(&["requirements"])?.list());
    for word in words.flatten().filter(|item| item.map().is_none()).filter_map(Node::text) {
        hints.push(format!("requirements: {word}"));
    }
    let runtime = node.member("deployed").and_then(|deployed| deployed.any_member(&["runtime"]));
    if let Some(runtime) = runtime.and_then(Node::text).filter(|runtime| runtime != "standard") {
        hints.push(format!("runtime: {runtime}"));
    }
    let states_gpu = selectors.iter().any(|selector| {
        matches!(selector.kind, SelectorKind::Cuda { .. } | SelectorKind::Rocm { .. } | SelectorKind::OneApi { .. })
    });
    let name = flavour.to_ascii_lowercase();
    if !states_gpu && ["cuda", "rocm", "oneapi", "intel", "nvidia", "gpu"].iter().any(|word| name.contains(word)) {
        hints.push(format!("flavour: {flavour}"));
    }
    for capability in node.any_member(&["capabilities"]).and_then(Node::list).unwrap_or_default() {
        let need = capability.member("required").and_then(Node::truth).unwrap_or(true);
        if let Some(kind) = capability.any_member(&["kind"]).and_then(Node::text).filter(|_| need) {
            hints.push(format!("capability: {kind}"));
        }
    }
    hints.dedup();
    hints
}

fn definitions(node: &Node, inspection: &Node, path: &str, issues: &mut Vec<ScanIssue>) -> Vec<Definition> {
    let mut read = Vec::new();
    let mut add = |result: Result<Definition, ScanIssue>| match result {
        Ok(definition) => read.push(definition),
        Err(issue) => issues.push(issue),
    };
    for (holder, prefix) in [(inspection, "inspection."), (node, "")] {
        for member in ["implementations", "templates", "definitions"] {
            let Some(found) = holder.member(member) else { continue };
            let path = format!("{path}.{prefix}{member}");
            for (place, item) in found.list().unwrap_or_default().iter().enumerate() {
                add(definition::read(item, &format!("{path}[{place}]"), None));
            }
            for (interface, item) in found.map().unwrap_or_default() {
                add(definition::read(item, &format!("{path}.{interface}"), Some(interface)));
            }
        }
    }
    read
}

/// A sorted copy of the parts that make two readings of an entry the same, for finding out what a scan changed.
pub(super) fn fingerprint(entry: &Entry) -> Json {
    let mut parts = Map::new();
    parts.insert("manifest".into(), entry.manifest.to_json());
    parts.insert("image".into(), entry.image.reference.clone().into());
    parts.insert("built_at".into(), entry.image.built_at.map(|at| at.0).into());
    parts.insert("size".into(), entry.image.size.into());
    parts.insert("description".into(), entry.description.clone().into());
    parts.insert("selectors".into(), serde_json::to_value(&entry.selectors).unwrap_or_default());
    parts.insert("requirements".into(), serde_json::to_value(&entry.requirements).unwrap_or_default());
    parts.insert("hints".into(), entry.hints.clone().into());
    let definitions = entry
        .definitions
        .iter()
        .map(|definition| Json::from(format!("{} {} {:?}", definition.interface, definition.hash, definition.kind)));
    parts.insert("definitions".into(), definitions.collect());
    Json::Object(parts)
}

impl Entry {
    /// Hash of all that the catalogue keeps of the entry: equal hashes, nothing to do.
    pub fn fingerprint(&self) -> String {
        super::hash::of(&fingerprint(self))
    }
}
