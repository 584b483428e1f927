//! One HTTP client with deadlines; answers are classified before anybody looks into them.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use reqwest::{
    StatusCode, Url,
    header::{CONTENT_TYPE, DATE, HeaderMap},
};
use serde_json::Value;

use super::{
    Secret,
    error::{Error, Result, Sent},
    meter::{Measure, Meter, operation, outcome},
    tls::{CertificateFault, Tls, authorities_of_environment},
};
use crate::domain::{Moment, Outcome};

/// How long a server may be silent: before the head of its answer, and between two pieces of it. How long all of it takes
/// is up to the link, and to how fast it may be read.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Bytes of a question that come through in a millisecond at least; what takes longer than that is no silence.
const UPWARDS: u64 = 8;

/// More than this is not read: no list page of a catalogue comes near it.
const BODY_LIMIT: usize = 64 << 20;

/// The HTTP client. Redirects are not followed (they turn a POST into a GET), and nothing of this machine goes
/// through a proxy.
#[derive(Debug, Clone)]
pub struct Http {
    /// This machine, without TLS.
    near: reqwest::Client,
    tls: Tls,
    /// Made when first needed: reading the system's certificates takes longer than most commands.
    more: Arc<More>,
    meter: Meter,
    /// See [`DEADLINE`].
    silence: Duration,
}

#[derive(Debug, Default)]
struct More {
    near_encrypted: OnceLock<reqwest::Client>,
    far: OnceLock<reqwest::Client>,
}

impl Http {
    /// Builds the client, with the authorities that the environment names (`KAB_CA_FILE`).
    ///
    /// # Errors
    /// As [`Self::trusting`].
    pub fn new() -> Result<Self> {
        Self::trusting(Tls::with_authorities(authorities_of_environment().as_deref())?)
    }

    /// Builds the client.
    ///
    /// # Errors
    /// When the TLS configuration cannot be built.
    pub fn trusting(tls: Tls) -> Result<Self> {
        // Installing it twice changes nothing; without one, building a client panics.
        rustls::crypto::ring::default_provider().install_default().ok();
        let near = settled(reqwest::Client::builder().no_proxy().tls_certs_only([]))
            .build()
            .map_err(|error| Error::Network { service: "kab".into(), why: chain(&error), sent: Sent::No })?;
        Ok(Self { near, tls, more: Arc::default(), meter: Meter::default(), silence: DEADLINE })
    }

    /// What it trusts.
    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Counts what is asked.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// A client with TLS. Where that cannot be had, plain HTTP works all the same.
    fn encrypted(&self, builder: reqwest::ClientBuilder) -> reqwest::Client {
        let config = self.tls.http_config().map_err(|error| tracing::warn!("{error}"));
        config
            .and_then(|config| {
                let built = settled(builder).tls_backend_preconfigured(config).build();
                built.map_err(|error| tracing::warn!("no TLS: {}", chain(&error)))
            })
            .unwrap_or_else(|()| self.near.clone())
    }

    fn client(&self, url: &Url) -> &reqwest::Client {
        match (is_loopback(url), url.scheme()) {
            (true, "https") => {
                let builder = || reqwest::Client::builder().no_proxy();
                self.more.near_encrypted.get_or_init(|| self.encrypted(builder()))
            }
            (true, _) => &self.near,
            (false, _) => self.more.far.get_or_init(|| self.encrypted(reqwest::Client::builder())),
        }
    }

    /// Succeeds when the address answers 200 within the limit.
    ///
    /// # Errors
    /// Anything else.
    pub async fn get_ok(&self, service: &str, url: Url, limit: Duration) -> Result<()> {
        let measure = self.meter.begin(service, format!("GET {}", url.path()), 0);
        let request = self.client(&url).get(url).timeout(limit);
        let answer = request.send().await.map_err(|error| broken(service, &error, limit));
        measure.end(outcome(&answer, |answer| Outcome::Answered(answer.status().as_u16())));
        let status = answer?.status();
        if status == StatusCode::OK {
            return Ok(());
        }
        Err(Error::Status { service: service.to_owned(), status: status.as_u16(), why: String::new() })
    }

    /// Asks an address for its headers alone: how soon it answers, and what its clock says.
    ///
    /// # Errors
    /// When no answer comes within the limit. Any status is an answer.
    pub async fn probe(&self, service: &str, url: Url, limit: Duration) -> Result<Probe> {
        let request = self.client(&url).get(url).header("Accept", "application/json").timeout(limit);
        let asked = Instant::now();
        let answer = request.send().await.map_err(|error| broken(service, &error, limit))?;
        let took = asked.elapsed();
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
        Ok(Probe { status: answer.status().as_u16(), date, took })
    }

    /// GETs JSON.
    ///
    /// # Errors
    /// No connection, no success, or no JSON.
    pub async fn get_json(&self, service: &str, url: Url) -> Result<Value> {
        let request = self.client(&url).get(url).header("Accept", "application/json");
        self.receive(service, None, request).await?.success(service)
    }

    /// POSTs JSON and reads JSON.
    ///
    /// # Errors
    /// No connection, no success, or no JSON.
    pub async fn post_json(&self, service: &str, url: Url, body: &Value) -> Result<Value> {
        self.receive(service, None, self.client(&url).post(url).json(body)).await?.success(service)
    }

    /// POSTs JSON and reads JSON of any status.
    ///
    /// # Errors
    /// No connection, a web page, or no JSON.
    pub async fn post_json_any(&self, service: &str, url: Url, body: &Value) -> Result<Answer> {
        self.receive(service, None, self.client(&url).post(url).json(body)).await
    }

    /// POSTs JSON with a bearer token. Any status is an answer here: the caller classifies.
    ///
    /// # Errors
    /// No connection, a web page, or no JSON.
    pub async fn post_signed(&self, service: &str, url: Url, body: &Value, token: &Secret) -> Result<Answer> {
        let request = self.client(&url).post(url).json(body).bearer_auth(token.expose());
        self.receive(service, Some(operation(body)), request).await
    }

    /// POSTs a form and reads JSON of any status.
    ///
    /// # Errors
    /// No connection, a web page, or no JSON.
    pub async fn post_form(&self, service: &str, url: Url, form: &[(&str, &str)]) -> Result<Answer> {
        self.receive(service, None, self.client(&url).post(url).form(form)).await
    }

    /// Sends, and reads JSON of any status; measured under that name, or as method and path.
    async fn receive(&self, service: &str, name: Option<String>, request: reqwest::RequestBuilder) -> Result<Answer> {
        // What waits for an answer takes much room, which whoever waits for that should not have to keep.
        Box::pin(self.measured(service, name, request)).await
    }

    async fn measured(&self, service: &str, name: Option<String>, request: reqwest::RequestBuilder) -> Result<Answer> {
        let (client, request) = request.build_split();
        let request = request.map_err(|error| broken(service, &error, DEADLINE))?;
        let name = name.unwrap_or_else(|| format!("{} {}", request.method(), request.url().path()));
        let body = request.body().and_then(reqwest::Body::as_bytes).map_or(0, <[u8]>::len);
        let sent = size(request.headers()) + (request.url().path().len() + body) as u64;
        let mut measure = self.meter.begin(service, name, sent);
        let patience = self.silence + Duration::from_millis(sent / UPWARDS);
        let late = |_| Error::Deadline { service: service.to_owned(), after: self.silence };
        let answer = match tokio::time::timeout(patience, client.execute(request)).await.map_err(late) {
            Ok(Ok(response)) => self.read(service, response, &mut measure).await,
            Ok(Err(error)) => Err(broken(service, &error, DEADLINE)),
            Err(error) => Err(error),
        };
        measure.end(outcome(&answer, Answer::outcome));
        answer
    }

    async fn read(&self, service: &str, mut response: reqwest::Response, measure: &mut Measure) -> Result<Answer> {
        measure.head(size(response.headers()));
        let status = response.status().as_u16();
        let page = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/html"));
        let mut body = Vec::new();
        // What kab holds back itself is not the server's silence, so it is counted anew for each piece.
        let late = |_| Error::Deadline { service: service.to_owned(), after: self.silence };
        while let Some(chunk) = tokio::time::timeout(self.silence, response.chunk())
            .await
            .map_err(late)?
            .map_err(|error| broken(service, &error, DEADLINE))?
        {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Error::Unreadable {
                    service: service.to_owned(),
                    why: "the answer is larger than 64 MB".into(),
                });
            }
            body.extend_from_slice(&chunk);
            measure.piece(chunk.len()).await;
        }
        if page || body.trim_ascii_start().starts_with(b"<") {
            return Err(Error::Page {
                service: service.to_owned(),
                status,
                title: title(&String::from_utf8_lossy(&body)),
            });
        }
        match serde_json::from_slice(&body) {
            Ok(body) => Ok(Answer { status, body }),
            Err(_) if !(200..300).contains(&status) => {
                let why = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
                Err(Error::Status { service: service.to_owned(), status, why })
            }
            Err(error) => Err(Error::Unreadable { service: service.to_owned(), why: error.to_string() }),
        }
    }
}

/// JSON with its status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Answer {
    fn outcome(&self) -> Outcome {
        let is_refused = self.body["errors"].as_array().is_some_and(|errors| !errors.is_empty());
        if is_refused { Outcome::Refused } else { Outcome::Answered(self.status) }
    }

    fn success(self, service: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let why = ["error_description", "error", "message", "detail"]
            .iter()
            .find_map(|member| self.body[*member].as_str())
            .unwrap_or_default()
            .to_owned();
        Err(Error::Status { service: service.to_owned(), status: self.status, why })
    }
}

/// How an address answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, in whole seconds.
    pub date: Option<Moment>,
    /// From the request to the headers.
    pub took: Duration,
}

/// Reads the date of a header: `Thu, 26 Nov 2026 07:08:57 GMT`.
fn http_date(text: &str) -> Option<Moment> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Moment(date.timestamp().as_millisecond()))
}

/// Reads an address.
///
/// # Errors
/// When it is none.
pub fn url_of(service: &str, text: &str) -> Result<Url> {
    Url::parse(text).map_err(|error| Error::NoAddress {
        service: service.to_owned(),
        why: format!("{} is no URL ({error})", without_password(text)),
    })
}

/// What somebody typed as an address, fit to be repeated: without the name and the password that it may hold.
pub fn without_password(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    // Passwords hold slashes, too, so everything before the last sign goes.
    let Some((_, host)) = rest.rsplit_once('@') else { return text.to_owned() };
    if scheme.is_empty() { format!("\u{2026}@{host}") } else { format!("{scheme}://\u{2026}@{host}") }
}

/// Whether the address is one of this machine.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// Bytes of a head, about.
fn size(headers: &HeaderMap) -> u64 {
    headers.iter().map(|(name, value)| (name.as_str().len() + value.len() + 4) as u64).sum()
}

fn broken(service: &str, error: &reqwest::Error, limit: Duration) -> Error {
    let service = service.to_owned();
    if let Some(fault) = CertificateFault::of(error) {
        let place = error.url().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
        let address = place.map(|(host, port)| format!("{host}:{port}")).unwrap_or_default();
        return Error::Certificate { service, address, fault };
    }
    if error.is_connect() {
        return Error::Network { service, why: chain(error), sent: Sent::No };
    }
    if error.is_timeout() {
        return Error::Deadline { service, after: limit };
    }
    Error::Network { service, why: chain(error), sent: Sent::Perhaps }
}

/// What all requests have in common.
fn settled(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder
        .user_agent(concat!("kab/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
}

/// The innermost words of an error, which say most (`Connection refused`), with the address in front.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut inner = error.source();
    while let Some(cause) = inner {
        words = cause.to_string();
        inner = cause.source();
    }
    match error.url().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?))) {
        Some((host, port)) => format!("{host}:{port}: {words}"),
        None => words,
    }
}

fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let Some(start) = lower.find("<title>").map(|at| at + "<title>".len()) else { return String::new() };
    let end = lower[start..].find("</title>").map_or(page.len(), |at| start + at);
    page[start..end].trim().chars().take(120).collect()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
