//! Repositories over a loopback host and a folder.

mod contest;
mod readmes;

use serde_json::json;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::server::changes::Heard;
use crate::server::store::kabinet::rows::{Definition, Flavour};

struct House {
    repositories: Repositories,
    store: Store,
    changes: Changes,
    host: MockServer,
    folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        Self::with(LocalFiles::Allowed).await
    }

    async fn with(local_files: LocalFiles) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("kab.sqlite")).unwrap();
        store
            .write(|transaction| {
                transaction.execute_batch(
                    "INSERT INTO organisations (id, slug, name, created_at) VALUES (1, 'local', 'Local', 0);",
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let (changes, host) = (Changes::new(), MockServer::start().await);
        let defaults = vec!["ada/hello:main".into(), "ada/gone".into()];
        let options = Options { raw_host: host.uri(), local_files, defaults, ..Options::default() };
        let repositories = Repositories::new(store.clone(), changes.clone(), options).unwrap();
        Self { repositories, store, changes, host, folder }
    }

    /// Serves a file, and everything else as missing.
    async fn serve(&self, files: &[(&str, &str)]) {
        self.host.reset().await;
        for (place, text) in files {
            let answer = ResponseTemplate::new(200).set_body_string(*text);
            Mock::given(path(*place)).respond_with(answer).mount(&self.host).await;
        }
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).with_priority(9).mount(&self.host).await;
    }

    async fn add(&self, text: &str) -> Result<Repository, Error> {
        self.repositories.add(1, &Source::parse(text)?, Scan::Now).await
    }

    async fn all<E: crate::server::store::kabinet::rows::Entity>(&self) -> Vec<E> {
        self.store.read(|connection| select::list(connection, 1, &select::everything())).await.unwrap()
    }

    /// Name and whether it is withdrawn, in the order of rows.
    async fn flavours(&self) -> Vec<(String, bool)> {
        let mut rows = self.all::<Flavour>().await;
        rows.sort_by_key(|row| row.id);
        rows.into_iter().map(|row| (row.name, row.withdrawn)).collect()
    }
}

fn file(flavours: &[&str]) -> String {
    let images = flavours.iter().map(|flavour| {
        json!({
            "appImageId": flavour, "flavourName": flavour,
            "image": {"imageString": format!("ada/hello:1-{flavour}"), "buildAt": "2026-01-01T00:00:00"},
            "manifest": {"identifier": "hello", "version": "1"}, "selectors": [],
            "inspection": {"size": 1, "requirements": [], "implementations": [
                {"interface": flavour, "definition": {"name": flavour, "kind": "FUNCTION"}},
            ]},
        })
    });
    json!({"app_images": images.collect::<serde_json::Value>()}).to_string()
}

const NEXT: &str = "/ada/hello/main/.arkitekt_next/deployments.yaml";
const NEWEST: &str = "/ada/hello/main/.arkitekt/deployments.yaml";

#[tokio::test]
async fn a_repository_is_read_from_the_host_that_is_set() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla", "cuda"]))]).await;
    let added = house.add("https://github.com/ada/hello.git").await.unwrap();
    assert_eq!((added.name.as_str(), added.scan_state.as_str(), added.flavour_count), ("ada/hello:main", "DONE", 2));
    assert_eq!(house.add("ada/hello").await.unwrap().id, added.id, "the same source is the same repository");
}

#[tokio::test]
async fn of_several_files_the_newest_form_counts() {
    let house = House::new().await;
    let old = "deployments:\n- {image: 'ada/hello:0', identifier: hello, version: '0'}\n";
    house.serve(&[(NEWEST, old), (NEXT, &file(&["vanilla"]))]).await;
    house.add("ada/hello").await.unwrap();
    assert_eq!(house.flavours().await, [("vanilla".into(), false)]);
    house.serve(&[(NEWEST, &file(&["cuda"])), (NEXT, old)]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(house.flavours().await, [("vanilla".into(), true), ("cuda".into(), false)]);
}

#[tokio::test]
async fn what_disappears_is_withdrawn_and_may_come_back() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla", "cuda"]))]).await;
    house.add("ada/hello").await.unwrap();
    house.serve(&[(NEXT, &file(&["cuda"]))]).await;
    let scanned = house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(scanned.flavour_count, 1);
    assert_eq!(house.flavours().await, [("vanilla".into(), true), ("cuda".into(), false)]);
    house.serve(&[(NEXT, &file(&["cuda", "vanilla"]))]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(house.flavours().await, [("vanilla".into(), false), ("cuda".into(), false)]);
}

#[tokio::test]
async fn a_scan_is_news_only_when_it_changed_something() {
    let house = House::new().await;
    let mut listener = house.changes.listen();
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    house.add("ada/hello").await.unwrap();
    let news = Some(Heard::Change(Change::Catalogue { organisation_id: 1 }));
    assert_eq!(listener.next().await, news, "it is there");
    assert_eq!(listener.next().await, news, "it has been read");
    house.repositories.scan(1, 1).await.unwrap();
    house.repositories.scan(1, 1).await.unwrap();
    assert!(futures_util::poll!(std::pin::pin!(listener.next())).is_pending());
    house.serve(&[(NEXT, &file(&["cuda"]))]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(listener.next().await, news);
}

#[tokio::test]
async fn a_repository_that_cannot_be_read_is_kept_with_the_reason() {
    let house = House::new().await;
    house.serve(&[(NEXT, "identifier: x\n"), ("/ada/empty/main/.arkitekt/kabinet.yaml", "")]).await;
    for (text, expected) in [
        ("ada/nothing", "This seems to be not an Arkitekt Repository"),
        ("ada/hello", "neither `app_images` nor `deployments`"),
        ("ada/empty", "the file is empty"),
    ] {
        let kept = house.add(text).await.unwrap();
        let reason = kept.scan_failure.unwrap();
        assert!(kept.scan_state == "FAILED" && reason.contains(expected), "{text}: {reason}");
    }
    assert_eq!(house.all::<Repository>().await.len(), 3);
    let refused = house.add("ada").await.unwrap_err().to_string();
    assert!(refused.contains("Invalid GitHub identifier"), "{refused}");
    assert_eq!(house.all::<Repository>().await.len(), 3, "what is no source at all is not kept");
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    let again = house.add("ada/hello").await.unwrap();
    assert_eq!((again.scan_state.as_str(), again.scan_failure, again.flavour_count), ("DONE", None, 1));
}

#[tokio::test]
async fn a_repository_that_nobody_waits_for_is_read_in_the_background() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    let mut listener = house.changes.listen();
    let source = Source::parse("ada/hello").unwrap();
    let listed = house.repositories.add(1, &source, Scan::Later).await.unwrap();
    assert_eq!(listed.scan_state, "NEVER");
    assert_eq!(listener.next().await, Some(Heard::Change(Change::Catalogue { organisation_id: 1 })));
    let stop = CancellationToken::new();
    let (repositories, token) = (house.repositories.clone(), stop.clone());
    let running = tokio::spawn(async move { repositories.run(token).await });
    tokio::time::timeout(Duration::from_secs(20), listener.next()).await.unwrap();
    assert_eq!(house.all::<Repository>().await[0].scan_state, "DONE");
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_scan_goes_on_when_nobody_waits_for_it_any_more() {
    let house = House::new().await;
    let answer = ResponseTemplate::new(200).set_body_string(file(&["vanilla"])).set_delay(Duration::from_millis(300));
    Mock::given(path(NEXT)).respond_with(answer).mount(&house.host).await;
    let becomes = async |state: &str| {
        let wanted = async {
            while house.all::<Repository>().await.first().is_none_or(|row| row.scan_state != state) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wanted).await.unwrap();
    };
    let source = Source::parse("ada/hello").unwrap();
    tokio::select! {
        added = house.repositories.add(1, &source, Scan::Now) => panic!("read too fast to be left: {added:?}"),
        () = becomes("RUNNING") => {}
    }
    becomes("DONE").await;
}

#[tokio::test]
async fn a_failed_scan_keeps_what_was_known_and_does_not_hold_up_others() {
    let house = House::new().await;
    let other = "/ada/other/main/.arkitekt/deployments.yaml";
    house.serve(&[(NEXT, &file(&["vanilla"])), (other, &file(&["vanilla"]).replace("hello", "other"))]).await;
    house.add("ada/hello").await.unwrap();
    house.add("ada/other").await.unwrap();
    house.serve(&[(NEXT, "app_images: [\n"), (other, &file(&["cuda"]).replace("hello", "other"))]).await;
    let all = house.repositories.scan_all(1).await.unwrap();
    assert_eq!(all[0].scan_state, "FAILED");
    assert!(all[0].scan_failure.as_ref().unwrap().contains("not readable as YAML"));
    assert_eq!((all[0].flavour_count, all[1].scan_state.as_str()), (1, "DONE"));
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    assert_eq!(house.repositories.scan(1, 1).await.unwrap().scan_failure, None);
}

#[tokio::test]
async fn an_unreachable_host_is_offline_and_tried_again() {
    let house = House::new().await;
    // Bound and never accepted from by then: the port is closed again when the listener is dropped.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options { raw_host: format!("http://{closed}"), ..Options::default() };
    let repositories = Repositories::new(house.store.clone(), house.changes.clone(), options).unwrap();
    repositories.ensure_defaults(1).await.unwrap();
    let names: Vec<_> = house.all::<Repository>().await.into_iter().map(|row| row.name).collect();
    assert_eq!(names, DEFAULTS);
    let error = repositories.scan(1, 1).await.unwrap_err().to_string();
    assert!(error.starts_with("offline: 127.0.0.1 cannot be reached"), "{error}");
    let row = house.all::<Repository>().await.remove(0);
    assert_eq!((row.scan_state.as_str(), row.failures), ("FAILED", 1));
    assert!(row.scan_failure.unwrap().starts_with("offline"));
    let due = house.store.read(|connection| repositories::due(connection, Moment(now().0 + 61_000))).await.unwrap();
    assert!(due.iter().any(|(_, row)| row.id == 1));
}

#[test]
fn attempts_grow_rarer() {
    let minutes: Vec<_> = [0, 1, 2, 5, 8, 9, 1000].iter().map(|failures| pause(*failures) / 60_000).collect();
    assert_eq!(minutes, [1, 2, 4, 32, 256, 360, 360]);
}

#[tokio::test]
async fn a_new_organisation_gets_the_defaults_once_and_they_are_scanned_in_the_background() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    let stop = CancellationToken::new();
    let mut listener = house.changes.listen();
    let (repositories, token) = (house.repositories.clone(), stop.clone());
    let running = tokio::spawn(async move { repositories.run(token).await });
    house.repositories.ensure_defaults(1).await.unwrap();
    let scanned = async {
        loop {
            let rows = house.all::<Repository>().await;
            let states: Vec<_> = rows.iter().map(|row| row.scan_state.as_str()).collect();
            if states == ["DONE", "FAILED"] {
                return;
            }
            listener.next().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), scanned).await.unwrap();
    stop.cancel();
    running.await.unwrap().unwrap();
    house.repositories.remove(1, 2).await.unwrap();
    house.repositories.ensure_defaults(1).await.unwrap();
    assert_eq!(house.all::<Repository>().await.len(), 1, "a removed one stays away");
}

#[tokio::test]
async fn any_file_behind_an_url_and_any_folder_is_a_repository() {
    let house = House::new().await;
    house.serve(&[("/apps.yaml", &file(&["vanilla"]))]).await;
    let url = format!("{}/apps.yaml", house.host.uri());
    let by_url = house.add(&url).await.unwrap();
    assert_eq!((by_url.kind.as_str(), by_url.source), ("url", url));
    let folder = house.folder.path().join("app");
    std::fs::create_dir_all(folder.join(".arkitekt_next")).unwrap();
    std::fs::write(folder.join(".arkitekt_next/deployments.yaml"), file(&["cuda"]).replace("hello", "local")).unwrap();
    let by_folder = house.add(folder.to_str().unwrap()).await.unwrap();
    assert_eq!((by_folder.kind.as_str(), by_folder.flavour_count), ("path", 1));
    let by_file = house.add(folder.join(".arkitekt_next/deployments.yaml").to_str().unwrap()).await.unwrap();
    assert_ne!(by_file.id, by_folder.id);
    let missing = house.add(folder.join("nothing").to_str().unwrap()).await.unwrap().scan_failure.unwrap();
    assert!(missing.contains("No such file"), "{missing}");
    let empty = house.add(house.folder.path().to_str().unwrap()).await.unwrap().scan_failure.unwrap();
    assert!(empty.contains("not an Arkitekt Repository"), "{empty}");
}

#[tokio::test]
async fn a_server_that_others_reach_reads_none_of_its_own_files() {
    let house = House::with(LocalFiles::Refused).await;
    let refused = house.add(house.folder.path().to_str().unwrap()).await.unwrap_err();
    assert!(matches!(refused, Error::Source(SourceError::LocalFiles)));
}

#[tokio::test]
async fn a_file_without_end_is_refused() {
    let house = House::new().await;
    house.serve(&[("/long.yaml", &"#".repeat((16 << 20) + 1))]).await;
    let refused = house.add(&format!("{}/long.yaml", house.host.uri())).await.unwrap().scan_failure.unwrap();
    assert!(refused.contains("longer than 16 MiB"), "{refused}");
}

#[tokio::test]
async fn the_built_in_repository_is_listed_last_and_never_fetched() {
    let house = House::new().await;
    let id = house.repositories.store_builtin(1, file(&["demo"]), "# Demo").await.unwrap();
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    house.add("ada/hello").await.unwrap();
    assert_eq!(house.repositories.store_builtin(1, file(&["demo"]), "# Demo").await.unwrap(), id);
    let rows = house.all::<Repository>().await;
    assert_eq!(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>(), ["github", "builtin"]);
    let before = house.host.received_requests().await.unwrap().len();
    assert_eq!(house.repositories.scan(1, id).await.unwrap().scan_state, "DONE");
    assert_eq!(house.host.received_requests().await.unwrap().len(), before);
}

#[tokio::test]
async fn a_removed_repository_takes_along_what_nothing_runs_of() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla", "cuda"]))]).await;
    house.add("ada/hello").await.unwrap();
    house
        .store
        .write(|transaction| {
            transaction.execute_batch(
                "INSERT INTO users (id, sub, username, created_at) VALUES (1, 'ada', 'ada', 0);
                 INSERT INTO clients (id, client_id, organisation_id, user_id, app, version, role, created_at)
                 VALUES (1, 'c', 1, 1, 'kab', '1', 'agent', 0);
                 INSERT INTO backends (id, organisation_id, user_id, client_row, sub, client_id, name, kind, created_at,
                 heartbeat_at) VALUES (1, 1, 1, 1, 'ada', 'c', 'x', 'docker', 0, 0);
                 INSERT INTO deployments (organisation_id, flavour_id, backend_id, local_id, status, secret_params,
                 created_at, updated_at) VALUES (1, 1, 1, 'i', 'RUNNING', '{}', 0, 0);",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    house.repositories.remove(1, 1).await.unwrap();
    assert_eq!(house.flavours().await, [("vanilla".into(), true)]);
    assert_eq!(house.all::<Definition>().await.len(), 1, "only what is still provided");
    house.add("ada/hello").await.unwrap();
    assert_eq!(house.flavours().await.len(), 2);
}

#[tokio::test]
async fn the_last_of_several_entries_for_a_flavour_counts() {
    let house = House::new().await;
    let text = "deployments:\n- {image: 'a/b:1', identifier: b, version: dev}\n- {image: 'a/b:2', identifier: b, version: dev}\n";
    house.serve(&[(NEXT, text)]).await;
    house.add("ada/hello").await.unwrap();
    let rows = house.all::<Flavour>().await;
    assert_eq!(rows.iter().map(|row| row.image.as_str()).collect::<Vec<_>>(), ["a/b:2"]);
}
