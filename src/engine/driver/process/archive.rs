//! Reads docker-save archives, as far as a process needs them: which command belongs to which reference.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::Path,
};

use serde::Deserialize;

/// Manifest and configurations are smaller than this, in bytes.
const LARGEST: u64 = 1 << 20;

/// The commands in a docker-save archive, by the references that it gives to its images.
pub fn commands_of(archive: &Path) -> io::Result<Vec<(String, Vec<String>)>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Manifest {
        config: String,
        repo_tags: Option<Vec<String>>,
    }
    let mut small = BTreeMap::new();
    let mut archive = tar::Archive::new(io::BufReader::new(std::fs::File::open(archive)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        // Manifest and configurations are small; layers are not wanted.
        if entry.size() < LARGEST && Path::new(&name).extension().is_none_or(|extension| extension != "tar") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            small.insert(name, bytes);
        }
    }
    let manifest = small.get("manifest.json").ok_or_else(|| io::Error::other("the archive has no manifest.json"))?;
    let manifest: Vec<Manifest> = serde_json::from_slice(manifest)?;
    let mut commands = Vec::new();
    for image in manifest {
        let missing = || io::Error::other(format!("the archive has no {}", image.config));
        let config: serde_json::Value = serde_json::from_slice(small.get(&image.config).ok_or_else(missing)?)?;
        let words = |member: &str| -> Vec<String> {
            serde_json::from_value(config["config"][member].clone()).unwrap_or_default()
        };
        let command: Vec<String> = words("Entrypoint").into_iter().chain(words("Cmd")).collect();
        for tag in image.repo_tags.unwrap_or_default() {
            commands.push((tag, command.clone()));
        }
    }
    Ok(commands)
}
