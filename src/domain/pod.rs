//! Pods: running instances of a flavour, and what they log.

use serde::{Deserialize, Serialize};

use super::{AppIdentifier, EngineId, FlavourId, Moment, PodId, ReleaseId};

/// What an engine says of a pod whose container is not there.
pub const GONE: &str = "the container is gone; it was not removed through this engine";

/// A running instance, or one that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pod {
    /// Kabinet's id.
    pub id: PodId,
    /// The engine's own id: a container id.
    pub local_id: String,
    /// How it does.
    pub status: PodStatus,
    /// The app that runs in it.
    pub app: AppIdentifier,
    /// Its version.
    pub version: String,
    /// The release.
    pub release: ReleaseId,
    /// The flavour.
    pub flavour: FlavourId,
    /// The flavour's name.
    pub flavour_name: String,
    /// Where it runs.
    pub engine: EngineId,
    /// The engine's name.
    pub engine_name: String,
    /// The resource's name.
    pub resource_name: Option<String>,
    /// OAuth client id of the app inside, which joins it to its Rekuest agent.
    pub client_id: Option<String>,
    /// When it was made; `None` where the server does not tell.
    pub created_at: Option<Moment>,
    /// When its state was confirmed last; `None` where the server does not tell.
    pub updated_at: Option<Moment>,
    /// Why it is in this state: an exit code, an error. `None` where nobody said.
    pub reason: Option<String>,
    /// Who had it made; `None` where the server does not tell.
    #[serde(default)]
    pub owner: Option<Owner>,
}

/// Whose something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The user, as tokens name them.
    pub subject: String,
    /// What people call them.
    pub name: String,
}

impl Pod {
    /// Whether it belongs to that user, as tokens name them. What nobody knows is nobody's.
    pub fn is_of(&self, subject: &str) -> bool {
        !subject.is_empty() && self.owner.as_ref().is_some_and(|owner| owner.subject == subject)
    }

    /// Whether it is known to belong to somebody else than that user.
    pub fn is_of_another(&self, subject: &str) -> bool {
        self.owner.is_some() && !self.is_of(subject)
    }

    /// `greeter-8c1f20e4`: the app's short name and the head of the container id. Unique in practice.
    pub fn name(&self) -> String {
        let head: String = self.local_id.chars().take(8).collect();
        format!("{}-{head}", super::app::short_name(self.app.as_str()))
    }
}

/// Kabinet's pod states, and any other that a server may send.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PodStatus {
    /// Made, not running yet, or between two runs.
    Pending,
    /// Runs.
    Running,
    /// Asked to end.
    Stopping,
    /// Ended as it should.
    Stopped,
    /// Ended as it should not.
    Failed,
    /// The engine does not know (`UNKOWN` on the wire, misspelt upstream).
    Unknown,
    /// A state that this program does not know, as written.
    Other(String),
}

impl PodStatus {
    /// The word for people.
    pub fn word(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
            Self::Other(word) => word,
        }
    }

    /// The word on the wire.
    pub fn wire(&self) -> &str {
        match self {
            Self::Unknown => "UNKOWN",
            other => other.word(),
        }
    }

    /// Whether the container lives.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Pending | Self::Running | Self::Stopping)
    }
}

impl From<String> for PodStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "PENDING" => Self::Pending,
            "RUNNING" => Self::Running,
            "STOPPING" => Self::Stopping,
            "STOPPED" => Self::Stopped,
            "FAILED" => Self::Failed,
            "UNKOWN" | "UNKNOWN" => Self::Unknown,
            _ => Self::Other(word),
        }
    }
}

impl From<PodStatus> for String {
    fn from(status: PodStatus) -> Self {
        status.wire().to_owned()
    }
}

/// What can be asked of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PodVerb {
    /// Run again.
    Start,
    /// End.
    Stop,
    /// End, then run again.
    Restart,
    /// Delete the container and the pod's record.
    Remove,
}

impl PodVerb {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Start, Self::Stop, Self::Restart, Self::Remove];

    /// The engine's interface of that name (the deployers' own names).
    pub fn interface(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Remove => "remove",
        }
    }

    /// All names that engines have for it, the usual one first.
    pub fn interfaces(self) -> &'static [&'static str] {
        match self {
            Self::Start => &["start"],
            Self::Stop => &["stop"],
            Self::Restart => &["restart"],
            // The prototype registered its action under the past tense.
            Self::Remove => &["remove", "removed"],
        }
    }
}

/// A snapshot of a pod's log, as Kabinet keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDump {
    /// The lines, newest last.
    pub lines: Vec<LogLine>,
    /// When it was taken; `None`: the pod has no dump yet.
    pub taken_at: Option<Moment>,
}

/// Where a log line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogSource {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// None: what kab says about the log, such as a gap in it.
    Marker,
    /// Not told.
    Unknown,
}

/// What an engine says when it ends the follow of a log that goes on: a reader who is still there asks again.
pub const FOLLOW_AGAIN: &str = "The log goes on; follow it again to read on.";

/// One line of a log. `text` may hold SGR colours and nothing else that steers a terminal.
///
/// On the wire (log dumps, and yields of `stream_logs`) a line is
/// `2026-11-24T18:53:34.123Z stdout text`; both leading words may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the engine received it.
    pub at: Option<Moment>,
    /// Which stream.
    pub source: LogSource,
    /// The text as received, unsanitised; clean it before it is shown.
    pub text: String,
}

impl LogLine {
    /// Reads the wire form. Never fails: what is not a time or a stream is text.
    pub fn parse(line: &str) -> Self {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some((stamp, rest)) = line.split_once(' ')
            && stamp.len() >= 20
            && stamp.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && let Some(at) = Moment::parse(stamp)
        {
            let (source, text) = match rest.split_once(' ').map_or((rest, ""), |(word, text)| (word, text)) {
                ("stdout", text) => (LogSource::Stdout, text),
                ("stderr", text) => (LogSource::Stderr, text),
                _ => (LogSource::Unknown, rest),
            };
            return Self { at: Some(at), source, text: text.to_owned() };
        }
        Self { at: None, source: LogSource::Unknown, text: line.to_owned() }
    }

    /// The wire form.
    pub fn to_wire(&self) -> String {
        let mut wire = String::with_capacity(self.text.len() + 32);
        if let Some(at) = self.at {
            wire.push_str(&at.to_iso());
            wire.push(' ');
            match self.source {
                LogSource::Stdout => wire.push_str("stdout "),
                LogSource::Stderr => wire.push_str("stderr "),
                LogSource::Unknown | LogSource::Marker => {}
            }
        }
        wire.push_str(&self.text);
        wire
    }
}

/// Joins two readings of one log: lines that the earlier one had are left out of the later one.
///
/// Some engines tell times to the second only, so lines of the newest second are counted, not compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSeam {
    newest: Option<Moment>,
    /// Lines of that moment.
    count: usize,
    /// Where the later reading began, and how many lines of that moment it will repeat.
    border: Option<(Moment, usize)>,
    /// Whether the later reading began with something that the earlier one had.
    is_joined: bool,
}

impl LogSeam {
    /// Another reading begins, which repeats the newest lines.
    pub fn reopen(&mut self) {
        self.border = self.newest.map(|newest| (newest, self.count));
        self.is_joined = false;
    }

    /// What to say before a line that is about to be asked for: a later reading that begins after the end of the earlier
    /// one has left something out, as far as anybody can tell.
    pub fn gap_before(&self, line: &LogLine) -> Option<LogLine> {
        let (border, at) = (self.border?.0, line.at?);
        if self.is_joined || at <= border {
            return None;
        }
        let clock = |at: Moment| at.to_iso().get(11..19).unwrap_or("?").to_owned();
        let text = format!("--- gap: lines between {} and {} (UTC) may be missing ---", clock(border), clock(at));
        Some(LogLine { at: None, source: LogSource::Marker, text })
    }

    /// Whether the line was not there yet; it is from now on. Lines without a time are always new.
    pub fn is_new(&mut self, line: &LogLine) -> bool {
        let Some(at) = line.at else { return true };
        if let Some((border, repeated)) = &mut self.border {
            self.is_joined |= at <= *border;
            if at < *border {
                return false;
            }
            if at == *border && *repeated > 0 {
                *repeated -= 1;
                return false;
            }
            if at > *border {
                // From here on all is new, also when the clock is set back.
                self.border = None;
            }
        }
        if self.newest == Some(at) {
            self.count += 1;
        } else if self.newest < Some(at) {
            (self.newest, self.count) = (Some(at), 1);
        }
        true
    }

    /// Whether lines with times have been seen.
    pub fn has_times(&self) -> bool {
        self.newest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_survives_the_wire() {
        for line in [
            LogLine { at: Some(Moment(1500)), source: LogSource::Stderr, text: "WARN  two  blanks".into() },
            LogLine { at: Some(Moment(1500)), source: LogSource::Stdout, text: String::new() },
            LogLine { at: Some(Moment(1500)), source: LogSource::Unknown, text: "x y".into() },
            LogLine { at: None, source: LogSource::Unknown, text: "no time at all".into() },
        ] {
            assert_eq!(LogLine::parse(&line.to_wire()), line);
        }
    }

    #[test]
    fn two_readings_are_joined_to_the_line() {
        let line = |at: i64, text: &str| LogLine { at: Some(Moment(at)), source: LogSource::Stdout, text: text.into() };
        let mut seam = LogSeam::default();
        for early in [line(1, "a"), line(2, "b"), line(2, "c")] {
            assert!(seam.is_new(&early));
        }
        seam.reopen();
        let told = [line(1, "a"), line(2, "b"), line(2, "c"), line(2, "d"), line(3, "e")];
        let new: Vec<_> = told.iter().filter(|line| seam.is_new(line)).map(|line| line.text.as_str()).collect();
        assert_eq!(new, ["d", "e"]);
        seam.reopen();
        assert!(!seam.is_new(&line(3, "e")) && seam.is_new(&line(3, "f")));
    }

    #[test]
    fn a_reading_that_begins_after_the_end_of_the_earlier_one_leaves_a_gap() {
        let line = |at: i64| LogLine { at: Some(Moment(at)), source: LogSource::Stdout, text: "x".into() };
        let mut seam = LogSeam::default();
        assert!(seam.gap_before(&line(1_000)).is_none() && seam.is_new(&line(1_000)));
        seam.reopen();
        assert!(seam.gap_before(&line(1_000)).is_none() && !seam.is_new(&line(1_000)));
        assert!(seam.gap_before(&line(3_000)).is_none() && seam.is_new(&line(3_000)));
        seam.reopen();
        let gap = seam.gap_before(&line(5_000)).unwrap();
        assert_eq!(gap.text, "--- gap: lines between 00:00:03 and 00:00:05 (UTC) may be missing ---");
        assert!(seam.is_new(&line(5_000)) && seam.gap_before(&line(6_000)).is_none());
    }

    #[test]
    fn an_unknown_state_is_kept_as_written() {
        assert_eq!(PodStatus::from(String::from("UNKOWN")).word(), "UNKNOWN");
        assert_eq!(PodStatus::from(String::from("HIBERNATED")).word(), "HIBERNATED");
    }
}
