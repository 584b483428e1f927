//! Things for the tests of the verbs.

use crate::domain::{
    App, Engine, EngineKind, Flavour, Image, Liveness, Moment, Pod, PodStatus, Release, Resource, Selector,
    SelectorKind, Selectors, Task, TaskKind, TaskState,
};

pub fn cuda(version: &str) -> Selector {
    Selector::required(SelectorKind::Cuda {
        compute_capability: None,
        cuda_version: Some(version.into()),
        memory: None,
        count: None,
        cuda_cores: None,
    })
}

pub fn flavour(name: &str, selectors: Vec<Selector>) -> Flavour {
    Flavour {
        id: format!("flavour-{name}").into(),
        name: name.into(),
        image: Image { reference: format!("example/{name}:1"), built_at: None, size: Some(1_000_000) },
        selectors: Selectors::Known(selectors),
        requirements: Vec::new(),
        hints: Vec::new(),
        nodes: Vec::new(),
        repository: None,
        withdrawn: false,
    }
}

pub fn release(app: &str, flavours: Vec<Flavour>) -> Release {
    Release {
        id: "release".into(),
        app: app.into(),
        version: "1.0.0".into(),
        scopes: vec!["read".into()],
        description: Some("Does something".into()),
        flavours,
    }
}

/// A flavour that needs CUDA 12.1, and one that needs nothing.
pub fn two_flavours() -> Release {
    release("a.b", vec![flavour("cuda", vec![cuda("12.1")]), flavour("cpu", Vec::new())])
}

pub fn app(identifier: &str) -> App {
    App { identifier: identifier.into(), releases: vec![release(identifier, vec![flavour("vanilla", Vec::new())])] }
}

pub fn engine(id: &str, name: &str, facts: &[(&str, &str)]) -> Engine {
    Engine {
        id: id.into(),
        name: name.into(),
        kind: EngineKind::Docker,
        client_id: format!("client-{id}"),
        agent: None,
        images: std::collections::BTreeSet::new(),
        liveness: Liveness::Online,
        resources: vec![Resource {
            id: "resource".into(),
            local_id: "local".into(),
            name: "local".into(),
            facts: facts.iter().copied().collect(),
            reported_at: Some(Moment(0)),
        }],
    }
}

pub fn pod(id: &str, app: &str, container: &str) -> Pod {
    Pod {
        id: id.into(),
        local_id: container.into(),
        status: PodStatus::Running,
        app: format!("live.kab.demo.{app}").into(),
        version: "1.0.0".into(),
        release: "release".into(),
        flavour: "flavour-vanilla".into(),
        flavour_name: "vanilla".into(),
        engine: "1".into(),
        engine_name: "docker-ws".into(),
        resource_name: None,
        client_id: None,
        created_at: Some(Moment(1500)),
        updated_at: None,
        reason: None,
        owner: None,
    }
}

pub fn task(id: &str, state: TaskState) -> Task {
    Task {
        id: id.into(),
        reference: None,
        kind: TaskKind::Install,
        action: "Deploy Flavour".into(),
        agent: None,
        client_id: Some("client-1".into()),
        implementation: None,
        state,
        progress: Some(40),
        message: None,
        acted_on: Vec::new(),
        pod: None,
        created_at: Some(Moment(0)),
        finished_at: None,
        by: None,
        arguments: crate::domain::Values::new(),
    }
}
