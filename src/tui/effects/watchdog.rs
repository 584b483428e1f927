//! Ends the process when the terminal is gone.
//!
//! A program whose terminal vanished and whose SIGHUP is ignored would spin in its event source for ever. A thread that
//! sleeps in `poll` costs nothing and notices at once. It writes nothing: there is nobody to read it. The loop is told and
//! may keep what the program is left at; where it is held up, the process ends all the same.

use std::io::{stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Exit code of a process that SIGHUP ended.
pub const HUNG_UP: i32 = 129;

/// The loop has so much time to answer, …
const LAST_WORDS: Duration = Duration::from_millis(150);

/// … and so much more where it is just keeping what should be kept, on a disk that may be slow or busy.
const LAST_WORK: Duration = Duration::from_millis(600);

/// Whether the loop has answered, and is keeping it.
static IS_KEEPING: AtomicBool = AtomicBool::new(false);

/// The loop knows that the terminal is gone, and ends the process by itself when everything is kept.
pub(super) fn is_keeping() {
    IS_KEEPING.store(true, Ordering::Relaxed);
}

/// A terminal that is gone: by the signal, or by what the terminal itself says.
pub(super) struct HangUp {
    signal: Signal,
    /// What the thread tells; `None`: it has ended.
    gone: Option<oneshot::Receiver<()>>,
}

impl HangUp {
    /// Watches from now on.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn listen() -> std::io::Result<Self> {
        let (teller, gone) = oneshot::channel();
        let watching = move || watch(teller);
        let spawned = std::thread::Builder::new().name("terminal-watchdog".into()).stack_size(64 * 1024);
        if let Err(error) = spawned.spawn(watching) {
            tracing::warn!(%error, "nobody watches the terminal");
        }
        Ok(Self { signal: signal(SignalKind::hangup())?, gone: Some(gone) })
    }

    /// Waits until it is gone.
    pub async fn recv(&mut self) {
        if let Some(gone) = &mut self.gone {
            let is_gone = tokio::select! {
                _ = self.signal.recv() => true,
                told = gone => told.is_ok(),
            };
            if is_gone {
                return;
            }
            // There is no terminal to be watched.
            self.gone = None;
        }
        self.signal.recv().await;
    }
}

fn watch(teller: oneshot::Sender<()>) {
    let (input, output) = (stdin(), stdout());
    let terminals: Vec<BorrowedFd<'_>> =
        [input.as_fd(), output.as_fd()].into_iter().filter(|fd| rustix::termios::isatty(fd)).collect();
    if terminals.is_empty() {
        return;
    }
    loop {
        let mut watched: Vec<PollFd<'_>> = terminals.iter().map(|fd| PollFd::new(fd, PollFlags::empty())).collect();
        match poll(&mut watched, None) {
            Ok(_) => {
                let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
                if watched.iter().any(|fd| fd.revents().intersects(gone)) {
                    teller.send(()).ok();
                    std::thread::sleep(LAST_WORDS);
                    if IS_KEEPING.load(Ordering::Relaxed) {
                        std::thread::sleep(LAST_WORK);
                    }
                    std::process::exit(HUNG_UP);
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}
