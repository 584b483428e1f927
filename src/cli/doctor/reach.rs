//! The way to a server, step by step: name, connection, encryption. Each step has a limit in time, and is told apart
//! from the others, because each has another cure.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::Url;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::check::{Check, Section, State};
use crate::domain::{FailureKind, span};
use crate::services::{CertificateFault, Tls, is_loopback};

/// How long one step may take.
const STEP: Duration = Duration::from_secs(5);

/// A server's door.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door {
    /// Name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Where it is.
    pub side: Side,
}

/// How a door is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Without encryption.
    Http,
    /// With TLS.
    Https,
}

/// Where a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// On this machine.
    Here,
    /// Elsewhere.
    There,
}

impl Door {
    /// The door of an address.
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
        let side = if is_loopback(&url) { Side::Here } else { Side::There };
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: url.port_or_known_default()?, scheme, side })
    }

    /// Name or address with the port.
    pub fn name(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn is_number(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// It went well.
    Done(T),
    /// It went wrong.
    Wrong(String),
    /// It took too long.
    Late,
    /// An earlier one did not go well.
    NotTried,
}

/// How encryption went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encrypted {
    /// By that version of the protocol.
    By(String),
    /// The certificate, or that there is none.
    Fault(CertificateFault),
}

/// The way to a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Where to.
    pub door: Door,
    /// The addresses of its name.
    pub addresses: Step<Vec<SocketAddr>>,
    /// How long a connection takes.
    pub connection: Step<Duration>,
    /// How encryption goes.
    pub encryption: Step<Encrypted>,
}

/// Goes to the door, step by step.
pub async fn go(door: Door, tls: &Tls) -> Reach {
    let mut reach = Reach { door, addresses: Step::NotTried, connection: Step::NotTried, encryption: Step::NotTried };
    let place = (reach.door.host.as_str(), reach.door.port);
    let found = match timeout(STEP, lookup_host(place)).await {
        Err(_) => Step::Late,
        Ok(Err(error)) => Step::Wrong(error.to_string()),
        Ok(Ok(found)) => Step::Done(found.collect::<Vec<_>>()),
    };
    reach.addresses = found;
    let Step::Done(addresses) = &reach.addresses else { return reach };
    let asked = Instant::now();
    let stream = match timeout(STEP, TcpStream::connect(addresses.as_slice())).await {
        Err(_) => {
            reach.connection = Step::Late;
            return reach;
        }
        Ok(Err(error)) => {
            reach.connection = Step::Wrong(error.to_string());
            return reach;
        }
        Ok(Ok(stream)) => stream,
    };
    reach.connection = Step::Done(asked.elapsed());
    if reach.door.scheme == Scheme::Https {
        reach.encryption = encrypt(&reach.door, stream, tls).await;
    }
    reach
}

async fn encrypt(door: &Door, stream: TcpStream, tls: &Tls) -> Step<Encrypted> {
    let config = match tls.config() {
        Ok(config) => config,
        Err(error) => return Step::Wrong(error.to_string()),
    };
    let name = match ServerName::try_from(door.host.clone()) {
        Ok(name) => name,
        Err(error) => return Step::Wrong(error.to_string()),
    };
    match timeout(STEP, TlsConnector::from(config).connect(name, stream)).await {
        Err(_) => Step::Late,
        Ok(Ok(stream)) => {
            let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
            Step::Done(Encrypted::By(version.unwrap_or("TLS").replace('_', ".").replace("TLSv", "TLS ")))
        }
        Ok(Err(error)) => match CertificateFault::of(&error) {
            Some(fault) => Step::Done(Encrypted::Fault(fault)),
            None => Step::Done(Encrypted::Fault(CertificateFault::NoTls(error.to_string()))),
        },
    }
}

/// The variable that names a proxy for what is not on this machine, where one is set.
pub fn proxy(read: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    names.into_iter().find(|name| read(name).is_some_and(|value| !value.is_empty()))
}

/// What there is to say of the way. With a proxy, requests do not depend on it, and web sockets do.
pub fn checks(reach: &Reach, proxy: Option<&str>) -> Vec<Check> {
    let door = &reach.door;
    let state = if proxy.is_some() && door.side == Side::There { State::Warn } else { State::Fail };
    let lost = |name: &str, detail: String, hint: &str| {
        let place = if name == "dns" { door.host.clone() } else { door.name() };
        let hint = match proxy {
            Some(variable) if state == State::Warn => {
                format!("{hint} Requests go through the proxy of {variable}; pushed changes need the straight way.")
            }
            _ => hint.to_owned(),
        };
        Check::new(Section::Network, format!("{name} {place}"), state, detail).hint(hint).kind(FailureKind::Network)
    };
    let limit = STEP.as_secs();
    let mut checks = Vec::new();
    match &reach.addresses {
        Step::Done(_) if door.is_number() => {}
        Step::Done(found) => {
            let numbers: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
            checks.push(
                Check::ok(Section::Network, format!("dns {}", door.host), format!("is {}", numbers.join(", ")))
                    .value(numbers),
            );
        }
        Step::Wrong(why) => {
            checks.push(lost(
                "dns",
                format!("the name is not known here: {why}"),
                "Check the name, and whether a VPN is needed.",
            ));
        }
        Step::Late | Step::NotTried => {
            checks.push(lost(
                "dns",
                format!("the name's server did not answer within {limit} s"),
                "Check this machine's network.",
            ));
        }
    }
    match &reach.connection {
        Step::Done(took) => {
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let name = format!("tcp {}", door.name());
            checks.push(
                Check::ok(Section::Network, name, format!("connects within {milliseconds} ms")).value(milliseconds),
            );
        }
        Step::Wrong(why) => checks.push(lost(
            "tcp",
            format!("no connection: {why}"),
            "Check the port, and ask its administrator whether the server runs.",
        )),
        Step::Late => checks.push(lost(
            "tcp",
            format!("no connection within {limit} s"),
            "A firewall may be in between, or a VPN is needed.",
        )),
        Step::NotTried => {}
    }
    checks.extend(match &reach.encryption {
        Step::Done(Encrypted::By(version)) => {
            let detail = format!("{version}, with a certificate that is trusted here");
            Some(Check::ok(Section::Network, format!("tls {}", door.name()), detail).value(version.as_str()))
        }
        Step::Done(Encrypted::Fault(fault)) => Some(lost("tls", fault.to_string(), fault.hint())),
        Step::Wrong(why) => Some(lost("tls", format!("no encrypted connection: {why}"), "")),
        Step::Late => Some(lost(
            "tls",
            format!("no encrypted connection within {limit} s"),
            "Something else than TLS may listen there.",
        )),
        Step::NotTried => open_door(reach),
    });
    checks
}

/// A word about a way without encryption.
fn open_door(reach: &Reach) -> Option<Check> {
    let door = &reach.door;
    if door.scheme == Scheme::Https || door.side == Side::Here || !matches!(reach.connection, Step::Done(_)) {
        return None;
    }
    let detail = "nothing is encrypted on the way: whoever is on it reads the token";
    let check = Check::warn(Section::Network, format!("tls {}", door.name()), detail);
    Some(check.hint("Ask its administrator for an https:// address.").value(json!(null)))
}

/// The clock check: by how many seconds the server's clock is ahead of ours.
pub fn clock(service: &str, ahead: i64) -> Check {
    /// A difference that nothing depends on, in seconds.
    const SMALL: u64 = 30;
    let words = span(ahead.unsigned_abs());
    let direction = if ahead > 0 { "behind" } else { "ahead of" };
    if ahead.unsigned_abs() <= SMALL {
        return Check::ok(Section::Network, "clock", format!("agrees with that of {service}")).value(ahead);
    }
    let detail =
        format!("this machine's clock is {words} {direction} that of {service}; kab goes by the server's word");
    Check::warn(Section::Network, "clock", detail)
        .hint("Set the clock of whichever is wrong (`timedatectl` tells about this one); ages are shown by this machine's.")
        .value(ahead)
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
