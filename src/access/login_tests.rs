//! Logins in memory: when they are renewed, and what is handed out when they cannot be.

use std::path::PathBuf;

use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::store::Fresh;
use super::*;
use crate::config::Folders;
use crate::services::fakts::{Encryption, Instances};

#[test]
fn a_token_is_renewed_at_four_fifths_of_its_life() {
    let start = Instant::now();
    let minutes = Duration::from_mins;
    let token = |obtained: i64, expires_in: Option<u64>| AccessToken {
        token: Secret::new("t"),
        obtained_at: Moment(obtained),
        expires_in,
    };
    let at = Moment(10_000_000);
    let hour = Times::of(&token(at.0, Some(3600)), at, start);
    assert!(!hour.is_due(start + minutes(47)) && hour.is_due(start + minutes(48)));
    assert!(!hour.is_over(start + minutes(59)) && hour.is_over(start + minutes(60)));
    let older = Times::of(&token(at.0 - 30 * 60_000, Some(3600)), at, start);
    assert!(!older.is_due(start + minutes(17)) && older.is_due(start + minutes(18)));
    let ancient = Times::of(&token(0, Some(3600)), at, start);
    assert!(ancient.is_due(start) && ancient.is_over(start));
    let set_back = Times::of(&token(at.0 + 600_000, Some(3600)), at, start);
    assert_eq!(set_back, hour, "a clock that was set back ten minutes");
    let endless = Times::of(&token(0, None), at, start);
    assert!(!endless.is_due(start + minutes(100_000)));
    assert!(Times::of(&token(at.0, Some(u64::MAX)), at, start).due.is_some(), "no overflow");
}

/// A login of protocol version 2 whose token is nine tenths old, and the server that should renew it.
struct World {
    _folder: tempfile::TempDir,
    server: MockServer,
    login: Login,
    file: PathBuf,
}

impl World {
    async fn new(answer: ResponseTemplate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::find(Some(folder.path())).unwrap();
        let server = MockServer::start().await;
        Mock::given(path("/token/")).respond_with(answer).mount(&server).await;
        let credentials = Credentials::of(&folders);
        let name: ContextName = "lab".parse().unwrap();
        credentials.lock(&name).await.unwrap().write(&stored(&server.uri(), "old", 3240)).unwrap();
        let file = credentials.path(&name);
        let login = Login::new(credentials, name, Http::new().unwrap());
        Self { _folder: folder, server, login, file }
    }

    async fn asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    fn on_disk(&self) -> Stored {
        let shared = &self.login.shared;
        shared.credentials.read(&shared.name).unwrap().unwrap()
    }

    /// The disk takes nothing any more: where a new file is put first, there is a folder.
    fn fill_disk(&self) {
        let place = format!("{}.{}.new", self.file.display(), std::process::id());
        std::fs::create_dir(place).unwrap();
    }
}

fn stored(server: &str, refresh_token: &str, age: i64) -> Stored {
    Stored::new(Fresh {
        deployment: "lab".into(),
        address: server.into(),
        base_url: format!("{server}/lok/f/"),
        lok: format!("{server}/lok"),
        encryption: Encryption::Required,
        key: Key::Refresh {
            client_id: "b7".into(),
            refresh_token: Secret::new(refresh_token),
            token_endpoint: format!("{server}/token/"),
            revocation_endpoint: None,
        },
        instances: Instances::new(),
        access: AccessToken {
            token: Secret::new(format!("access-of-{refresh_token}")),
            obtained_at: Moment(now().0 - age * 1000),
            expires_in: Some(3600),
        },
    })
}

fn grant() -> ResponseTemplate {
    let body = json!({"access_token": "access-of-next", "refresh_token": "next", "expires_in": 3600});
    ResponseTemplate::new(200).set_body_json(body)
}

fn is_refused(answer: &Result<Secret, Error>) -> bool {
    matches!(answer, Err(Error::Status { status: 503, .. }))
}

#[tokio::test]
async fn a_renewal_that_fails_is_not_tried_again_for_every_request() {
    let world = World::new(ResponseTemplate::new(503)).await;
    for _ in 0..3 {
        assert_eq!(world.login.current().await.unwrap(), Secret::new("access-of-old"));
    }
    assert_eq!(world.asked().await, 1);
    // A token that was rejected is not good, whatever its times say.
    let rejected = Secret::new("access-of-old");
    assert!(is_refused(&world.login.renewed(&rejected, "Token has expired").await));
    assert_eq!(world.asked().await, 2);
    // When it is time, the deployment is asked again.
    world.login.shared.memory().retry_at = Some(Instant::now());
    world.login.current().await.unwrap();
    assert_eq!(world.asked().await, 3);
}

#[tokio::test]
async fn a_token_that_is_over_is_not_handed_out_when_it_cannot_be_renewed() {
    let world = World::new(ResponseTemplate::new(503)).await;
    let held = world.login.shared.credentials.lock(&world.login.shared.name).await.unwrap();
    held.write(&stored(&world.server.uri(), "old", 3600)).unwrap();
    drop(held);
    assert!(is_refused(&world.login.current().await) && is_refused(&world.login.current().await));
    assert_eq!(world.asked().await, 2);
}

#[tokio::test]
async fn while_somebody_renews_a_good_token_is_handed_out() {
    let world = World::new(grant()).await;
    let old = InUse::of(&world.on_disk(), Instant::now());
    world.login.shared.memory().token = old;
    let turn = world.login.shared.turn.lock().await;
    assert_eq!(world.login.current().await.unwrap(), Secret::new("access-of-old"));
    drop(turn);
    assert_eq!(world.login.current().await.unwrap(), Secret::new("access-of-next"));
}

#[tokio::test]
async fn a_member_who_is_blocked_keeps_the_login() {
    let blocked = json!({"error": "access_denied", "error_description": "Membership is blocked"});
    let world = World::new(ResponseTemplate::new(403).set_body_json(blocked)).await;
    let rejected = Secret::new("access-of-old");
    let error = world.login.renewed(&rejected, "Membership is blocked").await.unwrap_err();
    assert_eq!(error, Error::Barred("Membership is blocked".into()));
    assert_eq!(world.on_disk().signed_out, None);
    let over = json!({"error": "invalid_grant", "error_description": "it is over"});
    let world = World::new(ResponseTemplate::new(400).set_body_json(over)).await;
    assert_eq!(world.login.current().await.unwrap_err(), Error::SignIn("it is over".into()));
    assert_eq!(world.on_disk().key, Key::Gone);
}

#[tokio::test]
async fn a_good_token_is_handed_out_when_the_disk_takes_nothing_and_nothing_is_traded() {
    let world = World::new(grant()).await;
    world.fill_disk();
    assert_eq!(world.login.current().await.unwrap(), Secret::new("access-of-old"));
    assert_eq!(world.asked().await, 0);
    // A lock that cannot be had is no other thing.
    let world = World::new(grant()).await;
    let lock = world.file.with_extension("lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    assert_eq!(world.login.current().await.unwrap(), Secret::new("access-of-old"));
    assert_eq!(world.asked().await, 0);
}

#[tokio::test]
async fn a_login_that_was_not_saved_does_not_take_the_place_of_a_newer_one() {
    let world = World::new(grant()).await;
    let shared = &world.login.shared;
    let unsaved = |traded: &str| Unsaved {
        login: stored(&world.server.uri(), "unsaved", 0),
        traded: stored(&world.server.uri(), traded, 0).key,
    };
    // Somebody has signed in meanwhile.
    shared.turn.lock().await.unsaved = Some(unsaved("former"));
    let held = shared.credentials.lock(&shared.name).await.unwrap();
    let found = shared.usable(&held, &mut *shared.turn.lock().await).unwrap();
    assert_eq!(found.key, stored(&world.server.uri(), "old", 0).key);
    // The disk still holds what was traded.
    shared.turn.lock().await.unsaved = Some(unsaved("old"));
    let found = shared.usable(&held, &mut *shared.turn.lock().await).unwrap();
    assert_eq!(found.key, stored(&world.server.uri(), "unsaved", 0).key);
    assert_eq!(world.on_disk().key, found.key);
    assert!(shared.turn.lock().await.unsaved.is_none());
}
