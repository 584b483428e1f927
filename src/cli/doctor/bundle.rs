//! A tar to hand on: the report, kab's logs and its settings. Never a login, and no secret of any of them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde_json::{Value, json};

use super::check::{Check, Report, Section};
use super::redact::{HostNames, Known, Redactor};
use crate::config::{Contexts, Folders};
use crate::domain::{Failure, FailureKind, clean};

/// So much of a log, from its end, is taken.
const MOST: u64 = 1 << 20;
/// Variables that hold a secret.
const VARIABLES: [&str; 4] = ["KAB_TOKEN", "FAKTS_TOKEN", "FAKTS_REDEEM_TOKEN", "FAKTS_MANDATE_KEY"];

/// The file, made before anything is asked: nobody should wait for a report that has no place to go.
pub struct Bundle {
    path: PathBuf,
    file: File,
}

/// A file of the bundle.
struct Entry {
    name: String,
    text: String,
}

impl Bundle {
    /// Makes the file, for its owner's eyes only.
    ///
    /// # Errors
    /// When it is there already, or cannot be made.
    pub fn create(path: PathBuf) -> Result<Self, Failure> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| {
            let failure = Failure::new("Could not make the bundle", format!("{}: {error}", path.display()));
            match error.kind() {
                io::ErrorKind::AlreadyExists => failure.kind(FailureKind::Usage).hint("Choose another name."),
                _ => failure,
            }
        })?;
        Ok(Self { path, file })
    }

    /// Fills it; what is in it, as checks.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn write(self, folders: &Folders, report: &Report, hosts: HostNames) -> Result<Vec<Check>, Failure> {
        let (folders, report, path) = (folders.clone(), report.clone(), self.path.clone());
        let done = tokio::task::spawn_blocking(move || {
            let entries = entries(&folders, &report, hosts);
            let written = archive(&self.file, &entries);
            if written.is_err() {
                std::fs::remove_file(&self.path).ok();
            }
            written.map(|()| listed(&self.path, &entries, hosts))
        });
        let failed = |why: String| Failure::new("Could not write the bundle", format!("{}: {why}", path.display()));
        done.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}

fn listed(path: &Path, entries: &[Entry], hosts: HostNames) -> Vec<Check> {
    let hosts = match hosts {
        HostNames::Kept => "names of hosts are in it",
        HostNames::Numbered => "names of hosts are numbered",
    };
    let detail = format!("{}: without secrets and user names; {hosts}", path.display());
    let hint = "Look through it before you hand it on: a log may say more than a program can know.";
    let mut checks = vec![Check::ok(Section::Bundle, "file", detail).hint(hint).value(json!(path))];
    for Entry { name, text } in entries {
        let size = text.len();
        checks.push(Check::ok(Section::Bundle, name, format!("{} kB", size.div_ceil(1_000))).value(size));
    }
    checks
}

fn archive(mut file: &File, entries: &[Entry]) -> io::Result<()> {
    let mut archive = tar::Builder::new(&mut file);
    for Entry { name, text } in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(crate::tui::now().0 / 1_000).unwrap_or_default());
        header.set_cksum();
        archive.append_data(&mut header, format!("kab-doctor/{name}"), text.as_bytes())?;
    }
    archive.finish()?;
    drop(archive);
    file.flush()
}

fn entries(folders: &Folders, report: &Report, hosts: HostNames) -> Vec<Entry> {
    let logs = logs(folders);
    let mut settings = Vec::new();
    for path in crate::cli::settings::files(folders) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        settings.push((name, text));
    }
    let mut redactor = Redactor::new(known(folders), hosts);
    let data = Value::Array(report.data());
    for text in [&data.to_string()].into_iter().chain(settings.iter().chain(&logs).map(|(_, text)| text)) {
        redactor.learn(text);
    }
    let report_data = redactor.json(&data);
    let mut entries = vec![
        Entry { name: "report.txt".into(), text: redactor.text(&report.text()) },
        Entry { name: "report.json".into(), text: format!("{report_data:#}\n") },
    ];
    for (name, text) in settings {
        // A file that cannot be read by its form cannot be cleared by it either.
        let kept =
            match toml::from_str::<toml::Value>(&text).map(|value| toml::to_string_pretty(&redactor.toml(&value))) {
                Ok(Ok(kept)) => kept,
                Ok(Err(_)) | Err(_) => String::from("# left out: it is no TOML\n"),
            };
        entries.push(Entry { name, text: kept });
    }
    for (name, text) in logs {
        entries.push(Entry { name: format!("logs/{name}"), text: redactor.text(&clean(&text)) });
    }
    entries
}

/// kab's own logs, by name. Links are not followed.
fn logs(folders: &Folders) -> Vec<(String, String)> {
    let Ok(found) = std::fs::read_dir(&folders.state) else { return Vec::new() };
    let mut logs: Vec<(String, String)> = found
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let is_log = [".log", ".log.old"].iter().any(|end| name.ends_with(end));
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            (is_log && is_file).then(|| Some((name, tail(&entry.path()).ok()?)))?
        })
        .collect();
    logs.sort();
    logs
}

/// The end of a file, from the beginning of a line on.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if length <= MOST {
        return Ok(text);
    }
    let from = text.find('\n').map_or(0, |at| at + 1);
    Ok(format!("(the beginning is left out)\n{}", &text[from..]))
}

/// All that must not get out, as far as it is known on this machine.
fn known(folders: &Folders) -> Known {
    let mut known = Known::default();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    known.secrets.extend(VARIABLES.into_iter().filter_map(variable));
    known.home = variable("HOME");
    known.users.extend(["USER", "LOGNAME"].into_iter().filter_map(variable));
    known.users.extend(known.home.as_deref().and_then(|home| Path::new(home).file_name()?.to_str()).map(str::to_owned));
    known.hosts.push(rustix::system::uname().nodename().to_string_lossy().into_owned());
    let logins = std::fs::read_dir(folders.state.join("credentials")).into_iter().flatten();
    let logins = logins.filter_map(|entry| Some(entry.ok()?.path()));
    for path in logins.chain([folders.server_file()]) {
        let read = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        if let Some(login) = read {
            collect(&login, "", &mut known);
        }
    }
    if let Ok(contexts) = Contexts::read(&folders.contexts_file()) {
        for entry in contexts.all.into_values() {
            known.users.extend(entry.user);
            let token = entry.token_file.and_then(|path| std::fs::read_to_string(path).ok());
            known.secrets.extend(token.map(|token| token.trim().to_owned()));
            for url in [entry.url, entry.kabinet, entry.rekuest, entry.lok].into_iter().flatten() {
                let url = Url::parse(&url).ok();
                known.hosts.extend(url.and_then(|url| url.host_str().map(str::to_owned)));
            }
        }
    }
    known
}

/// Texts of a login: a place, a host or a name stays what it is, and everything else is a secret.
fn collect(value: &Value, name: &str, known: &mut Known) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| collect(value, name, known)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, known)),
        Value::String(text) if name == "host" => known.hosts.push(text.clone()),
        Value::String(text) if is_secret(name) => known.secrets.push(text.clone()),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let promises = ["token", "secret"].iter().any(|word| name.contains(word)) || matches!(name, "key" | "client_id");
    promises && !name.ends_with("endpoint")
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
