//! Where the client thinks the server is: every address that the server hands out begins with it.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::options::{Forwarded, Options};
use super::shared::{Peer, State};

/// Scheme and host of the address that a client used, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// Host without port.
    pub host: String,
    /// Port, where it is not the scheme's.
    pub port: Option<u16>,
}

impl Origin {
    /// The origin of a request: the configured address, else a trusted proxy's word, else the Host header.
    pub fn of(options: &Options, headers: &HeaderMap, scheme: &str) -> Option<Self> {
        if let Some(url) = &options.public_url {
            return Self::parse_url(url);
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // A chain of proxies separates its words by commas; the first one is the client's.
        let forwarded = |name: &str| text(name).and_then(|value| value.split(',').next()).map(str::trim);
        let trusted = options.forwarded == Forwarded::Trusted;
        let scheme = forwarded("x-forwarded-proto").filter(|_| trusted).unwrap_or(scheme);
        let host = forwarded("x-forwarded-host").filter(|_| trusted).or_else(|| text(header::HOST.as_str()))?;
        Self::parse(scheme, host)
    }

    fn parse_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        Self::parse(scheme, rest.trim_end_matches('/'))
    }

    /// Nothing but a scheme, a host and a port may get into an address that others follow.
    fn parse(scheme: &str, host: &str) -> Option<Self> {
        if !matches!(scheme, "http" | "https") {
            return None;
        }
        let authority: axum::http::uri::Authority = host.parse().ok()?;
        if host.contains('@') || authority.host().is_empty() {
            return None;
        }
        let default = if scheme == "https" { 443 } else { 80 };
        let port = authority.port_u16().filter(|port| *port != default);
        Some(Self { scheme: scheme.to_owned(), host: authority.host().to_owned(), port })
    }

    /// `https://lab.example.org:8443`.
    pub fn url(&self) -> String {
        match self.port {
            Some(port) => format!("{}://{}:{port}", self.scheme, self.host),
            None => format!("{}://{}", self.scheme, self.host),
        }
    }

    /// Who issues tokens of protocol version 2.
    pub fn issuer(&self) -> String {
        format!("{}/lok", self.url())
    }

    /// From where the address can be reached, in the words of protocol version 2.
    pub fn reach(&self) -> &'static str {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        match host.parse() {
            Ok(IpAddr::V4(address)) => reach_of(address),
            Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => reach_of(address),
                None if address.is_loopback() => "loopback",
                None if address.is_unique_local() || address.is_unicast_link_local() => "lan",
                None => "public",
            },
            Err(_) if host == "localhost" || host.ends_with(".localhost") => "loopback",
            // A name without a dot, or one of multicast DNS, means nothing outside.
            Err(_) => match host.rsplit_once('.') {
                None | Some((_, "local")) => "lan",
                Some(_) => "public",
            },
        }
    }

    /// Whether the address is one of TLS.
    pub fn is_tls(&self) -> bool {
        self.scheme == "https"
    }
}

fn reach_of(address: Ipv4Addr) -> &'static str {
    match address.octets() {
        [127, ..] => "loopback",
        // The range that mesh networks give out.
        [100, 64..128, ..] => "mesh",
        _ if address.is_private() || address.is_link_local() => "lan",
        _ => "public",
    }
}

impl FromRequestParts<State> for Origin {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let scheme = parts.extensions.get::<ConnectInfo<Peer>>().map_or("http", |peer| peer.0.scheme());
        Self::of(&state.options, &parts.headers, scheme).ok_or((StatusCode::BAD_REQUEST, "No usable Host header\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn forwarded_headers_count_only_when_the_proxy_is_trusted() {
        let sent = headers(&[
            ("host", "127.0.0.1:8000"),
            ("x-forwarded-host", "lab.example.org, inner"),
            ("x-forwarded-proto", "https"),
        ]);
        let mut options = Options::new("/nowhere");
        assert_eq!(Origin::of(&options, &sent, "http").unwrap().url(), "http://127.0.0.1:8000");
        options.forwarded = Forwarded::Trusted;
        assert_eq!(Origin::of(&options, &sent, "http").unwrap().url(), "https://lab.example.org");
    }

    #[test]
    fn a_configured_address_wins_and_loses_its_slash() {
        let mut options = Options::new("/nowhere");
        options.public_url = Some("https://lab.example.org:443/".into());
        assert_eq!(Origin::of(&options, &headers(&[]), "http").unwrap().url(), "https://lab.example.org");
    }

    #[test]
    fn how_far_an_address_reaches_is_told_by_its_host() {
        for (host, reach) in [
            ("127.0.0.1:80", "loopback"),
            ("[::1]:4711", "loopback"),
            ("localhost", "loopback"),
            ("10.1.2.3", "lan"),
            ("192.168.0.9", "lan"),
            ("[fd00::1]", "lan"),
            ("[::ffff:10.0.0.1]", "lan"),
            ("lab", "lan"),
            ("lab.local", "lan"),
            ("100.64.1.2", "mesh"),
            ("100.128.1.2", "public"),
            ("lab.example.org", "public"),
            ("[2001:db8::1]", "public"),
        ] {
            assert_eq!(Origin::parse("https", host).unwrap().reach(), reach, "{host}");
        }
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        for host in ["user@evil", "a b", "evil/path", ""] {
            assert_eq!(Origin::parse("http", host), None, "{host}");
        }
        assert_eq!(Origin::parse("http", "[::1]:80").unwrap().url(), "http://[::1]");
    }
}
