//! GraphQL over HTTP and over both WebSocket protocols, the same for every face of the server.
//!
//! A request without a valid token is answered by an error with a reason, never by silence.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::{ALL_WEBSOCKET_PROTOCOLS, parse_query_string};
use async_graphql::{BatchRequest, Data, Executor, Request, Response as Answer, ServerError, Value};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::time::timeout;

use super::authenticate::{self, Refusal, Verified};
use super::clock;
use super::identity::Expiry;
use super::shared::State;

/// Longest message over a socket, bytes; the same as a request body.
pub const LONGEST: usize = 16 * 1024 * 1024;
/// Time that one request may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time until the first message of a socket.
const GREETING: Duration = Duration::from_secs(10);

/// The routes of one face at `path` and `path/`.
pub fn routes<E: Executor>(path: &str, executor: &E) -> Router<State> {
    let handlers = || {
        let (asker, poster) = (executor.clone(), executor.clone());
        get(async move |state, headers, query, upgrade, protocol| {
            answer_get(state, headers, query, (upgrade, protocol), asker).await
        })
        .post(async move |state, headers, body| answer_post(state, headers, body, poster).await)
    };
    Router::new().route(path, handlers()).route(&format!("{path}/"), handlers())
}

async fn answer_post<E: Executor>(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    body: Bytes,
    executor: E,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") && !kind.starts_with("application/graphql-response+json") {
        return (StatusCode::BAD_REQUEST, "Unsupported content type").into_response();
    }
    match serde_json::from_slice(&body) {
        Ok(request) => execute(&state, &headers, request, executor).await,
        Err(error) => {
            (StatusCode::BAD_REQUEST, format!("Unable to parse request body as JSON: {error}\n")).into_response()
        }
    }
}

type Upgrade =
    (Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>, Option<GraphQLProtocol>);

async fn answer_get<E: Executor>(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    (upgrade, protocol): (
        Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
        Result<GraphQLProtocol, StatusCode>,
    ),
    executor: E,
) -> Response {
    let (upgrade, protocol): Upgrade = (upgrade, protocol.ok());
    if headers.contains_key(header::UPGRADE) {
        return match upgrade {
            Ok(upgrade) => upgrade
                .protocols(ALL_WEBSOCKET_PROTOCOLS)
                .max_message_size(LONGEST)
                .max_frame_size(LONGEST)
                .on_upgrade(move |socket| async move { serve(state, socket, protocol, executor).await }),
            Err(rejection) => rejection.into_response(),
        };
    }
    match parse_query_string(&query.unwrap_or_default()) {
        Ok(request) => execute(&state, &headers, BatchRequest::Single(request), executor).await,
        Err(error) => (StatusCode::BAD_REQUEST, format!("No GraphQL query in the address: {error}\n")).into_response(),
    }
}

async fn execute<E: Executor>(state: &State, headers: &HeaderMap, request: BatchRequest, executor: E) -> Response {
    let verified = match bearer(headers) {
        Ok(token) => authenticate::verify(&state.keys, &state.store, token, clock::seconds()).await,
        Err(refusal) => Err(refusal),
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(refusal) => return Json(refused(&refusal)).into_response(),
    };
    state.usage.request(&verified.identity);
    let request = request.data(verified.identity);
    let Ok(answer) = timeout(PATIENCE, executor.execute_batch(request)).await else {
        let error = ServerError::new("The request took too long; ask for less", None);
        return Json(Answer::from_errors(vec![error])).into_response();
    };
    Json(answer).into_response()
}

/// The token of the headers that upstream looks at.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value =
        headers.get(header::AUTHORIZATION).or_else(|| headers.get("x-authorization")).ok_or(Refusal::Missing)?;
    value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).ok_or(Refusal::Scheme)
}

fn refused(refusal: &Refusal) -> Answer {
    let mut error = ServerError::new(refusal.to_string(), None);
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("code", "UNAUTHENTICATED");
    extensions.set("reason", refusal.reason());
    error.extensions = Some(extensions);
    let mut answer = Answer::from_errors(vec![error]);
    answer.data = Value::Null;
    answer
}

async fn serve<E: Executor>(state: State, mut socket: WebSocket, protocol: Option<GraphQLProtocol>, executor: E) {
    let Some(protocol) = protocol else {
        return close(&mut socket, 4406, "Subprotocol not acceptable").await;
    };
    let greeting = tokio::select! {
        () = state.stop.cancelled() => return close(&mut socket, 1001, "The server stops").await,
        greeting = timeout(GREETING, greeting(&mut socket)) => greeting,
    };
    let (text, token) = match greeting {
        Ok(Some(greeting)) => greeting,
        Ok(None) => return close(&mut socket, 4401, "Unauthorized: connection_init must come first").await,
        Err(_) => return close(&mut socket, 4408, "Connection initialisation timeout").await,
    };
    let verified = match &token {
        Some(token) => authenticate::verify(&state.keys, &state.store, token, clock::seconds()).await,
        None => Err(Refusal::Missing),
    };
    let Verified { identity, expires_at } = match verified {
        Ok(verified) => verified,
        Err(refusal) => {
            let code = if token.is_some() { 4403 } else { 4401 };
            let reason =
                if token.is_some() { refusal.to_string() } else { String::from("No token in connection_init") };
            // Only the legacy protocol knows this frame; the current one has the close code.
            let frame = serde_json::json!({"type": "connection_error", "payload": {"message": reason}});
            if is_legacy(protocol) {
                socket.send(Message::Text(frame.to_string().into())).await.ok();
            }
            return close(&mut socket, code, &reason).await;
        }
    };
    let _usage = state.usage.connect(&identity);
    let mut data = Data::default();
    data.insert(identity);
    data.insert(Expiry(expires_at));
    let (sink, messages) = socket.split();
    let messages = stream::once(std::future::ready(Ok(Message::Text(text.into())))).chain(messages);
    let serving = GraphQLWebSocket::new_with_pair(sink, messages, Guarded(executor), protocol)
        .on_connection_init(async move |_| Ok(data))
        .serve();
    tokio::select! {
        () = state.stop.cancelled() => (),
        () = serving => (),
    }
}

fn is_legacy(protocol: GraphQLProtocol) -> bool {
    // The inner value is private; its name is all that can be asked for.
    format!("{protocol:?}").contains("SubscriptionsTransportWS")
}

/// The first message and its token; `None` when it is no `connection_init`.
async fn greeting(socket: &mut WebSocket) -> Option<(String, Option<String>)> {
    loop {
        let text = match socket.recv().await? {
            Ok(Message::Text(text)) => text.to_string(),
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Binary(_) | Message::Close(_)) | Err(_) => return None,
        };
        let message: serde_json::Value = serde_json::from_str(&text).ok()?;
        if message.get("type").and_then(serde_json::Value::as_str) != Some("connection_init") {
            return None;
        }
        let token = message.pointer("/payload/token").and_then(serde_json::Value::as_str);
        let token = token.map(|token| token.strip_prefix("Bearer ").unwrap_or(token).to_owned());
        return Some((text, token));
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &str) {
    let frame = CloseFrame { code, reason: reason.to_owned().into() };
    // Whoever has gone away needs no goodbye.
    socket.send(Message::Close(Some(frame))).await.ok();
}

/// An executor for sockets: a token that has died since the greeting starts nothing new.
#[derive(Clone)]
struct Guarded<E>(E);

impl<E: Executor> Executor for Guarded<E> {
    async fn execute(&self, request: Request) -> Answer {
        self.0.execute(request).await
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        let expiry = session.as_ref().and_then(|data| data.get(&std::any::TypeId::of::<Expiry>()));
        let expiry = expiry.and_then(|value| value.downcast_ref::<Expiry>());
        if expiry.is_none_or(|Expiry(at)| *at <= clock::seconds()) {
            return stream::once(std::future::ready(refused(&Refusal::Expired))).boxed();
        }
        self.0.execute_stream(request, session)
    }
}
