//! What can be asked.

use async_graphql::{Context, Error, ID, InputObject, MergedObject, Object, Result};

use super::enums::ContainerType;
use super::filters::{
    AppFilter, BackendFilter, DefinitionFilter, DeploymentFilter, Filter as _, FlavourFilter, GithubRepoFilter,
    OffsetPaginationInput, PodFilter, ReleaseFilter, ResourceFilter, number, selection,
};
use super::orders::{
    AppOrder, BackendOrder, DefinitionOrder, DeploymentOrder, FlavourOrder, GithubRepoOrder, PodOrder, ReleaseOrder,
    ResourceOrder,
};
use super::scalars::ActionHash;
use super::types::{
    App, Backend, Definition, Deployment, Flavour, GithubRepo, GithubRepoStats, Pod, Release, Resource, User,
};
use super::{Kabinet, identity, organisation};
use crate::server::store;
use crate::server::store::kabinet::criteria::{Column, Condition, Page, Selection};
use crate::server::store::kabinet::rows::{self, Entity};
use crate::server::store::kabinet::{select, workplaces};

/// The root of all questions.
#[derive(MergedObject, Default)]
pub struct Query(Lists, Singles);

async fn one<E: Entity>(context: &Context<'_>, id: &ID) -> Result<E> {
    let (organisation, id) = (organisation(context)?, number(id)?);
    let store = &context.data::<Kabinet>()?.store;
    Ok(store.read(move |connection| select::one(connection, organisation, id)).await?)
}

async fn list<E: Entity>(context: &Context<'_>, selection: Selection) -> Result<Vec<E>> {
    let organisation = organisation(context)?;
    let store = &context.data::<Kabinet>()?.store;
    Ok(store.read(move |connection| select::list(connection, organisation, &selection)).await?)
}

/// The only row that meets a condition; `None` when there is none.
async fn only<E: Entity>(context: &Context<'_>, condition: Condition) -> Result<Option<E>> {
    let two = Selection { page: Page { offset: 0, limit: Some(2) }, ..Selection::of(condition) };
    let mut rows = list::<E>(context, two).await?;
    if rows.len() > 1 {
        return Err(Error::new(format!("get() returned more than one {}", E::NAME)));
    }
    Ok(rows.pop())
}

macro_rules! roots {
    ($($(#[$doc:meta])* $object:ident: $one:ident, $many:ident($filter:ty, $order:ty);)*) => {
        /// One row, or a list of rows, of every kind.
        #[derive(Default)]
        pub struct Lists;

        #[Object]
        impl Lists {
            $(
                $(#[$doc])*
                async fn $one(&self, context: &Context<'_>, id: ID) -> Result<$object> {
                    one(context, &id).await.map($object)
                }

                $(#[$doc])*
                async fn $many(
                    &self,
                    context: &Context<'_>,
                    filters: Option<$filter>,
                    ordering: Option<Vec<$order>>,
                    pagination: Option<OffsetPaginationInput>,
                ) -> Result<Vec<$object>> {
                    let rows = list(context, selection(filters.as_ref(), ordering, pagination)?).await?;
                    Ok(rows.into_iter().map($object).collect())
                }
            )*
        }
    };
}

roots! {
    /// Apps.
    App: app, apps(AppFilter, AppOrder);
    /// Releases.
    Release: release, releases(ReleaseFilter, ReleaseOrder);
    /// Flavours, the newest build first.
    Flavour: flavour, flavours(FlavourFilter, FlavourOrder);
    /// Backends.
    Backend: backend, backends(BackendFilter, BackendOrder);
    /// Resources.
    Resource: resource, resources(ResourceFilter, ResourceOrder);
    /// Deployments.
    Deployment: deployment, deployments(DeploymentFilter, DeploymentOrder);
    /// Pods, the newest report first.
    Pod: pod, pods(PodFilter, PodOrder);
    /// Repositories, the built-in one last.
    GithubRepo: github_repo, github_repos(GithubRepoFilter, GithubRepoOrder);
}

/// What is no list of rows of one kind.
#[derive(Default)]
pub struct Singles;

#[Object]
impl Singles {
    /// Who is asking.
    #[expect(clippy::unused_async, reason = "resolvers have to be")]
    async fn me(&self, context: &Context<'_>) -> Result<User> {
        Ok(User { sub: identity(context)?.sub.clone().into() })
    }

    /// A definition by row or by hash; the row wins.
    async fn definition(&self, context: &Context<'_>, id: Option<ID>, hash: Option<ActionHash>) -> Result<Definition> {
        match (id, hash) {
            (Some(id), _) => one(context, &id).await.map(Definition),
            (None, Some(hash)) => {
                let found = only(context, Condition::OneOf(Column::DefinitionHash, vec![hash.0])).await?;
                Ok(Definition(found.ok_or(store::Error::Missing("Definition"))?))
            }
            (None, None) => Err(Error::new("Either hash or id needs to be provided")),
        }
    }

    /// Definitions.
    async fn definitions(
        &self,
        context: &Context<'_>,
        filters: Option<DefinitionFilter>,
        ordering: Option<Vec<DefinitionOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Definition>> {
        let rows = list(context, selection(filters.as_ref(), ordering, pagination)?).await?;
        Ok(rows.into_iter().map(Definition).collect())
    }

    /// The newest flavour that provides all of the definitions and is still published.
    async fn match_flavour(&self, context: &Context<'_>, input: MatchFlavoursInput) -> Result<Flavour> {
        let mut wanted: Vec<_> = input.actions.into_iter().flatten().map(|hash| Condition::Provides(hash.0)).collect();
        if let Some(release) = &input.release {
            wanted.push(Condition::Is(Column::FlavourReleaseId, number(release)?));
        }
        wanted.push(Condition::Is(Column::FlavourWithdrawn, 0));
        let first = Selection { page: Page { offset: 0, limit: Some(1) }, ..Selection::of(Condition::All(wanted)) };
        let found: Option<rows::Flavour> = list(context, first).await?.pop();
        Ok(Flavour(found.ok_or(store::Error::Missing("Flavour"))?))
    }

    /// Statistics of repositories.
    async fn github_repo_stats(
        &self,
        context: &Context<'_>,
        filters: Option<GithubRepoFilter>,
    ) -> Result<GithubRepoStats> {
        let condition = filters.map(|filters| filters.condition()).transpose()?;
        let rows: Vec<rows::Repository> = list(context, Selection { condition, ..Selection::default() }).await?;
        Ok(GithubRepoStats(rows.into_iter().map(|row| row.added_at).collect()))
    }

    /// The pod in which a client runs; null when it runs in none.
    async fn pod_for_agent(&self, context: &Context<'_>, client_id: ID) -> Result<Option<Pod>> {
        let condition = Condition::OneOf(Column::PodClientId, vec![client_id.0]);
        only(context, condition).await.map(|found| found.map(Pod))
    }

    /// The pod of the caller's own backend with the backend's own id of it.
    async fn my_pod_at(&self, context: &Context<'_>, local_id: ID) -> Result<Pod> {
        let who = identity(context)?.clone();
        let store = &context.data::<Kabinet>()?.store;
        let pod = store
            .read(move |connection| {
                let backend = workplaces::backend_of(connection, &who)?.ok_or(store::Error::Missing("Pod"))?;
                let pod = workplaces::pod_at(connection, backend, &local_id)?.ok_or(store::Error::Missing("Pod"))?;
                select::one(connection, who.organisation_id, pod)
            })
            .await?;
        Ok(Pod(pod))
    }
}

/// What a flavour has to provide.
#[derive(InputObject)]
struct MatchFlavoursInput {
    /// Accepted and without effect, as upstream: whether hardware fits is judged by the caller.
    environment: Option<EnvironmentInput>,
    /// Of this release only.
    release: Option<ID>,
    /// Hashes of definitions; all of them.
    actions: Option<Vec<ActionHash>>,
}

/// Where a flavour would run.
#[derive(InputObject)]
struct EnvironmentInput {
    /// How containers are run there.
    container_type: ContainerType,
    /// What there is.
    features: Option<Vec<DeviceFeature>>,
}

/// Something that a machine has.
#[derive(InputObject)]
struct DeviceFeature {
    /// What.
    kind: String,
    /// How much of it.
    cpu_count: String,
}
