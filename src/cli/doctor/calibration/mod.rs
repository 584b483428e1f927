//! `kab doctor --terminal`: a card of twenty seconds that finds out what a terminal can do, with the person's eyes and the
//! terminal's own word about widths. What is found is kept for that name of a terminal on this machine, and later starts
//! go by it. Without somebody to ask it tells what is known.

mod card;
mod ears;
mod talk;
mod tmux;

use tokio::signal::unix::{Signal, SignalKind, signal};

use self::talk::{Script, Taken, Talked};
use super::check::{Check, Report, Section};
use super::machine::{self, Screen};
use crate::cli::context::Context;
use crate::cli::output::Answer;
use crate::config::{self, Measured};
use crate::domain::Failure;
use crate::tui::{Multiplexer, osc52};

/// Tells what is known of the terminal; with somebody there, shows the card first.
///
/// # Errors
/// When the terminal goes away.
pub async fn run(context: &Context<'_>) -> Result<Answer, Failure> {
    let read = |name: &str| std::env::var(name).ok();
    let mut report = Report::default();
    report.checks.extend(facts(read).await);
    let term = read("TERM").unwrap_or_default();
    let path = context.folders.terminals_file();
    if !context.can_ask() || term == "dumb" {
        let check = Check::skipped(Section::Terminal, "card", "nobody was asked: there is no terminal to show it on");
        report.checks.push(check.hint("In a terminal, without --no-input, `kab doctor --terminal` shows a card."));
        report.checks.push(kept(&config::measured_here(&path)));
        return Ok(report.answer(context.common.format()));
    }
    let name = config::terminal_name(&term);
    let copied = word();
    let script = Script {
        name: crate::domain::clean_line(&name),
        copying: osc52(&copied, Multiplexer::from_environment(read)),
        copied,
        otherwise: without_osc52(read),
    };
    let talked = show(script).await.map_err(|error| Failure::new("Could not show the card", error.to_string()))?;
    report.checks.extend(card::checks(&talked.widths));
    match talked.measured {
        None => {
            let check = Check::skipped(Section::Terminal, "card", "left before its end; nothing was kept");
            report.checks.push(check);
        }
        Some(found) => {
            let found = Measured { on: jiff::Zoned::now().date().to_string(), ..found };
            let check = match config::keep_measured(&path, &name, found.clone()) {
                Ok(()) => kept(&found),
                Err(error) => {
                    Check::fail(Section::Terminal, "kept", format!("{} cannot be written: {error}", path.display()))
                }
            };
            report.checks.push(check);
        }
    }
    Ok(report.answer(context.common.format()))
}

/// What is known without asking anybody, for every report.
pub async fn facts(read: impl Fn(&str) -> Option<String>) -> Vec<Check> {
    let mut checks = machine::terminal(Screen::of_process(), &read);
    let colour_term = read("COLORTERM").filter(|value| !value.is_empty()).unwrap_or_else(|| "is not set".into());
    checks.insert(1, Check::ok(Section::Terminal, "COLORTERM", colour_term));
    if read("TMUX").is_some_and(|value| !value.is_empty()) {
        checks.extend(tmux::checks().await);
    }
    checks
}

/// What is kept of a terminal.
pub fn kept(found: &Measured) -> Check {
    if found.is_empty() {
        return Check::skipped(Section::Terminal, "kept", "nothing was found out about this terminal")
            .hint("`kab doctor --terminal` does that in twenty seconds.");
    }
    let words: Vec<String> =
        found.words().map(|(key, word)| format!("{} {word}", key.trim_start_matches("terminal."))).collect();
    let date = if found.on.is_empty() { String::new() } else { format!(", found out on {}", found.on) };
    Check::ok(Section::Terminal, "kept", format!("{}{date}", words.join(", ")))
        .hint("It holds where no flag, variable or config.toml says otherwise.")
        .value(serde_json::to_value(found).unwrap_or_default())
}

/// Shows the card. Whoever drops this gets the terminal back as it was.
async fn show(script: Script) -> std::io::Result<Talked> {
    // Before the terminal is taken: nothing may end the program between.
    let mut signals = Signals::listen()?;
    let taken = Taken::new()?;
    let talker = taken.talker()?;
    let talk = tokio::task::spawn_blocking(move || talker.talk(&script));
    let outcome = tokio::select! {
        biased;
        number = signals.next() => {
            // Somebody ends the program: the shell finds its terminal as it was.
            drop(taken);
            std::process::exit(128 + number);
        }
        outcome = talk => outcome,
    };
    drop(taken);
    outcome.map_err(std::io::Error::other)?
}

/// What ends the program from outside.
struct Signals([(Signal, i32); 3]);

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let one = |kind: SignalKind| Ok::<_, std::io::Error>((signal(kind)?, kind.as_raw_value()));
        Ok(Self([one(SignalKind::hangup())?, one(SignalKind::interrupt())?, one(SignalKind::terminate())?]))
    }

    /// The number of the next one.
    async fn next(&mut self) -> i32 {
        let [first, second, third] = &mut self.0;
        tokio::select! {
            _ = first.0.recv() => first.1,
            _ = second.0.recv() => second.1,
            _ = third.0.recv() => third.1,
        }
    }
}

/// A word that nobody has on the clipboard already.
fn word() -> String {
    let moment = crate::tui::now().0.unsigned_abs();
    format!("kab-{}", 1_000 + moment % 9_000)
}

/// How to copy where the terminal does not take it: by the desktop's own program, if this is its machine.
fn without_osc52(read: impl Fn(&str) -> Option<String>) -> &'static str {
    let filled = |name: &str| read(name).is_some_and(|value| !value.is_empty());
    let is_far = filled("SSH_CONNECTION") || filled("SSH_TTY");
    let has_desktop = filled("WAYLAND_DISPLAY") || filled("DISPLAY") || cfg!(target_os = "macos");
    if has_desktop && !is_far { "native" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_terminal_the_desktop_copies_where_it_is_near() {
        let with = |set: &'static [&str]| without_osc52(|name| set.contains(&name).then(|| "x".to_owned()));
        assert_eq!(with(&["DISPLAY"]), "native");
        assert_eq!(with(&["DISPLAY", "SSH_TTY"]), "off");
        assert_eq!(with(&[]), "off");
    }

    #[test]
    fn what_is_kept_is_told_with_its_age() {
        assert_eq!(kept(&Measured::default()).state.word(), "skipped");
        let found = Measured {
            colours: Some("256".into()),
            on: "2026-11-26".into(),
            clipboard: Some("off".into()),
            ..Measured::default()
        };
        assert_eq!(kept(&found).detail, "colours 256, clipboard off, found out on 2026-11-26");
    }
}
