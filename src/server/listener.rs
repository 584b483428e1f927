//! Where connections come from: sockets as they are, sockets with TLS, or both at once.
//!
//! Which addresses may be served without encryption is the caller's to decide.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener as Accepts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate::Certificate;
use super::shared::Peer;

/// Handshakes that may go on at once; more connections wait in the system's queue.
const HANDSHAKES: usize = 512;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server listens at.
#[derive(Debug)]
pub struct Listener {
    plain: Option<TcpListener>,
    tls: Option<Tls>,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { plain: Some(socket), tls: None }
    }
}

impl Listener {
    /// A socket with TLS.
    pub fn tls(socket: TcpListener, certificate: &Certificate) -> Self {
        let acceptor = TlsAcceptor::from(Arc::clone(&certificate.0));
        Self { plain: None, tls: Some(Tls { socket, acceptor, handshakes: JoinSet::new() }) }
    }

    /// A plain socket as well, for programs on this machine: hardly a certificate names the loopback address.
    #[must_use]
    pub fn and_plain(self, socket: TcpListener) -> Self {
        Self { plain: Some(socket), ..self }
    }
}

impl Accepts for Listener {
    type Io = Stream;
    type Addr = Peer;

    async fn accept(&mut self) -> (Stream, Peer) {
        let plain = async {
            match &mut self.plain {
                Some(socket) => Accepts::accept(socket).await,
                None => std::future::pending().await,
            }
        };
        let tls = async {
            match &mut self.tls {
                Some(tls) => tls.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            (stream, address) = plain => (Stream::Plain(stream), Peer::plain(address)),
            (stream, address) = tls => (Stream::Tls(Box::new(stream)), Peer::tls(address)),
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        match (&self.tls, &self.plain) {
            (Some(tls), _) => tls.socket.local_addr().map(Peer::tls),
            (None, Some(socket)) => socket.local_addr().map(Peer::plain),
            (None, None) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// A socket whose connections are shaken hands with beside each other, so that a slow or hostile one holds up nobody.
struct Tls {
    socket: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Tls {
    /// The next connection that has shaken hands. May be dropped at any time: handshakes go on in their tasks.
    async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            tokio::select! {
                (stream, address) = Accepts::accept(&mut self.socket), if self.handshakes.len() < HANDSHAKES => {
                    self.handshakes.spawn(shake_hands(self.acceptor.clone(), stream, address));
                }
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = done {
                        return connection;
                    }
                }
            }
        }
    }
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TlsStream<TcpStream>, SocketAddr)> {
    // The last record of an answer must not wait for a confirmation of the one before.
    stream.set_nodelay(true).ok();
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some((stream, address)),
        Ok(Err(error)) => {
            tracing::debug!(%address, %error, "no TLS with this client");
            None
        }
        Err(_) => {
            tracing::debug!(%address, "a client did not shake hands in time");
            None
        }
    }
}

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Encrypted.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
