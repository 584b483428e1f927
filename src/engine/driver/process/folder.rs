//! The folder of one process: what it is, how it does, what it wrote. Readable by its owner only, since the
//! environment in it holds a token.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::domain::LogLine;

/// A log grows to this size, in bytes, before it becomes the old log; so twice as much is kept.
const LOG_LIMIT: u64 = 8 << 20;

/// The folder of one process.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// What a process is.
#[derive(Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

/// How a process does, as its shim wrote it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub phase: Phase,
    pub shim: Option<Identity>,
    pub child: Option<Identity>,
    pub code: Option<i64>,
    pub restarts: u64,
    pub error: Option<String>,
}

/// Where in its life a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Created,
    Running,
    /// Between two runs.
    Waiting,
    Exited,
}

impl Written {
    pub fn created() -> Self {
        Self { phase: Phase::Created, shim: None, child: None, code: None, restarts: 0, error: None }
    }
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn id(&self) -> String {
        self.0.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub fn record(&self) -> io::Result<Record> {
        Ok(serde_json::from_slice(&fs::read(self.0.join("record.json"))?)?)
    }

    pub fn write_record(&self, record: &Record) -> io::Result<()> {
        write(&self.0.join("record.json"), &serde_json::to_vec(record)?)
    }

    pub fn state(&self) -> io::Result<Written> {
        Ok(serde_json::from_slice(&fs::read(self.0.join("state.json"))?)?)
    }

    pub fn write_state(&self, state: &Written) -> io::Result<()> {
        write(&self.0.join("state.json"), &serde_json::to_vec(state)?)
    }

    pub fn log_writer(&self) -> LogWriter {
        LogWriter { folder: self.clone(), file: None }
    }

    pub fn log_reader(&self) -> LogReader {
        LogReader { folder: self.clone(), file: None, rest: Vec::new() }
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn old_log(&self) -> PathBuf {
        self.0.join("log.old")
    }
}

/// All process folders below a folder.
pub fn all(pods: &Path) -> io::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(pods)? {
        folders.push(Folder(entry?.path()));
    }
    folders.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(folders)
}

/// Makes a folder that only its owner can read.
pub fn private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&draft, path)
}

/// Appends lines to the log.
pub struct LogWriter {
    folder: Folder,
    file: Option<(File, u64)>,
}

impl LogWriter {
    pub fn append(&mut self, line: &LogLine) -> io::Result<()> {
        let mut bytes = line.to_wire().into_bytes();
        bytes.push(b'\n');
        let (mut file, size) = if let Some(open) = self.file.take() {
            open
        } else {
            let file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.folder.log())?;
            let size = file.metadata()?.len();
            (file, size)
        };
        file.write_all(&bytes)?;
        let size = size + bytes.len() as u64;
        if size < LOG_LIMIT {
            self.file = Some((file, size));
        } else {
            fs::rename(self.folder.log(), self.folder.old_log())?;
        }
        Ok(())
    }
}

/// Reads the log, and what is added to it.
pub struct LogReader {
    folder: Folder,
    file: Option<File>,
    /// A line that has no end yet.
    rest: Vec<u8>,
}

impl LogReader {
    /// All lines since the last call; at the first call all there are.
    pub fn more(&mut self) -> io::Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        if self.file.is_none() {
            if let Some(mut old) = open(&self.folder.old_log())? {
                self.take(&mut old, &mut lines)?;
            }
            self.file = open(&self.folder.log())?;
        }
        if let Some(mut file) = self.file.take() {
            self.take(&mut file, &mut lines)?;
            // The log has become the old one under us: the rest of it is read, and the new one goes on from its start.
            let position = file.stream_position()?;
            let is_current = fs::metadata(self.folder.log()).is_ok_and(|now| now.len() >= position);
            if is_current {
                self.file = Some(file);
            } else {
                self.file = open(&self.folder.log())?;
            }
        }
        Ok(lines)
    }

    fn take(&mut self, file: &mut File, lines: &mut Vec<LogLine>) -> io::Result<()> {
        file.read_to_end(&mut self.rest)?;
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        let text = String::from_utf8_lossy(&whole);
        lines.extend(text.strip_suffix('\n').unwrap_or(&text).split('\n').map(LogLine::parse));
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
