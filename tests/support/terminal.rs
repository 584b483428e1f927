//! The program in a pseudo-terminal, with its screen read back as a person would see it.
//!
//! Nothing here sleeps: whoever waits, waits for something on the screen, up to a limit, and gets the screen in the
//! message when it does not come.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

use std::{
    io::{Read as _, Write},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Between two attempts at a key that counts only after a pause.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a repaint may take on a slow machine.
const LAST_FRAME: Duration = Duration::from_secs(30);

/// So many bytes of the program's output are kept as they were.
const FIRST: usize = 1 << 20;

/// How many columns and rows.
#[derive(Debug, Clone, Copy)]
pub struct Size(pub u16, pub u16);

/// A program in a terminal. Dropping it kills the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    picture: Arc<Picture>,
    master: Option<Box<dyn MasterPty + Send>>,
    painting: JoinHandle<()>,
}

struct Picture {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    bytes: u64,
    /// The first bytes that the program sent, as they were.
    first: Vec<u8>,
    /// The program's side is closed.
    over: bool,
    /// Nobody reads any more.
    left: bool,
}

impl Terminal {
    /// Starts the command. A size of nothing is a terminal that does not know its own.
    pub fn open(mut command: CommandBuilder, Size(columns, rows): Size) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        if command.get_env("TERM").is_none() {
            command.env("TERM", "xterm-256color");
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (rows, columns) = if columns == 0 || rows == 0 { (24, 80) } else { (rows, columns) };
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let state = State { parser, bytes: 0, first: Vec::new(), over: false, left: false };
        let picture = Arc::new(Picture { state: Mutex::new(state), changed: Condvar::new() });
        let mut output = pair.master.try_clone_reader().unwrap();
        let painter = Arc::clone(&picture);
        let painting = std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let read = output.read(&mut buffer).unwrap_or(0);
                let mut state = painter.state.lock().unwrap();
                state.parser.process(&buffer[..read]);
                state.bytes += read as u64;
                let room = FIRST.saturating_sub(state.first.len()).min(read);
                state.first.extend_from_slice(&buffer[..room]);
                state.over = read == 0;
                painter.changed.notify_all();
                if read == 0 || state.left {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, picture, master: Some(pair.master), painting }
    }

    /// Presses keys: letters as they are, `\r` for Enter, `\x1b` for Escape.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits until the text is on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> &mut Self {
        self.wait_until(&format!("{text:?}"), limit, |screen| screen.contains(text))
    }

    /// Waits until the text is on the screen no more.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str, limit: Duration) -> &mut Self {
        self.wait_until(&format!("{text:?} to go"), limit, |screen| !screen.contains(text))
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, limit: Duration, wanted: impl Fn(&str) -> bool) -> &mut Self {
        match self.look(limit, wanted) {
            Look::Wanted => self,
            Look::Late(screen) => panic!("waited {} s for {what}; the screen:\n{screen}", limit.as_secs()),
            Look::Over(screen) => panic!("the program ended while waiting for {what}; the last screen:\n{screen}"),
        }
    }

    /// Waits until the first megabyte of what the program sent is as wanted.
    #[track_caller]
    pub fn wait_for_bytes(&mut self, what: &str, limit: Duration, wanted: impl Fn(&[u8]) -> bool) -> &mut Self {
        let deadline = Instant::now() + limit;
        let mut state = self.picture.state.lock().unwrap();
        while !wanted(&state.first) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.over,
                "{what}: not sent; the screen:\n{}",
                state.parser.screen().contents()
            );
            state = self.picture.changed.wait_timeout(state, left).unwrap().0;
        }
        drop(state);
        self
    }

    /// Presses the keys again and again until the screen is as wanted: for keys that count only after a pause.
    #[track_caller]
    pub fn press_until(&mut self, keys: &str, limit: Duration, wanted: impl Fn(&str) -> bool) -> &mut Self {
        let deadline = Instant::now() + limit;
        loop {
            self.press(keys);
            match self.look(PAUSE, &wanted) {
                Look::Wanted => return self,
                Look::Late(screen) => {
                    assert!(Instant::now() < deadline, "{keys:?} does nothing; the screen:\n{screen}");
                }
                Look::Over(screen) => panic!("the program ended at {keys:?}; the last screen:\n{screen}"),
            }
        }
    }

    fn look(&self, limit: Duration, wanted: impl Fn(&str) -> bool) -> Look {
        let deadline = Instant::now() + limit;
        let mut state = self.picture.state.lock().unwrap();
        loop {
            let screen = state.parser.screen().contents();
            let left = deadline.saturating_duration_since(Instant::now());
            match () {
                () if wanted(&screen) => return Look::Wanted,
                () if state.over => return Look::Over(screen),
                () if left.is_zero() => return Look::Late(screen),
                () => state = self.picture.changed.wait_timeout(state, left).unwrap().0,
            }
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.picture.state.lock().unwrap().parser.screen().contents()
    }

    /// Bytes that the program has sent so far.
    pub fn bytes(&self) -> u64 {
        self.picture.state.lock().unwrap().bytes
    }

    /// The first megabyte that the program sent, as it was.
    pub fn first_bytes(&self) -> Vec<u8> {
        self.picture.state.lock().unwrap().first.clone()
    }

    /// The memory of the program that is in use now, in MB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.process_id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_000
    }

    /// Whether the program still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How the terminal treats what is typed, in the words of its settings.
    pub fn modes(&self) -> String {
        let modes = self.master.as_ref().and_then(|master| master.get_termios());
        modes.map_or_else(String::new, |modes| format!("{:?} {:?}", modes.local_flags, modes.input_flags))
    }

    /// Whether the terminal is as a shell wants it: main screen, cursor visible, no mouse, no bracketed paste.
    pub fn is_restored(&self) -> bool {
        let state = self.picture.state.lock().unwrap();
        let screen = state.parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    /// Whether nothing on the screen has a colour of its own.
    pub fn is_colourless(&self) -> bool {
        let state = self.picture.state.lock().unwrap();
        let screen = state.parser.screen();
        let (rows, columns) = screen.size();
        let (rows, columns) = (rows.get(), columns.get());
        let mut places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        places.all(|(row, column)| {
            let colours = screen.cell(row, column).map(|cell| (cell.fgcolor(), cell.bgcolor()));
            colours.is_none_or(|colours| colours == (vt100::Color::Default, vt100::Color::Default))
        })
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, Size(columns, rows): Size) -> &mut Self {
        let mut state = self.picture.state.lock().unwrap();
        state.parser.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        drop(state);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
        self
    }

    /// Gives the terminal one size after the other, evenly spread over a time, as somebody does who drags a window.
    pub fn drag(&mut self, sizes: impl ExactSizeIterator<Item = Size>, time: Duration) -> &mut Self {
        let (begun, count) = (Instant::now(), u32::try_from(sizes.len()).unwrap());
        for (at, size) in (1..).zip(sizes) {
            self.resize(size);
            let due = begun + time * at / count;
            while Instant::now() < due {
                std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
            }
        }
        self
    }

    /// Waits until the program has ended by itself.
    #[track_caller]
    pub fn wait_for_end(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        let mut state = self.picture.state.lock().unwrap();
        while !state.over {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program does not end; the screen:\n{}", state.parser.screen().contents());
            state = self.picture.changed.wait_timeout(state, left).unwrap().0;
        }
        drop(state);
        self.child.wait().unwrap()
    }

    /// Presses the keys that leave the program, and checks how it left.
    #[track_caller]
    pub fn leave(&mut self, keys: &str, limit: Duration) {
        let status = self.press(keys).wait_for_end(limit);
        assert_eq!(status.exit_code(), 0, "the last screen:\n{}", self.screen());
        assert!(self.is_restored(), "the terminal is not as it was");
    }

    /// Waits until the program is stopped, as job control does it.
    #[track_caller]
    pub fn wait_until_stopped(&self, limit: Duration) {
        let status = format!("/proc/{}/stat", self.child.process_id().unwrap());
        until("that it stops", Instant::now() + limit, || {
            let text = std::fs::read_to_string(&status).unwrap();
            // The state stands after the name, which is in brackets.
            text.rsplit(") ").next().unwrap().starts_with('T').then_some(())
        });
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed())).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Closes the terminal under the program, as a lost connection does, and waits for the program's end. The limit counts
    /// from the moment when it is closed.
    #[track_caller]
    pub fn hang_up(mut self, limit: Duration) -> ExitStatus {
        // The thread that reads holds the terminal open until it has read once more: the answer to a repaint.
        self.picture.state.lock().unwrap().left = true;
        self.press("\x0c");
        until("the last frame", Instant::now() + LAST_FRAME, || self.painting.is_finished().then_some(()));
        self.keys = Box::new(std::io::sink());
        self.master = None;
        until("the end of the program", Instant::now() + limit, || self.child.try_wait().unwrap())
    }
}

/// Looks again and again: neither a thread nor a child tells a condition variable of its end.
#[track_caller]
fn until<T>(what: &str, deadline: Instant, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} does not come");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// What a look at the screen found.
enum Look {
    Wanted,
    Late(String),
    Over(String),
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}
