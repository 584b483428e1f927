//! The schema, asked as clients ask it.

use std::path::PathBuf;

use async_graphql::{Request, Response, Variables};
use futures_util::StreamExt as _;
use serde_json::{Value as Json, json};

use super::*;
use crate::server::identity::Role;
use crate::server::repositories::Options;

/// A server's Kabinet over a store of its own.
struct Kab {
    schema: Schema,
    store: Store,
    repositories: Repositories,
    changes: Changes,
    _folder: tempfile::TempDir,
}

impl Kab {
    async fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("kab.sqlite")).unwrap();
        store
            .write(|transaction| {
                transaction.execute_batch(
                    "INSERT INTO organisations (id, slug, name, created_at) VALUES (1, 'local', 'Local', 0), (2, 'other', 'Other', 0);
                     INSERT INTO users (id, sub, username, created_at) VALUES (1, 'ada', 'ada', 0);
                     INSERT INTO clients (id, client_id, organisation_id, user_id, app, version, role, created_at)
                     VALUES (1, 'client-1', 1, 1, 'kab', '1', 'agent', 0), (2, 'client-2', 2, 1, 'kab', '1', 'agent', 0);",
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let changes = Changes::new();
        let repositories = Repositories::new(store.clone(), changes.clone(), Options::default()).unwrap();
        Self {
            schema: schema(store.clone(), changes.clone(), repositories.clone()),
            store,
            repositories,
            changes,
            _folder: folder,
        }
    }

    async fn fed(yaml: &str) -> Self {
        let kab = Self::new().await;
        kab.repositories.store_builtin(1, yaml.into()).await.unwrap();
        kab
    }

    async fn send(&self, organisation: i64, document: &str, variables: Json) -> Response {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(identity_of(organisation));
        self.schema.execute(request).await
    }

    /// The data of an answer without errors.
    async fn ask(&self, document: &str) -> Json {
        self.ask_with(document, json!({})).await
    }

    async fn ask_with(&self, document: &str, variables: Json) -> Json {
        let response = self.send(1, document, variables).await;
        assert_eq!(response.errors, [], "{document}");
        response.data.into_json().unwrap()
    }

    /// The first error's text.
    async fn refuse(&self, document: &str) -> String {
        let response = self.send(1, document, json!({})).await;
        response.errors.first().map_or_else(|| panic!("{document}"), |error| error.message.clone())
    }
}

fn identity_of(organisation: i64) -> Identity {
    Identity {
        user_id: 1,
        sub: "ada".into(),
        username: "ada".into(),
        organisation_id: organisation,
        organisation: if organisation == 1 { "local".into() } else { "other".into() },
        client_row: organisation,
        client_id: format!("client-{organisation}"),
        app: Some("kab".into()),
        release: Some("1".into()),
        device: Some("host".into()),
        role: Role::Member,
    }
}

const TWO_APPS: &str = "
app_images:
- appImageId: a
  flavourName: vanilla
  image: {imageString: 'ada/hello:0.1.0-vanilla', buildAt: '2026-01-01T00:00:00'}
  manifest: {identifier: com.example.hello, version: 0.1.0, scopes: [read]}
  inspection:
    size: 3000000000
    description: Says hello
    requirements: [{key: rekuest, service: live.arkitekt.rekuest, optional: false, description: Tasks}]
    implementations:
    - interface: hello
      definition:
        key: hello
        name: Hello
        kind: FUNCTION
        description: Says hello
        args:
        - {key: image, kind: STRUCTURE, identifier: '@mikro/image', nullable: false}
        - key: labels
          kind: LIST
          nullable: true
          children:
          - {key: ..., kind: LIST, children: [{key: ..., kind: STRING}]}
        returns: [{key: return0, kind: STRING}]
  selectors: []
- appImageId: b
  flavourName: cuda
  image: {imageString: 'ada/hello:0.1.0-cuda', buildAt: '2026-02-01T00:00:00'}
  manifest: {identifier: com.example.hello, version: 0.1.0, scopes: [read]}
  inspection: {size: 1, requirements: [], implementations: []}
  selectors:
  - {kind: cuda, computeCapability: '8.6', memory: 4000, required: true, weight: 3}
  - {kind: cpu, minCount: 4, frequency: 1000}
  - {kind: ram, min: 2000, required: false, weight: 5}
  - {kind: rocm, apiVersion: '6.1'}
  - {kind: oneapi, oneapiVersion: '1'}
  - {kind: label, key: site, value: lab}
  - {kind: fpga, slots: 2}
- appImageId: c
  flavourName: vanilla
  image: {imageString: 'ada/count:1', buildAt: '2026-03-01T00:00:00'}
  manifest: {identifier: com.example.count, version: '1'}
  inspection:
    size: 1
    requirements: []
    implementations:
    - interface: count
      definition:
        key: count
        name: Count
        kind: GENERATOR
        description: Counts
        args: [{key: n, kind: INT, default: 3, widget: {kind: SLIDER, min: 0, max: 9}}]
        returns: [{key: return0, kind: INT}]
";

fn text_of(path: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[test]
fn the_schema_is_the_one_that_clients_were_checked_against() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("queries/local/kabinet.graphql");
    let sdl = sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &sdl).unwrap();
    }
    assert!(
        text_of("queries/local/kabinet.graphql") == sdl,
        "run the test with UPDATE_SCHEMA=1 and look at the difference"
    );
}

#[tokio::test]
async fn without_an_identity_nothing_is_told() {
    let kab = Kab::fed(TWO_APPS).await;
    for document in ["{ me { sub } }", "{ releases { id } }", "{ app(id: 1) { id } }", "{ githubRepoStats { count } }"]
    {
        let response = kab.schema.execute(document).await;
        assert_eq!(response.errors[0].message, "User is not authenticated", "{document}");
    }
}

#[tokio::test]
async fn the_catalogue_is_told_with_everything_below_it() {
    let kab = Kab::fed(TWO_APPS).await;
    let answer = kab
        .ask(
            "{ apps(ordering: [{identifier: ASC}]) { identifier releases { name scopes flavours { name withdrawn size
               image { imageString buildAt } repo { name } requirements { key service description optional }
               definitions { name kind key args { key kind identifier nullable children { kind children { kind } } }
               returns { key kind } } } } } }",
        )
        .await;
    let hello = &answer["apps"][1];
    assert_eq!(hello["identifier"], "com.example.hello");
    let flavours = &hello["releases"][0]["flavours"];
    assert_eq!(flavours[0]["name"], "cuda", "the newest build comes first");
    assert_eq!(flavours[1]["size"], 3_000_000_000.0);
    assert_eq!(flavours[1]["repo"]["name"], "kab demo (built in)");
    assert_eq!(flavours[1]["image"]["buildAt"], "2026-01-01T00:00:00.000Z");
    let args = &flavours[1]["definitions"][0]["args"];
    assert_eq!(
        args[0],
        json!({"key": "image", "kind": "STRUCTURE", "identifier": "@mikro/image", "nullable": false, "children": null})
    );
    assert_eq!(args[1]["children"][0]["children"][0]["kind"], "STRING");
    assert_eq!(answer["apps"][0]["releases"][0]["flavours"][0]["definitions"][0]["kind"], "GENERATOR");
}

#[tokio::test]
async fn selectors_of_every_kind_are_readable_in_both_vocabularies() {
    let kab = Kab::fed(TWO_APPS).await;
    let answer = kab
        .ask(
            "{ flavours(filters: {search: \"CUD\"}) { selectors { __typename kind required weight
               ... on CudaSelector { cudaCores cudaVersion computeCapability memory count }
               ... on RocmSelector { apiThing apiVersion } ... on CPUSelector { frequency min minCount arch }
               ... on RAMSelector { ramMin: min } ... on OneApiSelector { oneapiVersion }
               ... on LabelSelector { key value } ... on UnknownSelector { text } } } }",
        )
        .await;
    let selectors = answer["flavours"][0]["selectors"].as_array().unwrap();
    let kinds: Vec<_> = selectors.iter().map(|selector| selector["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["cuda", "cpu", "ram", "rocm", "oneapi", "label", "fpga"]);
    assert_eq!(selectors[0]["computeCapability"], "8.6");
    assert_eq!((&selectors[0]["memory"], &selectors[0]["weight"]), (&json!(4000), &json!(3)));
    assert_eq!((&selectors[1]["min"], &selectors[1]["frequency"]), (&json!(4), &json!(1000.0)));
    assert_eq!((&selectors[2]["required"], &selectors[2]["ramMin"]), (&json!(false), &json!(2000)));
    assert_eq!(selectors[6]["__typename"], "UnknownSelector");
}

#[tokio::test]
async fn filters_can_be_joined_and_pages_are_upstreams() {
    let kab = Kab::new().await;
    let entries: Vec<_> =
        (0..150).map(|n| format!("- {{image: 'a/b:{n}', identifier: app{n:03}, version: '{n}'}}\n")).collect();
    let entries = entries.concat();
    kab.repositories.store_builtin(1, format!("deployments:\n{entries}")).await.unwrap();
    let names = async |arguments: &str| -> Vec<String> {
        let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        let answer = kab.ask(&format!("{{ apps{arguments} {{ identifier }} }}")).await;
        answer["apps"].as_array().unwrap().iter().map(|app| app["identifier"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await.len(), 150);
    assert_eq!(names("pagination: null").await.len(), 150);
    assert_eq!(names("pagination: {}").await.len(), 100);
    assert_eq!(names("pagination: {limit: null}").await.len(), 100);
    assert_eq!(names("pagination: {limit: 0}").await.len(), 0);
    assert_eq!(names("pagination: {limit: -1, offset: 100}").await.len(), 50);
    assert_eq!(names("pagination: {offset: 149}").await, ["app149"]);
    assert_eq!(names("pagination: {limit: 2}, ordering: [{identifier: DESC}]").await, ["app149", "app148"]);
    assert_eq!(names("filters: {search: \"APP00\"}").await.len(), 10);
    assert_eq!(names("filters: {search: \"%\"}").await.len(), 0);
    assert_eq!(names("filters: {search: \"00\", NOT: {search: \"app000\"}}").await.len(), 10);
    assert_eq!(
        names("filters: {search: \"001\", OR: {search: \"002\", AND: {search: \"app\"}}}").await,
        ["app001", "app002"]
    );
    assert_eq!(names("filters: {OR: {search: \"003\"}}").await, ["app003"]);
    assert_eq!(names("filters: {ids: []}").await.len(), 0);
    assert_eq!(names("filters: {ids: null, DISTINCT: true}").await.len(), 150);
    let found = kab
        .ask("{ releases(filters: {search: \"app07\"}, ordering: [{version: DESC}], pagination: {limit: 1}) { name } }")
        .await;
    assert_eq!(found["releases"][0]["name"], "app079:79");
    let by_version = kab.ask("{ releases(filters: {search: \"149\"}) { version } }").await;
    assert_eq!(by_version["releases"], json!([{"version": "149"}]));
    assert_eq!(kab.refuse("{ apps(pagination: {offset: -1}) { id } }").await, "Negative indexing is not supported.");
    assert_eq!(
        kab.refuse("{ apps(filters: {ids: [\"x\"]}) { id } }").await,
        "Field 'id' expected a number but got 'x'."
    );
    kab.refuse("{ apps(ordering: [{id: ASC, identifier: ASC}]) { id } }").await;
    // As stock clients declare it: the variable may be null, the argument has a default.
    let document = "query Q($o: [AppOrder!], $p: OffsetPaginationInput) { apps(ordering: $o, pagination: $p) { id } }";
    kab.ask(document).await;
    let document = "query S($s: String, $v: [ID!], $l: Int, $o: Int) { options: releases(filters: {search: $s, ids: $v}, pagination: {limit: $l, offset: $o}) { value: id label: version } }";
    assert_eq!(kab.ask(document).await["options"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn port_demands_are_met_at_any_depth() {
    let kab = Kab::fed(TWO_APPS).await;
    let names = async |demand: &str| -> Json {
        let answer = kab.ask(&format!("{{ definitions(filters: {{demands: [{demand}]}}) {{ name }} }}")).await;
        answer["definitions"].clone()
    };
    let hello = json!([{"name": "Hello"}]);
    assert_eq!(names("{kind: ARGS, matches: [{at: 0, kind: STRUCTURE, identifier: \"@mikro/image\"}]}").await, hello);
    assert_eq!(names("{kind: ARGS, matches: [{at: 1, kind: STRUCTURE}]}").await, json!([]));
    assert_eq!(
        names("{kind: ARGS, matches: [{kind: LIST, children: [{at: 0, kind: LIST, children: [{kind: STRING}]}]}]}")
            .await,
        hello
    );
    assert_eq!(
        names("{kind: ARGS, matches: [{kind: LIST, children: [{kind: LIST, children: [{kind: INT}]}]}]}").await,
        json!([])
    );
    assert_eq!(names("{kind: ARGS, forceLength: 2, forceNonNullableLength: 1, forceStructureLength: 1}").await, hello);
    assert_eq!(
        names("{kind: RETURNS, matches: [{kind: INT}]}, {kind: ARGS, matches: [{key: \"n\", nullable: false}]}").await,
        json!([{"name": "Count"}])
    );
    assert_eq!(
        kab.refuse("{ definitions(filters: {demands: [{kind: ARGS}]}) { id } }").await,
        "No search params provided"
    );
}

#[tokio::test]
async fn a_flavour_is_matched_by_what_it_provides() {
    let kab = Kab::fed(TWO_APPS).await;
    let answer = kab.ask("{ definitions(filters: {search: \"hello\"}) { hash flavours { name } } }").await;
    let hash = answer["definitions"][0]["hash"].as_str().unwrap();
    let document = "query($h: [ActionHash!]) { matchFlavour(input: {actions: $h, environment: {containerType: DOCKER}}) { image { imageString } } }";
    let found = kab.ask_with(document, json!({"h": [hash]})).await;
    assert_eq!(found["matchFlavour"]["image"]["imageString"], "ada/hello:0.1.0-vanilla");
    let newest = kab.ask("{ matchFlavour(input: {}) { image { imageString } } }").await;
    assert_eq!(newest["matchFlavour"]["image"]["imageString"], "ada/count:1");
    let none = kab.refuse("{ matchFlavour(input: {actions: [\"nothing\"]}) { id } }").await;
    assert_eq!(none, "Flavour matching query does not exist.");
    let by_hash = kab.ask(&format!("{{ definition(hash: \"{hash}\") {{ name tests {{ id }} isTestFor {{ id }} collections {{ name }} protocols {{ name }} }} }}")).await;
    assert_eq!(by_hash["definition"]["name"], "Hello");
}

/// Declares a backend with a resource, deploys the first flavour, and makes a pod.
async fn a_pod(kab: &Kab) -> Json {
    kab.ask("mutation { declareBackend(input: {name: \"Workstation\", kind: \"docker\"}) { id } }").await;
    kab.ask("mutation { declareResource(input: {backend: 1, localId: \"gpu0\", name: \"GPU\", qualifiers: [{key: \"gpu\", value: \"true\"}]}) { id } }").await;
    kab.ask(
        "mutation { createDeployment(input: {flavour: 1, localId: \"image-1\", secretParams: {token: \"x\"}}) { id } }",
    )
    .await;
    kab.ask("mutation { createPod(input: {deployment: 1, localId: \"c0ffee\", resource: 1, clientId: \"app-1\"}) { id status createdAt } }").await
}

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

#[tokio::test]
async fn an_image_can_be_entered_by_hand() {
    let kab = Kab::new().await;
    let input = json!({
        "flavourName": "vanilla", "appImageId": "x", "image": {"imageString": "a/b:1", "buildAt": "2026-01-01T00:00:00Z"},
        "manifest": {"identifier": "b", "version": "1", "logo": "https://example.org/l.png", "entrypoint": "app"},
        "selectors": [{"kind": "cuda", "cudaCores": 1000}],
        "inspection": {"size": 5_000_000_000_i64, "locks": [], "states": [], "requirements": [{"key": "r", "service": "s"}],
            "implementations": [{"interface": "f", "definition": {"key": "f", "name": "F", "kind": "FUNCTION", "version": "1",
                "args": [{"key": "x", "kind": "INT"}]}}]},
    });
    let document = "mutation($input: AppImageInput!) { createAppImage(input: $input) { name logo flavours { size logo repo { id } selectors { kind } definitions { name } } } }";
    let answer = kab.ask_with(document, json!({"input": input})).await;
    let flavour = &answer["createAppImage"]["flavours"][0];
    assert_eq!(flavour["size"], 5e9);
    assert_eq!((&flavour["repo"], &flavour["definitions"][0]["name"]), (&Json::Null, &json!("F")));
    let mut wrong = input;
    wrong["inspection"]["implementations"][0]["definition"]["args"][0] = json!({"key": "x"});
    let response = kab.send(1, document, json!({"input": wrong})).await;
    assert_eq!(
        response.errors[0].message,
        "input.inspection.implementations[0].definition.args[0].kind: a port needs a kind"
    );
}

#[tokio::test]
async fn a_document_that_is_too_deep_is_refused() {
    let kab = Kab::new().await;
    let deep = format!("{{ apps {}{} }}", "{ releases { app ".repeat(14), "{ id }".to_owned() + &"} }".repeat(14));
    assert!(kab.refuse(&deep).await.contains("too deep"), "{}", kab.refuse(&deep).await);
}
