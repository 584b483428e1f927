//! Tests with real processes: this test program is shim and app, told by an environment variable.

use std::time::Instant;

use futures_util::TryStreamExt;

use super::*;
use crate::domain::LogSource;

/// Not a test: what the shim's program runs when a test starts this program again.
#[tokio::test]
async fn shim_for_tests() {
    let Some(folder) = std::env::args().skip_while(|word| word != "--").nth(1) else { return };
    if std::env::args().any(|word| word == "--shim") {
        supervise(Path::new(&folder)).await.unwrap();
    }
}

fn processes(base: &Path) -> Processes {
    let me = std::env::current_exe().unwrap();
    // Arguments of the test harness: run the function above alone; what follows `--` is ours.
    let script = base.join("shim.sh");
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh\nexec '{}' --exact engine::driver::process::tests::shim_for_tests --nocapture --skip --shim -- \"$1\"\n",
            me.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    Processes::with_programs(base, "/bin/sh".into(), vec![script.into()]).unwrap()
}

fn spec(script: &str) -> ContainerSpec {
    ContainerSpec {
        name: "kab-test".into(),
        image: "localhost/kab-demo/test:1".into(),
        environment: vec![("GREETING".into(), "hello".into())],
        labels: BTreeMap::from([("owner".into(), "me".into())]),
        command: Some(vec!["/kab".into(), "-c".into(), script.into()]),
        network: "host".into(),
        gpu: super::super::Gpu::None,
        limits: super::super::Limits::default(),
    }
}

fn with_image(processes: &Processes) {
    let image = Image { reference: "localhost/kab-demo/test:1".into(), command: vec!["/kab".into()] };
    folder::write(&processes.image_file(&image.reference), &serde_json::to_vec(&image).unwrap()).unwrap();
}

async fn wait_for(processes: &Processes, id: &str, wanted: impl Fn(&State) -> bool) -> State {
    let begun = Instant::now();
    loop {
        let state = processes.inspect(id).await.unwrap().unwrap().state;
        if wanted(&state) {
            return state;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{state:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_process_lives_logs_stops_and_outlives_its_engine() {
    let base = tempfile::tempdir().unwrap();
    let engine = processes(base.path());
    with_image(&engine);
    let script = "trap 'echo bye; exit 0' TERM; echo $GREETING; echo careful >&2; while :; do sleep 0.05; done";
    let id = engine.create(&spec(script)).await.unwrap();
    assert_eq!(engine.inspect(&id).await.unwrap().unwrap().state.phase, ContainerPhase::Created);
    engine.start(&id).await.unwrap();
    wait_for(&engine, &id, |state| state.phase == ContainerPhase::Running).await;
    drop(engine);

    let engine = processes(base.path());
    assert_eq!(engine.list("owner", "me").await.unwrap()[0].id, id);
    assert!(engine.list("owner", "you").await.unwrap().is_empty());
    engine.start(&id).await.unwrap();
    let begun = Instant::now();
    let lines = loop {
        let range = LogRange { tail: Some(2), follow: Follow::Off };
        let lines: Vec<_> = engine.logs(&id, range).try_collect().await.unwrap();
        if lines.len() == 2 {
            break lines;
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let said = |source| lines.iter().find(|line| line.source == source).unwrap();
    assert_eq!(said(LogSource::Stdout).text, "hello");
    assert_eq!(said(LogSource::Stderr).text, "careful");
    assert!(lines.iter().all(|line| line.at.is_some()));

    let follow = engine.logs(&id, LogRange { tail: None, follow: Follow::On }).try_collect::<Vec<_>>();
    let (followed, stopped) = futures_util::join!(follow, engine.stop(&id));
    stopped.unwrap();
    assert_eq!(followed.unwrap().last().unwrap().text, "bye");
    let state = wait_for(&engine, &id, |state| matches!(state.phase, ContainerPhase::Exited { .. })).await;
    assert_eq!(state.phase, ContainerPhase::Exited { code: 0, memory: Memory::NotTold });
    engine.remove(&id).await.unwrap();
    assert_eq!(engine.inspect(&id).await.unwrap(), None);
    engine.remove(&id).await.unwrap();
}

#[tokio::test]
async fn a_process_that_fails_is_started_again_and_stop_ends_that() {
    let base = tempfile::tempdir().unwrap();
    let engine = processes(base.path());
    with_image(&engine);
    let id = engine.create(&spec("exit 3")).await.unwrap();
    engine.start(&id).await.unwrap();
    wait_for(&engine, &id, |state| state.restarts >= 1).await;
    engine.stop(&id).await.unwrap();
    let state = wait_for(&engine, &id, |state| matches!(state.phase, ContainerPhase::Exited { .. })).await;
    assert_eq!(state.phase, ContainerPhase::Exited { code: 3, memory: Memory::NotTold });
    engine.remove(&id).await.unwrap();
}

#[tokio::test]
async fn nothing_but_demo_images_is_run_and_ids_lead_nowhere_else() {
    let base = tempfile::tempdir().unwrap();
    let engine = processes(base.path());
    let foreign = ContainerSpec { image: "docker.io/evil:1".into(), ..spec("true") };
    let why = engine.create(&foreign).await.unwrap_err().to_string();
    assert!(why.contains("without isolation") && why.contains("docker.io/evil:1"), "{why}");
    let request = PullRequest { reference: "docker.io/evil:1".into(), credentials: None };
    assert!(engine.pull(request).next().await.unwrap().is_err());
    assert_eq!(engine.inspect("../images").await.unwrap(), None);
    assert!(matches!(engine.create(&spec("true")).await, Err(Error::NotFound(_))), "not loaded");
}

#[tokio::test]
async fn the_demos_archives_are_understood() {
    let base = tempfile::tempdir().unwrap();
    let engine = processes(base.path());
    let images = crate::demo::Images::of_this_program().unwrap();
    let image = &images.offers()[0].image;
    let archive = base.path().join("image.tar");
    let mut file = io::BufWriter::new(std::fs::File::create(&archive).unwrap());
    image.write(&mut file).unwrap();
    drop(file);
    assert_eq!(engine.image(&image.reference()).await.unwrap(), None);
    engine.load_image(&archive).await.unwrap();
    let facts = engine.image(&image.reference()).await.unwrap().unwrap();
    assert_eq!(facts.command.get(1).map(String::as_str), Some("demo-app"), "{facts:?}");
    assert_eq!(crate::engine::image::command(&facts), None, "it keeps its own command");
}
