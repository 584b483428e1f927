//! Signing in, step by step: what `kab login` and the terminal's dialog show while it happens.
//!
//! [`sign_in`] gives a stream of [`Step`]s. Nothing is asked of the person on the way but to open a link; where a
//! decision is needed (no encryption), the stream ends with a step that says so, and whoever has decided starts again.

use std::path::PathBuf;
use std::time::Instant;

use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::choice::{Chosen, Given};
use super::connect::Who;
use super::enter::{self, NotKept, Place};
use super::node::node_id;
use crate::config::{ContextName, Folders};
use crate::domain::{Failure, FailureKind};
use crate::services::fakts::{
    self, Device, Discovery, Encryption, Invitation, Manifest, Part, Poll, Protocol, Reached,
};
use crate::services::{Error, Http, Secret, Tls, without_password};

/// Steps that wait to be taken.
const WAITING: usize = 16;

/// What somebody should know who signs in while a token is given by a variable.
pub const TOKEN_GOES_FIRST: &str =
    "KAB_TOKEN is set, and commands go by it before they go by this login: unset it to use the login.";

/// Where to sign in, and how.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The deployment's address, as a person types it.
    pub address: String,
    /// The context to make or renew; `None`: the one that leads there already, else one named after the host.
    pub context: Option<ContextName>,
    /// Whether a person has agreed to go without encryption.
    pub encryption: Encryption,
    /// How to get in.
    pub way: Way,
    /// PEM file with the site's own certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// What signs in.
    pub part: Part,
    /// What the person should know when it is done.
    pub notes: Vec<String>,
}

impl SignIn {
    /// Signs in anew to a context, with a device code.
    ///
    /// # Errors
    /// When it is this machine's own server, or has fixed addresses: then there is nothing to sign in to.
    pub fn again(chosen: &Chosen) -> Result<Self, Failure> {
        let what = format!("Could not sign in to {}", chosen.name);
        let usage = |why: &str| Failure::new(&what, why).kind(FailureKind::Usage);
        let Some(entry) = &chosen.entry else {
            return Err(usage("this machine's own server lets its user in without a login")
                .hint("`kab login URL` signs in to another one."));
        };
        let Some(url) = &entry.url else {
            return Err(
                usage("its addresses are fixed, and its token comes from a file").hint("--token-file names it.")
            );
        };
        let ca_file = chosen.ca_file.clone();
        let notes = match &chosen.given {
            Given::Text(_) => vec![String::from(TOKEN_GOES_FIRST)],
            Given::File(_) | Given::Nothing => Vec::new(),
        };
        Ok(Self { context: Some(chosen.name.clone()), ca_file, notes, ..Self::to(url) })
    }

    /// Signs in to a deployment with a device code.
    pub fn to(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            context: None,
            encryption: Encryption::Required,
            way: Way::Device,
            ca_file: None,
            part: Part::Terminal,
            notes: Vec::new(),
        }
    }
}

/// How to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A person approves a code.
    Device,
    /// A ready-made client token (`FAKTS_TOKEN`); with protocol version 2, `client_id:refresh_token`.
    ClientToken(Secret),
    /// A redeem token (`FAKTS_REDEEM_TOKEN`, version 1).
    RedeemToken(Secret),
    /// A mandate key (`FAKTS_MANDATE_KEY`, version 2).
    MandateKey(Secret),
}

/// Something that happened on the way in. Those marked *last* end the stream.
#[derive(Debug, Clone)]
pub enum Step {
    /// A deployment answers.
    Found {
        /// Its name.
        deployment: String,
        /// The address that it answers at.
        address: String,
    },
    /// It answers without encryption only: everybody on the way can read the login. With a person's clear word, sign in
    /// to this address with [`Encryption::Optional`]. Last.
    OnlyHttp {
        /// Its name.
        deployment: String,
        /// The address that it answers at.
        address: String,
    },
    /// A code was given: show it with its link. It lives as long as it says from now on.
    Code(Invitation),
    /// There was no answer; it is asked again as long as the code lives.
    Trouble(String),
    /// There is an answer again: nobody has decided yet.
    Waiting,
    /// Somebody has approved; the rest takes a moment.
    Approved,
    /// Nobody approved in time. A new code needs a new start. Last.
    Expired,
    /// Somebody refused, in these words. Last.
    Denied(String),
    /// The server has forgotten the code: it was restarted, or another program took it. Last.
    Vanished,
    /// It cannot be done. Last.
    Failed(Failure),
    /// Signed in. Last.
    Done(Box<SignedIn>),
}

/// A login that was just made.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Where, and as whom.
    pub who: Who,
    /// The deployment's name.
    pub deployment: String,
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// What the token says that the person is there.
    pub roles: Vec<String>,
    /// The file that the login is in.
    pub stored_in: PathBuf,
    /// Whether commands without a context mean this one from now on.
    pub is_current: bool,
    /// What the person should know.
    pub notes: Vec<String>,
}

/// Signs in. Dropping the stream, or `cancel`, ends the attempt; a code that was shown is then left to expire.
pub fn sign_in(
    folders: &Folders,
    request: SignIn,
    cancel: &CancellationToken,
) -> impl Stream<Item = Step> + Send + Unpin + use<> {
    let (steps, receiver) = mpsc::channel(WAITING);
    let stop = cancel.child_token();
    let (folders, stopped) = (folders.clone(), stop.clone());
    tokio::spawn(async move {
        let work = async {
            let last = Attempt { folders: &folders, request: &request, steps: &steps }.run().await;
            steps.send(last).await.ok();
        };
        stopped.run_until_cancelled(work).await
    });
    let held = (receiver, stop.drop_guard());
    Box::pin(stream::unfold(held, |mut held| async move { Some((held.0.recv().await?, held)) }))
}

struct Attempt<'a> {
    folders: &'a Folders,
    request: &'a SignIn,
    steps: &'a mpsc::Sender<Step>,
}

impl Attempt<'_> {
    /// Goes all the way; the last step.
    async fn run(&self) -> Step {
        match self.get_in().await {
            Ok(step) => step,
            Err(error) => Step::Failed(self.failure(&error)),
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        let address = without_password(&self.request.address);
        let failure = error.failure(format!("Could not sign in to {address}"));
        match error {
            Error::SignIn(_) => failure.hint("Ask the deployment's administrator for a new one."),
            _ => failure,
        }
    }

    async fn tell(&self, step: Step) {
        self.steps.send(step).await.ok();
    }

    async fn get_in(&self) -> Result<Step, Error> {
        let http = Tls::with_authorities(self.request.ca_file.as_deref()).and_then(Http::trusting)?;
        let discovery = match fakts::find(&http, &self.request.address, self.request.encryption).await? {
            Reached::Deployment(found) => *found,
            Reached::OnlyHttp(found) => {
                return Ok(Step::OnlyHttp { deployment: found.name, address: found.address });
            }
        };
        let (deployment, address) = (discovery.name.clone(), discovery.address.clone());
        self.tell(Step::Found { deployment, address }).await;
        let name = match &self.request.context {
            Some(name) => Ok(name.clone()),
            None => enter::name_of(self.folders, &discovery.address),
        };
        let place = match name {
            Ok(name) => self.place(&http, name),
            Err(error) => return not_kept(error),
        };
        // Nobody should approve a code, and nothing be traded, for a login that cannot be kept.
        let held = place.lock().await?;
        let manifest = Manifest { node: node_id(self.folders), part: self.request.part.clone() };
        let (held, entered) = match &self.request.way {
            Way::Device => {
                // A person takes their time, and others may use the login that is there.
                drop(held);
                let redeemed = match self.wait_for_a_person(&http, &discovery, &manifest).await? {
                    Ok(redeemed) => redeemed,
                    Err(last) => return Ok(last),
                };
                (place.lock().await?, enter::with_code(&http, &discovery, redeemed).await?)
            }
            Way::ClientToken(token) => (held, enter::with_token(&http, &discovery, token).await?),
            Way::RedeemToken(token) => {
                let client_token = fakts::redeem(&http, &discovery, token, &manifest).await?;
                (held, enter::with_client_token(&http, &discovery, &client_token).await?)
            }
            Way::MandateKey(key) => (held, enter::with_mandate(&http, &discovery, key, &manifest).await?),
        };
        match enter::keep(place, held, discovery, entered).await {
            Ok(mut signed_in) => {
                signed_in.notes.extend(self.request.notes.iter().cloned());
                Ok(Step::Done(Box::new(signed_in)))
            }
            Err(error) => not_kept(error),
        }
    }

    fn place<'p>(&'p self, http: &'p Http, name: ContextName) -> Place<'p> {
        let SignIn { encryption, ca_file, .. } = self.request;
        Place { folders: self.folders, http, name, encryption: *encryption, ca_file: ca_file.clone() }
    }

    /// Shows a code until somebody has decided. `Ok(Err(_))`: nobody was let in.
    async fn wait_for_a_person(
        &self,
        http: &Http,
        discovery: &Discovery,
        manifest: &Manifest,
    ) -> Result<Result<fakts::Redeemed, Step>, Error> {
        let (device, invitation, mut pace) = Device::start(http, discovery, manifest).await?;
        self.tell(Step::Code(invitation)).await;
        let mut is_in_trouble = false;
        while let Some(wait) = pace.next(Instant::now()) {
            tokio::time::sleep(wait).await;
            let poll = device.poll().await;
            pace.hear(&poll);
            match poll {
                Poll::Waiting | Poll::SlowDown => {
                    if std::mem::take(&mut is_in_trouble) {
                        self.tell(Step::Waiting).await;
                    }
                }
                Poll::Trouble(why) => {
                    if !std::mem::replace(&mut is_in_trouble, true) {
                        self.tell(Step::Trouble(why)).await;
                    }
                }
                Poll::Granted(redeemed) => {
                    self.tell(Step::Approved).await;
                    return Ok(Ok(redeemed));
                }
                Poll::Denied(why) => return Ok(Err(Step::Denied(why))),
                Poll::Expired => return Ok(Err(Step::Expired)),
                Poll::Vanished => return Ok(Err(Step::Vanished)),
                Poll::Failed(error) => return Err(error),
            }
        }
        Ok(Err(Step::Expired))
    }
}

fn not_kept(error: NotKept) -> Result<Step, Error> {
    match error {
        NotKept::Error(error) => Err(error),
        NotKept::Failure(failure) => Ok(Step::Failed(failure)),
    }
}
