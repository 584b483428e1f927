//! The server's one key: signs access tokens, and gives every client its secret without storing it.
//!
//! The key is made once and lies in the data folder with mode 0600. Whoever can read it can be anybody.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SecureRandom as _;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use ring::{digest, hmac, rand, signature};

/// Name of the key file in the data folder.
pub const FILE: &str = "server.key";

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or made.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{0} does not hold a key of kab; restore it from a copy, or remove it and sign everybody in again")]
    Damaged(PathBuf),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// The key pair and what is derived from it. Its Debug output shows the public half only.
pub struct Keys {
    pair: Ed25519KeyPair,
    derive: hmac::Key,
    id: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the key of the data folder, or makes it. Blocks.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        match read(&path) {
            Ok(text) => Self::parse(text.trim()).ok_or(Error::Damaged(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(path),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    fn make(path: PathBuf) -> Result<Self, Error> {
        let document = Ed25519KeyPair::generate_pkcs8(&rand::SystemRandom::new())
            .map_err(|_: ring::error::Unspecified| Error::Random)?;
        let text = STANDARD.encode(document.as_ref());
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| Error::File { path: path.clone(), source })?;
        Self::parse(&text).ok_or(Error::Damaged(path))
    }

    fn parse(text: &str) -> Option<Self> {
        let document = STANDARD.decode(text).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8(&document).ok()?;
        let derive = hmac::Key::new(hmac::HMAC_SHA256, &document);
        let id = format!("kab-{}", &hex(digest::digest(&digest::SHA256, pair.public_key().as_ref()).as_ref())[..16]);
        Some(Self { pair, derive, id })
    }

    /// The key's id, `kid` of tokens.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// Signs; the signature is base64url.
    pub fn sign(&self, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.sign(message).as_ref())
    }

    /// Whether the signature is ours.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature::UnparsedPublicKey::new(&signature::ED25519, self.pair.public_key().as_ref())
            .verify(message, signature)
            .is_ok()
    }

    /// A secret that belongs to this name: always the same, and nobody else can tell it.
    pub fn secret(&self, purpose: &str, name: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.derive, format!("{purpose}\n{name}").as_bytes()).as_ref())
    }

    /// Whether the text is the secret of this name; takes the same time for every wrong one.
    pub fn is_secret(&self, purpose: &str, name: &str, given: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(given)
            .is_ok_and(|tag| hmac::verify(&self.derive, format!("{purpose}\n{name}").as_bytes(), &tag).is_ok())
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(4096).read_to_string(&mut text)?;
    Ok(text)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// SHA-256 of a token, as the store keeps it.
pub fn hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// So many random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::SystemRandom::new().fill(&mut bytes).map_err(|_: ring::error::Unspecified| Error::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path()).unwrap();
        let second = Keys::open(folder.path()).unwrap();
        assert_eq!(first.id(), second.id());
        assert_eq!(first.secret("client", "a"), second.secret("client", "a"));
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn secrets_differ_by_purpose_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let secret = keys.secret("client", "a");
        assert!(keys.is_secret("client", "a", &secret));
        assert!(!keys.is_secret("client", "b", &secret));
        assert!(!keys.is_secret("redeem", "a", &secret));
        assert!(!keys.is_secret("client", "a", "x"));
        assert!(!format!("{keys:?}").contains(&secret));
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "not a key").unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(Error::Damaged(_))));
    }
}
