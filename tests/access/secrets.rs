//! No secret is in what kab writes about its work, however much is asked for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use kab::access::{self, Flags, SignIn, Step};
use kab::config::Folders;
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
    let kept = Kept::default();
    let logging = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(kept.clone())
        .finish();
    let guard = tracing::subscriber::set_default(logging);
    let server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::find(Some(folder.path())).unwrap();
    let mut steps = access::sign_in(&folders, SignIn::to(&server.url), &CancellationToken::new());
    let mut printed = String::new();
    let signed_in = loop {
        let step = steps.next().await.expect("a step");
        printed.push_str(&format!("{step:?}"));
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
    printed.push_str(&format!("{connected:?} {chosen:?}"));
    drop(guard);
    let login: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&signed_in.stored_in).unwrap()).unwrap();
    let log = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    assert!(log.contains("hyper") || log.contains("reqwest"), "the log is a full one");
    for place in ["/access/token", "/key/client_token", "/key/auth/client_secret"] {
        let secret = login.pointer(place).and_then(|secret| secret.as_str()).unwrap();
        for text in [&log, &printed] {
            let found = text.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{place}");
        }
    }
}
