//! Takes out of a text what is nobody's business: secrets, names of hosts, the user's name. Pure.
//!
//! What is known to be a secret goes wherever it stands. What only looks like one goes too: what follows a word such as
//! `token` or `password`, a key in PEM form, the query of an address, and every long run of letters and digits that
//! nobody could read. The same text gets the same number everywhere, so that a report can still be followed.

mod patterns;

use std::collections::BTreeMap;

use self::patterns::{is_secret_word, tokens, without_keys};

/// Whether the names of hosts stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostNames {
    /// They do.
    Kept,
    /// They become `host-1`, `host-2`, …
    Numbered,
}

/// What is known beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Secrets, as they are.
    pub secrets: Vec<String>,
    /// Names of hosts.
    pub hosts: Vec<String>,
    /// The home folder.
    pub home: Option<String>,
    /// Names of the user.
    pub users: Vec<String>,
}

/// Takes out of texts, with a memory.
#[derive(Debug)]
pub struct Redactor {
    known: Known,
    names: HostNames,
    hosts: BTreeMap<String, usize>,
    secrets: BTreeMap<String, usize>,
}

impl Redactor {
    /// A redactor that knows these.
    pub fn new(mut known: Known, names: HostNames) -> Self {
        // What is short would be found in ordinary words.
        known.secrets.retain(|secret| secret.len() >= 6);
        known.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        known.users.retain(|user| user.len() >= 3 && !matches!(user.as_str(), "root" | "local" | "user" | "kab"));
        let mut redactor = Self { names, hosts: BTreeMap::new(), secrets: BTreeMap::new(), known };
        for host in redactor.known.hosts.clone() {
            redactor.learn_host(&host);
        }
        redactor
    }

    /// Reads a text for the names of hosts in it, before any text is redacted.
    pub fn learn(&mut self, text: &str) {
        for (at, _) in text.match_indices("://") {
            let authority = authority(&text[at + 3..]);
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            self.learn_host(host_of(host));
        }
        for (at, word) in tokens(text, is_host_letter) {
            let after = &text[at + word.len()..];
            let has_port =
                after.strip_prefix(':').is_some_and(|port| port.starts_with(|digit: char| digit.is_ascii_digit()));
            let is_name =
                word.contains('.') && word.rsplit('.').next().is_some_and(|end| end.chars().all(char::is_alphabetic));
            if is_address(word) || (has_port && is_name) {
                self.learn_host(word);
            }
        }
    }

    fn learn_host(&mut self, host: &str) {
        let host = host.trim_matches(['[', ']', '.']).to_lowercase();
        let is_loopback =
            host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "::1";
        if host.len() < 3 || is_loopback || matches!(host.as_str(), "0.0.0.0" | "local" | "kab" | "server") {
            return;
        }
        let next = self.hosts.len() + 1;
        self.hosts.entry(host).or_insert(next);
    }

    /// The text without what is nobody's business.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = without_keys(text);
        for secret in self.known.secrets.clone() {
            if text.contains(&secret) {
                let number = self.secret(&secret);
                text = text.replace(&secret, &number);
            }
        }
        let text = text.split('\n').map(|line| self.line(line)).collect::<Vec<_>>().join("\n");
        self.people(&text)
    }

    /// The value without it: texts, and whatever stands under a name that promises a secret.
    pub fn json(&mut self, value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), self.json(value))).collect())
            }
            other => other.clone(),
        }
    }

    /// The settings without it.
    pub fn toml(&mut self, value: &toml::Value) -> toml::Value {
        use toml::Value;
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.toml(item)).collect()),
            Value::Table(fields) => {
                Value::Table(fields.iter().map(|(name, value)| self.setting(name, value)).collect())
            }
            other => other.clone(),
        }
    }

    fn setting(&mut self, name: &str, value: &toml::Value) -> (String, toml::Value) {
        let kept = match value {
            toml::Value::String(text) if is_secret_word(name) => self.secret(text).into(),
            toml::Value::String(_) if name == "user" => "[user]".into(),
            other if is_secret_word(name) && !other.is_table() => "[secret]".into(),
            other => self.toml(other),
        };
        (self.text(name), kept)
    }

    fn secret(&mut self, secret: &str) -> String {
        let next = self.secrets.len() + 1;
        format!("[secret-{}]", self.secrets.entry(secret.to_owned()).or_insert(next))
    }

    fn line(&mut self, line: &str) -> String {
        let line = self.labelled(line);
        let line = self.addresses(&line);
        let line = self.opaque(&line);
        match self.names {
            HostNames::Kept => line,
            HostNames::Numbered => self.host_names(&line),
        }
    }

    /// What follows a word that promises a secret.
    fn labelled(&mut self, line: &str) -> String {
        let mut kept = String::with_capacity(line.len());
        let mut from = 0;
        for (at, word) in tokens(line, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) {
            if at < from || !is_secret_word(word) {
                continue;
            }
            let Some((start, end)) = patterns::value_after(line, at + word.len()) else { continue };
            kept.push_str(&line[from..start]);
            kept.push_str(&self.secret(&line[start..end]));
            from = end;
        }
        kept.push_str(&line[from..]);
        kept
    }

    /// Names and passwords in addresses, and what is asked for.
    fn addresses(&mut self, line: &str) -> String {
        let mut kept = String::with_capacity(line.len());
        let mut from = 0;
        while let Some(at) = line[from..].find("://").map(|at| from + at + 3) {
            kept.push_str(&line[from..at]);
            let authority = authority(&line[at..]);
            match authority.rsplit_once('@') {
                Some((person, host)) => {
                    kept.push_str(&self.secret(person));
                    kept.push('@');
                    kept.push_str(host);
                }
                None => kept.push_str(authority),
            }
            let path = at + authority.len();
            let end = line[path..].find(patterns::ends_address).map_or(line.len(), |end| path + end);
            match line[path..end].find(['?', '#']) {
                Some(query) => {
                    kept.push_str(&line[path..path + query]);
                    kept.push_str("?[left-out]");
                }
                None => kept.push_str(&line[path..end]),
            }
            from = end;
        }
        kept.push_str(&line[from..]);
        kept
    }

    /// Runs that nobody could read.
    fn opaque(&mut self, line: &str) -> String {
        let mut kept = String::with_capacity(line.len());
        let mut from = 0;
        for (start, end) in patterns::opaque(line) {
            kept.push_str(&line[from..start]);
            kept.push_str(&self.secret(&line[start..end]));
            from = end;
        }
        kept.push_str(&line[from..]);
        kept
    }

    fn host_names(&mut self, line: &str) -> String {
        let mut kept = String::with_capacity(line.len());
        let mut from = 0;
        for (at, word) in tokens(line, |letter| is_host_letter(letter) || letter == ':') {
            kept.push_str(&line[from..at]);
            kept.push_str(&self.host_in(word));
            from = at + word.len();
        }
        kept.push_str(&line[from..]);
        kept
    }

    fn host_in(&mut self, word: &str) -> String {
        let lower = word.to_lowercase();
        // Another machine of a known domain is a host as well.
        let name = lower.split(':').next().unwrap_or_default().trim_end_matches('.');
        let is_kin = self.hosts.keys().any(|host| {
            let domain = host
                .split_once('.')
                .map(|(_, domain)| domain)
                .filter(|domain| domain.contains('.') && !is_address(host));
            name.ends_with(&format!(".{host}")) || domain.is_some_and(|domain| name.ends_with(&format!(".{domain}")))
        });
        if is_kin {
            self.learn_host(name);
        }
        let mut hosts: Vec<(String, usize)> = self.hosts.iter().map(|(host, number)| (host.clone(), *number)).collect();
        hosts.sort_by_key(|(host, _)| std::cmp::Reverse(host.len()));
        let mut word = word.to_owned();
        for (host, number) in hosts {
            word = patterns::replace_word(&word, &host, &format!("host-{number}"));
        }
        word
    }

    /// The user's home and name.
    fn people(&self, text: &str) -> String {
        let mut text = match self.known.home.as_deref().filter(|home| home.len() > 1) {
            Some(home) => text.replace(home, "~"),
            None => text.to_owned(),
        };
        for parent in ["/home/", "/Users/"] {
            let mut kept = String::with_capacity(text.len());
            let mut parts = text.split(parent);
            kept.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let end =
                    part.find(|letter: char| letter == '/' || patterns::ends_address(letter)).unwrap_or(part.len());
                kept.push_str(parent);
                kept.push_str("[user]");
                kept.push_str(&part[end..]);
            }
            text = kept;
        }
        for user in &self.known.users {
            text = patterns::replace_word(&text, user, "[user]");
        }
        text
    }
}

fn authority(text: &str) -> &str {
    let end = text.find(|letter: char| matches!(letter, '/' | '?' | '#') || patterns::ends_address(letter));
    &text[..end.unwrap_or(text.len())]
}

/// The host of `host:port`, `[address]:port`.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_host_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

fn is_address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
