//! An engine's own login at another server: made once, kept apart from the person's, and used again at every start.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::super::context::Context;
use super::super::login::{self, Link, Manner};
use crate::access::{self, SignIn, Step, Way};
use crate::agent::{Door, passes};
use crate::config::{ContextName, Folders};
use crate::domain::{Failure, FailureKind};
use crate::services::error::Sent;
use crate::services::fakts::{self, Encryption, Part};
use crate::services::{Error, Http, Session, Tls};

const WHAT: &str = "Could not sign the engine in";

/// The way in.
pub struct Entrance {
    folders: Folders,
    name: ContextName,
    http: Http,
    request: SignIn,
}

/// What an engine says about itself and its server.
pub struct Wanted<'a> {
    /// The server.
    pub url: &'a str,
    /// The kind of engine, as on the command line.
    pub kind: &'a str,
    /// What lets it in when nothing is kept.
    pub way: Way,
    /// PEM file with the site's own certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Whether a login may travel without encryption.
    pub encryption: Encryption,
}

impl Entrance {
    /// Keeps its login below that folder.
    ///
    /// # Errors
    /// When the folder cannot be named, or the certificate authorities cannot be read.
    pub fn new(base: &Path, wanted: Wanted<'_>) -> Result<Self, Failure> {
        let Wanted { url, kind, way, ca_file, encryption } = wanted;
        let failed = |why: String| Failure::new(WHAT, why);
        let folders = Folders::find(Some(&base.join("logins").join(folder_name(url))))
            .map_err(|error| failed(error.to_string()))?;
        let name: ContextName = "engine".parse().map_err(|_| failed(String::from("its login has no name")))?;
        let http =
            Tls::with_authorities(ca_file.as_deref()).and_then(Http::trusting).map_err(|error| error.failure(WHAT))?;
        let part = Part::Engine(kind.to_owned());
        let request = SignIn { context: Some(name.clone()), way, ca_file, encryption, part, ..SignIn::to(url) };
        Ok(Self { folders, name, http, request })
    }

    /// Asks a person, where nothing is kept and nothing else lets in.
    ///
    /// # Errors
    /// When nobody is there, or nobody approves.
    pub async fn ask(&self, context: &Context<'_>) -> Result<(), Failure> {
        if self.request.way != Way::Device {
            return Ok(());
        }
        match self.kept().await {
            Ok(_) => return Ok(()),
            // There is a login, and it cannot be tried now.
            Err(error) if passes(&error) => return Ok(()),
            Err(error) => tracing::debug!("a person is asked: {error}"),
        }
        if context.common.no_input || !io::stderr().is_terminal() {
            let why = "nothing lets it in, and nobody is there to approve a code";
            return Err(Failure::new(WHAT, why).kind(FailureKind::SignIn).hint(
                "--redeem-token-file, --mandate-key-file and --token-file let it in, or FAKTS_REDEEM_TOKEN, \
                 FAKTS_MANDATE_KEY and FAKTS_TOKEN; in a terminal kab asks you.",
            ));
        }
        let manner = Manner { folders: &self.folders, no_browser: false, link: Link::InText };
        let signed_in = login::complete(context, &manner, self.request.clone()).await?;
        for note in &signed_in.notes {
            context.printer.note(note);
        }
        Ok(())
    }

    /// A session of the login that is kept; its token is tried.
    async fn kept(&self) -> Result<Session, Error> {
        let session = access::session(&self.folders, &self.name, &self.http).await?;
        session.tokens().current().await?;
        Ok(session)
    }

    /// Signs in without a person.
    async fn sign_in(&self) -> Result<(), Error> {
        let mut steps = access::sign_in(&self.folders, self.request.clone(), &CancellationToken::new());
        while let Some(step) = steps.next().await {
            match step {
                Step::Done(_) => return Ok(()),
                Step::OnlyHttp { address, .. } => {
                    return Err(fakts::only_http(&address));
                }
                Step::Failed(failure) => return Err(as_error(failure)),
                _ => {}
            }
        }
        Err(Error::SignIn("it was broken off".into()))
    }
}

impl Door for Entrance {
    fn enter(&self) -> BoxFuture<'_, Result<Session, Error>> {
        async {
            match self.kept().await {
                // What is kept is over, or was never there: what was given lets in once more. A person is not asked
                // here, since nobody may be there.
                Err(Error::SignIn(why) | Error::Barred(why)) if self.request.way != Way::Device => {
                    tracing::info!("signing in: {why}");
                    self.sign_in().await?;
                    self.kept().await
                }
                other => other,
            }
        }
        .boxed()
    }
}

/// A failure as the kind of error that it was: a supervisor starts an engine again after a full disk, and not after a
/// refusal.
fn as_error(failure: Failure) -> Error {
    match failure.kind {
        FailureKind::Network => Error::Network { service: "Lok".into(), why: failure.why, sent: Sent::Perhaps },
        FailureKind::SignIn => Error::SignIn(failure.why),
        _ => Error::Refused(failure.why),
    }
}

/// Addresses hold signs that names of folders should not.
fn folder_name(url: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let url = url.trim().trim_end_matches('/').to_lowercase();
    let digest = ring::digest::digest(&ring::digest::SHA256, url.as_bytes());
    let short = digest.as_ref()[..4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    format!("{}-{short:08x}", host.chars().map(plain).take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_is_told_as_one() {
        let kind = |kind| as_error(Failure::new("Could not sign in", "No space left").kind(kind)).kind();
        for same in [FailureKind::Network, FailureKind::SignIn, FailureKind::Failed] {
            assert_eq!(kind(same), same);
        }
        assert_eq!(kind(FailureKind::Usage), FailureKind::Failed);
    }

    #[test]
    fn each_server_has_a_login_of_its_own() {
        let name = folder_name("https://Lab.example.org:8443/arkitekt/");
        assert!(name.starts_with("lab-example-org-8443-arkitekt-"), "{name}");
        assert_eq!(name, folder_name(" https://lab.example.org:8443/arkitekt"));
        assert_ne!(name, folder_name("http://lab.example.org:8443/arkitekt"));
    }
}
