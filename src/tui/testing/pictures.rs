//! A picture of every screen and overlay, in the sizes that people have.

use std::time::Duration;

use super::{Driver, fixtures};
use crate::domain::{EngineKind, Failure, FailureKind, LogLine, TaskEvent};
use crate::tui::effect::Effect;
use crate::tui::message::{LogKind, Message, Socket};
use crate::tui::theme::{Colours, GlyphSet, Theme};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

/// Takes a picture in both usual sizes.
fn both(name: &str, story: impl Fn(Driver) -> Driver) {
    for (columns, rows) in SIZES {
        story(Driver::full(columns, rows).wait(7_000)).picture(&format!("{name}-{columns}x{rows}"));
    }
}

fn small(name: &str, story: impl Fn(Driver) -> Driver) {
    story(Driver::full(40, 12).wait(7_000)).picture(&format!("{name}-40x12"));
}

fn mono(name: &str, story: impl Fn(Driver) -> Driver) {
    let theme = Theme::new(Colours::Mono, GlyphSet::Ascii);
    let driver = Driver::themed(80, 24, &theme).connected().with_everything().wait(7_000);
    story(driver).picture(&format!("{name}-mono-80x24"));
}

fn with_log(driver: Driver) -> Driver {
    let mut driver = driver.keys("4 j j l");
    let ticket = driver
        .asked()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Log { ticket, .. } => Some(ticket),
            _ => None,
        })
        .unwrap();
    driver.send(Message::LogLines(ticket, LogKind::Live, fixtures::log().into()))
}

#[test]
fn home() {
    both("home", |it| it.keys("1"));
    small("home", |it| it.keys("1"));
    mono("home", |it| it.keys("1"));
}

#[test]
fn home_while_connecting() {
    Driver::new(80, 24).wait(3_000).picture("home-connecting-80x24");
}

#[test]
fn home_without_a_server() {
    let failure = Failure::new("Could not reach lab.example.org", "connection refused")
        .kind(FailureKind::Network)
        .hint("Is the server running?");
    Driver::new(80, 24).send(Message::ConnectFailed(failure)).picture("home-failed-80x24");
}

fn sockets() -> Vec<Socket> {
    ["$DOCKER_HOST", "$CONTAINER_HOST", "/run/user/1000/podman/podman.sock", "/run/podman/podman.sock"]
        .into_iter()
        .map(|place| {
            let outcome = if place.starts_with('$') { "not set" } else { "not there" };
            Socket { place: place.into(), outcome: outcome.into(), answers: false }
        })
        .chain([Socket { place: "/var/run/docker.sock".into(), outcome: "permission denied".into(), answers: false }])
        .collect()
}

#[test]
fn nothing_there_yet() {
    for (columns, rows) in SIZES {
        let empty = Driver::new(columns, rows)
            .connected()
            .send(Message::Engines(Ok(vec![])))
            .send(Message::Apps(Ok(vec![])))
            .send(Message::Nodes(Ok(vec![])))
            .send(Message::Pods(Ok(vec![])))
            .send(Message::Tasks(Ok(vec![])))
            .send(Message::Repositories(Ok(vec![])))
            .send(Message::Sockets(sockets()));
        empty.picture(&format!("home-empty-{columns}x{rows}"));
        let empty = empty.keys("5");
        empty.picture(&format!("engines-empty-{columns}x{rows}"));
    }
}

#[test]
fn no_container_engine() {
    let mut engines = fixtures::engines();
    engines.truncate(1);
    (engines[0].name, engines[0].kind) = ("Demo processes (no isolation) on ws-07".into(), EngineKind::Process);
    for (columns, rows) in SIZES {
        let it =
            Driver::full(columns, rows).send(Message::Engines(Ok(engines.clone()))).send(Message::Sockets(sockets()));
        it.picture(&format!("home-process-{columns}x{rows}"));
        it.keys("5").picture(&format!("engines-process-{columns}x{rows}"));
    }
}

#[test]
fn apps() {
    both("apps", |it| it.keys("2 j j"));
    both("apps-filter", |it| it.keys("2 /").text("seg"));
    both("apps-hidden", |it| it.keys("2 ."));
    both("apps-no-match", |it| it.keys("2 /").text("zebrafish"));
    small("apps", |it| it.keys("2 j"));
    mono("apps", |it| it.keys("2 / s e g enter"));
}

#[test]
fn app_page() {
    both("app-overview", |it| it.keys("2 /").text("stardist").keys("enter enter"));
    both("app-compat", |it| it.keys("2 /").text("stardist").keys("enter e"));
    both("app-versions", |it| it.keys("2 /").text("stardist").keys("enter enter ] ]"));
    both("app-nodes", |it| it.keys("2 /").text("stardist").keys("enter enter ] ] ] j"));
    both("app-access", |it| it.keys("2 /").text("stardist").keys("enter enter ] ] ] ]"));
    both("app-source", |it| it.keys("2 /").text("stardist").keys("enter enter [ ["));
    both("app-activity", |it| it.keys("2 /").text("stardist").keys("enter enter ["));
    small("app-compat", |it| it.keys("2 /").text("stardist").keys("enter e"));
    mono("app-compat", |it| it.keys("2 /").text("stardist").keys("enter e"));
}

#[test]
fn nodes() {
    both("nodes", |it| it.keys("3 j"));
    both("nodes-by-port", |it| it.keys("3 /").text("out:@mikro/table"));
    both("node-page", |it| it.keys("3 enter"));
    small("nodes", |it| it.keys("3"));
}

#[test]
fn pods() {
    both("pods", |it| it.keys("4"));
    both("pods-stopping", |it| it.keys("4 j j space space space s"));
    both("pod-page", |it| it.keys("4 enter"));
    both("pods-remove", |it| it.keys("4 j j D"));
    both("pods-menu", |it| it.keys("4 G a"));
    small("pods", |it| it.keys("4 j j"));
    mono("pods", |it| it.keys("4"));
}

#[test]
fn engines() {
    both("engines", |it| it.keys("5 j"));
    both("engine-page", |it| it.keys("5 j enter"));
    small("engines", |it| it.keys("5"));
}

fn pulling(driver: Driver) -> Driver {
    let mut pull = fixtures::pull();
    let mut driver = driver.keys("6");
    for step in 1..=6_u64 {
        pull.layers[2].current += 8_000_000;
        pull.layers[3].current += 3_000_000;
        let event = TaskEvent {
            id: format!("{}", 10 + step).into(),
            message: Some(pull.to_message()),
            progress: Some(41 + u8::try_from(step).unwrap()),
            at: driver.now,
            ..fixtures::events()[3].clone()
        };
        driver = driver.wait(1_000).send(Message::TaskHappened(Box::new(event)));
    }
    driver
}

#[test]
fn tasks() {
    both("tasks", pulling);
    both("task-page", |it| {
        let task = fixtures::tasks()[0].clone();
        pulling(it).keys("enter").send(Message::TaskTold("101".into(), Ok((task, fixtures::events()))))
    });
    small("tasks", pulling);
    mono("tasks", pulling);
}

#[test]
fn install_sheet() {
    both("install", |it| it.keys("2 /").text("stardist").keys("enter i"));
    both("install-options", |it| it.keys("2 /").text("stardist").keys("enter I"));
    both("install-maybe", |it| it.keys("2 /").text("ilastik").keys("enter I j j enter"));
    both("install-impossible", |it| it.keys("2 . /").text("nnunet").keys("enter i"));
    mono("install", |it| it.keys("2 /").text("stardist").keys("enter i"));
}

#[test]
fn log() {
    both("log", with_log);
    both("log-found", |it| with_log(it).keys("/").text("memory").keys("enter n"));
    both("log-paused", |it| {
        let it = with_log(it).keys("k k k");
        let lines: Vec<LogLine> = fixtures::log().into_iter().take(14).collect();
        let ticket = it.app.tickets;
        it.send(Message::LogLines(ticket, LogKind::Live, lines.into()))
    });
    small("log", with_log);
    mono("log", with_log);
    both("log-selected", |it| with_log(it).keys("v k k k"));
    both("log-filtered", |it| with_log(it).keys("&").text("error").keys("enter &").text("!torch").keys("enter c"));
    both("log-cut", |it| with_log(it).keys("w right x t"));
    both("log-save", |it| with_log(it).keys("C-s"));
    both("log-range", |it| with_log(it).keys("T"));
}

#[test]
fn log_as_it_was_kept() {
    both("log-snapshot", |it| {
        let it = it.keys("4 j j l");
        let (ticket, at) = (it.app.tickets, it.now);
        let kind = LogKind::Snapshot { taken_at: Some(at) };
        it.send(Message::LogLines(ticket, kind, fixtures::log().into()))
    });
}

#[test]
fn log_of_json() {
    let lines = || -> Vec<LogLine> {
        let text = |at: usize| match at % 3 {
            0 => {
                format!(r#"{{"ts":"2026-09-21T14:0{at}:11Z","level":"info","msg":"predict","image":{at},"tiles":16}}"#)
            }
            1 => {
                format!(r#"{{"ts":"2026-09-21T14:0{at}:12Z","level":"error","msg":"CUDA out of memory","tile":{at}}}"#)
            }
            _ => "Traceback (most recent call last):".into(),
        };
        (0..6).map(|at| LogLine { text: text(at), ..fixtures::log()[at].clone() }).collect()
    };
    let open = |it: Driver| {
        let it = it.keys("4 j j l");
        let ticket = it.app.tickets;
        it.send(Message::LogLines(ticket, LogKind::Live, lines().into()))
    };
    both("log-json-line", |it| open(it).keys("J"));
    both("log-json-block", |it| open(it).keys("J J"));
}

#[test]
fn log_of_several_pods() {
    both("log-merged", |it| {
        let mut it = it.keys("4 j j space space space l");
        let asked = it.asked();
        let tickets = asked.iter().filter_map(|effect| match effect {
            Effect::Log { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let lines: Vec<LogLine> = fixtures::log();
        for (at, ticket) in tickets.enumerate() {
            let lines: Vec<_> = lines.iter().skip(at).step_by(3).cloned().collect();
            it = it.send(Message::LogLines(ticket, LogKind::Live, lines.into()));
        }
        it.keys("tab j space")
    });
}

#[test]
fn overlays() {
    both("help", |it| it.keys("4 ?"));
    both("palette", |it| it.keys("2 :").text("sta"));
    both("messages", |it| {
        it.send(Message::PodChanged(Box::new(fixtures::pods()[0].clone())))
            .send(Message::Copied("Copied 36 characters".into()))
            .send(Message::ConnectFailed(Failure::new("Could not list pods", "no route to host")))
            .keys("R")
            .connected()
            .keys("@")
    });
}

#[test]
fn an_error_stays_until_it_is_dismissed() {
    both("error", |it| {
        let failure = Failure::new(
            "Could not start stardist on hpc-gpu",
            "the registry refused the image: manifest for bioimage/stardist:0.4.2-cuda not found",
        )
        .hint("Choose flavour cpu: I.");
        it.keys("2").send(Message::Installing(crate::tui::effect::Ticket(9), Err(failure)))
    });
}

#[test]
fn offline_data_stays_readable() {
    both("offline", |it| {
        it.keys("4")
            .send(Message::Lost(Failure::new("Lost the server", "connection reset"), Duration::ZERO))
            .wait(180_000)
    });
}

#[test]
fn tiny_terminals_say_what_matters() {
    Driver::full(29, 7).picture("tiny-29x7");
}
