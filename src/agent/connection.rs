//! One connection of the agent socket, from `REGISTER` to its end.
//!
//! One loop reads and writes; work runs in tasks of its own, so that a heartbeat is always answered at once.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    Assigned, Connection, OldTask, Settle, Settled, Wanted,
    desk::Desk,
    frames::{self, Ending, Incoming, Outcome},
    mailbox::{Mailbox, Post},
    registration::{self, KnownTask},
    run::{Age, farewell},
};
use crate::{
    domain::NodeKind,
    services::{self, Secret, Session, WebSocket, error::Sent, open_websocket},
};

/// How long the hand-shake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The server sends a heartbeat every 10 s; a socket that is silent for so long is dead although nobody closed it.
const SILENCE: Duration = Duration::from_secs(45);

/// Frames of an earlier session may arrive in this time after `INIT`, so assignments are looked up first.
const STALE: Duration = Duration::from_secs(10);

/// An inquiry is answered with "unknown" only after this time: its `ASSIGN` may be on the way behind it.
const LATE_ASSIGN: Duration = Duration::from_secs(5);

/// A socket on which `REGISTER` was sent, and the token that it was sent with.
pub struct Opened {
    socket: WebSocket,
    token: Secret,
}

/// What a connection works with.
pub struct Link {
    pub session: Session,
    pub mailbox: Arc<Mailbox>,
    pub desk: Desk,
    pub settle: Option<Arc<dyn Settle>>,
    pub watch: Option<tokio::sync::watch::Sender<Connection>>,
    pub session_is_new: Age,
}

/// How a connection was left.
pub struct Left {
    pub why: Why,
    pub ending: Ending,
    pub token: Secret,
}

/// Why a connection was left.
pub enum Why {
    /// By the server or the network.
    Ended,
    /// The program is stopped.
    Shutdown,
    /// The server wants us gone.
    Kicked(Option<String>),
    /// The server wants us back after that time.
    Bounced(Duration),
}

/// Opens the socket and registers on it.
pub async fn open(session: &Session, id: &str) -> services::Result<Opened> {
    let address = session.agent_socket()?;
    let token = session.tokens().current().await?;
    let lost = |why: String| services::Error::Network { service: "Rekuest".into(), why, sent: Sent::No };
    let hello = frames::register(token.expose(), id).to_string();
    let opening = async {
        let mut socket = open_websocket(session.http(), "Rekuest", address.as_str()).await?;
        socket.send(Message::text(hello)).await.map_err(|error| lost(format!("{address}: {error}")))?;
        Ok::<_, services::Error>(socket)
    };
    match timeout(HANDSHAKE, opening).await {
        Ok(Ok(socket)) => Ok(Opened { socket, token }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(services::Error::Deadline { service: "Rekuest".into(), after: HANDSHAKE }),
    }
}

/// Talks until the connection ends or `shutdown` comes.
pub async fn converse(link: Link, opened: Opened, shutdown: &CancellationToken) -> Left {
    let Opened { socket, token } = opened;
    let mut talk = Talk { link, socket, ending: Ending::default(), registered_at: None };
    let why = talk.run(shutdown).await;
    let Talk { mut socket, ending, .. } = talk;
    _ = timeout(Duration::from_secs(1), socket.close(None)).await;
    Left { why, ending, token }
}

struct Talk {
    link: Link,
    socket: WebSocket,
    ending: Ending,
    registered_at: Option<Instant>,
}

impl Talk {
    async fn run(&mut self, shutdown: &CancellationToken) -> Why {
        let mut closing = None;
        let mut last_heard = Instant::now();
        let mailbox = Arc::clone(&self.link.mailbox);
        loop {
            let post = if self.ending.registered { mailbox.next(Instant::now().into_std()) } else { Post::Idle };
            let later = match post {
                Post::Send(text) => {
                    if self.socket.send(Message::text(text)).await.is_err() {
                        return Why::Ended;
                    }
                    // Frames of the server come before more of ours, a heartbeat above all.
                    match futures_util::FutureExt::now_or_never(self.socket.next()) {
                        None => continue,
                        Some(message) => {
                            last_heard = Instant::now();
                            match self.hear(message).await {
                                None => continue,
                                Some(why) => return why,
                            }
                        }
                    }
                }
                Post::Until(at) => Some(Instant::from_std(at)),
                Post::Idle => None,
            };
            if let Some((deadline, done)) = &closing {
                let done: &tokio::task::JoinHandle<()> = done;
                if Instant::now() >= *deadline || (done.is_finished() && mailbox.is_settled()) {
                    return Why::Shutdown;
                }
            }
            let limit = if self.ending.registered { SILENCE } else { HANDSHAKE };
            let wake_at = later.into_iter().chain([last_heard + limit]).min().unwrap_or(last_heard + limit);
            let wake_at =
                if closing.is_some() { wake_at.min(Instant::now() + Duration::from_millis(50)) } else { wake_at };
            tokio::select! {
                message = self.socket.next() => {
                    last_heard = Instant::now();
                    if let Some(why) = self.hear(message).await {
                        return why;
                    }
                }
                () = mailbox.woken() => {}
                () = tokio::time::sleep_until(wake_at) => {
                    if last_heard + limit <= Instant::now() {
                        return Why::Ended;
                    }
                }
                () = shutdown.cancelled(), if closing.is_none() => {
                    if !self.ending.registered {
                        return Why::Shutdown;
                    }
                    let desk = self.link.desk.clone();
                    closing = Some((Instant::now() + farewell(), tokio::spawn(async move { desk.close().await })));
                }
            }
        }
    }

    /// Takes a message in; `Some` when the connection is over.
    async fn hear(&mut self, message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> Option<Why> {
        let text = match message {
            None | Some(Err(_)) => return Some(Why::Ended),
            Some(Ok(Message::Close(frame))) => {
                self.ending.code = frame.map(|frame| frame.code.into());
                return Some(Why::Ended);
            }
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(_)) => return None,
        };
        let desk = &self.link.desk;
        match frames::read(&text) {
            Incoming::Heartbeat => {
                let answer = Message::text(frames::heartbeat_answer().to_string());
                if self.socket.send(answer).await.is_err() {
                    return Some(Why::Ended);
                }
            }
            Incoming::Init { agent, inquiries } => self.registered(agent, inquiries),
            Incoming::Assign(assigned) => self.assigned(assigned),
            Incoming::Cancel { task } => {
                if !desk.cancel(&task) {
                    self.cancel_unknown(task);
                }
            }
            Incoming::Interrupt { task } => {
                if !desk.interrupt(&task) {
                    self.cancel_unknown(task);
                }
            }
            Incoming::EventAck { event } => self.link.mailbox.confirmed(&event),
            Incoming::Bounce { duration } => {
                let seconds = duration.filter(|seconds| seconds.is_finite()).unwrap_or(0.0).clamp(0.0, 600.0);
                return Some(Why::Bounced(Duration::from_secs_f64(seconds)));
            }
            Incoming::Kick { reason } => return Some(Why::Kicked(reason)),
            Incoming::ProtocolError { error } => {
                tracing::error!("the server did not understand a frame: {error}");
                self.ending.protocol_error = Some(error);
            }
            Incoming::Unknown => {}
        }
        None
    }

    fn registered(&mut self, agent: String, inquiries: Vec<frames::Inquiry>) {
        self.ending.registered = true;
        self.ending.protocol_error = None;
        self.registered_at = Some(Instant::now());
        tracing::info!(agent, "registered");
        if let Some(watch) = &self.link.watch {
            watch.send_replace(Connection::Online { agent: agent.clone() });
        }
        let doubtful = self.link.mailbox.doubtful();
        let (session, mailbox) = (self.link.session.clone(), Arc::clone(&self.link.mailbox));
        // Last words go out at once, unless it is unclear whether the result before them arrived.
        if doubtful.is_empty() {
            mailbox.resend();
        } else {
            tokio::spawn(async move {
                for task in doubtful {
                    if registration::task(&session, &task).await.is_ok_and(|known| !known.has_result()) {
                        mailbox.result_lost(&task);
                    }
                }
                mailbox.resend();
            });
        }
        for inquiry in inquiries {
            self.inquired(inquiry.task);
        }
        if self.link.session_is_new == Age::New {
            self.settle_all(agent);
        }
    }

    fn inquired(&self, task: String) {
        let mailbox = Arc::clone(&self.link.mailbox);
        if self.link.desk.runs(&task) {
            mailbox.repeat_progress(&task);
            return;
        }
        if mailbox.is_kept(&task) {
            return;
        }
        let desk = self.link.desk.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LATE_ASSIGN).await;
            if desk.is_new(&task) {
                let why = "The program does not know this task: the message that assigned it was lost. Ask again.";
                mailbox.end(&task, &Outcome::Critical(why.into()));
            }
        });
    }

    fn assigned(&self, assigned: Assigned) {
        let (desk, session) = (self.link.desk.clone(), self.link.session.clone());
        if desk.knows(&assigned.task) {
            return;
        }
        let may_be_stale =
            self.link.session_is_new == Age::New && self.registered_at.is_some_and(|at| at.elapsed() < STALE);
        if !may_be_stale {
            if desk.is_new(&assigned.task) {
                desk.begin(assigned);
            }
            return;
        }
        tokio::spawn(async move {
            match registration::task(&session, &assigned.task).await {
                Ok(known) if known.is_done || known.latest_event_kind == "DISCONNECTED" => {
                    tracing::info!(task = assigned.task, "skipped: it was assigned to an earlier process");
                }
                Err(services::Error::NotFound(_)) => {}
                Ok(_) | Err(_) => {
                    if desk.is_new(&assigned.task) {
                        desk.begin(assigned);
                    }
                }
            }
        });
    }

    fn cancel_unknown(&self, task: String) {
        if self.link.mailbox.is_kept(&task) {
            return;
        }
        let settler = self.settler();
        tokio::spawn(async move {
            match registration::task(&settler.session, &task).await {
                Ok(known) if known.is_done => {}
                Ok(known) => settler.settle(known).await,
                Err(error) => tracing::warn!(task, "cannot be cancelled: {error}"),
            }
        });
    }

    fn settle_all(&self, agent: String) {
        let settler = self.settler();
        tokio::spawn(async move {
            match registration::open_tasks(&settler.session, &agent).await {
                Ok(tasks) => {
                    // Others are either queued again by the server, or on their way to this very session.
                    for task in tasks.into_iter().filter(|task| task.latest_event_kind == "DISCONNECTED") {
                        settler.settle(task).await;
                    }
                }
                Err(error) => tracing::warn!("open tasks of an earlier run could not be listed: {error}"),
            }
        });
    }

    fn settler(&self) -> Settler {
        Settler {
            session: self.link.session.clone(),
            mailbox: Arc::clone(&self.link.mailbox),
            desk: self.link.desk.clone(),
            settle: self.link.settle.clone(),
        }
    }
}

/// Ends tasks that an earlier process left open.
struct Settler {
    session: Session,
    mailbox: Arc<Mailbox>,
    desk: Desk,
    settle: Option<Arc<dyn Settle>>,
}

impl Settler {
    async fn settle(&self, known: KnownTask) {
        if !self.desk.is_new(&known.id) {
            return;
        }
        let wanted = if known.cancel_asked() { Wanted::NoMore } else { Wanted::Still };
        let id = known.id.clone();
        let old = OldTask {
            task: known.id,
            interface: known.implementation.map(|implementation| implementation.interface),
            args: known.args,
            wanted,
        };
        let settled = match &self.settle {
            Some(settle) => settle.settle(old).await,
            None if wanted == Wanted::NoMore => Settled::Cancelled,
            None => Settled::Lost(String::from("The program was restarted while it worked on this.")),
        };
        tracing::info!(task = id, ?settled, "a task of an earlier run was settled");
        match settled {
            Settled::Completed(returns) => {
                if let Some(returns) = returns {
                    self.mailbox.start(&id, NodeKind::Function);
                    self.mailbox.result(&id, returns).await;
                }
                self.mailbox.end(&id, &Outcome::Completed);
            }
            Settled::Lost(why) => self.mailbox.end(&id, &Outcome::Critical(why)),
            Settled::Cancelled => self.mailbox.end(&id, &Outcome::Cancelled),
        }
    }
}
