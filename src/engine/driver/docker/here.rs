//! Which layers an engine has already, so that it is known what is left to fetch.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bollard::{Docker, query_parameters::ListImagesOptionsBuilder};
use futures_util::{StreamExt as _, stream};

use super::super::{Error, Plan, PullRequest};
use super::{looked, registry};

/// Images that are looked at: the newest ones, which the engine lists first.
const MOST: usize = 200;
/// Images that are looked at at once.
const AT_ONCE: usize = 8;

/// The layers of images, by the digests of their contents. An image's id stands for what is in it, so that each is looked
/// at once. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers(Arc<Mutex<HashMap<String, Arc<[String]>>>>);

impl Layers {
    /// What is left to fetch of an image, or why the registry does not tell.
    pub async fn plan(
        &self,
        docker: &Docker,
        request: &PullRequest,
        machine: &str,
    ) -> Result<Result<Plan, String>, Error> {
        let images = self.all(docker).await?;
        Ok(registry::plan(request, machine, &images).await)
    }

    async fn all(&self, docker: &Docker) -> Result<Vec<Arc<[String]>>, Error> {
        let images = looked(|| docker.list_images(Some(ListImagesOptionsBuilder::default().build()))).await?;
        let ids: Vec<String> = images.into_iter().take(MOST).map(|image| image.id).collect();
        self.lock().retain(|id, _| ids.contains(id));
        let looks = ids.into_iter().map(|id| async move {
            if let Some(known) = self.lock().get(&id).cloned() {
                return Some(known);
            }
            let found: Arc<[String]> = docker.inspect_image(&id).await.ok()?.root_fs?.layers?.into();
            self.lock().insert(id, Arc::clone(&found));
            Some(found)
        });
        let looks: Vec<_> = looks.collect();
        Ok(stream::iter(looks).buffer_unordered(AT_ONCE).filter_map(|layers| async move { layers }).collect().await)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<[String]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
