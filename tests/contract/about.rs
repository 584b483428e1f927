//! What is told of an app on its page: the README, who made it, who else offers it; from kab's own server and from others.

use kab::{
    domain::{Readme, Sources},
    server::{ClientRole, Manifest},
    services::{Access, Error, Secret, Store},
};

use crate::{
    catalogue,
    face::{Face, Generation},
};

/// A store of the embedded server behind a face, which serves the files of repositories.
async fn own(face: &Face) -> Store {
    let server = face.behind();
    let manifest = Manifest::for_everything("org.example.looking", "1.0.0");
    let token = server.server.client_token_for(&manifest, ClientRole::Interface).await.unwrap();
    Store::connect(Access::of_place(server.url.clone(), Secret::new(token))).await.unwrap()
}

fn one(author: &str) -> String {
    catalogue::file(&[("com.example.seg", "0.1.0", "vanilla", "[]")])
        .replace("author: ada", &format!("author: {author}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_tells_who_made_an_app_and_nothing_else_without_one_error() {
    for generation in [Generation::First, Generation::Newest] {
        let face = Face::start(generation).await;
        let repository = face.publish("acme/seg", &one("ada")).await.into();
        let store = Store::connect(face.access().await).await.unwrap();
        let apps = store.all_apps().await.unwrap();
        face.script().forget();
        let about = store.about(&apps[0].releases[0].id, Some(&repository)).await.unwrap();
        assert_eq!(about.publisher.as_deref(), Some("ada"));
        assert_eq!((about.readme, about.sources), (Readme::Unknown, None));
        let refused = store.use_repository("1", &repository).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused(why) if why.contains("read last counts")), "{refused}");
        assert_eq!(face.requests().errors(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_server_tells_the_readme_and_lists_carry_none() {
    let face = Face::start(Generation::First).await;
    face.put_file("acme/seg/main/README.md", "# Segmenter\n");
    let repository = face.publish("acme/seg", &one("ada")).await.into();
    let store = own(&face).await;
    let apps = store.all_apps().await.unwrap();
    let about = store.about(&apps[0].releases[0].id, Some(&repository)).await.unwrap();
    assert_eq!(about.readme, Readme::Text("# Segmenter\n".into()));
    assert_eq!(about.publisher.as_deref(), Some("ada"));
    let none = face.publish("acme/quiet", &one("ada").replace("seg", "quiet")).await.into();
    let about = store.about(&apps[0].releases[0].id, Some(&none)).await.unwrap();
    assert_eq!(about.readme, Readme::Missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_two_owners_comes_from_the_one_that_was_chosen() {
    let face = Face::start(Generation::First).await;
    let acme = face.publish("acme/seg", &one("ada")).await;
    let eve = face.publish("eve/seg", &one("eve").replace("registry.test/", "registry.evil/")).await;
    let store = own(&face).await;
    let image = async || {
        let apps = store.all_apps().await.unwrap();
        let release = apps[0].releases[0].clone();
        (release.flavours[0].image.reference.clone(), store.about(&release.id, None).await.unwrap())
    };
    let (reference, about) = image().await;
    assert!(reference.starts_with("registry.test/"), "{reference}");
    assert_eq!(about.publisher.as_deref(), Some("ada"));
    let sources = about.sources.unwrap();
    let all = vec![(acme.clone().into(), "acme/seg:main".into()), (eve.clone().into(), "eve/seg:main".into())];
    assert_eq!(sources, Sources { app: sources.app.clone(), all, chosen: None });
    store.use_repository(&sources.app, &eve.clone().into()).await.unwrap();
    let (reference, about) = image().await;
    assert!(reference.starts_with("registry.evil/"), "{reference}");
    assert_eq!(about.publisher.as_deref(), Some("eve"));
    assert_eq!(about.sources.unwrap().chosen, Some(eve.into()));
    let nobody = store.use_repository(&sources.app, &"999".into()).await.unwrap_err();
    assert!(matches!(nobody, Error::NotFound(_)), "{nobody}");
}
