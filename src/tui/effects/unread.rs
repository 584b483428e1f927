//! Keys of which the reader of events has lost sight.
//!
//! Where a key and a change of size come together, crossterm 0.29 hands out the one it finds first and forgets that the
//! other is there; the kernel, which has told of both, tells of a key again only when the next one is pressed. Setting the
//! terminal's modes to what they are makes the kernel look once more: who waits for keys hears of those that are there,
//! and of nothing where none are. (Crossterm's other reader, `use-dev-tty`, forgets nothing, but finds nothing without
//! waiting, so that each key of many would cost a thread's turn and a frame.)

use std::io::stdin;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Has the reader told of keys that are there and not read. The terminal has to be ours.
pub(super) fn nudge() {
    let input = stdin();
    if is_readable(&input) {
        tell_again(&input);
    }
}

fn is_readable(input: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// What is no terminal has no modes, and nothing happens to it.
fn tell_again(input: impl AsFd) {
    if let Ok(modes) = tcgetattr(&input) {
        tcsetattr(&input, OptionalActions::Now, &modes).ok();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};

    use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

    use super::*;

    #[test]
    fn who_waits_for_keys_hears_again_of_those_that_are_there_and_of_nothing_else() {
        let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let mut terminal = File::options().read(true).write(true).open(pair.master.tty_name().unwrap()).unwrap();
        let mut modes = tcgetattr(&terminal).unwrap();
        modes.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &modes).unwrap();
        // As the reader of events waits: told once of what is new.
        let waiting = epoll::create(CreateFlags::CLOEXEC).unwrap();
        epoll::add(&waiting, &terminal, EventData::new_u64(1), EventFlags::IN | EventFlags::ET).unwrap();
        let hears = |seconds: i64| {
            let mut events = Vec::with_capacity(4);
            let limit = Timespec { tv_sec: seconds, tv_nsec: 0 };
            epoll::wait(&waiting, rustix::buffer::spare_capacity(&mut events), Some(&limit)).unwrap()
        };
        // A writer that goes away types an end of input.
        let mut keys = pair.master.take_writer().unwrap();
        keys.write_all(b"x").unwrap();
        assert_eq!(hears(30), 1);
        assert_eq!(hears(0), 0, "it is told once");
        assert!(is_readable(&terminal));
        tell_again(&terminal);
        assert_eq!(hears(0), 1);
        terminal.read_exact(&mut [0]).unwrap();
        assert!(!is_readable(&terminal));
        tell_again(&terminal);
        assert_eq!(hears(0), 0, "there is nothing to be read");
    }
}
