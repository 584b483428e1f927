//! Registry credentials, as Docker and Podman keep them in files. Helpers that keep them elsewhere are named in the log
//! and not run: they are programs of the user's desktop.

use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::driver::Credentials;
use crate::services::Secret;

/// Credentials for the registry of that image; `None`: it is asked as nobody.
pub fn for_image(reference: &str) -> Option<Credentials> {
    let files = files(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    files.into_iter().find_map(|file| {
        let text = std::fs::read(&file).ok()?;
        let value: Value = serde_json::from_slice(&text).ok()?;
        let found = find(&value, registry_of(reference));
        if let Answer::Helper(name) = &found {
            tracing::warn!("{} keeps credentials in the helper `{name}`, which is not asked", file.display());
        }
        match found {
            Answer::Known(credentials) => Some(credentials),
            Answer::Helper(_) | Answer::Unknown => None,
        }
    })
}

/// Podman's files come first: they are the more special ones.
fn files(variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Some(file) = variable("REGISTRY_AUTH_FILE") {
        files.push(PathBuf::from(file));
    }
    if let Some(runtime) = variable("XDG_RUNTIME_DIR") {
        files.push(PathBuf::from(runtime).join("containers/auth.json"));
    }
    let home = variable("HOME").map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".config")));
    files.extend(config.map(|folder| folder.join("containers/auth.json")));
    let docker = variable("DOCKER_CONFIG").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".docker")));
    files.extend(docker.map(|folder| folder.join("config.json")));
    files
}

enum Answer {
    Known(Credentials),
    /// Some program knows.
    Helper(String),
    Unknown,
}

/// The registry that a reference names; Docker's own where it names none.
pub(super) fn registry_of(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn find(file: &Value, registry: &str) -> Answer {
    let auths = file["auths"].as_object();
    let entry = auths.into_iter().flatten().find(|(key, _)| host_of(key) == registry).map(|(_, entry)| entry);
    let helper = || {
        let special = file["credHelpers"][registry].as_str();
        special.or_else(|| file["credsStore"].as_str()).map_or(Answer::Unknown, |name| Answer::Helper(name.to_owned()))
    };
    let Some(entry) = entry else { return helper() };
    if let Some(token) = entry["identitytoken"].as_str().filter(|token| !token.is_empty()) {
        let secret = Secret::new(token);
        return Answer::Known(Credentials { registry: registry.to_owned(), user: String::new(), secret });
    }
    let decoded = entry["auth"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => Answer::Known(Credentials {
            registry: registry.to_owned(),
            user: user.to_owned(),
            secret: Secret::new(password),
        }),
        // An empty entry is how Docker notes that a helper knows.
        _ => helper(),
    }
}

/// Keys may be addresses: `https://index.docker.io/v1/` is Docker's own registry.
fn host_of(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    match rest.split('/').next().unwrap_or(rest) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn registries_are_read_from_references() {
        for (reference, registry) in [
            ("jhnnsrs/stardist:1", "docker.io"),
            ("ubuntu", "docker.io"),
            ("ghcr.io/lab/app:1", "ghcr.io"),
            ("127.0.0.1:5001/a/b", "127.0.0.1:5001"),
            ("localhost/a", "localhost"),
        ] {
            assert_eq!(registry_of(reference), registry);
        }
    }

    #[test]
    fn credentials_are_found_in_every_form() {
        let file = json!({
            "auths": {
                "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNzOndvcmQ="},
                "ghcr.io": {"identitytoken": "tok"},
                "quay.io": {},
            },
            "credHelpers": {"quay.io": "secretservice"},
        });
        let Answer::Known(docker) = find(&file, "docker.io") else { panic!("not found") };
        assert_eq!((docker.user.as_str(), docker.secret.expose()), ("user", "pass:word"));
        assert!(!format!("{docker:?}").contains("pass"));
        let Answer::Known(token) = find(&file, "ghcr.io") else { panic!("not found") };
        assert_eq!((token.user.as_str(), token.secret.expose()), ("", "tok"));
        assert!(matches!(find(&file, "quay.io"), Answer::Helper(name) if name == "secretservice"));
        assert!(matches!(find(&file, "other.io"), Answer::Unknown));
        assert!(matches!(find(&json!({}), "docker.io"), Answer::Unknown));
    }

    #[test]
    fn files_are_looked_for_where_the_engines_keep_them() {
        let list = files(|name| match name {
            "HOME" => Some("/home/u".into()),
            "XDG_RUNTIME_DIR" => Some("/run/user/1".into()),
            _ => None,
        });
        let list: Vec<_> = list.iter().map(|path| path.to_string_lossy()).collect();
        assert_eq!(
            list,
            ["/run/user/1/containers/auth.json", "/home/u/.config/containers/auth.json", "/home/u/.docker/config.json"]
        );
    }
}
