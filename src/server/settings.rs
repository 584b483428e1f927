//! Settings that may change while the server runs, and that engines hear about at once.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::sync::watch;

/// What engines are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// Between two looks at the containers.
    pub poll_interval: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(5) }
    }
}

/// The current settings; everybody who listens hears of a change.
#[derive(Debug)]
pub struct Settings(watch::Sender<EngineSettings>);

impl Default for Settings {
    fn default() -> Self {
        Self(watch::Sender::new(EngineSettings::default()))
    }
}

impl Settings {
    /// Changes the poll interval; at least a tenth of a second.
    pub fn set_poll_interval(&self, interval: Duration) {
        let wanted = EngineSettings { poll_interval: interval.max(Duration::from_millis(100)) };
        self.0.send_if_modified(|current| std::mem::replace(current, wanted) != wanted);
    }

    /// Listens; the present value can be read at once.
    pub fn listen(&self) -> watch::Receiver<EngineSettings> {
        self.0.subscribe()
    }
}

#[derive(Deserialize)]
struct File {
    engine: Option<EngineSection>,
}

#[derive(Deserialize)]
struct EngineSection {
    poll_interval_seconds: Option<f64>,
}

/// Reads the settings file again when it has changed since `read_at`. Blocks.
pub fn reread(path: &Path, read_at: &mut Option<SystemTime>, settings: &Settings) {
    let Ok(changed_at) = std::fs::metadata(path).and_then(|metadata| metadata.modified()) else {
        // A file that is not there says nothing.
        return;
    };
    if *read_at == Some(changed_at) {
        return;
    }
    *read_at = Some(changed_at);
    match std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| parse(&text)) {
        Ok(Some(interval)) => settings.set_poll_interval(interval),
        Ok(None) => (),
        Err(why) => tracing::warn!(path = %path.display(), why, "the settings file cannot be used"),
    }
}

fn parse(text: &str) -> Result<Option<Duration>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let Some(seconds) = file.engine.and_then(|engine| engine.poll_interval_seconds) else {
        return Ok(None);
    };
    Duration::try_from_secs_f64(seconds).map(Some).map_err(|error| format!("engine.poll_interval_seconds: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let settings = Settings::default();
        let mut listener = settings.listen();
        let mut read_at = None;
        reread(&path, &mut read_at, &settings);
        assert!(!listener.has_changed().unwrap());
        std::fs::write(&path, "[engine]\npoll_interval_seconds = 0.5\n").unwrap();
        reread(&path, &mut read_at, &settings);
        assert_eq!(listener.borrow_and_update().poll_interval, Duration::from_millis(500));
        reread(&path, &mut read_at, &settings);
        assert!(!listener.has_changed().unwrap());
    }

    #[test]
    fn a_negative_interval_is_refused() {
        assert!(parse("[engine]\npoll_interval_seconds = -1").is_err());
        assert_eq!(parse("[other]\nx = 1"), Ok(None));
    }
}
