//! A snapshot of a pod's log for the server: bounded, and in the wire form of `domain::LogLine`. Pure.

use std::fmt::Write as _;

use crate::domain::{LogLine, LogSource, Moment};

/// Lines in a dump at most.
pub const LINES: usize = 200;

/// Bytes in a dump at most.
const BYTES: usize = 64 << 10;

/// The last lines that fit, with a last line of kab's own about how the pod ended.
pub fn text(lines: &[LogLine], note: Option<(&str, Moment)>) -> String {
    let note = note.map(|(words, at)| {
        LogLine { at: Some(at), source: LogSource::Unknown, text: format!("[kab] {words}") }.to_wire()
    });
    let mut room = BYTES - note.as_ref().map_or(0, |note| note.len() + 1);
    let mut kept = Vec::new();
    for line in lines.iter().rev().take(LINES) {
        let wire = line.to_wire();
        if wire.len() + 1 > room {
            // One endless line is better shown in part than not at all.
            if kept.is_empty() {
                let start = wire.ceil_char_boundary(wire.len() - room.min(wire.len()) + 1);
                kept.push(wire[start..].to_owned());
            }
            break;
        }
        room -= wire.len() + 1;
        kept.push(wire);
    }
    kept.reverse();
    kept.extend(note);
    // The server's database takes no NUL.
    kept.join("\n").replace('\0', "")
}

/// What tells one dump from another.
pub fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref()[..16].iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { at: Some(Moment(1000)), source: LogSource::Stdout, text: text.to_owned() }
    }

    #[test]
    fn a_dump_keeps_the_end_within_its_bounds() {
        let lines: Vec<_> = (0..500).map(|number| line(&format!("line {number}"))).collect();
        let dump = text(&lines, None);
        assert_eq!(dump.lines().count(), LINES);
        assert!(dump.ends_with("line 499"));

        let long: Vec<_> = (0..100).map(|_| line(&"x".repeat(5000))).collect();
        assert!(text(&long, Some(("exit code 1", Moment(0)))).len() <= BYTES);
        let endless = text(&[line(&"ä".repeat(BYTES))], None);
        assert!(endless.len() <= BYTES && endless.ends_with('ä'));
        assert_eq!(text(&[], None), "");
        assert!(text(&[line("a\0b")], None).ends_with("ab"));
        assert_ne!(digest("a"), digest("b"));
    }

    #[test]
    fn the_end_of_a_pod_is_told_in_the_last_line() {
        let dump = text(&[line("hello")], Some(("exit code 3; restarted 5 times", Moment(2000))));
        let read: Vec<_> = dump.lines().map(LogLine::parse).collect();
        assert_eq!(read[0], line("hello"));
        assert_eq!(read[1].text, "[kab] exit code 3; restarted 5 times");
        assert_eq!(read[1].at, Some(Moment(2000)));
    }
}
