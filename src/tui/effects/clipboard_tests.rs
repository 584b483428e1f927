//! What is written for every terminal and multiplexer, and that real ones understand it.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;

fn host(pairs: &'static [(&str, &str)]) -> Host {
    Host::from_environment(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

const XTERM: &[(&str, &str)] = &[("TERM", "xterm-256color")];
const TMUX: &[(&str, &str)] = &[("TERM", "tmux-256color")];
const SCREEN: &[(&str, &str)] = &[("TERM", "screen")];

fn bytes(copied: Copied) -> (Vec<u8>, String) {
    match copied {
        Copied::ByTerminal(bytes, said) => (bytes, said),
        other => panic!("not by the terminal: {other:?}"),
    }
}

fn said(copied: Copied) -> String {
    match copied {
        Copied::Not(said) => said,
        other => panic!("something is copied: {other:?}"),
    }
}

#[test]
fn the_text_arrives_through_every_multiplexer() {
    let (plain, word) = bytes(by_terminal("kab", &host(XTERM), None));
    assert_eq!(plain, b"\x1b]52;c;a2Fi\x07");
    assert_eq!(word, "Copied 3 characters by OSC 52");
    let (tmux, _) = bytes(by_terminal("kab", &host(TMUX), None));
    assert_eq!(tmux, b"\x1bPtmux;\x1b\x1b]52;c;a2Fi\x07\x1b\\\x1b]52;c;a2Fi\x07");
    assert!(bytes(by_terminal("a\nb", &host(SCREEN), None)).0.starts_with(b"\x1bP\x1b]52;c;"));
}

#[test]
fn a_text_that_is_too_large_or_has_no_clipboard_is_saved_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clip.txt");
    let large = said(by_terminal(&"x".repeat(200_000), &host(XTERM), Some(folder.path())));
    assert!(large.contains("200 kB") && large.contains(file.to_str().unwrap()), "{large}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&file).unwrap().len(), 200_000);
    let console = said(by_terminal("kab", &host(&[("TERM", "linux")]), Some(folder.path())));
    assert!(console.starts_with("TERM=linux has no clipboard: saved to "), "{console}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kab");
}

#[test]
fn the_person_s_own_desktop_is_meant_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["wl-copy", "xclip"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let path = folder.path().to_str().unwrap().to_owned();
    let find = |more: &'static [(&'static str, &'static str)]| {
        let path = path.clone();
        Clipboard::from_environment(move |name| match name {
            "PATH" => Some(path.clone()),
            _ => more.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
        })
    };
    let name = |clipboard: &Clipboard| clipboard.program.as_ref().map(Program::name);
    assert_eq!(name(&find(&[])), None, "no display");
    let on_x = find(&[("DISPLAY", ":0")]);
    assert_eq!(name(&on_x).as_deref(), Some("xclip"));
    assert_eq!(name(&find(&[("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0")])).as_deref(), Some("wl-copy"));
    let here = host(XTERM);
    let far = host(&[("TERM", "xterm-256color"), ("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")]);
    assert!(matches!(on_x.copy("kab", &here, None), Copied::ByProgram(_)));
    assert!(matches!(on_x.copy("kab", &far, None), Copied::ByTerminal(..)), "the display is not the person's");
    assert!(matches!(find(&[]).copy("kab", &here, None), Copied::ByTerminal(..)));
    assert!(matches!(
        find(&[("KAB_CLIPBOARD", "native"), ("DISPLAY", ":0")]).copy("kab", &far, None),
        Copied::ByProgram(_)
    ));
    assert!(matches!(
        find(&[("KAB_CLIPBOARD", "osc52"), ("DISPLAY", ":0")]).copy("kab", &here, None),
        Copied::ByTerminal(..)
    ));
    let none = said(find(&[("KAB_CLIPBOARD", "native")]).copy("kab", &here, Some(folder.path())));
    assert!(none.contains("no desktop here") && none.contains("clip.txt"), "{none}");
    assert!(said(find(&[("KAB_CLIPBOARD", "off")]).copy("kab", &here, None)).contains("is off"));
}

/// Two hundred lines of a log.
fn lines() -> String {
    let line = |at| format!("14:02:{:02} INFO predict image={at} tiles=16 path=/data/images/{at}\n", at % 60);
    (0..200).map(line).collect::<Vec<_>>().concat()
}

/// Whether a program is there; a test that needs it says that it does nothing.
fn has(name: &str) -> bool {
    let found = std::process::Command::new(name).arg(if name == "tmux" { "-V" } else { "--version" }).output();
    if found.is_err() {
        eprintln!("SKIPPED: there is no {name} on this machine");
    }
    found.is_ok()
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < limit, "waited 30 s for {what}");
        std::thread::yield_now();
    }
}

#[test]
fn two_hundred_lines_arrive_in_the_buffer_of_a_real_tmux() {
    if !has("tmux") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bytes");
    let text = lines();
    std::fs::write(&file, bytes(by_terminal(&text, &host(TMUX), None)).0).unwrap();
    let socket = folder.path().join("tmux");
    let tmux = |arguments: &[&str]| {
        let mut command = std::process::Command::new("tmux");
        command.env_remove("TMUX").arg("-S").arg(&socket).args(["-f", "/dev/null"]).args(arguments);
        command.output().unwrap()
    };
    let go = folder.path().join("go");
    let shell = format!("until test -e {}; do :; done; cat {}; read line", go.display(), file.display());
    assert!(tmux(&["new-session", "-d", "-x", "80", "-y", "24", &shell]).status.success());
    assert!(tmux(&["set-option", "-s", "set-clipboard", "on"]).status.success());
    std::fs::write(&go, "").unwrap();
    let arrived = wait_for("the buffer of tmux", || {
        let shown = tmux(&["show-buffer"]).stdout;
        (!shown.is_empty()).then_some(shown)
    });
    tmux(&["kill-server"]);
    assert!(arrived == text.as_bytes(), "{} of {} bytes arrived", arrived.len(), text.len());
}

#[test]
fn two_hundred_lines_pass_through_a_real_screen() {
    if !has("screen") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bytes");
    let text = lines();
    std::fs::write(&file, bytes(by_terminal(&text, &host(SCREEN), None)).0).unwrap();
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new("screen");
    command.args(["-c", "/dev/null", "cat", file.to_str().unwrap()]);
    command.env("TERM", "xterm-256color");
    command.env("SCREENDIR", folder.path());
    command.env_remove("STY");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut shown = Vec::new();
    // It ends with the program in it.
    output.read_to_end(&mut shown).ok();
    child.wait().unwrap();
    let start = b"\x1b]52;c;";
    let from = shown.windows(start.len()).position(|bytes| bytes == start).expect("no OSC 52 came out of screen");
    let encoded: Vec<u8> = shown[from + start.len()..].iter().copied().take_while(|byte| *byte != 7).collect();
    assert_eq!(STANDARD.decode(encoded).unwrap(), text.as_bytes());
}
