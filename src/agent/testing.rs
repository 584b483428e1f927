//! A Rekuest for tests: it answers the four documents of the runtime, and the test itself speaks on the socket.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::services::{Access, Secret, Session};

const LIMIT: Duration = Duration::from_secs(20);

/// The server; its connections arrive in `sockets`.
pub struct Rekuest {
    pub address: String,
    pub sockets: mpsc::Receiver<Peer>,
    pub book: Arc<Mutex<Book>>,
}

/// What it answers over GraphQL.
#[derive(Default)]
pub struct Book {
    pub tasks: BTreeMap<String, Value>,
    pub implemented: Vec<Value>,
    /// A request that holds the word is answered with the error, once each, in order.
    pub faults: Vec<(&'static str, &'static str)>,
    /// The first words of all requests.
    pub asked: Vec<String>,
}

/// One connection, seen from the server.
pub struct Peer {
    from_agent: mpsc::Receiver<Value>,
    to_agent: mpsc::Sender<Message>,
}

#[derive(Clone)]
struct Desk {
    sockets: mpsc::Sender<Peer>,
    book: Arc<Mutex<Book>>,
}

impl Rekuest {
    pub async fn start() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (sender, sockets) = mpsc::channel(16);
        let book = Arc::<Mutex<Book>>::default();
        let desk = Desk { sockets: sender, book: Arc::clone(&book) };
        let router =
            Router::new().route("/rekuest/graphql", post(graphql)).route("/rekuest/agi", get(agi)).with_state(desk);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, sockets, book }
    }

    pub async fn session(&self) -> Session {
        Session::connect(Access::stock(&self.address, Secret::new("token"))).await.unwrap()
    }

    /// The next connection, with its `REGISTER`.
    pub async fn accept(&mut self) -> (Peer, Value) {
        let mut peer = timeout(LIMIT, self.sockets.recv()).await.expect("nobody connected").unwrap();
        let hello = peer.receive().await;
        (peer, hello)
    }

    /// Waits until that many faults are left to be met.
    pub async fn faults_left(&self, count: usize) {
        let left = || self.book.lock().unwrap().faults.len();
        let met = async {
            while left() > count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LIMIT, met).await.expect("nobody asked");
    }

    /// The next connection, welcomed.
    pub async fn welcome(&mut self, inquiries: Value) -> Peer {
        let (peer, hello) = self.accept().await;
        assert_eq!(hello["type"], "REGISTER");
        peer.send(json!({"type": "INIT", "id": "i", "agent": "2", "inquiries": inquiries})).await;
        peer
    }
}

impl Peer {
    pub async fn send(&self, frame: Value) {
        self.to_agent.send(Message::Text(frame.to_string().into())).await.unwrap();
    }

    pub async fn close(&self, code: u16) {
        self.to_agent.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.unwrap();
    }

    pub async fn receive(&mut self) -> Value {
        timeout(LIMIT, self.from_agent.recv()).await.expect("the agent is silent").expect("the agent hung up")
    }

    /// The next frame of that type; others are skipped.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.receive().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next frame of that type, confirmed.
    pub async fn confirm(&mut self, kind: &str) -> Value {
        let frame = self.expect(kind).await;
        self.send(
            json!({"type": "EVENT_ACK", "id": "a", "event": frame["id"], "task": frame["task"], "seq": frame["seq"]}),
        )
        .await;
        frame
    }
}

async fn graphql(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let query = body["query"].as_str().unwrap_or_default();
    let variables = &body["variables"];
    let mut book = desk.book.lock().unwrap();
    book.asked.push(query.chars().take_while(|character| *character != '(').collect());
    if let Some(at) = book.faults.iter().position(|(word, _)| query.contains(word)) {
        let (_, error) = book.faults.remove(at);
        return Json(json!({"data": null, "errors": [{"message": error}]}));
    }
    let data = if query.contains("ensureAgent") {
        json!({"ensureAgent": {"id": "2"}})
    } else if query.contains("implementAgent") {
        book.implemented.push(variables["input"].clone());
        json!({"implementAgent": {"id": "2"}})
    } else if query.contains("tasks(") {
        let open: Vec<_> = book.tasks.values().filter(|task| task["isDone"] == false).cloned().collect();
        json!({ "tasks": open })
    } else {
        match book.tasks.get(variables["id"].as_str().unwrap()) {
            Some(task) => json!({ "task": task }),
            None => {
                return Json(json!({"data": null, "errors": [{"message": "Task matching query does not exist."}]}));
            }
        }
    };
    Json(json!({ "data": data }))
}

async fn agi(State(desk): State<Desk>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| serve(desk, socket))
}

async fn serve(desk: Desk, mut socket: WebSocket) {
    let (frames, from_agent) = mpsc::channel(1024);
    let (to_agent, mut outgoing) = mpsc::channel(64);
    desk.sockets.send(Peer { from_agent, to_agent }).await.ok();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    frames.send(serde_json::from_str(&text).unwrap()).await.ok();
                }
                Some(Ok(_)) => {}
                _ => return,
            },
            message = outgoing.recv() => match message {
                Some(message) => {
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
                // The test dropped its side: the connection breaks without a word.
                None => return,
            },
        }
    }
}
