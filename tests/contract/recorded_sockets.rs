//! Sockets against what was recorded: Kabinet's subscriptions frame by frame, and the members of every message to agents.

use std::collections::{BTreeMap, BTreeSet};

use kab::server::ClientRole;
use serde_json::{Value, json};

use crate::{
    catalogue,
    deployer::Habits,
    face::{Face, Generation},
    installs::House,
    raw::Raw,
    recordings::recording,
};

#[tokio::test(flavor = "multi_thread")]
async fn kabinets_socket_says_frame_by_frame_what_was_recorded() {
    let Some(text) = recording("kabinet-websocket.txt") else { return };
    let face = Face::start(Generation::First).await;
    face.publish("acme/plain", &catalogue::poisoned()).await;
    let token = face.token("org.example.recording", ClientRole::Agent).await;
    for (query, input) in [
        ("mutation($i:DeclareBackendInput!){declareBackend(input:$i){id}}", json!({"name": "a", "kind": "docker"})),
        (
            "mutation($i:CreateDeploymentInput!){createDeployment(input:$i){id}}",
            json!({"flavour": "1", "localId": "i"}),
        ),
        ("mutation($i:CreatePodInput!){createPod(input:$i){id}}", json!({"deployment": "1", "localId": "container-1"})),
    ] {
        let answer = face.ask("kabinet", &token, query, json!({ "i": input })).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
    }
    let mut compared = 0;
    for section in text.split("--- ").filter(|section| section.contains(" sub=")) {
        let title = section.lines().next().unwrap();
        let protocol =
            title.split(" sub=").nth(1).and_then(|rest| rest.split(' ').next()).filter(|name| *name != "None");
        if title.starts_with("other path") {
            assert!(Raw::refused(&face, "/kabinet/elsewhere").await, "{title}");
            continue;
        }
        let path = if title.starts_with("trailing slash") { "/kabinet/graphql/" } else { "/kabinet/graphql" };
        let mut raw = Raw::open(&face, path, protocol).await;
        for line in section.lines() {
            // The static token of the recorded server is a real one here.
            let line = line.replace(r#""token": "test""#, &format!(r#""token": "{token}""#));
            if let Some(frame) = line.trim_start().strip_prefix("-> ") {
                raw.send_text(frame).await;
            } else if let Some(frame) = line.trim_start().strip_prefix("<- ") {
                let recorded: Value = serde_json::from_str(frame).unwrap();
                assert_eq!(raw.next().await, recorded, "{title}");
                compared += 1;
            } else if let Some(code) = line.trim_start().strip_prefix("CLOSED ") {
                assert_eq!(raw.end().await.1, code.trim().parse().ok(), "{title}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 25, "only {compared} frames were compared");
}

/// The members of every message that agents were sent, by its type.
fn members<'a>(frames: impl Iterator<Item = &'a Value>) -> BTreeMap<String, BTreeSet<String>> {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for frame in frames {
        let kind = frame["type"].as_str().unwrap_or_default().to_owned();
        members.entry(kind).or_default().extend(frame.as_object().into_iter().flat_map(|frame| frame.keys().cloned()));
    }
    members
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_agents_have_the_members_that_were_recorded() {
    let Some(text) = recording("agent-frames.jsonl") else { return };
    let recorded: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["dir"] == "<-" && line["path"] == "/agi")
        .map(|line| serde_json::from_str(line["m"].as_str().unwrap()).unwrap())
        .collect();
    let house = House::of(Habits::default()).await;
    house.deployer.hold_at(0);
    let task = house.install().await;
    house.store.cancel(&task.id).await.unwrap();
    house.ended(&task).await;
    let ours = house.deployer.heard();
    let (ours, theirs) = (members(ours.iter()), members(recorded.iter()));
    for kind in ["INIT", "ASSIGN", "CANCEL", "EVENT_ACK"] {
        assert_eq!(ours[kind], theirs[kind], "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_hung_up_on_with_the_codes_that_were_recorded() {
    let Some(text) = recording("rekuest-raw-agent.txt") else { return };
    let house = House::of(Habits::default()).await;
    let token = house.face.token("org.example.raw", ClientRole::Agent).await;
    let mut compared = 0;
    for section in text.split("--- ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        let known = ["no frames then garbage", "first message not register", "unknown type", "register bad token"];
        if !known.contains(&title) && !title.starts_with("register extra field") {
            continue;
        }
        let mut raw = Raw::open(&house.face, "/rekuest/agi", None).await;
        let mut errors = 0;
        for line in section.lines().map(str::trim_start) {
            if let Some(frame) = line.strip_prefix("-> ") {
                // Tokens were cut, and so was what followed them.
                let text = if frame.contains("eyJ") {
                    json!({"type": "REGISTER", "id": "1", "token": token, "instance_id": "default"}).to_string()
                } else {
                    frame.to_owned()
                };
                raw.send_text(&text).await;
            }
            errors += usize::from(line.starts_with("<- ") && line.contains("PROTOCOL_ERROR"));
        }
        let code = section.split("code= ").nth(1).and_then(|rest| rest[..4].parse().ok());
        let (frames, closed) = raw.end().await;
        assert_eq!((frames.len(), closed), (errors, code), "{title}");
        compared += 1;
    }
    assert_eq!(compared, 5);
}
