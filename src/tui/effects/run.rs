//! The loop: one message, then all that wait, then a frame. Nothing ticks; a timer exists only when something is due.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::event::EventStream;
use futures_util::StreamExt as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::events::{letters, next_event, of_event, urgency};
use super::lending::Signals;
use super::options::{Manner, Network, Options};
use super::pace::{LOG_FRAME, Urgency, pause};
use super::perform::{Inbox, Outside, Performer};
use super::reloading::Reloading;
use super::terminal::{self, Terminal, abandon};
use super::unread;
use super::watchdog::HUNG_UP;
use crate::domain::{Failure, Moment, Speed};
use crate::tui::app::{App, Motion, Mouse};
use crate::tui::effect::{Effect, Reader};
use crate::tui::log::Held;
use crate::tui::message::Message;
use crate::tui::view::look;

/// The first frame waits this long for what was kept from an earlier time.
const AT_ONCE: Duration = Duration::from_millis(4);
/// Messages that wait at most.
pub(super) const WAITING: usize = 256;

/// Runs the terminal program until somebody leaves. The first frame is painted before anything is asked of `outside`.
///
/// # Errors
/// When there is no terminal.
pub async fn run<O: Outside>(options: Options, outside: O) -> Result<(), Failure> {
    if options.manner == Manner::Plain {
        return Box::pin(super::plain::run(options, outside)).await;
    }
    let size = terminal::size().unwrap_or((80, 24));
    let (mut app, mut effects) = App::new(options.theme, size, now());
    if options.manner == Manner::Accessible {
        app.motion = Motion::Still;
    }
    app.begin_at(options.open_at.clone());
    app.host.clone_from(&options.host);
    app.program.clone_from(&options.program);
    app.log_folder.clone_from(&options.log_folder);
    app.keys.clone_from(&options.keys);
    app.custom.clone_from(&options.custom);
    app.documents = options.documents;
    app.json_templates.clone_from(&options.json_templates);
    for text in &options.said {
        app.update(Message::Said(text.clone()));
    }
    if let Some(address) = &options.address {
        app.update(Message::Connecting(format!("connecting to {address}")));
    }
    if options.mouse == Mouse::On {
        effects.extend(app.use_mouse(Mouse::On));
    }
    if options.network == Network::LeftAlone {
        app.stay_offline();
        effects.retain(|effect| matches!(effect, Effect::Mouse(_)));
    }
    let (terminal, written) =
        Terminal::enter(frame_size(&app), options.log.as_deref()).map_err(|error| no_terminal(&error))?;
    let (inbox, messages) = mpsc::channel(WAITING);
    let performer = Performer::new(outside, inbox.clone(), (options.cache_dir.clone(), options.start));
    let mut cached = tokio::task::spawn_blocking(performer.cached());
    // What was kept is there at once, or it comes a moment after the first frame: nobody waits for a slow disk.
    if let Ok(found) = tokio::time::timeout(AT_ONCE, &mut cached).await {
        effects.extend(found.into_iter().flatten().flat_map(|message| app.update(message)));
    } else {
        bring(cached, inbox.clone());
    }
    // Before the first frame: what is written while somebody looks at it counts.
    let reloading = Reloading::new(&options.watched);
    let mut screen = Screen::new(terminal);
    screen.terminal.links = options.links;
    screen.paint(&app)?;
    app.zone = jiff::tz::TimeZone::system();
    // Everything else comes after the first frame.
    bring(tokio::task::spawn_blocking(performer.cache_size()), inbox);
    let mut looping = Loop { screen, written, messages, performer, options, reloading, lent: None };
    let ended = Box::pin(looping.run(&mut app, effects)).await;
    if ended == Ended::HungUp {
        abandon();
    }
    if let Some(habits) = app.habits_to_keep() {
        looping.performer.keep_habits(&habits);
    }
    looping.performer.keep_ends(&app.log_ends());
    if ended == Ended::HungUp {
        std::process::exit(HUNG_UP);
    }
    drop(looping);
    // The process ends now. Giving the memory of ten thousand apps back piece by piece would only make that take longer.
    std::mem::forget(app);
    match ended {
        Ended::Signal(number) => std::process::exit(128 + number),
        Ended::Left | Ended::HungUp => Ok(()),
    }
}

fn no_terminal(error: &std::io::Error) -> Failure {
    Failure::new("Could not open the terminal program", error.to_string())
        .hint("It needs a terminal. kab --plain works in lines, and every action is a command too: kab --help")
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Left,
    Signal(i32),
    HungUp,
}

/// What is on the screen, and when the next frame may be.
pub(super) struct Screen {
    pub(super) terminal: Terminal,
    last: Instant,
    took: Duration,
    stale: Option<Urgency>,
    link: Speed,
}

impl Screen {
    fn new(terminal: Terminal) -> Self {
        Self { terminal, last: Instant::now(), took: Duration::ZERO, stale: None, link: Speed::Usual }
    }

    fn paint(&mut self, app: &App) -> Result<(), Failure> {
        let (width, height) = frame_size(app);
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        let seen = look(app, &mut buffer);
        self.terminal
            .show(buffer, seen)
            .map_err(|error| Failure::new("Could not paint the screen", error.to_string()))?;
        self.stale = None;
        self.last = Instant::now();
        Ok(())
    }

    pub(super) fn touch(&mut self, urgency: Urgency) {
        self.stale = self.stale.max(Some(urgency));
    }

    /// Something that was handed to the writer is out.
    pub(super) fn written(&mut self) {
        self.terminal.written();
        self.took = self.last.elapsed();
    }

    /// When the next frame is due; `None`: nothing changed, or one is being written.
    fn due(&self) -> Option<Instant> {
        if self.terminal.is_writing() || self.terminal.is_given_back() {
            return None;
        }
        Some(pause(self.stale?, self.link, self.took).map_or_else(Instant::now, |pause| self.last + pause))
    }
}

/// Who gets the terminal.
pub(super) enum Loan {
    /// A program that reads a log.
    Log(Box<Held>, Reader),
    /// A command line that talks to the person.
    Shell(String),
}

pub(super) struct Loop<O> {
    pub(super) screen: Screen,
    pub(super) written: mpsc::UnboundedReceiver<std::io::Result<()>>,
    pub(super) messages: mpsc::Receiver<Message>,
    pub(super) performer: Performer<O>,
    pub(super) options: Options,
    reloading: Reloading,
    /// Who gets the terminal next, and what it reads.
    pub(super) lent: Option<Loan>,
}

impl<O: Outside> Loop<O> {
    async fn run(&mut self, app: &mut App, effects: Vec<Effect>) -> Ended {
        let Ok(mut signals) = Signals::listen() else { return Ended::Left };
        let mut events = Some(EventStream::new());
        if self.perform(app, effects) == Some(Ended::Left) {
            return Ended::Left;
        }
        loop {
            let frame = self.screen.due().filter(|_| !app.is_resizing());
            let wake = app.wakes_at().map(until);
            let message = tokio::select! {
                biased;
                () = signals.hang_up.recv() => return Ended::HungUp,
                _ = signals.terminate.recv() => return Ended::Signal(15),
                _ = signals.interrupt.recv() => return Ended::Signal(2),
                event = events.get_or_insert_with(EventStream::new).next() => match event {
                    Some(Ok(event)) => Some(of_event(event)),
                    // The terminal cannot be read any more: it is gone.
                    Some(Err(_)) | None => return Ended::HungUp,
                },
                report = self.written.recv() => match report {
                    Some(Ok(())) => {
                        self.screen.written();
                        app.written(now());
                        None
                    }
                    Some(Err(_)) | None => return Ended::HungUp,
                },
                () = sleep_until(frame) => None,
                Some(message) = self.messages.recv() => Some(message),
                found = self.reloading.next(self.performer.outside()) => {
                    self.take_settings(app, found);
                    None
                }
                _ = signals.resized.recv() => {
                    let size = terminal::size().filter(|size| *size != app.size);
                    size.map(|(columns, rows)| Message::Resize(columns, rows))
                }
                _ = signals.stop.recv() => {
                    self.stop().await;
                    None
                }
                _ = signals.resume.recv() => {
                    self.screen.terminal.take_back().ok();
                    Some(Message::Resumed)
                }
                () = sleep(wake) => Some(Message::Time(now())),
            };
            if let Some(message) = message
                && let Some(ended) = self.take(app, message, &mut events).await
            {
                return ended;
            }
            if let Some(lent) = self.lent.take()
                && let Some(ended) = self.lend(app, lent, (&mut events, &mut signals)).await
            {
                return ended;
            }
            if !self.screen.terminal.is_given_back() {
                unread::nudge();
            }
            if !app.is_resizing() && self.screen.due().is_some_and(|due| due <= Instant::now()) {
                if self.screen.paint(app).is_err() {
                    return Ended::HungUp;
                }
                app.painted();
                self.entitle(app);
            }
        }
    }

    /// Takes a message and all that wait.
    async fn take(&mut self, app: &mut App, first: Message, events: &mut Option<EventStream>) -> Option<Ended> {
        let effects = app.update(Message::Time(now()));
        if let Some(ended) = self.perform(app, effects) {
            return Some(ended);
        }
        if matches!(first, Message::Key(_))
            && let Some(size) = terminal::size()
            && size != app.size
        {
            // The reader of events loses a change of size that comes together with a key.
            app.update(Message::Resize(size.0, size.1));
        }
        let mut next = Some(first);
        let began = Instant::now();
        while let Some(message) = next {
            let (message, behind) = match letters(app, message, events.get_or_insert_with(EventStream::new)).await {
                Ok(found) => found,
                Err(ended) => return Some(ended),
            };
            if let Some(urgency) = urgency(app, &message) {
                self.screen.touch(urgency);
            }
            let effects = app.update(message);
            for failure in app.notes.take_unwritten() {
                tracing::warn!("{} {failure}", failure.id());
            }
            if let Some(ended) = self.perform(app, effects) {
                return Some(ended);
            }
            next = match behind {
                Some(behind) => Some(behind),
                None => match next_event(events.get_or_insert_with(EventStream::new)).await {
                    Ok(event) => event,
                    Err(ended) => return Some(ended),
                },
            };
            // Where more comes than can be taken in, what there is has to be seen between.
            if next.is_none() && began.elapsed() < LOG_FRAME {
                next = self.messages.try_recv().ok();
            }
        }
        self.screen.link = app.net.speed;
        self.performer.look_at((!app.is_away()).then(|| app.looks_at()));
        None
    }

    pub(super) fn perform(&mut self, app: &mut App, effects: Vec<Effect>) -> Option<Ended> {
        for effect in effects {
            match effect {
                Effect::Quit => return Some(Ended::Left),
                Effect::Repaint => {
                    self.screen.terminal.clear();
                    self.screen.touch(Urgency::Now);
                }
                Effect::Copy(text) => self.copy(app, text),
                Effect::CopyOtherwise { text, why } => self.copy_otherwise(app, &text, &why),
                Effect::Notify(text) => self.notify(&text),
                Effect::Mouse(mouse) => self.screen.terminal.capture(mouse),
                Effect::LendTerminal { held, to } => self.lent = Some(Loan::Log(held, to)),
                Effect::Shell(line) => self.lent = Some(Loan::Shell(line)),
                Effect::UseContext(name) => self.messages = self.performer.use_context(name),
                other => self.performer.perform(other),
            }
        }
        None
    }
}

/// Brings what was kept of a context, once it is read.
pub(super) fn bring(cached: JoinHandle<Vec<Message>>, inbox: Inbox) {
    tokio::spawn(async move {
        for message in cached.await.unwrap_or_default() {
            inbox.send(message).await.ok();
        }
    });
}

/// The size of a frame: that of the terminal, or the usual one where it tells none.
fn frame_size(app: &App) -> (u16, u16) {
    let areas = app.areas();
    (areas.width, areas.height)
}

/// The present.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn until(due: Moment) -> Duration {
    Duration::from_millis(u64::try_from(due.0 - now().0).unwrap_or(0).max(1))
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

pub(super) async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
