//! One script for both programs: the keys of the full screen, the lines of plain mode, and what comes of either.

use super::{Lines, outcome};
use crate::tui::testing::Driver;

/// What somebody does, how long it takes until the next thing, and what comes of it.
struct Step {
    keys: &'static str,
    line: &'static str,
    then: i64,
    outcome: &'static str,
}

const fn step(keys: &'static str, line: &'static str, outcome: &'static str) -> Step {
    Step { keys, line, then: 0, outcome }
}

const fn pause(keys: &'static str, line: &'static str, (then, outcome): (i64, &'static str)) -> Step {
    Step { keys, line, then, outcome }
}

/// Browse, search, open, explain, install, watch, pods, logs, stop and take it back, stop, remove with a refusal and with
/// consent, quit.
const SCRIPT: &[Step] = &[
    step("2", "apps", "Apps, list"),
    step("/ s t a r d i s t enter", "/stardist", "Apps, list, filter stardist"),
    step(
        "enter",
        "1",
        "Apps, live.arkitekt.stardist Overview, filter stardist, \
         About { release: ReleaseId(\"0-0.4.2\"), repository: Some(RepositoryId(\"1\")) }, WEIGH 0-0.4.2-cuda on hpc-gpu",
    ),
    step("e", "explain", "Apps, live.arkitekt.stardist Compat, filter stardist"),
    step("q", "close", "Apps, list, filter stardist"),
    step("e", "explain 1", "Apps, live.arkitekt.stardist Compat, filter stardist"),
    step("q", "q", "Apps, list, filter stardist"),
    step("i", "install 1", "Apps, list, Sheet, filter stardist, Approvals(ReleaseId(\"0-0.4.2\"))"),
    step("enter", "1", "Apps, list, filter stardist, INSTALL 0-0.4.2-cuda on hpc-gpu"),
    step("esc", "back", "Apps, list"),
    step("6", "tasks", "Tasks, list"),
    step("enter", "1", "Tasks, task 101, FetchTask(TaskId(\"101\"))"),
    step("4", "pods", "Pods, list"),
    step("j j l", "logs 3", "Pods, log of 15, READ log of 15"),
    step("q", "close", "Pods, list, StopLog"),
    step("s", "stop 3", "Pods, list, grace"),
    pause("z", "undo", (6_000, "Pods, list")),
    pause("s", "stop", (6_000, "Pods, list, STOP 15")),
    // An answer that was typed before the question could be read is none.
    step("D", "remove 3", "Pods, list, Dialog"),
    pause("y", "yes", (1_000, "Pods, list, Dialog")),
    step("n", "no", "Pods, list"),
    pause("D", "remove 3", (1_000, "Pods, list, Dialog")),
    step("y", "yes", "Pods, list, REMOVE 15"),
    step("j space space", "mark 4 5", "Pods, list, marked pod 14, marked pod 16"),
    step("Q", "quit", "Pods, list, marked pod 14, marked pod 16, Quit"),
];

#[test]
fn one_script_comes_to_the_same_in_the_full_screen_and_in_lines() {
    let mut screen = Driver::full(80, 24);
    let mut lines = Lines::full();
    screen.asked();
    lines.driver.asked();
    for Step { keys, line, then, outcome: expected } in SCRIPT {
        screen = screen.keys(keys).wait(*then);
        lines = lines.say(line).wait(*then);
        let asked = (screen.asked(), lines.driver.asked());
        assert_eq!(outcome(&screen.app, &asked.0), *expected, "{keys}\n{}", screen.screen());
        assert_eq!(outcome(&lines.driver.app, &asked.1), *expected, "{line}\n{}", lines.told());
    }
}
