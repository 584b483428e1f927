//! Which pods are updated, what is asked before, and what is told after.

use super::super::testing;
use super::*;

fn two_releases() -> App {
    let mut app = testing::app("live.kab.demo.greeter");
    let mut newer = app.releases[0].clone();
    (newer.version, newer.scopes) = ("2.0.0".into(), vec!["read".into(), "write".into()]);
    app.releases.insert(0, newer);
    app
}

fn meant(words: &[&str], apps: &[App], pods: &[Pod]) -> Meant {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Meant::read(&words, apps, pods).expect("known words")
}

#[test]
fn a_pod_that_is_named_is_updated_alone_and_one_that_is_not_behind_is_told() {
    let (apps, engines) = ([two_releases()], [testing::engine("1", "ws", &[])]);
    let mut pods = ["aaaa1111", "bbbb1111", "cccc1111"].map(|id| testing::pod(&id[..1], "greeter", id));
    pods[2].version = "2.0.0".into();
    let alone = plan(&meant(&["bbbb1111"], &apps, &pods), &apps, &engines, &pods);
    let steps: Vec<&str> = alone.steps.iter().map(|step| step.pod.id.as_str()).collect();
    assert_eq!((steps, alone.stay.len()), (vec!["b"], 0), "the other pod of the app stays as it is");
    let both = plan(&meant(&["a", "greeter-cccc1111"], &apps, &pods), &apps, &engines, &pods);
    let answer = told(&both);
    assert_eq!((answer.data[0]["to"].as_str(), answer.data[0]["stays"].as_str()), (Some("2.0.0"), None));
    assert_eq!(answer.data[1]["stays"], "runs the newest release");
    let rows = answer.columns.expect("columns").rows;
    assert_eq!((rows.len(), rows[1][5].as_str()), (2, "runs the newest release"));
    let whole = plan(&meant(&["greeter", "a"], &apps, &pods), &apps, &engines, &pods);
    assert_eq!((whole.steps.len(), whole.stay.len()), (2, 0), "an app means all its pods that are behind");
    let unknown = Meant::read(&["nobody".to_owned()], &apps, &pods).expect_err("a word that means nothing");
    assert_eq!(unknown.kind, FailureKind::NotFound);
}

#[test]
fn the_plan_names_what_is_asked_for_in_addition_and_stays_on_the_engine() {
    let (app, engines) = (two_releases(), [testing::engine("1", "ws", &[]), testing::engine("2", "hpc", &[])]);
    let pods = [testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "other", "bbbbbb0123")];
    let apps = [app];
    let plan = plan(&meant(&["greeter"], &apps, &pods), &apps, &engines, &pods);
    let steps = &plan.steps;
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].choice.as_ref().map(|best| best.engine.name.as_str()), Ok("ws"));
    assert_eq!(
        question(steps, Old::Goes),
        "Update greeter-abcdef01 1.0.0 to 2.0.0, access + write? The old containers and their logs go."
    );
    assert!(question(steps, Old::Stays).ends_with("? The old pods stay until you remove them."));
    let told = told(&plan);
    assert_eq!(told.data[0]["permissions"]["scopes_added"], json!(["write"]));
    assert_eq!((&told.data[0]["from"], &told.data[0]["to"]), (&json!("1.0.0"), &json!("2.0.0")));
    let row = &told.columns.expect("columns").rows[0];
    assert_eq!(row[1..], ["1.0.0", "2.0.0", "docker-ws", "+ write", "RUNS"]);
}

#[test]
fn what_is_not_waited_for_leaves_the_old_pod_and_says_how_it_goes() {
    let (app, engines) = (two_releases(), [testing::engine("1", "ws", &[])]);
    let pods = [testing::pod("7", "greeter", "abcdef0123")];
    let apps = [app];
    let plan = plan(&meant(&["greeter"], &apps, &pods), &apps, &engines, &pods);
    let answer = answer(&plan, vec![Ok(Done::Begun("5".into()))]);
    assert_eq!((&answer.data[0]["task"], &answer.data[0]["new_pod"]), (&json!("5"), &Value::Null));
    assert_eq!(answer.names, ["5"]);
    let text = answer.text.unwrap_or_default();
    assert!(text.contains("task 5. When it runs, `kab remove greeter-abcdef01` removes 1.0.0."), "{text}");
}

#[test]
fn a_pod_whose_engine_is_gone_is_told_and_makes_the_answer_partial() {
    let (app, engines) = (two_releases(), [testing::engine("2", "hpc", &[])]);
    let mut pods = [testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "greeter", "bbbbbb0123")];
    pods[1].engine = "2".into();
    let apps = [app];
    let plan = plan(&meant(&["greeter"], &apps, &pods), &apps, &engines, &pods);
    let missing = plan.steps[0].choice.as_ref().expect_err("no engine");
    assert_eq!(missing.kind, FailureKind::NotFound);
    let answer = answer(&plan, vec![Err(missing.clone()), Ok(Done::Updated(Box::new(pods[1].clone())))]);
    assert_eq!(answer.failure.map(|failure| failure.kind), Some(FailureKind::Partial));
    assert_eq!((&answer.data[0]["ok"], &answer.data[1]["ok"]), (&json!(false), &json!(true)));
}

#[test]
fn only_the_container_that_was_there_when_it_was_planned_is_removed() {
    let planned = testing::pod("7", "greeter", "abcdef0123");
    assert_eq!(changed(&planned, &Ok(planned.clone())), None);
    let other = Pod { local_id: "bbbbbb0123".into(), ..planned.clone() };
    assert!(changed(&planned, &Ok(other)).is_some_and(|why| why.contains("greeter-bbbbbb01")));
    let gone = services::Error::NotFound("there is no pod 7".into());
    assert!(changed(&planned, &Err(gone)).is_some_and(|why| why.contains("gone already")));
    let unknown = services::Error::Refused("busy".into());
    assert!(changed(&planned, &Err(unknown)).is_some(), "what cannot be read is left alone");
}
