//! The server's certificate and private key, read from PEM files when the server starts.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Longest file that is read, bytes.
const LONGEST: u64 = 1 << 20;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// The file holds no private key.
    #[error("{0} holds no private key in PEM form that is not locked with a password")]
    NoKey(PathBuf),
    /// They do not go together, or are of a kind that is not known.
    #[error("{certificate} and {key} cannot be used together: {why}")]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        why: rustls::Error,
    },
}

/// A certificate with its chain and its key. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(pub(super) Arc<ServerConfig>);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads both files. A key that others can read is warned of. Blocks.
    ///
    /// # Errors
    /// When a file cannot be read, does not hold what it should, or they do not go together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(certificate)?)
            .collect::<Result<_, _>>()
            .map_err(|_| Error::NoCertificate(certificate.to_owned()))?;
        if chain.is_empty() {
            return Err(Error::NoCertificate(certificate.to_owned()));
        }
        let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| Error::NoKey(key.to_owned()))?;
        if is_open_to_others(key) {
            tracing::warn!("{} can be read by others: chmod 600 keeps the key secret", key.display());
        }
        let unusable = |why| Error::Unusable { certificate: certificate.to_owned(), key: key.to_owned(), why };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| Error::File { path: path.to_owned(), source })
}

/// Whether anybody but the owner and his group can read the file. Systems share keys with a group of their own.
fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "tests/fixtures/tls/server.pem";
    const KEY: &str = "tests/fixtures/tls/server.key";

    #[test]
    fn what_is_not_a_certificate_or_its_key_is_said() {
        let refusal = |certificate: &str, key: &str| {
            Certificate::read(Path::new(certificate), Path::new(key)).unwrap_err().to_string()
        };
        assert!(refusal("tests/fixtures/tls/none.pem", KEY).starts_with("tests/fixtures/tls/none.pem: "));
        assert!(refusal(KEY, KEY).contains("holds no certificate"));
        assert!(refusal(CERTIFICATE, CERTIFICATE).contains("holds no private key"));
        assert!(refusal("tests/fixtures/tls/authority.pem", KEY).contains("cannot be used together"));
        assert!(Certificate::read(Path::new(CERTIFICATE), Path::new(KEY)).is_ok());
    }

    #[test]
    fn a_key_that_everybody_can_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "").unwrap();
        for (mode, is_open) in [(0o600, false), (0o640, false), (0o644, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open_to_others(&path), is_open, "{mode:o}");
        }
    }
}
