//! A bare WebSocket: sends what it is told, and waits for frames and close codes.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error as Refusal, Message, client::IntoClientRequest as _},
};

use crate::{face::Face, support::PATIENCE};

/// One socket.
pub struct Raw(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Raw {
    /// Opens one.
    pub async fn open(face: &Face, path: &str, protocol: Option<&str>) -> Self {
        let mut request = format!("{}{path}", face.url().replacen("http", "ws", 1)).into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        Self(connect_async(request).await.unwrap().0)
    }

    /// Whether a socket at this path is refused with status 500.
    pub async fn refused(face: &Face, path: &str) -> bool {
        let opened = connect_async(format!("{}{path}", face.url().replacen("http", "ws", 1))).await;
        matches!(opened, Err(Refusal::Http(answer)) if answer.status() == 500)
    }

    /// A GraphQL socket with this greeting; it is acknowledged whatever the token.
    pub async fn graphql(face: &Face, service: &str, token: &str) -> Self {
        let mut raw = Self::open(face, &format!("/{service}/graphql"), Some("graphql-transport-ws")).await;
        raw.send(&json!({"type": "connection_init", "payload": {"token": token}})).await;
        assert_eq!(raw.next().await, json!({"type": "connection_ack"}));
        raw
    }

    /// Starts an operation.
    pub async fn operation(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.send(&json!({"id": id, "type": "subscribe", "payload": payload})).await;
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends text.
    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no frame but {other:?}"),
        }
    }

    /// The frames until the close, and its code; `None` when the connection broke.
    pub async fn end(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut frames = Vec::new();
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("an end in time") {
                Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return (frames, frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (frames, None),
            }
        }
    }
}
