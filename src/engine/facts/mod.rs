//! What the machine offers, read from the system without running a container. Keys are those of `domain::Facts`; what
//! cannot be found out is left out, never guessed.

mod gpu;
mod processor;

use std::path::Path;

use super::driver::{Driver, Info, Rootless};
use crate::domain::Facts;

/// NVIDIA's program is slow and busy; what it says changes with a reboot, and is asked once in so many readings.
const ASK_NVIDIA: u32 = 30;

/// After a failure, it is asked again after so many.
const ASK_AGAIN: u32 = 2;

/// Reads what the machine offers, again and again.
pub struct Probe {
    labels: Vec<(String, String)>,
    /// The last good answer.
    nvidia: Option<Vec<Fact>>,
    /// NVIDIA's program is asked again after so many readings.
    patience: u32,
}

impl Probe {
    /// `labels` are the site's own facts; what is measured wins over them.
    pub fn new(labels: Vec<(String, String)>) -> Self {
        Self { labels, nvidia: None, patience: 0 }
    }

    /// Reads everything that may have changed.
    pub async fn read(&mut self, driver: &dyn Driver) -> Facts {
        if self.patience == 0 {
            self.hear(gpu::ask_nvidia().await);
        }
        self.patience = self.patience.saturating_sub(1);
        let mut facts: Facts = self.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let read = tokio::task::spawn_blocking(|| {
            let mut facts = processor::read(Path::new("/"));
            facts.extend(gpu::read(Path::new("/")));
            facts
        });
        let (read, info) = futures_util::join!(read, driver.info());
        let mut system = read.unwrap_or_default();
        if let Some(nvidia) = self.nvidia.clone() {
            // The driver's own program knows more than the files; what the files say of other vendors stays.
            system = gpu::merge(system, nvidia);
        }
        facts.0.extend(system);
        let info = info.unwrap_or_else(|error| {
            tracing::debug!("the engine does not tell about itself: {error}");
            Info::default()
        });
        facts.0.extend(of_engine(driver, &info));
        facts
    }
}

impl Probe {
    /// A busy machine is no machine without a GPU: after a failure the last good answer holds, and it is asked soon.
    fn hear(&mut self, answer: gpu::Nvidia) {
        self.patience = ASK_NVIDIA;
        match answer {
            gpu::Nvidia::Absent => {}
            gpu::Nvidia::Failed => self.patience = ASK_AGAIN,
            gpu::Nvidia::Says(facts) => self.nvidia = Some(facts),
        }
    }
}

/// A fact as the parsers give it.
type Fact = (String, String);

fn of_engine(driver: &dyn Driver, info: &Info) -> Vec<Fact> {
    let mut facts = vec![(String::from("engine.kind"), driver.kind().name().to_owned())];
    if !info.version.is_empty() {
        facts.push(("engine.version".into(), info.version.clone()));
    }
    if let Some(rootless) = info.rootless {
        facts.push(("engine.rootless".into(), (rootless == Rootless::Yes).to_string()));
    }
    if let Some(free) = info.root_dir.as_deref().and_then(|folder| free_megabytes(Path::new(folder))) {
        facts.push(("disk.free_mb".into(), free.to_string()));
    }
    facts
}

/// Free space for ordinary users where images are kept, in MB; of the nearest folder above it that exists.
fn free_megabytes(folder: &Path) -> Option<u64> {
    let found = folder.ancestors().find_map(|ancestor| rustix::fs::statvfs(ancestor).ok())?;
    Some(found.f_bavail.saturating_mul(found.f_frsize) / 1_000_000)
}

/// The machine's name.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_does_not_make_a_gpu_smaller() {
        let mut probe = Probe::new(Vec::new());
        let good = vec![("gpu.0.vram_mb".to_owned(), "42949".to_owned())];
        probe.hear(gpu::Nvidia::Says(good.clone()));
        assert_eq!(probe.patience, ASK_NVIDIA);
        probe.hear(gpu::Nvidia::Failed);
        assert_eq!((probe.nvidia, probe.patience), (Some(good), ASK_AGAIN));
    }
}
