//! What a doctor learns of servers that behave like the real ones.

use kab::services::{Generation, Store, Topic};
use std::time::Duration;

use crate::face::{Face, Generation as Played};

const MOMENT: Duration = Duration::from_millis(300);

async fn store(played: Played) -> (Face, Store) {
    let face = Face::start(played).await;
    let store = Store::connect(face.access().await).await.unwrap();
    (face, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_generation_is_known_and_its_pods_have_to_be_polled() {
    let (_face, store) = store(Played::First).await;
    let features = store.features().await.unwrap();
    assert_eq!((features.generation, features.has.len()), (Generation::First, 0), "{features:?}");
    let kabinet = store.kabinet_pushes(MOMENT).await.unwrap();
    assert_eq!((kabinet.pushed, kabinet.polled), (vec![], vec![Topic::Pods]));
    let rekuest = store.rekuest_pushes(MOMENT).await.unwrap();
    assert_eq!((rekuest.pushed, rekuest.refused), (vec![Topic::Tasks, Topic::Engines], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_generation_is_known_by_what_it_has() {
    let (_face, store) = store(Played::Newest).await;
    let features = store.features().await.unwrap();
    assert_eq!(features.generation, Generation::Newest, "{features:?}");
    assert!(features.has.contains(&"approvals") && features.lacks.contains(&"removal of repositories"), "{features:?}");
    let kabinet = store.kabinet_pushes(MOMENT).await.unwrap();
    assert_eq!((kabinet.pushed, kabinet.refused), (vec![Topic::Pods], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_cannot_be_opened_is_an_error_of_its_own() {
    let (mut face, store) = store(Played::First).await;
    store.check().await.unwrap();
    face.down().await;
    store.rekuest_pushes(MOMENT).await.unwrap_err();
}
