//! What settings, environment and keys.toml say of the terminal program, as it takes them: at its start, and when one of
//! these files is written. Running it is in `terminal`.

use crate::config::{self, Folders, Loaded};
use crate::domain::shell::word as quoted;
use crate::services::LowBandwidth;
use crate::tui::theme::{Own, Scheme};
use crate::tui::{Link, Options};

/// What settings, environment and keys.toml say of the terminal program; and why nothing of keys.toml holds, where that is
/// so.
pub fn wanted(folders: &Folders, settings: &Loaded) -> (Options, Option<String>) {
    let terminal = settings.config.terminal.clone();
    let mut options = Options::of(|name| match name {
        // The settings have the variables already, where they are set.
        "KAB_COLOR" => terminal.colours.clone(),
        "KAB_GLYPHS" => terminal.glyphs.clone(),
        "KAB_THEME" => terminal.theme.clone(),
        "KAB_CLIPBOARD" => terminal.clipboard.clone(),
        "KAB_NOTIFY" => terminal.notifications.clone(),
        "KAB_A11Y" => terminal.accessibility.clone(),
        "KAB_TITLE" => terminal.title.clone(),
        "KAB_MOUSE" => terminal.mouse.clone(),
        "KAB_LINKS" => terminal.links.clone(),
        _ => std::env::var(name).ok(),
    });
    let found = super::keys::find(folders);
    let mut complaints = found.complaints();
    let mut broken = complaints.first().filter(|_| found.is_broken).cloned();
    if let Some(name) = terminal.theme.filter(|name| settings.themes.contains(name)) {
        match own_theme(folders, &name) {
            Ok(own) => options.theme.scheme = Scheme::Own(own),
            Err(why) => {
                broken.get_or_insert_with(|| why.clone());
                complaints.push(why);
            }
        }
    }
    let (custom, wrong) = super::custom::find(settings, &found.keymap);
    options.said = settings.warnings.iter().map(ToString::to_string).chain(complaints).chain(wrong).collect();
    if options.said.len() > 1 {
        options.said.push(format!("{} lines of your settings are not used; @ shows them", options.said.len()));
    }
    options.host = crate::engine::facts::host_name();
    options.program = program(folders);
    options.link = link(settings);
    (options.keys, options.custom) = (found.keymap, custom);
    let templates = settings.config.logs.json_template.clone();
    options.json_templates = templates.into_iter().map(|(app, text)| (app, text.into())).collect();
    (options, broken)
}

/// This very program, with the folder that it was told of.
fn program(folders: &Folders) -> String {
    let word = |path: &std::path::Path| quoted(&path.to_string_lossy());
    let root = folders.root.as_deref().map_or_else(String::new, |root| format!(" --data {}", word(root)));
    let here = std::env::current_exe().ok().filter(|path| path.exists());
    format!("{}{root}", here.map_or_else(|| "kab".into(), |path| word(&path)))
}

/// What the settings say of the way to the server.
fn link(settings: &Loaded) -> Link {
    let terminal = &settings.config.terminal;
    let most = terminal.max_kbps.map(|kilobits| kilobits * 125);
    Link { low_bandwidth: LowBandwidth::of(terminal.low_bandwidth.as_deref()), most }
}

fn own_theme(folders: &Folders, name: &str) -> Result<Own, String> {
    let path = config::theme_file(&folders.config_file(), name);
    let path = path.ok_or_else(|| format!("{name:?} is no name of a theme"))?;
    let words = config::read_theme(&path)?;
    Own::read(&words).map_err(|why| format!("{}: {why}", path.display()))
}
