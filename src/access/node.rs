//! The machine's id, as deployments know devices by it.

use std::path::{Path, PathBuf};

use crate::config::{Folders, write_private};

/// Where systems keep theirs.
const MACHINE: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// The machine's id: what the environment says (`ARKITEKT_NODE_ID`), the system's, else one of kab's own that is kept.
pub fn node_id(folders: &Folders) -> String {
    let variable = std::env::var("ARKITEKT_NODE_ID").ok().filter(|id| !id.is_empty());
    variable.or_else(|| MACHINE.iter().find_map(|path| read(Path::new(path)))).unwrap_or_else(|| own(folders))
}

fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let id = text.trim();
    (!id.is_empty() && id != "uninitialized").then(|| id.to_owned())
}

fn own(folders: &Folders) -> String {
    let path: PathBuf = folders.state.join("node_id");
    read(&path).unwrap_or_else(|| {
        let id = uuid::Uuid::new_v4().simple().to_string();
        if let Err(error) =
            folders.make().map_err(std::io::Error::other).and_then(|()| write_private(&path, id.as_bytes()))
        {
            tracing::warn!("{} cannot be kept, so this machine is a new one next time: {error}", path.display());
        }
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_kabs_own_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        let id = own(&folders);
        assert_eq!(id.len(), 32);
        assert_eq!(own(&folders), id);
        assert_eq!(read(&folder.path().join("missing")), None);
    }
}
