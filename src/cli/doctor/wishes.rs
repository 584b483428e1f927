//! What the person, the site and the environment want of kab, and what of it cannot be.

use super::check::{Check, Section};
use crate::cli::{custom, keys};
use crate::config::{Contexts, Folders, Loaded, SETTINGS};

/// What there is to say of settings and keys.
pub fn checks(folders: &Folders, settings: &Loaded) -> Vec<Check> {
    let mut checks: Vec<Check> = settings
        .warnings
        .iter()
        .map(|oddity| Check::warn(Section::Settings, "settings", oddity.to_string()))
        .chain(contexts(folders))
        .collect();
    let found = keys::find(folders);
    let (_, wrong) = custom::find(settings, &found.keymap);
    checks.extend(wrong.into_iter().map(|text| Check::warn(Section::Settings, "actions", text)));
    if checks.is_empty() {
        let own = SETTINGS.iter().filter(|setting| settings.origins.contains_key(setting.key)).count();
        let text = match own {
            0 => "all are the usual ones".to_owned(),
            1 => "1 is not the usual one".to_owned(),
            own => format!("{own} are not the usual ones"),
        };
        let check = Check::ok(Section::Settings, "settings", text);
        checks.push(check.hint("`kab config show` says where each comes from.").value(own));
    }
    let wrong = found.complaints();
    if wrong.is_empty() {
        let own = found.keymap.all().iter().filter(|line| line.is_changed()).count();
        let text = if own == 0 { "the usual ones".to_owned() } else { format!("{own} actions have keys of your own") };
        checks.push(Check::ok(Section::Keys, "keys", text).value(own));
    }
    let broken = |text: String| {
        Check::warn(Section::Keys, "keys", text).hint("`kab keys` lists what there is; the rest of the file holds.")
    };
    checks.extend(wrong.into_iter().map(broken));
    checks
}

fn contexts(folders: &Folders) -> Vec<Check> {
    match Contexts::read(&folders.contexts_file()) {
        Ok(contexts) => {
            let warn =
                |warning: &crate::config::Warning| Check::warn(Section::Settings, "contexts", warning.to_string());
            contexts.warnings.iter().map(warn).collect()
        }
        // The check of the context says it.
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::State;
    use crate::config::Measured;

    #[test]
    fn what_cannot_be_is_told_by_file_and_line() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(root.path())).unwrap();
        let usual = checks(&folders, &Loaded::default());
        assert!(usual.len() == 2 && usual.iter().all(|check| check.state == State::Ok), "{usual:?}");
        std::fs::create_dir_all(&folders.config).unwrap();
        std::fs::write(folders.config_file(), "[terminal]\nglyfs = 'ascii'\n").unwrap();
        std::fs::write(folders.contexts_file(), "[context.lab]\nurll = 'x'\n").unwrap();
        std::fs::write(folders.keys_file(), "[pods]\nstop = '/'\n").unwrap();
        let settings = Loaded::read(&folders.config_file(), &Measured::default()).unwrap();
        let told = checks(&folders, &settings);
        let all: Vec<_> = told.iter().map(|check| (check.section, check.detail.as_str())).collect();
        assert!(all.iter().any(|(section, text)| *section == Section::Settings && text.contains("terminal.glyphs")));
        assert!(all.iter().any(|(section, text)| *section == Section::Settings && text.contains("urll")));
        assert!(all.iter().any(|(section, text)| *section == Section::Keys && text.contains("keys.toml:2: / cannot")));
        assert!(told.iter().all(|check| check.state == State::Warn), "{told:?}");
    }
}
