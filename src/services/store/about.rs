//! What is told of an app beyond its entry: who made it, the README of its repository, who else offers it.

use graphql_client::GraphQLQuery as _;
use serde::Deserialize;
use serde_json::Value;

use super::super::documents::{
    ReleaseAbout, ReleaseManifests, RepositoryReadme, UseRepository, release_about, release_manifests,
    repository_readme, use_repository,
};
use super::{Error, Result, Store};
use crate::domain::{About, Readme, ReleaseId, RepositoryId, Sources};

#[derive(Deserialize)]
struct Releases {
    release: Release,
}

#[derive(Deserialize)]
struct Release {
    flavours: Vec<Flavour>,
    #[serde(default)]
    app: Option<App>,
}

#[derive(Deserialize)]
struct Flavour {
    manifest: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct App {
    id: String,
    offered_by: Vec<Repository>,
    chosen_repo: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repositories {
    github_repo: Repository,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    readme: Option<String>,
}

impl Store {
    /// What is told of a release and of the repository that it comes from.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn about(&self, release: &ReleaseId, repository: Option<&RepositoryId>) -> Result<About> {
        let (told, readme) = futures_util::join!(self.told_of(release), self.readme(repository));
        // The README is what the page is read for: a server that cannot tell the rest is no failure.
        let told = told.inspect_err(|error| tracing::debug!(%error, "who made an app is unknown"));
        let (publisher, sources) = told.unwrap_or_default();
        Ok(About { publisher, readme: readme?, sources })
    }

    async fn told_of(&self, release: &ReleaseId) -> Result<(Option<String>, Option<Sources>)> {
        let id = release.as_str().to_owned();
        let kabinet = self.session.kabinet()?;
        let release = if self.capabilities().await?.choices.is_yes() {
            let body = ReleaseAbout::build_query(release_about::Variables { id });
            kabinet.post_body::<Releases>(&body).await?.data.release
        } else {
            let body = ReleaseManifests::build_query(release_manifests::Variables { id });
            kabinet.post_body::<Releases>(&body).await?.data.release
        };
        let sources = release.app.map(|app| Sources {
            app: app.id,
            all: app.offered_by.into_iter().map(|it| (it.id.into(), it.name)).collect(),
            chosen: app.chosen_repo.map(|it| it.id.into()),
        });
        Ok((publisher(release.flavours.iter().map(|flavour| &flavour.manifest)), sources))
    }

    async fn readme(&self, repository: Option<&RepositoryId>) -> Result<Readme> {
        let Some(repository) = repository else { return Ok(Readme::Unknown) };
        if !self.capabilities().await?.readmes.is_yes() {
            return Ok(Readme::Unknown);
        }
        let body = RepositoryReadme::build_query(repository_readme::Variables { id: repository.as_str().to_owned() });
        match self.session.kabinet()?.post_body::<Repositories>(&body).await {
            Ok(answer) => Ok(answer.data.github_repo.readme.map_or(Readme::Missing, Readme::Text)),
            // It was removed a moment ago.
            Err(Error::NotFound(_)) => Ok(Readme::Unknown),
            Err(error) => Err(error),
        }
    }

    /// Takes an app from that repository from now on; what runs stays.
    ///
    /// # Errors
    /// When the repository cannot be read, or does not offer the app; other servers than kab's own cannot.
    pub async fn use_repository(&self, app: &str, repository: &RepositoryId) -> Result<()> {
        if !self.capabilities().await?.choices.is_yes() {
            return Err(Error::Refused("on this server the repository that was read last counts".into()));
        }
        let variables = use_repository::Variables { app: app.to_owned(), repository: repository.as_str().to_owned() };
        self.session.kabinet()?.post::<UseRepository>(variables).await?;
        Ok(())
    }
}

/// Who made an app: the first of its flavours that says it. `unknown` is what the tooling writes where nobody said.
fn publisher<'a>(manifests: impl Iterator<Item = &'a Value>) -> Option<String> {
    let authors = manifests.filter_map(|manifest| manifest.get("author")?.as_str()).map(str::trim);
    authors.filter(|author| !author.is_empty() && *author != "unknown").map(str::to_owned).next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::publisher;

    #[test]
    fn who_made_it_is_whoever_says_so() {
        let manifests = [json!({}), json!(null), json!({ "author": "unknown" }), json!({ "author": " ada " })];
        assert_eq!(publisher(manifests.iter()).as_deref(), Some("ada"));
        assert_eq!(publisher(manifests[..3].iter()), None);
    }
}
