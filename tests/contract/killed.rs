//! The program is killed in the middle of something: what was not asked for yet never happens, and what was asked for
//! happens once, whatever became of the answer.

use std::time::Duration;

use kab::domain::{App, FlavourId};
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    face::Fault,
    in_the_terminal::Place,
    pseudo_terminal::{Size, Terminal},
    support::eventually,
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);

impl Place {
    /// What the deployer was asked for by that name.
    fn asked(&self, interface: &str) -> Vec<Value> {
        let assigned = self.house.deployer.assigned();
        assigned.into_iter().filter(|frame| frame["interface"] == interface).collect()
    }

    fn flavour(&self, app: &str) -> FlavourId {
        let apps = self.runtime.block_on(self.house.store.all_apps()).unwrap();
        let found = apps.iter().find(|known: &&App| known.identifier.as_str() == app).unwrap();
        found.releases[0].flavours[0].id.clone()
    }

    /// The pods of an app, with their states.
    fn pods_of(&self, app: &str) -> Vec<(String, String)> {
        let pods = self.pods();
        let of_app = pods.as_array().unwrap().iter().filter(|pod| pod["app"] == app);
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        of_app.map(|pod| (word(&pod["id"]), word(&pod["status"]))).collect()
    }
}

/// The program at the pods of one app.
fn at_pods_of(place: &Place, (app, other): (&str, &str)) -> Terminal {
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    // What was kept from an earlier time cannot be acted on.
    screen
        .wait_for(" live", SOON)
        .press("4")
        .wait_for("[4 Pods", SOON)
        .wait_for("RUNNING", SOON)
        .wait_for("Engines 1/1", SOON);
    screen.press(&format!("/{app}\r")).wait_until("the other rows to go", SOON, |screen| {
        !screen.lines().any(|line| line.contains("RUNNING") && line.contains(&format!("{other}-")))
    });
    screen
}

#[test]
fn a_stop_whose_time_to_undo_was_not_over_never_happens() {
    let place = Place::new();
    place.data(&["install", "com.example.plain", "--wait", "--yes"]);
    let cuda = place.flavour("com.example.cuda");
    place.runtime.block_on(async {
        let task = place.house.store.install(&cuda, &place.house.engine).await.unwrap();
        place.house.ended(&task).await;
    });
    let [(plain, _)]: [(String, String); 1] = place.pods_of("com.example.plain").try_into().unwrap();
    let [(cuda, _)]: [(String, String); 1] = place.pods_of("com.example.cuda").try_into().unwrap();

    let mut screen = at_pods_of(&place, ("plain", "cuda"));
    screen.press("s").wait_for("Stopping plain", SOON).signal(Signal::KILL);
    screen.wait_for_end(SOON);
    // Another stop begins when that one was left; when its whole time to undo is over, so is that of the first.
    let mut screen = at_pods_of(&place, ("cuda", "plain"));
    screen.press("s").wait_for("Stopping cuda", SOON).wait_for("STOPPED", SOON);
    screen.leave("Q", SOON);

    let stops = place.asked("stop");
    assert_eq!(stops.len(), 1, "{stops:?}");
    assert_eq!(stops[0]["args"]["pod"]["object"], cuda.as_str(), "{stops:?}");
    assert_eq!(place.pods_of("com.example.plain"), [(plain, "RUNNING".to_owned())]);
}

#[test]
fn an_install_that_was_sent_and_not_answered_is_there_once() {
    let place = Place::new();
    place.house.deployer.hold_at(10);
    // It is carried out, and the answer never comes.
    place.house.face.script().next(1, "Assign", Fault::Hang);
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    screen.wait_for(" live", SOON).press("2").wait_for("[2 Apps", SOON).wait_for("plain", SOON);
    // Once what the engine reports has been read, it does not ask once more.
    screen.press("/plain\r").wait_gone("oneapi", SOON).wait_for("Runs on 1 of 1 engine", SOON);
    screen.press("i").wait_for("[ Install ]", SOON).press("\r").wait_for("to install", SOON);
    let sent = eventually("the deployer is asked", async || (!place.asked("deploy_flavour").is_empty()).then_some(()));
    place.runtime.block_on(sent);
    screen.signal(Signal::KILL);
    screen.wait_for_end(SOON);

    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    screen.press("6").wait_for("[6 Tasks", SOON).wait_for("install plain", SOON);
    place.house.deployer.go_on();
    screen.wait_until("the end of the installation", SOON, |screen| {
        screen.lines().any(|line| line.contains("install plain") && line.contains("DONE"))
    });
    let shown = screen.screen();
    assert_eq!(
        shown.lines().filter(|line| line.contains("install plain") && line.contains("DONE")).count(),
        1,
        "{shown}"
    );
    screen.leave("Q", SOON);

    assert_eq!(place.asked("deploy_flavour").len(), 1);
    let tasks = place.data(&["tasks"]);
    let installs = tasks.as_array().unwrap().iter().filter(|task| task["kind"] == "install");
    assert_eq!(installs.count(), 1, "{tasks}");
    assert_eq!(place.pods_of("com.example.plain").len(), 1);
}
