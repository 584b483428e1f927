//! The terminal: entered, painted, and left as it was on every path.
//!
//! Frames are written by a thread of their own, one at a time. While a slow link takes a frame, keys are still read, and
//! what changes meanwhile goes into one later frame.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tokio::sync::mpsc as inbox;

/// Whether the terminal is ours now. Global because the panic hook needs it.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Leaves the terminal as it was found; once.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        execute!(out, DisableBracketedPaste, Show, LeaveAlternateScreen).ok();
        disable_raw_mode().ok();
    }
}

/// Forgets that the terminal has to be restored: it is gone.
pub fn abandon() {
    ENTERED.store(false, Ordering::SeqCst);
}

/// Panics say what they have to say on a terminal that is restored, and where more of it can be read.
fn restore_on_panic(log: Option<&Path>) {
    let before = std::panic::take_hook();
    let report = report(log);
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        tracing::error!("{panic}");
        before(panic);
        writeln!(io::stderr(), "{report}").ok();
    }));
}

/// What to do about a program that broke.
fn report(log: Option<&Path>) -> String {
    let log = log.map_or_else(String::new, |path| format!("  (log: {})", path.display()));
    format!("Report: kab doctor --bundle{log}")
}

/// What the writer reports: the frame is out, or why not.
pub type Written = io::Result<()>;

/// The terminal while it is ours.
pub struct Terminal {
    shown: Buffer,
    cursor: Option<Position>,
    open: usize,
    /// It is somebody else's for a while.
    is_away: bool,
    frames: Option<mpsc::Sender<Vec<u8>>>,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Terminal {
    /// Takes the terminal. Reports about frames arrive at the receiver.
    ///
    /// # Errors
    /// When it is none, or refuses raw mode.
    pub fn enter(size: (u16, u16), log: Option<&Path>) -> io::Result<(Self, inbox::UnboundedReceiver<Written>)> {
        restore_on_panic(log);
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        if let Err(error) = execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide, Clear(ClearType::All)) {
            restore();
            return Err(error);
        }
        let (frames, waiting) = mpsc::channel::<Vec<u8>>();
        let (report, reports) = inbox::unbounded_channel();
        let writer = std::thread::Builder::new().name("terminal-writer".into()).spawn(move || {
            for frame in waiting {
                let written = write_all(&frame);
                let failed = written.is_err();
                if report.send(written).is_err() || failed {
                    return;
                }
            }
        })?;
        let area = Rect { x: 0, y: 0, width: size.0, height: size.1 };
        let terminal = Self {
            shown: Buffer::empty(area),
            cursor: None,
            open: 0,
            is_away: false,
            frames: Some(frames),
            writer: Some(writer),
        };
        Ok((terminal, reports))
    }

    /// Hands the difference to what is shown to the writer. Without one, no byte is written.
    ///
    /// # Errors
    /// When a frame cannot be put together.
    pub fn show(&mut self, next: Buffer, cursor: Option<Position>) -> io::Result<()> {
        if next.area != self.shown.area {
            self.forget(next.area);
        }
        let frame = difference(&self.shown, &next, (self.cursor, cursor))?;
        self.shown = next;
        self.cursor = cursor;
        if !frame.is_empty() {
            self.write(frame);
        }
        Ok(())
    }

    /// Whether the writer has not yet reported about everything.
    pub fn is_writing(&self) -> bool {
        self.open > 0
    }

    /// The writer reported.
    pub fn written(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Hands bytes to the writer.
    pub fn write(&mut self, bytes: Vec<u8>) {
        if let Some(frames) = &self.frames {
            self.open += usize::from(frames.send(bytes).is_ok());
        }
    }

    /// Whether the terminal is somebody else's for a while.
    pub fn is_given_back(&self) -> bool {
        self.is_away
    }

    /// Clears the screen, so that the next frame is painted in full.
    pub fn clear(&mut self) {
        let area = self.shown.area;
        self.forget(area);
    }

    /// Leaves the terminal to another program. Everything that was handed to the writer has to be out.
    pub fn give_away(&mut self) {
        self.is_away = true;
        restore();
    }

    /// Takes the terminal again, and paints it in full with the next frame.
    ///
    /// # Errors
    /// When it is gone.
    pub fn take_back(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        self.is_away = false;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide, Clear(ClearType::All))?;
        self.cursor = None;
        self.shown = Buffer::empty(self.shown.area);
        Ok(())
    }

    fn forget(&mut self, area: Rect) {
        let mut bytes = Vec::new();
        if queue!(bytes, Hide, Clear(ClearType::All)).is_ok() {
            self.write(bytes);
        }
        self.cursor = None;
        self.shown = Buffer::empty(area);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // What is being written ends first; then the terminal is restored.
        self.frames = None;
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
        restore();
    }
}

/// The bytes that turn one screen into another; none when they are the same.
fn difference(shown: &Buffer, next: &Buffer, cursors: (Option<Position>, Option<Position>)) -> io::Result<Vec<u8>> {
    let changes = shown.diff(next);
    let mut bytes = Vec::new();
    if changes.is_empty() && cursors.0 == cursors.1 {
        return Ok(bytes);
    }
    if !changes.is_empty() {
        let mut backend = CrosstermBackend::new(&mut bytes);
        backend.draw(changes.into_iter())?;
    }
    match cursors {
        (_, Some(position)) => {
            queue!(bytes, MoveTo(position.x, position.y))?;
            if cursors.0.is_none() {
                queue!(bytes, Show)?;
            }
        }
        (Some(_), None) => queue!(bytes, Hide)?,
        (None, None) => {}
    }
    Ok(bytes)
}

fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_names_the_log_and_what_to_do() {
        let named = report(Some(Path::new("/state/kab.log")));
        assert_eq!(named, "Report: kab doctor --bundle  (log: /state/kab.log)");
        assert_eq!(report(None), "Report: kab doctor --bundle");
    }

    #[test]
    fn an_unchanged_screen_costs_no_byte() {
        let area = Rect { x: 0, y: 0, width: 10, height: 2 };
        let shown = Buffer::empty(area);
        let mut next = Buffer::empty(area);
        let at = Some(Position { x: 1, y: 1 });
        assert!(difference(&shown, &next, (None, None)).unwrap().is_empty());
        assert!(difference(&shown, &next, (at, at)).unwrap().is_empty());
        next.set_string(0, 0, "x", ratatui::style::Style::new());
        assert!(!difference(&shown, &next, (None, None)).unwrap().is_empty());
        assert_eq!(difference(&shown, &shown, (at, None)).unwrap(), b"\x1b[?25l");
    }
}
