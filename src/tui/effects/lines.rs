//! Lines from standard input and to standard output, each on a thread of its own, so that neither holds up the loop.
//!
//! A line is read when it is asked for and not before: whoever else gets the terminal meanwhile has it alone. Editing a
//! line is the terminal's own.

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::mpsc;

use tokio::sync::mpsc as inbox;

/// Bytes of a line at most; what is longer is cut.
const LONGEST: u64 = 64 * 1024;

/// What came of asking for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A line.
    Line(String),
    /// There will be no more.
    End,
}

/// Who reads lines.
pub struct Reader {
    wanted: mpsc::Sender<()>,
    lines: inbox::UnboundedReceiver<Read>,
    is_asked: bool,
}

impl Reader {
    /// Reads standard input.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start() -> std::io::Result<Self> {
        let (wanted, wishes) = mpsc::channel();
        let (told, lines) = inbox::unbounded_channel();
        std::thread::Builder::new().name("line-reader".into()).spawn(move || {
            let mut input = std::io::stdin().lock();
            while wishes.recv().is_ok() {
                let read = line(&mut input);
                let ends = read == Read::End;
                if told.send(read).is_err() || ends {
                    return;
                }
            }
        })?;
        Ok(Self { wanted, lines, is_asked: false })
    }

    /// Asks for a line, unless one is being read.
    pub fn ask(&mut self) {
        if !self.is_asked {
            self.is_asked = self.wanted.send(()).is_ok();
        }
    }

    /// Whether a line is being read.
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// The line that was asked for; never where none was.
    pub async fn next(&mut self) -> Read {
        if !self.is_asked {
            return std::future::pending().await;
        }
        let read = self.lines.recv().await.unwrap_or(Read::End);
        self.is_asked = false;
        read
    }
}

/// A line, whatever its bytes are.
fn line(input: &mut impl std::io::BufRead) -> Read {
    let mut bytes = Vec::new();
    match input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => Read::End,
        Ok(_) => {
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            } else {
                // Too long, or the last one without an end.
                let _: std::io::Result<usize> = input.skip_until(b'\n');
            }
            Read::Line(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

/// Who writes.
pub struct Writer {
    texts: Option<mpsc::Sender<String>>,
    reports: inbox::UnboundedReceiver<std::io::Result<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    open: usize,
}

impl Writer {
    /// Writes to standard output.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start() -> std::io::Result<Self> {
        let (texts, waiting) = mpsc::channel::<String>();
        let (report, reports) = inbox::unbounded_channel();
        let thread = std::thread::Builder::new().name("line-writer".into()).spawn(move || {
            for text in waiting {
                let mut out = std::io::stdout().lock();
                let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
                drop(out);
                let failed = written.is_err();
                if report.send(written).is_err() || failed {
                    return;
                }
            }
        })?;
        Ok(Self { texts: Some(texts), reports, thread: Some(thread), open: 0 })
    }

    /// Hands a text to be written.
    pub fn write(&mut self, text: String) {
        if let Some(texts) = &self.texts {
            self.open += usize::from(texts.send(text).is_ok());
        }
    }

    /// Whether something is still to be written.
    pub fn is_writing(&self) -> bool {
        self.open > 0
    }

    /// Something has been written; an error: nobody reads any more.
    pub async fn written(&mut self) -> std::io::Result<()> {
        match self.reports.recv().await {
            Some(Ok(())) => {
                self.open = self.open.saturating_sub(1);
                Ok(())
            }
            Some(Err(error)) => Err(error),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Waits until everything is written.
    pub fn finish(mut self) {
        self.texts = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_it_is_made_of() {
        let long = "x".repeat(100_000);
        let text = [b"pods\n\xff\xfe\n".as_slice(), long.as_bytes(), b"\nlast"].concat();
        let mut input = text.as_slice();
        assert_eq!(line(&mut input), Read::Line("pods".into()));
        assert_eq!(line(&mut input), Read::Line("\u{fffd}\u{fffd}".into()));
        assert!(matches!(line(&mut input), Read::Line(cut) if cut.len() == 64 * 1024));
        assert_eq!(line(&mut input), Read::Line("last".into()));
        assert_eq!(line(&mut input), Read::End);
    }
}
