//! What every handler of the server shares.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio_util::sync::CancellationToken;

use super::activity::Usage;
use super::changes::Changes;
use super::keys::Keys;
use super::listener::Listener;
use super::options::Options;
use super::rekuest::Rekuest;
use super::repositories::Repositories;
use super::settings::Settings;
use super::store::Store;
use super::store::codes::CodeRow;

/// The state of all routes.
pub type State = Arc<Inner>;

/// What [`State`] holds.
pub struct Inner {
    /// What the composing program decided.
    pub options: Options,
    /// The database.
    pub store: Store,
    /// Signs tokens.
    pub keys: Keys,
    /// Tells what changed.
    pub changes: Changes,
    /// Tasks and agents.
    pub rekuest: Rekuest,
    /// The catalogue's repositories.
    pub repositories: Repositories,
    /// What engines are told.
    pub settings: Settings,
    /// Who uses the server.
    pub usage: Usage,
    /// Cancelled when the server stops: sockets end then.
    pub stop: CancellationToken,
}

impl Inner {
    /// The client token that an approved device code stands for.
    pub fn code_token(&self, row: &CodeRow) -> String {
        self.keys.secret("device code", &row.nonce)
    }
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    scheme: &'static str,
}

impl Peer {
    /// The end of a connection without encryption.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, scheme: "http" }
    }

    /// The end of a connection with TLS.
    pub fn tls(address: SocketAddr) -> Self {
        Self { address, scheme: "https" }
    }

    /// Scheme of the addresses that the connection is reached by.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        *stream.remote_addr()
    }
}
