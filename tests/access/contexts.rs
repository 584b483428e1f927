//! Contexts with static addresses: every client verb works there, and only what may.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::elsewhere::Elsewhere;

#[tokio::test(flavor = "multi_thread")]
async fn client_verbs_work_on_a_server_elsewhere_and_start_none_here() {
    let mut there = Elsewhere::start().await;
    there.with_lab().await;
    for verb in [&["apps"][..], &["pods"], &["engines"], &["tasks"], &["repo"], &["nodes", "list"]] {
        let answer = there.ask(&[verb, &["--context", "lab"]].concat());
        assert!(answer.data().is_array(), "{verb:?}");
    }
    let missing = there.ask(&["apps", "show", "nothing", "--context", "lab"]);
    assert_eq!(missing.code, 7, "{missing:?}");
    assert!(!there.has_own_server());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_is_added_chosen_shown_and_forgotten() {
    let mut there = Elsewhere::start().await;
    there.with_lab().await;
    let listed = there.ask(&["context"]).data();
    assert_eq!((&listed[0]["id"], &listed[0]["current"]), (&json!("local"), &json!(true)));
    assert_eq!((&listed[1]["id"], &listed[1]["current"]), (&json!("lab"), &json!(false)));
    there.ask(&["context", "use", "lab"]).data();
    assert_eq!(there.ask(&["context", "show"]).data()["id"], "lab");
    assert!(there.ask(&["apps"]).data().is_array());
    assert_eq!(there.ask_with(&["context", "show"], &[("KAB_CONTEXT", "local")]).data()["id"], "local");
    let file = there.household.data_dir().join("config/contexts.toml");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let unknown = there.ask(&["apps", "--context", "lob"]);
    assert_eq!(unknown.code, 7);
    assert!(unknown.envelope["error"]["why"].as_str().unwrap().contains("did you mean lab?"), "{unknown:?}");
    there.ask(&["context", "remove", "lab"]).data();
    assert_eq!(there.ask(&["context", "show"]).data()["id"], "local");
    assert!(!there.has_own_server());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_token_file_is_read_again_and_a_bad_one_asks_for_a_login() {
    let mut there = Elsewhere::start().await;
    let file = there.with_lab().await;
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "stale").unwrap();
    let refused = there.ask(&["apps", "--context", "lab"]);
    assert_eq!((refused.code, &refused.envelope["error"]["kind"]), (5, &json!("sign_in")), "{refused:?}");
    assert!(there.ask_with(&["apps", "--context", "lab"], &[("KAB_TOKEN", good.trim())]).data().is_array());
    std::fs::write(&file, good).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let answer = there.ask(&["apps", "--context", "lab"]);
    assert!(answer.said.contains("chmod 600"), "{answer:?}");
    answer.data();
    let url = there.server.url.clone();
    there.ask(&["context", "add", "bare", &url]).data();
    let nobody = there.ask(&["apps", "--context", "bare"]);
    assert_eq!(nobody.code, 5);
    assert!(nobody.envelope["error"]["hint"].as_str().unwrap().contains("kab login"), "{nobody:?}");
    let file = file.display().to_string();
    assert!(there.ask(&["apps", "--context", "bare", "--token-file", &file]).data().is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_keeps_what_it_was_given() {
    let there = Elsewhere::start().await;
    let words = "context add prod lab.example.org --word PROD --colour bright-red --confirm --organisation o --user u";
    there.ask(&words.split(' ').collect::<Vec<_>>()).data();
    let shown = there.ask(&["context", "show", "prod"]).data();
    for (key, value) in [
        ("url", json!("https://lab.example.org")),
        ("word", json!("PROD")),
        ("colour", json!("bright-red")),
        ("confirm", json!("type-name")),
        ("organisation", json!("o")),
        ("login", json!("never")),
        ("read_only", json!(false)),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    let red = there.ask(&["context", "add", "lab2", "lab2.example.org", "--colour", "red"]).data();
    assert_eq!((&red["word"], &red["colour"]), (&json!("LAB2"), &json!("red")), "a colour needs a word to be seen on");
    assert_eq!(there.ask(&["context", "add", "prod", "https://b"]).code, 2, "one of that name is there");
    assert_eq!(there.ask(&["context", "add", "a/b", "https://b"]).code, 2);
    assert_eq!(there.ask(&["context", "add", "b", "https://ada:pw@b"]).code, 2);
    assert_eq!(there.ask(&["context", "remove", "local"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_where_a_setting_says_so() {
    let mut there = Elsewhere::start().await;
    let file = there.with_lab().await.display().to_string();
    let url = there.server.url.clone();
    there.ask(&["context", "add", "look", &url, "--token-file", &file, "--read-only"]).data();
    let cases = [
        (vec!["--context", "lab", "--read-only"], "0", "--read-only"),
        (vec!["--context", "lab"], "1", "KAB_READ_ONLY"),
        (vec!["--context", "look"], "", "the context look is read_only"),
    ];
    for (flags, variable, words) in cases {
        let variables = [("KAB_READ_ONLY", variable)];
        let change = ["repo", "add", "some/repo", "--no-wait"].into_iter().chain(flags.iter().copied());
        let refused = there.ask_with(&change.collect::<Vec<_>>(), &variables);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.envelope["error"]["why"].as_str().unwrap().contains(words), "{refused:?}");
        assert!(
            there.ask_with(&[&["repo"], flags.as_slice()].concat(), &variables).data().as_array().unwrap().is_empty()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_about_this_machine_are_not_done_for_another_one() {
    let mut there = Elsewhere::start().await;
    there.with_lab().await;
    for verb in [&["serve", "status"][..], &["demo", "--prepare"], &["approve", "--list"], &["repo", "add", "./here"]] {
        let refused = there.ask(&[verb, &["--context", "lab"]].concat());
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.envelope["error"]["hint"].as_str().unwrap().contains("--context local"), "{refused:?}");
    }
    there.ask(&["context", "use", "lab"]).data();
    let status = there.ask(&["serve", "status"]);
    assert!(status.said.contains("not about lab"), "{status:?}");
    assert!(!there.has_own_server());
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_are_listed_although_the_chosen_one_is_not_there() {
    let mut there = Elsewhere::start().await;
    there.with_lab().await;
    let gone = [("KAB_CONTEXT", "gone")];
    let listed = there.ask_with(&["context"], &gone);
    assert!(listed.said.contains("there is no context gone"), "{listed:?}");
    let listed = listed.data();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(listed.as_array().unwrap().iter().all(|one| one["current"] == json!(false)), "{listed}");
    assert_eq!(there.ask_with(&["context", "show", "lab"], &gone).data()["id"], "lab");
    assert_eq!(there.ask_with(&["context", "show"], &gone).code, 7);
}
