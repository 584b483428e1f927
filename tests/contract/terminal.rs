//! The real program against deployments that behave like the real ones: by commands, and in a pseudo-terminal.

use std::time::Duration;

use kab::server::ClientRole;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    deployer::Habits,
    engine::Yard,
    face::{Face, Generation},
    household::{Engine, Household},
    installs::House,
    pseudo_terminal::{Size, Terminal},
    support::eventually,
};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);

/// A deployment with the deployer, and a household that knows it as the context `lab`. The household goes first: it asks
/// once more before it ends.
pub struct Place {
    pub household: Household,
    pub house: House,
    pub runtime: Runtime,
    /// The access token that the household begins with.
    pub token: String,
}

/// Writes the token that the household has; where.
pub fn token_file(household: &Household, token: &str) -> String {
    let path = household.data_dir().parent().unwrap().join("token");
    std::fs::write(&path, token).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Makes the deployment of the face the context that commands mean.
pub fn choose(household: &Household, face: &Face, token: &str) {
    let (kabinet, rekuest) = (format!("{}/kabinet", face.url()), format!("{}/rekuest", face.url()));
    let file = token_file(household, token);
    let add = ["context", "add", "lab", "--kabinet", &kabinet, "--rekuest", &rekuest, "--token-file", &file];
    household.ask(&add).data();
    household.ask(&["context", "use", "lab"]).data();
}

impl Place {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (house, token) = runtime.block_on(async {
            let house = House::of(Habits::default()).await;
            let token = house.face.token("org.example.terminal", ClientRole::Interface).await;
            (house, token)
        });
        let household = Household::new(&Engine::Process);
        choose(&household, &house.face, &token);
        Self { household, house, runtime, token }
    }

    pub fn data(&self, arguments: &[&str]) -> Value {
        self.household.ask(arguments).data()
    }

    pub fn pods(&self) -> Value {
        self.data(&["pods", "list"])
    }
}

/// The only cell of `kab why`, whose verdict is no.
fn cell(answer: &Value) -> (&str, &str) {
    let cell = &answer["data"]["cells"][0];
    let sentence = cell["reasons"][0]["sentence"].as_str().unwrap_or_default();
    (cell["verdict"].as_str().unwrap_or_default(), sentence)
}

#[test]
fn the_commands_do_everything_on_a_deployment_of_the_first_generation() {
    let place = Place::new();
    let apps = place.data(&["apps", "list"]);
    assert_eq!(apps.as_array().map(Vec::len), Some(5), "{apps}");
    let cuda = place.household.ask(&["why", "com.example.cuda"]).envelope;
    let (verdict, sentence) = cell(&cuda);
    assert_ne!(verdict, "runs", "{cuda}");
    assert!(sentence.contains("CUDA"), "{cuda}");
    let poisoned = place.household.ask(&["why", "com.example.cpu"]).envelope;
    let (_, sentence) = cell(&poisoned);
    assert!(sentence.contains("18 validation errors for SelectorFieldJson"), "{poisoned}");

    place.household.ask(&["install", "com.example.plain", "--wait", "--yes"]).data();
    let pods = place.pods();
    assert_eq!((&pods[0]["status"], &pods[0]["app"]), (&json!("RUNNING"), &json!("com.example.plain")), "{pods}");
    let pod = pods[0]["id"].as_str().unwrap().to_owned();
    place.house.deployer.writes(&pod, "segmented 12 cells");
    let log = place.data(&["logs", &pod]);
    assert!(log.to_string().contains("segmented 12 cells"), "{log}");
    place.household.ask(&["stop", &pod, "--wait", "--yes"]).data();
    assert_eq!(place.pods()[0]["status"], "STOPPED");
    let start = place.household.ask(&["start", &pod, "--yes"]);
    assert_ne!(start.code, 0, "{}", start.envelope);
    assert!(start.envelope.to_string().contains("cannot start pods"), "{}", start.envelope);
    place.household.ask(&["restart", &pod, "--wait", "--yes"]).data();
    assert_eq!(place.pods()[0]["status"], "RUNNING");
    actions_of_its_own(&place, &pod);
    place.household.ask(&["remove", &pod, "--wait", "--yes"]).data();
    assert_eq!(place.pods(), json!([]));
    // The actions of one engine are few.
    let endless = place.house.face.requests().endless();
    assert!(endless.iter().all(|list| list == "implementations"), "{endless:?}");
}

/// What a task did is asked for again; so is what only this engine offers; records of what it still has stay.
fn actions_of_its_own(place: &Place, pod: &str) {
    let tasks = place.data(&["tasks", "list"]);
    let restart = tasks.as_array().unwrap().iter().find(|task| task["kind"] == "restart").expect("a restart");
    let again = place.household.ask(&["tasks", "again", restart["id"].as_str().unwrap(), "--wait"]).data();
    let task = &again[0]["task"];
    assert!(task["id"] != restart["id"] && task["kind"] == "restart" && task["state"] == "DONE", "{again}");
    let kept = place.household.ask(&["pods", "forget", pod, "--yes"]);
    assert_ne!(kept.code, 0, "{}", kept.envelope);
    assert!(kept.envelope["error"]["hint"].as_str().unwrap().contains("kab remove"), "{}", kept.envelope);
    let engine = place.data(&["engines"])[0]["name"].as_str().unwrap().to_owned();
    let actions = place.data(&["engines", "actions", &engine]);
    assert!(actions.as_array().unwrap().iter().any(|it| it["action"] == "move"), "{actions}");
    let wrong = place.household.ask(&["engines", "ask", &engine, "move", &format!("pod={pod}")]);
    assert_eq!(wrong.code, 2, "{}", wrong.envelope);
    let asked =
        place.household.ask(&["engines", "ask", &engine, "move", &format!("pod={pod}"), "target=Local Node"]).data();
    assert!(asked["task"]["id"].is_string(), "{asked}");
    let moved = || place.house.deployer.assigned().into_iter().find(|frame| frame["interface"] == "move");
    let frame = place.runtime.block_on(crate::support::eventually("it is asked for", async || moved()));
    assert_eq!(frame["args"]["pod"]["object"], pod, "{frame}");
    assert!(frame["args"]["target"]["object"].is_string(), "{frame}");
}

#[test]
fn a_token_that_has_expired_is_told_with_the_exit_code_of_signing_in() {
    let place = Place::new();
    place.pods();
    place.house.face.script().expire_tokens();
    let refused = place.household.ask(&["pods", "list"]);
    assert_ne!(refused.code, 0);
    assert!(refused.envelope.to_string().contains("Token has expired"), "{}", refused.envelope);
    // Another token in the file is read without a word.
    let token = place.runtime.block_on(place.house.face.token("org.example.terminal", ClientRole::Interface));
    token_file(&place.household, &token);
    assert_eq!(place.pods(), json!([]));
}

/// Out of the explanation, and the filter away.
fn back_to_all_apps(screen: &mut Terminal) {
    screen.press_until("\x1b", SOON, |screen| screen.contains("[2 Apps") && screen.contains("rocm"));
}

#[test]
fn the_whole_way_in_a_terminal_through_the_old_deployer() {
    let place = Place::new();
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    // With the apps that run nowhere.
    screen.press("2").wait_for("[2 Apps", SOON).wait_for("plain", SOON);
    screen.press(".").wait_for("rocm", SOON);

    // Why not: the need, and the server's own reason.
    screen.press("/cuda\r").wait_gone("rocm", SOON).wait_for("> cuda", SOON);
    screen.press("e").wait_for("needs a CUDA GPU", SOON);
    back_to_all_apps(&mut screen);
    screen.press("/example.cpu\r").wait_gone("rocm", SOON).wait_for("> cpu", SOON);
    screen.press("e").wait_for("18 validation errors", SOON);
    back_to_all_apps(&mut screen);

    // Installed, while sockets are cut and the whole deployment restarts.
    place.house.deployer.hold_at(10);
    screen.press("/plain\r").wait_gone("rocm", SOON);
    screen.press("i").wait_for("[ Install ]", SOON);
    screen.press("\r").wait_gone("[ Install ]", SOON);
    screen.press("6").wait_for("[6 Tasks", SOON).wait_for("Pulling image", SOON);
    place.runtime.block_on(place.house.cut());
    place.house.deployer.go_on();
    screen.wait_until("the end of the installation", SOON, |screen| {
        screen.lines().any(|line| line.contains("DONE") && line.contains("took"))
    });
    screen.press("4").wait_for("[4 Pods", SOON).wait_for("RUNNING", SOON);

    screen.press("l").wait_for("hello", SOON);
    screen.wait_until("a badge", SOON, |screen| screen.contains("POLL") || screen.contains("SNAPSHOT"));
    let pod = place.pods()[0]["id"].as_str().unwrap().to_owned();
    place.house.deployer.writes(&pod, "segmented 12 cells");
    screen.wait_for("segmented 12 cells", SOON);
    screen.press("q").wait_for("[4 Pods", SOON);
    screen.press("s").wait_for("STOPPED", SOON);
    screen.press("r").wait_for("RUNNING", SOON);
    screen.press("D").wait_for("Remove plain", SOON);
    screen.press_until("y", SOON, |screen| !screen.contains("Remove plain"));
    screen.wait_for("No pods yet.", SOON);
    assert_eq!(place.house.deployer.assigned().len(), 3 + 1 + place.refreshes());
    screen.leave("q", SOON);
}

impl Place {
    /// How often the deployer was asked for a snapshot.
    fn refreshes(&self) -> usize {
        let assigned = self.house.deployer.assigned();
        assigned.iter().filter(|frame| frame["interface"] == "refresh_logs").count()
    }
}

#[test]
fn a_deployment_that_restarts_is_offline_for_a_while_and_what_was_kept_is_shown() {
    let mut place = Place::new();
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    screen.press("2").wait_for("[2 Apps", SOON).wait_for("oneapi", SOON);
    let kept = place.household.data_dir().join("cache/contexts/lab/apps.json");
    let whole = eventually("the list is whole, and kept", async || kept.exists().then_some(()));
    place.runtime.block_on(whole);
    place.runtime.block_on(place.house.face.down());
    // The header says it; of engines the page says so, too.
    let says = |is_offline: bool| {
        move |screen: &str| screen.lines().next().is_some_and(|header| header.contains("offline") == is_offline)
    };
    screen.wait_until("it is offline", SOON, says(true)).wait_for("oneapi", SOON);
    place.runtime.block_on(place.house.face.up());
    screen.wait_until("it is online", SOON, says(false)).wait_for("oneapi", SOON);
    screen.leave("q", SOON);

    // Opened again while nobody answers.
    place.runtime.block_on(place.house.face.down());
    let mut screen = Terminal::open(place.household.in_terminal(&[]), Size(120, 30));
    screen.press("2").wait_for("[2 Apps", SOON).wait_for("oneapi", SOON);
    screen.wait_until("it is offline", SOON, says(true));
    screen.leave("q", SOON);
    place.runtime.block_on(place.house.face.up());
    let asked = place.house.face.requests().0.len();
    let mut screen = Terminal::open(place.household.in_terminal(&["--offline"]), Size(120, 30));
    screen.press("2").wait_for("[2 Apps", SOON).wait_for("oneapi", SOON);
    screen.leave("q", SOON);
    assert_eq!(place.house.face.requests().0.len(), asked, "offline means that nobody is asked");
}

#[test]
fn the_newest_generation_in_a_terminal_with_kabs_own_engine_wants_an_approval_first() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (yard, engine, token) = runtime.block_on(async {
        let yard = Yard::of(Generation::Newest).await;
        let engine = yard.engine().await;
        let token = yard.face.token("org.example.terminal", ClientRole::Interface).await;
        (yard, engine, token)
    });
    let household = Household::new(&Engine::Process);
    choose(&household, &yard.face, &token);
    let mut screen = Terminal::open(household.in_terminal(&[]), Size(120, 30));
    screen.press("5").wait_for("[5 Engines", SOON).wait_for("Yard", SOON);
    screen.press("2").wait_for("[2 Apps", SOON).wait_for("> plain", SOON);
    screen.press("i").wait_for("nobody has approved this release yet", SOON);
    screen.press("\x1b").wait_gone("nobody has approved", SOON);
    runtime.block_on(yard.approve());
    screen.press("i").wait_for("[ Install ]", SOON).wait_for("named by tag", SOON);
    screen.press("\r").wait_gone("[ Install ]", SOON);
    // Pods are pushed here: the list is not asked for again.
    screen.press("4").wait_for("[4 Pods", SOON).wait_for("RUNNING", SOON);
    screen.press("l").wait_for("LIVE", SOON).wait_for("line 49", SOON);
    screen.press("q").wait_for("[4 Pods", SOON);
    screen.press("s").wait_for("STOPPED", SOON);
    screen.press("u").wait_for("RUNNING", SOON);
    screen.press("D").wait_for("Remove plain", SOON);
    screen.press_until("y", SOON, |screen| !screen.contains("Remove plain"));
    screen.wait_for("No pods yet.", SOON);
    screen.leave("q", SOON);
    let errors = yard.face.requests().errors();
    assert!(errors.iter().all(|error| !error.contains("Cannot query field")), "{errors:?}");
    drop(household);
    runtime.block_on(engine.stop());
    drop(yard);
}
