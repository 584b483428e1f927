//! Logins that are renewed: by many processes once, after a rejection, and when the services have moved.

use std::sync::Mutex;

use kab::server::ClientRole;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::elsewhere::Elsewhere;

/// A token endpoint of protocol version 2: each refresh token is worth something once.
struct Rotating {
    current: Mutex<u32>,
    access: String,
}

impl Respond for Rotating {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let mut current = self.current.lock().unwrap();
        if !form.contains(&format!("refresh_token=rotating-{current}&")) {
            let body = json!({"error": "invalid_grant", "error_description": "this login is over"});
            return ResponseTemplate::new(400).set_body_json(body);
        }
        *current += 1;
        let body =
            json!({"access_token": self.access, "refresh_token": format!("rotating-{current}"), "expires_in": 3600});
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// A login of version 2 whose access token is over, and the server that renews it.
async fn with_login_of_version_two(there: &mut Elsewhere) -> MockServer {
    let access = there.server.token("org.example.terminal", ClientRole::Interface).await;
    let endpoint = MockServer::start().await;
    let mock = Mock::given(method("POST")).and(path("/token/"));
    mock.respond_with(Rotating { current: Mutex::new(1), access }).mount(&endpoint).await;
    there.sign_in().await.data();
    let token_endpoint = format!("{}/token/", endpoint.uri());
    there.change_login(|login| {
        let key = json!({"kind": "refresh", "client_id": "b7", "refresh_token": "rotating-1",
                         "token_endpoint": token_endpoint, "revocation_endpoint": null});
        login["key"] = key;
        login["access"] = json!({"token": "stale-token", "obtained_at": 0, "expires_in": 3600});
    });
    endpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn five_processes_renew_a_login_once() {
    let mut there = Elsewhere::start().await;
    let endpoint = with_login_of_version_two(&mut there).await;
    let commands = (0..5).map(|_| {
        let mut command = there.household.command(&["apps", "-o", "json"]);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    });
    let running: Vec<_> = commands.collect();
    for process in running {
        let output = process.await.unwrap();
        assert!(output.status.success(), "{output:?}");
        there.check_secrets(&output);
    }
    assert_eq!(endpoint.received_requests().await.unwrap().len(), 1);
    assert_eq!(there.login()["key"]["refresh_token"], "rotating-2");
    there.learn_secrets();
    there.ask(&["apps"]).data();
    assert_eq!(endpoint.received_requests().await.unwrap().len(), 1, "the new one is good for an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_token_is_renewed_although_its_time_is_not_over() {
    let mut there = Elsewhere::start().await;
    let endpoint = with_login_of_version_two(&mut there).await;
    // A clock ten minutes ahead, and a token that was withdrawn.
    let ahead = jiff::Timestamp::now().as_millisecond() + 600_000;
    there.change_login(|login| login["access"]["obtained_at"] = ahead.into());
    assert!(there.ask(&["apps"]).data().is_array());
    assert_eq!(endpoint.received_requests().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_over_is_not_tried_again() {
    let mut there = Elsewhere::start().await;
    let endpoint = with_login_of_version_two(&mut there).await;
    there.change_login(|login| login["key"]["refresh_token"] = "somebody-elses".into());
    let refused = there.ask(&["apps"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(refused.envelope["error"]["why"].as_str().unwrap().contains("this login is over"), "{refused:?}");
    let login = there.login();
    assert_eq!((&login["access"], &login["key"]), (&Value::Null, &json!({"kind": "gone"})));
    let again = there.ask(&["pods"]);
    assert_eq!(again.code, 5, "{again:?}");
    assert!(again.envelope["error"]["why"].as_str().unwrap().contains("signed out at"), "{again:?}");
    assert_eq!(endpoint.received_requests().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_made_anew_is_claimed_once() {
    let mut there = Elsewhere::start().await;
    there.sign_in().await.data();
    let secret = there.login()["key"]["auth"]["client_secret"].clone();
    there.change_login(|login| {
        login["key"]["auth"]["client_secret"] = "an-old-secret".into();
        login["access"]["obtained_at"] = 0.into();
    });
    assert!(there.ask(&["apps"]).data().is_array());
    assert_eq!(there.login()["key"]["auth"]["client_secret"], secret);
    there.change_login(|login| {
        login["key"]["auth"]["client_secret"] = "an-old-secret".into();
        login["key"]["client_token"] = "an-old-token".into();
        login["access"]["obtained_at"] = 0.into();
    });
    let refused = there.ask(&["apps"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert_eq!(there.login()["key"], json!({"kind": "gone"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_have_moved_are_found_again() {
    let mut there = Elsewhere::start().await;
    there.sign_in().await.data();
    let remembered = there.login()["remembered"].clone();
    assert_eq!(remembered["kabinet"], format!("{}/kabinet", there.server.url));
    // Nobody listens at port 1.
    there.change_login(|login| {
        login["remembered"]["kabinet"] = "http://127.0.0.1:1/kabinet".into();
        login["instances"]["kabinet"]["aliases"][0]["port"] = 1.into();
    });
    assert!(there.ask(&["apps"]).data().is_array());
    assert_eq!(there.login()["remembered"], remembered);
    // A dead address beside a good one costs nothing but a moment.
    there.change_login(|login| {
        let aliases = login["instances"]["kabinet"]["aliases"].as_array_mut().unwrap();
        let mut dead = aliases[0].clone();
        dead["port"] = 1.into();
        aliases.insert(0, dead);
        login["remembered"]["kabinet"] = "http://127.0.0.1:1/kabinet".into();
    });
    assert!(there.ask(&["apps"]).data().is_array());
    assert_eq!(there.login()["remembered"], remembered);
}
