//! A deployment behind a certificate of the site's own: what is trusted, what is not, and sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use kab::access::{self, Flags};
use kab::config::Folders;
use kab::server::{Certificate, ClientRole, Listener, Manifest, Options, Server};
use kab::services::{Access, Change, Delivery, Secret, Session, open_websocket};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::household::{Engine, Household};
use crate::support::{PATIENCE, eventually};

/// A server with TLS at one address, and without at another.
struct Protected {
    household: Household,
    server: Server,
    tls: SocketAddr,
    plain: SocketAddr,
    _folder: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name).display().to_string()
}

impl Protected {
    /// The certificate is for `127.0.0.1`.
    async fn at(host: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path());
        options.repositories.defaults = Vec::new();
        options.poll_interval = Duration::from_secs(1);
        let server = Server::open(options).await.unwrap();
        let certificate =
            Certificate::read(Path::new(&fixture("server.pem")), Path::new(&fixture("server.key"))).unwrap();
        let far = TcpListener::bind((host, 0)).await.unwrap();
        let near = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tls, plain) = (far.local_addr().unwrap(), near.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            let listener = Listener::tls(far, &certificate).and_plain(near);
            async move { server.serve(listener, stop).await.unwrap() }
        });
        let household = Household::new(&Engine::Process);
        Self { household, server, tls, plain, _folder: folder, _stop: stop.drop_guard() }
    }

    fn url(&self) -> String {
        format!("https://{}", self.tls)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_the_sites_own_is_trusted_where_it_is_named() {
    let site = Protected::at("127.0.0.1").await;
    let unknown = site.household.ask(&["login", &site.url()]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
    let error = &unknown.envelope["error"];
    assert!(error["why"].as_str().unwrap().contains("authority"), "{unknown:?}");
    assert!(error["hint"].as_str().unwrap().contains("--ca-file"), "{unknown:?}");
    let authority = fixture("authority.pem");
    let mut command =
        site.household.command(&["login", &site.url(), "--context", "lab", "--ca-file", &authority, "-o", "json"]);
    let login = tokio::task::spawn_blocking(move || command.output().unwrap());
    let code = eventually("a code", async || {
        site.server.pending_device_codes().await.unwrap().first().map(|pending| pending.code.clone())
    });
    site.server.approve(&code.await).await.unwrap();
    let output = login.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    // The context remembers the authority.
    assert!(site.household.ask(&["apps"]).data().is_array());
    let folders = Folders::find(Some(&site.household.data_dir())).unwrap();
    let chosen = access::choose(&folders, &Flags::default()).unwrap();
    let connected = access::connect(&folders, &chosen, |_| ()).await.unwrap();
    let mut changes = connected.store.changes();
    let change = tokio::time::timeout(PATIENCE, changes.next()).await.unwrap().unwrap();
    assert!(matches!(change, Change::Connected { delivery: Delivery::Pushed, .. }), "{change:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_agents_is_encrypted_too() {
    let site = Protected::at("127.0.0.1").await;
    let manifest = Manifest::for_everything("org.example.agent", "1.0.0");
    let token = site.server.client_token_for(&manifest, ClientRole::Agent).await.unwrap();
    let access = Access::of_place(site.url(), Secret::new(token));
    let untrusted = Session::connect(access.clone()).await.unwrap_err();
    assert!(untrusted.to_string().contains("authority"), "{untrusted}");
    let access = Access::Trusting { ca_file: fixture("authority.pem").into(), access: Box::new(access) };
    let session = Session::connect(access).await.unwrap();
    let address = session.agent_socket().unwrap();
    assert!(address.starts_with("wss://"), "{address}");
    open_websocket(session.http(), "Rekuest", address.as_str()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_and_a_port_without_tls_are_named() {
    let site = Protected::at("127.0.0.2").await;
    let authority = fixture("authority.pem");
    let wrong = site.household.ask(&["login", &site.url(), "--ca-file", &authority]);
    assert!(wrong.envelope["error"]["why"].as_str().unwrap().contains("another name"), "{wrong:?}");
    let plain = format!("https://{}", site.plain);
    let no_tls = site.household.ask(&["login", &plain, "--ca-file", &authority]);
    assert!(no_tls.envelope["error"]["why"].as_str().unwrap().contains("no encrypted connection"), "{no_tls:?}");
    let missing = site.household.ask(&["login", &site.url(), "--ca-file", "/nothing.pem"]);
    assert_eq!(missing.code, 2, "{missing:?}");
}
