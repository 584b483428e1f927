//! The engines that a server knows: whether each listens, what it does not tell and what follows from that, and what it
//! can be asked for.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use super::check::{Check, Section};
use super::services::failed;
use crate::compat::{Check as Outcome, check};
use crate::domain::{Engine, Facts, Liveness, Moment, Offer, SelectorKind, span};
use crate::services::{Error, Store};

/// How long the list of engines, and what one of them offers, may take.
const REQUEST: Duration = Duration::from_secs(15);

/// Qualifiers that every machine could report.
const EVERYWHERE: [&str; 10] = [
    "gpu",
    "cpu.count",
    "cpu.arch",
    "cpu.mhz",
    "ram.mb",
    "disk.free_mb",
    "engine.kind",
    "engine.version",
    "engine.rootless",
    "host.name",
];

/// Looks at all engines of a server.
pub async fn look(store: &Store) -> Vec<Check> {
    let late = |_| Err(Error::Deadline { service: "Kabinet".into(), after: REQUEST });
    let engines = match timeout(REQUEST, store.engines()).await.unwrap_or_else(late) {
        Ok(engines) => engines,
        Err(error) => return vec![Check { section: Section::Engines, ..failed("engines", &error) }],
    };
    let now = crate::tui::now();
    let of_one = async |engine: &Engine| {
        let late = |_| Err(Error::Deadline { service: "Rekuest".into(), after: REQUEST });
        let offers = timeout(REQUEST, store.all_offers(engine)).await.unwrap_or_else(late);
        checks(engine, &offers, now)
    };
    if engines.is_empty() {
        return vec![
            Check::warn(Section::Engines, "engines", "the server knows no engine, so nothing can be installed")
                .hint("`kab engine` makes this machine one."),
        ];
    }
    join_all(engines.iter().map(of_one)).await.into_iter().flatten().collect()
}

/// What there is to say of one engine.
pub fn checks(engine: &Engine, offers: &Result<Vec<Offer>, Error>, now: Moment) -> Vec<Check> {
    let name = &engine.name;
    let mut checks = vec![liveness(engine, now), facts(engine)];
    checks.push(match offers {
        Ok(offers) => actions(engine, offers),
        Err(error) => Check { section: Section::Engines, ..failed(format!("{name} actions"), error) },
    });
    checks
}

fn liveness(engine: &Engine, now: Moment) -> Check {
    let (name, kind) = (&engine.name, engine.kind.name());
    match engine.liveness {
        Liveness::Online => Check::ok(Section::Engines, name, format!("{kind}, listens")).value("online"),
        Liveness::Unknown => Check::warn(Section::Engines, name, format!("{kind}; whether it listens cannot be told"))
            .value("unknown")
            .hint("Rekuest tells; see its checks above."),
        Liveness::Offline { last_seen } => {
            let seen = match last_seen {
                Some(at) => format!("last seen {} ago", span(at.seconds_until(now))),
                None => String::from("nobody saw it since the server counts"),
            };
            Check::warn(Section::Engines, name, format!("{kind}, not connected; {seen}"))
                .hint("Nothing can be installed, started or stopped there until it is started again on its machine.")
                .value("offline")
        }
    }
}

/// Needs that apps may have, each with a smallest example.
fn needs() -> Vec<(&'static str, SelectorKind)> {
    let cpu = |min_count, frequency, arch: Option<&str>| SelectorKind::Cpu {
        min_count,
        frequency,
        arch: arch.map(str::to_owned),
    };
    let cuda = |compute_capability: Option<&str>, cuda_version: Option<&str>, memory| SelectorKind::Cuda {
        compute_capability: compute_capability.map(str::to_owned),
        cuda_version: cuda_version.map(str::to_owned),
        memory,
        count: None,
        cuda_cores: None,
    };
    let rocm = |version: Option<&str>| SelectorKind::Rocm {
        api_version: version.map(str::to_owned),
        api_thing: None,
        count: None,
    };
    let one_api = |version: Option<&str>| SelectorKind::OneApi { version: version.map(str::to_owned), count: None };
    vec![
        ("processor cores", cpu(Some(1), None, None)),
        ("a processor clock", cpu(None, Some(1), None)),
        ("an architecture", cpu(None, None, Some("amd64"))),
        ("memory", SelectorKind::Ram { min: Some(1) }),
        ("a CUDA GPU", cuda(None, None, None)),
        ("a CUDA version", cuda(None, Some("1.0"), None)),
        ("a compute capability", cuda(Some("1.0"), None, None)),
        ("memory of a CUDA GPU", cuda(None, None, Some(1))),
        ("a ROCm GPU", rocm(None)),
        ("a ROCm version", rocm(Some("1.0"))),
        ("a oneAPI GPU", one_api(None)),
        ("a oneAPI version", one_api(Some("1.0"))),
    ]
}

/// Kinds of needs that nobody can say yes or no to: by the same rules that judge apps.
fn undecided(engine: &Engine) -> Vec<&'static str> {
    let nothing = [Facts::default()];
    let reported: Vec<&Facts> = match engine.resources.as_slice() {
        [] => nothing.iter().collect(),
        resources => resources.iter().map(|resource| &resource.facts).collect(),
    };
    let is_unknown =
        |kind: &SelectorKind| reported.iter().all(|facts| matches!(check(kind, facts), Outcome::Unknown { .. }));
    let mut list: Vec<&'static str> =
        needs().iter().filter(|(_, kind)| is_unknown(kind)).map(|(words, _)| *words).collect();
    // Where a kind of GPU cannot be told, neither can anything about it.
    for (whole, parts) in [
        ("a CUDA GPU", &["a CUDA version", "a compute capability", "memory of a CUDA GPU"][..]),
        ("a ROCm GPU", &["a ROCm version"]),
        ("a oneAPI GPU", &["a oneAPI version"]),
    ] {
        if list.contains(&whole) {
            list.retain(|words| !parts.contains(words));
        }
    }
    list
}

/// Qualifiers that none of the resources reports, of those that its machine could have.
fn missing(engine: &Engine) -> Vec<&'static str> {
    let has = |key: &str| engine.resources.iter().any(|resource| resource.facts.get(key).is_some());
    let any = |test: &dyn Fn(&str, &str) -> bool| {
        engine.resources.iter().flat_map(|resource| &resource.facts.0).any(|(key, value)| test(key, value))
    };
    let has_gpu = any(&|key, value| key == "gpu" && value.eq_ignore_ascii_case("true"));
    let vendor = |name: &str| any(&|key, value| key.ends_with(".vendor") && value.eq_ignore_ascii_case(name));
    let mut wanted = EVERYWHERE.to_vec();
    if has_gpu {
        wanted.extend(["gpu.count", "gpu.0.vendor", "gpu.0.model", "gpu.0.vram_mb"]);
    }
    for (name, keys) in [
        ("nvidia", &["cuda.version", "cuda.compute_capability"][..]),
        ("amd", &["rocm.version"]),
        ("intel", &["oneapi.version"]),
    ] {
        if vendor(name) {
            wanted.extend(keys);
        }
    }
    wanted.retain(|key| !has(key));
    wanted
}

fn facts(engine: &Engine) -> Check {
    let name = format!("{} facts", engine.name);
    let (missing, undecided) = (missing(engine), undecided(engine));
    let value = json!({"missing": missing, "maybe": undecided});
    let said = match missing.as_slice() {
        [] => String::from("it tells all that kab asks for"),
        list if list.len() == EVERYWHERE.len() => String::from("it tells nothing about its machine"),
        list => format!("it does not tell {}", list.join(", ")),
    };
    if undecided.is_empty() {
        return Check::ok(Section::Engines, name, said).value(value);
    }
    let detail = format!("{said}; apps that need {} can only be MAYBE there", undecided.join(", "));
    let hint = "kab's own engine (`kab engine`) tells it; so can labels in an engine's settings.";
    Check::warn(Section::Engines, name, detail).hint(hint).value(value)
}

fn actions(engine: &Engine, offers: &[Offer]) -> Check {
    let name = format!("{} actions", engine.name);
    let takes = |offer: &Offer, structure: &str| offer.ports.first().is_some_and(|port| port.carries(structure));
    let pod = |names: &[&str]| {
        offers.iter().any(|offer| names.contains(&offer.interface.as_str()) && takes(offer, "@kabinet/pod"))
    };
    let installs = offers.iter().any(|offer| takes(offer, "@kabinet/flavour") || takes(offer, "@kabinet/release"));
    let all = [
        ("install", installs),
        ("start", pod(&["start"])),
        ("stop", pod(&["stop"])),
        ("restart", pod(&["restart"])),
        ("remove", pod(&["remove", "removed"])),
        ("logs", pod(&["refresh_logs", "dump_logs"])),
        ("stream", pod(&["stream_logs"])),
    ];
    let words =
        |wanted: bool| -> Vec<&str> { all.iter().filter(|(_, has)| *has == wanted).map(|(word, _)| *word).collect() };
    let (has, lacks) = (words(true), words(false));
    let value = json!({"has": has, "lacks": lacks});
    if lacks.is_empty() {
        return Check::ok(Section::Engines, name, format!("it has {}", has.join(", "))).value(value);
    }
    let has = if has.is_empty() { "nothing".to_owned() } else { has.join(", ") };
    Check::warn(Section::Engines, name, format!("it has {has}; it lacks {}", lacks.join(", ")))
        .hint("What it lacks is not offered there; a newer deployer, or `kab engine`, may have it.")
        .value(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EngineKind, OfferPort, PortKind, Resource};

    fn engine(liveness: Liveness, facts: &[(&str, &str)]) -> Engine {
        let resource = Resource {
            id: "1".into(),
            local_id: "l".into(),
            name: "host".into(),
            facts: facts.iter().copied().collect(),
            reported_at: None,
        };
        Engine {
            id: "1".into(),
            name: "box".into(),
            kind: EngineKind::Docker,
            client_id: "c".into(),
            agent: None,
            liveness,
            resources: vec![resource],
            images: std::collections::BTreeSet::new(),
        }
    }

    fn offer(interface: &str, structure: &str) -> Offer {
        let port = OfferPort {
            key: "x".into(),
            label: None,
            description: None,
            kind: PortKind::Structure,
            identifier: Some(structure.into()),
            nullable: false,
            default: None,
            choices: Vec::new(),
            children: Vec::new(),
        };
        Offer { id: "1".into(), interface: interface.into(), name: "X".into(), description: None, ports: vec![port] }
    }

    #[test]
    fn what_is_not_told_makes_needs_undecided() {
        let base = [("cpu.count", "4"), ("cpu.arch", "amd64"), ("cpu.mhz", "3000"), ("ram.mb", "8000")];
        let nvidia = [("gpu", "true"), ("gpu.count", "1"), ("gpu.0.vendor", "nvidia"), ("gpu.0.model", "A")];
        let with = |more: &[(&'static str, &'static str)]| engine(Liveness::Online, &[&base[..], more].concat());
        for (engine, expected) in [
            (with(&[("gpu", "false")]), vec![]),
            (with(&[]), vec!["a CUDA GPU", "a ROCm GPU", "a oneAPI GPU"]),
            (with(&nvidia), vec!["a CUDA version", "a compute capability", "memory of a CUDA GPU"]),
        ] {
            assert_eq!(undecided(&engine), expected, "{:?}", engine.resources[0].facts);
        }
        let deployer = engine(Liveness::Online, &[("gpu", "false")]);
        assert_eq!(undecided(&deployer), ["processor cores", "a processor clock", "an architecture", "memory"]);
        let check = facts(&deployer);
        assert!(check.detail.contains("does not tell cpu.count") && check.detail.contains("MAYBE"), "{check:?}");
        assert!(missing(&with(&nvidia)).ends_with(&["gpu.0.vram_mb", "cuda.version", "cuda.compute_capability"]));
        let silent = Engine { resources: Vec::new(), ..deployer };
        assert!(facts(&silent).detail.starts_with("it tells nothing"), "{:?}", facts(&silent));
    }

    #[test]
    fn what_an_engine_has_is_known_by_names_and_ports() {
        let own = [
            offer("deploy_flavour", "@kabinet/flavour"),
            offer("start", "@kabinet/pod"),
            offer("stop", "@kabinet/pod"),
            offer("restart", "@kabinet/pod"),
            offer("remove", "@kabinet/pod"),
            offer("refresh_logs", "@kabinet/pod"),
            offer("stream_logs", "@kabinet/pod"),
        ];
        let whole = engine(Liveness::Online, &[]);
        assert_eq!(actions(&whole, &own).state.word(), "ok");
        let prototype = [offer("deploy", "@kabinet/release"), offer("removed", "@kabinet/pod"), offer("stop", "x")];
        let check = actions(&whole, &prototype);
        assert_eq!(
            check.value,
            json!({"has": ["install", "remove"], "lacks": ["start", "stop", "restart", "logs", "stream"]})
        );
        assert!(actions(&whole, &[]).detail.starts_with("it has nothing;"));
    }

    #[test]
    fn who_does_not_listen_is_told_since_when() {
        let now = Moment(10_000_000);
        let seen = Liveness::Offline { last_seen: Some(Moment(10_000_000 - 7_200_000)) };
        let all = checks(&engine(seen, &[]), &Ok(Vec::new()), now);
        assert!(all[0].detail.ends_with("last seen 2 h ago") && all[0].state.word() == "warn", "{all:?}");
        let unknown = checks(&engine(Liveness::Unknown, &[]), &Err(Error::Refused("no".into())), now);
        assert_eq!(unknown.iter().map(|check| check.state.word()).collect::<Vec<_>>(), ["warn", "warn", "fail"]);
        assert!(unknown.iter().all(|check| check.section == Section::Engines));
    }
}
