//! What tmux does to programs inside it, by its own settings, and which of them should be others.

use std::time::Duration;

use crate::cli::doctor::check::{Check, Section};

/// How long tmux may take to answer; it is on this machine.
const LIMIT: Duration = Duration::from_secs(1);

/// The settings that matter.
const OPTIONS: [&str; 5] = ["set-clipboard", "allow-passthrough", "escape-time", "focus-events", "default-terminal"];

/// Asks the tmux around this program.
pub async fn checks() -> Vec<Check> {
    let asked = OPTIONS.map(|option| async move { (option, value(option).await) });
    judged(&futures_util::future::join_all(asked).await)
}

async fn value(option: &str) -> Option<String> {
    let mut command = tokio::process::Command::new("tmux");
    command.args(["show", "-gv", option]).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn judged(values: &[(&'static str, Option<String>)]) -> Vec<Check> {
    let value = |name: &str| values.iter().find(|(option, _)| *option == name).and_then(|(_, value)| value.as_deref());
    if values.iter().all(|(_, value)| value.is_none()) {
        return vec![
            Check::skipped(Section::Terminal, "tmux", "does not answer here")
                .hint("Where it runs on another machine, look there: `tmux show -gv set-clipboard`."),
        ];
    }
    let passes = value("allow-passthrough").is_some_and(|word| word != "off");
    let advice = |option: &str, word: &str| match option {
        "set-clipboard" if word != "on" && !passes => "`set -g set-clipboard on`: else nothing that is copied arrives.",
        "escape-time" if word.parse().is_ok_and(|wait: u32| wait > 100) => {
            "`set -sg escape-time 10`: else Esc comes late."
        }
        "focus-events" if word != "on" => "`set -g focus-events on`: else kab cannot know whether somebody looks.",
        "default-terminal" if !word.contains("256color") && !word.contains("direct") => {
            "`set -g default-terminal tmux-256color`: else there are few colours."
        }
        _ => "",
    };
    let known = values.iter().filter_map(|(option, value)| Some((*option, value.as_deref()?)));
    known
        .map(|(option, word)| {
            let name = format!("tmux {option}");
            let advice = advice(option, word);
            let check = if advice.is_empty() { Check::ok } else { Check::warn };
            check(Section::Terminal, name, word.to_owned()).hint(advice).value(word)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::State;

    fn states(words: [Option<&str>; 5]) -> Vec<(String, State)> {
        let values: Vec<_> =
            OPTIONS.iter().zip(words).map(|(option, word)| (*option, word.map(str::to_owned))).collect();
        judged(&values).into_iter().map(|check| (check.name, check.state)).collect()
    }

    #[test]
    fn what_keeps_kab_from_working_well_has_advice() {
        let bad = states([Some("external"), Some("off"), Some("500"), Some("off"), Some("screen")]);
        let warned: Vec<_> = bad.iter().filter(|(_, state)| *state == State::Warn).map(|it| it.0.as_str()).collect();
        assert_eq!(warned, ["tmux set-clipboard", "tmux escape-time", "tmux focus-events", "tmux default-terminal"]);
        let good = states([Some("on"), None, Some("10"), Some("on"), Some("tmux-256color")]);
        assert!(good.len() == 4 && good.iter().all(|(_, state)| *state == State::Ok), "{good:?}");
        let passed = states([Some("external"), Some("on"), None, None, None]);
        assert!(passed.iter().all(|(_, state)| *state == State::Ok), "what is passed through arrives");
        assert_eq!(states([None; 5]), [("tmux".to_owned(), State::Skipped)]);
    }
}
