//! This machine's own server and container engines: what is there, and what that means.

use serde_json::json;

use super::check::{Check, Section, State};
use crate::config::{Layer, Loaded};
use crate::domain::{EngineKind, Failure};
use crate::engine::{self, Found, SocketReport};
use crate::local;

/// Looks for engine sockets; changes nothing and starts nothing.
pub async fn look(settings: &Loaded) -> Vec<Check> {
    let reports = engine::probe_sockets().await;
    let podman = engine::podman_program();
    let wish = Wish::of(settings);
    let mut checks: Vec<Check> = reports.iter().map(socket).collect();
    checks.push(match &podman {
        Some(path) => {
            let detail = format!("{}; kab starts its service where no socket answers", path.display());
            Check::ok(Section::Sockets, "podman", detail)
        }
        None => Check::skipped(Section::Sockets, "podman", "no podman program on the path"),
    });
    checks.extend(wish.as_ref().map(Wish::check));
    let takes = |kind: &EngineKind| wish.as_ref().is_none_or(|wish| wish.takes(kind));
    let answers = reports.iter().any(|report| matches!(&report.found, Found::Engine { kind, .. } if takes(kind)));
    let starts = podman.is_some() && takes(&EngineKind::Podman);
    checks.push(match wish.filter(|wish| wish.decides(answers || starts)) {
        Some(wish) => wish.advice(),
        None => advice(answers, starts),
    });
    checks
}

/// What is to say of this machine, where the settings do not decide.
fn advice(answers: bool, starts: bool) -> Check {
    let ok = |detail: &str| Check::ok(Section::Sockets, "advice", detail);
    match (answers, starts) {
        (true, _) => ok("a container engine answers: apps can be installed"),
        (false, true) => ok("no socket answers, and podman is here: kab starts its service by itself"),
        (false, false) => {
            Check::warn(Section::Sockets, "advice", "no container engine: only the demo runs, as plain processes").hint(
                "Install podman (Debian: apt install podman), start Docker, or set DOCKER_HOST; then `kab serve stop`, \
                 and kab finds it.",
            )
        }
    }
}

fn socket(report: &SocketReport) -> Check {
    let (state, detail) = match &report.found {
        Found::Engine { kind, version } => (State::Ok, format!("{} {version}", kind.name())),
        Found::Nothing => (State::Skipped, "not there".to_owned()),
        Found::Trouble(why) => (State::Fail, why.clone()),
    };
    let detail = format!("{detail} ({})", report.origin);
    Check::new(Section::Sockets, &report.address, state, detail)
        .value(json!({"address": report.address, "origin": report.origin}))
}

/// What there is to say of this machine's own server; `needed`: whether it is the one that is meant.
pub fn server(found: &Result<local::Found, Failure>, needed: Needed) -> Check {
    let found = match found {
        Ok(found) => found,
        Err(failure) => return Check::failed(Section::Server, "server", failure),
    };
    let check = match found {
        local::Found::Server(found) => {
            let info = &found.0;
            let detail = format!("kab {}, process {}, at {}", info.version, info.pid, info.url);
            let value = json!({"url": info.url, "pid": info.pid, "version": info.version});
            if info.version == env!("CARGO_PKG_VERSION") {
                Check::ok(Section::Server, "server", detail).value(value)
            } else {
                Check::warn(Section::Server, "server", format!("{detail}; this is another version"))
                    .hint("`kab serve stop` ends it, and the next command starts this version.")
                    .value(value)
            }
        }
        local::Found::Nothing if needed == Needed::Yes => {
            Check::skipped(Section::Server, "server", "not running; every command starts it")
        }
        local::Found::Nothing => Check::skipped(Section::Server, "server", "not running, and not needed here"),
        local::Found::Silent(failure) | local::Found::Hung(failure) => {
            Check::failed(Section::Server, "server", failure)
        }
    };
    match (needed, check.state) {
        // It is not what somebody asks for, and not the reason of anything.
        (Needed::No, State::Fail) => Check { state: State::Warn, ..check },
        _ => check,
    }
}

/// Whether something is what the chosen context leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// It is.
    Yes,
    /// Another server is meant.
    No,
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
            Some(_) | None => "engine.kind",
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
        Check::ok(Section::Sockets, self.origin, detail).value(self.word.as_str())
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

    fn advice(&self) -> Check {
        let Self { word, origin } = self;
        let what = match word.as_str() {
            "none" => "nothing can be installed here, only on engines that connect by themselves (`kab engine`)",
            "process" => "only the demo runs, as plain processes",
            _ => "none answers, so nothing can be installed until it is started",
        };
        let state = if matches!(word.as_str(), "docker" | "podman") { State::Warn } else { State::Ok };
        Check::new(Section::Sockets, "advice", state, format!("{origin} is {word}: {what}"))
            .hint("Without it, after `kab serve stop`, kab takes the first engine that answers.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_not_there_is_no_trouble_and_one_that_does_not_help_is() {
        let at = |found| socket(&SocketReport { origin: "DOCKER_HOST", address: "unix:///a".into(), found });
        assert_eq!(at(Found::Nothing).state, State::Skipped);
        let trouble = at(Found::Trouble("permission denied".into()));
        assert!(trouble.state == State::Fail && trouble.detail.starts_with("permission denied"), "{trouble:?}");
        let engine = at(Found::Engine { kind: EngineKind::Docker, version: "29.1".into() });
        assert_eq!((engine.state, engine.detail.as_str()), (State::Ok, "docker 29.1 (DOCKER_HOST)"));
        assert_eq!(
            [advice(true, false), advice(false, true), advice(false, false)].map(|check| check.state.word()),
            ["ok", "ok", "warn"]
        );
    }

    #[test]
    fn a_server_of_this_machine_matters_where_it_is_meant() {
        let silent = || Ok(local::Found::Silent(Failure::new("a", "it is starting")));
        assert_eq!(server(&silent(), Needed::Yes).state, State::Fail);
        assert_eq!(server(&silent(), Needed::No).state, State::Warn);
        assert_eq!(server(&Ok(local::Found::Nothing), Needed::Yes).state, State::Skipped);
    }

    #[test]
    fn an_engine_that_the_settings_rule_out_is_not_promised() {
        let mut settings = Loaded::default();
        assert!(Wish::of(&settings).is_none());
        settings.config.engine.kind = Some("none".into());
        settings.origins.insert("engine.kind".into(), Layer::Environment);
        let none = Wish::of(&settings).expect("a wish");
        let advice = none.advice();
        assert!(none.decides(true) && advice.detail.starts_with("KAB_ENGINE is none: nothing"), "{advice:?}");
        settings.config.engine.kind = Some("podman".into());
        let podman = Wish::of(&settings).expect("a wish");
        assert!(podman.check().detail.starts_with("podman:"));
        assert!(podman.takes(&EngineKind::Podman) && !podman.takes(&EngineKind::Docker), "Docker here is of no use");
        assert!(!podman.decides(true) && podman.decides(false));
    }
}
