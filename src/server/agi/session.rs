//! One connected agent, from INIT to the end of its socket.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::super::activity::Guard;
use super::super::rekuest::{Order, Outcome, Place, Report, frame as make_frame};
use super::super::shared::State;
use super::super::store;
use super::super::store::rekuest::agents::AgentRow;
use super::super::store::rekuest::tasks::TaskRow;
use super::frame::Frame;
use super::{Close, hang_up, refuse};

/// Ephemeral tasks that a session remembers, so that their chatter needs no store.
const REMEMBERED: usize = 256;

/// A registered agent.
pub struct Session {
    state: State,
    agent_id: i64,
    organisation_id: i64,
    number: u64,
    wake: Arc<Notify>,
    orders: mpsc::Receiver<Order>,
    inquiries: Vec<i64>,
    ephemeral: HashMap<i64, TaskRow>,
    /// Row of the last frame that was written to the socket.
    sent: i64,
    /// Row of the last frame that was written before the heartbeat that is out.
    sent_before_heartbeat: i64,
    /// By when the agent must have said something.
    deadline: Option<Instant>,
    _usage: Guard,
}

/// Why the loop ends.
enum End {
    /// The agent is gone.
    Lost,
    /// The server hangs up.
    Close(Close, String),
}

impl From<store::Error> for End {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "an agent's socket ends because of the store");
        Self::Close(Close::Protocol, String::from("the server cannot use its store"))
    }
}

impl Session {
    /// A session whose agent has been let in.
    pub fn new(state: State, agent: &AgentRow, place: Place, inquiries: Vec<i64>, usage: Guard) -> Self {
        Self {
            state,
            agent_id: agent.id,
            organisation_id: agent.organisation_id,
            number: place.number,
            wake: place.wake,
            orders: place.orders,
            inquiries,
            ephemeral: HashMap::new(),
            sent: 0,
            sent_before_heartbeat: 0,
            deadline: None,
            _usage: usage,
        }
    }

    /// Runs until either side has enough.
    pub async fn run(mut self, mut socket: WebSocket) {
        let end = self.talk(&mut socket).await;
        if self.state.rekuest.hub().leave(self.agent_id, self.number)
            && let Err(error) = self.state.rekuest.depart(self.organisation_id, self.agent_id).await
        {
            tracing::error!(%error, "cannot note that an agent left");
        }
        if let End::Close(close, reason) = end {
            hang_up(&mut socket, close, &reason).await;
        }
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> End {
        let inquiries: Vec<Value> = self.inquiries.iter().map(|task| json!({"task": task.to_string()})).collect();
        let init = make_frame("INIT", json!({"agent": self.agent_id.to_string(), "inquiries": inquiries}));
        if let Err(end) = self.send(socket, init).await {
            return end;
        }
        // What waits from before goes out at once.
        self.wake.notify_one();
        let period = self.state.rekuest.times().heartbeat;
        let mut heartbeat = interval_at(Instant::now() + period, period);
        let wake = Arc::clone(&self.wake);
        let shutdown = self.state.stop.clone();
        loop {
            let deadline = self.deadline.unwrap_or_else(|| Instant::now() + period);
            let step = tokio::select! {
                () = shutdown.cancelled() => Err(End::Close(Close::GoingAway, String::from("the server stops"))),
                order = self.orders.recv() => self.obey(socket, order).await,
                message = socket.recv() => self.hear(socket, message).await,
                () = wake.notified() => self.flush(socket).await,
                _ = heartbeat.tick() => self.ask(socket).await,
                () = sleep_until(deadline), if self.deadline.is_some() => {
                    Err(End::Close(Close::Heartbeat, String::from("no answer to the heartbeat")))
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Writes a frame; an agent that does not read is lost.
    async fn send(&self, socket: &mut WebSocket, text: String) -> Result<(), End> {
        let patience = self.state.rekuest.times().lease;
        match timeout(patience, socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Lost),
            Err(_) => Err(End::Close(Close::Heartbeat, String::from("the agent does not read"))),
        }
    }

    async fn ask(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + self.state.rekuest.times().answer);
            self.sent_before_heartbeat = self.sent;
            self.send(socket, make_frame("HEARTBEAT", json!({}))).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            let frames = self.state.rekuest.next_frames(self.agent_id, self.sent).await?;
            if frames.is_empty() {
                return Ok(());
            }
            for row in frames {
                self.send(socket, row.frame).await?;
                self.sent = row.id;
            }
        }
    }

    async fn obey(&mut self, socket: &mut WebSocket, order: Option<Order>) -> Result<(), End> {
        match order {
            None | Some(Order::Leave) => {
                Err(End::Close(Close::Displaced, String::from("another connection took over")))
            }
            Some(Order::Block { reason }) => {
                self.send(socket, make_frame("KICK", json!({"reason": reason}))).await?;
                Err(End::Close(Close::Blocked, String::from("the agent is blocked")))
            }
            Some(Order::Kick { reason }) => self.send(socket, make_frame("KICK", json!({"reason": reason}))).await,
            Some(Order::Bounce) => self.send(socket, make_frame("BOUNCE", json!({"duration": null}))).await,
            Some(Order::Collect { drawers }) => {
                self.send(socket, make_frame("COLLECT", json!({"drawers": drawers}))).await
            }
        }
    }

    async fn hear(&mut self, socket: &mut WebSocket, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Binary(_))) => {
                return Err(End::Close(Close::NotJson, String::from("frames must be text")));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Lost),
        };
        if self.deadline.is_some() {
            // Whoever talks is alive, even when the answer stands behind many reports.
            self.deadline = Some(Instant::now() + self.state.rekuest.times().answer);
        }
        match Frame::read(&text) {
            Ok(Frame::HeartbeatAnswer) => {
                self.deadline = None;
                self.state.rekuest.renew(self.agent_id, self.sent_before_heartbeat).await?;
                Ok(())
            }
            Ok(Frame::Report { id, seq, report }) => self.take(socket, &id, &seq, report).await,
            Ok(Frame::Request { kind, id, reference }) => self.answer_request(socket, &kind, &id, &reference).await,
            Ok(Frame::Unused) => Ok(()),
            Ok(Frame::Register(_)) => Err(End::Close(Close::Protocol, String::from("the agent is registered already"))),
            Err(refusal) => Err(End::Close(refuse(socket, &refusal).await, refusal.to_string())),
        }
    }

    async fn take(&mut self, socket: &mut WebSocket, id: &Value, seq: &Value, report: Report) -> Result<(), End> {
        let task = report.task;
        let chatter = report.is_chatter();
        if chatter && let Some(known) = self.ephemeral.get(&task) {
            self.state.rekuest.report_unkept(known, report);
            return Ok(());
        }
        match self.state.rekuest.report(self.agent_id, report).await? {
            Outcome::Recorded(row) => {
                if row.is_done {
                    self.ephemeral.remove(&task);
                } else if row.ephemeral && self.ephemeral.len() < REMEMBERED {
                    self.ephemeral.insert(task, *row);
                }
            }
            Outcome::Ended => {
                self.ephemeral.remove(&task);
            }
            Outcome::Unknown => {
                let text = format!("This agent has no task {task}");
                self.send(socket, make_frame("PROTOCOL_ERROR", json!({"error": text}))).await?;
            }
        }
        if chatter {
            return Ok(());
        }
        // An unknown task is acknowledged too: the agent must not send the report for ever.
        let ack = json!({"event": id, "task": task.to_string(), "seq": seq});
        self.send(socket, make_frame("EVENT_ACK", ack)).await
    }

    async fn answer_request(
        &self,
        socket: &mut WebSocket,
        kind: &str,
        id: &Value,
        reference: &Value,
    ) -> Result<(), End> {
        let error = "This server takes no child work over the agent socket; use GraphQL";
        let frame = if kind == "ASSIGN_REQUEST" {
            let members =
                json!({"request": id, "reference": reference, "task": null, "created": false, "error": error});
            make_frame("ASSIGN_RESPONSE", members)
        } else {
            let members = json!({"request": id, "task": null, "accepted": false, "error": error});
            make_frame("CONTROL_RESPONSE", members)
        };
        self.send(socket, frame).await
    }
}
