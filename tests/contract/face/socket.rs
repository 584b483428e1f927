//! GraphQL over sockets: every greeting is acknowledged, a bad token ends subscriptions without a word, and what is
//! pushed comes from the embedded server.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::AbortHandle};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

use super::{
    deployment::{Deployment, path_of},
    graphql::{
        Prepared, Refused,
        document::{Body, Does, Parsed},
        prepare,
    },
    http::{Asked, Outcome, run},
    script::{Fault, Request, Service, Transport},
};

struct Open {
    deployment: Arc<Deployment>,
    service: Service,
    port: u16,
    /// The value of an `Authorization` header with the greeting's token.
    token: Option<String>,
    sender: mpsc::UnboundedSender<Value>,
    running: HashMap<String, AbortHandle>,
}

impl Drop for Open {
    fn drop(&mut self) {
        for (_, task) in self.running.drain() {
            task.abort();
        }
    }
}

/// Serves one socket until it ends.
pub async fn serve(deployment: Arc<Deployment>, service: Service, mut socket: WebSocket, port: u16) {
    let protocol = socket.protocol().and_then(|name| name.to_str().ok()).map(str::to_owned);
    if protocol.is_none() {
        return close(&mut socket, 4406).await;
    }
    let life = deployment.script.socket_life();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut open = Open { deployment, service, port, token: None, sender, running: HashMap::new() };
    let mut greeted = false;
    let end = async {
        match life {
            Some(life) => tokio::time::sleep(life).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return open.deployment.link.cut(port),
            frame = receiver.recv() => {
                let Some(frame) = frame else { return };
                if socket.send(Message::Text(frame.to_string().into())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => {
                let text = match message {
                    Some(Ok(Message::Text(text))) => text.to_string(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    _ => return,
                };
                let Ok(frame) = serde_json::from_str::<Value>(&text) else { return close(&mut socket, 4400).await };
                match frame["type"].as_str().unwrap_or_default() {
                    "connection_init" => {
                        greeted = true;
                        open.token = frame["payload"]["token"].as_str().map(|token| format!("Bearer {token}"));
                        open.sender.send(json!({"type": "connection_ack"})).ok();
                    }
                    "ping" => drop(open.sender.send(json!({"type": "pong"}))),
                    "complete" | "stop" => {
                        if let Some(task) = open.running.remove(frame["id"].as_str().unwrap_or_default()) {
                            task.abort();
                        }
                    }
                    "subscribe" | "start" if !greeted => return close(&mut socket, 4401).await,
                    // The legacy protocol is taken and hardly spoken.
                    "start" => open.legacy(&frame).await,
                    "subscribe" => {
                        let id = frame["id"].as_str().unwrap_or_default().to_owned();
                        let body = Body::of(&frame["payload"]);
                        let Some(body) = body.filter(|body| Parsed::parse(&body.query).is_ok()) else {
                            return close(&mut socket, 4400).await;
                        };
                        open.operation(id, body).await;
                    }
                    _ => {}
                }
            }
        }
    }
}

async fn close(socket: &mut WebSocket, code: u16) {
    socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.ok();
}

impl Open {
    fn send(&self, id: &str, kind: &str, payload: impl Into<Value>) {
        let frame = json!({"id": id, "type": kind, "payload": payload.into()});
        self.sender.send(frame).ok();
    }

    fn complete(&self, id: &str) {
        self.sender.send(json!({"id": id, "type": "complete"})).ok();
    }

    async fn operation(&mut self, id: String, body: Body) {
        let subscribes = Parsed::parse(&body.query)
            .ok()
            .and_then(|parsed| parsed.operation(body.operation.as_deref()).map(|operation| operation.does));
        // Without any token there is nothing that could be decoded.
        let token = self.token.clone().or_else(|| Some("Bearer none".into()));
        if let Err(message) = self.deployment.let_in(self.service, token.as_deref()).await {
            return match subscribes {
                Some(Does::Subscription) => self.complete(&id),
                _ => self.send(&id, "error", json!([{ "message": message }])),
            };
        }
        match subscribes {
            Some(Does::Subscription) => self.subscribe(id, body, token).await,
            Some(Does::Mutation) if self.service == Service::Kabinet => {
                let why =
                    "Mutations are not allowed in a websocket context, because the task context cannot be tracked.";
                self.send(&id, "error", json!([{ "message": why }]));
            }
            _ => {
                let asked = Asked { service: self.service, transport: Transport::Socket, token, body };
                match run(&self.deployment, asked).await {
                    Outcome::Answer(answer, _) => {
                        self.send(&id, "next", answer);
                        self.complete(&id);
                    }
                    Outcome::Invalid(answer) => self.send(&id, "error", answer["errors"].clone()),
                    Outcome::Plain(text) => self.send(&id, "error", json!([{ "message": text }])),
                }
            }
        }
    }

    async fn legacy(&mut self, frame: &Value) {
        let Some((schema, defects)) = self.deployment.rules(self.service) else { return };
        let id = frame["id"].as_str().unwrap_or_default();
        let prepared = Body::of(&frame["payload"]).map(|body| prepare(schema, defects, &body));
        if let Some(Ok(prepared)) =
            prepared.filter(|prepared| matches!(prepared, Ok(one) if one.does == Does::Subscription))
        {
            let errors = self.dead(&prepared, self.token.as_deref()).await;
            self.send(id, "error", errors[0].clone());
        }
    }

    async fn subscribe(&mut self, id: String, body: Body, token: Option<String>) {
        let Some((schema, defects)) = self.deployment.rules(self.service) else { return };
        let prepared = match prepare(schema, defects, &body) {
            Ok(prepared) => prepared,
            Err(Refused::Errors(errors)) => return self.send(&id, "error", Value::Array(errors)),
            Err(Refused::Plain(text)) => return self.send(&id, "error", json!([{ "message": text }])),
        };
        self.note(&prepared);
        if let Some(Fault::Error(why)) = self.deployment.script.fault(&prepared.title, &[]) {
            return self.send(&id, "error", json!([{ "message": why }]));
        }
        if !prepared.behind.failing.is_empty() {
            let answer = self.dead(&prepared, token.as_deref()).await;
            return self.send(&id, "error", answer);
        }
        let feed = Feed { deployment: Arc::clone(&self.deployment), service: self.service, id: id.clone(), prepared };
        let (sender, port) = (self.sender.clone(), self.port);
        let task = tokio::spawn(async move {
            feed.run(token.as_deref().and_then(|token| token.strip_prefix("Bearer ")), &sender).await;
            // A feed that breaks takes the socket with it: the server behind has gone away.
            feed.deployment.link.cut(port);
        });
        self.running.insert(id, task.abort_handle());
    }

    /// The errors of a subscription that this server cannot do.
    async fn dead(&self, prepared: &Prepared, token: Option<&str>) -> Value {
        if let Some(pod) = prepared.body.variables.values().next() {
            let ask = json!({"query": "query ($p: ID!) { pod(id: $p) { id } }", "variables": {"p": pod}});
            let known = self.deployment.ask_behind(self.service, token, &ask).await;
            if known["data"].is_null() {
                return prepared.fail(&|_| Some("Pod matching query does not exist.".into()));
            }
        }
        prepared.fail(&|place| prepared.behind.failing.get(&place).cloned())
    }

    fn note(&self, prepared: &Prepared) {
        self.deployment.script.record(Request {
            service: self.service,
            transport: Transport::Socket,
            operation: prepared.title.clone(),
            kind: "subscription".into(),
            query: prepared.body.query.clone(),
            variables: prepared.body.variables.clone(),
            rows: 0,
            endless: Vec::new(),
            at: std::time::Instant::now(),
            took: Duration::ZERO,
            errors: prepared.behind.failing.values().cloned().collect(),
            fault: None,
        });
    }
}

/// A subscription at the embedded server.
struct Feed {
    deployment: Arc<Deployment>,
    service: Service,
    id: String,
    prepared: Prepared,
}

impl Feed {
    async fn run(&self, token: Option<&str>, sender: &mpsc::UnboundedSender<Value>) -> Option<()> {
        let address = self.deployment.socket_behind(&format!("/{}/graphql", path_of(self.service)));
        let mut request = address.into_client_request().ok()?;
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().ok()?);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let init = json!({"type": "connection_init", "payload": {"token": token}});
        let start = json!({"id": "1", "type": "subscribe", "payload": self.prepared.body_behind()});
        // Answered only when the subscription before it is in place.
        let live = json!({"id": "2", "type": "subscribe", "payload": {"query": "{ __typename }"}});
        tokio::time::sleep(self.deployment.script.late_subscriptions()).await;
        for frame in [init, start, live] {
            socket.send(tungstenite::Message::text(frame.to_string())).await.ok()?;
        }
        let (schema, defects) = self.deployment.rules(self.service)?;
        while let Some(message) = socket.next().await {
            let tungstenite::Message::Text(text) = message.ok()? else { continue };
            let mut frame: Value = serde_json::from_str(&text).ok()?;
            if frame["id"] == "2" {
                if frame["type"] == "next" {
                    self.deployment.script.note_feed();
                }
            } else if frame["type"] == "next" {
                let payload = self.prepared.finish(schema, defects, frame["payload"].take());
                sender.send(json!({"id": self.id, "type": "next", "payload": payload})).ok()?;
            }
        }
        None
    }
}
