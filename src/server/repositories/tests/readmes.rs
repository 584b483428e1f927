//! What repositories say of themselves: read beside the deployments file, and never in its way.

use super::*;
use crate::server::store::kabinet::readmes;

const README: &str = "/ada/hello/main/README.md";

async fn readme(house: &House, repository: i64) -> Option<String> {
    house.store.read(move |connection| readmes::of(connection, repository)).await.unwrap()
}

#[tokio::test]
async fn a_readme_is_read_beside_the_deployments_file_and_follows_it() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"])), (README, "# Hello\n")]).await;
    house.add("ada/hello").await.unwrap();
    assert_eq!(readme(&house, 1).await.as_deref(), Some("# Hello\n"));
    let mut listener = house.changes.listen();
    house.serve(&[(NEXT, &file(&["vanilla"])), (README, "# Hello again\n")]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(readme(&house, 1).await.as_deref(), Some("# Hello again\n"));
    let news = Some(Heard::Change(Change::Catalogue { organisation_id: 1 }));
    assert_eq!(listener.next().await, news, "another text alone is news");
    house.repositories.scan(1, 1).await.unwrap();
    assert!(futures_util::poll!(std::pin::pin!(listener.next())).is_pending(), "the same text is none");
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(readme(&house, 1).await, None, "one that was taken away is gone");
}

#[tokio::test]
async fn a_readme_that_cannot_be_read_neither_fails_the_scan_nor_is_forgotten() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"])), (README, "# Hello\n")]).await;
    house.add("ada/hello").await.unwrap();
    house.serve(&[(NEXT, &file(&["vanilla", "cuda"]))]).await;
    let busy = ResponseTemplate::new(503);
    Mock::given(path(README)).respond_with(busy).with_priority(1).mount(&house.host).await;
    let scanned = house.repositories.scan(1, 1).await.unwrap();
    assert_eq!((scanned.scan_state.as_str(), scanned.flavour_count), ("DONE", 2));
    assert_eq!(readme(&house, 1).await.as_deref(), Some("# Hello\n"));
}

#[tokio::test]
async fn a_readme_without_end_is_cut() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"])), (README, &"long ".repeat(200_000))]).await;
    house.add("ada/hello").await.unwrap();
    let text = readme(&house, 1).await.unwrap();
    assert!(text.len() < 257_000 && text.contains("longer than 256 kB"), "{} bytes", text.len());
}

#[tokio::test]
async fn folders_have_readmes_single_files_have_none_and_the_built_in_one_brings_its_own() {
    let house = House::new().await;
    let folder = house.folder.path().join("app");
    std::fs::create_dir_all(folder.join(".arkitekt")).unwrap();
    std::fs::write(folder.join(".arkitekt/deployments.yaml"), file(&["cuda"])).unwrap();
    std::fs::write(folder.join("README.md"), "From a folder").unwrap();
    let by_folder = house.add(folder.to_str().unwrap()).await.unwrap();
    assert_eq!(readme(&house, by_folder.id).await.as_deref(), Some("From a folder"));
    let by_file = house.add(folder.join(".arkitekt/deployments.yaml").to_str().unwrap()).await.unwrap();
    assert_eq!((by_file.scan_state.as_str(), readme(&house, by_file.id).await), ("DONE", None));
    let builtin = house.repositories.store_builtin(1, file(&["demo"]), "# Demo").await.unwrap();
    assert_eq!(readme(&house, builtin).await.as_deref(), Some("# Demo"));
    house.repositories.remove(1, by_folder.id).await.unwrap();
    assert_eq!(readme(&house, by_folder.id).await, None, "it goes with its repository");
}
