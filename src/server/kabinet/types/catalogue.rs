//! Apps, releases and flavours.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use serde_json::Value as Json;

use super::selectors::{Selector, selectors};
use super::{Definition, Deployment, GithubRepo, json, texts};
use crate::server::kabinet::filters::{
    DefinitionFilter, DeploymentFilter, FlavourFilter, OffsetPaginationInput, ReleaseFilter, selection,
};
use crate::server::kabinet::orders::{DefinitionOrder, DeploymentOrder, FlavourOrder, ReleaseOrder};
use crate::server::kabinet::scalars::{DateTime, UntypedParams};
use crate::server::kabinet::{Kabinet, loaders, organisation};
use crate::server::store::kabinet::contest;
use crate::server::store::kabinet::criteria::{Page, Selection};
use crate::server::store::kabinet::rows;
use crate::server::store::kabinet::select::Relation;

/// An app.
pub struct App(pub rows::App);

#[Object]
impl App {
    /// Row of the app.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its name across servers.
    async fn identifier(&self) -> &str {
        &self.0.identifier
    }

    /// The repositories that offer it, in the order in which they were added. Where they are of several owners, it comes
    /// from one of them; the others' offers wait until somebody chooses them.
    async fn offered_by(&self, context: &Context<'_>) -> Result<Vec<GithubRepo>> {
        let (organisation, app) = (organisation(context)?, self.0.identifier.clone());
        let store = &context.data::<Kabinet>()?.store;
        let ids = store.read(move |connection| contest::offering(connection, organisation, &app)).await?;
        let rows = ids.into_iter().map(|id| loaders::row(context, id));
        Ok(futures_util::future::try_join_all(rows).await?.into_iter().map(GithubRepo).collect())
    }

    /// The repository that somebody chose for it.
    async fn chosen_repo(&self, context: &Context<'_>) -> Result<Option<GithubRepo>> {
        let (organisation, app) = (organisation(context)?, self.0.identifier.clone());
        let store = &context.data::<Kabinet>()?.store;
        match store.read(move |connection| contest::choice(connection, organisation, &app)).await? {
            Some(id) => loaders::row(context, id).await.map(|row| Some(GithubRepo(row))),
            None => Ok(None),
        }
    }

    /// Its releases.
    async fn releases(
        &self,
        context: &Context<'_>,
        filters: Option<ReleaseFilter>,
        ordering: Option<Vec<ReleaseOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Release>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::ReleasesOfApp, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Release).collect())
    }
}

/// One version of an app.
pub struct Release(pub rows::Release);

#[Object]
impl Release {
    /// Row of the release.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// As the author wrote it.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// The app.
    async fn app(&self) -> App {
        App(rows::App { id: self.0.app_id, identifier: self.0.identifier.clone() })
    }

    /// What the app asks to be allowed.
    async fn scopes(&self) -> Vec<String> {
        texts(&self.0.scopes)
    }

    /// URL of a picture.
    async fn logo(&self) -> Option<&str> {
        self.0.logo.as_deref()
    }

    /// URL of a picture, as the author gave it.
    async fn original_logo(&self) -> Option<&str> {
        self.0.logo.as_deref()
    }

    /// Python module.
    async fn entrypoint(&self) -> &str {
        &self.0.entrypoint
    }

    /// Its images, the newest build first.
    async fn flavours(
        &self,
        context: &Context<'_>,
        filters: Option<FlavourFilter>,
        ordering: Option<Vec<FlavourOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Flavour>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::FlavoursOfRelease, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Flavour).collect())
    }

    /// Whether any backend has a deployment of it.
    async fn installed(&self, context: &Context<'_>) -> Result<bool> {
        let one = Selection { page: Page { offset: 0, limit: Some(1) }, ..Selection::default() };
        let found: Vec<rows::Deployment> =
            loaders::children(context, Relation::DeploymentsOfRelease, self.0.id, one).await?;
        Ok(!found.is_empty())
    }

    /// Where it is deployed.
    async fn deployments(
        &self,
        context: &Context<'_>,
        filters: Option<DeploymentFilter>,
        ordering: Option<Vec<DeploymentOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Deployment>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::DeploymentsOfRelease, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Deployment).collect())
    }

    /// One line about the app; empty where the author wrote none.
    async fn description(&self) -> &str {
        self.0.description.as_deref().unwrap_or_default()
    }

    /// A colour for it: the same for the same app, different for different ones.
    async fn colour(&self) -> String {
        let sum = self
            .0
            .identifier
            .bytes()
            .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // Dark enough for white letters.
        format!("#{:06x}", sum & 0x7f_7f7f)
    }

    /// Identifier and version.
    async fn name(&self) -> String {
        format!("{}:{}", self.0.identifier, self.0.version)
    }

    /// Build time of its newest flavour.
    async fn released_at(&self) -> Option<DateTime> {
        self.0.released_at.map(DateTime::of)
    }
}

/// One image of a release.
pub struct Flavour(pub rows::Flavour);

#[Object]
impl Flavour {
    /// Row of the flavour.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Unique in the release.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// URL of a picture.
    async fn logo(&self) -> Option<String> {
        self.manifest_member("logo")
    }

    /// URL of a picture, as the author gave it.
    async fn original_logo(&self) -> Option<String> {
        self.manifest_member("logo")
    }

    /// The image.
    async fn image(&self) -> DockerImage {
        DockerImage {
            image_string: self.0.image.clone(),
            build_at: DateTime::of(self.0.built_at.unwrap_or(self.0.created_at)),
        }
    }

    /// The release.
    async fn release(&self, context: &Context<'_>) -> Result<Release> {
        loaders::row(context, self.0.release_id).await.map(Release)
    }

    /// Where it is deployed.
    async fn deployments(
        &self,
        context: &Context<'_>,
        filters: Option<DeploymentFilter>,
        ordering: Option<Vec<DeploymentOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Deployment>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::DeploymentsOfFlavour, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Deployment).collect())
    }

    /// What it provides.
    async fn definitions(
        &self,
        context: &Context<'_>,
        filters: Option<DefinitionFilter>,
        ordering: Option<Vec<DefinitionOrder>>,
        pagination: Option<OffsetPaginationInput>,
    ) -> Result<Vec<Definition>> {
        let selection = selection(filters.as_ref(), ordering, pagination)?;
        let rows = loaders::children(context, Relation::DefinitionsOfFlavour, self.0.id, selection).await?;
        Ok(rows.into_iter().map(Definition).collect())
    }

    /// What the file says of the app.
    async fn manifest(&self) -> UntypedParams {
        UntypedParams(json(&self.0.manifest))
    }

    /// The repository that offers it.
    async fn repo(&self, context: &Context<'_>) -> Result<Option<GithubRepo>> {
        match self.0.repository_id {
            Some(id) => loaders::row(context, id).await.map(|row| Some(GithubRepo(row))),
            None => Ok(None),
        }
    }

    /// What hardware it needs or prefers.
    async fn selectors(&self) -> Vec<Selector> {
        selectors(&self.0.selectors)
    }

    /// Which services it needs.
    async fn requirements(&self) -> Vec<Requirement> {
        serde_json::from_str(&self.0.requirements).unwrap_or_default()
    }

    /// What the author says of it; empty where nothing.
    async fn description(&self) -> &str {
        self.0.description.as_deref().unwrap_or_default()
    }

    /// Size of the image in bytes, unpacked, as the author measured it. A float because it does not fit an Int.
    async fn size(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 bytes")]
        self.0.size.map(|size| size as f64)
    }

    /// Its entry has disappeared from the repository.
    async fn withdrawn(&self) -> bool {
        self.0.withdrawn
    }

    /// What hints at a need without stating one.
    async fn hints(&self) -> Vec<String> {
        texts(&self.0.hints)
    }
}

impl Flavour {
    fn manifest_member(&self, member: &str) -> Option<String> {
        json(&self.0.manifest).get(member).and_then(Json::as_str).map(str::to_owned)
    }
}

/// A container image.
#[derive(SimpleObject)]
struct DockerImage {
    /// Its reference.
    image_string: String,
    /// When it was built; when it was scanned first where the file does not tell.
    build_at: DateTime,
}

/// A service that an app needs.
#[derive(SimpleObject, serde::Deserialize)]
struct Requirement {
    /// The app's own name of it.
    key: String,
    /// The service.
    service: String,
    /// What for.
    description: Option<String>,
    /// The app runs without it.
    optional: bool,
}
