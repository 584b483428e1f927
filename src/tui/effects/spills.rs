//! Keeps the files of all logs that are open, each written by a thread of its own, and answers questions about them.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::{mpsc, oneshot};

use super::handing;
use super::perform::Inbox;
use super::spill::{Spill, View};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::log::{Entry, Held, Hunt};
use crate::tui::message::Message;

/// Bursts that wait to be written at most.
const WAITING: usize = 4_096;

/// Something to be done with a file, in the order in which it was asked for.
enum Job {
    Append(u64, Vec<Entry>),
    View(oneshot::Sender<View>),
}

/// The files of all logs that are open.
#[derive(Default)]
pub(super) struct Spills {
    folder: Option<PathBuf>,
    files: HashMap<Ticket, SyncSender<Job>>,
}

impl Spills {
    /// Files that are kept in a folder; none without one.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, files: HashMap::new() }
    }

    /// Forgets all files.
    pub fn clear(&mut self) {
        self.files.clear();
    }

    /// Does what has to do with lines that are kept; does not wait.
    pub fn perform(&mut self, effect: Effect, inbox: Inbox) {
        match effect {
            Effect::KeepLog { log, from, lines } => self.keep(log, (from, lines), &inbox),
            Effect::ReadLog { log, numbers } => self.read(log, numbers, inbox),
            Effect::ScanLog { log, question, before, hunt } => self.scan((log, question), (before, hunt), inbox),
            Effect::SaveLog { held, path, over } => {
                let view = self.view(held.log);
                tokio::spawn(async move {
                    let view = view.await;
                    let save = move || handing::save(&held, view.as_ref(), (&path, over));
                    if let Ok(message) = tokio::task::spawn_blocking(save).await {
                        inbox.send(message).await.ok();
                    }
                });
            }
            _ => {}
        }
    }

    /// Everything that is held of a log, piece by piece, for another program.
    pub fn hand_out(&self, held: Held) -> mpsc::Receiver<Vec<u8>> {
        let (pieces, taken) = mpsc::channel(4);
        let view = self.view(held.log);
        tokio::spawn(async move {
            let view = view.await;
            let work = move || {
                let take = |text: &[u8]| {
                    pieces.blocking_send(text.to_vec()).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
                };
                handing::hand_out(&held, view.as_ref(), take).err()
            };
            if let Ok(Some(error)) = tokio::task::spawn_blocking(work).await {
                tracing::info!("the log was not handed on to its end: {error}");
            }
        });
        taken
    }

    /// Keeps lines. That it cannot is told as a message.
    fn keep(&mut self, log: Ticket, (from, lines): (u64, Vec<Entry>), inbox: &Inbox) {
        let Some(folder) = self.folder.clone() else {
            tell(inbox.clone(), Message::LogUnkept(log, "there is no folder to keep them in".into()));
            return;
        };
        let file = self.files.entry(log).or_insert_with(|| {
            let (jobs, waiting) = sync_channel(WAITING);
            let inbox = inbox.clone();
            // Without a thread the sender fails, and that is told.
            let work = move || {
                if let Err(error) = write(&folder, &waiting) {
                    inbox.blocking_send(Message::LogUnkept(log, error.to_string())).ok();
                }
            };
            std::thread::Builder::new().name("log-file".into()).spawn(work).ok();
            jobs
        });
        if file.try_send(Job::Append(from, lines)).is_err() {
            tell(inbox.clone(), Message::LogUnkept(log, "they come faster than the disk takes them".into()));
        }
    }

    /// What the file of a log holds, once all that was handed to it is written. `None` where there is none.
    fn view(&self, log: Ticket) -> impl Future<Output = Option<View>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        let asked = self.files.get(&log).is_some_and(|file| file.try_send(Job::View(reply)).is_ok());
        async move { if asked { answer.await.ok() } else { None } }
    }

    /// Reads lines of a log.
    fn read(&self, log: Ticket, numbers: Vec<u64>, inbox: Inbox) {
        let view = self.view(log);
        tokio::spawn(async move {
            let Some(view) = view.await else { return };
            let read = tokio::task::spawn_blocking(move || view.lines(&numbers)).await;
            answer(inbox, log, read, |lines| Message::LogPage(log, lines)).await;
        });
    }

    /// Looks through the lines of a log.
    fn scan(&self, (log, question): (Ticket, u64), (before, hunt): (u64, Hunt), inbox: Inbox) {
        let view = self.view(log);
        tokio::spawn(async move {
            let Some(view) = view.await else { return };
            let found = tokio::task::spawn_blocking(move || view.scan(before, &hunt)).await;
            answer(inbox, log, found, |found| Message::LogScanned(log, question, found)).await;
        });
    }
}

async fn answer<T>(
    inbox: Inbox,
    log: Ticket,
    read: Result<io::Result<T>, tokio::task::JoinError>,
    message: impl FnOnce(T) -> Message,
) {
    let message = match read {
        Ok(Ok(value)) => message(value),
        Ok(Err(error)) => Message::LogUnkept(log, error.to_string()),
        Err(_) => return,
    };
    inbox.send(message).await.ok();
}

fn tell(inbox: Inbox, message: Message) {
    tokio::spawn(async move { inbox.send(message).await });
}

/// Writes until nobody hands anything on.
fn write(folder: &std::path::Path, jobs: &Receiver<Job>) -> io::Result<()> {
    let mut spill = Spill::create(folder)?;
    for job in jobs {
        match job {
            Job::Append(from, lines) => spill.append(from, &lines)?,
            Job::View(reply) => _ = reply.send(spill.view()).ok(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LogLine, LogSource, Moment};
    use crate::tui::effect::Over;
    use crate::tui::log::{Burst, Form, Needle};

    const LOG: Ticket = Ticket(7);

    fn lines(from: i64, count: i64) -> Vec<Entry> {
        let line = |at: i64| LogLine {
            at: Some(Moment(at * 1000)),
            source: LogSource::Stdout,
            text: format!("line {at} {}", if at % 1_000 == 0 { "ERROR" } else { "info" }),
        };
        Burst::from((from..from + count).map(line).collect::<Vec<_>>()).0
    }

    async fn next(messages: &mut mpsc::Receiver<Message>) -> Message {
        tokio::time::timeout(std::time::Duration::from_mins(1), messages.recv()).await.unwrap().unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn kept_lines_are_read_searched_and_saved() {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, mut messages) = mpsc::channel(8);
        let mut spills = Spills::new(Some(folder.path().join("cache")));
        for part in 0..20_u32 {
            let keep =
                Effect::KeepLog { log: LOG, from: u64::from(part) * 500, lines: lines(i64::from(part) * 500, 500) };
            spills.perform(keep, inbox.clone());
        }
        spills.perform(Effect::ReadLog { log: LOG, numbers: vec![3, 9_999] }, inbox.clone());
        let Message::LogPage(LOG, page) = next(&mut messages).await else { panic!() };
        let texts: Vec<_> = page.iter().map(|(number, entry)| (*number, entry.text.as_ref())).collect();
        assert_eq!(texts, [(3, "line 3 info"), (9_999, "line 9999 info")]);
        let hunt = Hunt { needle: Needle::new("error$"), ..Hunt::default() };
        spills.perform(Effect::ScanLog { log: LOG, question: 2, before: 3_500, hunt }, inbox.clone());
        assert_eq!(next(&mut messages).await, Message::LogScanned(LOG, 2, [vec![], vec![0, 1_000, 2_000, 3_000]]));
        let path = folder.path().join("a.log");
        let held = Box::new(Held { log: LOG, from: 0, until: 10_000, lines: lines(10_000, 5), form: Form::default() });
        let save = Effect::SaveLog { held, path: path.to_str().unwrap().into(), over: Over::Ask };
        spills.perform(save, inbox.clone());
        assert!(matches!(next(&mut messages).await, Message::LogDone(Ok(_))));
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 10_005);
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_told() {
        let (inbox, mut messages) = mpsc::channel(8);
        let keep = || Effect::KeepLog { log: LOG, from: 0, lines: lines(0, 1) };
        Spills::new(None).perform(keep(), inbox.clone());
        assert!(matches!(next(&mut messages).await, Message::LogUnkept(LOG, _)));
        // A file stands where the folder should be.
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut spills = Spills::new(Some(file.path().to_owned()));
        spills.perform(keep(), inbox.clone());
        assert!(matches!(next(&mut messages).await, Message::LogUnkept(LOG, _)));
    }
}
