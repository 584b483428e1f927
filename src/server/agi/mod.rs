//! The agent socket, `/rekuest/agi`: registration, heartbeats, work to the agent, reports from it.

mod frame;
mod session;

use axum::extract::State as Shared;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde_json::json;
use tokio::time::timeout;

use super::authenticate;
use super::clock;
use super::rekuest::{Claim, frame as make_frame};
use super::shared::State;
use frame::{Frame, Refusal, Register};
use session::Session;

/// Longest frame that an agent may send, bytes.
const LONGEST_FRAME: usize = 16 * 1024 * 1024;

/// Why a socket is closed; the codes are Rekuest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// The server stops.
    GoingAway,
    /// A heartbeat was not answered.
    Heartbeat,
    /// A frame was no JSON text.
    NotJson,
    /// A frame, the token or the agent was wrong.
    Protocol,
    /// The agent is locked out.
    Blocked,
    /// Another connection holds the place.
    Busy,
    /// Another connection took the place.
    Displaced,
}

impl Close {
    fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::Heartbeat => 3001,
            Self::NotJson => 3002,
            Self::Protocol => 3003,
            Self::Blocked => 4003,
            Self::Busy => 4004,
            Self::Displaced => 4005,
        }
    }
}

/// `GET /rekuest/agi`.
pub async fn upgrade(Shared(state): Shared<State>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(LONGEST_FRAME)
        .max_frame_size(LONGEST_FRAME)
        .on_upgrade(move |socket| async move { serve(state, socket).await })
}

async fn serve(state: State, mut socket: WebSocket) {
    match register(&state, &mut socket).await {
        Ok(session) => session.run(socket).await,
        Err((close, reason)) => hang_up(&mut socket, close, &reason).await,
    }
}

/// Says why and closes.
async fn hang_up(socket: &mut WebSocket, close: Close, reason: &str) {
    // A reason has at most 123 bytes in the frame.
    let reason: String = reason.chars().take(100).filter(char::is_ascii).collect();
    let frame = CloseFrame { code: close.code(), reason: reason.into() };
    // Whoever has gone away needs no goodbye.
    socket.send(Message::Close(Some(frame))).await.ok();
}

/// Tells a refusal, and what to close with.
async fn refuse(socket: &mut WebSocket, refusal: &Refusal) -> Close {
    match refusal {
        Refusal::NotJson => Close::NotJson,
        Refusal::Schema(text) => {
            let frame = make_frame("PROTOCOL_ERROR", json!({"error": text}));
            socket.send(Message::Text(frame.into())).await.ok();
            Close::Protocol
        }
    }
}

async fn register(state: &State, socket: &mut WebSocket) -> Result<Session, (Close, String)> {
    let no = |close: Close, reason: &str| Err((close, reason.to_owned()));
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => break Some(Frame::read(&text)),
                Some(Ok(Message::Binary(_))) => break Some(Err(Refusal::NotJson)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => (),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
            }
        }
    };
    let first = tokio::select! {
        () = state.stop.cancelled() => return no(Close::GoingAway, "the server stops"),
        first = timeout(state.rekuest.times().register, first) => first,
    };
    let register: Register = match first {
        Err(_) => return no(Close::Protocol, "REGISTER did not come in time"),
        Ok(None) => return no(Close::Protocol, "the agent left"),
        Ok(Some(Err(refusal))) => return Err((refuse(socket, &refusal).await, refusal.to_string())),
        Ok(Some(Ok(Frame::Register(register)))) => register,
        Ok(Some(Ok(_))) => return no(Close::Protocol, "the first message must be REGISTER"),
    };
    let verified = authenticate::verify(&state.keys, &state.store, &register.token, clock::seconds()).await;
    let verified = verified.map_err(|refusal| (Close::Protocol, refusal.to_string()))?;
    let failed = |error: super::store::Error| {
        tracing::error!(%error, "an agent cannot be registered");
        (Close::Protocol, String::from("the server cannot read its store"))
    };
    let agent = state.rekuest.agent_of(verified.identity.client_row).await.map_err(failed)?;
    let Some(agent) = agent else {
        return no(Close::Protocol, "there is no such agent; call ensureAgent first");
    };
    if agent.blocked {
        return no(Close::Blocked, "the agent is blocked");
    }
    let claim = if register.force { Claim::Force } else { Claim::Polite };
    let Some(place) = state.rekuest.hub().claim(agent.id, register.session_id.as_deref(), claim) else {
        let text = "Another connection of this agent is alive; use force to take over";
        let frame = make_frame("PROTOCOL_ERROR", json!({"error": text}));
        socket.send(Message::Text(frame.into())).await.ok();
        return no(Close::Busy, text);
    };
    let number = place.number;
    let usage = state.usage.connect(&verified.identity);
    match state.rekuest.arrive(&agent, register.session_id).await {
        Ok(inquiries) => Ok(Session::new(state.clone(), &agent, place, inquiries, usage)),
        Err(error) => {
            state.rekuest.hub().leave(agent.id, number);
            Err(failed(error))
        }
    }
}
