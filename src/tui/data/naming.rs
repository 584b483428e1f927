//! What things are called that tasks speak of by their ids.

use super::Data;

impl Data {
    /// What `@kabinet/flavour:17` and the like are called; `None`: it is no thing, or one that nobody here knows.
    pub fn thing_called(&self, words: &str) -> Option<String> {
        let (identifier, id) = words.rsplit_once(':')?;
        match identifier {
            "@kabinet/flavour" => {
                let (app, release, flavour) = self.flavour(&id.into())?;
                Some(format!("{} {}, flavour {}", app.short_name(), release.version, flavour.name))
            }
            "@kabinet/release" => {
                let mut releases = self.apps().iter().flat_map(|app| app.releases.iter().map(move |it| (app, it)));
                let (app, release) = releases.find(|(_, release)| release.id.as_str() == id)?;
                Some(format!("{} {}", app.short_name(), release.version))
            }
            "@kabinet/pod" => Some(format!("pod {}", self.pod(&id.into())?.name())),
            "@kabinet/backend" => Some(format!("engine {}", self.engine(&id.into())?.name)),
            _ => None,
        }
    }
}
