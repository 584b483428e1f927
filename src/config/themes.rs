//! `themes/NAME.toml`: themes of a person's own, as plain words. What they mean is known where things are drawn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layers::told;

/// The file of a theme beside `config.toml`; `None`: that is no name of one.
pub fn theme_file(config: &Path, name: &str) -> Option<PathBuf> {
    let is_name =
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    is_name.then(|| config.with_file_name("themes").join(format!("{name}.toml")))
}

/// What the file of a theme says.
///
/// # Errors
/// What is wrong with it, with file and line.
pub fn read_theme(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {}", path.display(), told(&text, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_lies_beside_the_settings_and_a_broken_one_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        assert_eq!(theme_file(&config, "../x"), None);
        let path = theme_file(&config, "sea").unwrap();
        assert_eq!(path, folder.path().join("themes/sea.toml"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "base = 'dark'\naccent = '#5fd7ff'\n").unwrap();
        assert_eq!(read_theme(&path).unwrap()["accent"], "#5fd7ff");
        std::fs::write(&path, "base = 'dark'\naccent = 3\n").unwrap();
        assert!(read_theme(&path).unwrap_err().contains("sea.toml: line 2: "));
    }
}
