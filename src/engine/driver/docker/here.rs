//! Which layers an engine has already, so that it is known what is left to fetch.

use bollard::{Docker, query_parameters::ListImagesOptionsBuilder};
use futures_util::{StreamExt as _, stream};

use super::super::{Error, PullRequest};
use super::convert::plain;
use super::registry;
use crate::domain::PullProgress;

/// Images that are looked at: the newest ones, which the engine lists first.
const MOST: usize = 200;
/// Images that are looked at at once.
const AT_ONCE: usize = 8;

/// What is left to fetch of an image; `None` where the registry does not tell.
pub(super) async fn plan(docker: &Docker, request: &PullRequest, machine: &str) -> Result<Option<PullProgress>, Error> {
    let images = layers(docker).await?;
    match registry::plan(request, machine, &images).await {
        Ok(plan) => Ok(Some(plan)),
        Err(why) => {
            tracing::debug!(reference = request.reference, "what is to be fetched is not known: {why}");
            Ok(None)
        }
    }
}

/// The layers of each image, by the digests of their contents.
async fn layers(docker: &Docker) -> Result<Vec<Vec<String>>, Error> {
    let options = ListImagesOptionsBuilder::default().build();
    let images = docker.list_images(Some(options)).await.map_err(|error| plain(&error))?;
    let looks = images.into_iter().take(MOST).map(|image| async move {
        let found = docker.inspect_image(&image.id).await.ok()?;
        found.root_fs?.layers
    });
    Ok(stream::iter(looks).buffer_unordered(AT_ONCE).filter_map(|layers| async move { layers }).collect().await)
}
