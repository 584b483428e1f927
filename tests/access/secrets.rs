//! No secret is in what kab writes about its work, however much is asked for.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use kab::access::{self, Flags, SignIn, Step};
use kab::config::Folders;
use kab::server::FaktsVersion;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::TestServer;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

// One thread, so that the log of everything that runs is this test's.
#[tokio::test]
async fn the_fullest_log_of_a_sign_in_holds_no_secret() {
    look_for_secrets(FaktsVersion::One).await;
}

#[tokio::test]
async fn the_fullest_log_of_a_newer_sign_in_holds_no_secret() {
    look_for_secrets(FaktsVersion::Both).await;
}

async fn look_for_secrets(version: FaktsVersion) {
    let kept = Kept::default();
    let logging = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(kept.clone())
        .finish();
    let guard = tracing::subscriber::set_default(logging);
    let server = TestServer::start_with(|options| {
        options.fakts = version;
        options.poll_interval = Duration::from_secs(1);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::find(Some(folder.path())).unwrap();
    let mut steps = access::sign_in(&folders, SignIn::to(&server.url), &CancellationToken::new());
    let mut printed = String::new();
    let signed_in = loop {
        let step = steps.next().await.expect("a step");
        _ = write!(printed, "{step:?}");
        match step {
            Step::Code(invitation) => server.server.approve(&invitation.code).await.unwrap(),
            Step::Done(signed_in) => break signed_in,
            Step::Found { .. } | Step::Approved | Step::Waiting => {}
            other => panic!("{other:?}"),
        }
    };
    let flags = Flags { context: Some(signed_in.who.context.to_string()), ..Flags::default() };
    let chosen = access::choose(&folders, &flags).unwrap();
    let connected = access::connect(&folders, &chosen, |_| ()).await.unwrap();
    connected.store.all_apps().await.unwrap();
    let mut changes = connected.store.changes();
    changes.next().await;
    _ = write!(printed, "{connected:?} {chosen:?}");
    drop(guard);
    let login: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&signed_in.stored_in).unwrap()).unwrap();
    let log = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    assert!(log.contains("hyper") || log.contains("reqwest"), "the log is a full one");
    let places = ["/access/token", "/key/client_token", "/key/auth/client_secret", "/key/refresh_token"];
    let secrets: Vec<_> = places.iter().filter_map(|place| Some((place, login.pointer(place)?.as_str()?))).collect();
    assert!(secrets.len() > 1, "{places:?}");
    for (place, secret) in secrets {
        for text in [&log, &printed] {
            let found = text.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{place}");
        }
    }
}
