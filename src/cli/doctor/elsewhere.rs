//! Looks at a deployment elsewhere: the way to each of its doors, its services, its engines, all at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{OptionFuture, join_all};
use tokio::time::timeout;

use super::check::{Check, Section, State};
use super::engines;
use super::identity::{SignIn, Token};
use super::reach::{self, Door, Side};
use super::services::{self, Service};
use crate::access::{self, Attempt, Chosen, Claims, TokenPlace};
use crate::config::{Folders, Place};
use crate::domain::{Failure, FailureKind};
use crate::services::fakts::{self, Discovery, Encryption, Protocol};
use crate::services::{Addresses, Error, Http, Session, Store, Tls};

/// How long finding the services may take.
const FINDING: Duration = Duration::from_secs(20);
/// How long a token may take.
const TOKEN: Duration = Duration::from_secs(15);

/// Looks at all of it.
pub async fn look(folders: &Folders, chosen: &Chosen) -> Vec<Check> {
    let Some(place) = chosen.entry.as_ref().and_then(crate::config::ContextEntry::place) else { return Vec::new() };
    let attempt = access::attempt(folders, chosen, FINDING).await;
    // A file of authorities that cannot be used is told with the context; the rest is looked at without it.
    let tls = Tls::with_authorities(chosen.ca_file.as_deref()).unwrap_or_default();
    let Ok(http) = Http::trusting(tls.clone()) else { return Vec::new() };
    let store = attempt.session.clone().map(Store::of);
    let services = addresses(&attempt);
    let deployment = match &place {
        Place::Deployment(url) => Some(url.as_str()),
        Place::Services { .. } => None,
    };
    let doors: BTreeSet<Door> =
        deployment.into_iter().chain(services.iter().map(|(_, url)| url.as_str())).filter_map(Door::of).collect();
    let proxy = reach::proxy(|name| std::env::var(name).ok());
    let ways = join_all(doors.into_iter().map(|door| reach::go(door, &tls)));
    let discovery: OptionFuture<_> = deployment.map(|url| discover(&http, url, FINDING)).into();
    let token: OptionFuture<_> = attempt.session.as_ref().map(token).into();
    let engines: OptionFuture<_> = store.as_ref().map(engines::look).into();
    let findings = join_all(services.iter().map(|(service, url)| services::look(&http, *service, url, store.as_ref())));
    let (ways, discovery, token, findings, engines) = futures_util::join!(ways, discovery, token, findings, engines);

    let trouble = attempt.trouble.as_ref();
    let token = token.unwrap_or_else(|| match trouble {
        Some(failure) if failure.kind == FailureKind::SignIn => Token::Missing(failure.clone()),
        Some(failure) => Token::NotTried(failure.why.clone()),
        None => Token::NotTried("there is no way in".into()),
    });
    let mut checks = sign_in(folders, chosen, token).checks();
    checks.extend(ways.iter().flat_map(|way| {
        let proxy = proxy.filter(|_| way.door.side == Side::There);
        reach::checks(way, proxy)
    }));
    checks.extend(discovery.as_ref().map(self::deployment));
    let ahead = services.iter().zip(&findings).filter_map(|((service, _), found)| Some((*service, found.ahead()?)));
    match ahead.max_by_key(|(_, ahead)| ahead.unsigned_abs()) {
        Some((service, ahead)) => checks.push(reach::clock(service.name(), ahead)),
        None => checks.push(Check::skipped(Section::Network, "clock", "no service has told its time")),
    }
    if services.is_empty() {
        let why = trouble.map_or("where they are is not known", |failure| failure.why.as_str());
        checks.push(Check::skipped(Section::Services, "services", format!("not looked at: {why}")));
    } else if let Some(failure) = trouble.filter(|failure| failure.kind != FailureKind::SignIn) {
        checks.push(Check::failed(Section::Services, "addresses", failure));
    }
    checks.extend(services.iter().zip(&findings).flat_map(|((service, _), found)| found.checks(*service)));
    match engines {
        Some(_) if !findings.iter().any(|found| matches!(found.graphql, Some(Ok(())))) => {
            checks.push(Check::skipped(Section::Engines, "engines", "not looked at: no service lets us in"));
        }
        Some(found) => checks.extend(found),
        None => checks.push(Check::skipped(Section::Engines, "engines", "not looked at: there is no way in")),
    }
    checks
}

/// The services whose addresses are known.
fn addresses(attempt: &Attempt) -> Vec<(Service, String)> {
    let of_session = attempt.session.as_ref().map(|session| {
        let address = |client: Result<&crate::services::graphql::Client, Error>| {
            client.ok().map(|client| client.address().to_owned())
        };
        Addresses {
            kabinet: address(session.kabinet()),
            rekuest: address(session.rekuest()),
            lok: address(session.lok()),
        }
    });
    let Addresses { kabinet, rekuest, lok } = of_session.unwrap_or_else(|| attempt.addresses.clone());
    let all = [(Service::Lok, lok), (Service::Kabinet, kabinet), (Service::Rekuest, rekuest)];
    all.into_iter().filter_map(|(service, address)| Some((service, address?))).collect()
}

/// Looks at services that are somewhere, all at once.
pub async fn services(http: &Http, addresses: &[(Service, String)], store: Option<&Store>) -> Vec<Check> {
    let findings = join_all(addresses.iter().map(|(service, url)| services::look(http, *service, url, store))).await;
    addresses.iter().zip(&findings).flat_map(|((service, _), found)| found.checks(*service)).collect()
}

/// Asks a deployment what it says of itself.
pub async fn discover(http: &Http, url: &str, limit: Duration) -> Result<Discovery, Error> {
    let found = timeout(limit, fakts::discover(http, url, Encryption::Optional)).await;
    found.unwrap_or_else(|_| Err(Error::Deadline { service: "Lok".into(), after: limit }))
}

/// What the deployment says of itself.
pub fn deployment(found: &Result<Discovery, Error>) -> Check {
    match found {
        Ok(found) => {
            let version = match found.protocol {
                Protocol::One => "1",
                Protocol::Two => "2",
            };
            let detail = format!("{} at {}, protocol version {version}", found.name, found.address);
            Check::ok(Section::Network, "deployment", detail).value(version)
        }
        Err(error) => {
            let check = Check { section: Section::Network, ..services::failed("deployment", error) };
            Check { state: State::Fail, ..check }
        }
    }
}

/// Gets a token, as every request does.
pub async fn token(session: &Session) -> Token {
    let late = |_| Err(Error::Deadline { service: "Lok".into(), after: TOKEN });
    match timeout(TOKEN, session.tokens().current()).await.unwrap_or_else(late) {
        Ok(token) => Token::Held(Claims::of(&token)),
        Err(error) => Token::Missing(error.failure("Could not get a token")),
    }
}

/// What is known of the login, read after it was used: it may have been renewed a moment ago, or have ended.
pub fn sign_in(folders: &Folders, chosen: &Chosen, token: Token) -> SignIn {
    let facts: Result<_, Failure> = access::token_facts(folders, chosen);
    let warning = match &facts {
        Ok(facts) => match &facts.place {
            TokenPlace::File(path) | TokenPlace::Login(path) => access::token_file_warning(path),
            TokenPlace::Runtime(_) | TokenPlace::Variable | TokenPlace::Nowhere => None,
        },
        Err(_) => None,
    };
    SignIn { facts, warning, token, now: crate::tui::now() }
}
