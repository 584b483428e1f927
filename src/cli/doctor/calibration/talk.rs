//! Talks to the terminal itself: raw keys, and the one question that kab ever asks a terminal (where its cursor stands),
//! with a limit in time.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::card::{self, Question, SAMPLES, Said, Widths};
use super::ears::{Ears, Heard, More};
use crate::config::Measured;

/// A terminal that has not answered by then does not answer.
const ANSWERS: Duration = Duration::from_secs(2);
/// Bytes of one sequence come together; what comes later belongs to something else.
const TOGETHER: Duration = Duration::from_millis(100);
/// A person who has not answered by then has gone.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is shown and written.
#[derive(Debug, Clone)]
pub struct Script {
    /// The terminal's name and the machine's.
    pub name: String,
    /// The word that is copied.
    pub copied: String,
    /// What copies it.
    pub copying: Vec<u8>,
    /// What is meant where it did not arrive.
    pub otherwise: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talked {
    /// What the terminal said.
    pub widths: Widths,
    /// What the person said; `None`: the person left.
    pub measured: Option<Measured>,
}

/// The terminal, taken by kab until this is dropped.
pub struct Taken {
    terminal: File,
    before: Termios,
    is_over: Arc<AtomicBool>,
}

impl Taken {
    /// Takes it.
    ///
    /// # Errors
    /// When there is none.
    pub fn new() -> io::Result<Self> {
        Self::take(File::options().read(true).write(true).open("/dev/tty")?)
    }

    fn take(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut raw = before.clone();
        raw.make_raw();
        // From here on it is given back whatever fails.
        let mut taken = Self { terminal, before, is_over: Arc::default() };
        tcsetattr(&taken.terminal, OptionalActions::Now, &raw)?;
        taken.terminal.write_all(b"\x1b[?1049h\x1b[H\x1b[2J")?;
        Ok(taken)
    }

    /// Somebody who talks to it until it is given back.
    ///
    /// # Errors
    /// When it cannot be opened once more.
    pub fn talker(&self) -> io::Result<Talker> {
        Ok(Talker { terminal: self.terminal.try_clone()?, ears: Ears::default(), is_over: Arc::clone(&self.is_over) })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.terminal.write_all(b"\x1b[0m\x1b[?1049l").ok();
        // What was typed ahead was meant for the card.
        tcsetattr(&self.terminal, OptionalActions::Flush, &self.before).ok();
    }
}

/// Talks; blocks while it does.
pub struct Talker {
    terminal: File,
    ears: Ears,
    is_over: Arc<AtomicBool>,
}

impl Talker {
    /// Measures, shows the card and asks.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn talk(mut self, script: &Script) -> io::Result<Talked> {
        let widths = self.measure()?;
        let mut measured = Measured::default();
        for question in Question::ALL {
            if question == Question::Glyphs && card::draws_well(&widths) == Some(false) {
                card::put(&mut measured, question, Said::Word("ascii"));
                continue;
            }
            self.terminal.write_all(card::draw(&script.name, &script.copied, (&widths, question)).as_bytes())?;
            if question == Question::Clipboard {
                self.terminal.write_all(&script.copying)?;
            }
            self.terminal.flush()?;
            let Some(said) = self.answer(question, script.otherwise)? else {
                return Ok(Talked { widths, measured: None });
            };
            card::put(&mut measured, question, said);
        }
        Ok(Talked { widths, measured: Some(measured) })
    }

    fn measure(&mut self) -> io::Result<Widths> {
        self.terminal.write_all(card::measuring().as_bytes())?;
        self.terminal.flush()?;
        let mut widths: Widths = [None; SAMPLES.len()];
        let end = Instant::now() + ANSWERS;
        for place in &mut widths {
            // Keys that are pressed meanwhile answer nothing.
            *place = loop {
                match self.hear(end)? {
                    None => return Ok(widths),
                    Some(Heard::Column(column)) => break Some(column.saturating_sub(1)),
                    Some(_) => {}
                }
            };
        }
        Ok(widths)
    }

    /// What the person says; `None`: the person leaves.
    fn answer(&mut self, question: Question, otherwise: &'static str) -> io::Result<Option<Said>> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.hear(end)? {
                None | Some(Heard::Stop) => return Ok(None),
                Some(heard) => {
                    if let Some(said) = question.word(heard, otherwise) {
                        return Ok(Some(said));
                    }
                }
            }
        }
    }

    /// The next thing that comes before that time.
    fn hear(&mut self, end: Instant) -> io::Result<Option<Heard>> {
        loop {
            if let Some(heard) = self.ears.next(More::MayCome) {
                return Ok(Some(heard));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_over.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if self.wait(left.min(TOGETHER))? {
                let mut buffer = [0; 256];
                match rustix::io::read(&self.terminal, &mut buffer)? {
                    0 => return Ok(Some(Heard::Stop)),
                    length => self.ears.take(&buffer[..length]),
                }
            } else if let Some(heard) = self.ears.next(More::DoesNotCome) {
                return Ok(Some(heard));
            }
        }
    }

    fn wait(&self, limit: Duration) -> io::Result<bool> {
        let mut watched = [PollFd::new(&self.terminal, PollFlags::IN)];
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match poll(&mut watched, Some(&limit)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_takes_nothing_is_given_back_as_it_was() {
        let size = portable_pty::PtySize::default();
        let pair = portable_pty::native_pty_system().openpty(size).unwrap();
        let path = pair.master.tty_name().unwrap();
        let look = File::options().read(true).open(&path).unwrap();
        let modes = || tcgetattr(&look).unwrap().local_modes;
        let before = modes();
        // It can be read, and every write fails.
        assert!(Taken::take(File::options().read(true).open(&path).unwrap()).is_err());
        assert_eq!(modes(), before);
        let taken = Taken::take(File::options().read(true).write(true).open(&path).unwrap()).unwrap();
        assert_ne!(modes(), before);
        drop(taken);
        assert_eq!(modes(), before);
    }
}
