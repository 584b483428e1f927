//! The keeper of one process: starts it, writes what it says with time and stream, starts it again when it fails, and
//! ends it when asked by SIGTERM. Runs as a program of its own, in a session of its own.

use std::{
    io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rustix::process::Signal;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};

use super::{
    folder::{Folder, LogWriter, Phase, Record, Written},
    identity::Identity,
};
use crate::domain::{LogLine, LogSource, Moment};

/// How often a process that fails is started again, as container engines are told to.
const RETRIES: u64 = 5;

/// The wait before the first restart; it doubles.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the process may take to end when asked.
const GRACE: Duration = Duration::from_secs(10);

/// A line longer than this is cut into pieces, as container engines do.
const LONGEST_LINE: usize = 16 << 10;

/// Keeps the process of that folder until it has ended for good. The caller is a program of its own.
///
/// # Errors
/// When the folder cannot be read or written; a process that cannot be started is noted in the folder instead.
pub async fn supervise(path: &Path) -> io::Result<()> {
    // Leading a session already is no reason to give up.
    rustix::process::setsid().ok();
    let folder = Folder::new(path.to_owned());
    let record = folder.record()?;
    let mut stop = signal(SignalKind::terminate())?;
    // The terminal or session that it was started from is not its own.
    let _hangup = signal(SignalKind::hangup())?;
    let me = i32::try_from(std::process::id()).ok().and_then(Identity::of);
    let log = Arc::new(Mutex::new(folder.log_writer()));
    let mut state = Written { shim: me, ..Written::created() };
    loop {
        let mut child = match spawn(&record) {
            Ok(child) => child,
            Err(error) => {
                let why = format!("{}: {error}", record.program.display());
                state = Written { phase: Phase::Exited, code: Some(127), error: Some(why), child: None, ..state };
                return folder.write_state(&state);
            }
        };
        let identity = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Identity::of);
        let readers = read_output(&mut child, &log);
        state = Written { phase: Phase::Running, child: identity.clone(), code: None, ..state };
        folder.write_state(&state)?;
        let (status, asked) = tokio::select! {
            status = child.wait() => (status?, Asked::No),
            _ = stop.recv() => (end(&mut child, identity.as_ref()).await?, Asked::Yes),
        };
        for reader in readers {
            // A grandchild may hold the pipe open; it does not hold up the end.
            _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
        }
        let code = code(status);
        state = Written { child: None, code: Some(code), ..state };
        if code == 0 || asked == Asked::Yes || state.restarts >= RETRIES {
            state.phase = Phase::Exited;
            return folder.write_state(&state);
        }
        let pause = PAUSE * 2_u32.saturating_pow(u32::try_from(state.restarts).unwrap_or(u32::MAX));
        state = Written { phase: Phase::Waiting, restarts: state.restarts + 1, ..state };
        folder.write_state(&state)?;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.recv() => {
                state.phase = Phase::Exited;
                return folder.write_state(&state);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
}

fn spawn(record: &Record) -> io::Result<Child> {
    let mut command = Command::new(&record.program);
    command.args(&record.arguments).envs(record.environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true).spawn()
}

/// Asks the process to end, and kills its group when it does not, or when it leaves others behind.
async fn end(child: &mut Child, identity: Option<&Identity>) -> io::Result<ExitStatus> {
    if let Some(identity) = identity {
        identity.signal_group(Signal::TERM);
    }
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        return status;
    }
    if let Some(identity) = identity {
        identity.signal_group(Signal::KILL);
    }
    child.wait().await
}

/// As shells and container engines tell it: 128 + N for signal N.
fn code(status: ExitStatus) -> i64 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(255).into()
}

fn read_output(child: &mut Child, log: &Arc<Mutex<LogWriter>>) -> Vec<JoinHandle<()>> {
    let out = child.stdout.take().map(|pipe| tokio::spawn(copy(pipe, LogSource::Stdout, Arc::clone(log))));
    let error = child.stderr.take().map(|pipe| tokio::spawn(copy(pipe, LogSource::Stderr, Arc::clone(log))));
    out.into_iter().chain(error).collect()
}

async fn copy(pipe: impl AsyncRead + Unpin, source: LogSource, log: Arc<Mutex<LogWriter>>) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(bytes) = pipe.fill_buf().await {
        if bytes.is_empty() {
            break;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        let used = end.map_or(bytes.len(), |end| end + 1);
        let is_end = end.is_some() || line.len() >= LONGEST_LINE;
        pipe.consume(used);
        if is_end {
            note(&log, source, &line);
            line.clear();
        }
    }
    if !line.is_empty() {
        note(&log, source, &line);
    }
}

fn note(log: &Mutex<LogWriter>, source: LogSource, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\r').unwrap_or(&text).to_owned();
    let line = LogLine { at: Some(now()), source, text };
    // A full disk loses lines, and the process goes on.
    log.lock().unwrap_or_else(PoisonError::into_inner).append(&line).ok();
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
