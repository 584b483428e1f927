//! The catalogue as clients ask for it.

use super::*;

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
    kab.repositories.store_builtin(1, format!("deployments:\n{entries}"), "").await.unwrap();
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
