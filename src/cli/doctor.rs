//! `kab doctor`: what is on this machine, and what that means.

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::output::{Answer, Columns};
use crate::config::{Layer, Loaded};
use crate::domain::{EngineKind, Failure};
use crate::engine::{self, Found, SocketReport};
use crate::local;

/// `kab doctor`.
#[derive(Debug, Args)]
pub struct Arguments {}

/// Looks for engine sockets and for the server; changes nothing and starts nothing.
///
/// # Errors
/// When the data folder cannot be read.
pub async fn run(context: &Context<'_>) -> Result<Answer, Failure> {
    let reports = engine::probe_sockets().await;
    let podman = engine::podman_program();
    let server = local::find(&context.folders).await?;
    let wish = Wish::of(&context.settings);
    let mut checks: Vec<Check> = reports.iter().map(socket).collect();
    let detail = match &podman {
        Some(path) => format!("{}; kab starts its service where no socket answers", path.display()),
        None => "no podman program on the path".to_owned(),
    };
    let state = if podman.is_some() { State::Well } else { State::Absent };
    checks.push(Check { name: "podman", state, place: "program".into(), address: None, origin: None, detail });
    checks.extend(wish.as_ref().map(Wish::check));
    checks.push(server_check(&server));
    let takes = |kind: &EngineKind| wish.as_ref().is_none_or(|wish| wish.takes(kind));
    let answers = reports.iter().any(|report| matches!(&report.found, Found::Engine { kind, .. } if takes(kind)));
    let starts = podman.is_some() && takes(&EngineKind::Podman);
    let advice = match wish.filter(|wish| wish.decides(answers || starts)) {
        Some(wish) => wish.advice(),
        None => advice(answers, starts).to_owned(),
    };
    Ok(answer(&checks, &advice))
}

/// What is to say of this machine, where the settings do not decide.
fn advice(answers: bool, starts: bool) -> &'static str {
    match (answers, starts) {
        (true, _) => "A container engine answers: apps can be installed.",
        (false, true) => "No socket answers, and podman is here: kab starts its service by itself.",
        (false, false) => {
            "No container engine: only the demo runs, as plain processes. Install podman (Debian: apt install podman), \
             start Docker, or set DOCKER_HOST; then `kab serve stop`, and kab finds it."
        }
    }
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// Not there, which is no trouble.
    Absent,
    Trouble,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Absent => "-",
            Self::Trouble => "!!",
        }
    }
}

/// Something that was looked at.
struct Check {
    name: &'static str,
    state: State,
    /// Where, for people.
    place: String,
    /// Where, for programs.
    address: Option<String>,
    /// Who named the place, for programs.
    origin: Option<&'static str>,
    detail: String,
}

fn socket(report: &SocketReport) -> Check {
    let (state, detail) = match &report.found {
        Found::Engine { kind, version } => (State::Well, format!("{} {version}", kind.name())),
        Found::Nothing => (State::Absent, "not there".to_owned()),
        Found::Trouble(why) => (State::Trouble, why.clone()),
    };
    let place = format!("{} ({})", report.address, report.origin);
    Check { name: "socket", state, place, address: Some(report.address.clone()), origin: Some(report.origin), detail }
}

fn server_check(found: &local::Found) -> Check {
    let (state, address, detail) = match found {
        local::Found::Server(found) => {
            let info = &found.0;
            (State::Well, Some(info.url.clone()), format!("kab {}, process {}", info.version, info.pid))
        }
        local::Found::Nothing => (State::Absent, None, "not running; every command starts it".to_owned()),
        local::Found::Silent(failure) | local::Found::Hung(failure) => (State::Trouble, None, failure.to_string()),
    };
    let place = address.clone().unwrap_or_else(|| "local".into());
    Check { name: "server", state, place, address, origin: None, detail }
}

/// The engine that the settings ask for.
struct Wish {
    word: String,
    /// Who asks: the variable or the file's key.
    origin: &'static str,
}

impl Wish {
    fn of(settings: &Loaded) -> Option<Self> {
        let word = settings.config.engine.kind.clone()?;
        let origin = match settings.origins.get("engine.kind") {
            Some(Layer::Environment) => "KAB_ENGINE",
            Some(Layer::File) | None => "engine.kind",
        };
        Some(Self { word, origin })
    }

    fn check(&self) -> Check {
        let detail = match self.word.as_str() {
            "auto" => "auto: the first that answers".to_owned(),
            "none" => "none: the server runs no container engine".to_owned(),
            "process" => "process: plain processes, without a container engine".to_owned(),
            word => format!("{word}: no other one is taken"),
        };
        let (place, origin) = (self.origin.into(), Some(self.origin));
        Check { name: "wish", state: State::Well, place, address: None, origin, detail }
    }

    /// Whether an engine of that kind would be taken.
    fn takes(&self, kind: &EngineKind) -> bool {
        !matches!(self.word.as_str(), "docker" | "podman") || kind.name() == self.word
    }

    /// Whether the settings say more about what runs here than what was `found` of the engines that they allow.
    fn decides(&self, found: bool) -> bool {
        match self.word.as_str() {
            "none" | "process" => true,
            "docker" | "podman" => !found,
            _ => false,
        }
    }

    fn advice(&self) -> String {
        let Self { word, origin } = self;
        let what = match word.as_str() {
            "none" => "nothing can be installed here, only on engines that connect by themselves (`kab engine`)",
            "process" => "only the demo runs, as plain processes",
            _ => "none answers, so nothing can be installed until it is started",
        };
        format!(
            "{origin} is {word}: {what}. Without it, after `kab serve stop`, kab takes the first engine that answers."
        )
    }
}

fn answer(checks: &[Check], advice: &str) -> Answer {
    let mut data: Vec<Value> = Vec::new();
    for check in checks {
        let Check { name, state, place: _, address, origin, detail } = check;
        let state = state.word();
        data.push(json!({"check": name, "state": state, "address": address, "origin": origin, "detail": detail}));
    }
    data.push(json!({"check": "advice", "state": null, "address": null, "origin": null, "detail": advice}));
    let row = |check: &Check| {
        vec![check.state.word().to_owned(), check.name.to_owned(), check.place.clone(), check.detail.clone()]
    };
    let columns = Columns {
        headings: vec!["", "CHECK", "WHERE", "WHAT"],
        rows: checks.iter().map(row).collect(),
        empty: String::new(),
    };
    let names = checks.iter().filter_map(|check| check.address.clone()).collect();
    let answer = Answer { text: Some(advice.to_owned()), ..Answer::list(data, columns, names) };
    let trouble: Vec<String> = checks
        .iter()
        .filter(|check| check.state == State::Trouble)
        .map(|check| format!("{} {}: {}", check.name, check.place, check.detail))
        .collect();
    if trouble.is_empty() {
        return answer;
    }
    answer.but(Failure::new("Something here does not work", trouble.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket_at(address: &str, found: Found) -> Check {
        socket(&SocketReport { origin: "DOCKER_HOST", address: address.into(), found })
    }

    #[test]
    fn the_advice_is_part_of_the_answer_and_trouble_is_a_failure() {
        let well = [socket_at("unix:///a", Found::Nothing)];
        let quiet = answer(&well, "Do this.");
        assert_eq!((quiet.text.as_deref(), &quiet.data[1]["detail"]), (Some("Do this."), &json!("Do this.")));
        assert_eq!((quiet.names, quiet.failure), (vec!["unix:///a".to_owned()], None));
        let trouble = [socket_at("unix:///a", Found::Trouble("permission denied".into()))];
        let failure = answer(&trouble, "").failure.expect("a failure");
        assert!(failure.kind.exit_code() == 1 && failure.why.contains("permission denied"), "{failure}");
    }

    #[test]
    fn an_engine_that_the_settings_rule_out_is_not_promised() {
        let mut settings = Loaded::default();
        assert!(Wish::of(&settings).is_none());
        settings.config.engine.kind = Some("none".into());
        settings.origins.insert("engine.kind".into(), Layer::Environment);
        let none = Wish::of(&settings).expect("a wish");
        assert!(none.decides(true) && none.advice().starts_with("KAB_ENGINE is none: nothing"), "{}", none.advice());
        settings.config.engine.kind = Some("podman".into());
        let podman = Wish::of(&settings).expect("a wish");
        assert!(podman.check().detail.starts_with("podman:"));
        assert!(podman.takes(&EngineKind::Podman) && !podman.takes(&EngineKind::Docker), "Docker here is of no use");
        assert!(!podman.decides(true) && podman.decides(false));
    }
}
