//! The services of a deployment: whether each answers, how soon, whether it takes the token, what it has, and how its
//! changes get here.

use std::time::Duration;

use futures_util::future::OptionFuture;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::check::{Check, Section, State};
use crate::domain::{FailureKind, Moment};
use crate::services::graphql::{Client, ServerError};
use crate::services::{Error, Features, Generation, Http, Probe, Pushes, Store, Topic};

/// How long one look at a service may take.
const LOOK: Duration = Duration::from_secs(5);
/// How long a request with a token may take, together with a new token.
const REQUEST: Duration = Duration::from_secs(15);
/// How long a subscription is listened to: one that is refused is refused at once.
const MOMENT: Duration = Duration::from_millis(500);
/// How many times the way there and back is measured.
const TIMES: usize = 3;
/// A service that takes longer is slow.
const SLOW: Duration = Duration::from_secs(1);

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Lok,
    Kabinet,
    Rekuest,
}

impl Service {
    /// All of them, in the order in which they are needed.
    pub const ALL: [Self; 3] = [Self::Lok, Self::Kabinet, Self::Rekuest];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lok => "Lok",
            Self::Kabinet => "Kabinet",
            Self::Rekuest => "Rekuest",
        }
    }

    /// The client of it, where the session has one.
    pub fn client(self, store: &Store) -> Option<&Client> {
        let session = store.session();
        match self {
            Self::Lok => session.lok(),
            Self::Kabinet => session.kabinet(),
            Self::Rekuest => session.rekuest(),
        }
        .ok()
    }
}

/// What was found out about a service.
#[derive(Debug, Default)]
pub struct Findings {
    /// Where it is.
    pub address: String,
    /// How it answered each time at its health path.
    pub probes: Vec<Result<Probe, Error>>,
    /// When that was asked for last, by this machine's clock.
    pub asked: Option<Moment>,
    /// Whether it takes the token; `None`: it was not tried.
    pub graphql: Option<Result<(), Error>>,
    /// How changes get here.
    pub pushes: Option<Result<Pushes, Error>>,
    /// What Kabinet has.
    pub features: Option<Result<Features, Error>>,
}

/// Looks at one service. Without a store nobody is signed in, and only its health is looked at.
pub async fn look(http: &Http, service: Service, address: &str, store: Option<&Store>) -> Findings {
    let mut findings = Findings { address: address.to_owned(), ..Findings::default() };
    let Ok(url) = Url::parse(&format!("{}/ht", address.trim_end_matches('/'))) else {
        let why = format!("{address} is no address");
        findings.probes.push(Err(Error::NoAddress { service: service.name().into(), why }));
        return findings;
    };
    for _ in 0..TIMES {
        let probe = http.probe(service.name(), url.clone(), LOOK).await;
        let is_lost = probe.is_err();
        findings.asked = Some(crate::tui::now());
        findings.probes.push(probe);
        if is_lost {
            return findings;
        }
    }
    let Some((store, client)) = store.and_then(|store| Some((store, service.client(store)?))) else { return findings };
    let late = |_| Err(Error::Deadline { service: service.name().into(), after: REQUEST });
    let question = json!({"query": "{ __typename }", "variables": {}});
    let answer = match timeout(REQUEST, client.post_raw(&question)).await.unwrap_or_else(late) {
        Ok(answer) if answer.data.is_null() => {
            Err(answer.errors.first().map_or(Error::Refused("no data".into()), ServerError::classify))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    let is_in = answer.is_ok();
    findings.graphql = Some(answer);
    if !is_in {
        return findings;
    }
    let late = |_| Err(Error::Deadline { service: service.name().into(), after: REQUEST });
    let pushes: OptionFuture<_> = match service {
        Service::Lok => None,
        Service::Kabinet => Some(futures_util::future::Either::Left(store.kabinet_pushes(MOMENT))),
        Service::Rekuest => Some(futures_util::future::Either::Right(store.rekuest_pushes(MOMENT))),
    }
    .map(|asked| timeout(REQUEST, asked))
    .into();
    let features: OptionFuture<_> = (service == Service::Kabinet).then(|| timeout(REQUEST, store.features())).into();
    let (pushes, features) = futures_util::join!(pushes, features);
    findings.pushes = pushes.map(|done| done.unwrap_or_else(late));
    findings.features = features
        .map(|done| done.unwrap_or_else(|_| Err(Error::Deadline { service: service.name().into(), after: REQUEST })));
    findings
}

impl Findings {
    /// By how many seconds the service's clock is ahead of ours.
    pub fn ahead(&self) -> Option<i64> {
        let probe = self.probes.last()?.as_ref().ok()?;
        let took = i64::try_from(probe.took.as_millis()).unwrap_or_default();
        // The header has whole seconds, cut off: half a second later is the best guess.
        let theirs = probe.date?.0 + 500;
        let ours = self.asked?.0 - took / 2;
        Some((theirs - ours) / 1_000)
    }

    /// What there is to say of it.
    pub fn checks(&self, service: Service) -> Vec<Check> {
        let mut checks = vec![self.health(service)];
        let name = service.name();
        checks.extend(self.graphql.as_ref().map(|answer| match answer {
            Ok(()) => Check::ok(Section::Services, format!("{name} GraphQL"), "answers, and takes the token"),
            Err(error) => failed(format!("{name} GraphQL"), error),
        }));
        checks.extend(self.features.as_ref().map(|features| match features {
            Ok(features) => generation(features),
            Err(error) => failed(format!("{name} generation"), error),
        }));
        checks.extend(self.pushes.as_ref().map(|pushes| {
            match pushes {
                Ok(pushes) => delivery(service, pushes),
                // Without a socket everything works, only later.
                Err(error @ (Error::Network { .. } | Error::Status { .. } | Error::Deadline { .. })) => {
                    Check::warn(Section::Services, format!("{name} changes"), format!("no subscription: {error}")).hint(
                        "A proxy in between may not let web sockets through; lists are read again from time to time.",
                    )
                }
                Err(error) => failed(format!("{name} changes"), error),
            }
        }));
        checks
    }

    fn health(&self, service: Service) -> Check {
        let name = format!("{} health", service.name());
        let place = &self.address;
        let probes = match self.probes.iter().cloned().collect::<Result<Vec<_>, _>>() {
            Ok(probes) => probes,
            Err(error) => return failed(name, &error).value(json!({"url": place})),
        };
        let took = median(probes.iter().map(|probe| probe.took).collect());
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let status = probes.last().map_or(0, |probe| probe.status);
        let value = json!({"url": place, "status": status, "latency_ms": milliseconds});
        let (state, detail, hint) = match status {
            200 if took > SLOW => (
                State::Warn,
                format!("{place} answers, slowly: {milliseconds} ms there and back"),
                "The network, or the server, is busy.",
            ),
            200 => (State::Ok, format!("{place} answers within {milliseconds} ms"), ""),
            300..400 => (
                State::Warn,
                format!("{place} leads elsewhere (HTTP {status})"),
                "The context should name the address that it leads to.",
            ),
            502..=504 => (
                State::Fail,
                format!("{place} answers HTTP {status}: what is in front of it does not reach it"),
                "The service is starting or down; ask its administrator.",
            ),
            _ => (
                State::Fail,
                format!("{place} answers HTTP {status}"),
                "Check the address, or ask its administrator: the service may be ill.",
            ),
        };
        Check::new(Section::Services, name, state, detail).hint(hint).value(value)
    }
}

/// A check that failed by an error of the server's. One that answers is there, whatever it answers.
pub fn failed(name: impl AsRef<str>, error: &Error) -> Check {
    let check = Check::failed(Section::Services, name, &error.failure(""));
    match error {
        Error::Status { .. } | Error::Page { .. } => check.kind(FailureKind::Failed),
        _ => check,
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn generation(features: &Features) -> Check {
    let word = match features.generation {
        Generation::First => "first",
        Generation::Newest => "newest",
        Generation::Own => "kab",
    };
    let kind = match features.generation {
        Generation::First => "the first generation (2.0)",
        Generation::Newest => "the newest generation that this kab knows",
        Generation::Own => "kab's own server",
    };
    let lacks = match features.lacks.as_slice() {
        [] => String::new(),
        lacks => format!(", without {}", lacks.join(", ")),
    };
    Check::ok(Section::Services, "Kabinet generation", format!("{kind}{lacks}"))
        .value(json!({"generation": word, "has": features.has, "lacks": features.lacks}))
}

fn words(topics: &[Topic]) -> Vec<&'static str> {
    let word = |topic: &Topic| match topic {
        Topic::Pods => "pods",
        Topic::Tasks => "tasks",
        Topic::Engines => "engines",
        Topic::Catalogue => "catalogue",
    };
    topics.iter().map(word).collect()
}

fn delivery(service: Service, ways: &Pushes) -> Check {
    let name = format!("{} changes", service.name());
    let (pushed, polled) = (words(&ways.pushed), words(&ways.polled));
    let refused: Vec<String> =
        ways.refused.iter().map(|(topic, why)| format!("{} ({why})", words(&[*topic])[0])).collect();
    let mut parts = Vec::new();
    if !pushed.is_empty() {
        parts.push(format!("pushed: {}", pushed.join(", ")));
    }
    if !polled.is_empty() {
        parts.push(format!("read again every few seconds: {}", polled.join(", ")));
    }
    if !refused.is_empty() {
        parts.push(format!("refused, and so read again: {}", refused.join(", ")));
    }
    let value: Value = json!({"pushed": pushed, "polled": polled, "refused": refused});
    let detail = parts.join("; ");
    if refused.is_empty() {
        return Check::ok(Section::Services, name, detail).value(value);
    }
    Check::warn(Section::Services, name, detail).hint("The server's log says why it refuses.").value(value)
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod tests;
