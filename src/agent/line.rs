//! The agent socket on a thread of its own, which answers heartbeats and nothing else by itself.
//!
//! Work may block every thread of the program's runtime (a slow disk is enough); the server hears its heartbeats
//! answered all the same, and the agent keeps its lease.

use std::{thread, time::Duration};

use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use tokio::{
    sync::{
        mpsc::{self, OwnedPermit, error::SendError},
        oneshot,
    },
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::{self, Message};

use super::frames::{self, Incoming};
use crate::services::{self, Http, WebSocket, error::Sent, open_websocket};

/// How long the hand-shake may take, and how long the server may take to its first word.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The server sends a heartbeat every 10 s; a socket that is silent for so long is dead although nobody closed it.
const SILENCE: Duration = Duration::from_secs(45);

/// How long a farewell to the server may take.
const CLOSE: Duration = Duration::from_secs(1);

/// An open socket. It is closed when this is dropped.
pub struct Line {
    heard: mpsc::UnboundedReceiver<Heard>,
    say: mpsc::Sender<String>,
    over: oneshot::Receiver<()>,
}

/// What came out of the socket. Heartbeats are answered already, and do not come.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// A frame.
    Frame(Incoming),
    /// The end, with the server's close code where it gave one.
    End(Option<u16>),
}

impl Line {
    /// Opens the socket, and says the first word on it.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn open(http: Http, address: String, hello: String) -> services::Result<Self> {
        let (told, heard) = mpsc::unbounded_channel();
        // One frame waits at most: what is not sent yet stays where it can be decided anew after a loss.
        let (say, words) = mpsc::channel(1);
        let (opened, answer) = oneshot::channel();
        let (ending, over) = oneshot::channel::<()>();
        let lost = |why: String| services::Error::Network { service: "Rekuest".into(), why, sent: Sent::No };
        let pump = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    _ = opened.send(Err(lost(error.to_string())));
                    return;
                }
            };
            runtime.block_on(async {
                match dial(&http, &address, hello).await {
                    Ok(socket) => {
                        if opened.send(Ok(())).is_ok() {
                            Pump { socket, told, words }.run().await;
                        }
                    }
                    Err(error) => _ = opened.send(Err(error)),
                }
            });
            drop(ending);
        };
        thread::Builder::new().name("kab-agent".into()).spawn(pump).map_err(|error| lost(error.to_string()))?;
        answer.await.map_err(|_| lost("its thread broke down".into()))??;
        Ok(Self { heard, say, over })
    }

    /// The next thing that comes; after the end, the end again.
    pub async fn hear(&mut self) -> Heard {
        self.heard.recv().await.unwrap_or(Heard::End(None))
    }

    /// Waits until there is room for one frame, which `Err` says there will never be again.
    pub fn room(&self) -> impl Future<Output = Result<OwnedPermit<String>, SendError<()>>> + Send + use<> {
        self.say.clone().reserve_owned()
    }

    /// Closes the socket after everything was said.
    pub async fn close(self) {
        let Self { heard, say, over } = self;
        drop(say);
        _ = timeout(2 * CLOSE, over).await;
        drop(heard);
    }
}

async fn dial(http: &Http, address: &str, hello: String) -> services::Result<WebSocket> {
    let lost = |why: String| services::Error::Network {
        service: "Rekuest".into(),
        why: format!("{address}: {why}"),
        sent: Sent::No,
    };
    let opening = async {
        let mut socket = open_websocket(http, "Rekuest", address).await?;
        socket.send(Message::text(hello)).await.map_err(|error| lost(error.to_string()))?;
        Ok(socket)
    };
    let late = |_| services::Error::Deadline { service: "Rekuest".into(), after: HANDSHAKE };
    timeout(HANDSHAKE, opening).await.map_err(late)?
}

struct Pump {
    socket: WebSocket,
    told: mpsc::UnboundedSender<Heard>,
    words: mpsc::Receiver<String>,
}

impl Pump {
    async fn run(self) {
        let Self { socket, told, mut words } = self;
        let (mut sink, mut stream) = socket.split();
        let mut patience = HANDSHAKE;
        let mut deadline = Instant::now() + patience;
        loop {
            tokio::select! {
                // Frames of the server come before ours, a heartbeat above all.
                biased;
                message = stream.next() => {
                    let heard = match message {
                        None | Some(Err(_)) => Heard::End(None),
                        Some(Ok(Message::Close(frame))) => Heard::End(frame.map(|frame| frame.code.into())),
                        Some(Ok(Message::Text(text))) => Heard::Frame(frames::read(&text)),
                        Some(Ok(_)) => Heard::Frame(Incoming::Unknown),
                    };
                    match heard {
                        Heard::End(code) => {
                            _ = told.send(Heard::End(code));
                            break;
                        }
                        Heard::Frame(Incoming::Heartbeat) => {
                            if send(&mut sink, frames::heartbeat_answer().to_string()).await.is_err() {
                                break;
                            }
                        }
                        Heard::Frame(Incoming::Unknown) => {}
                        Heard::Frame(frame) => {
                            if matches!(frame, Incoming::Init { .. }) {
                                patience = SILENCE;
                            }
                            if told.send(Heard::Frame(frame)).is_err() {
                                break;
                            }
                        }
                    }
                    deadline = Instant::now() + patience;
                }
                text = words.recv() => match text {
                    Some(text) => {
                        if send(&mut sink, text).await.is_err() {
                            break;
                        }
                    }
                    None => break,
                },
                () = tokio::time::sleep_until(deadline) => break,
            }
        }
        _ = timeout(CLOSE, sink.close()).await;
    }
}

/// A peer that takes nothing for so long is dead.
async fn send(sink: &mut SplitSink<WebSocket, Message>, text: String) -> Result<(), tungstenite::Error> {
    timeout(SILENCE, sink.send(Message::text(text))).await.unwrap_or(Err(tungstenite::Error::ConnectionClosed))
}
