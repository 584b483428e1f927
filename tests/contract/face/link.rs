//! The wire in front of the face: one port that stays the same, whose connections can be cut, slowed down, delayed and
//! refused.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The state of the wire, which requests and tests share.
#[derive(Default)]
pub struct Link {
    /// Connections by the port that they have behind.
    open: Mutex<HashMap<u16, CancellationToken>>,
    accepted: AtomicUsize,
    refusing: AtomicBool,
    changed: Notify,
    round_trip: AtomicU64,
    bytes_per_second: AtomicU64,
}

impl Link {
    /// Listens, and passes on to `behind`. The task ends when it is aborted.
    pub async fn start(self: &Arc<Self>, behind: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let link = Arc::clone(self);
        (address, tokio::spawn(async move { link.run(listener, address, behind).await }))
    }

    /// Cuts the connection that has this port behind, without a word.
    pub fn cut(&self, port: u16) {
        if let Some(token) = self.open.lock().unwrap().remove(&port) {
            token.cancel();
        }
    }

    /// Cuts all connections.
    pub fn cut_all(&self) {
        for (_, token) in self.open.lock().unwrap().drain() {
            token.cancel();
        }
    }

    /// Refuses connections from now on (the port is closed), or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// How long a message and its answer are under way.
    pub fn set_round_trip(&self, time: Duration) {
        self.round_trip.store(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Bytes a second in each direction of each connection; 0 is no limit.
    pub fn set_speed(&self, bytes_per_second: u64) {
        self.bytes_per_second.store(bytes_per_second, Ordering::SeqCst);
    }

    /// Connections that were made so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    async fn run(self: Arc<Self>, listener: TcpListener, address: SocketAddr, behind: SocketAddr) {
        let mut listener = Some(listener);
        let mut links = tokio::task::JoinSet::new();
        loop {
            let changed = self.changed.notified();
            match (&listener, self.refusing.load(Ordering::SeqCst)) {
                (Some(_), true) => listener = None,
                (None, true) => changed.await,
                (None, false) => listener = Some(bind_again(address).await),
                (Some(open), false) => {
                    tokio::select! {
                        () = changed => {}
                        accepted = open.accept() => if let Ok((client, _)) = accepted {
                            self.accepted.fetch_add(1, Ordering::SeqCst);
                            let link = Arc::clone(&self);
                            links.spawn(async move { link.carry(client, behind).await });
                        }
                    }
                }
            }
            while links.try_join_next().is_some() {}
        }
    }

    async fn carry(self: Arc<Self>, client: TcpStream, behind: SocketAddr) {
        let Ok(server) = TcpStream::connect(behind).await else { return };
        let port = server.local_addr().unwrap().port();
        let token = CancellationToken::new();
        self.open.lock().unwrap().insert(port, token.clone());
        client.set_nodelay(true).ok();
        server.set_nodelay(true).ok();
        // The handshake of the connection itself takes a round trip too.
        tokio::time::sleep(Duration::from_millis(self.round_trip.load(Ordering::SeqCst))).await;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let both = async { tokio::join!(self.pump(from_client, to_server), self.pump(from_server, to_client)) };
        token.run_until_cancelled(both).await;
        self.open.lock().unwrap().remove(&port);
    }

    async fn pump(&self, mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) {
        let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(64);
        let read = async move {
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
                let late = Duration::from_millis(self.round_trip.load(Ordering::SeqCst) / 2);
                if sender.send((Instant::now() + late, buffer[..length].to_vec())).await.is_err() {
                    return;
                }
            }
        };
        let write = async move {
            let mut free = Instant::now();
            while let Some((due, bytes)) = receiver.recv().await {
                tokio::time::sleep_until(due.max(free)).await;
                // In small pieces, as a narrow line delivers them.
                for piece in bytes.chunks(1024) {
                    if to.write_all(piece).await.is_err() {
                        return;
                    }
                    let speed = self.bytes_per_second.load(Ordering::SeqCst);
                    if let Some(millis) = (1000 * piece.len() as u64).checked_div(speed) {
                        free = Instant::now() + Duration::from_millis(millis);
                        tokio::time::sleep_until(free).await;
                    }
                }
            }
            to.shutdown().await.ok();
        };
        tokio::join!(read, write);
    }
}

/// The port may be held for a moment by connections that are closing.
async fn bind_again(address: SocketAddr) -> TcpListener {
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < limit, "{address} cannot be had again: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
