//! What the state of a container means for its pod, in a status and in words. Pure.

use super::driver::{ContainerPhase, Memory, State};
use crate::domain::{GONE, PodStatus};

/// The same of one that had ended before, after what was said of its end.
pub fn gone_since(before: Option<&str>) -> String {
    match before {
        Some(before) if before.ends_with(GONE) => before.to_owned(),
        Some(before) if !before.is_empty() => format!("{before}; {GONE}"),
        _ => String::from(GONE),
    }
}

/// The status of a pod, and why; `before` is what the server says now.
pub fn of(state: &State, before: &PodStatus) -> (PodStatus, Option<String>) {
    let restarts = match state.restarts {
        0 => String::new(),
        1 => String::from("restarted once"),
        many => format!("restarted {many} times"),
    };
    let words = |first: String| {
        let error = state.error.clone().unwrap_or_default();
        let parts: Vec<_> = [first, restarts.clone(), error].into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    };
    match state.phase {
        ContainerPhase::Created => (PodStatus::Pending, words(String::new())),
        ContainerPhase::Running => (PodStatus::Running, words(String::new())),
        ContainerPhase::Paused => (PodStatus::Stopped, words(String::from("paused"))),
        ContainerPhase::Restarting => {
            let last = state.last_code.map(|code| format!("starts again after {}", exit(code, Memory::NotTold)));
            (PodStatus::Pending, words(last.unwrap_or_else(|| String::from("starts again"))))
        }
        ContainerPhase::Stopping | ContainerPhase::Removing => (PodStatus::Stopping, None),
        ContainerPhase::Exited { code: 0, .. } => (PodStatus::Stopped, words(String::new())),
        // A container that was asked to end and did not know how is killed: that is no failure.
        ContainerPhase::Exited { code: 129 | 130 | 137 | 143, memory: Memory::NotTold }
            if matches!(before, PodStatus::Stopping | PodStatus::Stopped) =>
        {
            (PodStatus::Stopped, words(String::new()))
        }
        ContainerPhase::Exited { code, memory } => (PodStatus::Failed, words(exit(code, memory))),
        ContainerPhase::Dead => (PodStatus::Failed, words(String::from("the engine could not clean up after it"))),
        ContainerPhase::Unknown => (PodStatus::Unknown, words(String::new())),
    }
}

/// An exit code in words.
pub fn exit(code: i64, memory: Memory) -> String {
    let meaning = match (code, memory) {
        (_, Memory::Exhausted) => "out of memory",
        (125 | 126, _) => "the command could not be run",
        (127, _) => "the command was not found",
        (134, _) => "it aborted",
        // Engines do not always tell of a lack of memory.
        (137, _) => "it was killed, perhaps for lack of memory",
        (139, _) => "it broke a memory rule (SIGSEGV)",
        (143, _) => "it was asked to end",
        _ => "",
    };
    if meaning.is_empty() { format!("exit code {code}") } else { format!("exit code {code}: {meaning}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(phase: ContainerPhase) -> State {
        State { phase, restarts: 0, error: None, last_code: None }
    }

    #[test]
    fn every_state_of_a_container_has_its_status() {
        let told = Memory::NotTold;
        let exited = |code, memory| ContainerPhase::Exited { code, memory };
        for (phase, before, status, reason) in [
            (ContainerPhase::Created, PodStatus::Pending, PodStatus::Pending, None),
            (ContainerPhase::Running, PodStatus::Pending, PodStatus::Running, None),
            (ContainerPhase::Paused, PodStatus::Running, PodStatus::Stopped, Some("paused")),
            (ContainerPhase::Stopping, PodStatus::Running, PodStatus::Stopping, None),
            (ContainerPhase::Removing, PodStatus::Running, PodStatus::Stopping, None),
            (exited(0, told), PodStatus::Running, PodStatus::Stopped, None),
            (exited(3, told), PodStatus::Running, PodStatus::Failed, Some("exit code 3")),
            (exited(137, told), PodStatus::Stopping, PodStatus::Stopped, None),
            (exited(143, told), PodStatus::Stopped, PodStatus::Stopped, None),
            (
                exited(137, told),
                PodStatus::Running,
                PodStatus::Failed,
                Some("exit code 137: it was killed, perhaps for lack of memory"),
            ),
            (
                exited(137, Memory::Exhausted),
                PodStatus::Stopped,
                PodStatus::Failed,
                Some("exit code 137: out of memory"),
            ),
            (exited(3, told), PodStatus::Stopping, PodStatus::Failed, Some("exit code 3")),
            (
                ContainerPhase::Dead,
                PodStatus::Running,
                PodStatus::Failed,
                Some("the engine could not clean up after it"),
            ),
            (ContainerPhase::Unknown, PodStatus::Running, PodStatus::Unknown, None),
        ] {
            assert_eq!(of(&state(phase), &before), (status, reason.map(str::to_owned)), "{phase:?} after {before:?}");
        }
    }

    #[test]
    fn restarts_and_the_engines_own_words_are_told() {
        let restarting = State { restarts: 2, last_code: Some(1), ..state(ContainerPhase::Restarting) };
        let (status, reason) = of(&restarting, &PodStatus::Running);
        assert_eq!(status, PodStatus::Pending);
        assert_eq!(reason.unwrap(), "starts again after exit code 1; restarted 2 times");
        let error = Some(String::from("no such device"));
        let failed = State { error, ..state(ContainerPhase::Exited { code: 127, memory: Memory::NotTold }) };
        let (_, reason) = of(&failed, &PodStatus::Pending);
        assert_eq!(reason.unwrap(), "exit code 127: the command was not found; no such device");
    }
}
