//! Which process: its number, and when it started. Both together are unique until the machine restarts, and the number
//! of that start belongs to it too.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use super::folder::{Folder, Phase};

/// A process that was seen alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its number.
    pub pid: i32,
    /// Clock ticks after the machine's start.
    started: u64,
    /// The machine's start.
    boot: String,
}

impl Identity {
    /// The process of that number, as long as it lives.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Self { pid, started: started(&stat)?, boot: boot() })
    }

    /// Whether this very process still runs.
    pub fn lives(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        stat.is_ok_and(|stat| started(&stat) == Some(self.started) && !is_zombie(&stat)) && boot() == self.boot
    }

    /// Sends a signal, if it still runs.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.lives()) {
            kill_process(pid, signal).ok();
        }
    }

    /// Sends a signal to the group that it leads, if it still runs.
    pub fn signal_group(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.lives()) {
            kill_process_group(pid, signal).ok();
        }
    }

    /// A shim that did not end its process in time is ended itself; what it kept is ended by the caller.
    pub(super) fn signal_if_alive_after_end(&self, folder: &Folder) {
        if folder.state().is_ok_and(|state| state.phase != Phase::Exited) {
            self.signal(Signal::KILL);
        }
    }
}

/// Field 22 of `/proc/PID/stat`. The second field is the program's name in brackets and may hold anything.
fn started(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn is_zombie(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_given_to_another_process_is_not_mistaken() {
        let me = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(me.lives());
        assert!(!Identity { started: me.started + 1, ..me.clone() }.lives());
        assert!(!Identity { boot: "another".into(), ..me }.lives());
    }

    #[test]
    fn the_start_is_found_behind_odd_names() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert_eq!(started(stat), Some(4711));
        assert!(!is_zombie(stat));
        assert!(is_zombie("7 (x) Z 1"));
        assert_eq!(started("7 (x"), None);
    }
}
