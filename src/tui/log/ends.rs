//! The end of what is read of a log, to be kept for a time when nobody can be asked.

use super::LogView;
use super::entry::Part;
use crate::domain::{LogLine, LogSource, Moment, PodId};
use crate::tui::message::LogKind;

/// Lines that are kept of a pod.
const LINES: usize = 200;
/// Bytes of them.
const BYTES: usize = 64_000;

/// The end of a pod's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// Whose.
    pub pod: PodId,
    /// When it was like that.
    pub at: Moment,
    /// The last lines in their wire form, the oldest first.
    pub lines: Vec<String>,
}

impl LogView {
    /// The ends of the pods' logs that it shows; not of those that were kept themselves, which would become younger by that.
    pub fn ends(&self, now: Moment) -> Vec<LogEnd> {
        // What an engine says of itself is no pod's.
        let of_pods = if self.engine.is_some() { &[] } else { self.streams.as_slice() };
        let streams = of_pods.iter().enumerate().filter_map(|(at, stream)| {
            let taken_at = match stream.kind? {
                LogKind::Kept { .. } => return None,
                LogKind::Snapshot { taken_at } => taken_at.unwrap_or(now),
                LogKind::Live | LogKind::Polled { .. } => now,
            };
            let lines = self.end_of(u8::try_from(at).ok()?);
            (!lines.is_empty()).then(|| LogEnd { pod: stream.pod.clone(), at: taken_at, lines })
        });
        streams.collect()
    }

    /// Whether what it shows was kept from an earlier time, of one pod at least.
    pub fn is_kept(&self) -> bool {
        self.streams.iter().any(|stream| matches!(stream.kind, Some(LogKind::Kept { .. })))
    }

    fn end_of(&self, stream: u8) -> Vec<String> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        // The pieces of a long line, the last one first.
        let mut pieces: Vec<&str> = Vec::new();
        for number in (self.store.in_memory_from()..self.store.end()).rev() {
            let Some(entry) = self.store.line(number) else { continue };
            if entry.stream != stream || entry.source == LogSource::Marker {
                continue;
            }
            pieces.push(&entry.text);
            if entry.part == Part::Continues {
                continue;
            }
            let text: String = pieces.drain(..).rev().collect();
            let mut line = LogLine { at: entry.at, source: entry.source, text }.to_wire();
            if lines.is_empty() && line.len() > BYTES {
                line.truncate(line.floor_char_boundary(BYTES));
            }
            bytes += line.len();
            if bytes > BYTES || lines.len() == LINES {
                break;
            }
            lines.push(line);
        }
        lines.reverse();
        lines
    }
}
