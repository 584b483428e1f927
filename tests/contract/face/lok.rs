//! Lok 1.0: fakts of protocol version 1 over paths that are fussy about slashes. Every error comes with status 200, some in
//! `error` and some in `message`. Registrations are the embedded server's.

use std::{collections::VecDeque, time::Instant};

use axum::{
    Json,
    body::{Bytes, to_bytes},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    deployment::Deployment,
    http::{not_found, page, passed},
    script::{Fault, Request, Service, Transport},
};

/// How Lok behaves.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// The script name begins with a slash: `frontend_url` ends in `/lok/`, and the URLs of a claim have `//` in them,
    /// where Lok itself answers 404.
    pub doubled_slashes: bool,
    /// An old server: no `frontend_url`, no `protocol_version`, no `report_url`, and `waiting` for `pending`.
    pub old: bool,
    /// A POST without its slash at the end is 500 with a debug page instead of 301.
    pub debug: bool,
    /// The answers to the next polls of a device code. Afterwards, and without any, the embedded server decides; a test
    /// approves there.
    pub device: VecDeque<Device>,
}

/// How a poll of a device code ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Not decided yet.
    Pending,
    /// Approved meanwhile.
    Granted,
    /// Too late; the code is gone.
    Expired,
    /// Refused; the code is gone. The real server never gets this far.
    Denied,
    /// There is no such code (any more).
    Vanished,
}

/// Answers a path of Lok's.
pub async fn answer(deployment: &Deployment, request: (Method, Uri, HeaderMap, Bytes), port: u16) -> Response {
    let begun = Instant::now();
    let (method, uri, ..) = &request;
    let path = uri.path().to_owned();
    let name = match path.as_str() {
        "/.well-known/fakts" | "/lok/.well-known/fakts" => "discovery",
        "/lok/o/token/" => "token",
        "/lok/.well-known/openid-configuration" | "/lok/o/jwks/" | "/lok/.well-known/fakts-challenge" => {
            return passed(deployment, request).await;
        }
        _ => match path.strip_prefix("/lok/f/").and_then(|rest| rest.strip_suffix('/')) {
            Some(name @ ("start" | "challenge" | "claim" | "redeem" | "report" | "retrieve")) => name,
            _ if *method == Method::POST && is_known(&path) => return without_slash(deployment, &path),
            _ => return not_found(),
        },
    };
    let needs = if name == "discovery" { Method::GET } else { Method::POST };
    if *method != needs {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::CONTENT_TYPE, "text/html; charset=utf-8")]).into_response();
    }
    let fault = deployment.script.fault(name, &[]);
    let asked: Value = serde_json::from_slice(&request.3).unwrap_or_default();
    let kind = method.to_string();
    let (status, told) = match &fault {
        Some(Fault::LoseRequest | Fault::PageInstead(_) | Fault::Error(_)) => (StatusCode::OK, Value::Null),
        _ => told(deployment, name, request).await,
    };
    let words = ["error", "message"].iter().find_map(|member| told[*member].as_str());
    deployment.script.record(Request {
        service: Service::Lok,
        transport: Transport::Http,
        operation: name.to_owned(),
        kind,
        query: String::new(),
        variables: asked.as_object().cloned().unwrap_or_default(),
        rows: 0,
        endless: Vec::new(),
        at: begun,
        took: begun.elapsed(),
        errors: words.map(str::to_owned).into_iter().collect(),
        fault: fault.clone(),
    });
    match fault {
        None | Some(Fault::BadRows(_)) => (status, Json(told)).into_response(),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            (status, Json(told)).into_response()
        }
        Some(Fault::Error(message)) => Json(json!({"status": "error", "message": message})).into_response(),
        Some(Fault::Page(status) | Fault::PageInstead(status)) => page(status),
        Some(Fault::Truncate) => {
            let text = told.to_string();
            ([(header::CONTENT_TYPE, "application/json")], text[..text.len() / 2].to_owned()).into_response()
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::LoseReply | Fault::LoseRequest) => {
            deployment.link.cut(port);
            std::future::pending().await
        }
    }
}

fn is_known(path: &str) -> bool {
    let names = ["start", "challenge", "claim", "redeem", "report", "retrieve"];
    path == "/lok/o/token" || path.strip_prefix("/lok/f/").is_some_and(|name| names.contains(&name))
}

fn without_slash(deployment: &Deployment, path: &str) -> Response {
    if deployment.script.lok.lock().unwrap().debug {
        return page(500);
    }
    let to = format!("{path}/");
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response()
}

async fn told(deployment: &Deployment, name: &str, request: (Method, Uri, HeaderMap, Bytes)) -> (StatusCode, Value) {
    let manners = deployment.script.lok.lock().unwrap().clone();
    let host = request.2.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    match name {
        "discovery" => (StatusCode::OK, discovery(&manners, &host)),
        "challenge" => (StatusCode::OK, challenge(deployment, manners.old, request).await),
        "retrieve" => {
            let words = "There is no client for this app that is public. Please use a different grant";
            (StatusCode::OK, json!({"status": "error", "message": words}))
        }
        _ => {
            let (status, mut told) = behind(deployment, request).await;
            match name {
                "claim" if told["status"] == "granted" => claimed(&manners, &mut told["config"]),
                "start" | "claim" | "redeem" | "report" if told["status"] == "error" => told = words(name, &told),
                // Only the two fixed words are known to this grant's errors.
                "token" if told["error"] == "unsupported_grant_type" => {
                    told = json!({"error": "unsupported_grant_type"});
                }
                _ => {}
            }
            (status, told)
        }
    }
}

/// Which of the two members carries the words, and Lok's own ones.
fn words(name: &str, told: &Value) -> Value {
    let said = ["error", "message"].iter().find_map(|member| told[*member].as_str()).unwrap_or_default();
    let said = if said.starts_with("This redeem token was already redeemed") {
        "This redeem token was already redeemed with a different manifest. Re-redeeming with a changed manifest is not \
         allowed unless allow_reredeem is set."
    } else {
        said
    };
    if name == "start" || (said.starts_with("Malformed") && name == "redeem") {
        json!({"status": "error", "error": said})
    } else {
        json!({"status": "error", "message": said})
    }
}

fn discovery(manners: &Manners, host: &str) -> Value {
    let mut told = json!({
        "name": "example", "version": "0.1.0", "protocol_version": "1", "description": "An example",
        "claim": format!("http://{host}/lok/f/claim/"), "base_url": format!("http://{host}/lok/f/"),
        "frontend_url": format!("http://{host}/"),
    });
    let members = told.as_object_mut().unwrap();
    if manners.doubled_slashes {
        members.insert("frontend_url".into(), json!(format!("http://{host}/lok/")));
    }
    if manners.old {
        for member in ["frontend_url", "protocol_version", "claim"] {
            members.remove(member);
        }
    }
    told
}

/// The configuration of a claim with Lok's mistakes, and without what only others tell.
fn claimed(manners: &Manners, config: &mut Value) {
    config["self"]["alias"]["ssl"] = json!(true);
    if manners.doubled_slashes {
        for member in ["token_url", "report_url"] {
            let url = config["auth"][member].as_str().unwrap_or_default().replace("/lok/", "//lok/");
            config["auth"][member] = json!(url);
        }
    }
    if manners.old {
        config["auth"].as_object_mut().unwrap().remove("report_url");
    }
    let kept = ["id", "ssl", "host", "port", "path", "challenge"];
    let instances = config["instances"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for alias in instances.filter_map(|instance| instance["aliases"].as_array_mut()).flatten() {
        alias.as_object_mut().unwrap().retain(|member, _| kept.contains(&member.as_str()));
    }
}

async fn challenge(deployment: &Deployment, old: bool, request: (Method, Uri, HeaderMap, Bytes)) -> Value {
    let asked: Value = serde_json::from_slice(&request.3).unwrap_or_default();
    let scripted = deployment.script.lok.lock().unwrap().device.pop_front();
    let pending = || {
        let word = if old { "waiting" } else { "pending" };
        json!({"status": word, "message": "User  has not verfied the challenge"})
    };
    let expired = || json!({"status": "expired", "message": "The user has not given an answer in enough time"});
    let vanished = || json!({"status": "error", "error": "Challenge does not exist"});
    match scripted {
        Some(Device::Pending) => return pending(),
        Some(Device::Expired) => return expired(),
        Some(Device::Vanished) => return vanished(),
        Some(Device::Denied) => return json!({"status": "denied", "message": "The user has denied the request"}),
        Some(Device::Granted) => {
            let server = deployment.server();
            // A code that is approved already stays so.
            server.approve(asked["code"].as_str().unwrap_or_default()).await.ok();
        }
        None => {}
    }
    let (_, told) = behind(deployment, request).await;
    match told["status"].as_str().unwrap_or_default() {
        "granted" => json!({"status": "granted", "token": told["token"]}),
        "pending" | "waiting" => pending(),
        "expired" => expired(),
        "denied" => json!({"status": "denied", "message": "The user has denied the request"}),
        _ => vanished(),
    }
}

async fn behind(deployment: &Deployment, request: (Method, Uri, HeaderMap, Bytes)) -> (StatusCode, Value) {
    let answer = passed(deployment, request).await;
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap_or_default();
    let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(token) = told["access_token"].as_str() {
        deployment.script.issued(token);
    }
    (status, told)
}
