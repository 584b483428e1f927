//! What can be changed.

use async_graphql::{Context, Error, ID, InputObject, MergedObject, Object, Result};
use serde_json::Value as Json;

use super::app_image::{self, AppImageInput};
use super::choosing::Choosing;
use super::enums::PodStatus;
use super::filters::number;
use super::scalars::{DateTime, UntypedParams};
use super::types::{Backend, Deployment, GithubRepo, LogDump, Pod, Release, Resource};
use super::{Kabinet, identity, now, organisation};
use crate::server::changes::{Change, Event};
use crate::server::repositories::{Scan, Source};
use crate::server::store::kabinet::rows;
use crate::server::store::kabinet::workplaces::{
    self, DeploymentCreation, PodCreation, PodReport, ResourceDeclaration,
};
use crate::server::store::kabinet::{catalogue, select};

/// The root of all changes.
#[derive(MergedObject, Default)]
pub struct Mutation(Catalogue, Choosing, Workplaces);

/// Changes of the catalogue.
#[derive(Default)]
pub struct Catalogue;

#[Object]
impl Catalogue {
    /// Adds a repository and reads it. One that cannot be read is kept; why stands in its `scanFailure`.
    async fn create_github_repo(&self, context: &Context<'_>, input: CreateGithubRepoInput) -> Result<GithubRepo> {
        let organisation = organisation(context)?;
        let source = match (&input.identifier, &input.user, &input.repo) {
            (Some(identifier), _, _) => Source::parse(identifier)?,
            (None, Some(user), Some(repo)) => {
                let branch = input.branch.as_deref().unwrap_or("main");
                Source::github(user, repo, branch).ok_or_else(|| Error::new("Invalid github repo"))?
            }
            _ => return Err(Error::new("Invalid github repo: give identifier, or user and repo")),
        };
        let scan = if input.auto_scan == Some(false) { Scan::Later } else { Scan::Now };
        let repositories = &context.data::<Kabinet>()?.repositories;
        Ok(GithubRepo(repositories.add(organisation, &source, scan).await?))
    }

    /// Reads a repository again.
    async fn scan_repo(&self, context: &Context<'_>, input: ScanRepoInput) -> Result<GithubRepo> {
        let (organisation, id) = (organisation(context)?, number(&ID(input.id))?);
        let repositories = &context.data::<Kabinet>()?.repositories;
        Ok(GithubRepo(repositories.scan(organisation, id).await?))
    }

    /// Reads all repositories again. One that cannot be read says so in its `scanState`, and does not hold up the others.
    async fn rescan_repos(&self, context: &Context<'_>) -> Result<Vec<GithubRepo>> {
        let repositories = &context.data::<Kabinet>()?.repositories;
        let rows = repositories.scan_all(organisation(context)?).await?;
        Ok(rows.into_iter().map(GithubRepo).collect())
    }

    /// Removes a repository with what it alone offered; what runs stays.
    async fn delete_github_repo(&self, context: &Context<'_>, id: ID) -> Result<ID> {
        let row = number(&id)?;
        let repositories = &context.data::<Kabinet>()?.repositories;
        repositories.remove(organisation(context)?, row).await?;
        Ok(id)
    }

    /// Brings in one image without a repository.
    async fn create_app_image(&self, context: &Context<'_>, input: AppImageInput) -> Result<Release> {
        let organisation_id = organisation(context)?;
        let entry = app_image::entry(&input)?;
        let kabinet = context.data::<Kabinet>()?;
        let release = kabinet
            .store
            .write(move |transaction| {
                let origin = catalogue::Origin { organisation: organisation_id, repository: None, now: now() };
                let imported = catalogue::import(transaction, origin, std::slice::from_ref(&entry))?;
                let release = imported.releases.first().copied().unwrap_or_default();
                select::one(transaction, organisation_id, release)
            })
            .await?;
        kabinet.changes.tell(Change::Catalogue { organisation_id });
        Ok(Release(release))
    }
}

/// Changes of what runs where.
#[derive(Default)]
pub struct Workplaces;

#[Object]
impl Workplaces {
    /// Names the caller's backend.
    async fn declare_backend(&self, context: &Context<'_>, input: DeclareBackendInput) -> Result<Backend> {
        let who = identity(context)?.clone();
        let organisation_id = who.organisation_id;
        let kabinet = context.data::<Kabinet>()?;
        let (row, event): (rows::Backend, Event) = kabinet
            .store
            .write(move |transaction| {
                let (id, event) = workplaces::declare_backend(transaction, &who, (&input.name, &input.kind), now())?;
                Ok((select::one(transaction, who.organisation_id, id)?, event))
            })
            .await?;
        kabinet.changes.tell(Change::Backend { organisation_id, id: row.id, event });
        Ok(Backend(row))
    }

    /// Notes a resource of a backend; every call overwrites what was said before.
    async fn declare_resource(&self, context: &Context<'_>, input: DeclareResourceInput) -> Result<Resource> {
        let organisation_id = organisation(context)?;
        let qualifiers = input.qualifiers.map(|qualifiers| {
            let items = qualifiers.into_iter().map(|item| serde_json::json!({"key": item.key, "value": item.value}));
            items.collect::<Json>().to_string()
        });
        let declaration = ResourceDeclaration {
            backend: number(&input.backend)?,
            local_id: input.local_id,
            name: input.name,
            qualifiers,
        };
        let kabinet = context.data::<Kabinet>()?;
        let row: rows::Resource = kabinet
            .store
            .write(move |transaction| {
                let id = workplaces::declare_resource(transaction, organisation_id, &declaration, now())?;
                select::one(transaction, organisation_id, id)
            })
            .await?;
        kabinet.changes.tell(Change::Backend { organisation_id, id: row.backend_id, event: Event::Updated });
        Ok(Resource(row))
    }

    /// Notes that the caller's backend has a flavour.
    async fn create_deployment(&self, context: &Context<'_>, input: CreateDeploymentInput) -> Result<Deployment> {
        let who = identity(context)?.clone();
        let secret_params = match input.secret_params.map(|UntypedParams(params)| params) {
            None | Some(Json::Null) => String::from("{}"),
            Some(Json::Object(params)) if params.values().all(Json::is_string) => Json::Object(params).to_string(),
            Some(_) => return Err(Error::new("secretParams must be a flat object of strings")),
        };
        let creation = DeploymentCreation {
            flavour: number(&input.flavour)?,
            local_id: input.local_id.0,
            secret_params,
            pulled_at: input.last_pulled.map(|at| at.0),
        };
        let row = change(context, move |transaction| {
            let id = workplaces::create_deployment(transaction, &who, &creation, now())?;
            select::one(transaction, who.organisation_id, id)
        });
        row.await.map(Deployment)
    }

    /// Sets the status of a deployment.
    async fn update_deployment(&self, context: &Context<'_>, input: UpdateDeploymentInput) -> Result<Deployment> {
        let (organisation, id) = (organisation(context)?, number(&input.deployment)?);
        let row = change(context, move |transaction| {
            workplaces::update_deployment(transaction, organisation, id, input.status.word(), now())?;
            select::one(transaction, organisation, id)
        });
        row.await.map(Deployment)
    }

    /// Notes a pod of the caller's backend. One that is known keeps its status.
    async fn create_pod(&self, context: &Context<'_>, input: CreatePodInput) -> Result<Pod> {
        let who = identity(context)?.clone();
        let organisation_id = who.organisation_id;
        let creation = PodCreation {
            deployment: number(&input.deployment)?,
            local_id: input.local_id.0,
            resource: input.resource.as_ref().map(number).transpose()?,
            client_id: input.client_id,
            // What is no task of the caller's says nothing about the owner.
            task: input.task.and_then(|task| task.parse().ok()),
        };
        let (row, event): (rows::Pod, Event) = change(context, move |transaction| {
            let (id, event) = workplaces::create_pod(transaction, &who, &creation, now())?;
            Ok((select::one(transaction, who.organisation_id, id)?, event))
        })
        .await?;
        tell(context, Change::Pod { organisation_id, id: row.id, event })?;
        Ok(Pod(row))
    }

    /// Sets the status of a pod, named by its row or by the caller's own id of it.
    async fn update_pod(&self, context: &Context<'_>, input: UpdatePodInput) -> Result<Pod> {
        let who = identity(context)?.clone();
        let organisation_id = who.organisation_id;
        let report = PodReport {
            pod: input.pod.as_ref().map(number).transpose()?,
            local_id: input.local_id.map(|id| id.0),
            status: input.status.word().to_owned(),
            reason: input.reason,
        };
        let (row, event): (rows::Pod, Option<Event>) = change(context, move |transaction| {
            let (id, event) = workplaces::update_pod(transaction, &who, &report, now())?;
            Ok((select::one(transaction, who.organisation_id, id)?, event))
        })
        .await?;
        if let Some(event) = event {
            tell(context, Change::Pod { organisation_id, id: row.id, event })?;
        }
        Ok(Pod(row))
    }

    /// Keeps a snapshot of a pod's log. Only the newest few are kept, and of a very long one only the end.
    async fn dump_logs(&self, context: &Context<'_>, input: DumpLogsInput) -> Result<LogDump> {
        let (organisation, pod) = (organisation(context)?, number(&input.pod)?);
        let at = now();
        let id =
            change(context, move |transaction| workplaces::dump_logs(transaction, organisation, pod, &input.logs, at));
        Ok(LogDump(rows::LogDump { id: id.await?, pod_id: pod, created_at: at.0 }))
    }

    /// Deletes a pod with its log dumps. What runs is not touched.
    async fn delete_pod(&self, context: &Context<'_>, input: DeletePodInput) -> Result<ID> {
        let (organisation_id, id) = (organisation(context)?, number(&input.id)?);
        change(context, move |transaction| workplaces::delete_pod(transaction, organisation_id, id)).await?;
        tell(context, Change::Pod { organisation_id, id, event: Event::Deleted })?;
        Ok(input.id)
    }

    /// Deletes a backend with its resources, deployments and pods. What runs is not touched.
    async fn delete_backend(&self, context: &Context<'_>, id: ID) -> Result<ID> {
        let (organisation_id, row) = (organisation(context)?, number(&id)?);
        let pods =
            change(context, move |transaction| workplaces::delete_backend(transaction, organisation_id, row)).await?;
        for id in pods {
            tell(context, Change::Pod { organisation_id, id, event: Event::Deleted })?;
        }
        tell(context, Change::Backend { organisation_id, id: row, event: Event::Deleted })?;
        Ok(id)
    }
}

async fn change<T, F>(context: &Context<'_>, change: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&rusqlite::Transaction<'_>) -> crate::server::store::Result<T> + Send + 'static,
{
    Ok(context.data::<Kabinet>()?.store.write(change).await?)
}

fn tell(context: &Context<'_>, change: Change) -> Result<()> {
    context.data::<Kabinet>()?.changes.tell(change);
    Ok(())
}

/// A repository to add.
#[derive(InputObject)]
struct CreateGithubRepoInput {
    /// Accepted and without effect: the name follows from the source.
    name: Option<String>,
    /// Owner on GitHub.
    user: Option<String>,
    /// Branch on GitHub; `main` when not given.
    branch: Option<String>,
    /// Name on GitHub.
    repo: Option<String>,
    /// `user/repo[:branch]`, a GitHub URL, the URL of a deployments file, or an absolute path.
    identifier: Option<String>,
    /// Read it before answering; else it is read in the background.
    #[graphql(default_with = "Some(true)")]
    auto_scan: Option<bool>,
}

/// A repository to read again.
#[derive(InputObject)]
struct ScanRepoInput {
    /// Its row.
    id: String,
}

/// The caller's backend.
#[derive(InputObject)]
struct DeclareBackendInput {
    /// What people call it.
    name: String,
    /// What drives its containers.
    kind: String,
}

/// A resource of a backend.
#[derive(InputObject)]
struct DeclareResourceInput {
    /// The backend.
    backend: ID,
    /// What people call it.
    name: Option<String>,
    /// The backend's own id of it.
    local_id: String,
    /// What it says of itself.
    qualifiers: Option<Vec<QualifierInput>>,
}

/// One thing that a resource says of itself.
#[derive(InputObject)]
struct QualifierInput {
    /// What.
    key: String,
    /// How much.
    value: String,
}

/// A deployment of the caller's backend.
#[derive(InputObject)]
struct CreateDeploymentInput {
    /// The backend's own id of it.
    local_id: ID,
    /// The flavour.
    flavour: ID,
    /// Accepted and without effect: this server wants no approval.
    approval: Option<ID>,
    /// When the image was pulled.
    last_pulled: Option<DateTime>,
    /// A flat object of texts.
    secret_params: Option<UntypedParams>,
}

/// The new status of a deployment.
#[derive(InputObject)]
struct UpdateDeploymentInput {
    /// The deployment.
    deployment: ID,
    /// Its status.
    status: PodStatus,
}

/// A pod of the caller's backend.
#[derive(InputObject)]
struct CreatePodInput {
    /// Its deployment.
    deployment: ID,
    /// The backend's own id of it.
    local_id: ID,
    /// Where it runs.
    resource: Option<ID>,
    /// OAuth client id of the app inside.
    client_id: Option<String>,
    /// The caller's task that it is made for: the pod belongs to whoever assigned that.
    task: Option<ID>,
}

/// The new status of a pod.
#[derive(InputObject)]
struct UpdatePodInput {
    /// The pod, by its row.
    pod: Option<ID>,
    /// The pod of the caller's backend, by the backend's own id.
    local_id: Option<ID>,
    /// Its status.
    status: PodStatus,
    /// Why it has this status.
    reason: Option<String>,
}

/// A snapshot of a pod's log.
#[derive(InputObject)]
struct DumpLogsInput {
    /// The pod.
    pod: ID,
    /// The text.
    logs: String,
}

/// A pod to delete.
#[derive(InputObject)]
struct DeletePodInput {
    /// Its row.
    id: ID,
}
