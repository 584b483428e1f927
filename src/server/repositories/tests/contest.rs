//! Several repositories that offer one app: which one it comes from, and how that is changed.

use super::*;
use crate::server::store::kabinet::contest;

const OTHER: &str = "/eve/hello/main/.arkitekt/deployments.yaml";

/// Images that can be had, by the repositories that they come from.
async fn images(house: &House) -> Vec<(i64, String)> {
    let mut rows = house.all::<Flavour>().await;
    rows.retain(|row| !row.withdrawn);
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(|row| (row.repository_id.unwrap(), row.image)).collect()
}

async fn offering(house: &House) -> Vec<i64> {
    house.store.read(|connection| contest::offering(connection, 1, "hello")).await.unwrap()
}

/// The same app, made by somebody else.
fn by_eve(flavours: &[&str]) -> String {
    file(flavours).replace("ada/hello", "eve/hello")
}

/// `ada/hello` was there first; `eve/hello` is added.
async fn contested() -> House {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"])), (OTHER, &by_eve(&["vanilla", "fast"]))]).await;
    house.add("ada/hello").await.unwrap();
    house.add("eve/hello").await.unwrap();
    house
}

#[tokio::test]
async fn a_repository_that_is_added_later_takes_no_app_over() {
    let house = contested().await;
    let adas = [(1, "ada/hello:1-vanilla".to_owned())];
    assert_eq!(images(&house).await, adas, "neither its flavour nor one beside it");
    assert_eq!(offering(&house).await, [1, 2], "and yet it is known that it offers the app");
    let issues = house.store.read(|connection| repositories::issues(connection, 2)).await.unwrap();
    assert!(issues[0].reason.contains("it comes from ada/hello:main"), "whoever adds it is told: {issues:?}");
    house.repositories.scan(1, 1).await.unwrap();
    house.repositories.scan(1, 2).await.unwrap();
    assert_eq!(images(&house).await, adas, "however often they are read");
    let mut listener = house.changes.listen();
    house.repositories.scan(1, 2).await.unwrap();
    assert!(futures_util::poll!(std::pin::pin!(listener.next())).is_pending(), "that is no news");
}

#[tokio::test]
async fn whoever_chooses_another_repository_gets_it_and_may_go_back() {
    let house = contested().await;
    let choose = async |repository| house.repositories.choose(1, 1, repository).await;
    choose(2).await.unwrap();
    let eves = [(2, "eve/hello:1-vanilla".to_owned()), (2, "eve/hello:1-fast".to_owned())];
    assert_eq!(images(&house).await, eves);
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(images(&house).await, eves, "the first one does not take it back by itself");
    assert_eq!(offering(&house).await, [1, 2]);
    choose(1).await.unwrap();
    assert_eq!(images(&house).await, [(1, "ada/hello:1-vanilla".to_owned())]);
}

#[tokio::test]
async fn a_choice_that_cannot_be_read_changes_nothing() {
    let house = contested().await;
    house.serve(&[(NEXT, &file(&["vanilla"]))]).await;
    house.repositories.choose(1, 1, 2).await.unwrap_err();
    house.serve(&[(NEXT, &file(&["vanilla"])), (OTHER, &by_eve(&["vanilla"]))]).await;
    house.repositories.scan(1, 2).await.unwrap();
    assert_eq!(images(&house).await, [(1, "ada/hello:1-vanilla".to_owned())]);
    let none = house.add("ada/nothing").await.unwrap().id;
    let refused = house.repositories.choose(1, 1, none).await.unwrap_err().to_string();
    assert!(refused.contains("does not offer hello"), "{refused}");
}

#[tokio::test]
async fn an_app_whose_repository_goes_comes_from_the_other_one() {
    let house = contested().await;
    house.repositories.remove(1, 1).await.unwrap();
    let due = house.store.read(|connection| repositories::due(connection, now())).await.unwrap();
    assert_eq!(due.into_iter().map(|(_, row)| row.id).collect::<Vec<_>>(), [2], "nobody has to think of it");
    house.repositories.scan(1, 2).await.unwrap();
    assert_eq!(images(&house).await.len(), 2);
    // The same when its author takes it away.
    let house = contested().await;
    house.serve(&[(NEXT, &file(&["vanilla"]).replace("hello", "other")), (OTHER, &by_eve(&["vanilla"]))]).await;
    house.repositories.scan(1, 1).await.unwrap();
    let due = house.store.read(|connection| repositories::due(connection, now())).await.unwrap();
    assert_eq!(due.len(), 1);
}

#[tokio::test]
async fn the_one_that_was_added_first_comes_first_whatever_is_read_first() {
    let house = House::new().await;
    house.serve(&[(OTHER, &by_eve(&["vanilla"]))]).await;
    house.add("ada/hello").await.unwrap();
    house.add("eve/hello").await.unwrap();
    assert_eq!(images(&house).await, [(2, "eve/hello:1-vanilla".to_owned())]);
    house.serve(&[(NEXT, &file(&["vanilla"])), (OTHER, &by_eve(&["vanilla"]))]).await;
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(images(&house).await, [(1, "ada/hello:1-vanilla".to_owned())]);
}

#[tokio::test]
async fn repositories_of_one_owner_complement_each_other() {
    let house = House::new().await;
    let gpu = "/ada/hello-gpu/main/.arkitekt/deployments.yaml";
    house.serve(&[(NEXT, &file(&["vanilla"])), (gpu, &file(&["cuda"]))]).await;
    house.add("ada/hello").await.unwrap();
    house.add("ada/hello-gpu").await.unwrap();
    let both = [(1, "ada/hello:1-vanilla".to_owned()), (2, "ada/hello:1-cuda".to_owned())];
    assert_eq!(images(&house).await, both);
}

#[tokio::test]
async fn nobody_takes_the_apps_of_the_program_itself_unseen() {
    let house = House::new().await;
    house.serve(&[(NEXT, &file(&["vanilla"])), (OTHER, &by_eve(&["vanilla"]))]).await;
    house.add("eve/hello").await.unwrap();
    let builtin = house.repositories.store_builtin(1, file(&["vanilla"]), "").await.unwrap();
    house.repositories.scan(1, 1).await.unwrap();
    assert_eq!(images(&house).await, [(builtin, "ada/hello:1-vanilla".to_owned())]);
    let refused = house.repositories.choose(1, 1, builtin).await.unwrap_err().to_string();
    assert!(refused.contains("the built-in repository cannot be chosen"), "{refused}");
    house.repositories.choose(1, 1, 1).await.unwrap();
    assert_eq!(images(&house).await, [(1, "eve/hello:1-vanilla".to_owned())], "whoever wants it gets it");
}
