//! The program in a pseudo-terminal, with its screen read back as a person would see it.
//!
//! Nothing here sleeps: whoever waits, waits for something on the screen, up to a limit, and gets the screen in the
//! message when it does not come.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops there")]

use std::{
    io::{Read as _, Write},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How many columns and rows.
#[derive(Debug, Clone, Copy)]
pub struct Size(pub u16, pub u16);

/// A program in a terminal. Dropping it kills the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    picture: Arc<Picture>,
    master: Box<dyn MasterPty + Send>,
}

struct Picture {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    bytes: u64,
    /// The program's side is closed.
    over: bool,
}

impl Terminal {
    /// Starts the command.
    pub fn open(mut command: CommandBuilder, Size(columns, rows): Size) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let state = State { parser: vt100::Parser::new(rows, columns, 0), bytes: 0, over: false };
        let picture = Arc::new(Picture { state: Mutex::new(state), changed: Condvar::new() });
        let mut output = pair.master.try_clone_reader().unwrap();
        let painter = Arc::clone(&picture);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let read = output.read(&mut buffer).unwrap_or(0);
                let mut state = painter.state.lock().unwrap();
                state.parser.process(&buffer[..read]);
                state.bytes += read as u64;
                state.over = read == 0;
                painter.changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, picture, master: pair.master }
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
        let deadline = Instant::now() + limit;
        let mut state = self.picture.state.lock().unwrap();
        loop {
            let screen = state.parser.screen().contents();
            if wanted(&screen) {
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!state.over, "the program ended while waiting for {what}; the last screen:\n{screen}");
            assert!(!left.is_zero(), "waited {} s for {what}; the screen:\n{screen}", limit.as_secs());
            state = self.picture.changed.wait_timeout(state, left).unwrap().0;
        }
        drop(state);
        self
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.picture.state.lock().unwrap().parser.screen().contents()
    }

    /// Bytes that the program has sent so far.
    pub fn bytes(&self) -> u64 {
        self.picture.state.lock().unwrap().bytes
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

    /// Gives the terminal another size.
    pub fn resize(&mut self, Size(columns, rows): Size) -> &mut Self {
        self.picture.state.lock().unwrap().parser.screen_mut().set_size(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
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
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}
