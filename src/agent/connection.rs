//! One connection of the agent socket, from `REGISTER` to its end.
//!
//! Heartbeats are answered below, by the line; work runs in tasks of its own. This loop is what lies between them.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Assigned, Connection, Settle, Takeover,
    desk::Desk,
    ending::Ending,
    frames::{self, Incoming, Outcome},
    line::{Heard, Line},
    mailbox::{Mailbox, Post},
    run::farewell,
    settling::{Past, Settler},
};
use crate::services::{self, Secret, Session};

/// Frames of an earlier session may arrive in this time after `INIT`, so assignments are looked up first.
const STALE: Duration = Duration::from_secs(10);

/// While the program is stopped, this often it is looked whether all is said.
const CLOSING: Duration = Duration::from_millis(50);

/// A socket on which `REGISTER` was sent, and the token that it was sent with.
pub struct Opened {
    line: Line,
    token: Secret,
}

/// What a connection works with.
pub struct Link {
    pub session: Session,
    pub mailbox: Arc<Mailbox>,
    pub desk: Desk,
    pub settle: Option<Arc<dyn Settle>>,
    pub watch: Option<tokio::sync::watch::Sender<Connection>>,
    /// Whether the tasks of an earlier process are settled.
    pub past: Past,
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
pub async fn open(session: &Session, id: &str, takeover: Takeover) -> services::Result<Opened> {
    let token = session.tokens().current().await?;
    let hello = frames::register(token.expose(), id, takeover).to_string();
    let line = Line::open(session.http().clone(), session.agent_socket()?, hello).await?;
    Ok(Opened { line, token })
}

/// Talks until the connection ends or `shutdown` comes.
pub async fn converse(link: Link, opened: Opened, shutdown: &CancellationToken) -> Left {
    let Opened { line, token } = opened;
    let over = CancellationToken::new();
    let _guard = over.clone().drop_guard();
    let Link { session, mailbox, desk, settle, watch, past } = link;
    let is_first = !past.is_settled();
    let settler = Settler { session, mailbox, desk, settle, past, over };
    let mut talk = Talk { settler, watch, is_first, line, protocol_error: None, registered_at: None };
    let (why, code) = talk.run(shutdown).await;
    let Talk { line, protocol_error, registered_at, settler, .. } = talk;
    settler.mailbox.standing.is_lost();
    line.close().await;
    let registered = registered_at.map(|at| at.elapsed());
    // Servers quote what they do not understand.
    let protocol_error = protocol_error.map(|text: String| text.replace(token.expose(), "…"));
    Left { why, ending: Ending { code, registered, protocol_error }, token }
}

struct Talk {
    settler: Settler,
    watch: Option<tokio::sync::watch::Sender<Connection>>,
    /// Whether frames for an earlier process may come.
    is_first: bool,
    line: Line,
    protocol_error: Option<String>,
    registered_at: Option<Instant>,
}

/// Why it ended, with the server's close code where it gave one.
type Ended = (Why, Option<u16>);

/// Whether there may be something to send.
#[derive(Clone, Copy)]
enum Outgoing {
    Perhaps,
    Until(Instant),
    Nothing,
}

impl Talk {
    async fn run(&mut self, shutdown: &CancellationToken) -> Ended {
        let mailbox = Arc::clone(&self.settler.mailbox);
        let mut closing: Option<(Instant, tokio::task::JoinHandle<()>)> = None;
        let mut outgoing = Outgoing::Perhaps;
        loop {
            let is_registered = self.registered_at.is_some();
            let may_send = is_registered && matches!(outgoing, Outgoing::Perhaps);
            let due = async move {
                match outgoing {
                    Outgoing::Until(at) => tokio::time::sleep_until(at).await,
                    Outgoing::Perhaps | Outgoing::Nothing => std::future::pending().await,
                }
            };
            let room = self.line.room();
            tokio::select! {
                biased;
                heard = self.line.hear() => {
                    if let Some(ended) = self.take(heard) {
                        return ended;
                    }
                    outgoing = Outgoing::Perhaps;
                }
                // A frame is taken from the mailbox only when it can leave.
                room = room, if may_send => {
                    outgoing = match (room, mailbox.next(Instant::now().into_std())) {
                        (Ok(room), Post::Send(text)) => {
                            room.send(text);
                            Outgoing::Perhaps
                        }
                        (Ok(_), Post::Until(at)) => Outgoing::Until(Instant::from_std(at)),
                        // Without a line its end is the next thing to be heard.
                        (Ok(_), Post::Idle) | (Err(_), _) => Outgoing::Nothing,
                    };
                }
                () = mailbox.woken(), if !may_send => outgoing = Outgoing::Perhaps,
                () = due => outgoing = Outgoing::Perhaps,
                () = shutdown.cancelled(), if closing.is_none() => {
                    if !is_registered {
                        return (Why::Shutdown, None);
                    }
                    let desk = self.settler.desk.clone();
                    desk.shut();
                    closing = Some((Instant::now() + farewell(), tokio::spawn(async move { desk.close().await })));
                }
                () = tokio::time::sleep(CLOSING), if closing.is_some() => {}
            }
            if let Some((deadline, done)) = &closing
                && (Instant::now() >= *deadline || (done.is_finished() && mailbox.is_settled()))
            {
                return (Why::Shutdown, None);
            }
        }
    }

    /// Takes in what was heard; `Some` when the connection is over.
    fn take(&mut self, heard: Heard) -> Option<Ended> {
        let frame = match heard {
            Heard::End(code) => return Some((Why::Ended, code)),
            Heard::Frame(frame) => frame,
        };
        let desk = &self.settler.desk;
        match frame {
            Incoming::Init { agent, inquiries } => self.registered(agent, inquiries),
            Incoming::Assign(assigned) => self.assigned(assigned),
            Incoming::Torn { task: Some(task), why } => {
                if desk.is_new(&task) {
                    let why = format!("The message that assigned it cannot be understood: {why}.");
                    self.settler.mailbox.end(&task, &Outcome::Critical(why));
                }
            }
            Incoming::Cancel { task } => {
                if !desk.cancel(&task) {
                    self.settler.cancel_unknown(task);
                }
            }
            Incoming::Interrupt { task } => {
                if !desk.interrupt(&task) {
                    self.settler.cancel_unknown(task);
                }
            }
            Incoming::EventAck { event } => self.settler.mailbox.confirmed(&event),
            Incoming::Bounce { duration } => {
                let seconds = duration.filter(|seconds| seconds.is_finite()).unwrap_or(0.0).clamp(0.0, 600.0);
                return Some((Why::Bounced(Duration::from_secs_f64(seconds)), None));
            }
            Incoming::Kick { reason } => return Some((Why::Kicked(reason), None)),
            Incoming::ProtocolError { error } => self.protocol_error = Some(error),
            Incoming::Heartbeat | Incoming::Torn { task: None, .. } | Incoming::Unknown => {}
        }
        None
    }

    fn registered(&mut self, agent: String, inquiries: Vec<frames::Inquiry>) {
        self.protocol_error = None;
        self.registered_at = Some(Instant::now());
        tracing::info!(agent, "registered");
        self.settler.mailbox.standing.stands();
        if let Some(watch) = &self.watch {
            watch.send_replace(Connection::Online { agent: agent.clone() });
        }
        self.settler.resend();
        for inquiry in inquiries {
            self.settler.inquired(inquiry.task);
        }
        if self.is_first {
            let settler = self.settler.clone();
            tokio::spawn(async move { settler.settle_all(&agent).await });
        }
    }

    fn assigned(&self, assigned: Assigned) {
        let desk = &self.settler.desk;
        if desk.knows(&assigned.task) {
            return;
        }
        let just_now = self.registered_at.is_some_and(|at| at.elapsed() < STALE);
        if just_now && self.is_first {
            self.settler.begin_if_open(assigned);
        } else if desk.is_new(&assigned.task) {
            desk.begin(assigned);
        }
    }
}
