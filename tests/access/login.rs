//! Signing in to a server of protocol version 1, with and without a person, and out again.

use std::os::unix::fs::PermissionsExt as _;

use kab::server::{NewToken, TokenKind};
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::elsewhere::Elsewhere;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_with_a_code_and_out_again() {
    let mut there = Elsewhere::start().await;
    let signed_in = there.sign_in().await;
    let login = there.login();
    assert!(signed_in.said.contains("/configure/"), "{signed_in:?}");
    let data = signed_in.data();
    assert_eq!((&data["context"], &data["user"], &data["current"]), (&json!("lab"), &json!("local"), &json!(true)));
    assert_eq!(data["stored"]["path"], there.login_file().display().to_string());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&there.login_file()), mode(there.login_file().parent().unwrap())), (0o600, 0o700));
    assert!(there.ask(&["apps"]).data().is_array());
    let who = there.ask(&["whoami"]).data();
    assert_eq!((&who["organisation"], &who["roles"]), (&json!("local"), &json!(["admin"])));
    assert_eq!(who["scopes"], json!(["openid", "profile", "email"]), "{who:#}");
    assert_eq!((&who["token"]["stored"]["kind"], &who["token"]["protocol"]), (&json!("login"), &json!("1")));
    assert_eq!(there.login()["access"], login["access"], "one access token does for all of them");
    let again = there.sign_in().await.data();
    assert_eq!(again["context"], "lab");
    assert_eq!(there.ask(&["context"]).data()[1]["login"], "signed_in");
    let off = there.ask(&["logout"]).data();
    assert_eq!((&off["was_signed_in"], &off["revoked"]), (&json!(true), &json!(false)));
    assert!(!there.login_file().exists());
    let refused = there.ask(&["apps"]);
    assert_eq!((refused.code, &refused.envelope["error"]["kind"]), (5, &json!("sign_in")), "{refused:?}");
    assert!(refused.envelope["error"]["hint"].as_str().unwrap().contains("kab login --context lab"));
    there.sign_in().await.data();
    there.ask(&["context", "remove", "lab"]).data();
    assert!(!there.login_file().exists(), "a context takes its login with it");
    assert!(!there.has_own_server());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_code_lets_nobody_in() {
    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let login = there.log_in(&[&url]);
    let server = &there.server.server;
    let code = eventually("a code", async || {
        server.pending_device_codes().await.unwrap().first().map(|pending| pending.code.clone())
    });
    server.deny(&code.await).await.unwrap();
    let answer = login.await.unwrap();
    assert_eq!(answer.code, 5, "{answer:?}");
    assert!(answer.envelope["error"]["why"].as_str().unwrap().contains("refused"), "{answer:?}");
    assert!(!there.login_file().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_sign_in_without_a_person() {
    let mut there = Elsewhere::start().await;
    let url = there.server.url.clone();
    let NewToken::Redeem(redeem) = there.server.server.add_token("lab", "ada", TokenKind::Redeem).await.unwrap() else {
        panic!("another kind of token");
    };
    let variables = [("FAKTS_URL", url.as_str()), ("FAKTS_REDEEM_TOKEN", &redeem)];
    let login = there.ask_with(&["login", "--context", "lab"], &variables);
    assert!(!login.said.contains(&redeem));
    assert_eq!(login.data()["user"], "ada");
    there.learn_secrets();
    assert!(there.ask(&["apps"]).data().is_array());
    let again = there.ask_with(&["login", "--context", "lab"], &variables);
    assert_eq!(again.data()["organisation"], "lab", "the same machine may redeem it again");
    let NewToken::Client(token) = there.server.server.add_token("lab", "bob", TokenKind::Client).await.unwrap() else {
        panic!("another kind of token");
    };
    let file = there.write("client-token", &token).display().to_string();
    let login = there.ask(&["login", &url, "--context", "lab", "--token-file", &file]);
    assert_eq!(login.data()["user"], "bob");
    let wrong = there.write("wrong", "nothing").display().to_string();
    let refused = there.ask(&["login", &url, "--redeem-token-file", &wrong]);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(refused.envelope["error"]["why"].as_str().unwrap().contains("Invalid redeem token"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_end_otherwise_are_told_apart() {
    let there = Elsewhere::start().await;
    for (reply, words) in [
        (json!({"status": "expired", "message": "late"}), "in time"),
        (json!({"status": "error", "error": "Challenge does not exist"}), "does not know the code"),
        (json!({"status": "odd", "message": "\u{1b}[31mwhatever"}), "whatever"),
    ] {
        let server = MockServer::start().await;
        let base = format!("{}/lok/f/", server.uri());
        let document = json!({"name": "old", "base_url": base});
        let answers = [
            ("GET", "/.well-known/fakts", document),
            ("POST", "/lok/f/start/", json!({"status": "granted", "code": "3fa90c1e"})),
            ("POST", "/lok/f/challenge/", reply),
        ];
        for (verb, at, body) in answers {
            let mock = Mock::given(method(verb)).and(path(at));
            mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
        }
        let answer = there.log_in(&[&server.uri()]).await.unwrap();
        assert_ne!(answer.code, 0);
        assert!(answer.said.contains(&format!("{}/configure/3fa90c1e", server.uri())), "{answer:?}");
        let why = answer.envelope["error"]["why"].as_str().unwrap();
        assert!(why.contains(words) && !why.contains('\u{1b}'), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_nobody_signs_in_by_mistake() {
    let there = Elsewhere::start().await;
    // A proxy on this machine stands for a server elsewhere that speaks plain HTTP only.
    let proxy = MockServer::start().await;
    let document = json!({"name": "old", "base_url": "http://lab.example.test/lok/f/"});
    let mock = Mock::given(method("GET")).and(path("/.well-known/fakts"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(document)).mount(&proxy).await;
    let start = json!({"status": "error", "error": "no codes today"});
    let mock = Mock::given(method("POST")).and(path("/lok/f/start/"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(start)).mount(&proxy).await;
    let variables = [("HTTP_PROXY", proxy.uri()), ("HTTPS_PROXY", proxy.uri())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let refused = there.ask_with(&["login", "lab.example.test", "--yes"], &variables);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(refused.envelope["error"]["hint"].as_str().unwrap().contains("--allow-http"), "{refused:?}");
    let sent = proxy.received_requests().await.unwrap();
    assert!(sent.iter().all(|request| request.url.path() != "/lok/f/start/"), "nothing was sent");
    let allowed = there.ask_with(&["login", "lab.example.test", "--allow-http"], &variables);
    assert!(allowed.envelope["error"]["why"].as_str().unwrap().contains("no codes today"), "{allowed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_deployment_is_said() {
    let there = Elsewhere::start().await;
    let server = MockServer::start().await;
    let mock = Mock::given(method("GET")).and(path("/.well-known/fakts"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(json!({"hello": 1}))).mount(&server).await;
    let answer = there.ask(&["login", &server.uri()]);
    assert!(answer.envelope["error"]["why"].as_str().unwrap().contains("no Arkitekt deployment"), "{answer:?}");
    let here = there.ask(&["login", "--context", "local"]);
    assert_eq!(here.code, 2, "{here:?}");
    assert_eq!(there.ask(&["logout"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_deployment_nobody_signs_in_anywhere() {
    let there = Elsewhere::start().await;
    let refused = there.ask(&["login"]);
    assert_eq!((refused.code, &refused.envelope["error"]["kind"]), (2, &json!("usage")), "{refused:?}");
    let refused = there.ask(&["login", "https://ada:hunter2@lab.example.org"]);
    let all = format!("{} {}", refused.envelope, refused.said);
    assert!(refused.code != 0 && !all.contains("hunter2"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_shown_as_a_picture_where_somebody_wants_it() {
    let there = Elsewhere::start().await;
    let url = there.server.url.clone();
    for (arguments, has_picture) in [(vec![url.as_str(), "--qr"], true), (vec![url.as_str()], false)] {
        let login = there.log_in(&arguments);
        there.approve().await;
        let answer = login.await.unwrap();
        assert_eq!(answer.said.contains("\u{2588}\u{2588}\u{2588}"), has_picture, "{answer:?}");
        answer.data();
    }
}
