//! Ways that let little through, and lists of which not everything can be had.

use std::time::Duration;

use futures_util::StreamExt as _;
use kab::{
    domain::{Selectors, TaskState},
    services::{Change, Delivery, FollowKind, ReadOnly, Store, Topic},
};

use crate::{
    catalogue,
    deployer::{Habits, Structures},
    face::{Face, Fault, Generation},
    installs::House,
    support::{PATIENCE, eventually},
};

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_polled_where_no_socket_gets_through_and_pushed_as_soon_as_one_does() {
    let house = House::of(Habits::default()).await;
    house.face.script().refuse_sockets(true);
    let mut changes = house.store.changes();
    let mut polled = false;
    let listening = async {
        loop {
            match changes.next().await.unwrap() {
                Change::Connected { topics, delivery: Delivery::Polled } => polled |= topics.contains(&Topic::Tasks),
                Change::Stale(Topic::Tasks) if polled => house.face.script().refuse_sockets(false),
                Change::Connected { topics, delivery: Delivery::Pushed } if topics.contains(&Topic::Tasks) => break,
                Change::Lost { failure, .. } => panic!("{failure:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE * 3, listening).await.expect("a socket is opened in the end");
    assert!(polled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_to_its_end_where_nothing_may_be_changed() {
    let house = House::of(Habits::default()).await;
    let task = house.install().await;
    let pod = house.ended(&task).await.pod.unwrap();
    let session = house.store.session().clone().with_read_only(Some(ReadOnly::Flag));
    let mut follow = Store::of(session).follow_log(&pod, &house.engine, 100).await.unwrap();
    // Asking the engine for a dump would be a change.
    assert!(matches!(follow.kind(), FollowKind::Snapshots { .. }), "{:?}", follow.kind());
    assert_eq!(follow.next().await.unwrap().unwrap()[0].text, "hello");
    house.deployer.writes(pod.as_str(), "segmented");
    house.store.refresh_log(&pod, &house.engine).await.unwrap();
    let next = tokio::time::timeout(PATIENCE * 3, follow.next()).await.expect("lines in time");
    assert_eq!(next.unwrap().unwrap()[0].text, "segmented");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployer_that_wants_plain_ids_gets_them_also_over_a_slow_line() {
    let house = House::of(Habits { structures: Structures::Plain, ..Habits::default() }).await;
    house.face.link().set_round_trip(Duration::from_millis(800));
    let task = house.install().await;
    house.face.link().set_round_trip(Duration::ZERO);
    assert_eq!(house.ended(&task).await.state, TaskState::Done);
    assert_eq!(house.deployer.assigned().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn selectors_that_cannot_be_asked_for_take_no_app_with_them() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/poison", &catalogue::poisoned()).await;
    let store = Store::connect(face.access().await).await.unwrap();
    face.script().every("flavour", Fault::LoseReply);
    let apps = store.all_apps().await.unwrap();
    assert_eq!(apps.len(), 5);
    let unknown = |selectors: &Selectors| matches!(selectors, Selectors::Unreadable(why) if !why.is_empty());
    assert!(apps.iter().all(|app| unknown(&app.releases[0].flavours[0].selectors)), "{apps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bad_rows_hide_none_of_the_good_ones_and_are_counted() {
    let face = Face::start(Generation::First).await;
    face.publish("acme/many", &catalogue::many(130)).await;
    let store = Store::connect(face.access().await).await.unwrap();
    store.check().await.unwrap();
    for (bad, left) in [(0..12, 118), (60..72, 118), (110..130, 110)] {
        face.script().every("Releases", Fault::BadRows(bad.clone()));
        assert_eq!(store.all_apps().await.unwrap().len(), left, "{bad:?}");
        assert_eq!(store.left_out("apps"), 130 - left, "{bad:?}");
        face.script().heal();
    }
    face.script().every("Releases", Fault::BadRows(0..130));
    face.script().forget();
    assert!(store.all_apps().await.is_err());
    let asked = face.requests().of("Releases").len();
    assert!(asked < 60, "{asked} requests for a list that is broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_a_task_reads_only_what_is_new() {
    let house = House::of(Habits::default()).await;
    house.deployer.hold_at(0);
    let task = house.install().await;
    house.face.script().forget();
    let mut events = house.store.watch(&task.id);
    let known = events.next().await.unwrap().unwrap();
    let offsets = || -> Vec<i64> {
        let requests = house.face.requests();
        requests.of("TaskEvents").iter().filter_map(|it| it.variables["pagination"]["offset"].as_i64()).collect()
    };
    let again = eventually("it is read again", async || {
        let offsets = offsets();
        (offsets.len() > 1).then_some(offsets)
    })
    .await;
    assert!(again[0] == 0 && again[1..].iter().all(|offset| *offset > 0), "{again:?}");
    house.deployer.go_on();
    let rest: Vec<_> = tokio::time::timeout(PATIENCE, events.collect()).await.expect("the task ends in time");
    let rest: Vec<_> = rest.into_iter().map(Result::unwrap).collect();
    assert!(rest.iter().all(|event| event.id != known.id));
    assert_eq!(rest.last().unwrap().kind.state(), Some(TaskState::Done));
}
