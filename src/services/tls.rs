//! TLS for everything that kab says to servers: one configuration, for HTTP and for web sockets alike.
//!
//! It trusts what the system trusts, and the authorities of one more file where a site has its own. Pinned certificates
//! (`tls.certificates` of protocol version 2) are not known here.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::error::{Error, Result};

/// What is trusted; cheap to clone.
#[derive(Clone, Default)]
pub struct Tls {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    authorities: Vec<CertificateDer<'static>>,
    /// Made when first needed: reading the system's certificates takes longer than most commands.
    config: OnceLock<Arc<ClientConfig>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Tls({} authorities of a file)", self.shared.authorities.len())
    }
}

impl Tls {
    /// Trusts what the system trusts, and the certificates in this PEM file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no certificate.
    pub fn with_authorities(file: Option<&Path>) -> Result<Self> {
        let Some(path) = file else { return Ok(Self::default()) };
        let broken = |why: String| Error::Authorities { path: path.to_owned(), why };
        let text = std::fs::read(path).map_err(|error| broken(error.to_string()))?;
        let authorities: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| broken(error.to_string()))?;
        if authorities.is_empty() {
            return Err(broken("it holds no certificate (BEGIN CERTIFICATE)".into()));
        }
        let mut probe = RootCertStore::empty();
        for authority in &authorities {
            probe.add(authority.clone()).map_err(|error| broken(error.to_string()))?;
        }
        Ok(Self { shared: Arc::new(Shared { authorities, config: OnceLock::new() }) })
    }

    /// The configuration, without a choice of application protocols: that is how web sockets take it.
    ///
    /// # Errors
    /// When the provider offers nothing that TLS could use.
    pub fn config(&self) -> Result<Arc<ClientConfig>> {
        if let Some(config) = self.shared.config.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.build().map_err(|error| Error::Refused(format!("no TLS: {error}")))?);
        Ok(Arc::clone(self.shared.config.get_or_init(|| config)))
    }

    /// The configuration for HTTP.
    ///
    /// # Errors
    /// As [`Self::config`].
    pub fn http_config(&self) -> Result<ClientConfig> {
        let mut config = (*self.config()?).clone();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn build(&self) -> std::result::Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let authorities = self.shared.authorities.iter().cloned();
        match rustls_platform_verifier::Verifier::new_with_extra_roots(authorities, provider) {
            Ok(verifier) => {
                Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
            }
            // Small container images have no certificates; then no server is trusted, and plain HTTP works all the same.
            Err(error) => {
                tracing::warn!("the system's certificates cannot be read: {error}");
                Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
            }
        }
    }
}

/// Where a file with more authorities is named, when no flag and no context says so.
pub const AUTHORITIES: &str = "KAB_CA_FILE";

/// The file that the environment names.
pub fn authorities_of_environment() -> Option<PathBuf> {
    std::env::var_os(AUTHORITIES).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Whoever signed it is not trusted here.
    #[error("its certificate is signed by an authority that this machine does not know")]
    UnknownAuthority,
    /// It is another server's.
    #[error("its certificate is for another name{}", list(.0))]
    WrongName(Vec<String>),
    /// It is too old.
    #[error("its certificate has expired")]
    Expired,
    /// It is too new, or this machine's clock is late.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// Something else.
    #[error("its certificate is refused ({0})")]
    Other(String),
    /// It speaks no TLS there, or another one.
    #[error("no encrypted connection ({0})")]
    NoTls(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

impl CertificateFault {
    /// The fault that an error came from, where it came from TLS.
    pub fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::of_tls(found));
            }
            // An I/O error hides the error that it was made of from the chain of sources.
            if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
                && let Some(found) = Self::of(inner)
            {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use CertificateError as Bad;
        let rustls::Error::InvalidCertificate(bad) = error else { return Self::NoTls(error.to_string()) };
        match bad {
            Bad::UnknownIssuer => Self::UnknownAuthority,
            Bad::NotValidForName => Self::WrongName(Vec::new()),
            Bad::NotValidForNameContext { presented, .. } => Self::WrongName(presented.clone()),
            Bad::Expired | Bad::ExpiredContext { .. } => Self::Expired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => Self::NotYetValid,
            // A certificate that signed itself, and says that it is an authority.
            other if other.to_string().contains("CaUsedAsEndEntity") => Self::UnknownAuthority,
            other => Self::Other(other.to_string()),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownAuthority => "With the authority's certificate in a PEM file, use --ca-file FILE.",
            Self::WrongName(_) => "Use the name that the certificate is for.",
            Self::Expired => "Its administrator has to renew it; check this machine's clock, too.",
            Self::NotYetValid => "Check this machine's clock.",
            Self::Other(_) => "Its administrator has to see to it.",
            Self::NoTls(_) => "The port may speak plain HTTP; check the address.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_is_found_inside_of_other_errors() {
        let fault = |bad| {
            let inner = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(bad));
            CertificateFault::of(&io::Error::other(inner))
        };
        assert_eq!(fault(CertificateError::UnknownIssuer), Some(CertificateFault::UnknownAuthority));
        assert_eq!(fault(CertificateError::Expired), Some(CertificateFault::Expired));
        assert_eq!(fault(CertificateError::NotValidYet), Some(CertificateFault::NotYetValid));
        assert_eq!(fault(CertificateError::NotValidForName), Some(CertificateFault::WrongName(Vec::new())));
        assert_eq!(CertificateFault::of(&io::Error::other("refused")), None);
        let no_tls = io::Error::other(rustls::Error::HandshakeNotComplete);
        assert!(matches!(CertificateFault::of(&no_tls), Some(CertificateFault::NoTls(_))));
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let missing = Tls::with_authorities(Some(&path)).unwrap_err();
        assert!(missing.to_string().contains("ca.pem"), "{missing}");
        std::fs::write(&path, "no certificate").unwrap();
        let empty = Tls::with_authorities(Some(&path)).unwrap_err();
        assert!(empty.to_string().contains("BEGIN CERTIFICATE"), "{empty}");
    }
}
