//! Every request of the face: which service it is for, what the script does to it, and what becomes of it.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{
        ConnectInfo, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Generation, agi,
    deployment::Deployment,
    graphql::{
        Prepared, Refused,
        document::{Body, Does},
        finish, prepare,
    },
    lok, newest, rekuest, scan,
    script::{Fault, Request, Service, Transport},
    socket,
};

/// Answers everything.
pub async fn answer(
    State(deployment): State<Arc<Deployment>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    bytes: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let whole = path.trim_end_matches('/');
    if let Some(file) = path.strip_prefix("/raw/") {
        return deployment.published(file).map_or_else(not_found, IntoResponse::into_response);
    }
    let service = match whole {
        "/kabinet/graphql" => Service::Kabinet,
        "/rekuest/graphql" => Service::Rekuest,
        "/lok/graphql" => Service::Lok,
        "/rekuest/agi" => {
            let Ok(upgrade) = upgrade else { return not_found() };
            return upgrade.on_upgrade(move |socket| agi::serve(deployment, socket, peer.port()));
        }
        _ if headers.contains_key(header::UPGRADE) => return page(500),
        _ => return other(deployment, (method, uri, headers, bytes), peer).await,
    };
    if headers.contains_key(header::UPGRADE) {
        if deployment.script.refuses_sockets() {
            return page(403);
        }
        let Ok(upgrade) = upgrade else { return StatusCode::BAD_REQUEST.into_response() };
        return upgrade
            .protocols(["graphql-transport-ws", "graphql-ws"])
            .on_upgrade(move |socket| socket::serve(deployment, service, socket, peer.port()));
    }
    if method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    }
    let body = match read(&headers, &bytes) {
        Ok(body) => body,
        Err(why) => return plain(StatusCode::BAD_REQUEST, why),
    };
    let token = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default().to_owned());
    let asked = Asked { service, transport: Transport::Http, token, body };
    let outcome = run(&deployment, asked).await;
    spoiled(&deployment, outcome, peer.port()).await
}

fn read(headers: &HeaderMap, bytes: &Bytes) -> Result<Body, &'static str> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err("Unsupported content type");
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| "Unable to parse request body as JSON")?;
    if value.is_array() {
        return Err("Batching is not enabled");
    }
    Body::of(&value).ok_or("No GraphQL query found in the request")
}

/// A GraphQL request.
pub struct Asked {
    pub service: Service,
    pub transport: Transport,
    /// The value of the header, or `Bearer` and the token of a socket.
    pub token: Option<String>,
    pub body: Body,
}

/// What became of it.
pub enum Outcome {
    /// An answer, and what the script does to it.
    Answer(Value, Option<Fault>),
    /// The document is refused before it is carried out, with this answer.
    Invalid(Value),
    /// Plain text with status 400.
    Plain(String),
}

/// Carries a request out.
pub async fn run(deployment: &Deployment, asked: Asked) -> Outcome {
    let begun = Instant::now();
    let Asked { service, transport, token, body } = asked;
    let refuse = |message: &str| Outcome::Answer(json!({"data": null, "errors": [{"message": message}]}), None);
    if let Err(message) = deployment.let_in(service, token.as_deref()).await {
        return refuse(&message);
    }
    let Some((schema, defects)) = deployment.rules(service) else {
        let body = json!({"query": body.query, "variables": body.variables, "operationName": body.operation});
        return Outcome::Answer(deployment.ask_behind(service, token.as_deref(), &body).await, None);
    };
    let mut prepared = match prepare(schema, defects, &body) {
        Ok(prepared) => prepared,
        Err(Refused::Plain(text)) => return Outcome::Plain(text),
        Err(Refused::Errors(errors)) => {
            let answer = json!({"data": null, "errors": errors});
            record(deployment, (service, transport), &body, None, &answer, begun, None);
            return Outcome::Invalid(answer);
        }
    };
    let roots: Vec<String> = prepared.behind.roots.clone();
    if deployment.generation == Generation::First
        && let Some(words) = scan::refusal(deployment, &prepared)
    {
        let answer = json!({"data": null, "errors": prepared.fail(&|_| Some(words.clone()))});
        record(deployment, (service, transport), &body, Some(&prepared), &answer, begun, None);
        return Outcome::Answer(answer, None);
    }
    let fault = deployment.script.fault(&prepared.title, &roots);
    let answer = match &fault {
        Some(Fault::LoseRequest | Fault::PageInstead(_)) => Value::Null,
        Some(Fault::BadRows(bad)) if bad_row(&prepared, bad).is_some() => {
            let path = json!([roots.first(), bad_row(&prepared, bad), "selectors"]);
            json!({"data": null, "errors": [{"message": "it cannot be rendered", "path": path}]})
        }
        Some(Fault::Error(message)) => {
            let path: Vec<_> = roots.first().cloned().into_iter().collect();
            json!({"data": null, "errors": [{"message": message, "path": path}]})
        }
        _ => {
            let mut behind = prepared.body_behind();
            if service == Service::Rekuest
                && roots.iter().any(|root| root == "assign")
                && let Some(variables) = behind["variables"].as_object_mut()
            {
                rekuest::assigning(deployment, token.as_deref(), variables).await;
            }
            if service == Service::Kabinet {
                prepared.own.extend(newest::own(&deployment.approvals, deployment, token.as_deref(), &prepared).await);
            }
            let answer = deployment.ask_behind(service, token.as_deref(), &behind).await;
            let answer = prepared.finish(schema, defects, answer);
            note_approval(deployment, &prepared, &answer);
            let rows = u32::try_from(finish::rows(&answer["data"])).unwrap();
            tokio::time::sleep(deployment.script.row_delay() * rows).await;
            answer
        }
    };
    record(deployment, (service, transport), &body, Some(&prepared), &answer, begun, fault.clone());
    Outcome::Answer(answer, fault)
}

/// Which row of the page that is asked for is the first bad one.
fn bad_row(prepared: &Prepared, bad: &std::ops::Range<i64>) -> Option<i64> {
    let page = prepared.body.variables.get("pagination")?;
    let (offset, limit) = (page["offset"].as_i64()?, page["limit"].as_i64()?);
    let first = bad.start.max(offset);
    (first < bad.end.min(offset + limit)).then_some(first - offset)
}

/// Remembers with which approval a deployment was made.
fn note_approval(deployment: &Deployment, prepared: &Prepared, answer: &Value) {
    for (key, field, arguments) in prepared.roots() {
        if field == "createDeployment"
            && let Some(approval) = arguments.get("input").and_then(|input| input["approval"].as_str())
            && let Some(id) = answer["data"][&key]["id"].as_str()
        {
            deployment.approvals.note(id, approval);
        }
    }
}

fn record(
    deployment: &Deployment,
    (service, transport): (Service, Transport),
    body: &Body,
    prepared: Option<&Prepared>,
    answer: &Value,
    at: Instant,
    fault: Option<Fault>,
) {
    let errors = answer["errors"].as_array().into_iter().flatten();
    let kind = match prepared.map(|prepared| prepared.does) {
        Some(Does::Query) => "query",
        Some(Does::Mutation) => "mutation",
        Some(Does::Subscription) => "subscription",
        None => "invalid",
    };
    deployment.script.record(Request {
        service,
        transport,
        operation: prepared.map(|prepared| prepared.title.clone()).unwrap_or_default(),
        kind: kind.into(),
        query: body.query.clone(),
        variables: body.variables.clone(),
        rows: finish::rows(&answer["data"]),
        endless: prepared.map(|prepared| prepared.endless.clone()).unwrap_or_default(),
        at,
        took: at.elapsed(),
        errors: errors.map(|error| error["message"].as_str().unwrap_or_default().to_owned()).collect(),
        fault,
    });
}

/// The HTTP answer, with what the script does to it.
async fn spoiled(deployment: &Deployment, outcome: Outcome, port: u16) -> Response {
    let (answer, fault) = match outcome {
        Outcome::Answer(answer, fault) => (answer, fault),
        Outcome::Invalid(answer) => (answer, None),
        Outcome::Plain(text) => return plain(StatusCode::BAD_REQUEST, &text),
    };
    let text = answer.to_string();
    match fault {
        None | Some(Fault::Error(_) | Fault::BadRows(_)) => json_of(text),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            json_of(text)
        }
        Some(Fault::Truncate) => json_of(text[..text.len() / 2].to_owned()),
        Some(Fault::Page(status) | Fault::PageInstead(status)) => page(status),
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::LoseReply | Fault::LoseRequest) => {
            deployment.link.cut(port);
            std::future::pending().await
        }
    }
}

fn json_of(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain")], text.to_owned()).into_response()
}

/// What a proxy in front says.
pub fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let title = status.to_string();
    let body = format!("<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body></html>\r\n");
    (status, Html(body)).into_response()
}

pub fn not_found() -> Response {
    let body = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Page not found</title></head></html>\n";
    (StatusCode::NOT_FOUND, Html(body)).into_response()
}

async fn other(deployment: Arc<Deployment>, request: (Method, Uri, HeaderMap, Bytes), peer: SocketAddr) -> Response {
    let path = request.1.path().to_owned();
    match path.as_str() {
        "/kabinet/schema" | "/kabinet/schema/" => plain(StatusCode::OK, deployment.sdl(Service::Kabinet)),
        "/rekuest/schema" | "/rekuest/schema/" => plain(StatusCode::OK, deployment.sdl(Service::Rekuest)),
        "/kabinet/ht" | "/rekuest/ht" | "/lok/ht" | "/kabinet/.well-known/fakts-challenge" => {
            passed(&deployment, request).await
        }
        _ if path.starts_with("/lok/") || path.starts_with("/.well-known/") => {
            lok::answer(&deployment, request, peer.port()).await
        }
        // Doubled slashes are not repaired.
        _ if path.starts_with("//") => not_found(),
        _ if path.starts_with("/kabinet/") || path.starts_with("/rekuest/") => not_found(),
        _ => {
            (StatusCode::INTERNAL_SERVER_ERROR, Html("<html><title>Server Error (500)</title></html>")).into_response()
        }
    }
}

/// Passes a request on as it is, and the answer back.
pub async fn passed(
    deployment: &Deployment,
    (method, uri, headers, bytes): (Method, Uri, HeaderMap, Bytes),
) -> Response {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut request = deployment.http.request(method, format!("{}{path}", deployment.behind()));
    for (name, value) in &headers {
        // The host goes along, so that the addresses in answers name the face.
        if !matches!(name.as_str(), "connection" | "content-length" | "transfer-encoding") {
            request = request.header(name, value);
        }
    }
    let Ok(answer) = request.body(bytes).timeout(Duration::from_mins(1)).send().await else { return page(502) };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !matches!(name.as_str(), "connection" | "content-length" | "transfer-encoding") {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.unwrap_or_default();
    response.body(HttpBody::from(body)).unwrap()
}
