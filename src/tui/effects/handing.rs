//! Hands out what is held of a log: into a file, or to another program.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::spill::{Next, View};
use crate::domain::{Failure, Moment};
use crate::tui::effect::Over;
use crate::tui::log::{Held, Scribe};
use crate::tui::message::Message;
use crate::tui::view::counted;
use crate::tui::widgets::text::grouped;

/// Bytes that are handed on at once.
const PIECE: usize = 1 << 16;

/// Writes all lines, first those of the file; tells what was written.
///
/// # Errors
/// What the reader or the writer says.
pub fn hand_out(held: &Held, view: Option<&View>, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Scribe> {
    let mut scribe = Scribe::new(held.form.clone());
    let mut text = String::new();
    let mut refused = None;
    if let Some(view) = view {
        view.each(held.from..held.until, |_, entry| {
            scribe.add_sent(&mut text, &entry);
            if text.len() >= PIECE {
                refused = take(text.as_bytes()).err();
                text.clear();
            }
            if refused.is_some() { Next::Enough } else { Next::More }
        })?;
    }
    if let Some(error) = refused {
        return Err(error);
    }
    for entry in &held.lines {
        scribe.add_sent(&mut text, entry);
        if text.len() >= PIECE {
            take(text.as_bytes())?;
            text.clear();
        }
    }
    if scribe.lines > 0 {
        text.push('\n');
    }
    take(text.as_bytes())?;
    Ok(scribe)
}

/// Saves a log. A file that is there stays, unless the person said otherwise.
pub fn save(held: &Held, view: Option<&View>, (typed, over): (&str, Over)) -> Message {
    let path = expanded(typed, std::env::home_dir());
    if over == Over::Ask && path.symlink_metadata().is_ok() {
        return Message::LogFileThere(typed.to_owned());
    }
    Message::LogDone(written(held, view, &path).map(|scribe| said(&scribe, &path)).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "Its folder does not exist; ⟨save⟩ asks for another path.",
            io::ErrorKind::PermissionDenied => "You may not write there; ⟨save⟩ asks for another path.",
            _ => "⟨save⟩ asks for another path.",
        };
        Failure::new(format!("Could not save the log to {}", path.display()), error.to_string()).hint(hint)
    }))
}

/// A new file that nobody else may read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes beside the path first, so that half a file never stands there, and nobody's link is followed.
fn written(held: &Held, view: Option<&View>, path: &Path) -> io::Result<Scribe> {
    let mut name = path.file_name().ok_or_else(|| io::Error::other("this names no file"))?.to_owned();
    if path.is_dir() {
        return Err(io::Error::other("this is a folder"));
    }
    name.push(format!(".{}", uuid::Uuid::new_v4()));
    let beside = path.with_file_name(name);
    let write = || -> io::Result<Scribe> {
        let mut out = BufWriter::new(private(&beside)?);
        let scribe = hand_out(held, view, |text| out.write_all(text))?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&beside, path)?;
        Ok(scribe)
    };
    write().inspect_err(|_| _ = std::fs::remove_file(&beside))
}

fn said(scribe: &Scribe, path: &Path) -> String {
    let lines = if scribe.lines == 1 { counted(1, "line") } else { format!("{} lines", grouped(scribe.lines)) };
    let span = scribe.span.map_or_else(String::new, |(first, last)| {
        let day = |at: Moment| at.to_iso().get(..10).unwrap_or_default().to_owned();
        let clock = |at: Moment| at.to_iso().get(11..19).unwrap_or_default().to_owned();
        let until = if day(first) == day(last) { clock(last) } else { format!("{} {}", day(last), clock(last)) };
        format!(", {} {} to {until} UTC,", day(first), clock(first))
    });
    format!("Saved {lines}{span} to {}", path.display())
}

/// `~` is the person's home.
pub(super) fn expanded(typed: &str, home: Option<PathBuf>) -> PathBuf {
    match (typed.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(typed),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::spill::Spill;
    use super::*;
    use crate::domain::{LogLine, LogSource};
    use crate::tui::effect::Ticket;
    use crate::tui::log::{Burst, Entry, Form};

    fn entries(numbers: std::ops::Range<i64>) -> Vec<Entry> {
        let line = |at: i64| Entry {
            source: LogSource::Stdout,
            ..Entry::marker(Some(Moment(at * 1000)), format!("\u{1b}[32mline\u{1b}[0m {at}"))
        };
        numbers.map(line).collect()
    }

    fn held(lines: Vec<Entry>, until: u64) -> Held {
        Held { log: Ticket(1), from: 0, until, lines, form: Form::default() }
    }

    #[test]
    fn a_million_lines_are_saved_in_their_order_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::create(folder.path()).unwrap();
        for part in 0..95_i64 {
            let first = part * 10_000;
            spill.append(u64::try_from(first).unwrap(), &entries(first..first + 10_000)).unwrap();
        }
        let path = folder.path().join("out.log");
        let held = held(entries(950_000..1_000_000), 950_000);
        let done = save(&held, Some(&spill.view()), (path.to_str().unwrap(), Over::Ask));
        let Message::LogDone(Ok(said)) = done else { panic!("{done:?}") };
        let expected = "Saved 1,000,000 lines, 1970-01-01 00:00:00 to 1970-01-12 13:46:39 UTC, to ";
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().enumerate().all(|(at, line)| line == format!("line {at}")));
        assert_eq!(text.lines().count(), 1_000_000);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_when_somebody_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.log");
        std::fs::write(&path, "mine").unwrap();
        let typed = path.to_str().unwrap();
        let held = held(entries(0..2), 0);
        assert_eq!(save(&held, None, (typed, Over::Ask)), Message::LogFileThere(typed.to_owned()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert!(matches!(save(&held, None, (typed, Over::Replace)), Message::LogDone(Ok(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "line 0\nline 1\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let nowhere = folder.path().join("no/such/out.log");
        let Message::LogDone(Err(failure)) = save(&held, None, (nowhere.to_str().unwrap(), Over::Ask)) else {
            panic!()
        };
        assert!(failure.to_string().contains("folder does not exist"), "{failure}");
    }

    #[test]
    fn the_pieces_of_a_long_line_are_one_line_again() {
        let long = LogLine { at: None, source: LogSource::Stdout, text: "x".repeat(100_000) };
        let lines = Burst::from(vec![long, LogLine { at: None, source: LogSource::Stdout, text: "y".into() }]).0;
        let mut out = Vec::new();
        let take = |text: &[u8]| {
            out.extend(text);
            Ok(())
        };
        assert_eq!(hand_out(&held(lines, 0), None, take).unwrap().lines, 2);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{}\ny\n", "x".repeat(100_000)));
    }

    #[test]
    fn a_tilde_is_the_home() {
        let home = || Some(PathBuf::from("/home/ada"));
        for (typed, expected) in
            [("~", "/home/ada"), ("~/a.log", "/home/ada/a.log"), ("./a", "./a"), ("~bob/a", "~bob/a"), ("/a~", "/a~")]
        {
            assert_eq!(expanded(typed, home()), PathBuf::from(expected), "{typed}");
        }
    }
}
