//! Device codes: a person approves on another device what this program asks for.
//!
//! [`Device`] talks to the server; [`Poll`] is what one answer means, and [`Pace`] when the next one is asked for. The
//! two of them compute and do nothing else. Showing the code and waiting are left to the caller.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::super::error::{Error, Result};
use super::super::http::{Answer, Http, url_of};
use super::super::secret::Secret;
use super::claim::{call, status};
use super::discovery::{Discovery, Encryption, Protocol, endpoint};
use super::manifest::Manifest;
use super::oauth::{Grant, code, granted};
use super::said;

/// How long a code is asked to live.
const LIFE: Duration = Duration::from_mins(5);
/// How often version 1 is asked.
const TICK: Duration = Duration::from_secs(1);
/// How often version 2 is asked, unless it says otherwise; and what is added when that is too often.
const STEP: Duration = Duration::from_secs(5);
/// The server's clock decides when a code is over; it gets so long to say so.
const LATE: Duration = Duration::from_secs(3);

/// What a person needs to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The code.
    pub code: String,
    /// The page that has the code already.
    pub link: String,
    /// The page where the code is typed.
    pub page: Option<String>,
    /// The same two at another address, for deployments that name the wrong one.
    pub other_link: Option<String>,
    /// How long the code lives.
    pub life: Duration,
}

/// What somebody who was let in holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// Version 1: a client token, to be claimed with.
    ClientToken(Secret),
    /// Version 2: everything.
    Grant(Box<Grant>),
}

/// What one answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// Nobody has decided yet.
    Waiting,
    /// Somebody said yes.
    Granted(Redeemed),
    /// Somebody said no, in these words.
    Denied(String),
    /// Nobody said anything in time.
    Expired,
    /// The server knows no such code any more.
    Vanished,
    /// It is asked too often.
    SlowDown,
    /// No answer, or not from the server itself: asked again until the code is over.
    Trouble(String),
    /// Something that asking again does not help.
    Failed(Error),
}

/// A login that waits for a person.
#[derive(Debug, Clone)]
pub struct Device {
    http: Http,
    flow: Flow,
}

#[derive(Debug, Clone)]
enum Flow {
    One { challenge: String, code: String },
    Two { token: String, device_code: Secret, client_id: String },
}

/// The answer of a version 2 server.
#[derive(Deserialize)]
struct Authorization {
    device_code: Secret,
    user_code: String,
    client_id: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    interval: Option<u64>,
}

impl Device {
    /// Asks for a code.
    ///
    /// # Errors
    /// When the server gives none.
    pub async fn start(http: &Http, discovery: &Discovery, manifest: &Manifest) -> Result<(Self, Invitation, Pace)> {
        match discovery.protocol {
            Protocol::One => Self::start_one(http, discovery, manifest).await,
            Protocol::Two => Self::start_two(http, discovery, manifest).await,
        }
    }

    async fn start_one(http: &Http, discovery: &Discovery, manifest: &Manifest) -> Result<(Self, Invitation, Pace)> {
        let body = json!({
            "manifest": manifest.for_version_one(),
            "expiration_time_seconds": LIFE.as_secs(),
            "redirect_uris": [],
            "requested_client_kind": "development",
            "requested_client_role": manifest.role(),
        });
        let answer = http.post_json("Lok", call(&discovery.base_url, "start/")?, &body).await?;
        let (Some("granted"), Some(code)) = (answer["status"].as_str(), answer["code"].as_str()) else {
            return Err(Error::Refused(said(&answer)));
        };
        let flow = Flow::One { challenge: call(&discovery.base_url, "challenge/")?.into(), code: code.to_owned() };
        let invitation = invitation(discovery, code);
        let pace = Pace::new(TICK, invitation.life);
        Ok((Self { http: http.clone(), flow }, invitation, pace))
    }

    async fn start_two(http: &Http, discovery: &Discovery, manifest: &Manifest) -> Result<(Self, Invitation, Pace)> {
        let absent = || Error::Refused(format!("{} lets nobody in by a device code", discovery.address));
        let endpoint = discovery.device_endpoint.as_deref().ok_or_else(absent)?;
        let token = discovery.token_endpoint.clone().ok_or_else(absent)?;
        let body = json!({
            "manifest": manifest.for_version_two(),
            "expiration_time_seconds": LIFE.as_secs(),
            "redirect_uris": [],
            "requested_client_kind": "development",
            "requested_client_role": manifest.role(),
        });
        let answer = http.post_json_any("Lok", url_of("Lok", endpoint)?, &body).await?;
        let authorization: Authorization = match serde_json::from_value(answer.body.clone()) {
            Ok(authorization) if (200..300).contains(&answer.status) => authorization,
            _ if code(&answer.body) == "slow_down" || answer.status == 429 => {
                return Err(Error::Refused("the server is asked for too many codes; try again in a minute".into()));
            }
            Err(error) if answer.body["device_code"].is_string() => {
                return Err(Error::Unreadable { service: "Lok".into(), why: error.to_string() });
            }
            _ => return Err(Error::Refused(said(&answer.body))),
        };
        let life = authorization.expires_in.map_or(LIFE, Duration::from_secs);
        let interval = authorization.interval.map_or(STEP, Duration::from_secs).max(TICK);
        let Authorization { device_code, user_code, client_id, verification_uri, verification_uri_complete, .. } =
            authorization;
        let invitation = Invitation {
            link: verification_uri_complete.unwrap_or_else(|| verification_uri.clone()),
            page: Some(verification_uri),
            other_link: None,
            code: user_code,
            life,
        };
        let flow = Flow::Two { token, device_code, client_id };
        Ok((Self { http: http.clone(), flow }, invitation, Pace::new(interval, life)))
    }

    /// Asks once how it stands.
    pub async fn poll(&self) -> Poll {
        match &self.flow {
            Flow::One { challenge, code } => {
                let url = match url_of("Lok", challenge) {
                    Ok(url) => url,
                    Err(error) => return Poll::Failed(error),
                };
                Poll::of_version_one(self.http.post_json_any("Lok", url, &json!({"code": code})).await)
            }
            Flow::Two { token, device_code, client_id } => {
                let form = [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                    ("device_code", device_code.expose()),
                    ("client_id", client_id.as_str()),
                ];
                let url = match url_of("Lok", token) {
                    Ok(url) => url,
                    Err(error) => return Poll::Failed(error),
                };
                match Poll::of_version_two(self.http.post_form("Lok", url, &form).await) {
                    Poll::Granted(Redeemed::Grant(mut grant)) => {
                        grant.client_id.get_or_insert_with(|| client_id.clone());
                        Poll::Granted(Redeemed::Grant(grant))
                    }
                    poll => poll,
                }
            }
        }
    }
}

/// Where a code of version 1 is approved.
fn invitation(discovery: &Discovery, code: &str) -> Invitation {
    let base = discovery.base_url.trim_end_matches('/');
    let root = base.strip_suffix("lok/f").unwrap_or(base).trim_end_matches('/');
    let (link, page) = match (&discovery.frontend_url, &discovery.configure_url) {
        (Some(front), _) => (format!("{front}configure/{code}"), Some(format!("{front}device"))),
        (None, Some(configure)) => (format!("{configure}{code}"), None),
        (None, None) => (format!("{root}/configure/{code}"), None),
    };
    // Older deployments name their identity provider instead of the pages, which then get a doubled slash, too.
    let other = discovery.frontend_url.as_ref().and_then(|front| front.trim_end_matches('/').strip_suffix("/lok"));
    let other_link = other.map(|root| format!("{root}/configure/{code}"));
    Invitation { code: code.to_owned(), link, page, other_link, life: LIFE }
}

impl Poll {
    /// What an answer of `challenge/` means. The outcome is in `status`; HTTP says nothing.
    pub fn of_version_one(answer: Result<Answer>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Self::of_error(error),
        };
        match status(&answer.body) {
            "pending" | "waiting" => Self::Waiting,
            "granted" => match answer.body["token"].as_str() {
                Some(token) => Self::Granted(Redeemed::ClientToken(Secret::new(token))),
                None => {
                    Self::Failed(Error::Unreadable { service: "Lok".into(), why: "a grant without a token".into() })
                }
            },
            "denied" => Self::Denied(said(&answer.body)),
            "expired" => Self::Expired,
            "error" if said(&answer.body).contains("does not exist") => Self::Vanished,
            _ => Self::of_status(&answer),
        }
    }

    /// What an answer of a token endpoint means (RFC 8628).
    pub fn of_version_two(answer: Result<Answer>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Self::of_error(error),
        };
        match code(&answer.body) {
            "authorization_pending" => return Self::Waiting,
            "slow_down" => return Self::SlowDown,
            "access_denied" => return Self::Denied(said(&answer.body)),
            "expired_token" => return Self::Expired,
            "invalid_grant" => return Self::Vanished,
            _ if answer.status == 429 || answer.status >= 500 => return Self::of_status(&answer),
            _ => {}
        }
        match granted(answer) {
            Ok(grant) => Self::Granted(Redeemed::Grant(Box::new(grant))),
            Err(error) => Self::Failed(error),
        }
    }

    fn of_status(answer: &Answer) -> Self {
        let why = said(&answer.body);
        match answer.status {
            429 => Self::SlowDown,
            500.. => Self::Trouble(format!("Lok answered HTTP {}", answer.status)),
            200..=299 => Self::Failed(Error::Refused(why)),
            status => Self::Failed(Error::Status { service: "Lok".into(), status, why }),
        }
    }

    fn of_error(error: Error) -> Self {
        match error {
            Error::Status { status: 429, .. } => Self::SlowDown,
            // The last two are a proxy's: it has lost its server.
            Error::Network { .. }
            | Error::Deadline { .. }
            | Error::Page { status: 500.., .. }
            | Error::Status { status: 500.., .. } => Self::Trouble(error.to_string()),
            error => Self::Failed(error),
        }
    }
}

/// When the next answer is asked for, and when that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    interval: Duration,
    ends: Instant,
}

impl Pace {
    /// A pace that begins now.
    pub fn new(interval: Duration, life: Duration) -> Self {
        Self::at(Instant::now(), interval, life)
    }

    fn at(now: Instant, interval: Duration, life: Duration) -> Self {
        // Nobody waits for a day, and a server that says so must not overflow the clock.
        Self { interval, ends: now + life.min(Duration::from_hours(24)) + LATE }
    }

    /// How long to wait before asking; `None`: the code is over.
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let left = self.ends.checked_duration_since(now).filter(|left| !left.is_zero())?;
        Some(self.interval.min(left))
    }

    /// Takes an answer into account.
    pub fn hear(&mut self, poll: &Poll) {
        if *poll == Poll::SlowDown {
            self.interval += STEP;
        }
    }

    /// How long the code lives yet.
    pub fn left(&self, now: Instant) -> Duration {
        self.ends.saturating_duration_since(now).saturating_sub(LATE)
    }
}

/// Whether a link may be opened for a person: an address of a web page, and nothing else.
pub fn is_link(text: &str) -> bool {
    url_of("", text).is_ok_and(|url| endpoint(&url, text, Encryption::Optional).is_ok())
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
