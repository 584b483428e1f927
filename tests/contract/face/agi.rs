//! The agent socket: passed on, but as strict as Rekuest 2.2 with what agents say.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

use super::deployment::Deployment;

/// Longest message that the database takes, in characters.
const LONGEST: usize = 30_000;

const TYPES: [&str; 23] = [
    "STARTED",
    "PROGRESS",
    "LOG",
    "YIELD",
    "COMPLETED",
    "FAILED",
    "CRITICAL",
    "CANCELLED",
    "INTERRUPTED",
    "PAUSED",
    "RESUMED",
    "HEARTBEAT_ANSWER",
    "SESSION_INIT",
    "STATE_SNAPSHOT",
    "STATE_PATCH",
    "LOCK",
    "UNLOCK",
    "ASSIGN_REQUEST",
    "CANCEL_REQUEST",
    "INTERRUPT_REQUEST",
    "PAUSE_REQUEST",
    "RESUME_REQUEST",
    "REGISTER",
];

/// How a frame is received.
enum Verdict {
    Pass,
    /// Closed with 3003, after a `PROTOCOL_ERROR` with these words.
    Protocol(String),
    /// Closed without a word.
    Close(u16),
}

/// Serves one agent until either side ends.
pub async fn serve(deployment: Arc<Deployment>, mut socket: WebSocket, port: u16) {
    let address = deployment.socket_behind("/rekuest/agi");
    let Ok((mut behind, _)) = tokio_tungstenite::connect_async(address).await else {
        return deployment.link.cut(port);
    };
    let life = deployment.script.socket_life();
    let end = async {
        match life {
            Some(life) => tokio::time::sleep(life).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(end);
    let mut registered = false;
    loop {
        tokio::select! {
            () = &mut end => return deployment.link.cut(port),
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    match judge(&deployment, &text, registered) {
                        Verdict::Pass => registered = true,
                        Verdict::Close(code) => return close(&mut socket, code).await,
                        Verdict::Protocol(why) => {
                            let frame = json!({"type": "PROTOCOL_ERROR", "id": "face", "error": why});
                            socket.send(Message::Text(frame.to_string().into())).await.ok();
                            return close(&mut socket, 3003).await;
                        }
                    }
                    if behind.send(tungstenite::Message::text(text.to_string())).await.is_err() {
                        return deployment.link.cut(port);
                    }
                }
                Some(Ok(Message::Binary(_))) => return close(&mut socket, 3002).await,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return,
            },
            message = behind.next() => match message {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap_or_default();
                    // The embedded server forgives reports about tasks that it does not know.
                    if registered && frame["type"] == "PROTOCOL_ERROR" && is_about_a_task(&frame) {
                        return close(&mut socket, 3003).await;
                    }
                    if socket.send(Message::Text(text.to_string().into())).await.is_err() {
                        return;
                    }
                }
                Some(Ok(tungstenite::Message::Close(Some(frame)))) => return close(&mut socket, frame.code.into()).await,
                Some(Ok(_)) => {}
                _ => return deployment.link.cut(port),
            },
        }
    }
}

fn is_about_a_task(frame: &Value) -> bool {
    frame["error"].as_str().is_some_and(|error| error.to_lowercase().contains("task"))
}

fn judge(deployment: &Deployment, text: &str, registered: bool) -> Verdict {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return Verdict::Close(3002) };
    let Some(members) = frame.as_object() else { return Verdict::Close(3002) };
    let kind = frame["type"].as_str().unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Verdict::Protocol(format!("1 validation error\ntype\n  Input tag '{kind}' found does not match"));
    }
    if kind == "REGISTER" {
        if registered {
            return Verdict::Close(3003);
        }
        let known = ["type", "id", "token", "force", "session_id"];
        if let Some(extra) = members.keys().find(|member| !known.contains(&member.as_str())) {
            return Verdict::Protocol(format!(
                "1 validation error for tagged-union\nREGISTER.{extra}\n  Extra inputs are not permitted"
            ));
        }
        if let Some(code) = deployment.script.agent_close() {
            return Verdict::Close(code);
        }
        if deployment.script.is_expired(frame["token"].as_str().unwrap_or_default()) {
            return Verdict::Close(3003);
        }
        return Verdict::Pass;
    }
    if kind == "LOG" && !["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"].map(Some).contains(&frame["level"].as_str()) {
        return Verdict::Protocol(format!(
            "1 validation error\nLOG.level\n  Input should be 'DEBUG', not {}",
            frame["level"]
        ));
    }
    let too_long = |member: &str| frame[member].as_str().is_some_and(|text| text.chars().count() > LONGEST);
    if too_long("message") || too_long("error") {
        return Verdict::Close(3003);
    }
    Verdict::Pass
}

async fn close(socket: &mut WebSocket, code: u16) {
    socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.ok();
    // The close is answered before the connection goes.
    let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
    tokio::time::timeout(std::time::Duration::from_secs(1), answered).await.ok();
}
