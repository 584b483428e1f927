//! What is checked before an installation fetches or makes anything. Pure but for what it says to the task's log.

use super::{backend::Backend, records::Recipe};
use crate::{
    agent::{Level, Reporter, TaskError},
    compat::{self, Verdict, version_at_least},
    domain::{EngineKind, Facts, SelectorKind},
    engine::driver::Gpu,
};

/// The first Podman whose API gives GPUs to containers.
const PODMAN_WITH_GPU: &str = "5.4";

/// Whether the flavour may be run here, and with which GPUs.
///
/// # Errors
/// When it cannot, with the reason.
pub fn check(backend: &Backend, recipe: &Recipe, reporter: &Reporter) -> Result<Gpu, TaskError> {
    let reference = &recipe.flavour.image.reference;
    if !backend.settings.allows(reference) {
        let why = format!("The settings of {} do not allow the image {reference}.", backend.name);
        return Err(TaskError::failed(why));
    }
    let judgement = compat::judge(&recipe.flavour, &backend.as_engine());
    let reasons: Vec<_> = judgement.reasons.iter().map(|reason| reason.sentence(&backend.name)).collect();
    match judgement.verdict {
        Verdict::No => {
            return Err(TaskError::failed(format!("{} cannot run here: it {}.", title(recipe), reasons.join("; it "))));
        }
        Verdict::Maybe => {
            reporter.log(Level::Warn, format!("It may not run here: it {}.", reasons.join("; it ")));
        }
        Verdict::Runs => {}
    }
    let facts = backend.facts();
    match (wish(recipe, &facts), without_gpus(&backend.driver.kind(), &facts)) {
        (Wish::Nothing, _) => Ok(Gpu::None),
        (_, None) => Ok(Gpu::All),
        (Wish::Needed, Some(why)) => {
            Err(TaskError::failed(format!("{} cannot run here: it needs a GPU, and {why}.", title(recipe))))
        }
        (Wish::Liked, Some(why)) => {
            reporter.log(Level::Warn, format!("It runs without a GPU: {why}."));
            Ok(Gpu::None)
        }
    }
}

fn title(recipe: &Recipe) -> String {
    format!("{} {} ({})", recipe.release.app, recipe.release.version, recipe.flavour.name)
}

/// What a flavour wants of the machine's GPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Nothing,
    /// It runs without them, too.
    Liked,
    Needed,
}

/// GPUs are given when the flavour needs CUDA, or likes it and there is some.
fn wish(recipe: &Recipe, facts: &Facts) -> Wish {
    let has_some = facts.0.iter().any(|(key, value)| key.starts_with("gpu.") && value == "nvidia");
    let cuda = |required: bool| {
        let selectors = recipe.flavour.selectors.known();
        selectors
            .iter()
            .any(|selector| matches!(selector.kind, SelectorKind::Cuda { .. }) && selector.required == required)
    };
    if cuda(true) {
        return Wish::Needed;
    }
    if has_some && cuda(false) { Wish::Liked } else { Wish::Nothing }
}

/// Why that engine gives no GPU to containers; `None`: it does, or does not say its version.
fn without_gpus(kind: &EngineKind, facts: &Facts) -> Option<String> {
    let version = facts.get("engine.version").filter(|_| *kind == EngineKind::Podman)?;
    let is_old = version_at_least(version, PODMAN_WITH_GPU) == Some(false);
    is_old.then(|| {
        format!("the API of Podman {version} gives none to containers; Podman {PODMAN_WITH_GPU} is the first that does")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_podman_gives_no_gpu_and_says_so() {
        let facts = |version: &str| [("engine.version", version)].into_iter().collect::<Facts>();
        for (kind, version, is_told) in [
            (EngineKind::Podman, "4.9.3", true),
            (EngineKind::Podman, "5.3.2", true),
            (EngineKind::Podman, "5.4.0", false),
            (EngineKind::Podman, "5.10.1", false),
            (EngineKind::Docker, "20.10.24", false),
        ] {
            let why = without_gpus(&kind, &facts(version));
            assert_eq!(why.is_some_and(|why| why.contains(version)), is_told, "{kind:?} {version}");
        }
        assert_eq!(without_gpus(&EngineKind::Podman, &Facts::default()), None);
    }
}
