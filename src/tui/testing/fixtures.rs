//! A laboratory with four engines and the apps that people there use.

use super::NOW;
use crate::domain::{
    App, Engine, EngineKind, Facts, Flavour, Image, LayerState, Liveness, LogLine, LogSource, Moment, Node, NodeKind,
    Pod, PodStatus, Port, PortKind, PullProgress, Release, Repository, Requirement, Resource, ScanState, Selector,
    SelectorKind, Selectors, Task, TaskEvent, TaskEventKind, TaskKind, TaskState,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment before the present.
pub fn ago(milliseconds: i64) -> Moment {
    Moment(NOW.0 - milliseconds)
}

fn cuda(version: &str) -> Selector {
    Selector::required(SelectorKind::Cuda {
        compute_capability: None,
        cuda_version: Some(version.into()),
        memory: None,
        count: None,
        cuda_cores: None,
    })
}

fn ram(gigabytes: u64) -> Selector {
    Selector::required(SelectorKind::Ram { min: Some(gigabytes * 1000) })
}

struct Sketch {
    name: &'static str,
    version: &'static str,
    what: &'static str,
    flavours: &'static [(&'static str, u64)],
    nodes: &'static [&'static str],
    days: i64,
}

const SKETCHES: &[Sketch] = &[
    Sketch {
        name: "stardist",
        version: "0.4.2",
        what: "Star-convex nuclei segmentation in 2D and 3D",
        flavours: &[("cpu", 1_400), ("cuda", 2_100)],
        nodes: &["predict_nuclei", "predict_3d", "train_stardist", "evaluate_labels"],
        days: 3,
    },
    Sketch {
        name: "cellpose",
        version: "3.0.1",
        what: "Generalist cell segmentation with a model zoo",
        flavours: &[("cpu", 1_900), ("cuda", 3_400)],
        nodes: &["segment_cells"],
        days: 12,
    },
    Sketch {
        name: "segment-anything",
        version: "1.1.0",
        what: "Prompt segmentation of anything in an image",
        flavours: &[("cuda", 6_200)],
        nodes: &["segment_prompt"],
        days: 40,
    },
    Sketch {
        name: "segmentik",
        version: "0.2.0",
        what: "Thresholding and labelling in 2D",
        flavours: &[("default", 320)],
        nodes: &["threshold", "label_regions"],
        days: 1,
    },
    Sketch {
        name: "ilastik-pixel",
        version: "1.4.0",
        what: "Interactive pixel classification",
        flavours: &[("default", 1_200)],
        nodes: &["classify_pixels"],
        days: 90,
    },
    Sketch {
        name: "mesmer",
        version: "0.12.3",
        what: "Whole-cell segmentation of multiplexed tissue",
        flavours: &[("cuda", 4_800)],
        nodes: &["segment_tissue"],
        days: 22,
    },
    Sketch {
        name: "deconwolf",
        version: "0.4.1",
        what: "Deconvolution of fluorescence stacks",
        flavours: &[("cpu", 410), ("rocm", 2_900)],
        nodes: &["deconvolve"],
        days: 55,
    },
    Sketch {
        name: "trackastra",
        version: "0.3.0",
        what: "Tracking of dividing cells with transformers",
        flavours: &[("cpu", 2_200), ("cuda", 3_900)],
        nodes: &["track_cells"],
        days: 8,
    },
    Sketch {
        name: "omero-bridge",
        version: "2.1.4",
        what: "Moves images between OMERO and Mikro",
        flavours: &[("default", 260)],
        nodes: &["import_dataset", "export_dataset"],
        days: 30,
    },
    Sketch {
        name: "napari-remote",
        version: "0.9.0",
        what: "Looks at images from the browser",
        flavours: &[("default", 880)],
        nodes: &["show_image"],
        days: 16,
    },
    Sketch {
        name: "seg-metrics",
        version: "0.3.0",
        what: "IoU, AP and F1 of two label images",
        flavours: &[("default", 190)],
        nodes: &["measure_overlap"],
        days: 70,
    },
    Sketch {
        name: "nnunet",
        version: "2.5.1",
        what: "Self-configuring medical image segmentation",
        flavours: &[("cuda", 7_400)],
        nodes: &["segment_volume"],
        days: 28,
    },
    Sketch {
        name: "細胞計数",
        version: "1.0.0",
        what: "細胞の数を数える (counts cells)",
        flavours: &[("default", 240)],
        nodes: &["count_cells"],
        days: 120,
    },
];

/// Apps, some with an older release.
pub fn apps() -> Vec<App> {
    SKETCHES
        .iter()
        .enumerate()
        .map(|(at, sketch)| {
            let mut releases = vec![release(at, sketch, sketch.version, sketch.days)];
            match sketch.name {
                "stardist" => {
                    releases.push(release(at, sketch, "0.4.1", 60));
                    releases.push(release(at, sketch, "0.3.9", 200));
                }
                "mesmer" => releases.push(release(at, sketch, "0.12.2", 130)),
                "cellpose" => releases.push(release(at, sketch, "2.2.3", 300)),
                _ => {}
            }
            App { identifier: format!("live.arkitekt.{}", sketch.name).into(), releases }
        })
        .collect()
}

fn release(at: usize, sketch: &Sketch, version: &str, days: i64) -> Release {
    let flavours = sketch.flavours.iter().map(|(name, megabytes)| {
        let needs = match (*name, sketch.name) {
            ("cuda", "nnunet") => vec![cuda("12.6")],
            ("cuda", _) => vec![cuda("12.1")],
            ("rocm", _) => {
                vec![Selector::required(SelectorKind::Rocm { api_version: None, api_thing: None, count: None })]
            }
            ("default", "ilastik-pixel") => vec![ram(48)],
            _ => Vec::new(),
        };
        let mut needs = needs;
        if *name == "cuda" {
            needs.push(Selector::preferred(
                SelectorKind::Cuda {
                    compute_capability: None,
                    cuda_version: None,
                    memory: None,
                    count: Some(1),
                    cuda_cores: None,
                },
                10,
            ));
        }
        Flavour {
            id: format!("{at}-{version}-{name}").into(),
            name: (*name).into(),
            image: Image {
                reference: format!("bioimage/{}:{version}-{name}", sketch.name),
                built_at: Some(ago(days * DAY)),
                size: Some(megabytes * 1_000_000),
            },
            selectors: Selectors::Known(needs),
            requirements: ["rekuest", "mikro"]
                .map(|key| Requirement {
                    key: key.into(),
                    service: format!("live.arkitekt.{key}"),
                    optional: key == "mikro",
                    description: None,
                })
                .to_vec(),
            hints: Vec::new(),
            nodes: sketch.nodes.iter().map(|node| (*node).into()).collect(),
            repository: Some("1".into()),
            withdrawn: false,
        }
    });
    Release {
        id: format!("{at}-{version}").into(),
        app: format!("live.arkitekt.{}", sketch.name).into(),
        version: version.into(),
        scopes: vec!["read".into(), "write".into(), "openid".into()],
        description: Some(sketch.what.into()),
        flavours: flavours.collect(),
    }
}

fn port(key: &str, identifier: &str) -> Port {
    Port {
        key: key.into(),
        label: None,
        kind: PortKind::Structure,
        description: None,
        identifier: Some(identifier.into()),
        nullable: false,
        children: Vec::new(),
    }
}

/// Nodes of the apps.
pub fn nodes() -> Vec<Node> {
    let apps = apps();
    let mut nodes: Vec<Node> = Vec::new();
    for sketch in SKETCHES {
        for name in sketch.nodes {
            let flavours = apps.iter().flat_map(|app| &app.releases).flat_map(|release| &release.flavours);
            let output = match *name {
                "track_cells" => "@mikro/track",
                "evaluate_labels" | "measure_overlap" | "count_cells" => "@mikro/table",
                "deconvolve" | "import_dataset" | "classify_pixels" => "@mikro/image",
                _ => "@mikro/labels",
            };
            nodes.push(Node {
                id: (*name).into(),
                hash: format!("sha256:{name}0c1f20e48b7a9d"),
                name: name.replace('_', " "),
                description: Some(format!("{}: {}", name.replace('_', " "), sketch.what.to_lowercase())),
                kind: Some(NodeKind::Function),
                args: vec![port("image", "@mikro/image")],
                returns: vec![port("result", output)],
                flavours: flavours
                    .filter(|flavour| flavour.nodes.iter().any(|node| node.as_str() == *name))
                    .map(|flavour| flavour.id.clone())
                    .collect(),
            });
        }
    }
    nodes
}

fn engine(id: &str, name: &str, kind: EngineKind, liveness: Liveness, facts: &[(&str, &str)]) -> Engine {
    Engine {
        id: id.into(),
        name: name.into(),
        kind,
        client_id: format!("client-{id}"),
        agent: Some(format!("agent-{id}").into()),
        liveness,
        resources: vec![Resource {
            id: format!("resource-{id}").into(),
            local_id: name.into(),
            name: name.into(),
            facts: facts.iter().copied().collect::<Facts>(),
            reported_at: Some(match liveness {
                Liveness::Online => ago(3 * MINUTE),
                _ => ago(2 * HOUR),
            }),
        }],
    }
}

/// Three engines that are online, and one that is not.
pub fn engines() -> Vec<Engine> {
    vec![
        engine(
            "1",
            "docker-ws",
            EngineKind::Docker,
            Liveness::Online,
            &[
                ("cpu.arch", "amd64"),
                ("cpu.count", "16"),
                ("disk.free_mb", "212000"),
                ("engine.kind", "docker"),
                ("engine.version", "27.1.1"),
                ("gpu", "false"),
                ("gpu.count", "0"),
                ("host.name", "ws-07"),
                ("ram.mb", "64000"),
            ],
        ),
        engine(
            "2",
            "hpc-gpu",
            EngineKind::Podman,
            Liveness::Online,
            &[
                ("cpu.arch", "amd64"),
                ("cpu.count", "64"),
                ("cuda.version", "12.4"),
                ("disk.free_mb", "1840000"),
                ("engine.kind", "podman"),
                ("engine.version", "5.2.0"),
                ("gpu", "true"),
                ("gpu.0.model", "A100 40GB"),
                ("gpu.0.vendor", "nvidia"),
                ("gpu.0.vram_mb", "40000"),
                ("gpu.count", "2"),
                ("host.name", "gn01"),
                ("ram.mb", "256000"),
            ],
        ),
        engine(
            "3",
            "kiosk",
            EngineKind::Podman,
            Liveness::Online,
            &[("cpu.count", "4"), ("engine.kind", "podman"), ("gpu", "false"), ("gpu.count", "0")],
        ),
        engine(
            "4",
            "microscope-pc",
            EngineKind::Docker,
            Liveness::Offline { last_seen: Some(ago(2 * HOUR)) },
            &[("cpu.count", "8"), ("gpu", "false"), ("gpu.count", "0"), ("ram.mb", "32000")],
        ),
    ]
}

fn pod(id: &str, app: &str, version: &str, flavour: &str, engine: (&str, &str), status: PodStatus) -> Pod {
    let at = SKETCHES.iter().position(|sketch| sketch.name == app).unwrap();
    Pod {
        id: id.into(),
        local_id: format!("{:x}9a77b3d2e", 0x8c1f_20e4_u64.wrapping_mul(id.parse::<u64>().unwrap() + 7) & 0xffff_ffff),
        status,
        app: format!("live.arkitekt.{app}").into(),
        version: version.into(),
        release: format!("{at}-{version}").into(),
        flavour: format!("{at}-{version}-{flavour}").into(),
        flavour_name: flavour.into(),
        engine: engine.0.into(),
        engine_name: engine.1.into(),
        resource_name: Some(engine.1.into()),
        client_id: None,
        created_at: Some(ago(3 * HOUR)),
        updated_at: Some(ago(MINUTE)),
        reason: None,
    }
}

/// Pods in every state.
pub fn pods() -> Vec<Pod> {
    const DOCKER: (&str, &str) = ("1", "docker-ws");
    const GPU: (&str, &str) = ("2", "hpc-gpu");
    const MICROSCOPE: (&str, &str) = ("4", "microscope-pc");
    vec![
        Pod {
            reason: Some("exit code 137: killed, out of memory".into()),
            created_at: Some(ago(14 * MINUTE)),
            ..pod("11", "mesmer", "0.12.2", "cuda", GPU, PodStatus::Failed)
        },
        Pod { created_at: Some(ago(2 * MINUTE)), ..pod("12", "cellpose", "3.0.1", "cuda", GPU, PodStatus::Pending) },
        pod("13", "stardist", "0.4.2", "cuda", GPU, PodStatus::Running),
        Pod {
            created_at: Some(ago(26 * HOUR)),
            ..pod("14", "segmentik", "0.2.0", "default", DOCKER, PodStatus::Running)
        },
        Pod {
            created_at: Some(ago(5 * HOUR)),
            ..pod("15", "omero-bridge", "2.1.4", "default", DOCKER, PodStatus::Running)
        },
        Pod {
            created_at: Some(ago(2 * DAY)),
            ..pod("16", "seg-metrics", "0.3.0", "default", MICROSCOPE, PodStatus::Running)
        },
        Pod { created_at: Some(ago(9 * DAY)), ..pod("17", "cellpose", "2.2.3", "cpu", DOCKER, PodStatus::Stopped) },
    ]
}

/// The pull of the install that runs.
pub fn pull() -> PullProgress {
    let mut pull = PullProgress::default();
    for (id, state, bytes) in [
        ("a3ed95caeb02", LayerState::Done, (12, 12)),
        ("77aa01cd55e1", LayerState::Cached, (0, 78)),
        ("9f2b77e1c4a0", LayerState::Downloading, (310, 508)),
        ("51c0ffee4242", LayerState::Downloading, (41, 190)),
        ("d00dfeed0815", LayerState::Waiting, (0, 96)),
    ] {
        let (current, total) = bytes;
        let mega = 1_000_000;
        pull.note(id, LayerState::Downloading, Some((current * mega, Some(total * mega))));
        pull.note(id, state, None);
        if state == LayerState::Waiting {
            pull.layers.last_mut().unwrap().state = LayerState::Waiting;
        }
    }
    pull
}

/// A task of an engine.
pub fn task(id: &str, kind: TaskKind, state: TaskState, acted_on: &str) -> Task {
    Task {
        id: id.into(),
        reference: None,
        kind,
        action: "Deploy Flavour".into(),
        agent: Some("agent-2".into()),
        client_id: Some("client-2".into()),
        implementation: None,
        state,
        progress: None,
        message: None,
        acted_on: vec![acted_on.into()],
        pod: None,
        created_at: Some(ago(2 * MINUTE)),
        finished_at: None,
    }
}

/// Tasks in several states.
pub fn tasks() -> Vec<Task> {
    let message = pull().to_message();
    vec![
        Task {
            progress: Some(41),
            message: Some(message),
            ..task("101", TaskKind::Install, TaskState::Running, "@kabinet/flavour:1-3.0.1-cuda")
        },
        task("102", TaskKind::Install, TaskState::Queued, "@kabinet/flavour:7-0.3.0-cuda"),
        Task {
            created_at: Some(ago(20 * MINUTE)),
            finished_at: Some(ago(16 * MINUTE)),
            message: Some("The registry refused the image: manifest unknown".into()),
            ..task("99", TaskKind::Install, TaskState::Failed, "@kabinet/flavour:5-0.12.3-cuda")
        },
        Task {
            created_at: Some(ago(3 * HOUR)),
            finished_at: Some(ago(3 * HOUR - 42_000)),
            message: Some("Ready".into()),
            pod: Some("13".into()),
            ..task("98", TaskKind::Install, TaskState::Done, "@kabinet/flavour:0-0.4.2-cuda")
        },
        Task {
            client_id: Some("client-1".into()),
            created_at: Some(ago(5 * HOUR)),
            finished_at: Some(ago(5 * HOUR - 3_000)),
            ..task("97", TaskKind::Restart, TaskState::Done, "@kabinet/pod:15")
        },
        Task {
            client_id: Some("client-1".into()),
            created_at: Some(ago(9 * DAY)),
            finished_at: Some(ago(9 * DAY - 4_000)),
            ..task("96", TaskKind::Stop, TaskState::Done, "@kabinet/pod:17")
        },
    ]
}

/// What happened to the install that runs.
pub fn events() -> Vec<TaskEvent> {
    let event = |id: &str, kind, message: Option<&str>, seconds: i64| TaskEvent {
        id: id.into(),
        task: "101".into(),
        kind,
        message: message.map(str::to_owned),
        progress: None,
        pod: None,
        lines: Vec::new(),
        at: Moment(ago(2 * MINUTE).0 + seconds * 1000),
    };
    vec![
        event("1", TaskEventKind::Bound, None, 0),
        event("2", TaskEventKind::Started, None, 1),
        event("3", TaskEventKind::Progress, Some("Preflight: 1.84 TB free, the image needs 3.40 GB"), 2),
        event("4", TaskEventKind::Progress, Some(&pull().to_message()), 118),
    ]
}

/// Repositories.
pub fn repositories() -> Vec<Repository> {
    vec![Repository {
        id: "1".into(),
        name: "bioimage/apps:main".into(),
        source: "https://raw.githubusercontent.com/bioimage/apps/main/.arkitekt_next/deployments.yaml".into(),
        scan: ScanState::Done { at: ago(HOUR), issues: Vec::new() },
        flavours: 19,
    }]
}

/// A log with colours, an error and a long line.
pub fn log() -> Vec<LogLine> {
    const TEXTS: &[&str] = &[
        "\u{1b}[32mINFO\u{1b}[0m  loading weights  model=2D_versatile_fluo  device=cuda:0",
        "\u{1b}[32mINFO\u{1b}[0m  ready  agent=stardist  port=8090",
        "\u{1b}[32mINFO\u{1b}[0m  predict  image=4411  tiles=16",
        "\u{1b}[33mWARN\u{1b}[0m  tile 7 has 310,000 candidates, suppression is slow",
        "\u{1b}[1;31mERROR\u{1b}[0m CUDA out of memory: tried to allocate 2.40 GiB (GPU 0; 39.39 GiB total capacity; 36.91 GiB already allocated)",
        "        File \"stardist/matching.py\", line 214, in nms",
        "        torch.cuda.OutOfMemoryError",
        "\u{1b}[32mINFO\u{1b}[0m  retry with tile=512  attempt=1/3",
        "\u{1b}[32mINFO\u{1b}[0m  predict done  labels=812  t=14.2s",
        "\u{1b}[32mINFO\u{1b}[0m  heartbeat",
    ];
    (0..60_i64)
        .map(|at| LogLine {
            at: Some(Moment(ago(10 * MINUTE).0 + at * 7_000)),
            source: if at % 10 == 4 { LogSource::Stderr } else { LogSource::Stdout },
            text: TEXTS[usize::try_from(at).unwrap() % TEXTS.len()].into(),
        })
        .collect()
}
