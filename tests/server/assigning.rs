//! Finding and giving work, and who may see it.

use kab::server::ClientRole;
use serde_json::json;

use crate::engine::{ASSIGN, begin, connect, install, register};
use crate::support::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_makes_one_task_per_caller() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (_socket, _) = connect(&server, &engine.token, "s1").await;
    let mut input = install(&engine.implementation("deploy"));
    input["i"]["reference"] = json!("mine");
    let first = server.data("rekuest", &engine.token, ASSIGN, input.clone()).await;
    let again = server.data("rekuest", &engine.token, ASSIGN, input.clone()).await;
    assert_eq!(first["assign"]["id"], again["assign"]["id"]);
    let other = server.token("org.example.store", ClientRole::Interface).await;
    let third = server.data("rekuest", &other, ASSIGN, input).await;
    assert_ne!(first["assign"]["id"], third["assign"]["id"]);
    let found = "query ($f: TaskFilter) { tasks(filters: $f, ordering: [{createdAt: DESC}]) { id } }";
    let found = server.data("rekuest", &other, found, json!({"f": {"reference": "mine"}})).await;
    assert_eq!(found["tasks"], json!([{"id": third["assign"]["id"]}, {"id": first["assign"]["id"]}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_name_the_work_finds_it() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (_socket, _) = connect(&server, &engine.token, "s1").await;
    let find = "query ($f: ImplementationFilter) { implementations(filters: $f) { id interface
        agent { id active client { clientId } } action { id hash args { key kind identifier nullable } } } }";
    let filter = json!({"f": {
        "agent": {"ids": [engine.agent]}, "interface": {"exact": "deploy"},
        "action": {"demands": [
            {"kind": "ARGS", "matches": [{"at": 0, "kind": "STRUCTURE", "identifier": "@kabinet/flavour"}]},
            {"kind": "RETURNS", "matches": [{"at": 0, "kind": "STRUCTURE", "identifier": "@kabinet/pod"}]},
        ]},
    }});
    let found = server.data("rekuest", &engine.token, find, filter).await;
    assert_eq!(found["implementations"].as_array().unwrap().len(), 1);
    let found = &found["implementations"][0];
    assert_eq!(found["id"], engine.implementation("deploy"));
    let none = json!({"f": {"action": {"demands": [{"kind": "ARGS", "matches": [{"key": "pod"}]}]}}});
    assert_eq!(server.data("rekuest", &engine.token, find, none).await["implementations"], json!([]));

    let args = json!({"flavour": {"__identifier": "@kabinet/flavour", "object": "17"}});
    for target in [
        json!({"action": found["action"]["id"]}),
        json!({"actionHash": found["action"]["hash"]}),
        json!({"agent": engine.agent, "interface": "deploy"}),
    ] {
        let mut input = target;
        input["args"] = args.clone();
        let task = server.data("rekuest", &engine.token, ASSIGN, json!({"i": input})).await;
        assert_eq!(task["assign"]["implementation"]["id"], engine.implementation("deploy"));
    }
    let missing = json!({"i": {"implementation": engine.implementation("deploy"), "args": {"note": "x"}}});
    let missing = server.graphql("rekuest", &engine.token, ASSIGN, missing).await;
    assert_eq!(missing["errors"][0]["message"], "deploy needs the argument flavour");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisation_sees_and_steers_nothing() {
    let server = TestServer::start().await;
    let engine = register(&server).await;
    let (mut socket, _) = connect(&server, &engine.token, "s1").await;
    let id = begin(&server, &mut socket, &engine, "deploy").await;
    let kab::server::NewToken::Client(stranger) =
        server.server.add_token("lab", "bob", kab::server::TokenKind::Client).await.unwrap()
    else {
        panic!("a client token was asked for")
    };
    let stranger = server.server.issue_access_token(&stranger).await.unwrap();
    let all = "{ agents { id } actions { id } implementations { id } tasks { id } myTasks { id } states { id } }";
    let all = server.data("rekuest", &stranger, all, json!({})).await;
    assert!(all.as_object().unwrap().values().all(|list| *list == json!([])), "{all}");
    for (document, input, what) in [
        ("query ($i: ID!) { task(id: $i) { id } }", id.clone(), "Task"),
        ("query ($i: ID!) { agent(id: $i) { id } }", json!(engine.agent), "Agent"),
        ("query ($i: ID!) { implementation(id: $i) { id } }", engine.implementation("deploy"), "Implementation"),
        ("mutation ($i: ID!) { cancel(input: {task: $i}) { id } }", id.clone(), "Task"),
        ("mutation ($i: ID!) { block(input: {agent: $i}) { id } }", json!(engine.agent), "Agent"),
        ("mutation ($i: ID!) { deleteAgent(input: {id: $i}) }", json!(engine.agent), "Agent"),
    ] {
        let reply = server.graphql("rekuest", &stranger, document, json!({"i": input})).await;
        assert_eq!(reply["errors"][0]["message"], format!("{what} matching query does not exist."));
    }
    let assign = server.graphql("rekuest", &stranger, ASSIGN, install(&engine.implementation("deploy"))).await;
    assert_eq!(assign["errors"][0]["message"], "Implementation matching query does not exist.");
}
