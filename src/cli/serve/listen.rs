//! Where the server listens: at the loopback interface always, and with TLS or without where it is told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Serving, address};
use crate::cli::context::Context;
use crate::config;
use crate::domain::{Failure, FailureKind};
use crate::server::{Certificate, Listener};

/// A server's sockets.
pub struct Listening {
    /// All of them.
    pub listener: Listener,
    /// The address for programs on this machine. It is without TLS: no certificate names the loopback address.
    pub url: String,
    /// The socket with TLS, where there is one.
    pub encrypted: Option<SocketAddr>,
    /// The address that was asked for, or the one of loopback.
    pub bound: SocketAddr,
}

/// How the address that was asked for is to be protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Not at all: it is loopback, or somebody said so.
    None,
    /// By TLS.
    Tls {
        /// File of the certificate and its chain.
        certificate: PathBuf,
        /// File of its private key.
        key: PathBuf,
    },
}

/// What others can reach needs encryption, or somebody who says that it does not.
///
/// # Errors
/// When it has neither, or half a certificate.
pub fn protection(serving: &Serving, settings: &config::Server) -> Result<Protection, Failure> {
    let Some(address) = serving.listen else { return Ok(Protection::None) };
    if serving.insecure {
        return Ok(Protection::None);
    }
    let certificate = serving.tls_cert.as_ref().or(settings.tls_cert.as_ref());
    let key = serving.tls_key.as_ref().or(settings.tls_key.as_ref());
    let what = format!("Did not listen at {address}");
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Protection::Tls { certificate: certificate.clone(), key: key.clone() }),
        (None, None) if address.ip().is_loopback() => Ok(Protection::None),
        (None, None) => Err(Failure::new(what, "others could read tokens and data on the way without encryption")
            .kind(FailureKind::Usage)
            .hint(
                "Give it a certificate (--tls-cert FILE --tls-key FILE, or server.tls_cert and server.tls_key), put a \
                 proxy with TLS in front of a loopback address (server.public_url), or say --insecure.",
            )),
        (given, _) => {
            let missing = if given.is_some() { "private key" } else { "certificate" };
            Err(Failure::new(what, format!("the {missing} is missing"))
                .kind(FailureKind::Usage)
                .hint("--tls-cert and --tls-key, or server.tls_cert and server.tls_key, go together."))
        }
    }
}

/// Binds what is to be bound.
///
/// # Errors
/// When an address cannot be had, or the certificate cannot be used.
pub async fn open(context: &Context<'_>, serving: &Serving) -> Result<Listening, Failure> {
    let what = "Could not serve";
    let data = &context.folders.data;
    let network = |error: std::io::Error| Failure::new(what, error.to_string()).kind(FailureKind::Network);
    let Protection::Tls { certificate, key } = protection(serving, &context.settings.config.server)? else {
        let socket = address::bind(serving.listen, data).await.map_err(network)?;
        let bound = socket.local_addr().map_err(network)?;
        return Ok(Listening { listener: socket.into(), url: address::local_url(bound), encrypted: None, bound });
    };
    let certificate = read(certificate, key).await?;
    let socket = address::bind(serving.listen, data).await.map_err(network)?;
    let bound = socket.local_addr().map_err(network)?;
    let near = address::bind(None, data).await.map_err(network)?;
    let url = address::local_url(near.local_addr().map_err(network)?);
    let listener = Listener::tls(socket, &certificate).and_plain(near);
    Ok(Listening { listener, url, encrypted: Some(bound), bound })
}

async fn read(certificate: PathBuf, key: PathBuf) -> Result<Certificate, Failure> {
    let what = "Could not serve with TLS";
    let reading = tokio::task::spawn_blocking(move || Certificate::read(Path::new(&certificate), Path::new(&key)));
    let read = reading.await.map_err(|error| Failure::new(what, error.to_string()))?;
    read.map_err(|error| {
        Failure::new(what, error.to_string())
            .kind(FailureKind::Usage)
            .hint("The certificate comes first in its file and its chain after it; both files are PEM.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serving(listen: &str) -> Serving {
        Serving {
            listen: Some(listen.parse().unwrap()),
            tls_cert: None,
            tls_key: None,
            insecure: false,
            background: false,
        }
    }

    #[test]
    fn what_others_reach_is_encrypted_unless_somebody_says_otherwise() {
        let settings = config::Server::default();
        let refusal = protection(&serving("0.0.0.0:80"), &settings).unwrap_err();
        assert!(refusal.kind == FailureKind::Usage && refusal.hint.contains("--tls-cert"), "{refusal}");
        assert_eq!(protection(&serving("127.0.0.1:80"), &settings), Ok(Protection::None));
        let insecure = Serving { insecure: true, ..serving("0.0.0.0:80") };
        assert_eq!(protection(&insecure, &settings), Ok(Protection::None));
        let half = Serving { tls_cert: Some("c".into()), ..serving("127.0.0.1:80") };
        assert!(protection(&half, &settings).unwrap_err().why.contains("private key is missing"));
        let whole = Serving { tls_key: Some("k".into()), ..half };
        let tls = Protection::Tls { certificate: "c".into(), key: "k".into() };
        assert_eq!(protection(&whole, &settings), Ok(tls));
    }

    #[test]
    fn the_settings_may_name_the_certificate_and_flags_win() {
        let settings =
            config::Server { tls_cert: Some("c".into()), tls_key: Some("k".into()), ..config::Server::default() };
        let tls = |certificate: &str| Protection::Tls { certificate: certificate.into(), key: "k".into() };
        assert_eq!(protection(&serving("0.0.0.0:80"), &settings), Ok(tls("c")));
        let flagged = Serving { tls_cert: Some("other".into()), ..serving("0.0.0.0:80") };
        assert_eq!(protection(&flagged, &settings), Ok(tls("other")));
        let plain = Serving { listen: None, ..serving("0.0.0.0:80") };
        assert_eq!(protection(&plain, &settings), Ok(Protection::None), "loopback stays as it is");
        let insecure = Serving { insecure: true, ..serving("0.0.0.0:80") };
        assert_eq!(protection(&insecure, &settings), Ok(Protection::None));
    }
}
