//! Lines of a log for which there is no room in memory: in a file that has no name any more, and goes with the program.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use crate::domain::{LogSource, Moment};
use crate::tui::log::{Entry, Hunt, Level, Lister, Part};

/// The place of every so many lines is remembered.
const STRIDE: u64 = 256;
/// Bytes of a file at most.
const MOST: u64 = 1 << 30;

/// A file of lines that grows.
#[derive(Debug)]
pub struct Spill {
    view: View,
}

/// What a file held at some moment. Reading it does not disturb whoever goes on writing.
#[derive(Debug, Clone)]
pub struct View {
    file: Arc<File>,
    /// The number of the first line.
    from: u64,
    count: u64,
    bytes: u64,
    /// Where every [`STRIDE`]th line begins.
    places: Vec<u64>,
}

impl Spill {
    /// An empty file in a folder, for its owner only. Its name is gone at once, so that nothing is left behind.
    ///
    /// # Errors
    /// When the folder takes none.
    pub fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("log-{}", uuid::Uuid::new_v4()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(Self { view: View { file: Arc::new(file), from: 0, count: 0, bytes: 0, places: Vec::new() } })
    }

    /// Writes lines behind those that are there. Where numbers were left out, what was before is forgotten.
    ///
    /// # Errors
    /// When the disk takes no more, or the file has become too large.
    pub fn append(&mut self, from: u64, lines: &[Entry]) -> io::Result<()> {
        let view = &mut self.view;
        if from != view.end() {
            (view.from, view.count, view.places) = (from, 0, Vec::new());
        }
        let mut text = Vec::new();
        for line in lines {
            if view.count.is_multiple_of(STRIDE) {
                view.places.push(view.bytes + text.len() as u64);
            }
            write(&mut text, line)?;
            view.count += 1;
        }
        if view.bytes + text.len() as u64 > MOST {
            return Err(io::Error::other("the file for older lines has reached a gigabyte"));
        }
        view.file.write_all_at(&text, view.bytes)?;
        view.bytes += text.len() as u64;
        Ok(())
    }

    /// What it holds now.
    pub fn view(&self) -> View {
        self.view.clone()
    }
}

impl View {
    fn end(&self) -> u64 {
        self.from + self.count
    }

    /// Hands out lines in order, until somebody has enough.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each(&self, numbers: Range<u64>, mut take: impl FnMut(u64, Entry) -> Next) -> io::Result<()> {
        let from = numbers.start.max(self.from);
        let until = numbers.end.min(self.end());
        if from >= until {
            return Ok(());
        }
        let stride = (from - self.from) / STRIDE;
        let Some(place) = usize::try_from(stride).ok().and_then(|at| self.places.get(at)) else { return Ok(()) };
        let mut reader = BufReader::with_capacity(1 << 16, At { file: &self.file, place: *place });
        let mut number = self.from + stride * STRIDE;
        let mut line = Vec::new();
        while number < until {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if number >= from
                && let Some(entry) = read(&line)
                && take(number, entry) == Next::Enough
            {
                return Ok(());
            }
            number += 1;
        }
        Ok(())
    }

    /// The lines of these numbers, which are in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn lines(&self, numbers: &[u64]) -> io::Result<Vec<(u64, Entry)>> {
        let mut found = Vec::with_capacity(numbers.len());
        let mut rest = numbers;
        while let (Some(first), Some(_)) = (rest.first(), rest.last()) {
            // Numbers that are close together are read in one go.
            let near = rest.partition_point(|number| *number < first + 4 * STRIDE);
            let (now, later) = rest.split_at(near.max(1));
            let end = now.last().map_or(*first, |last| last + 1);
            self.each(*first..end, |number, entry| {
                if now.binary_search(&number).is_ok() {
                    found.push((number, entry));
                }
                Next::More
            })?;
            rest = later;
        }
        Ok(found)
    }

    /// The numbers of the lines that are shown, and of those that are looked for.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn scan(&self, before: u64, hunt: &Hunt) -> io::Result<[Vec<u64>; 2]> {
        let (mut shown, mut found) = (Vec::new(), Vec::new());
        let mut lister = Lister::new(hunt.sieve.context);
        let lists = !hunt.sieve.is_open();
        let mut judge = |line: &mut Vec<(u64, Entry)>| {
            let pieces: Vec<&Entry> = line.iter().map(|(_, entry)| entry).collect();
            let fit = hunt.judge(&pieces, |at| found.push(line[at].0));
            if lists {
                for (number, _) in &*line {
                    lister.feed(*number, fit, |number| shown.push(number));
                }
            }
            line.clear();
        };
        let mut line = Vec::new();
        self.each(self.from..before, |number, entry| {
            if entry.part == Part::Begins && !line.is_empty() {
                judge(&mut line);
            }
            line.push((number, entry));
            Next::More
        })?;
        if !line.is_empty() {
            judge(&mut line);
        }
        Ok([shown, found])
    }
}

/// Whether somebody wants to see more lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Yes.
    More,
    /// No.
    Enough,
}

/// Reads a file from a place on, without moving it for others.
struct At<'f> {
    file: &'f File,
    place: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.place)?;
        self.place += count as u64;
        Ok(count)
    }
}

/// `1790000000000 o3-` and the text: time, output, level, part, stream.
fn write(out: &mut Vec<u8>, entry: &Entry) -> io::Result<()> {
    match entry.at {
        Some(at) => write!(out, "{} ", at.0)?,
        None => out.extend(b"- "),
    }
    out.push(match entry.source {
        LogSource::Stdout => b'o',
        LogSource::Stderr => b'e',
        LogSource::Marker => b'm',
        LogSource::Unknown => b'?',
    });
    out.push(match entry.level {
        None => b'-',
        Some(Level::Debug) => b'd',
        Some(Level::Info) => b'i',
        Some(Level::Warn) => b'w',
        Some(Level::Error) => b'e',
    });
    out.push(if entry.part == Part::Begins { b'b' } else { b'c' });
    write!(out, "{} ", entry.stream)?;
    // A clean line has no line feed in it.
    out.extend(entry.text.bytes());
    out.push(b'\n');
    Ok(())
}

fn read(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (at, rest) = line.split_once(' ')?;
    let (signs, text) = rest.split_once(' ')?;
    let mut letters = signs.chars();
    let source = match letters.next()? {
        'o' => LogSource::Stdout,
        'e' => LogSource::Stderr,
        'm' => LogSource::Marker,
        _ => LogSource::Unknown,
    };
    let level = match letters.next()? {
        'd' => Some(Level::Debug),
        'i' => Some(Level::Info),
        'w' => Some(Level::Warn),
        'e' => Some(Level::Error),
        _ => None,
    };
    let part = if letters.next()? == 'b' { Part::Begins } else { Part::Continues };
    let stream = letters.as_str().parse().ok()?;
    Some(Entry { at: at.parse().ok().map(Moment), source, stream, level, part, text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogLine;
    use crate::tui::log::{Burst, Needle};

    fn lines(numbers: Range<i64>) -> Vec<Entry> {
        let line = |number: i64| LogLine {
            at: (number % 3 > 0).then_some(Moment(number)),
            source: if number % 2 == 0 { LogSource::Stdout } else { LogSource::Stderr },
            text: format!("line {number} {}", if number % 1_000 == 0 { "ERROR" } else { "\u{1b}[32minfo\u{1b}[0m" }),
        };
        Burst::from(numbers.map(line).collect::<Vec<_>>()).0
    }

    #[test]
    fn what_was_written_is_read_again_by_number_and_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::create(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its name is gone");
        for part in 0..10_i64 {
            spill.append(u64::try_from(part * 777).unwrap(), &lines(part * 777..(part + 1) * 777)).unwrap();
        }
        let view = spill.view();
        let all = lines(0..7_770);
        let numbers = [0, 1, 255, 256, 257, 5_000, 7_769, 9_999];
        let read = view.lines(&numbers).unwrap();
        assert_eq!(read.len(), 7);
        for (number, entry) in read {
            assert_eq!(entry, all[usize::try_from(number).unwrap()]);
        }
        let hunt = Hunt { needle: Needle::new("error"), ..Hunt::default() };
        assert_eq!(view.scan(7_000, &hunt).unwrap(), [vec![], vec![0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]]);
        // A hole: what was before it cannot be counted any more.
        spill.append(20_000, &lines(0..5)).unwrap();
        assert_eq!(spill.view().lines(&[10, 20_004]).unwrap(), [(20_004, all[4].clone())]);
    }
}
