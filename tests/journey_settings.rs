//! Settings, keys, completion and the manual, with the real program; and what the terminal program leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/terminal.rs"]
mod terminal;

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use household::{Engine, Household};
use kab::cache::Cache;
use kab::domain::Moment;
use portable_pty::CommandBuilder;
use rustix::process::Signal;
use serde_json::{Value, json};
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// For what takes an engine.
const LATE: Duration = Duration::from_mins(3);

fn text(output: &Output) -> (Option<i32>, &str) {
    (output.status.code(), std::str::from_utf8(&output.stdout).unwrap())
}

fn write(household: &Household, name: &str, content: &str) {
    let folder = household.data_dir().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), content).unwrap();
}

fn open(household: &Household, arguments: &[&str]) -> Terminal {
    Terminal::open(household.in_terminal(arguments), Size(80, 24))
}

#[test]
fn keys_of_ones_own_are_shown_checked_and_obeyed_and_a_broken_file_stops_nothing() {
    let household = Household::new(&Engine::Process);
    let keys = |place: &str, action: &str| {
        let all = household.ask(&["keys"]).data();
        let line = all.as_array().unwrap().iter().find(|it| it["place"] == place && it["action"] == action);
        line.unwrap()["keys"].clone()
    };
    assert_eq!(keys("pods", "stop"), json!(["s"]));
    assert_eq!(household.ask(&["keys", "--check"]).code, 0);

    write(&household, "keys.toml", "[global]\ngo-pods = 'P'\nhelp = 'F1'\n[pods]\nstop = '/'\nfly = 'x'\n");
    assert_eq!(keys("global", "go-pods"), json!(["P"]));
    assert_eq!(keys("pods", "stop"), json!(["s"]), "what cannot be falls back");
    let check = household.ask(&["keys", "--check"]);
    assert_eq!((check.code, check.envelope["data"]["trouble"].as_array().map(Vec::len)), (2, Some(2)));
    let told = household.run(&["keys", "--check"]);
    assert!(text(&told).1.contains("keys.toml:5: / cannot be stop in [pods]: it is filter in [page]"), "{told:?}");
    let page = household.run(&["keys", "--print", "markdown"]);
    assert!(text(&page).1.contains("| `P` | `go-pods` | Pods |"));

    let mut screen = open(&household, &["--offline"]);
    screen.wait_for("2 lines of your settings are not used", SOON).press("P").wait_for("[4 Pods", SOON);
    screen.press("g").wait_for("After g", SOON).press("t").wait_for("[6 Tasks", SOON);
    screen.leave("Q", SOON);

    write(&household, "keys.toml", "[global\n");
    assert_eq!(keys("global", "go-pods"), json!(["4"]));
    let mut screen = open(&household, &["--offline"]);
    screen.wait_for("keys.toml:1: ", SOON).press("4").wait_for("[4 Pods", SOON);
    screen.leave("Q", SOON);
    assert!(!household.data_dir().join("runtime/server.json").exists(), "nothing of this needs a server");
}

#[test]
fn every_setting_says_where_it_came_from() {
    let household = Household::new(&Engine::Process);
    let site = household.data_dir().with_file_name("home").join("site.toml");
    std::fs::write(&site, "[terminal]\ntheme = 'dark'\nclipboard = 'osc52'\n[engine]\nname = 'hall'\n").unwrap();
    write(&household, "config.toml", "[terminal]\nclipboard = 'off'\ncolours = 256\n");
    let ask = |arguments: &[&str]| {
        let mut command = household.command(arguments);
        command.env("KAB_SITE_CONFIG", &site).env("KAB_THEME", "light").output().unwrap()
    };
    let shown = ask(&["config", "show", "--json", "--glyphs", "ascii"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let of = |key: &str| {
        let row = shown["data"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        (row["value"].clone(), row["layer"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("engine.name"), (json!("hall"), "site".into()));
    assert_eq!(of("engine.kind"), (json!("process"), "environment".into()));
    assert_eq!(of("terminal.clipboard"), (json!("off"), "user".into()));
    assert_eq!(of("terminal.colours"), (json!("256"), "user".into()));
    assert_eq!(of("terminal.theme"), (json!("light"), "environment".into()));
    assert_eq!(of("terminal.glyphs"), (json!("ascii"), "flag".into()));
    assert_eq!(of("server.idle_minutes"), (Value::Null, "default".into()));
    let explained = ask(&["config", "show", "terminal.theme", "--explain"]);
    assert!(text(&explained).1.contains("KAB_THEME") && text(&explained).1.contains("deuteranopia"), "{explained:?}");
    assert_eq!(text(&ask(&["config", "show", "terminal.them"])).0, Some(7));
    assert_eq!(text(&ask(&["config", "check"])).0, Some(0));
    assert!(text(&ask(&["config", "path", "-o", "name"])).1.contains("site.toml"));

    // Where nothing else works, this does.
    write(&household, "config.toml", "[terminal");
    assert_eq!(text(&ask(&["apps"])).0, Some(2));
    let checked = ask(&["config", "check"]);
    assert_eq!(text(&checked).0, Some(2), "{checked:?}");
    let editor = household.data_dir().with_file_name("home").join("editor");
    std::fs::write(&editor, "#!/bin/sh\necho \"[terminal]\nthem = 'dark'\" > \"$2\"\n").unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = household.command(&["config", "edit"]);
    let edited = command.env("EDITOR", format!("{} --wait", editor.display())).output().unwrap();
    assert_eq!(text(&edited).0, Some(2));
    assert!(text(&edited).1.contains("did you mean terminal.theme?"), "{edited:?}");
}

#[test]
fn the_shell_is_answered_from_what_was_kept_and_nobody_is_asked() {
    let household = Household::new(&Engine::Process);
    let cache = Cache::new(&household.data_dir().join("cache"), "local", "local");
    let apps: Vec<Value> =
        (0..3).map(|at| json!({"identifier": format!("org.example.app{at}"), "releases": []})).collect();
    cache.write("apps", &apps, Moment(0)).unwrap();
    let tab = |words: &[&str]| {
        let mut command = household.command(&[&["--"], words].concat());
        command.env("KAB_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
        let output = command.env("_CLAP_IFS", "\n").output().unwrap();
        let lines: Vec<String> = text(&output).1.lines().map(str::to_owned).collect();
        lines
    };
    assert_eq!(tab(&["kab", "install", "app"]), ["app0", "app1", "app2"]);
    assert_eq!(tab(&["kab", "why", "org.example.app1"]), ["org.example.app1"]);
    assert!(tab(&["kab", "ins"]).contains(&"install".to_owned()));
    assert!(tab(&["kab", "apps", "-o", ""]).contains(&"jsonl".to_owned()));
    assert!(tab(&["kab", "context", "use", ""]).contains(&"local".to_owned()));
    assert!(tab(&["kab", "open", "po"]).contains(&"pods".to_owned()));
    assert_eq!(tab(&["kab", "--context", "nothing", "install", "app"]), [""; 0]);
    assert!(!household.data_dir().join("runtime").exists(), "nobody is asked");
    let app = json!({"identifier": "org.example.app0", "releases": [{"version": "1", "flavours": [{"name": "cuda"}]}]});
    cache.write("apps", &[app], Moment(0)).unwrap();
    assert_eq!(tab(&["kab", "install", "app0", "-f", ""]), ["cuda"]);
    for (shell, word) in [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --")] {
        let script = household.run(&["completions", shell]);
        assert!(text(&script).1.contains(word) && text(&script).1.contains("KAB_COMPLETE"), "{script:?}");
    }
    let page = household.run(&["man"]);
    assert!(text(&page).1.starts_with(".ie") && text(&page).1.contains("Exit codes"), "{page:?}");
}

#[test]
fn what_a_verb_saw_is_kept_for_tab_and_for_times_without_a_network() {
    let household = Household::new(&Engine::Process);
    let seen = household.ask(&["apps"]).data();
    household.ask(&["install", "greeter", "--wait", "--yes"]).data();
    let pod = household.ask(&["pods"]).data()[0]["id"].as_str().unwrap().to_owned();
    household.ask(&["remove", &pod, "--wait", "--yes"]).data();
    household.ask(&["tasks"]);
    household.ask(&["serve", "stop"]);
    let mut command = household.command(&["--", "kab", "install", "gree"]);
    command.env("KAB_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    assert_eq!(text(&command.output().unwrap()).1.trim(), "greeter");
    let kept = household.ask(&["--offline", "apps"]).data();
    let names = |data: &Value| -> Vec<Value> { data.as_array().unwrap().iter().map(|app| app["id"].clone()).collect() };
    assert!(!names(&kept).is_empty());
    assert_eq!(names(&kept), names(&seen));
    // Whose they are is known without asking, too.
    let tasks = |words: &[&str]| names(&household.ask(&[&["--offline", "tasks"], words].concat()).data());
    assert_eq!((tasks(&["by:me"]).len(), tasks(&["by:me"])), (2, tasks(&[])));
    for list in ["engines", "pods", "tasks"] {
        household.ask(&["--offline", list]).data();
    }
    assert_eq!(text(&household.run(&["--offline", "nodes"])).0, Some(3), "nobody has looked at them");
}

#[test]
fn bash_takes_a_name_of_several_words_as_one_word() {
    let household = Household::new(&Engine::Process);
    let cache = Cache::new(&household.data_dir().join("cache"), "local", "local");
    cache.write("engines", &[json!({"id": "3", "name": "Demo (no isolation) on vm"})], Moment(0)).unwrap();
    let mut shell = household.in_shell("PATH=\"${0%/*}:$PATH\" exec bash --norc --noprofile -i");
    shell.env("PATH", std::env::var("PATH").unwrap());
    shell.env("PS1", "ready$ ");
    let mut shell = Terminal::open(shell, Size(120, 24));
    shell.wait_for("ready$", SOON).press("source <(kab completions bash); kab --version\r").wait_for("kab 0.", SOON);
    let quoted = "Demo\\ \\(no\\ isolation\\)\\ on\\ vm";
    for (typed, whole) in [("De", quoted), ("Demo\\ ", quoted), ("\"De", "\"Demo (no isolation) on vm\"")] {
        shell.press(&format!("kab logs --engine {typed}\t")).wait_for(whole, SOON);
        shell.press("\u{1}printf '<%s>' \r").wait_for("<kab><logs><--engine><Demo (no isolation) on vm>", SOON);
        shell.press("clear\r").wait_gone("<Demo", SOON);
    }
    shell.press("exit\r").wait_for_end(SOON);
}

#[test]
fn the_terminal_program_opens_where_it_is_told_stops_and_goes_on_and_leaves_a_private_log() {
    let household = Household::new(&Engine::Process);
    let mut screen = open(&household, &["--offline", "open", "kab://tasks"]);
    // The program listens to signals when it answers keys.
    screen.wait_for("[6 Tasks", SOON).press("1").wait_for("[1 Home", SOON).press("6").wait_for("[6 Tasks", SOON);
    screen.signal(Signal::TSTP);
    screen.wait_until_stopped(SOON);
    screen.wait_gone("[6 Tasks", SOON);
    assert!(screen.is_restored(), "the shell gets its terminal back");
    screen.signal(Signal::CONT);
    screen.wait_for("[6 Tasks", SOON).press("4").wait_for("[4 Pods", SOON);
    screen.leave("Q", SOON);
    let log = household.data_dir().join("state/kab.log");
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&log).unwrap().contains("begins"));
    assert_eq!(household.ask(&["open", "kab://pot/1"]).code, 2);
}

#[test]
fn programs_get_one_document_in_every_locale_also_while_progress_is_shown() {
    let household = Household::new(&Engine::Process);
    household.ask(&["demo", "--prepare"]).data();
    let mut documents = Vec::new();
    for locale in ["C", "de_DE.UTF-8", "C.UTF-8", "tr_TR.UTF-8"] {
        let mut command = household.command(&["apps", "-o", "json"]);
        let output = command.env("LANG", locale).env("LC_ALL", locale).output().unwrap();
        let envelope: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((envelope["schema"].as_u64(), envelope["meta"]["source"].as_str()), (Some(1), Some("live")));
        documents.push(envelope["data"].clone());
        let failed = household.command(&["why", "nothing", "-o", "json"]).env("LC_ALL", locale).output().unwrap();
        let envelope: Value = serde_json::from_slice(&failed.stdout).unwrap();
        assert_eq!((failed.status.code(), &envelope["error"]["kind"]), (Some(7), &json!("not_found")));
    }
    assert!(documents.windows(2).all(|pair| pair[0] == pair[1]));

    // Standard error is a terminal, standard output a file: progress goes to the one, the document to the other.
    let inner = household.in_terminal(&["install", "greeter", "--wait", "-o", "json"]);
    let mut command = CommandBuilder::new("/bin/sh");
    command.env_clear();
    for (key, value) in inner.iter_full_env_as_str() {
        command.env(key, value);
    }
    let home = household.data_dir().with_file_name("home");
    command.cwd(&home);
    command.args(["-c", "\"$@\" > out.json; echo finished $?", "sh"]);
    command.args(inner.get_argv());
    let mut screen = Terminal::open(command, Size(80, 24));
    screen.wait_for("finished 0", LATE);
    let envelope: Value = serde_json::from_slice(&std::fs::read(home.join("out.json")).unwrap()).unwrap();
    assert_eq!(envelope["data"]["pod"]["status"], "RUNNING");

    // Colours where they are asked for, and nowhere else.
    let coloured = household.run(&["pods", "--color", "always"]);
    assert!(text(&coloured).1.starts_with("\u{1b}[2mNAME"), "{coloured:?}");
    let plain = household.command(&["pods"]).env("NO_COLOR", "1").stderr(Stdio::null()).output().unwrap();
    assert!(text(&plain).1.starts_with("NAME"));
    assert_eq!(household.close(), [0; 0]);
}

/// An app that runs the demo's image, in the versions given with their scopes.
fn shop(image: &str, versions: &[(&str, &[&str])]) -> String {
    let entry = |(at, (version, scopes)): (usize, &(&str, &[&str]))| {
        json!({
            "appImageId": at.to_string(), "flavourName": "vanilla", "selectors": [],
            "image": {"imageString": image, "buildAt": format!("2026-0{}-01T12:00:00", at + 1)},
            "manifest": {"identifier": "org.example.twice", "version": version, "scopes": scopes},
            "inspection": {"implementations": [], "requirements": [
                {"key": "rekuest", "service": "live.arkitekt.rekuest", "optional": false},
            ]},
        })
    };
    json!({"app_images": versions.iter().enumerate().map(entry).collect::<Vec<_>>()}).to_string()
}

#[test]
fn a_pod_is_brought_to_the_newest_release_with_what_it_asks_for_in_addition() {
    let household = Household::new(&Engine::Process);
    household.ask(&["demo", "--prepare"]).data();
    let greeter = household.ask(&["install", "greeter", "--dry-run"]).data();
    let image = greeter["plan"]["image"].as_str().unwrap().to_owned();
    assert!(greeter["plan"]["command"].as_str().unwrap().starts_with("kab install live.kab.demo.greeter@"));
    assert!(greeter["plan"]["space"]["free"].is_u64() && greeter["plan"]["already"] == json!([]), "{greeter}");

    let folder = household.data_dir().join("shop");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("deployments.yaml");
    std::fs::write(&file, shop(&image, &[("1.0.0", &["read"])])).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    household.ask(&["repo", "add", &folder]).data();
    let old = household.ask(&["install", "twice", "--wait"]).data()["pod"]["id"].clone();
    assert_eq!(household.ask(&["update"]).data(), json!([]));

    std::fs::write(&file, shop(&image, &[("1.0.0", &["read"]), ("2.0.0", &["read", "write"])])).unwrap();
    household.ask(&["repo", "scan", &folder]).data();
    let plan = household.ask(&["update", "twice", "--dry-run"]).data();
    assert_eq!((&plan[0]["from"], &plan[0]["to"]), (&json!("1.0.0"), &json!("2.0.0")));
    assert_eq!(plan[0]["permissions"]["scopes_added"], json!(["write"]));
    let alone = household.ask(&["update", old.as_str().unwrap(), "--dry-run"]).data();
    assert_eq!((&alone[0]["pod"]["id"], &alone[0]["to"]), (&old, &json!("2.0.0")), "a pod can be named, too");
    let refused = household.ask(&["update", "--all"]);
    assert_eq!(refused.code, 2, "nobody can be asked: {refused:?}");
    assert_eq!(household.ask(&["pods"]).data()[0]["id"], old);

    let done = household.ask(&["update", "--all", "--yes"]).data();
    assert_eq!((&done[0]["ok"], &done[0]["new_pod"]["version"]), (&json!(true), &json!("2.0.0")));
    let pods = household.ask(&["pods"]).data();
    assert_eq!(pods.as_array().map(Vec::len), Some(1));
    assert_eq!((&pods[0]["version"], &pods[0]["status"]), (&json!("2.0.0"), &json!("RUNNING")));
    assert_eq!(household.ask(&["update"]).data(), json!([]));
    let newest = household.ask(&["update", pods[0]["id"].as_str().unwrap(), "--yes"]).data();
    assert_eq!(newest[0]["stays"], "runs the newest release");
    assert_eq!(household.ask(&["pods"]).data()[0]["id"], pods[0]["id"], "it was not updated again");
    assert_eq!(household.ask(&["update", "nothing"]).code, 7);

    // What cannot run is tried where somebody insists, and is no success.
    let forced = household.ask(&["install", "greeter", "--flavour", "cuda", "--force"]);
    assert_eq!((forced.code, &forced.envelope["error"]["kind"]), (6, &json!("incompatible")));
    assert!(forced.envelope["error"]["hint"].as_str().unwrap().contains("--yes"), "{forced:?}");
    assert_eq!(household.close(), [0; 0]);
}

#[test]
fn what_is_somebody_elses_goes_only_for_whoever_types_its_name() {
    let household = Household::new(&Engine::Process);
    household.command(&["demo", "--prepare"]).output().unwrap();
    household.ask(&["install", "greeter", "--wait", "--yes"]).data();
    let pods = household.ask(&["pods"]).data();
    let name = pods[0]["name"].as_str().unwrap().to_owned();
    let database = rusqlite::Connection::open(household.data_dir().join("data").join(kab::server::DATABASE)).unwrap();
    let eve = "INSERT INTO users (sub, username, created_at) VALUES ('77', 'eve', 0);
               UPDATE pods SET owner_id = (SELECT id FROM users WHERE sub = '77');";
    database.execute_batch(eve).unwrap();
    drop(database);

    let remove = || Terminal::open(household.in_terminal(&["remove", &name]), Size(100, 24));
    let mut asked = remove();
    asked.wait_for("of eve", LATE).wait_for(&format!("Type {name} to go on:"), SOON).press("y\r");
    assert_eq!(asked.wait_for_end(SOON).exit_code(), 1);
    assert_eq!(household.ask(&["pods"]).data()[0]["name"], name.as_str());
    let mut asked = remove();
    asked.wait_for(" to go on:", LATE).press(&format!("{name}\r"));
    assert_eq!(asked.wait_for_end(LATE).exit_code(), 0);
    assert_eq!(household.ask(&["pods"]).data(), json!([]));
    assert_eq!(household.close(), [0; 0]);
}
