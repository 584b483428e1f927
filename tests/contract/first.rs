//! The first generation's Kabinet, asked directly: its words and its defects.

use kab::server::ClientRole;
use serde_json::{Value, json};

use crate::{
    catalogue,
    face::{Face, Generation},
};

async fn poisoned() -> (Face, String) {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let token = face.token("org.example.asking", ClientRole::Interface).await;
    (face, token)
}

fn message(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("no error in {answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flavour_with_a_processor_selector_takes_the_whole_list_with_it() {
    let (face, token) = poisoned().await;
    let whole = face.ask("kabinet", &token, "{ releases { flavours { selectors { kind } } } }", json!({})).await;
    assert_eq!(whole["data"], Value::Null);
    assert!(message(&whole).starts_with("18 validation errors for SelectorFieldJson\nselectors.0.RAMSelector.kind\n"));
    assert_eq!(whole["errors"][0]["locations"], json!([{"line": 1, "column": 25}]));
    let path = whole["errors"][0]["path"].as_array().unwrap();
    assert_eq!((path.len(), &path[0], &path[4]), (5, &json!("releases"), &json!("selectors")));

    let rows = face.ask("kabinet", &token, "{ flavours { id name } }", json!({})).await;
    for flavour in rows["data"]["flavours"].as_array().unwrap() {
        let query = "query ($i: ID!) { flavour(id: $i) { selectors { __typename kind required
            ... on CudaSelector { cudaCores cudaVersion } ... on RocmSelector { apiThing apiVersion } } } }";
        let alone = face.ask("kabinet", &token, query, json!({"i": flavour["id"]})).await;
        match flavour["name"].as_str().unwrap() {
            "vanilla" => assert_eq!(alone["data"]["flavour"]["selectors"], json!([])),
            "cuda" => assert_eq!(
                alone["data"]["flavour"]["selectors"],
                json!([{"__typename": "CudaSelector", "kind": "cuda", "required": true, "cudaCores": 100,
                    "cudaVersion": "12.1"}])
            ),
            "rocm" => assert_eq!(
                alone["data"]["flavour"]["selectors"],
                json!([{"__typename": "RocmSelector", "kind": "rocm", "required": true, "apiThing": "x",
                    "apiVersion": "6"}])
            ),
            "cpu" => assert!(message(&alone).starts_with("18 validation errors")),
            _ => assert!(message(&alone).starts_with("14 validation errors")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_the_server_has_not_are_refused_in_its_words() {
    let (face, token) = poisoned().await;
    for (query, words) in [
        ("{ me { nope } }", "Cannot query field 'nope' on type 'User'."),
        ("{ flavours { size } }", "Cannot query field 'size' on type 'Flavour'."),
        ("{ pods { reason } }", "Cannot query field 'reason' on type 'Pod'."),
        (
            "{ releases(order: []) { id } }",
            "Unknown argument 'order' on field 'Query.releases'. Did you mean 'ordering'?",
        ),
        (
            "{ flavours { selectors { ... on RAMSelector { min } } } }",
            "Unknown type 'RAMSelector'. Did you mean 'RocmSelector', 'CPUSelector', 'Selector', or 'CudaSelector'?",
        ),
        ("{ release { id } }", "Field 'release' argument 'id' of type 'ID!' is required, but it was not provided."),
        (
            "{ releases(ordering: [{id: ASC, version: ASC}]) { id } }",
            "OneOf Input Object 'ReleaseOrder' must specify exactly one key.",
        ),
        ("{ release(id: \"99999\") { id } }", "Release matching query does not exist."),
        ("{ release(id: \"abc\") { id } }", "Field 'id' expected a number but got 'abc'."),
        (
            "{ deployments(filters: {search: \"\"}) { id } }",
            "Cannot resolve keyword 'name' into field. Choices are: backend, backend_id, created_at, flavour, flavour_id, id, local_id, pods, pulled, secret_params, untyped_params",
        ),
        ("{ definitions { kind } }", "Enum 'ActionKind' cannot represent value: ''"),
        (
            "{ matchFlavour(input: {}) { id } }",
            "MatchFlavoursInput.__init__() missing 1 required keyword-only argument: 'actions'",
        ),
        ("{ pods(pagination: {offset: -1}) { id } }", "Negative indexing is not supported."),
    ] {
        let answer = face.ask("kabinet", &token, query, json!({})).await;
        assert_eq!((message(&answer), &answer["data"]), (words, &Value::Null), "{query}");
        assert!(answer["errors"][0].get("extensions").is_none());
    }
    let reason = json!({"i": {"pod": "1", "localId": null, "status": "FAILED", "reason": "x"}});
    let query = "mutation ($i: UpdatePodInput!) { updatePod(input: $i) { id } }";
    let answer = face.ask("kabinet", &token, query, reason).await;
    let words = "Field 'reason' is not defined by type 'UpdatePodInput'.";
    assert!(message(&answer).ends_with(words), "{answer}");
    let half = face.ask("kabinet", &token, query, json!({"i": {"pod": "1", "status": "FAILED"}})).await;
    assert_eq!(message(&half), "UpdatePodInput.__init__() missing 1 required keyword-only argument: 'local_id'");
}

#[tokio::test(flavor = "multi_thread")]
async fn nullable_fields_that_fail_leave_the_rest_standing() {
    let (face, token) = poisoned().await;
    let answer = face.ask("kabinet", &token, "{ flavours { name logo description } }", json!({})).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 5);
    assert_eq!(message(&answer), "'Flavour' object has no attribute 'logo'");
    assert_eq!(answer["data"]["flavours"][0]["description"], " No description provided");
    let release = face.ask("kabinet", &token, "{ releases { installed colour entrypoint logo } }", json!({})).await;
    let constant = json!({"installed": true, "colour": "#254d11", "entrypoint": "app", "logo": null});
    assert_eq!(release["data"]["releases"][0], constant);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_shows_the_generation() {
    let (face, token) = poisoned().await;
    let query = "{ q: __type(name: \"Query\") { fields { name } } s: __type(name: \"Selector\") { fields { name } }
        e: __type(name: \"PodEvent\") { fields { name } } me { sub } }";
    let answer = face.ask("kabinet", &token, query, json!({})).await;
    let fields = answer["data"]["q"]["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["name"] == "matchFlavour"));
    assert!(!fields.iter().any(|field| field["name"] == "apps"));
    assert_eq!(answer["data"]["s"]["fields"], json!([{"name": "kind"}, {"name": "required"}]));
    assert_eq!((&answer["data"]["e"], answer["data"]["me"]["sub"].is_string()), (&Value::Null, true));
    let shape = "{ __type(name: \"Pod\") { name kind fields { name type { kind name ofType { name kind } } } } }";
    let pod = face.ask("kabinet", &token, shape, json!({})).await;
    assert_eq!(
        pod["data"]["__type"]["fields"][0],
        json!({"name": "id", "type": {"kind": "NON_NULL", "name": null, "ofType": {"name": "ID", "kind": "SCALAR"}}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_get_plain_text_and_bad_tokens_get_errors_with_status_200() {
    let (face, token) = poisoned().await;
    let http = &face.behind().http;
    let post = |body: &'static str, kind: &'static str| {
        let request = http.post(format!("{}/kabinet/graphql", face.url())).bearer_auth(&token);
        request.header("Content-Type", kind).body(body)
    };
    for (body, kind, words) in [
        ("{}", "application/json", "No GraphQL query found in the request"),
        ("{", "application/json", "Unable to parse request body as JSON"),
        ("[]", "application/json", "Batching is not enabled"),
        ("{}", "text/plain", "Unsupported content type"),
        (
            r#"{"query": "query A { me { sub } }", "operationName": "C"}"#,
            "application/json",
            "Unknown operation named \"C\".",
        ),
    ] {
        let answer = post(body, kind).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (400, words));
    }
    let elsewhere = http.get(format!("{}/kabinet/nowhere", face.url())).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
    assert!(elsewhere.headers()["content-type"].to_str().unwrap().starts_with("text/html"));

    for (header, words) in [
        (None, "No Authorization header"),
        (Some("bearer x"), "Not a valid token"),
        (Some("Bearer nope"), "Error decoding token header"),
    ] {
        let mut request = http.post(format!("{}/kabinet/graphql", face.url())).json(&json!({"query": "{ nope }"}));
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer, json!({"data": null, "errors": [{"message": words}]}));
    }
    face.script().expire_tokens();
    let answer = face.ask("kabinet", &token, "{ me { sub } }", json!({})).await;
    assert_eq!(answer, json!({"data": null, "errors": [{"message": "Token has expired"}]}));
}
