//! The verdicts, the choice and the table, case by case.

use super::*;
use crate::domain::*;

fn flavour(name: &str, selectors: Vec<Selector>) -> Flavour {
    Flavour {
        id: FlavourId::from(name),
        name: name.into(),
        image: Image { reference: format!("demo/{name}:1"), built_at: Some(Moment(1)), size: None },
        selectors: Selectors::Known(selectors),
        requirements: vec![],
        hints: vec![],
        nodes: vec![],
        repository: None,
        withdrawn: false,
    }
}

fn release(flavours: Vec<Flavour>) -> Release {
    Release {
        id: "1".into(),
        app: "live.demo.stardist".into(),
        version: "0.4.2".into(),
        scopes: vec![],
        description: None,
        flavours,
    }
}

fn engine(name: &str, resources: &[&[(&str, &str)]]) -> Engine {
    Engine {
        id: EngineId::from(name),
        name: name.into(),
        kind: EngineKind::Docker,
        client_id: name.into(),
        agent: None,
        images: std::collections::BTreeSet::new(),
        liveness: Liveness::Online,
        resources: resources
            .iter()
            .enumerate()
            .map(|(at, facts)| Resource {
                id: ResourceId::new(format!("{name}{at}")),
                local_id: format!("r{at}"),
                name: format!("node{at}"),
                facts: facts.iter().copied().collect(),
                reported_at: None,
            })
            .collect(),
    }
}

fn cuda() -> SelectorKind {
    SelectorKind::Cuda { compute_capability: None, cuda_version: None, memory: None, count: None, cuda_cores: Some(9) }
}

fn ram(min: u64) -> SelectorKind {
    SelectorKind::Ram { min: Some(min) }
}

const GPU: &[(&str, &str)] = &[("gpu", "true"), ("gpu.count", "1"), ("gpu.0.vendor", "nvidia"), ("ram.mb", "8000")];
const BIG: &[(&str, &str)] = &[("gpu", "false"), ("ram.mb", "64000")];
const OLD: &[(&str, &str)] = &[("gpu", "true")];

#[test]
fn a_verdict_needs_every_required_check_on_one_resource() {
    let needs = |selectors: Vec<Selector>| flavour("f", selectors);
    for (what, flavour, engine, expected) in [
        ("nothing is needed", needs(vec![]), engine("e", &[BIG]), Verdict::Runs),
        ("nothing is needed and nothing is reported", needs(vec![]), engine("e", &[]), Verdict::Runs),
        ("required and there", needs(vec![Selector::required(cuda())]), engine("e", &[GPU]), Verdict::Runs),
        ("required and not there", needs(vec![Selector::required(cuda())]), engine("e", &[BIG]), Verdict::No),
        ("required and unknown", needs(vec![Selector::required(cuda())]), engine("e", &[OLD]), Verdict::Maybe),
        ("no resource reports", needs(vec![Selector::required(cuda())]), engine("e", &[]), Verdict::Maybe),
        ("preferred and not there", needs(vec![Selector::preferred(cuda(), 5)]), engine("e", &[BIG]), Verdict::Runs),
        ("preferred and unknown", needs(vec![Selector::preferred(cuda(), 5)]), engine("e", &[OLD]), Verdict::Runs),
        (
            "two resources that each satisfy half",
            needs(vec![Selector::required(cuda()), Selector::required(ram(32_000))]),
            engine("e", &[GPU, BIG]),
            Verdict::No,
        ),
        (
            "two resources that each satisfy half, and do not tell the other half",
            needs(vec![Selector::required(cuda()), Selector::required(ram(32_000))]),
            engine("e", &[&[("gpu", "true"), ("gpu.count", "1"), ("gpu.0.vendor", "nvidia")], &[("ram.mb", "64000")]]),
            Verdict::Maybe,
        ),
        (
            "one half is not there, the other is not told",
            needs(vec![Selector::required(cuda()), Selector::required(ram(32_000))]),
            engine("e", &[&[("gpu", "true"), ("ram.mb", "8000")], &[("gpu", "false")]]),
            Verdict::No,
        ),
        (
            "one resource of two does",
            needs(vec![Selector::required(ram(32_000))]),
            engine("e", &[GPU, BIG]),
            Verdict::Runs,
        ),
        (
            "a no outweighs an unknown",
            needs(vec![Selector::required(ram(32_000)), Selector::required(cuda())]),
            engine("e", &[&[("gpu", "false")]]),
            Verdict::No,
        ),
        (
            "an unknown kind is unknown",
            needs(vec![Selector::required(SelectorKind::Unknown { name: "quantum".into(), text: "{}".into() })]),
            engine("e", &[BIG]),
            Verdict::Maybe,
        ),
        (
            "a kind that is preferred may be unknown",
            needs(vec![Selector::preferred(SelectorKind::Unknown { name: "quantum".into(), text: "{}".into() }, 7)]),
            engine("e", &[BIG]),
            Verdict::Runs,
        ),
    ] {
        let mut away = engine.clone();
        away.liveness = Liveness::Offline { last_seen: None };
        assert_eq!(judge(&flavour, &away).verdict, expected, "{what}: offline, by its last facts");
        let judgement = judge(&flavour, &engine);
        assert_eq!(judgement.verdict, expected, "{what}");
        assert_eq!(judgement.reasons.is_empty(), expected == Verdict::Runs, "{what}: reasons explain what is not RUNS");
    }
}

#[test]
fn selectors_that_the_server_cannot_read_are_a_maybe() {
    let mut unreadable = flavour("f", vec![]);
    unreadable.selectors = Selectors::Unreadable("2 validation errors for SelectorFieldJson\nmore".into());
    let judgement = judge(&unreadable, &engine("e", &[BIG]));
    assert_eq!(judgement.verdict, Verdict::Maybe);
    assert!(judgement.reasons[0].sentence("e").ends_with("2 validation errors for SelectorFieldJson"));
}

#[test]
fn the_process_engine_runs_only_the_demo() {
    let mut process = engine("here", &[BIG]);
    process.kind = EngineKind::Process;
    let mut demo = flavour("demo", vec![]);
    demo.image.reference = format!("{}greeter:abc", judge::DEMO_IMAGES);
    assert_eq!(judge(&demo, &process).verdict, Verdict::Runs);
    assert_eq!(judge(&flavour("other", vec![]), &process).verdict, Verdict::No);
}

#[test]
fn the_choice_goes_by_verdict_then_weight_then_build_then_name() {
    let mut newer = flavour("b-newer", vec![]);
    newer.image.built_at = Some(Moment(9));
    let release = release(vec![
        flavour("a-plain", vec![]),
        newer,
        flavour("c-preferred", vec![Selector::preferred(ram(1000), 3)]),
        flavour("d-cuda", vec![Selector::required(cuda()), Selector::preferred(ram(1000), 99)]),
    ]);
    let engines = [engine("old", &[OLD]), engine("big", &[BIG])];
    let order: Vec<_> = rank(&release, &engines)
        .iter()
        .map(|c| (c.engine.name.as_str(), c.flavour.name.as_str(), c.judgement.verdict.word()))
        .map(|(e, f, v)| format!("{f}@{e} {v}"))
        .collect();
    assert_eq!(
        order,
        [
            "c-preferred@big RUNS",
            "b-newer@big RUNS",
            "b-newer@old RUNS",
            "a-plain@big RUNS",
            "a-plain@old RUNS",
            "c-preferred@old RUNS",
            "d-cuda@old MAYBE",
            "d-cuda@big NO",
        ]
    );
    let plan = plan(&release, &engines, Wish::default()).unwrap();
    assert_eq!((plan.best.flavour.name.as_str(), plan.best.engine.name.as_str()), ("c-preferred", "big"));
    assert_eq!(plan.why, "best match, weight 3 against 0");
    assert!(plan.others.iter().all(|other| other.judgement.verdict != Verdict::No));
}

#[test]
fn where_nothing_can_be_chosen_the_plan_says_why() {
    let release = release(vec![flavour("cuda", vec![Selector::required(cuda())])]);
    let big = [engine("big", &[BIG])];
    assert_eq!(plan(&release, &[], Wish::default()), Err(NoPlan::NoEngine));
    assert_eq!(
        plan(&release, &big, Wish { flavour: Some("cpu"), engine: None }),
        Err(NoPlan::NoSuchFlavour("cpu".into(), vec!["cuda".into()]))
    );
    assert_eq!(
        plan(&release, &big, Wish { flavour: None, engine: Some("small") }),
        Err(NoPlan::NoSuchEngine("small".into()))
    );
    let nowhere = plan(&release, &big, Wish::default()).unwrap_err();
    assert_eq!(nowhere.to_string(), "cuda needs a CUDA GPU; big reports no GPU");
    let mut away = engine("away", &[GPU]);
    away.liveness = Liveness::Offline { last_seen: None };
    assert_eq!(plan(&release, &[away], Wish::default()), Err(NoPlan::Offline(vec!["away".into()])));
}

#[test]
fn the_table_numbers_each_reason_once_and_names_the_nearest_thing_that_works() {
    let release = release(vec![
        flavour("cpu", vec![]),
        flavour("cuda", vec![Selector::required(cuda())]),
        flavour("huge", vec![Selector::required(ram(900_000))]),
    ]);
    let mut away = engine("away", &[GPU]);
    away.liveness = Liveness::Offline { last_seen: None };
    let engines = [engine("big", &[BIG]), engine("big2", &[BIG]), engine("old", &[OLD]), away];
    let table = table(&release, &engines);
    let words = |at: usize| table.rows[at].cells.iter().map(|c| c.judgement.verdict.word()).collect::<Vec<_>>();
    assert_eq!(words(0), ["RUNS"; 4]);
    assert_eq!(words(1), ["NO", "NO", "MAYBE", "RUNS"]);
    assert_eq!(table.runs_on(), 3);
    assert_eq!(table.rows.iter().flat_map(|row| &row.cells).filter(|cell| cell.best).count(), 1);
    let note = &table.notes[0];
    assert_eq!((note.number, note.engines.len(), note.advice.as_str()), (1, 2, "cpu runs there"));
    assert_eq!(table.rows[1].cells[0].notes, [1]);
    assert_eq!(table.rows[1].cells[1].notes, [1]);
    for cell in table.rows.iter().flat_map(|row| &row.cells) {
        assert_eq!(cell.notes.is_empty(), cell.judgement.verdict == Verdict::Runs);
    }
    assert_eq!(marks(&release, &engines), [Mark::Best, Mark::Runs, Mark::Runs, Mark::Offline]);
    let picked = plan(&release, &engines, Wish::default()).unwrap().best.engine.id.clone();
    assert_eq!(picked, engines[0].id, "the mark is the plan's choice");
    assert_eq!(marks(&release, &engines[..1]), [Mark::Runs], "one engine is no choice");
}

#[test]
fn what_was_withdrawn_is_chosen_only_when_nothing_else_is_there() {
    let mut gone = flavour("gone", vec![Selector::preferred(ram(1), 9)]);
    gone.withdrawn = true;
    let engines = [engine("big", &[BIG])];
    let both = release(vec![gone.clone(), flavour("kept", vec![])]);
    assert_eq!(plan(&both, &engines, Wish::default()).unwrap().best.flavour.name, "kept");
    let alone = release(vec![gone]);
    assert_eq!(plan(&alone, &engines, Wish::default()).unwrap().best.flavour.name, "gone");
}

#[test]
fn of_engines_that_are_as_good_the_one_that_has_the_image_is_taken_and_the_reason_is_said() {
    let release = release(vec![flavour("cpu", vec![])]);
    let mut engines = [engine("a", &[BIG]), engine("b", &[BIG])];
    let chosen = |engines: &[Engine]| {
        let plan = plan(&release, engines, Wish::default()).unwrap();
        (plan.best.engine.name.clone(), plan.why_there)
    };
    assert_eq!(chosen(&engines), ("a".into(), "as good as b, first by name".into()));
    engines[1].images.insert("cpu".into());
    assert_eq!(chosen(&engines), ("b".into(), "its image is there already".into()));
    assert_eq!(marks(&release, &engines), [Mark::Runs, Mark::Best], "the list says the same");
    assert_eq!(chosen(&engines[..1]), ("a".into(), "the only engine that will do".into()));
    let mut demo = release.clone();
    demo.flavours[0].image.reference = format!("{DEMO_IMAGES}greeter:1");
    engines[0].kind = EngineKind::Process;
    assert_eq!(plan(&demo, &engines, Wish::default()).unwrap().why_there, "a has no isolation");
    let wish = Wish { engine: Some("a"), ..Wish::default() };
    assert_eq!(plan(&demo, &engines, wish).unwrap().why_there, "you chose it");
    let needs = vec![Selector::required(cuda())];
    let gpu = super::tests::release(vec![flavour("cuda", needs)]);
    let engines = [engine("old", &[OLD]), engine("gpu", &[GPU])];
    let why = plan(&gpu, &engines, Wish::default()).unwrap().why_there;
    assert!(why.starts_with("old may not do: "), "{why}");
}

#[test]
fn facts_that_are_missing_are_named_with_the_engines_that_could_report_them() {
    let needs = |kinds: Vec<SelectorKind>| flavour("a", kinds.into_iter().map(Selector::required).collect());
    let version = SelectorKind::Cuda {
        compute_capability: None,
        cuda_version: Some("12.1".into()),
        memory: None,
        count: None,
        cuda_cores: None,
    };
    let cpu = SelectorKind::Cpu { min_count: Some(4), frequency: None, arch: None };
    let gpu: &[(&str, &str)] = &[("gpu", "true"), ("gpu.count", "1"), ("gpu.0.vendor", "nvidia")];
    let silent: &[(&str, &str)] = &[];
    let release = release(vec![needs(vec![ram(16_000), version]), flavour("b", vec![Selector::required(cpu)])]);
    let engines = [engine("k8s-lab", &[silent]), engine("hpc-gpu", &[gpu])];
    let wanted = table(&release, &engines).wanted().expect("something is missing");
    for part in
        ["ram.mb on k8s-lab, hpc-gpu", "gpu and gpu.0.vendor on k8s-lab", "cuda.version on hpc-gpu", "cpu.count on"]
    {
        assert!(wanted.contains(part), "{part}: {wanted}");
    }
    assert!(wanted.starts_with("report ram.mb on "), "{wanted}");
    // Nobody can report what is no fact, and what contradicts is told already.
    let odd = SelectorKind::Unknown { name: "quantum".into(), text: "{}".into() };
    let nothing = self::release(vec![needs(vec![odd])]);
    assert_eq!(table(&nothing, &engines).wanted(), None);
    let small = engine("ws", &[&[("ram.mb", "8000")]]);
    let both = vec![ram(16_000), SelectorKind::Cpu { min_count: Some(4), frequency: None, arch: None }];
    assert_eq!(table(&self::release(vec![needs(both)]), &[small]).wanted(), None, "it would not run with it either");
}
