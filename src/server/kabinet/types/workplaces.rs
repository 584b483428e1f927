//! Backends, resources, deployments, pods and their logs.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::{Flavour, json};
use crate::server::kabinet::enums::PodStatus;
use crate::server::kabinet::filters::{OffsetPaginationInput, PodFilter, ResourceFilter, selection};
use crate::server::kabinet::loaders::{self, DumpText, LatestDump};
use crate::server::kabinet::orders::{PodOrder, ResourceOrder};
use crate::server::kabinet::scalars::{DateTime, UntypedParams};
use crate::server::kabinet::{Kabinet, identity};
use crate::server::store::kabinet::rows;
use crate::server::store::kabinet::select::Relation;

/// A user.
#[derive(SimpleObject)]
pub struct User {
    /// Subject of the token.
    pub sub: ID,
}

/// Whose a pod is.
#[derive(SimpleObject)]
struct PodOwner {
    /// Subject of the token.
    sub: ID,
    /// What people call them.
    name: String,
}

/// An organisation.
#[derive(SimpleObject)]
pub struct Organization {
    /// Its short name.
    pub slug: String,
}

/// A machine.
#[derive(SimpleObject)]
struct Device {
    /// Its name.
    id: ID,
    /// Its name.
    device_id: ID,
}

/// The app of a client.
#[derive(SimpleObject)]
struct ClientApp {
    /// Its identifier.
    id: ID,
    /// Its identifier.
    identifier: String,
}

/// The release of a client.
#[derive(SimpleObject)]
struct ClientRelease {
    /// Identifier and version.
    id: ID,
    /// The app.
    app: ClientApp,
    /// The version.
    version: String,
}

/// An OAuth client.
#[derive(SimpleObject)]
struct Client {
    /// Its row.
    id: ID,
    /// Its app, or its OAuth client id where the app is not known.
    name: String,
    /// OAuth client id.
    #[graphql(name = "clientId")]
    oauth_id: String,
    /// What it is.
    release: Option<ClientRelease>,
    /// Where it runs.
    device: Option<Device>,
}

/// A connected container backend.
pub struct Backend(pub rows::Backend);

#[Object]
impl Backend {
    /// Row of the backend.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its user.
    async fn user(&self) -> User {
        User { sub: self.0.sub.clone().into() }
    }

    /// Its OAuth client.
    async fn client(&self) -> Client {
        let release = self.0.client_app.clone().zip(self.0.client_release.clone());
        Client {
            id: self.0.client_row.into(),
            name: self.0.client_app.clone().unwrap_or_else(|| self.0.client_id.clone()),
            oauth_id: self.0.client_id.clone(),
            release: release.map(|(identifier, version)| ClientRelease {
                id: format!("{identifier}:{version}").into(),
                app: ClientApp { id: identifier.clone().into(), identifier },
                version,
            }),
            device: self.0.client_device.clone().map(|id| Device { id: id.clone().into(), device_id: id.into() }),
        }
    }

    /// Whose it is.
    #[expect(clippy::unused_async, reason = "resolvers have to be")]
    async fn organization(&self, context: &Context<'_>) -> Result<Organization> {
        Ok(Organization { slug: identity(context)?.organisation.clone() })
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What drives its containers.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What runs there.
    async fn pods(
        &self,
        context: &Context<'_>,
        filters: Option<PodFilter>,
        ordering: Option<Vec<PodOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Pod>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::PodsOfBackend, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Pod).collect())
    }

    /// Where pods can run.
    async fn resources(
        &self,
        context: &Context<'_>,
        filters: Option<ResourceFilter>,
        ordering: Option<Vec<ResourceOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Resource>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::ResourcesOfBackend, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Resource).collect())
    }

    /// OAuth client id, which joins it to its agent.
    async fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// When it was declared last. Not a sign of life: ask for its agent.
    async fn last_heartbeat(&self) -> DateTime {
        DateTime::of(self.0.heartbeat_at)
    }
}

/// A place where pods can run.
pub struct Resource(pub rows::Resource);

#[Object]
impl Resource {
    /// Row of the resource.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its backend.
    async fn backend(&self, context: &Context<'_>) -> Result<Backend> {
        loaders::row(context, self.0.backend_id).await.map(Backend)
    }

    /// The backend's own id of it.
    async fn resource_id(&self) -> &str {
        &self.0.local_id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What runs there.
    async fn pods(
        &self,
        context: &Context<'_>,
        filters: Option<PodFilter>,
        ordering: Option<Vec<PodOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Pod>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::PodsOfResource, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Pod).collect())
    }

    /// What it says of itself: a list of `{key, value}`.
    async fn qualifiers(&self) -> Option<UntypedParams> {
        self.0.qualifiers.as_deref().map(json).map(UntypedParams)
    }

    /// When it said so.
    async fn reported_at(&self) -> DateTime {
        DateTime::of(self.0.reported_at)
    }
}

/// A flavour that a backend has.
pub struct Deployment(pub rows::Deployment);

#[Object]
impl Deployment {
    /// Row of the deployment.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The flavour.
    async fn flavour(&self, context: &Context<'_>) -> Result<Flavour> {
        loaders::row(context, self.0.flavour_id).await.map(Flavour)
    }

    /// The backend.
    async fn backend(&self, context: &Context<'_>) -> Result<Backend> {
        loaders::row(context, self.0.backend_id).await.map(Backend)
    }

    /// The backend's own id of it.
    async fn local_id(&self) -> ID {
        ID(self.0.local_id.clone())
    }

    /// How it does.
    async fn status(&self) -> PodStatus {
        PodStatus::of(&self.0.status).unwrap_or(PodStatus::Unkown)
    }

    /// Names of backend and flavour.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

/// A running instance, or one that ran.
pub struct Pod(pub rows::Pod);

#[Object]
impl Pod {
    /// Row of the pod.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Where it runs.
    async fn resource(&self, context: &Context<'_>) -> Result<Option<Resource>> {
        match self.0.resource_id {
            Some(id) => loaders::row(context, id).await.map(|row| Some(Resource(row))),
            None => Ok(None),
        }
    }

    /// Its backend.
    async fn backend(&self, context: &Context<'_>) -> Result<Backend> {
        loaders::row(context, self.0.backend_id).await.map(Backend)
    }

    /// Its deployment.
    async fn deployment(&self, context: &Context<'_>) -> Result<Deployment> {
        loaders::row(context, self.0.deployment_id).await.map(Deployment)
    }

    /// Its newest log dump.
    async fn latest_log_dump(&self, context: &Context<'_>) -> Result<Option<LogDump>> {
        Ok(context.data::<Kabinet>()?.batches.load(LatestDump(self.0.id)).await?.map(LogDump))
    }

    /// The backend's own id of it: a container id.
    async fn pod_id(&self) -> &str {
        &self.0.local_id
    }

    /// OAuth client id of the app inside, which joins it to its agent.
    async fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// How it does.
    async fn status(&self) -> PodStatus {
        PodStatus::of(&self.0.status).unwrap_or(PodStatus::Unkown)
    }

    /// Names of backend, flavour and app.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }

    /// When its state was reported last.
    async fn updated_at(&self) -> DateTime {
        DateTime::of(self.0.updated_at)
    }

    /// Whoever assigned the task that made it, where that is known.
    async fn owner(&self) -> Option<PodOwner> {
        let (sub, name) = self.0.owner_sub.clone().zip(self.0.owner_name.clone())?;
        Some(PodOwner { sub: sub.into(), name })
    }

    /// Why it is in this state.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// A snapshot of a pod's log.
pub struct LogDump(pub rows::LogDump);

#[Object]
impl LogDump {
    /// Row of the dump.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The pod.
    async fn pod(&self, context: &Context<'_>) -> Result<Pod> {
        loaders::row(context, self.0.pod_id).await.map(Pod)
    }

    /// The text, newest line last.
    async fn logs(&self, context: &Context<'_>) -> Result<String> {
        Ok(context.data::<Kabinet>()?.batches.load(DumpText(self.0.id)).await?.unwrap_or_default())
    }

    /// When it was taken.
    async fn created_at(&self) -> DateTime {
        DateTime::of(self.0.created_at)
    }
}
