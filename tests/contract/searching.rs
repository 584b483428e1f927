//! `kab logs` with a search or a range: all of the log answers, or it is said how much of it did.

use serde_json::Value;

use crate::{engine::Farm, household::Answer, in_the_terminal::Place};

/// The texts of the lines that were printed.
fn texts(answer: Answer) -> Vec<String> {
    let lines = answer.data();
    let text = |line: &Value| line["text"].as_str().unwrap_or_default().to_owned();
    lines.as_array().unwrap().iter().map(text).collect()
}

#[test]
fn where_the_engine_streams_a_search_goes_through_the_whole_log() {
    let farm = Farm::begin(|yard| yard.has_written(500));
    let household = &farm.household;
    let pod = household.ask(&["pods"]).data()[0]["id"].as_str().unwrap().to_owned();
    // A snapshot holds lines 300 to 499.
    let answer = household.ask(&["logs", &pod, "--grep", "line 10"]);
    assert!(!answer.said.contains("Only the newest"), "{}", answer.said);
    let expected = [10].into_iter().chain(100..110).map(|number| format!("line {number}"));
    assert_eq!(texts(answer), expected.collect::<Vec<_>>());
    let newest = texts(household.ask(&["logs", &pod, "--grep", "line 10", "--tail", "2"]));
    assert_eq!(newest, ["line 108", "line 109"]);
    assert_eq!(texts(household.ask(&["logs", &pod, "--tail", "450"])).len(), 450);
    assert_eq!(texts(household.ask(&["logs", &pod])).len(), 200);
    assert_eq!(texts(household.ask(&["logs", &pod, "--since", "1m"])), [""; 0]);
    farm.end();
}

#[test]
fn where_the_engine_keeps_no_more_than_a_snapshot_that_is_said() {
    let place = Place::new();
    place.data(&["install", "com.example.plain", "--wait", "--yes"]);
    let pod = place.pods()[0]["id"].as_str().unwrap().to_owned();
    for line in 0..250 {
        place.house.deployer.writes(&pod, &format!("tile {line}"));
    }
    let answer = place.household.ask(&["logs", &pod, "--grep", "tile 4"]);
    assert!(answer.said.contains("Only the newest 200 lines were looked through"), "{}", answer.said);
    assert!(texts(answer).iter().all(|text| text != "tile 4"));
    let answer = place.household.ask(&["logs", &pod, "--tail", "240"]);
    assert!(answer.said.contains("These are the newest 200 lines, and older ones cannot be had"), "{}", answer.said);
}
