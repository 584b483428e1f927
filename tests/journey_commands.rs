//! The same way by command line: every verb against the real server and a real engine, what programs get from them, and
//! what they are told when something is wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/household.rs"]
mod household;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use household::{Engine, Household};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// The demo's first app.
const GREETER: &str = "live.kab.demo.greeter";

/// A command whose standard output is read while it runs.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The next line that contains the text.
    #[track_caller]
    fn line_with(&self, text: &str) -> String {
        let deadline = Instant::now() + SOON;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("no line with {text:?} came"),
                Err(RecvTimeoutError::Disconnected) => panic!("the output ended before a line with {text:?}"),
            }
        }
    }

    /// Interrupts it, as Ctrl-c does; its exit code.
    #[track_caller]
    fn interrupt(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let deadline = Instant::now() + SOON;
        // Its output ends with it.
        while self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(Instant::now() < deadline, "it does not end");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn text(output: &[u8]) -> &str {
    std::str::from_utf8(output).unwrap()
}

/// Standard output of a command that succeeded.
#[track_caller]
fn printed(household: &Household, arguments: &[&str]) -> String {
    let output = household.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

/// The error of a command that failed so.
#[track_caller]
fn refused(household: &Household, arguments: &[&str], code: i32) -> Value {
    let answer = household.ask(arguments);
    assert_eq!(answer.code, code, "{arguments:?}: {answer:?}");
    let error = answer.envelope["error"].clone();
    assert_eq!((&answer.envelope["ok"], &error["exit_code"]), (&json!(false), &json!(code)), "{arguments:?}");
    assert!(error["what"].as_str().is_some_and(|what| !what.is_empty()), "{arguments:?}: {error}");
    error
}

/// The verdict about a flavour, and its reasons.
fn verdict(why: &Value, flavour: &str) -> (String, String) {
    let cell = why["cells"].as_array().unwrap().iter().find(|cell| cell["flavour"] == flavour).unwrap();
    let reasons = cell["reasons"].as_array().unwrap().iter().map(|reason| reason["sentence"].as_str().unwrap());
    (cell["verdict"].as_str().unwrap().to_owned(), reasons.collect::<Vec<_>>().join("; "))
}

/// Installing, and everything that can be done with a pod; on a machine without a CUDA GPU.
fn life(household: &Household) {
    let ready = household.ask(&["demo", "--prepare"]).data();
    assert_eq!(ready["app"], GREETER);
    let apps = household.ask(&["apps", "list"]).data();
    assert!(apps.as_array().unwrap().iter().any(|app| app["id"] == GREETER), "{apps}");
    let why = household.ask(&["why", GREETER]).data();
    assert_eq!(verdict(&why, "vanilla"), ("RUNS".into(), String::new()));
    let (cuda, reason) = verdict(&why, "cuda");
    assert!(cuda == "NO" && reason.contains("needs a CUDA GPU") && reason.contains("reports no GPU"), "{reason}");
    assert!(printed(household, &["why", GREETER]).contains(&reason), "people are told the same");

    let planned = household.ask(&["install", "greeter", "--dry-run"]).data();
    assert_eq!((&planned["task"], &planned["plan"]["flavour"]), (&Value::Null, &why["choice"]["flavour"]));
    let installed = household.ask(&["install", "greeter", "--wait"]);
    // What was chosen is said; how far it is, is for terminals.
    assert_eq!(installed.said.lines().count(), 1, "{}", installed.said);
    let installed = installed.data();
    assert_eq!((&installed["task"]["state"], &installed["pod"]["status"]), (&json!("DONE"), &json!("RUNNING")));
    let name = installed["pod"]["name"].as_str().unwrap();
    assert_eq!(printed(household, &["pods", "-o", "name"]).trim(), name);

    let follow = Running::start(household.command(&["logs", name, "-f"]));
    follow.line_with("ready: agent");
    follow.line_with("heartbeat 1:");
    follow.line_with("heartbeat 2:");
    assert_eq!(follow.interrupt(), Some(130));
    let log = printed(household, &["logs", name, "--grep", "heartbeat", "-n", "1"]);
    assert!(log.lines().count() == 1 && log.contains("heartbeat"), "{log}");
    let first = household.run(&["logs", name, "-o", "jsonl"]);
    let first: Value = serde_json::from_str(text(&first.stdout).lines().next().unwrap()).unwrap();
    assert!(first["text"].as_str().unwrap().contains("kab demo greeter") && first["at"].is_string(), "{first}");

    for (verb, status) in [("stop", "STOPPED"), ("start", "RUNNING"), ("restart", "RUNNING")] {
        let done = household.ask(&[verb, name]).data();
        assert_eq!((&done[0]["ok"], &done[0]["pod"]["status"]), (&json!(true), &json!(status)), "{verb}: {done}");
    }
    let ends = printed(household, &["logs", name, "--grep", "goodbye after"]);
    assert_eq!(ends.lines().count(), 2, "a stop and a restart: {ends}");

    assert_eq!(refused(household, &["remove", name], 2)["kind"], "usage", "nobody can be asked");
    assert_eq!(household.ask(&["remove", name, "--yes"]).data()[0]["ok"], true);
    assert_eq!(household.ask(&["pods"]).data(), json!([]));
    let tasks = household.ask(&["tasks"]).data();
    let kinds: Vec<&str> = tasks.as_array().unwrap().iter().filter_map(|task| task["kind"].as_str()).collect();
    let kinds: Vec<&str> = kinds.into_iter().filter(|kind| *kind != "logs").collect();
    assert_eq!(kinds, ["remove", "restart", "start", "stop", "install"], "the newest first");
    assert!(tasks[0]["title"].as_str().unwrap().starts_with("remove pod "), "its name is gone with it: {tasks}");
    let id = tasks.as_array().unwrap().last().unwrap()["id"].as_str().unwrap();
    let shown = household.ask(&["tasks", "show", id]).data();
    assert!(!shown["events"].as_array().unwrap().is_empty(), "{shown}");

    // Without --wait a task is all there is.
    let begun = household.ask(&["install", "counter"]).data();
    assert_eq!((&begun["task"]["kind"], &begun["pod"]), (&json!("install"), &Value::Null));
    household.wait_until(&["pods"], Duration::from_mins(3), |pods| pods[0]["status"] == "RUNNING");
    let server = household.ask(&["serve", "status"]).data();
    assert_eq!(household.close(), [0; 0], "processes are left");
    assert_eq!(household.containers(server["url"].as_str().unwrap()), [""; 0]);
}

#[test]
fn an_app_lives_its_life_by_commands_on_podman() {
    let Some(address) = engines::podman() else { return };
    life(&Household::new(&Engine::Podman(address)));
}

#[test]
fn an_app_lives_its_life_by_commands_as_processes() {
    life(&Household::new(&Engine::Process));
}

#[test]
fn what_cannot_be_has_an_exit_code_of_its_own_and_a_reason() {
    let household = Household::new(&Engine::Process);
    household.ask(&["demo", "--prepare"]).data();

    let none = refused(&household, &["install", "greeter", "--flavour", "cuda", "--wait"], 6);
    assert!(none["why"].as_str().unwrap().contains("needs a CUDA GPU"), "{none}");
    assert_eq!(household.ask(&["pods"]).data(), json!([]));
    let folder = household.data_dir().join("apps");
    std::fs::create_dir(&folder).unwrap();
    let selectors = json!([{"kind": "cuda", "computeCapability": "7.0", "required": true, "weight": 1}]);
    let entry = json!({
        "appImageId": "1", "flavourName": "cuda", "image": {"imageString": "ada/gpu:1"}, "selectors": selectors,
        "manifest": {"identifier": "org.example.gpu", "version": "1"},
        "inspection": {"implementations": [], "requirements": []},
    });
    std::fs::write(folder.join("deployments.yaml"), json!({"app_images": [entry]}).to_string()).unwrap();
    household.ask(&["repo", "add", folder.to_str().unwrap()]).data();
    let nowhere = household.ask(&["why", "org.example.gpu"]);
    assert_eq!(nowhere.code, 6);
    assert_eq!(verdict(&nowhere.envelope["data"], "cuda").0, "NO", "the table is there all the same");
    refused(&household, &["why", "gpu", "--engine", "process"], 6);

    for arguments in [
        &["why", "org.example.nothing"][..],
        &["why", "greeter@99"],
        &["why", "greeter", "--engine", "nothing"],
        &["install", "greeter", "--flavour", "nothing"],
        &["stop", "nothing"],
        &["logs", "nothing"],
        &["tasks", "show", "nothing"],
        &["repo", "remove", "nothing"],
        &["pods", "show", "nothing"],
        &["engines", "show", "nothing"],
    ] {
        let error = refused(&household, arguments, 7);
        assert!(error["why"].as_str().unwrap().contains("nothing") || arguments[1].contains("99"), "{error}");
    }
    let near = refused(&household, &["why", "greter"], 7);
    assert!(near["hint"].as_str().unwrap().contains("Did you mean greeter"), "{near}");
    assert_eq!(household.close(), [0; 0]);
}

#[test]
fn what_is_not_understood_is_told_in_the_form_that_was_asked_for() {
    let household = Household::new(&Engine::Process);
    for arguments in [
        &["frobnicate"][..],
        &["apps", "--nothing"],
        &["install"],
        &["logs", "x", "--since", "soon"],
        &["serve", "--listen", "nowhere"],
        &["apps", "--timeout", "-1"],
    ] {
        assert_eq!(refused(&household, arguments, 2)["kind"], "usage");
        let output = household.run(arguments);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{arguments:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}: {}", text(&output.stderr));
    }
    for (variable, value, word) in
        [("KAB_IDLE_MINUTES", "often", "KAB_IDLE_MINUTES"), ("KAB_ENGINE", "dokcer", "dokcer")]
    {
        let output = household.command(&["apps", "-o", "json"]).env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let envelope: Value = serde_json::from_str(text(&output.stdout)).unwrap();
        assert!(envelope["error"]["why"].as_str().unwrap().contains(word), "{envelope}");
    }
    assert!(printed(&household, &["--help"]).contains("Exit codes"));
    assert!(printed(&household, &["--version"]).contains(env!("CARGO_PKG_VERSION")));
    assert!(!household.data_dir().exists(), "nothing of this needs a server or a file");
}

#[test]
fn every_list_comes_in_every_form() {
    let household = Household::new(&Engine::Process);
    household.ask(&["demo", "--prepare"]).data();
    household.ask(&["install", "greeter", "--wait"]).data();
    for noun in ["apps", "nodes", "pods", "engines", "tasks", "repo"] {
        let envelope = household.ask(&[noun]).envelope;
        assert_eq!((&envelope["schema"], &envelope["ok"], &envelope["error"]), (&json!(1), &json!(true), &Value::Null));
        let items = envelope["data"].as_array().unwrap();
        assert!(!items.is_empty() && items.iter().all(|item| item["id"].is_string()), "{noun}: {envelope}");

        let lines = printed(&household, &[noun, "list", "-o", "jsonl"]);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&lines), ids(items), "{noun}");
        let yaml: Value = serde_saphyr::from_str(&printed(&household, &[noun, "-o", "yaml"])).unwrap();
        assert_eq!(ids(yaml["data"].as_array().unwrap()), ids(items), "{noun}");
        let short: Value = serde_json::from_str(&printed(&household, &[noun, "--json"])).unwrap();
        assert_eq!(ids(short["data"].as_array().unwrap()), ids(items), "{noun}");

        assert_eq!(printed(&household, &[noun, "-o", "name"]).lines().count(), items.len(), "{noun}");
        let tsv = printed(&household, &[noun, "-o", "tsv"]);
        let tabs: Vec<usize> = tsv.lines().map(|line| line.matches('\t').count()).collect();
        assert_eq!(tabs.len(), items.len() + 1, "{noun}: a heading, and a row for each");
        assert!(tabs[0] > 0 && tabs.iter().all(|count| *count == tabs[0]), "{noun}: {tsv}");
        let table = printed(&household, &[noun]);
        let heading = table.lines().next().unwrap();
        assert_eq!(heading, heading.to_uppercase(), "{noun}");
        assert!(table.lines().count() == items.len() + 1 && !table.contains('\x1b'), "{noun}: {table}");
    }
    // A reader that has seen enough is no reason to complain.
    let mut unread = household.command(&["apps"]);
    let mut unread = unread.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(unread.stdout.take());
    let output = unread.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(household.close(), [0; 0]);
}

#[test]
fn repositories_are_added_listed_read_again_and_removed() {
    let household = Household::new(&Engine::Process);
    let folder = household.data_dir().with_file_name("home").join("shop/.arkitekt");
    std::fs::create_dir_all(&folder).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deployments");
    std::fs::copy(fixtures.join("broken.yaml"), folder.join("deployments.yaml")).unwrap();

    // Relative to where the person stands.
    let added = household.ask(&["repo", "add", "./shop"]).data();
    assert_eq!((&added["state"], &added["flavours"]), (&json!("done"), &json!(2)));
    let issues = added["issues"].as_array().unwrap();
    let told = |path: &str| issues.iter().any(|issue| issue["path"].as_str().unwrap().contains(path));
    assert!(told("app_images[1]") && told("app_images[2]") && told("app_images[3]"), "{added}");
    let good = household.ask(&["apps", "show", "good"]).data();
    let versions: Vec<Value> = good["versions"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!((&good["id"], versions), (&json!("good"), vec![json!("2"), json!("1")]), "{good}");
    let name = added["name"].as_str().unwrap();
    assert!(printed(&household, &["repo", "list"]).contains(name));

    std::fs::copy(fixtures.join("a3.yaml"), folder.join("deployments.yaml")).unwrap();
    let scanned = household.ask(&["repo", "scan", name]).data();
    assert_eq!((&scanned[0]["flavours"], &scanned[0]["issues"]), (&json!(1), &json!([])), "{scanned}");
    household.ask(&["apps", "show", "com.example.hello"]).data();

    // What was known stays when the source is gone.
    std::fs::remove_dir_all(&folder).unwrap();
    let lost = household.ask(&["repo", "scan", name]);
    assert_eq!((lost.code, &lost.envelope["data"][0]["state"]), (1, &json!("failed")), "{lost:?}");
    assert_eq!(lost.envelope["data"][0]["flavours"], 1);
    household.ask(&["apps", "show", "com.example.hello"]).data();

    household.ask(&["repo", "remove", name]).data();
    assert!(!printed(&household, &["repo", "list"]).contains(name));
    refused(&household, &["apps", "show", "com.example.hello"], 7);

    // What cannot be read is kept with the reason; nobody has to wait for what can.
    let kept = household.ask(&["repo", "add", "./shop"]);
    assert_eq!((kept.code, &kept.envelope["data"]["state"]), (1, &json!("failed")), "{kept:?}");
    household.ask(&["repo", "remove", name]).data();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(fixtures.join("a3.yaml"), folder.join("deployments.yaml")).unwrap();
    household.ask(&["repo", "add", "./shop", "--no-wait"]).data();
    let is_read = |one: &Value| one["name"] == name && one["state"] == "done";
    household.wait_until(&["repo", "list"], SOON, |all| all.as_array().unwrap().iter().any(is_read));
    assert_eq!(household.close(), [0; 0]);
}

#[test]
fn commands_that_start_together_start_one_server() {
    let household = Household::new(&Engine::Process);
    assert_eq!(refused(&household, &["serve", "status"], 7)["kind"], "not_found");
    assert_eq!(household.ask(&["serve", "stop"]).data()["stopped"], false);
    let commands: Vec<Child> =
        (0..4).map(|_| household.command(&["apps", "-o", "name"]).stdout(Stdio::piped()).spawn().unwrap()).collect();
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(GREETER), "the first command sees the demo: {}", text(&output.stdout));
    }
    let status = household.ask(&["serve", "status"]).data();
    let log = std::fs::read_to_string(household.data_dir().join("state/server.log")).unwrap();
    assert_eq!(log.matches("serving at").count(), 1, "{log}");
    assert!(log.contains(status["url"].as_str().unwrap()));
    assert!(printed(&household, &["serve", "status"]).contains(&status["pid"].to_string()));

    assert_eq!(household.ask(&["serve", "stop"]).data()["stopped"], true);
    refused(&household, &["serve", "status"], 7);
    // Another one takes its place, at the same address.
    household.ask(&["apps"]).data();
    let again = household.ask(&["serve", "status"]).data();
    assert_eq!(again["url"], status["url"]);
    assert_ne!(again["pid"], status["pid"]);
    assert_eq!(household.close(), [0; 0]);
}
