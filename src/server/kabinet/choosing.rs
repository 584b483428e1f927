//! Which repository an app comes from, where several offer it.

use async_graphql::{Context, ID, Object, Result};

use super::filters::number;
use super::types::App;
use super::{Kabinet, loaders, organisation};

/// Changes of what people have decided.
#[derive(Default)]
pub struct Choosing;

#[Object]
impl Choosing {
    /// Takes an app from that repository from now on, and reads the repository. It stays with the other one where it cannot
    /// be read. What runs stays.
    async fn use_repository(&self, context: &Context<'_>, app: ID, repository: ID) -> Result<App> {
        let (organisation, row, repository) = (organisation(context)?, number(&app)?, number(&repository)?);
        context.data::<Kabinet>()?.repositories.choose(organisation, row, repository).await?;
        loaders::row(context, row).await.map(App)
    }
}
