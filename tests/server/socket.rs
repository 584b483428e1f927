//! A WebSocket client for tests: sends JSON, waits for JSON or for the close code.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{PATIENCE, TestServer};

/// One socket.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens one.
    pub async fn open(server: &TestServer, path: &str, protocol: Option<&str>) -> Self {
        let mut request = format!("{}{path}", server.socket_url()).into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        Self(connect_async(request).await.unwrap().0)
    }

    /// A GraphQL socket that has been let in.
    pub async fn graphql(server: &TestServer, service: &str, token: &str) -> Self {
        let mut socket = Self::open(server, &format!("/{service}/graphql"), Some("graphql-transport-ws")).await;
        socket.send(json!({"type": "connection_init", "payload": {"token": token}})).await;
        assert_eq!(socket.next().await, json!({"type": "connection_ack"}));
        socket
    }

    /// Starts a subscription on a GraphQL socket.
    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends text.
    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::Text(text.to_owned().into())).await.unwrap();
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no frame but {other:?}"),
        }
    }

    /// The next frame of this type; others are skipped.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The data of the next message of a subscription.
    pub async fn next_data(&mut self) -> Value {
        self.next_of("next").await["payload"]["data"].take()
    }

    /// The code that the server closes with; frames before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => (),
                other => panic!("no close frame but {other:?}"),
            }
        }
    }
}
