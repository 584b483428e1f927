//! Gives the terminal to a pager or a command that reads a log, or to a command of the person's own, and takes it back.
//! Meanwhile everything goes on but painting: answers are taken in, and the log grows.

use std::io::{Write as _, stdin};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::{FutureExt as _, StreamExt as _};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::pace::Urgency;
use super::perform::Outside;
use super::run::{Ended, Loan, Loop, now, sleep, until};
use super::watchdog::HangUp;
use crate::domain::Failure;
use crate::tui::app::App;
use crate::tui::effect::Reader;
use crate::tui::message::Message;

/// The pager where nobody names one: it shows colours, and begins at the end.
const PAGER: &str = "less -R +G";

/// Signals that concern the program.
pub(super) struct Signals {
    pub terminate: Signal,
    pub interrupt: Signal,
    pub hang_up: HangUp,
    pub stop: Signal,
    pub resume: Signal,
    pub resized: Signal,
}

impl Signals {
    /// Listens to them from now on.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: HangUp::listen()?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }
}

/// Why somebody waited no longer.
enum Waited<T> {
    For(T),
    Ended(Ended),
}

impl<O: Outside> Loop<O> {
    /// Lends the terminal; what ends the program meanwhile is told.
    pub(super) async fn lend(
        &mut self,
        app: &mut App,
        loan: Loan,
        (events, signals): (&mut Option<EventStream>, &mut Signals),
    ) -> Option<Ended> {
        // Nobody else may write to the terminal, or read from it.
        while self.screen.terminal.is_writing() {
            match self.written.recv().await {
                Some(Ok(())) => self.screen.written(),
                Some(Err(_)) | None => return Some(Ended::HungUp),
            }
        }
        // Dropped before there is another one: the old one holds the reader until it is told to let go, and whoever made
        // a new one first would wait for that until a key is pressed. The next who wants an event makes it.
        *events = None;
        self.screen.terminal.give_away();
        let modes = Modes::kept();
        let (line, to, started) = match loan {
            Loan::Log(mut held, to) => {
                let line = match &to {
                    Reader::Pager => pager(|name| std::env::var(name).ok()),
                    Reader::Command(line) => line.clone(),
                };
                held.form.colours = to == Reader::Pager && shows_colours(&line, std::env::var("LESS").ok().as_deref());
                let pieces = self.performer.spills.hand_out(*held);
                let started = run(&line, pieces);
                (line, to, started)
            }
            // It reads what the person types; how it ended is said before anything is painted over it.
            Loan::Shell(line) => {
                let started = shell(&line).spawn();
                (line.clone(), Reader::Command(line), started)
            }
        };
        let ended = match started {
            Ok(mut child) => {
                let waited = self.wait(app, signals, async { child.wait().await }).await;
                drop(modes);
                match waited {
                    Waited::For(status) => self.after(app, (&to, &line), status, (events, signals)).await,
                    Waited::Ended(ended) => {
                        // It is ours: nothing that was started here is left behind.
                        child.start_kill().ok();
                        Some(ended)
                    }
                }
            }
            Err(error) => {
                app.update(Message::LogDone(Err(not_started(&line, &error))));
                None
            }
        };
        if ended.is_some() {
            return ended;
        }
        // A Ctrl-c was meant for the other program.
        while signals.interrupt.recv().now_or_never().flatten().is_some() {}
        if self.screen.terminal.take_back().is_err() {
            return Some(Ended::HungUp);
        }
        if let Some((columns, rows)) = super::terminal::size() {
            app.update(Message::Resize(columns, rows));
        }
        self.screen.touch(Urgency::Now);
        None
    }

    /// What a command wrote is to be read: a key goes back. A pager has been read.
    async fn after(
        &mut self,
        app: &mut App,
        (to, line): (&Reader, &str),
        status: std::io::Result<ExitStatus>,
        (events, signals): (&mut Option<EventStream>, &mut Signals),
    ) -> Option<Ended> {
        let status = match status {
            Ok(status) => status,
            Err(error) => {
                app.update(Message::LogDone(Err(not_started(line, &error))));
                return None;
            }
        };
        // The shell's own answer where there is no such program.
        let is_missing = status.code() == Some(127);
        if *to == Reader::Pager && !is_missing {
            return None;
        }
        let word = match (status.code(), is_missing) {
            (_, true) => "no such program".to_owned(),
            (Some(0), _) => "done".to_owned(),
            (Some(code), _) => format!("ended with {code}"),
            (None, _) => "was ended by a signal".to_owned(),
        };
        crossterm::terminal::enable_raw_mode().ok();
        let mut out = std::io::stdout();
        write!(out, "\r\n[{word}; any key goes back]").and_then(|()| out.flush()).ok();
        let keys = events.get_or_insert_with(EventStream::new);
        let key = async {
            loop {
                match keys.next().await {
                    Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => return true,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return false,
                }
            }
        };
        match self.wait(app, signals, key).await {
            Waited::For(true) => None,
            Waited::For(false) => Some(Ended::HungUp),
            Waited::Ended(ended) => Some(ended),
        }
    }

    /// Somebody stops the program from outside: the terminal is given back first. It goes on with SIGCONT.
    pub(super) async fn stop(&mut self) {
        let written = async {
            while self.screen.terminal.is_writing() && self.written.recv().await.is_some() {
                self.screen.written();
            }
        };
        // A terminal that takes nothing must not keep the program from stopping.
        tokio::time::timeout(Duration::from_secs(1), written).await.ok();
        self.screen.terminal.give_away();
        stop();
    }

    /// Waits for something while everything goes on.
    async fn wait<T>(&mut self, app: &mut App, signals: &mut Signals, what: impl Future<Output = T>) -> Waited<T> {
        tokio::pin!(what);
        loop {
            let wake = app.wakes_at().map(until);
            let message = tokio::select! {
                biased;
                () = signals.hang_up.recv() => return Waited::Ended(Ended::HungUp),
                _ = signals.terminate.recv() => return Waited::Ended(Ended::Signal(15)),
                _ = signals.interrupt.recv() => continue,
                // The terminal is not ours now, so that nothing has to be given back.
                _ = signals.stop.recv() => {
                    stop();
                    continue;
                }
                done = &mut what => return Waited::For(done),
                Some(message) = self.messages.recv() => message,
                () = sleep(wake) => Message::Time(now()),
            };
            let mut effects = app.update(Message::Time(now()));
            effects.extend(app.update(message));
            if let Some(ended) = self.perform(app, effects) {
                return Waited::Ended(ended);
            }
        }
    }
}

/// How the terminal treats what is typed, as it was before another program had it. One that is ended in the middle may
/// leave it so that nothing is echoed, and no line ends.
pub(super) struct Modes(Option<Termios>);

impl Modes {
    /// As they are now; they are so again when this is dropped.
    pub fn kept() -> Self {
        Self(tcgetattr(stdin()).ok())
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        if let Some(modes) = &self.0 {
            tcsetattr(stdin(), OptionalActions::Now, modes).ok();
        }
    }
}

/// Stops this process, as job control does it.
fn stop() {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP).ok();
}

/// A command line for the shell. It ends with us.
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).kill_on_drop(true);
    command
}

/// Starts a command line that reads the pieces.
pub(super) fn run(line: &str, mut pieces: mpsc::Receiver<Vec<u8>>) -> std::io::Result<tokio::process::Child> {
    let mut child = shell(line).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        tokio::spawn(async move {
            while let Some(piece) = pieces.recv().await {
                // A reader that has enough closes its end.
                if input.write_all(&piece).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(child)
}

/// Why a program does not run.
pub(super) fn not_started(line: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("Could not run {}", crate::domain::clean_line(line)), error.to_string())
}

/// What `$PAGER` says, else a usual one.
pub(super) fn pager(read: impl Fn(&str) -> Option<String>) -> String {
    read("PAGER").filter(|line| !line.trim().is_empty()).unwrap_or_else(|| PAGER.to_owned())
}

/// Whether a pager shows colours as such: less does when it is told to.
fn shows_colours(line: &str, less: Option<&str>) -> bool {
    let mut words = line.split_whitespace();
    let is_less = words.next().is_some_and(|program| program.rsplit('/').next() == Some("less"));
    let says =
        |options: &str| options.split_whitespace().any(|word| !word.starts_with("--") && word.contains(['R', 'r']));
    is_less && (says(&words.collect::<Vec<_>>().join(" ")) || less.is_some_and(says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_is_the_one_that_the_person_named() {
        assert_eq!(pager(|_| None), "less -R +G");
        assert_eq!(pager(|_| Some(" ".into())), "less -R +G");
        assert_eq!(pager(|name| (name == "PAGER").then(|| "most -w".into())), "most -w");
    }

    #[test]
    fn colours_go_only_where_they_are_shown() {
        for (line, less, expected) in [
            ("less -R +G", None, true),
            ("/usr/bin/less", Some("-iR"), true),
            ("less", None, false),
            ("most", Some("-R"), false),
            ("less --quit-if-one-screen", None, false),
        ] {
            assert_eq!(shows_colours(line, less), expected, "{line} {less:?}");
        }
    }

    #[tokio::test]
    async fn a_command_reads_every_piece_and_may_stop_early() {
        for (line, code) in [("test \"$(wc -c)\" = 200000", 0), ("head -c 1 >/dev/null", 0), ("exit 3", 3)] {
            let (sender, pieces) = mpsc::channel(4);
            let mut child = run(line, pieces).unwrap();
            tokio::spawn(async move {
                for _ in 0..20 {
                    if sender.send(vec![b'x'; 10_000]).await.is_err() {
                        return;
                    }
                }
            });
            assert_eq!(child.wait().await.unwrap().code(), Some(code), "{line}");
        }
    }
}
