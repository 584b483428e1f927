//! The loop of plain mode: lines in, lines out. No alternate screen, no raw mode, and no byte that steers a terminal.
//!
//! At a terminal a line is read whenever somebody types one. From a pipe the next line is read when what was asked before
//! has been answered and written, so that a script means what is there.

use std::io::{IsTerminal as _, stdin};
use std::process::Stdio;

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::lending::{self, Modes};
use super::lines::{Read, Reader, Writer};
use super::options::{Network, Options, Start};
use super::perform::{Outside, Performer};
use super::run::{Ended, Loan, WAITING, bring, now, sleep, until};
use super::watchdog::{HUNG_UP, HangUp};
use crate::domain::{Failure, clean_line};
use crate::tui::action::Action;
use crate::tui::app::{App, Motion, Tongue};
use crate::tui::effect::{Effect, Reader as Program};
use crate::tui::message::Message;
use crate::tui::plain::{Plain, SIZE};
use crate::tui::theme::{Colours, GlyphSet, Theme};

/// Runs the program in lines until somebody leaves, or until there are no more lines.
///
/// # Errors
/// When standard input or output cannot be used.
pub(super) async fn run<O: Outside>(options: Options, outside: O) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new("Could not begin", error.to_string());
    let (mut app, mut effects) = App::new(Theme::new(Colours::Mono, GlyphSet::Words), SIZE, now());
    (app.motion, app.tongue) = (Motion::Still, Tongue::Words);
    app.zone = jiff::tz::TimeZone::system();
    app.begin_at(options.open_at);
    app.keys = options.keys;
    app.custom = options.custom;
    app.host = options.host;
    app.program = options.program;
    app.log_folder = options.log_folder;
    app.documents = options.documents;
    app.json_templates = options.json_templates;
    for text in options.said {
        app.update(Message::Said(text));
    }
    if options.network == Network::LeftAlone {
        app.stay_offline();
        effects.clear();
    }
    let (inbox, messages) = mpsc::channel(WAITING);
    let performer = Performer::new(outside, inbox.clone(), (options.cache_dir, Start::Fresh));
    bring(tokio::task::spawn_blocking(performer.cached()), inbox);
    let hands = if stdin().is_terminal() { Hands::Typing } else { Hands::Script };
    let mut lines = Lines {
        plain: Plain::default(),
        reader: Reader::start().map_err(failed)?,
        writer: Writer::start().map_err(failed)?,
        messages,
        performer,
        hands,
        lent: None,
    };
    let ended = lines.run(&mut app, effects).await;
    match ended {
        Ended::HungUp => std::process::exit(HUNG_UP),
        Ended::Signal(number) => std::process::exit(128 + number),
        Ended::Left => {
            lines.writer.finish();
            std::mem::forget(app);
            Ok(())
        }
    }
}

/// Where lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hands {
    /// Somebody types them at a terminal.
    Typing,
    /// They are there already, or another program writes them.
    Script,
}

/// Signals that concern the program. Being stopped and continued is left to the terminal.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: HangUp,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: HangUp::listen()?,
        })
    }
}

struct Lines<O> {
    plain: Plain,
    reader: Reader,
    writer: Writer,
    messages: mpsc::Receiver<Message>,
    performer: Performer<O>,
    hands: Hands,
    lent: Option<Loan>,
}

impl<O: Outside> Lines<O> {
    async fn run(&mut self, app: &mut App, effects: Vec<Effect>) -> Ended {
        let Ok(mut signals) = Signals::listen() else { return Ended::Left };
        if let Some(ended) = self.perform(app, effects) {
            return ended;
        }
        loop {
            self.plain.watch(app);
            self.print(app);
            self.ask(app);
            let wake = self.plain.wakes_at(app).map(until);
            let message = tokio::select! {
                biased;
                () = signals.hang_up.recv() => return Ended::HungUp,
                _ = signals.terminate.recv() => return Ended::Signal(15),
                _ = signals.interrupt.recv() => match self.hands {
                    Hands::Typing => Some(Message::Asked(Action::Interrupt)),
                    Hands::Script => return Ended::Signal(2),
                },
                written = self.writer.written(), if self.writer.is_writing() => match written {
                    Ok(()) => {
                        if !self.writer.is_writing() {
                            app.written(now());
                        }
                        None
                    }
                    Err(_) => return Ended::HungUp,
                },
                read = self.reader.next() => match read {
                    Read::End => return self.end(app).await,
                    Read::Line(line) => {
                        let effects = self.take(app, &line);
                        if let Some(ended) = self.perform(app, effects) {
                            self.print(app);
                            return ended;
                        }
                        None
                    }
                },
                Some(message) = self.messages.recv() => Some(message),
                () = sleep(wake) => Some(Message::Time(now())),
            };
            if let Some(ended) = message.and_then(|message| self.hear(app, message)) {
                return ended;
            }
            // What was asked for while another program had the terminal comes next.
            while let Some(lent) = self.lent.take() {
                if let Some(ended) = self.lend(app, lent, &mut signals).await {
                    return ended;
                }
            }
        }
    }

    /// Takes a line in, as if it was typed where this is a script.
    fn take(&mut self, app: &mut App, line: &str) -> Vec<Effect> {
        if self.hands == Hands::Script {
            self.writer.write(format!("{}{}\n", Plain::prompt(app), clean_line(line)));
        }
        let mut effects = app.update(Message::Time(now()));
        effects.extend(self.plain.take(app, line));
        effects
    }

    /// Takes in a message and all that wait.
    fn hear(&mut self, app: &mut App, first: Message) -> Option<Ended> {
        let mut effects = app.update(Message::Time(now()));
        let mut next = Some(first);
        while let Some(message) = next {
            self.plain.hear(&message);
            effects.extend(app.update(message));
            if let Some(ended) = self.perform(app, std::mem::take(&mut effects)) {
                return Some(ended);
            }
            next = self.messages.try_recv().ok();
        }
        for failure in app.notes.take_unwritten() {
            tracing::warn!("{} {failure}", failure.id());
        }
        self.performer.look_at(Some(app.looks_at()));
        None
    }

    /// Prints what is new. Where somebody is typing it begins on a line of its own.
    fn print(&mut self, app: &mut App) {
        // While much is written nothing is added: what is new then is told at once, later.
        if self.writer.is_writing() {
            return;
        }
        let lines = self.plain.look(app);
        if lines.is_empty() {
            return;
        }
        let mut text = String::new();
        let types = self.hands == Hands::Typing && self.reader.is_asked();
        if types {
            text.push('\n');
        }
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        if types {
            text.push_str(&Plain::prompt(app));
        }
        self.writer.write(text);
        app.painted();
    }

    /// Asks for the next line, when it is time for one.
    fn ask(&mut self, app: &App) {
        if self.reader.is_asked() || self.lent.is_some() {
            return;
        }
        match self.hands {
            Hands::Typing => {
                self.writer.write(Plain::prompt(app));
                self.reader.ask();
            }
            Hands::Script if !self.writer.is_writing() && self.plain.is_settled(app) => self.reader.ask(),
            Hands::Script => {}
        }
    }

    /// There are no more lines: what is said is written, and what waits to be undone is not done.
    async fn end(&mut self, app: &mut App) -> Ended {
        if self.hands == Hands::Typing {
            self.writer.write("\n".to_owned());
        }
        if app.grace.is_some() {
            app.update(Message::Asked(Action::Undo));
        }
        while self.writer.is_writing() {
            if self.writer.written().await.is_err() {
                return Ended::HungUp;
            }
        }
        self.print(app);
        Ended::Left
    }

    fn perform(&mut self, app: &mut App, effects: Vec<Effect>) -> Option<Ended> {
        for effect in effects {
            match effect {
                Effect::Quit => return Some(Ended::Left),
                // There is nothing to paint: it is printed anew.
                // Where the full screen was left is its own.
                Effect::Repaint | Effect::KeepHabits(_) => {}
                Effect::Copy(text) => self.plain.hand_out(&text),
                Effect::LendTerminal { held, to } => self.lent = Some(Loan::Log(held, to)),
                Effect::Shell(line) => self.lent = Some(Loan::Shell(line)),
                Effect::UseContext(name) => self.messages = self.performer.use_context(name),
                other => self.performer.perform(other),
            }
        }
        for failure in app.notes.take_unwritten() {
            tracing::warn!("{} {failure}", failure.id());
        }
        self.performer.look_at(Some(app.looks_at()));
        None
    }

    /// Another program reads the log; until it has ended nothing is printed, and no line is read.
    async fn lend(&mut self, app: &mut App, loan: Loan, signals: &mut Signals) -> Option<Ended> {
        while self.writer.is_writing() {
            if self.writer.written().await.is_err() {
                return Some(Ended::HungUp);
            }
        }
        let (line, started) = match loan {
            Loan::Log(held, to) => {
                let line = match to {
                    Program::Pager => lending::pager(|name| std::env::var(name).ok()),
                    Program::Command(line) => line,
                };
                let pieces = self.performer.spills.hand_out(*held);
                let started = lending::run(&line, pieces);
                (line, started)
            }
            Loan::Shell(line) => {
                let mut command = lending::shell(&line);
                if self.hands == Hands::Script {
                    // The lines that follow are kab's.
                    command.stdin(Stdio::null());
                }
                (line, command.spawn())
            }
        };
        let modes = Modes::kept();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                app.update(Message::LogDone(Err(lending::not_started(&line, &error))));
                return None;
            }
        };
        let status = loop {
            let wake = app.wakes_at().map(until);
            let message = tokio::select! {
                biased;
                () = signals.hang_up.recv() => return Some(Ended::HungUp),
                _ = signals.terminate.recv() => return Some(Ended::Signal(15)),
                // It was meant for the other program.
                _ = signals.interrupt.recv() => continue,
                status = child.wait() => break status,
                Some(message) = self.messages.recv() => message,
                () = sleep(wake) => Message::Time(now()),
            };
            if let Some(ended) = self.hear(app, message) {
                child.start_kill().ok();
                return Some(ended);
            }
        };
        drop(modes);
        // A Ctrl-c was meant for the other program, however late it is told.
        while signals.interrupt.recv().now_or_never().flatten().is_some() {}
        let said = match status.map(|status| status.code()) {
            Ok(Some(127)) => format!("{}: no such program", clean_line(&line)),
            Ok(Some(0)) => format!("{}: done", clean_line(&line)),
            Ok(Some(code)) => format!("{}: ended with {code}", clean_line(&line)),
            Ok(None) => format!("{}: was ended by a signal", clean_line(&line)),
            Err(error) => format!("{}: {error}", clean_line(&line)),
        };
        app.update(Message::Said(said));
        None
    }
}
