//! Where the client thinks the server is: every address that the server hands out begins with it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::options::{Forwarded, Options};
use super::shared::State;

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

    /// Whether the address is one of TLS.
    pub fn is_tls(&self) -> bool {
        self.scheme == "https"
    }
}

impl FromRequestParts<State> for Origin {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        Self::of(&state.options, &parts.headers, "http").ok_or((StatusCode::BAD_REQUEST, "No usable Host header\n"))
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
    fn a_host_that_is_none_is_refused() {
        for host in ["user@evil", "a b", "evil/path", ""] {
            assert_eq!(Origin::parse("http", host), None, "{host}");
        }
        assert_eq!(Origin::parse("http", "[::1]:80").unwrap().url(), "http://[::1]");
    }
}
