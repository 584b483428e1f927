//! Lets a program of this machine take a text: one for the desktop's clipboard, or the person's own for notifications.
//! The text goes to its standard input, never to a command line.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::clipboard::Program;

/// A program of the desktop that has not taken the text by then never will.
const PATIENCE: Duration = Duration::from_secs(3);

/// Lets a program of the desktop take a text; or why it could not.
pub async fn give(program: &Program, text: &str) -> Result<(), String> {
    let mut command = Command::new(&program.path);
    command.args(program.arguments);
    run(command, text).await.map_err(|why| format!("{} {why}", program.name()))
}

/// Lets the person's own command line take a text, which it finds in `KAB_TEXT` and on its standard input. It may take
/// its time, also beyond the end of kab: only how it ended says whether it worked.
pub async fn tell(line: &str, text: &str) -> Result<(), String> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).env("KAB_TEXT", text);
    taken(command, text).await
}

async fn run(mut command: Command, text: &str) -> Result<(), String> {
    command.kill_on_drop(true);
    let late = |_| Err(format!("did not take it within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, taken(command, text)).await.unwrap_or_else(late)
}

async fn taken(mut command: Command, text: &str) -> Result<(), String> {
    // What it prints would stand in the middle of the screen; a program that stays to serve the clipboard keeps its ends.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("could not be started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // Whoever needs no text closes that end; how it ended says the rest.
        input.write_all(text.as_bytes()).await.ok();
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    Err(status.code().map_or("was ended".into(), |code| format!("ended with {code}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A program that keeps what it reads and how it was called.
    fn program(folder: &std::path::Path, code: i32) -> Program {
        let path = folder.join("xclip");
        let script = format!("#!/bin/sh\ncd {}\ncat >text\necho \"$@\" >arguments\nexit {code}\n", folder.display());
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Program { path, arguments: &["-selection", "clipboard", "-in"] }
    }

    #[tokio::test]
    async fn a_program_of_the_desktop_reads_the_text_and_nobody_else_can() {
        let folder = tempfile::tempdir().unwrap();
        let text = "a secret\n".repeat(20_000);
        give(&program(folder.path(), 0), &text).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("text")).unwrap(), text);
        let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
        assert_eq!(arguments, "-selection clipboard -in\n");
        assert_eq!(give(&program(folder.path(), 1), "x").await, Err("xclip ended with 1".into()));
        let gone = Program { path: folder.path().join("gone"), arguments: &[] };
        assert!(give(&gone, "x").await.unwrap_err().starts_with("gone could not be started"));
    }

    #[tokio::test]
    async fn what_is_told_to_a_command_is_never_part_of_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let text = "Failed: $(touch /tmp/x) `id` \"'; exit 3";
        let line = format!("printf '%s|' \"$KAB_TEXT\" >{0}; cat >>{0}", told.display());
        tell(&line, text).await.unwrap();
        assert_eq!(std::fs::read_to_string(told).unwrap(), format!("{text}|{text}"));
    }

    #[tokio::test]
    async fn a_command_that_takes_its_time_has_not_failed_and_one_that_fails_late_has() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // It goes on once somebody writes into the pipe: after any patience.
        let line = format!("read word <{}; exit $word", pipe.display());
        for (word, expected) in [("0", Ok(())), ("3", Err("ended with 3".to_owned()))] {
            let told = tell(&line, "text");
            tokio::pin!(told);
            let early = tokio::time::timeout(PATIENCE + Duration::from_millis(500), &mut told).await;
            assert!(early.is_err(), "nothing is said before it has ended: {early:?}");
            std::fs::write(&pipe, format!("{word}\n")).unwrap();
            assert_eq!(told.await, expected);
        }
    }
}
