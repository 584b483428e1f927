//! The terminal: entered, painted, and left as it was on every path.
//!
//! Frames are written by a thread of their own, one at a time. While a slow link takes a frame, keys are still read, and
//! what changes meanwhile goes into one later frame.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::termios::tcgetwinsize;
use tokio::sync::mpsc as inbox;

use super::host::Host;
use super::options::Links;
use super::{links, notify};
use crate::tui::app::Mouse;
use crate::tui::view::Seen;

/// Whether the terminal is ours now. Global because the panic hook needs it.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether the window has a name of ours, and whether the mouse is ours.
static TITLED: AtomicBool = AtomicBool::new(false);
static CAPTURED: AtomicBool = AtomicBool::new(false);

/// Clicks and the wheel, with columns beyond 223; not every movement, which would flood a slow link.
const CAPTURE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const RELEASE: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Keeps the window's name on the terminal's own stack, where it has one.
const KEEP_TITLE: &[u8] = b"\x1b[22;2t";
/// No name, and then the one that was kept.
const OLD_TITLE: &[u8] = b"\x1b]2;\x07\x1b[23;2t";

/// Leaves the terminal as it was found; once.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        if CAPTURED.swap(false, Ordering::SeqCst) {
            out.write_all(RELEASE).ok();
        }
        if TITLED.swap(false, Ordering::SeqCst) {
            out.write_all(OLD_TITLE).ok();
        }
        execute!(out, DisableFocusChange, DisableBracketedPaste, Show, LeaveAlternateScreen).ok();
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

/// Columns and rows of the terminal; `None` where it is gone. The terminal's library would start another program then, to ask
/// that, and would keep everybody waiting at the very end.
pub fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stdin())).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// What the writer reports: the frame is out, or why not.
pub type Written = io::Result<()>;

/// The terminal while it is ours.
pub struct Terminal {
    shown: Buffer,
    seen: Seen,
    /// Whether addresses are written as links.
    pub links: Links,
    mouse: Mouse,
    title: String,
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
        if let Err(error) = enter(&mut out) {
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
        });
        let writer = writer.inspect_err(|_| restore())?;
        let area = Rect { x: 0, y: 0, width: size.0, height: size.1 };
        let terminal = Self {
            shown: Buffer::empty(area),
            seen: Seen::default(),
            links: Links::Off,
            mouse: Mouse::Off,
            title: String::new(),
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
    pub fn show(&mut self, next: Buffer, mut seen: Seen) -> io::Result<()> {
        if next.area != self.shown.area {
            self.forget(next.area);
        }
        if self.links == Links::Off {
            seen.links.clear();
        }
        let frame = difference((&self.shown, &self.seen), (&next, &seen))?;
        self.shown = next;
        self.seen = seen;
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

    /// Takes the mouse, or gives it back.
    pub fn capture(&mut self, mouse: Mouse) {
        self.mouse = mouse;
        if self.is_away {
            return;
        }
        CAPTURED.store(mouse == Mouse::On, Ordering::SeqCst);
        self.write(if mouse == Mouse::On { CAPTURE } else { RELEASE }.to_vec());
    }

    /// Calls the window so, where it is not called so already.
    pub fn entitle(&mut self, title: String, host: &Host) {
        if title == self.title {
            return;
        }
        let named = notify::title(&title, host);
        self.title = title;
        if !named.is_empty() {
            let first = !TITLED.swap(true, Ordering::SeqCst);
            self.write([if first { KEEP_TITLE } else { b"" }, &named].concat());
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
        enter(&mut io::stdout())?;
        self.title.clear();
        self.capture_again();
        self.seen = Seen::default();
        self.shown = Buffer::empty(self.shown.area);
        Ok(())
    }

    fn forget(&mut self, area: Rect) {
        let mut bytes = Vec::new();
        if queue!(bytes, Hide, Clear(ClearType::All)).is_ok() {
            self.write(bytes);
        }
        self.seen = Seen::default();
        self.shown = Buffer::empty(area);
    }

    fn capture_again(&mut self) {
        if self.mouse == Mouse::On {
            self.capture(Mouse::On);
        }
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

/// Takes the terminal. Nothing is ever asked of it.
fn enter(out: &mut impl Write) -> io::Result<()> {
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, Hide, Clear(ClearType::All))
}

/// The bytes that turn one screen into another; none when they are the same.
pub(super) fn difference((shown, old): (&Buffer, &Seen), (next, new): (&Buffer, &Seen)) -> io::Result<Vec<u8>> {
    let changes = shown.diff(next);
    let linked = links::difference((&old.links, &new.links), next, &changes)?;
    let cursors = (old.cursor, new.cursor);
    let mut bytes = Vec::new();
    if changes.is_empty() && linked.is_empty() && cursors.0 == cursors.1 {
        return Ok(bytes);
    }
    if !changes.is_empty() {
        let mut backend = CrosstermBackend::new(&mut bytes);
        backend.draw(changes.into_iter())?;
    }
    bytes.extend(linked);
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
    use crate::tui::theme::Theme;
    use crate::tui::widgets::pen::Pen;

    #[test]
    fn a_panic_names_the_log_and_what_to_do() {
        let named = report(Some(Path::new("/state/kab.log")));
        assert_eq!(named, "Report: kab doctor --bundle  (log: /state/kab.log)");
        assert_eq!(report(None), "Report: kab doctor --bundle");
    }

    fn seen(cursor: Option<(u16, u16)>) -> Seen {
        Seen { cursor: cursor.map(Into::into), links: Vec::new() }
    }

    #[test]
    fn an_unchanged_screen_costs_no_byte() {
        let area = Rect { x: 0, y: 0, width: 10, height: 2 };
        let shown = Buffer::empty(area);
        let mut next = Buffer::empty(area);
        let (hidden, at) = (seen(None), seen(Some((1, 1))));
        assert!(difference((&shown, &hidden), (&next, &hidden)).unwrap().is_empty());
        assert!(difference((&shown, &at), (&next, &at)).unwrap().is_empty());
        next.set_string(0, 0, "x", ratatui::style::Style::new());
        assert!(!difference((&shown, &hidden), (&next, &hidden)).unwrap().is_empty());
        assert_eq!(difference((&shown, &at), (&shown, &hidden)).unwrap(), b"\x1b[?25l");
    }

    /// What is written, without colours and moves: text and links alone.
    fn written(from: (&Buffer, &Seen), to: (&Buffer, &Seen)) -> String {
        let bytes = String::from_utf8(difference(from, to).unwrap()).unwrap();
        let mut kept = String::new();
        let mut rest = bytes.as_str();
        while let Some(at) = rest.find("\u{1b}[") {
            kept.push_str(&rest[..at]);
            let end = rest[at + 2..].find(|letter: char| letter.is_ascii_alphabetic()).unwrap();
            rest = &rest[at + 2 + end + 1..];
        }
        kept.push_str(rest);
        kept.replace('\u{1b}', "^")
    }

    #[test]
    fn a_link_is_written_as_a_whole_closed_behind_itself_and_gone_when_it_is_gone() {
        let area = Rect { x: 0, y: 0, width: 20, height: 1 };
        let draw = |text: &str, url: &str| {
            let mut buffer = Buffer::empty(area);
            buffer.set_string(0, 0, text, ratatui::style::Style::new());
            let mut pen =
                Pen { buffer: &mut buffer, theme: Theme::default(), cursor: None, chosen: None, links: Vec::new() };
            pen.link(area, "lab.org", url);
            let links = std::mem::take(&mut pen.links);
            (buffer, Seen { cursor: None, links })
        };
        let blank = (Buffer::empty(area), Seen::default());
        let one = draw("at lab.org now", "https://lab.org");
        let all = "^]8;;https://lab.org^\\lab.org^]8;;^\\";
        let first = written((&blank.0, &blank.1), (&one.0, &one.1));
        assert!(first.ends_with(all), "{first}");
        assert_eq!(written((&one.0, &one.1), (&one.0, &one.1)), "", "idle output is nothing");
        // A word beside it changes: the link stays as it is.
        let beside = draw("at lab.org then", "https://lab.org");
        let changed = written((&one.0, &one.1), (&beside.0, &beside.1));
        assert!(!changed.contains(']'), "{changed}");
        // It leads elsewhere, or nowhere, with the same text.
        let other = draw("at lab.org now", "https://lab.org/x");
        assert_eq!(written((&one.0, &one.1), (&other.0, &other.1)), "lab.org^]8;;https://lab.org/x^\\lab.org^]8;;^\\");
        let none = draw("at lab.org now", "file:///lab.org");
        assert_eq!(written((&one.0, &one.1), (&none.0, &none.1)), "lab.org");
    }

    #[test]
    fn nothing_is_asked_of_the_terminal_when_it_is_taken() {
        let mut bytes = Vec::new();
        enter(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        // A question ends in c, n or t, or is an operating system command with a question mark.
        assert!(!text.contains(']') && !text.ends_with(['c', 'n', 't']), "{text:?}");
        assert!(text.contains("[?1004h") && !text.contains("[?1003h"), "{text:?}");
    }
}
