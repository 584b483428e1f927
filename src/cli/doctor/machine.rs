//! This machine and its terminal: kab's folders, the home folder, room on disks; what the terminal says of itself.
//!
//! Nothing is sent to the terminal: what it answers to questions is not looked at here.

use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::check::{Check, Section, State};
use crate::access;
use crate::config::Folders;
use crate::tui::Multiplexer;
use crate::tui::theme::{Colours, Theme};

/// With less room than this, images and databases soon find none, in MB.
const LITTLE: u64 = 1_000;
/// With less than this, nothing can be kept, in MB.
const NONE: u64 = 20;

/// What is known of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// What kab keeps there: `data`.
    pub what: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Its mode; `None`: it is not there.
    pub mode: Option<u32>,
    /// Whether it, or the one that it would be made in, takes files.
    pub takes_files: Can,
    /// Where its file system is.
    pub file_system: FileSystem,
    /// Room in MB.
    pub free: Option<u64>,
}

/// Whether something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    /// It can.
    Yes,
    /// It cannot.
    No,
}

/// Where a file system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// On this machine.
    Here,
    /// On another one.
    Network,
}

/// Looks at kab's folders, and at the home folder as the last.
pub fn look(folders: &Folders) -> Vec<Folder> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let own = [
        ("data", Some(folders.data.clone())),
        ("config", Some(folders.config.clone())),
        ("cache", Some(folders.cache.clone())),
        ("state", Some(folders.state.clone())),
        ("runtime", Some(folders.runtime.clone())),
        ("home", home),
    ];
    own.into_iter().filter_map(|(what, path)| path.map(|path| folder(what, path))).collect()
}

fn folder(what: &'static str, path: PathBuf) -> Folder {
    let nearest = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let takes_files = match rustix::fs::access(nearest, rustix::fs::Access::WRITE_OK) {
        Ok(()) => Can::Yes,
        Err(_) => Can::No,
    };
    let file_system = if access::is_on_network(&path) { FileSystem::Network } else { FileSystem::Here };
    let free = rustix::fs::statvfs(nearest).ok();
    let free = free.map(|room| room.f_bavail.saturating_mul(room.f_frsize) / 1_000_000);
    let mode = std::fs::metadata(&path).ok().map(|found| found.mode() & 0o7777);
    Folder { what, path, mode, takes_files, file_system, free }
}

/// What there is to say of the machine.
pub fn checks(folders: &[Folder]) -> Vec<Check> {
    let (version, system) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    let arch = std::env::consts::ARCH;
    let mut checks =
        vec![Check::ok(Section::Machine, "version", format!("kab {version} for {system} on {arch}")).value(version)];
    checks.extend(folders.iter().map(place));
    checks.extend(folders.iter().filter(|folder| matches!(folder.what, "data" | "cache")).filter_map(room));
    checks
}

fn place(folder: &Folder) -> Check {
    let name = format!("{} folder", folder.what);
    let path = folder.path.display();
    let check = |state, detail: String| {
        let mode = folder.mode.map(|mode| format!("{mode:04o}"));
        Check::new(Section::Machine, &name, state, detail).value(json!({"path": folder.path, "mode": mode}))
    };
    let is_home = folder.what == "home";
    let open = folder.mode.unwrap_or_default() & 0o077;
    if folder.takes_files == Can::No {
        let state = if is_home { State::Warn } else { State::Fail };
        return check(state, format!("{path} takes no files from this user"))
            .hint("--data or KAB_DATA_DIR chooses another folder.");
    }
    if is_home && open & 0o022 != 0 {
        return check(
            State::Warn,
            format!("others may write in {path}, and so take the place of what kab keeps there"),
        )
        .hint(format!("`chmod go-w {path}` ends that."));
    }
    if !is_home && folder.what != "config" && open != 0 {
        return check(State::Warn, format!("others may look into {path}"))
            .hint(format!("`chmod go= {path}` ends that."));
    }
    if folder.file_system == FileSystem::Network {
        let detail = format!("{path} lies on a network file system: its administrators can read logins");
        let slow = if folder.what == "data" { ", and the database is slower there" } else { "" };
        return check(State::Warn, format!("{detail}{slow}"))
            .hint("--data or KAB_DATA_DIR chooses a folder of this machine.");
    }
    match folder.mode {
        None => check(State::Ok, format!("{path} is made when it is needed")),
        Some(_) if is_home && open & 0o044 != 0 => {
            check(State::Ok, format!("{path} is open to others' eyes; kab's own folders in it are not"))
        }
        Some(_) => check(State::Ok, path.to_string()),
    }
}

fn room(folder: &Folder) -> Option<Check> {
    let free = folder.free?;
    let state = match free {
        ..NONE => State::Fail,
        NONE..LITTLE => State::Warn,
        _ => State::Ok,
    };
    let words = if free < 10_000 { format!("{free} MB") } else { format!("{} GB", free / 1_000) };
    let check = Check::new(Section::Machine, format!("{} disk", folder.what), state, format!("{words} are free"));
    let hint = "Make room, or choose another folder by --data or KAB_DATA_DIR.";
    Some(if state == State::Ok { check } else { check.hint(hint) }.value(free))
}

/// How the program's output ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// On a terminal of so many columns and rows.
    Terminal(u16, u16),
    /// Somewhere else.
    Elsewhere,
}

impl Screen {
    /// That of this process. The size is the kernel's word.
    pub fn of_process() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::Elsewhere;
        }
        let (columns, rows) = crossterm::terminal::size().unwrap_or_default();
        Self::Terminal(columns, rows)
    }
}

/// What there is to say of the terminal, by the environment alone.
pub fn terminal(screen: Screen, read: impl Fn(&str) -> Option<String>) -> Vec<Check> {
    let filled = |name: &str| read(name).filter(|value| !value.is_empty());
    let check = |name: &str, state, detail: String| Check::new(Section::Terminal, name, state, detail);
    let theme = Theme::from_environment(&read);
    let term = filled("TERM");
    let kind = match term.as_deref() {
        None => {
            check("TERM", State::Warn, "is not set".into()).hint("Terminals set it; `TERM=xterm-256color` fits most.")
        }
        Some("dumb") => check("TERM", State::Warn, "dumb: the terminal program works in lines there".into())
            .hint("Every command works, with -o table as well."),
        Some(term) => check("TERM", State::Ok, term.to_owned()),
    };
    let size = match screen {
        Screen::Elsewhere => check("size", State::Skipped, "the output does not go to a terminal".into()),
        Screen::Terminal(0, _) | Screen::Terminal(_, 0) => {
            check("size", State::Warn, "the terminal does not know its size".into())
                .hint("`stty cols 80 rows 24` sets it.")
        }
        Screen::Terminal(columns, rows) => {
            let state = if columns < 80 || rows < 24 { State::Warn } else { State::Ok };
            check("size", state, format!("{columns} columns, {rows} rows")).value(json!([columns, rows]))
        }
    };
    let size = match size.state {
        State::Warn if size.hint.is_empty() => size.hint("Lists show more from 80 columns and 24 rows on."),
        _ => size,
    };
    let colours = match (theme.colours, filled("NO_COLOR")) {
        (Colours::Sixteen, _) => "the sixteen of ANSI",
        (Colours::Many, _) => "256",
        (Colours::True, _) => "24 bits",
        (Colours::Mono, Some(_)) => "none, as NO_COLOR says",
        (Colours::Mono, None) => "none, as TERM says",
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, filled(name)?)));
    let origin = locale.map_or_else(|| "no locale is set".to_owned(), |(name, value)| format!("{name} is {value}"));
    let characters = match (theme.glyphs.arrow.is_ascii(), filled("KAB_GLYPHS")) {
        (is_ascii, Some(word)) if word != "auto" => {
            let words = if is_ascii { "ASCII" } else { "Unicode" };
            check("characters", State::Ok, format!("{words}, as KAB_GLYPHS says"))
        }
        (false, _) => check("characters", State::Ok, format!("Unicode: {origin}")),
        (true, _) => check("characters", State::Warn, format!("ASCII only: {origin}"))
            .hint("With a UTF-8 locale (LANG=C.UTF-8), or KAB_GLYPHS=unicode, lines and arrows are drawn."),
    };
    let between = match Multiplexer::from_environment(&read) {
        Multiplexer::None => check("multiplexer", State::Ok, "none".into()),
        Multiplexer::Tmux => check("multiplexer", State::Ok, "tmux".into())
            .hint("For copying out of kab: `set -g set-clipboard on` in tmux.conf."),
        Multiplexer::Screen => check("multiplexer", State::Ok, "GNU screen".into()),
    };
    let way = ["SSH_CONNECTION", "SSH_TTY"].into_iter().any(|name| filled(name).is_some());
    let way = check("way", State::Ok, if way { "over SSH" } else { "on this machine" }.into());
    vec![kind, size, check("colours", State::Ok, colours.into()), characters, between, way]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(change: impl FnOnce(&mut Folder)) -> Vec<Check> {
        let mut folder = Folder {
            what: "data",
            path: "/kab".into(),
            mode: Some(0o700),
            takes_files: Can::Yes,
            file_system: FileSystem::Here,
            free: Some(50_000),
        };
        change(&mut folder);
        checks(&[folder])
    }

    #[test]
    fn folders_are_judged_by_who_may_do_what_there() {
        type Case = (fn(&mut Folder), State, &'static str);
        let cases: [Case; 8] = [
            (|_| (), State::Ok, "/kab"),
            (|folder| folder.mode = None, State::Ok, "is made when"),
            (|folder| folder.mode = Some(0o750), State::Warn, "others may look"),
            (|folder| folder.takes_files = Can::No, State::Fail, "takes no files"),
            (|folder| folder.file_system = FileSystem::Network, State::Warn, "network file system"),
            (|folder| (folder.what, folder.mode) = ("home", Some(0o755)), State::Ok, "others' eyes"),
            (|folder| (folder.what, folder.mode) = ("home", Some(0o775)), State::Warn, "others may write"),
            (|folder| (folder.what, folder.mode) = ("config", Some(0o755)), State::Ok, "/kab"),
        ];
        for (change, state, words) in cases {
            let check = &data(change)[1];
            assert!(check.state == state && check.detail.contains(words), "{check:?}");
            assert_eq!(check.hint.is_empty(), state == State::Ok, "{check:?}");
        }
    }

    #[test]
    fn little_room_is_a_warning_and_none_a_failure() {
        for (free, state) in [(5, State::Fail), (999, State::Warn), (1_000, State::Ok), (12_000, State::Ok)] {
            let checks = data(|folder| folder.free = Some(free));
            assert_eq!((checks[2].name.as_str(), checks[2].state), ("data disk", state));
        }
    }

    fn states(screen: Screen, environment: &[(&str, &str)]) -> Vec<Check> {
        terminal(screen, |name| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_terminal_is_known_by_its_environment() {
        let good = states(Screen::Terminal(80, 24), &[("TERM", "xterm"), ("LANG", "de_DE.UTF-8")]);
        assert!(good.iter().all(|check| check.state == State::Ok), "{good:?}");
        let bare = states(Screen::Elsewhere, &[]);
        let words: Vec<_> = bare.iter().map(|check| check.state.word()).collect();
        assert_eq!(words, ["warn", "skipped", "ok", "warn", "ok", "ok"]);
        let odd = states(
            Screen::Terminal(60, 24),
            &[("TERM", "tmux-256color"), ("NO_COLOR", "1"), ("KAB_GLYPHS", "ascii"), ("SSH_TTY", "/dev/pts/1")],
        );
        let details: Vec<_> = odd.iter().map(|check| check.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "tmux-256color",
                "60 columns, 24 rows",
                "none, as NO_COLOR says",
                "ASCII, as KAB_GLYPHS says",
                "tmux",
                "over SSH"
            ]
        );
        assert_eq!(odd[1].state, State::Warn);
        assert_eq!(states(Screen::Terminal(0, 0), &[("TERM", "dumb")])[0].state, State::Warn);
    }

    #[test]
    fn folders_that_are_not_there_are_looked_at_where_they_would_be_made() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(&root.path().join("not/yet"))).unwrap();
        let found = look(&folders);
        assert!(found[0].mode.is_none() && found[0].takes_files == Can::Yes && found[0].free.is_some());
        assert!(!root.path().join("not").exists());
    }
}
