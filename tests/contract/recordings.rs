//! The face against what the real servers were recorded to say, where the answer does not hang on their ids.

use kab::server::ClientRole;
use serde_json::{Value, json};

use crate::{
    catalogue,
    face::{Face, Generation},
    skips::skip,
};

/// A recording, or nothing with a word about it.
pub fn recording(name: &str) -> Option<String> {
    let path = format!("../shared/recordings/{name}");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        skip(&format!("{path} is missing"));
    }
    text
}

/// A request and its reply.
struct Section {
    name: String,
    variables: Value,
    errors: Value,
}

/// The sections of a file whose replies are errors.
fn failures(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("--- ") {
            let quote = rest.chars().next().unwrap_or('\'');
            let name = rest[1..].split(quote).next().unwrap_or_default().to_owned();
            sections.push(Section { name, variables: json!({}), errors: Value::Null });
        }
        let Some(section) = sections.last_mut() else { continue };
        if let Some(variables) = line.strip_prefix("    vars: ") {
            let cut = || json!({"i": {"name": "x".repeat(1001), "kind": "docker"}});
            section.variables = serde_json::from_str(variables).unwrap_or_else(|_| cut());
        }
        // Very long ones were cut when they were recorded.
        if let Some(errors) = line.strip_prefix("    errors: ") {
            section.errors = serde_json::from_str(errors).unwrap_or_else(|_| json!(errors));
        }
    }
    sections.retain(|section| !section.errors.is_null());
    sections
}

/// The document behind a section's name, where the name tells it.
fn document(name: &str) -> Option<String> {
    let lists = ["githubRepos", "definitions", "releases", "resources", "flavours", "deployments", "backends", "pods"];
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    if let Some((field, id)) = name.split_once("(id:") {
        return Some(format!("{{{field}(id:\"{}\"){{id}}}}", id.trim_end_matches(')')));
    }
    if lists.contains(&first) {
        let arguments = match rest {
            "offset -1" => "pagination:{offset:-1}",
            "ids [x]" => "filters:{ids:[\"x\"]}",
            "search a" | "search empty" => "filters:{search:\"a\"}",
            "oneOf two keys" => "ordering:[{version:ASC,id:DESC}]",
            "old 'order' arg" => "order:{id:ASC}",
            _ => return None,
        };
        return Some(format!("{{{first}({arguments}){{id}}}}"));
    }
    let input = match first {
        "updatePod" => "UpdatePodInput",
        "createPod" => "CreatePodInput",
        "createDeployment" => "CreateDeploymentInput",
        "updateDeployment" => "UpdateDeploymentInput",
        "declareResource" => "DeclareResourceInput",
        "declareBackend" => "DeclareBackendInput",
        "createGithubRepo" => "CreateGithubRepoInput",
        "scanRepo" => "ScanRepoInput",
        "dumpLogs" => "DumpLogsInput",
        "deletePod" => return Some("mutation($i:DeletePodInput!){deletePod(input:$i)}".into()),
        "deleteBackend" => return Some("mutation($i:ID!){deleteBackend(id:$i)}".into()),
        "matchFlavour" => return Some("query($i:MatchFlavoursInput!){matchFlavour(input:$i){id}}".into()),
        _ => {
            return match name {
                "definition no args" => Some("{definition{id}}".into()),
                "definition by unknown hash" => Some("query($h:ActionHash){definition(hash:$h){id}}".into()),
                _ => None,
            };
        }
    };
    Some(format!("mutation($i:{input}!){{{first}(input:$i){{id}}}}"))
}

/// Sections whose outcome hangs on rows of the recorded server, or on checks that the embedded server makes otherwise.
const OTHERWISE: [&str; 10] = [
    "updatePod other org",
    "updatePod with crashing selection",
    "createPod with crashing selection",
    "createDeployment bad date",
    "createDeployment secretParams int",
    "scanRepo acme/logo",
    "scanRepo acme/nullflavour",
    "deletePod other org",
    "deleteBackend from wrong org",
    "createPod selecting relations",
];

/// The place in a list of arguments is not known to the parser that the face uses.
fn without_place(errors: &Value) -> Value {
    let message = errors[0]["message"].as_str().unwrap_or_default();
    if message.starts_with("Unknown argument") || message.starts_with("OneOf") {
        return json!([{ "message": message }]);
    }
    errors.clone()
}

async fn house() -> (Face, String) {
    let face = Face::start(Generation::First).await;
    face.publish("acme/plain", &catalogue::poisoned()).await;
    for (name, selectors) in [("label", "[{kind: label, key: a}]"), ("ram", "[{kind: ram, min: 4}]")] {
        face.put(&format!("acme/{name}"), &catalogue::file(&[("com.example.x", "0.1.0", "vanilla", selectors)]));
    }
    let plain = catalogue::file(&[("com.example.x", "0.1.0", "vanilla", "[]")]);
    face.put("acme/logo", &plain.replace("author: ada", "author: ada, logo: 'https://example.org/logo.png'"));
    face.put("acme/nullflavour", &plain.replace("flavourName: vanilla", "flavourName: null"));
    let token = face.token("org.example.recording", ClientRole::Agent).await;
    let seed = [
        (
            "mutation($i:DeclareBackendInput!){declareBackend(input:$i){id}}",
            json!({"name": "docker2", "kind": "docker"}),
        ),
        (
            "mutation($i:CreateDeploymentInput!){createDeployment(input:$i){id}}",
            json!({"flavour": "1", "localId": "image-1"}),
        ),
        ("mutation($i:CreatePodInput!){createPod(input:$i){id}}", json!({"deployment": "1", "localId": "container-1"})),
    ];
    for (query, input) in seed {
        let answer = face.ask("kabinet", &token, query, json!({ "i": input })).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
    }
    (face, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn kabinets_errors_are_those_that_were_recorded() {
    let (face, token) = house().await;
    let mut compared = 0;
    for file in [
        "kabinet-lists-and-filters.txt",
        "kabinet-pods-and-logs.txt",
        "kabinet-repos-and-backends.txt",
        "kabinet-edge-cases.txt",
    ] {
        let Some(text) = recording(file) else { return };
        for section in failures(&text) {
            let Some(query) = document(&section.name).filter(|_| !OTHERWISE.contains(&section.name.as_str())) else {
                continue;
            };
            let answer = face.ask("kabinet", &token, &query, section.variables).await;
            let name = &section.name;
            assert_eq!(answer["data"], Value::Null, "{file}: {name}: {answer}");
            match &section.errors {
                Value::String(cut) => {
                    let ours = answer["errors"].to_string().replace("\",\"", "\", \"").replace("\":", "\": ");
                    let length = ours.len().min(cut.len()).min(200);
                    assert_eq!(ours.get(..length), cut.get(..length), "{file}: {name}");
                }
                errors => {
                    assert_eq!(without_place(&answer["errors"]), without_place(errors), "{file}: {name}: {query}");
                }
            }
            compared += 1;
        }
    }
    assert!(compared >= 50, "only {compared} were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_in_the_words_that_were_recorded() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as URL};
    let (face, token) = house().await;
    let parts: Vec<&str> = token.split('.').collect();
    let header = |change: fn(&mut Value)| {
        let mut header: Value = serde_json::from_slice(&URL.decode(parts[0]).unwrap()).unwrap();
        change(&mut header);
        format!("{}.{}.{}", URL.encode(header.to_string()), parts[1], parts[2])
    };
    let no_kid = header(|header| drop(header.as_object_mut().unwrap().remove("kid")));
    let unknown_kid = header(|header| header["kid"] = json!("other"));
    let tampered = format!("{}.{}.{}", parts[0], URL.encode(r#"{"sub":"1"}"#), parts[2]);
    let two_part = format!("{}.{}", parts[0], parts[1]);
    let expired = face.token("org.example.expired", ClientRole::Interface).await;
    face.script().expire_tokens();
    for (service, file, query) in
        [("kabinet", "kabinet-auth-errors.txt", "{me{sub}}"), ("rekuest", "rekuest-auth-errors.txt", "{agents{id}}")]
    {
        let Some(text) = recording(file) else { return };
        for (case, token) in [
            ("expired JWT", &expired),
            ("unknown kid", &unknown_kid),
            ("no kid", &no_kid),
            ("tampered", &tampered),
            ("two-part", &two_part),
        ] {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{case}: 200 application/json ")));
            let recorded: Value = serde_json::from_str(line.unwrap()).unwrap();
            assert_eq!(face.ask(service, token, query, json!({})).await, recorded, "{service}: {case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loks_answers_are_those_that_were_recorded() {
    let Some(text) = recording("lok-device-code-and-claim.txt") else { return };
    let face = Face::start(Generation::First).await;
    let mut compared = 0;
    for section in text.split("--- ").skip(1) {
        let mut lines = section.lines();
        let name = lines.next().unwrap_or_default();
        let known = [
            "challenge unknown",
            "start GET",
            "claim bad token",
            "oauth2 no grant",
            "oauth2 bad grant",
            "oauth2 GET",
            "report bad token",
            "redeem unknown token",
            "retrieve no public client",
            "oauth2 unknown client",
        ];
        if !known.contains(&name) {
            continue;
        }
        let sent: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("> ")).collect();
        let told: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("< ")).collect();
        let (method, url) = sent[0].split_once(' ').unwrap();
        let url = url.replace("http://lok.example", &face.url());
        let http = &face.behind().http;
        let request = match (method, url.contains("/o/token/")) {
            ("GET", _) => http.get(url),
            // Forms were written down as Python shows them; credentials as HTTP Basic.
            (_, true) => {
                let form: Value = serde_json::from_str(&sent[1].replace('\'', "\"")).unwrap();
                http.post(url).basic_auth("unknown", Some("secret")).form(&form)
            }
            _ => http.post(url).header("Content-Type", "application/json").body(sent[1].to_owned()),
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_str(), &told[0][..3], "{name}");
        let body = answer.text().await.unwrap();
        match told.get(1).filter(|body| !body.is_empty()) {
            Some(recorded) => {
                let (ours, theirs): (Value, Value) =
                    (serde_json::from_str(&body).unwrap(), serde_json::from_str(recorded).unwrap());
                assert_eq!(ours, theirs, "{name}");
            }
            None => assert_eq!(body, "", "{name}"),
        }
        compared += 1;
    }
    assert_eq!(compared, 10);
}
