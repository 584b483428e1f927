//! What Kabinet knows: the catalogue, what runs, and where the catalogue comes from.

use std::collections::BTreeMap;

use super::super::{
    documents::{
        AddRepository, Backends, BackendsInFull, Definitions, DefinitionsWithKind, ForgetPod, PodLog, Pods, PodsInFull,
        Releases, ReleasesInFull, RemoveRepository, Repositories, RepositoriesInFull, ScanRepository, add_repository,
        backends, backends_in_full, definitions, definitions_with_kind, forget_pod, pod_log, pods, pods_in_full,
        releases, releases_in_full, remove_repository, repositories, repositories_in_full, scan_repository,
    },
    wire,
};
use super::{Error, Page, Result, Store, page::list};
use crate::domain::{App, Engine, Liveness, LogDump, Node, Pod, PodId, Repository, RepositoryId};

/// The list in the fuller document where the server has it, else in the common one.
macro_rules! either {
    ($store:ident, $root:literal, $page:expr, $has:ident: $full:ident $full_module:ident, $common:ident $module:ident
        $(, $extra:ident: $value:expr)*) => {{
        let kabinet = $store.session.kabinet()?;
        if $store.capabilities().await?.$has.is_yes() {
            list::<$full, _>(kabinet, $root, $page, |offset, limit| $full_module::Variables {
                pagination: Some($full_module::OffsetPaginationInput { offset, limit: Some(limit) }),
                $($extra: $full_module::$value,)*
            })
            .await
        } else {
            list::<$common, _>(kabinet, $root, $page, |offset, limit| $module::Variables {
                pagination: Some($module::OffsetPaginationInput { offset, limit: Some(limit) }),
                $($extra: $module::$value,)*
            })
            .await
        }
    }};
}

impl Store {
    /// Apps of a page of releases, with flavours and selectors. An app whose releases lie on two pages is on both.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn apps(&self, page: Page) -> Result<Vec<App>> {
        let kabinet = self.session.kabinet()?;
        let releases: Vec<wire::Release> = if self.capabilities().await?.flavours.is_yes() {
            list::<ReleasesInFull, _>(kabinet, "releases", page, |offset, limit| releases_in_full::Variables {
                filters: None,
                pagination: Some(releases_in_full::OffsetPaginationInput { offset, limit: Some(limit) }),
            })
            .await?
        } else {
            list::<Releases, _>(kabinet, "releases", page, |offset, limit| releases::Variables {
                filters: None,
                pagination: Some(releases::OffsetPaginationInput { offset, limit: Some(limit) }),
            })
            .await?
        };
        let incomplete: Vec<String> = releases
            .iter()
            .flat_map(|release| &release.flavours)
            .filter(|flavour| !flavour.is_complete())
            .map(|flavour| flavour.id.clone())
            .collect();
        let selectors = if incomplete.is_empty() { BTreeMap::new() } else { self.selectors_of(&incomplete).await? };
        Ok(wire::apps(releases, &selectors))
    }

    /// All apps.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn all_apps(&self) -> Result<Vec<App>> {
        self.apps(Page::ALL).await
    }

    /// A page of the nodes.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn nodes(&self, page: Page) -> Result<Vec<Node>> {
        let found: Vec<wire::Definition> = either!(self, "definitions", page,
            kinds: DefinitionsWithKind definitions_with_kind, Definitions definitions)?;
        Ok(found.into_iter().map(wire::Definition::into_domain).collect())
    }

    /// All engines, with what Rekuest knows of their agents. Without Rekuest their liveness is unknown.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn engines(&self) -> Result<Vec<Engine>> {
        let (backends, agents) = futures_util::join!(self.backends(), self.agents());
        let agents = agents.inspect_err(|error| tracing::warn!("liveness of engines is unknown: {error}"));
        let join = |backend: wire::Backend| {
            let Ok(agents) = &agents else { return backend.into_domain(None, Liveness::Unknown) };
            match agents.iter().find(|agent| agent.client_id() == backend.client_id) {
                Some(agent) => backend.into_domain(Some(agent.id.clone().into()), agent.liveness()),
                None => backend.into_domain(None, Liveness::Offline { last_seen: None }),
            }
        };
        Ok(backends?.into_iter().map(join).collect())
    }

    async fn backends(&self) -> Result<Vec<wire::Backend>> {
        either!(self, "backends", Page::ALL, resources: BackendsInFull backends_in_full, Backends backends)
    }

    /// All pods, newest first.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn pods(&self) -> Result<Vec<Pod>> {
        let found: Vec<wire::Pod> = self.some_pods(None).await?;
        Ok(found.into_iter().map(wire::Pod::into_domain).collect())
    }

    /// One pod.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of that id.
    pub async fn pod(&self, id: &PodId) -> Result<Pod> {
        let found = self.some_pods(Some(id)).await?;
        let pod = found.into_iter().next().map(wire::Pod::into_domain);
        pod.ok_or_else(|| Error::NotFound(format!("there is no pod {id}")))
    }

    async fn some_pods(&self, only: Option<&PodId>) -> Result<Vec<wire::Pod>> {
        let kabinet = self.session.kabinet()?;
        let ids = only.map(|id| vec![id.as_str().to_owned()]);
        if self.capabilities().await?.pods.is_yes() {
            return list::<PodsInFull, _>(kabinet, "pods", Page::ALL, |offset, limit| pods_in_full::Variables {
                filters: ids.clone().map(|ids| pods_in_full::PodFilter { ids: Some(ids), backend: None }),
                pagination: Some(pods_in_full::OffsetPaginationInput { offset, limit: Some(limit) }),
            })
            .await;
        }
        list::<Pods, _>(kabinet, "pods", Page::ALL, |offset, limit| pods::Variables {
            filters: ids.clone().map(|ids| pods::PodFilter { ids: Some(ids), backend: None }),
            pagination: Some(pods::OffsetPaginationInput { offset, limit: Some(limit) }),
        })
        .await
    }

    /// Deletes the record of a pod with its stored logs. Its engine is not asked: what runs, runs on.
    ///
    /// # Errors
    /// When Kabinet refuses, or cannot be asked.
    pub async fn forget_pod(&self, id: &PodId) -> Result<()> {
        let input = forget_pod::DeletePodInput { id: id.as_str().to_owned() };
        self.session.kabinet()?.post::<ForgetPod>(forget_pod::Variables { input }).await?;
        Ok(())
    }

    /// The newest snapshot of a pod's log.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such pod.
    pub async fn log(&self, pod: &PodId) -> Result<LogDump> {
        #[derive(serde::Deserialize)]
        struct Answer {
            pod: wire::PodLog,
        }
        use graphql_client::GraphQLQuery as _;
        let body = PodLog::build_query(pod_log::Variables { pod: pod.as_str().to_owned() });
        Ok(self.session.kabinet()?.post_body::<Answer>(&body).await?.data.pod.into_domain())
    }

    /// All repositories.
    ///
    /// # Errors
    /// When Kabinet cannot be asked.
    pub async fn repositories(&self) -> Result<Vec<Repository>> {
        let found: Vec<wire::Repository> = either!(self, "githubRepos", Page::ALL,
            repositories: RepositoriesInFull repositories_in_full, Repositories repositories)?;
        Ok(found.into_iter().map(wire::Repository::into_domain).collect())
    }

    /// Adds a repository, by `user/repo:branch` or URL (and, on our own server, by path), and reads it.
    ///
    /// # Errors
    /// When the server refuses it; upstream's refuse what they cannot read.
    pub async fn add_repository(&self, source: &str) -> Result<RepositoryId> {
        self.create_repository(add_repository::CreateGithubRepoInput {
            identifier: Some(source.trim().to_owned()),
            auto_scan: Some(true),
        })
        .await
    }

    /// The same without waiting until it is read: our own server reads it in the background, upstream's when told.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn list_repository(&self, source: &str) -> Result<RepositoryId> {
        self.create_repository(add_repository::CreateGithubRepoInput {
            identifier: Some(source.trim().to_owned()),
            auto_scan: Some(false),
        })
        .await
    }

    async fn create_repository(&self, input: add_repository::CreateGithubRepoInput) -> Result<RepositoryId> {
        let answer = self.session.kabinet()?.post::<AddRepository>(add_repository::Variables { input }).await?;
        Ok(answer.create_github_repo.id.into())
    }

    /// Reads a repository again.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn scan_repository(&self, id: &RepositoryId) -> Result<()> {
        let input = scan_repository::ScanRepoInput { id: id.as_str().to_owned() };
        self.session.kabinet()?.post::<ScanRepository>(scan_repository::Variables { input }).await?;
        Ok(())
    }

    /// Removes a repository with what it alone offered; what runs stays.
    ///
    /// # Errors
    /// Upstream's servers cannot.
    pub async fn remove_repository(&self, id: &RepositoryId) -> Result<()> {
        if !self.capabilities().await?.removal.is_yes() {
            return Err(Error::Refused("this server cannot remove repositories".into()));
        }
        let variables = remove_repository::Variables { id: id.as_str().to_owned() };
        self.session.kabinet()?.post::<RemoveRepository>(variables).await?;
        Ok(())
    }
}
