//! Opens web sockets, plain and over TLS, with the same trust as HTTP.
//!
//! Proxies are not asked: a web socket goes straight to its server.

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::error::{Error, Result, Sent};
use super::http::Http;
use super::tls::CertificateFault;

/// An open web socket.
pub type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens the web socket. Whoever calls sets a limit in time.
///
/// # Errors
/// When there is no connection, its certificate is not trusted, or the server speaks none there.
pub async fn open_websocket(http: &Http, service: &str, request: impl IntoClientRequest + Unpin) -> Result<WebSocket> {
    let lost = |address: &str, why: String| Error::Network {
        service: service.to_owned(),
        why: if address.is_empty() { why } else { format!("{address}: {why}") },
        sent: Sent::No,
    };
    let request = request.into_client_request().map_err(|error| lost("", error.to_string()))?;
    let address = request.uri().to_string();
    let connector = match request.uri().scheme_str() {
        Some("wss") => Connector::Rustls(http.tls().config()?),
        _ => Connector::Plain,
    };
    // The hand-shake takes much room, which whoever waits for it should not have to keep.
    match Box::pin(connect_async_tls_with_config(request, None, true, Some(connector))).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => {
            let why = String::from("it opens no WebSocket there");
            Err(Error::Status { service: service.to_owned(), status: answer.status().as_u16(), why })
        }
        Err(error) => Err(match CertificateFault::of(&error) {
            Some(fault) => Error::Certificate { service: service.to_owned(), address, fault },
            None => lost(&address, error.to_string()),
        }),
    }
}
