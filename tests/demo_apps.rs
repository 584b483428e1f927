//! The demo apps as agents of a real server: they register, answer over Rekuest, refuse what makes no sense, and leave.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

mod support;

use kab::{
    demo::{self, App},
    server::{ClientRole, Manifest},
    services::{Access, Secret},
};
use serde_json::{Value, json};
use support::{PATIENCE, TestServer, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Running {
    server: TestServer,
    caller: String,
    implementation: String,
    shutdown: CancellationToken,
    app: JoinHandle<Result<(), kab::domain::Failure>>,
}

impl Running {
    async fn start(app: App) -> Self {
        let server = TestServer::start().await;
        let caller = server.token("org.example.store", ClientRole::Interface).await;
        let manifest = Manifest::for_everything(&app.identifier(), "1.0.0");
        let client_token = server.server.client_token_for(&manifest, ClientRole::Agent).await.unwrap();
        let access = Access::of_place(server.url.clone(), Secret::new(client_token));
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(demo::serve(app, "vanilla", access, shutdown.clone()));
        let implementation = eventually("the app is online", async || {
            let query = "{ agents { active implementations { id } } }";
            let agents = server.data("rekuest", &caller, query, json!({})).await;
            let agent = agents["agents"].as_array()?.iter().find(|agent| agent["active"] == true)?.clone();
            Some(agent["implementations"][0]["id"].as_str()?.to_owned())
        })
        .await;
        Self { server, caller, implementation, shutdown, app: running }
    }

    /// Assigns, waits for the end, and gives the kind of the last event and all results.
    async fn ask(&self, args: Value) -> (String, Vec<Value>) {
        let assign = "mutation ($i: AssignInput!) { assign(input: $i) { id } }";
        let input = json!({"i": {
            "implementation": self.implementation, "args": args,
            "cached": false, "capture": false, "ephemeral": false, "log": false,
        }});
        let assigned = self.server.data("rekuest", &self.caller, assign, input).await;
        let id = &assigned["assign"]["id"];
        let query = "query ($t: ID!) { task(id: $t) { isDone latestEventKind
            events(ordering: [{ createdAt: ASC }]) { kind returns } } }";
        let task = eventually("the task's end", async || {
            let task = self.server.data("rekuest", &self.caller, query, json!({"t": id})).await["task"].take();
            (task["isDone"] == true).then_some(task)
        })
        .await;
        let events = task["events"].as_array().unwrap();
        let results = events.iter().filter(|event| event["kind"] == "YIELD").map(|event| event["returns"].clone());
        (task["latestEventKind"].as_str().unwrap().to_owned(), results.collect())
    }

    async fn leave(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.app).await.expect("the app ends when asked").unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeter_greets_and_refuses_what_it_does_not_know() {
    let greeter = Running::start(App::Greeter).await;
    let (end, results) = greeter.ask(json!({"name": "Ada", "language": "fr"})).await;
    assert_eq!((end.as_str(), results), ("COMPLETED", vec![json!({"return0": "Bonjour, Ada!"})]));
    let (end, results) = greeter.ask(json!({"name": "Ada", "language": "klingon"})).await;
    assert_eq!((end.as_str(), results), ("FAILED", Vec::new()));
    greeter.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_yields_number_after_number() {
    let counter = Running::start(App::Counter).await;
    let (end, results) = counter.ask(json!({"from": 3, "to": 1, "pause_ms": 0})).await;
    let numbers: Vec<_> = results.iter().map(|result| result["return0"].as_i64()).collect();
    assert_eq!((end.as_str(), numbers), ("COMPLETED", vec![Some(3), Some(2), Some(1)]));
    counter.leave().await;
}
