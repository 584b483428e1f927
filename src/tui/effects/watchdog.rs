//! Ends the process when the terminal is gone.
//!
//! A program whose terminal vanished and whose SIGHUP is ignored would spin in its event source for ever. A thread that
//! sleeps in `poll` costs nothing and notices at once. It writes nothing: there is nobody to read it.

use std::io::{stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Exit code of a process that SIGHUP ended.
pub const HUNG_UP: i32 = 129;

/// Starts watching, where there is a terminal to watch.
pub fn start() {
    let spawned = std::thread::Builder::new().name("terminal-watchdog".into()).stack_size(64 * 1024).spawn(watch);
    if let Err(error) = spawned {
        tracing::warn!(%error, "nobody watches the terminal");
    }
}

fn watch() {
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
                    std::process::exit(HUNG_UP);
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}
