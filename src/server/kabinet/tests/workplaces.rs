//! The books of what runs where, and who is told of changes.

use futures_util::StreamExt as _;

use super::*;

#[tokio::test]
async fn a_backend_keeps_its_books() {
    let kab = Kab::fed(TWO_APPS).await;
    let made = a_pod(&kab).await;
    assert_eq!(made["createPod"]["status"], "PENDING");
    let by_local =
        kab.ask("mutation { updatePod(input: {localId: \"c0ffee\", status: RUNNING}) { id status reason } }").await;
    assert_eq!(by_local["updatePod"], json!({"id": "1", "status": "RUNNING", "reason": null}));
    let by_row = kab
        .ask("mutation { updatePod(input: {pod: 1, status: UNKOWN, reason: \"exit code 137\"}) { status reason } }")
        .await;
    assert_eq!(by_row["updatePod"], json!({"status": "UNKOWN", "reason": "exit code 137"}));
    let again = kab.ask("mutation { createPod(input: {deployment: 1, localId: \"c0ffee\"}) { id status clientId resource { id } } }").await;
    assert_eq!(
        again["createPod"],
        json!({"id": "1", "status": "UNKOWN", "clientId": null, "resource": null}),
        "omitted is null, the status stays"
    );
    a_pod(&kab).await;
    let all = kab
        .ask(
            "{ pods { name podId backend { name kind clientId client { name } user { sub } organization { slug } resources { qualifiers reportedAt } }
               resource { name resourceId pods { id } } deployment { name localId status flavour { release { app { identifier } } } } latestLogDump { id } }
               podForAgent(clientId: \"app-1\") { id } nobody: podForAgent(clientId: \"app-2\") { id } myPodAt(localId: \"c0ffee\") { id } }",
        )
        .await;
    let pod = &all["pods"][0];
    assert_eq!(pod["name"], "Workstation-vanilla-com.example.hello");
    assert_eq!(pod["backend"]["resources"][0]["qualifiers"], json!([{"key": "gpu", "value": "true"}]));
    assert_eq!(pod["deployment"]["name"], "Workstation-vanilla");
    assert_eq!(
        (&all["podForAgent"]["id"], &all["nobody"], &all["myPodAt"]["id"]),
        (&json!("1"), &Json::Null, &json!("1"))
    );
    let updated = kab.ask("mutation { updateDeployment(input: {deployment: 1, status: RUNNING}) { status } }").await;
    assert_eq!(updated["updateDeployment"]["status"], "RUNNING");
    assert_eq!(kab.ask("mutation { deletePod(input: {id: 1}) }").await, json!({"deletePod": "1"}));
    assert_eq!(kab.refuse("{ pod(id: 1) { id } }").await, "Pod matching query does not exist.");
    assert_eq!(kab.refuse("{ myPodAt(localId: \"c0ffee\") { id } }").await, "Pod matching query does not exist.");
    assert_eq!(kab.ask("mutation { deleteBackend(id: 1) }").await, json!({"deleteBackend": "1"}));
    assert_eq!(
        kab.ask("{ resources { id } deployments { id } backends { id } }").await,
        json!({"resources": [], "deployments": [], "backends": []})
    );
}

#[tokio::test]
async fn of_logs_the_newest_are_kept() {
    let kab = Kab::fed(TWO_APPS).await;
    a_pod(&kab).await;
    for n in 0..15 {
        kab.ask(&format!("mutation {{ dumpLogs(input: {{pod: 1, logs: \"line {n}\"}}) {{ id logs createdAt }} }}"))
            .await;
    }
    let newest = kab.ask("{ pod(id: 1) { latestLogDump { logs pod { id } } } }").await;
    assert_eq!(newest["pod"]["latestLogDump"], json!({"logs": "line 14", "pod": {"id": "1"}}));
    let kept: i64 = kab
        .store
        .read(|connection| Ok(connection.query_row("SELECT count(*) FROM log_dumps", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(kept, 10);
    let long = "x".repeat(2 << 20);
    let answer = kab
        .ask_with("mutation($l: String!) { dumpLogs(input: {pod: 1, logs: $l}) { logs } }", json!({"l": long}))
        .await;
    assert_eq!(answer["dumpLogs"]["logs"].as_str().unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn another_organisation_sees_and_changes_nothing() {
    let kab = Kab::fed(TWO_APPS).await;
    a_pod(&kab).await;
    let lists = "{ apps { id } releases { id } flavours { id } definitions { id } backends { id } resources { id } deployments { id } pods { id } githubRepos { id } githubRepoStats { count } }";
    let theirs = kab.send(2, lists, json!({})).await.data.into_json().unwrap();
    for (list, rows) in theirs.as_object().unwrap() {
        assert!(*rows == json!([]) || *rows == json!({"count": 0}), "{list}: {rows}");
    }
    for one in [
        "{ app(id: 1) { id } }",
        "{ release(id: 1) { id } }",
        "{ flavour(id: 1) { id } }",
        "{ definition(id: 1) { id } }",
        "{ backend(id: 1) { id } }",
        "{ resource(id: 1) { id } }",
        "{ deployment(id: 1) { id } }",
        "{ pod(id: 1) { id } }",
        "{ githubRepo(id: 1) { id } }",
        "{ myPodAt(localId: \"c0ffee\") { id } }",
        "{ matchFlavour(input: {}) { id } }",
        "mutation { updatePod(input: {pod: 1, status: FAILED}) { id } }",
        "mutation { deletePod(input: {id: 1}) }",
        "mutation { dumpLogs(input: {pod: 1, logs: \"\"}) { id } }",
        "mutation { deleteBackend(id: 1) }",
        "mutation { createDeployment(input: {flavour: 1, localId: \"x\"}) { id } }",
        "mutation { createPod(input: {deployment: 1, localId: \"x\"}) { id } }",
        "mutation { declareResource(input: {backend: 1, localId: \"x\"}) { id } }",
        "mutation { updateDeployment(input: {deployment: 1, status: FAILED}) { id } }",
        "mutation { scanRepo(input: {id: \"1\"}) { id } }",
        "mutation { deleteGithubRepo(id: 1) }",
    ] {
        let response = kab.send(2, one, json!({})).await;
        let message = response.errors.first().map(|error| error.message.as_str()).unwrap_or_default();
        assert!(message.ends_with("matching query does not exist."), "{one}: {message}");
    }
    assert_eq!(kab.ask("{ pod(id: 1) { status } }").await["pod"]["status"], "PENDING");
}

/// The next answer of a subscription, within a limit.
async fn next(stream: &mut (impl futures_util::Stream<Item = Response> + Unpin)) -> Option<Json> {
    let response = tokio::time::timeout(std::time::Duration::from_secs(20), stream.next()).await.expect("an event")?;
    assert_eq!(response.errors, []);
    Some(response.data.into_json().unwrap())
}

#[tokio::test]
async fn watchers_of_pods_hear_what_happens_to_them() {
    let kab = Kab::fed(TWO_APPS).await;
    let document = "subscription { pods { create { podId } update { status } delete id status created progress } }";
    let mut all = kab.schema.execute_stream(Request::new(document).data(identity_of(1))).boxed();
    let mut theirs = kab.schema.execute_stream(Request::new(document).data(identity_of(2))).boxed();
    // A stream listens from its first poll on.
    let (first, _) = tokio::join!(next(&mut all), async {
        while kab.changes.listeners() < 1 {
            tokio::task::yield_now().await;
        }
        a_pod(&kab).await
    });
    assert_eq!(
        first.unwrap()["pods"],
        json!({"create": {"podId": "c0ffee"}, "update": null, "delete": null, "id": "1", "status": "PENDING", "created": true, "progress": null})
    );
    let mut one = kab
        .schema
        .execute_stream(
            Request::new("subscription { pod(podId: 1) { update { status } delete created } }").data(identity_of(1)),
        )
        .boxed();
    assert_eq!(
        next(&mut one).await.unwrap()["pod"],
        json!({"update": {"status": "PENDING"}, "delete": null, "created": true})
    );
    kab.ask("mutation { updatePod(input: {pod: 1, status: RUNNING}) { id } }").await;
    kab.ask("mutation { updatePod(input: {pod: 1, status: RUNNING}) { id } }").await;
    assert_eq!(next(&mut all).await.unwrap()["pods"]["update"]["status"], "RUNNING");
    assert_eq!(next(&mut one).await.unwrap()["pod"]["update"]["status"], "RUNNING");
    kab.ask("mutation { deletePod(input: {id: 1}) }").await;
    assert_eq!(next(&mut all).await.unwrap()["pods"]["delete"], "1", "nothing is told when nothing changes");
    assert_eq!(next(&mut one).await.unwrap()["pod"]["delete"], "1");
    assert_eq!(next(&mut one).await, None);
    assert!(futures_util::poll!(theirs.next()).is_pending());
}
