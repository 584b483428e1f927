//! Looking up what an installation would fetch, before anybody asks for it: the image's layers as its registry tells them,
//! without those that are here. Nothing is fetched, made or changed.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    credentials,
    driver::PullRequest,
    image::{self, Fetch, Presence},
    install::PLATFORMS,
};
use crate::{
    agent::{Assigned, Definition, Implementation, PortSpec, Reporter, TaskError},
    domain::{Fetching, PortKind, Portion},
};

/// The action, as the engine offers it.
pub fn offer(backend: &Arc<Backend>) -> Implementation {
    let backend = Arc::clone(backend);
    let what = "Look up how much of a flavour's image would have to be fetched; nothing is fetched";
    let definition = Definition::function("fetch_plan", what)
        .arg(PortSpec::structure("flavour", "@kabinet/flavour").described("Flavour", "Whose image"));
    let kinds = [
        (PortKind::Int, "Bytes to fetch"),
        (PortKind::Int, "Bytes of all layers"),
        (PortKind::Int, "Layers that are there"),
        (PortKind::Int, "Layers in all"),
        (PortKind::Bool, "Whether nothing is fetched, as the image is there"),
        (PortKind::String, "Why it is unknown"),
        (PortKind::Int, "Bytes a second that came lately"),
    ];
    let returns = Fetching::RETURNS.into_iter().zip(kinds);
    let definition = returns.fold(definition, |definition, (key, (kind, label))| {
        definition.returns(PortSpec::new(key, kind).nullable().described(label, label))
    });
    Implementation::new(definition, move |task: Assigned, reporter: Reporter, cancel: CancellationToken| {
        let backend = Arc::clone(&backend);
        async move {
            let Some(found) = cancel.run_until_cancelled(look(&backend, &task)).await else {
                return Err(TaskError::Cancelled);
            };
            reporter.yield_result(found?.to_returns()).await;
            Ok(())
        }
    })
}

async fn look(backend: &Backend, task: &Assigned) -> Result<Fetching, TaskError> {
    let recipe = backend.records.recipe(&task.structure("flavour")?).await;
    let recipe = recipe.map_err(|error| TaskError::failed(format!("Kabinet says: {error}.")))?;
    Ok(of_image(backend, &recipe.flavour.image.reference).await)
}

/// What would be fetched of an image, by the rules of an installation.
async fn of_image(backend: &Backend, reference: &str) -> Fetching {
    let presence = match backend.driver.image(reference).await {
        Ok(Some(_)) => Presence::Here,
        Ok(None) => Presence::Absent,
        Err(error) => return Fetching::Unknown(format!("the engine does not tell about images: {error}")),
    };
    match image::fetch(reference, presence) {
        Fetch::No => return Fetching::Nothing,
        Fetch::Impossible => {
            return Fetching::Unknown(
                "images called localhost/… come from the engine's machine, and it is not there".into(),
            );
        }
        Fetch::Pull => {}
    }
    let request = PullRequest { reference: reference.to_owned(), credentials: credentials::for_image(reference) };
    let facts = backend.facts();
    let asked = backend.driver.plan(&request, facts.get("cpu.arch").unwrap_or_default());
    let why = match tokio::time::timeout(PLATFORMS, asked).await {
        Ok(Ok(Ok(plan))) => return Fetching::Part(Portion { speed: backend.speed.lately(), ..plan.portion() }),
        Ok(Ok(Err(why))) => why,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("its registry did not answer within {} s", PLATFORMS.as_secs()),
    };
    match presence {
        Presence::Here => Fetching::Unknown(format!("{why}; an image of that name is there")),
        Presence::Absent => Fetching::Unknown(why),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{Fetching, Layer, LayerState, Portion, PullProgress, TaskKind},
        engine::{
            driver::{ImageFacts, Plan},
            settings::Settings,
            testing::World,
        },
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn the_engine_tells_what_an_install_would_fetch_and_why_it_cannot() {
        let world = World::new().await;
        let engine = world.engine(Settings::default()).await;
        let seen = world.seen().await;
        let asked = async |app: &str| world.store.fetching(&world.flavour(app).await, &seen).await.unwrap().unwrap();

        let Fetching::Unknown(why) = asked("com.example.plain").await else { panic!("nobody told it") };
        assert!(why.contains("the registry is away"), "{why}");

        let layer = |id: &str, state, total| Layer { id: id.into(), state, current: 0, total };
        let layers = vec![layer("a", LayerState::Cached, None), layer("b", LayerState::Waiting, Some(400))];
        world.fake.lock().plan = Some(Plan { progress: PullProgress { layers }, total: 1_000 });
        let part = Portion { bytes: 400, total: 1_000, here: 1, layers: 2, speed: None };
        assert_eq!(asked("com.example.plain").await, Fetching::Part(part));
        engine.backend.speed.note(16_000_000, std::time::Duration::from_secs(2));
        let timed = Portion { speed: Some(8_000_000), ..part };
        assert_eq!(asked("com.example.plain").await, Fetching::Part(timed));

        let Fetching::Unknown(why) = asked("com.example.absent").await else { panic!("it is nowhere") };
        assert!(why.contains("localhost/"), "{why}");
        let flavour = world.flavour("com.example.absent").await;
        let reference = engine.backend.records.recipe(flavour.as_str()).await.unwrap().flavour.image.reference;
        world.fake.lock().images.insert(reference, ImageFacts::default());
        assert_eq!(asked("com.example.absent").await, Fetching::Nothing);

        // Nothing was done, and what is left of it is known as something that was only read.
        assert!(world.pods().await.is_empty() && !world.fake.lock().calls.contains(&"pull".to_owned()));
        for task in world.store.tasks(100).await.unwrap() {
            assert_eq!(task.kind, TaskKind::Fetching, "{task:?}");
        }
        engine.stop().await;
    }
}
