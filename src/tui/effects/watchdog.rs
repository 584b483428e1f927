//! Ends the process when the terminal is gone.
//!
//! A program whose terminal vanished and whose SIGHUP is ignored would spin in its event source for ever. A thread that
//! sleeps in `poll` costs nothing and notices at once. It writes nothing: there is nobody to read it. The loop is told and
//! may keep what the program is left at; where it is held up, the process ends all the same.

use std::future::{Future, poll_fn};
use std::os::fd::BorrowedFd;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::Poll;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Exit code of a process that SIGHUP ended.
pub const HUNG_UP: i32 = 129;

/// The loop has so much time to keep what should be kept.
const LAST_WORDS: Duration = Duration::from_millis(150);

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

    /// Waits until it is gone. Looked at whenever somebody waits for anything beside: the thread may be told too late.
    pub async fn recv(&mut self) {
        let mut told = pin!(self.told());
        poll_fn(|context| if is_gone() { Poll::Ready(()) } else { told.as_mut().poll(context) }).await;
    }

    async fn told(&mut self) {
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

/// Input and output, as far as they are terminals. Asked once: one that is gone does not say any more that it was one.
static TERMINALS: LazyLock<Vec<BorrowedFd<'static>>> = LazyLock::new(|| {
    let both = [rustix::stdio::stdin(), rustix::stdio::stdout()];
    both.into_iter().filter(|fd| rustix::termios::isatty(fd)).collect()
});

/// Whether the terminal is gone; whoever reads events of it then reads for ever.
pub(super) fn is_gone() -> bool {
    has_gone(Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Some(true)
}

/// Waits so long for the terminal to go, or for ever; `None`: it cannot be watched.
fn has_gone(limit: Option<&Timespec>) -> Option<bool> {
    let mut watched: Vec<PollFd<'_>> = TERMINALS.iter().map(|fd| PollFd::new(fd, PollFlags::empty())).collect();
    match poll(&mut watched, limit) {
        Ok(_) => {
            let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
            Some(watched.iter().any(|fd| fd.revents().intersects(gone)))
        }
        Err(Errno::INTR | Errno::AGAIN) => Some(false),
        Err(_) => None,
    }
}

fn watch(teller: oneshot::Sender<()>) {
    if TERMINALS.is_empty() {
        return;
    }
    loop {
        match has_gone(None) {
            Some(false) => {}
            None => return,
            Some(true) => {
                teller.send(()).ok();
                std::thread::sleep(LAST_WORDS);
                std::process::exit(HUNG_UP);
            }
        }
    }
}
