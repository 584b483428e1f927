//! The way of somebody who has no screen: the real program in lines, through a pipe, with its real server and the process
//! engine; and at a terminal that can do nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/household.rs"]
mod household;
#[path = "support/terminal.rs"]
mod terminal;

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use household::{Engine, Household};
use terminal::{Size, Terminal};

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// For what takes an engine.
const LATE: Duration = Duration::from_mins(3);

/// The program on a pipe, and what it has printed.
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    pieces: mpsc::Receiver<String>,
    printed: String,
    /// Up to where it has been looked at.
    seen: usize,
}

impl Talk {
    fn begin(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let input = child.stdin.take();
        let mut output = child.stdout.take().unwrap();
        let (sender, pieces) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = output.read(&mut bytes) {
                if count == 0 || sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { child, input, pieces, printed: String::new(), seen: 0 }
    }

    /// Writes a line.
    fn say(&mut self, line: &str) -> &mut Self {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        self
    }

    /// Waits until a text has been printed since the last one that was waited for.
    #[track_caller]
    fn until(&mut self, text: &str, limit: Duration) -> &mut Self {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(at) = self.printed[self.seen..].find(text) {
                self.seen += at + text.len();
                return self;
            }
            let Ok(piece) = self.pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
                panic!("{text:?} was never printed in\n{}", self.printed);
            };
            self.printed.push_str(&piece);
        }
    }

    /// Waits for the engine and the nodes, which are there a moment after the server; the app's page says so.
    #[track_caller]
    fn until_engine(&mut self) {
        let deadline = Instant::now() + LATE;
        let wanted = ["Runs on 1 of 1 engine", "NODES"];
        while !wanted.iter().all(|text| self.printed.contains(text)) {
            assert!(Instant::now() < deadline, "no {wanted:?} in\n{}", self.printed);
            // What the page has at its end however little is known yet.
            self.say("list").until("Apps: greeter", SOON).until("README", SOON);
        }
    }

    /// Closes the pipe; the exit code and all that was printed.
    #[track_caller]
    fn end(mut self) -> (Option<i32>, String) {
        self.input = None;
        let deadline = Instant::now() + SOON;
        while let Ok(piece) = self.pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.printed.push_str(&piece);
        }
        let status = self.child.wait().unwrap();
        (status.code(), self.printed)
    }
}

#[test]
fn an_app_is_found_installed_watched_stopped_and_removed_through_a_pipe() {
    let household = Household::new(&Engine::Process);
    let mut command = household.command(&["demo"]);
    // No flag: such a terminal gets lines by itself.
    command.env("TERM", "dumb");
    let mut talk = Talk::begin(command);
    talk.until("status: connected to local", LATE).until("Apps: greeter", LATE);
    talk.until_engine();
    talk.say("explain").until("reports no GPU", SOON);
    talk.say("install").until("1. install.", SOON).say("1").until("status: Installing greeter", SOON);
    talk.say("wait").until("status: all is done", LATE);
    talk.say("refresh").say("pods").until("1. greeter-", SOON).until("- running; on ", SOON);

    talk.say("logs 1").until("status: log ", SOON).until("ready: agent", SOON).until("heartbeat ", SOON);
    talk.until("heartbeat ", SOON).say("").until("status: log paused", SOON).say("close").until("Pods: 1", SOON);

    talk.say("stop 1").until("undo takes it back", SOON).say("undo").until("status: Not done: stop greeter-", SOON);
    talk.say("stop 1").say("wait").until("status: Done: stop greeter-", LATE).until("status: all is done", SOON);
    talk.say("start 1").say("wait").until("status: Done: start greeter-", LATE).until("status: all is done", SOON);
    talk.say("remove 1").until("yes: remove. no: cancel.", SOON).say("no");
    talk.say("tasks").until("install greeter", SOON).say("pods").until("1. greeter-", SOON);
    talk.say("remove 1").say("yes").say("wait").until("status: Done: remove greeter-", LATE);
    talk.say("list").until("No pods yet.", SOON);

    let (code, printed) = talk.end();
    assert_eq!(code, Some(0), "{printed}");
    let steers = printed.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(steers, None, "{printed}");
    assert_eq!(household.ask(&["pods"]).data(), serde_json::json!([]));
    assert_eq!(household.close(), [0; 0], "processes are left");
}

#[test]
fn a_script_that_is_there_at_once_means_what_is_there_and_the_end_of_it_ends_the_program() {
    let household = Household::new(&Engine::Process);
    let mut talk = Talk::begin(household.command(&["--plain"]));
    talk.say("apps").say("stop 1").say("engines").say("1");
    let (code, printed) = talk.end();
    assert_eq!(code, Some(0), "{printed}");
    let mut rest = printed.as_str();
    for text in
        ["status: connected to local", "kab> apps", "No apps yet.", "kab> stop 1", "error: ", "kab> engines", "kab> 1"]
    {
        let at = rest.find(text).unwrap_or_else(|| panic!("{text:?} is not where it belongs in\n{printed}"));
        rest = &rest[at + text.len()..];
    }

    let nobody = household.command(&["--plain"]).stdin(Stdio::null()).output().unwrap();
    assert!(nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stdout).contains("status: connected to local"));
}

#[test]
fn without_a_server_a_script_is_answered_from_what_was_kept_or_told_that_it_is_nothing() {
    let household = Household::new(&Engine::Process);
    let printed = || {
        let mut talk = Talk::begin(household.command(&["--offline", "--plain"]));
        talk.say("apps").say("hidden");
        let (code, printed) = talk.end();
        assert_eq!(code, Some(0), "{printed}");
        printed
    };
    let nothing = printed();
    assert!(nothing.contains("Apps: 0") && nothing.contains("Nothing is kept from an earlier time."), "{nothing}");
    let cache = kab::cache::Cache::new(&household.data_dir().join("cache"), "local", "local");
    let apps = serde_json::json!([{"identifier": "org.example.zebra", "releases": []}]);
    cache.write("apps", &apps, kab::domain::Moment(0)).unwrap();
    let kept = printed();
    assert!(kept.contains("zebra") && !kept.contains("Nothing is kept"), "{kept}");
    assert!(!household.data_dir().join("runtime/server.json").exists(), "nobody was asked");
}

#[test]
fn a_command_of_ones_own_takes_no_line_of_a_script_and_leaves_a_terminal_as_it_was() {
    let household = Household::new(&Engine::Process);
    household.command(&["demo", "--prepare"]).output().unwrap();
    let folder = household.data_dir().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    let action = |run: &str| {
        std::fs::write(folder.join("config.toml"), format!("[[action]]\nname = 'Eat'\nscope = 'app'\nrun = '{run}'\n"))
            .unwrap();
    };
    // It reads all that it can get.
    action("cat; echo eaten");
    let mut talk = Talk::begin(household.command(&["--plain"]));
    talk.until("connected to", LATE).say("apps").until("1. counter", SOON).say("actions 1").until("6. Eat", SOON);
    talk.say("6").until("eaten", SOON).until("done", SOON).say("pods").until("kab> pods", SOON);
    assert_eq!(talk.end().0, Some(0));

    action("stty raw -echo; kill -9 $$");
    let mut command = household.in_terminal(&[]);
    command.env("TERM", "dumb");
    let mut screen = Terminal::open(command, Size(80, 24));
    let cooked = screen.modes();
    screen.wait_for("connected to", LATE).press("apps\r").wait_for("1. counter", SOON);
    screen.press("actions 1\r").wait_for("6. Eat", SOON).press("6\r").wait_for("was ended by a signal", SOON);
    assert_eq!(screen.modes(), cooked);
    screen.press("quit\r");
    assert_eq!(screen.wait_for_end(SOON).exit_code(), 0);
}

#[test]
fn at_a_terminal_that_can_do_nothing_there_is_a_prompt_and_nothing_that_steers_it() {
    let household = Household::new(&Engine::Process);
    let open = || {
        let mut command = household.in_terminal(&[]);
        command.env("TERM", "dumb");
        Terminal::open(command, Size(80, 24))
    };
    let mut screen = open();
    screen.wait_for("status: connected to local", LATE).wait_for("kab>", SOON);
    screen.press("apps\r").wait_for("No apps yet.", SOON);
    screen.press("/greet\r").wait_for("Nothing matches greet.", SOON);
    screen.press("\x03").wait_for("Ctrl-c again quits", SOON);
    screen.press("quit\r");
    assert_eq!(screen.wait_for_end(SOON).exit_code(), 0);

    // Ctrl-d is the end of what is typed.
    let mut screen = open();
    screen.wait_for("kab>", LATE).press("\x04");
    assert_eq!(screen.wait_for_end(SOON).exit_code(), 0);

    let mut screen = open();
    screen.wait_for("kab>", LATE);
    assert_eq!(screen.hang_up(SOON).exit_code(), 128 + 1);
}

/// What somebody does with keys or with lines, and what has to be there afterwards, by the commands' word.
struct Step {
    /// Keys, and what is waited for on the screen; with `!` in front they are pressed until it is gone.
    keys: &'static [(&'static str, &'static str)],
    /// Lines, and what is waited for in what is printed.
    lines: &'static [(&'static str, &'static str)],
    pods: &'static [&'static str],
    tasks: &'static [&'static str],
}

const SCRIPT: [Step; 7] = [
    Step {
        keys: &[("", "Apps > greeter"), ("", "no isolation")],
        lines: &[("", "status: connected to local"), ("", "Apps: greeter")],
        pods: &[],
        tasks: &[],
    },
    Step {
        keys: &[("i", "[ Install ]"), ("\r", "Installing greeter")],
        lines: &[("install", "1. install."), ("1", "status: Installing greeter")],
        pods: &["greeter RUNNING"],
        tasks: &["install DONE"],
    },
    Step {
        keys: &[("4", "RUNNING"), ("s", "Stopping greeter-"), ("z", "Not done: stop greeter-")],
        lines: &[
            ("refresh", ""),
            ("pods", "- running; on "),
            ("stop 1", "undo takes it back"),
            ("undo", "Not done: stop"),
        ],
        pods: &["greeter RUNNING"],
        tasks: &["install DONE"],
    },
    Step {
        keys: &[("s", "STOPPED")],
        lines: &[("stop 1", "undo takes it back"), ("wait", "status: Done: stop greeter-")],
        pods: &["greeter STOPPED"],
        tasks: &["install DONE", "stop DONE"],
    },
    Step {
        keys: &[("D", "Remove greeter-"), ("n", "!Remove greeter-")],
        lines: &[("remove 1", "yes: remove. no: cancel."), ("no", "")],
        pods: &["greeter STOPPED"],
        tasks: &["install DONE", "stop DONE"],
    },
    Step {
        keys: &[("u", "RUNNING")],
        lines: &[("start 1", ""), ("wait", "status: Done: start greeter-")],
        pods: &["greeter RUNNING"],
        tasks: &["install DONE", "start DONE", "stop DONE"],
    },
    Step {
        keys: &[("D", "Remove greeter-"), ("y", "!Remove greeter-"), ("", "No pods yet.")],
        lines: &[("remove 1", "yes: remove. no: cancel."), ("yes", ""), ("wait", "status: Done: remove greeter-")],
        pods: &[],
        tasks: &["install DONE", "remove DONE", "start DONE", "stop DONE"],
    },
];

/// Waits until pods and tasks are these, by the last part of an app's name or by kind, and by state.
#[track_caller]
fn wait_for_outcome(household: &Household, step: &Step) {
    let told = |rows: &serde_json::Value, name: &str, state: &str| {
        let word = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut told: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {}", word(row, name).rsplit('.').next().unwrap(), word(row, state)))
            .collect();
        told.sort();
        told
    };
    household.wait_until(&["pods"], LATE, |pods| told(pods, "app", "status") == step.pods);
    household.wait_until(&["tasks"], LATE, |tasks| told(tasks, "kind", "state") == step.tasks);
}

#[test]
fn one_script_comes_to_the_same_in_the_real_full_screen_and_in_real_lines() {
    let household = Household::new(&Engine::Process);
    let mut screen = Terminal::open(household.in_terminal(&["demo"]), Size(80, 24));
    for step in &SCRIPT {
        for (keys, seen) in step.keys {
            match seen.strip_prefix('!') {
                Some(gone) => screen.press_until(keys, SOON, |screen| !screen.contains(gone)),
                None => screen.press(keys).wait_for(seen, LATE),
            };
        }
        wait_for_outcome(&household, step);
    }
    screen.leave("Q", SOON);
    drop(household);

    let household = Household::new(&Engine::Process);
    let mut talk = Talk::begin(household.command(&["demo", "--plain"]));
    for (at, step) in SCRIPT.iter().enumerate() {
        if at == 1 {
            talk.until_engine();
        }
        for (line, told) in step.lines {
            if !line.is_empty() {
                talk.say(line);
            }
            talk.until(told, LATE);
        }
        wait_for_outcome(&household, step);
    }
    assert_eq!(talk.end().0, Some(0));
}
