//! GraphQL subscriptions over a WebSocket (`graphql-transport-ws`), by hand: one socket, any number of operations.
//!
//! A socket that ends is lost, whatever it says: subscriptions of these services never finish by themselves.
//! Connecting again, and reading what was missed, is left to the caller.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, http::HeaderValue};

use super::{
    error::{Error, Result},
    graphql::{Client, ServerError, socket_lost},
    meter::{Meter, operation, outcome},
    websocket::{WebSocket, open_websocket},
};
use crate::domain::Outcome;

/// How long connecting and the acknowledgement may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A ping is sent when nothing was heard for this long …
const QUIET: Duration = Duration::from_secs(20);

/// … and the socket is lost when nothing was heard for this long after it.
const SILENT: Duration = Duration::from_secs(20);

/// Something that came out of a socket. `operation` is the position in the list that was subscribed.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// An event.
    Next {
        /// Which operation.
        operation: usize,
        /// The payload's `data`.
        data: Value,
    },
    /// The server refuses this operation; the others go on.
    Refused {
        /// Which operation.
        operation: usize,
        /// Why.
        error: Error,
    },
}

/// Opens a socket and starts the operations on it. The stream's last item is the error that it was lost with.
///
/// A server that knows no such token completes operations at once without a word: that is a [`Error::SignIn`].
///
/// # Errors
/// When the socket cannot be opened.
pub async fn subscribe<B: Serialize>(
    client: &Client,
    operations: &[B],
) -> Result<impl Stream<Item = Result<Frame>> + Send + use<B>> {
    let service = client.service();
    let late = |_| Error::Deadline { service: service.to_owned(), after: HANDSHAKE };
    for operation in operations {
        client.permit(&serde_json::to_value(operation).map_err(|error| socket_lost(service, error))?)?;
    }
    let token = client.tokens().current().await?;
    let meter = client.http().meter().clone();
    let measure = meter.begin(service, "open the socket".into(), 0);
    let opened = timeout(HANDSHAKE, open(client)).await.map_err(late).flatten();
    measure.end(outcome(&opened, |_| Outcome::Answered(101)));
    let mut socket = opened?;
    let init = json!({ "type": "connection_init", "payload": { "token": token.expose() } });
    send(service, &mut socket, &init).await?;
    timeout(HANDSHAKE, acknowledged(service, &mut socket)).await.map_err(late)??;
    let mut names = Vec::with_capacity(operations.len());
    for (id, subscribed) in operations.iter().enumerate() {
        let payload = serde_json::to_value(subscribed).map_err(|error| socket_lost(service, error))?;
        names.push(operation(&payload));
        send(service, &mut socket, &json!({ "id": id.to_string(), "type": "subscribe", "payload": payload })).await?;
    }
    let heard = vec![false; operations.len()];
    let mut state = Open { service, socket, heard, state: State::Live, meter, names, pinged: None };
    state.ping().await?;
    Ok(stream::unfold(state, |mut open| async move {
        let item = open.next().await?;
        Some((item, open))
    }))
}

struct Open {
    service: &'static str,
    socket: WebSocket,
    /// Which operations have brought something.
    heard: Vec<bool>,
    state: State,
    meter: Meter,
    /// What the operations are called.
    names: Vec<String>,
    /// When a ping was sent that has not come back.
    pinged: Option<Instant>,
}

#[derive(PartialEq, Eq)]
enum State {
    Live,
    Lost,
}

impl Open {
    async fn next(&mut self) -> Option<Result<Frame>> {
        if self.state == State::Lost {
            return None;
        }
        loop {
            match self.receive().await {
                Ok(Some(frame)) => return Some(Ok(frame)),
                Ok(None) => {}
                Err(error) => {
                    self.state = State::Lost;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Asks the other side for a sign of life, which also tells how long the way is.
    async fn ping(&mut self) -> Result<()> {
        self.pinged = Some(Instant::now());
        let ping = Message::Ping(Vec::new().into());
        self.socket.send(ping).await.map_err(|error| socket_lost(self.service, error))
    }

    async fn receive(&mut self) -> Result<Option<Frame>> {
        let message = if let Ok(message) = timeout(QUIET, self.socket.next()).await {
            message
        } else {
            self.ping().await?;
            timeout(SILENT, self.socket.next())
                .await
                .map_err(|_| Error::Deadline { service: self.service.to_owned(), after: QUIET + SILENT })?
        };
        if let Some(Ok(Message::Pong(_))) = &message
            && let Some(pinged) = self.pinged.take()
        {
            self.meter.pong(pinged.elapsed());
        }
        let bytes = message.as_ref().and_then(|message| message.as_ref().ok()).map_or(0, Message::len);
        let Some(value) = read(self.service, message)? else { return Ok(None) };
        let operation =
            value["id"].as_str().and_then(|id| id.parse::<usize>().ok()).filter(|id| *id < self.heard.len());
        match (value["type"].as_str(), operation) {
            (Some("ping"), _) => send(self.service, &mut self.socket, &json!({ "type": "pong" })).await.map(|()| None),
            (Some("next"), Some(operation)) => {
                self.heard[operation] = true;
                self.meter.pushed(self.service, &self.names[operation], bytes).await;
                Ok(next(operation, value))
            }
            (Some("error"), Some(operation)) => {
                let error = first_error(&value["payload"]);
                // A token that the server does not take condemns the whole socket.
                if matches!(error, Error::SignIn(_)) {
                    Err(error)
                } else {
                    Ok(Some(Frame::Refused { operation, error }))
                }
            }
            (Some("complete"), Some(operation)) if self.heard[operation] => {
                Err(socket_lost(self.service, "the server ended the subscription"))
            }
            (Some("complete"), Some(_)) => Err(Error::SignIn("the server ended the subscription at once".into())),
            _ => Ok(None),
        }
    }
}

fn next(operation: usize, mut value: Value) -> Option<Frame> {
    let payload = &mut value["payload"];
    match payload.get_mut("data").map(Value::take) {
        Some(data) if !data.is_null() => Some(Frame::Next { operation, data }),
        _ if payload["errors"].is_array() => Some(Frame::Refused { operation, error: first_error(&payload["errors"]) }),
        _ => None,
    }
}

fn first_error(errors: &Value) -> Error {
    let first = if errors.is_array() { errors[0].clone() } else { errors.clone() };
    serde_json::from_value::<ServerError>(first)
        .map_or_else(|_| Error::Refused("the server gives no reason".into()), |error| error.classify())
}

async fn open(client: &Client) -> Result<WebSocket> {
    let service = client.service();
    let mut request = client.socket_address().into_client_request().map_err(|error| socket_lost(service, error))?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
    open_websocket(client.http(), service, request).await
}

async fn acknowledged(service: &str, socket: &mut WebSocket) -> Result<()> {
    loop {
        let message = socket.next().await;
        if let Some(value) = read(service, message)?
            && value["type"] == "connection_ack"
        {
            return Ok(());
        }
    }
}

async fn send(service: &str, socket: &mut WebSocket, value: &Value) -> Result<()> {
    socket.send(Message::text(value.to_string())).await.map_err(|error| socket_lost(service, error))
}

/// `None` for frames that carry nothing. Close codes 4401 and 4403 speak of the token.
fn read(
    service: &str,
    message: Option<std::result::Result<Message, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<Value>> {
    match message {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| Error::Unreadable { service: service.to_owned(), why: error.to_string() }),
        Some(Ok(Message::Close(Some(frame)))) if matches!(u16::from(frame.code), 4401 | 4403) => {
            Err(Error::SignIn(frame.reason.to_string()))
        }
        Some(Ok(Message::Close(Some(frame)))) => {
            Err(socket_lost(service, format!("closed with {} {}", u16::from(frame.code), frame.reason)))
        }
        Some(Ok(Message::Close(None))) | None => Err(socket_lost(service, "the server closed the socket")),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(socket_lost(service, error)),
    }
}
