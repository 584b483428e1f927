//! Whether it can be told how often the values of a command line are read by a shell: programs such as `ssh` hand words on
//! to another one, and one may stand within the other. What quoting does about it stands in `shell.rs`.

/// How well it is known who reads the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Quoting holds whatever a value is.
    Known,
    /// Values that a shell could take for more than letters are refused.
    Doubtful,
}

/// Programs that hand words on to a shell.
const SHELLS: [&str; 18] = [
    "ssh", "autossh", "slogin", "pdsh", "clush", "sh", "bash", "dash", "ksh", "zsh", "fish", "eval", "watch", "su",
    "sbatch", "srun", "parallel", "xargs",
];
/// Those of them whose own options and words this module follows.
const FOLLOWED: [&str; 9] = ["ssh", "sh", "bash", "dash", "ksh", "zsh", "eval", "watch", "su"];

/// Whether it can be told how often the values of a line are read by a shell.
pub(super) fn reading(line: &str) -> Reading {
    // A program is the same one with quotes or backslashes in its name.
    let bare: String = line.chars().filter(|letter| !"'\"\\".contains(*letter)).collect();
    let words = bare.split(|letter: char| !letter.is_ascii_alphanumeric());
    let shells: Vec<&str> = words.filter(|word| SHELLS.contains(word)).collect();
    let is_followed = shells.iter().all(|word| FOLLOWED.contains(word)) && shells.len() <= 1;
    let is_odd = ["$(", "`", "$'", "$\""].iter().any(|sign| line.contains(sign));
    let is_split = !shells.is_empty() && line.contains(['(', ')', '&', ';', '|', '\\']);
    let has_command = !shells.is_empty() && (bare.contains("Command") || bare.contains("-o"));
    if is_followed && !is_odd && !is_split && !has_command { Reading::Known } else { Reading::Doubtful }
}

/// Whether every shell takes a text for itself, however often it reads it.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:@/+,%".contains(letter))
}
