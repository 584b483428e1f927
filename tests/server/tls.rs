//! The server behind a certificate: addresses, sockets, and clients that do not shake hands.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use kab::server::{Certificate, ClientRole, Listener, Manifest, Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_util::sync::CancellationToken;

use crate::support::PATIENCE;

/// The name in the certificate.
const HOST: &str = "lab.example.org";

/// A server with two sockets: one with TLS, and one without for programs of the machine.
struct Protected {
    server: Server,
    /// `https://lab.example.org:PORT`.
    url: String,
    tls: SocketAddr,
    plain: SocketAddr,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

fn authority() -> Vec<u8> {
    std::fs::read(fixture("authority.pem")).unwrap()
}

impl Protected {
    async fn start() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path());
        options.repositories.defaults = Vec::new();
        let server = Server::open(options).await.unwrap();
        let certificate = Certificate::read(&fixture("server.pem"), &fixture("server.key")).unwrap();
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tls, plain) = (far.local_addr().unwrap(), near.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            let listener = Listener::tls(far, &certificate).and_plain(near);
            async move { server.serve(listener, stop).await.unwrap() }
        });
        let authority = reqwest::Certificate::from_pem(&authority()).unwrap();
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).resolve(HOST, tls);
        let http = builder.build().unwrap();
        let url = format!("https://{HOST}:{}", tls.port());
        Self { server, url, tls, plain, http, _folder: folder, _stop: stop.drop_guard() }
    }

    async fn discover(&self) -> Value {
        let asked = self.http.get(format!("{}/.well-known/fakts", self.url)).send();
        timeout(PATIENCE, asked).await.expect("an answer in time").unwrap().json().await.unwrap()
    }

    async fn post(&self, url: &str, body: &Value) -> Value {
        self.http.post(url).json(body).send().await.unwrap().json().await.unwrap()
    }

    /// A connection that has shaken hands.
    async fn connect(&self) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        let pem = authority();
        for certificate in
            <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_slice_iter(&pem)
        {
            roots.add(certificate.unwrap()).unwrap();
        }
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
        let stream = TcpStream::connect(self.tls).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_those_of_tls_where_the_request_was() {
    let server = Protected::start().await;
    let told = server.discover().await;
    for (name, path) in
        [("base_url", "/lok/f/"), ("token_endpoint", "/lok/o/token/"), ("configure", "/configure/{code}")]
    {
        assert_eq!(told[name], format!("{}{path}", server.url), "{name}");
    }
    let manifest = Manifest::for_everything("org.example.app", "1.0.0");
    let token = server.server.client_token_for(&manifest, ClientRole::Interface).await.unwrap();
    let claim = json!({"token": token, "secure": true});
    let config = server.post(&format!("{}/lok/f/claim/", server.url), &claim).await["config"].take();
    assert_eq!(config["auth"]["token_url"], format!("{}/lok/o/token/", server.url));
    let alias = &config["instances"]["kabinet"]["aliases"][0];
    assert_eq!(
        (&alias["ssl"], &alias["host"], &alias["port"]),
        (&json!(true), &json!(HOST), &json!(server.tls.port()))
    );

    let device = told["device_authorization_endpoint"].as_str().unwrap();
    let started = server.post(device, &json!({"manifest": manifest})).await;
    server.server.approve(started["user_code"].as_str().unwrap()).await.unwrap();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", started["device_code"].as_str().unwrap()),
        ("client_id", started["client_id"].as_str().unwrap()),
    ];
    let asked = server.http.post(told["token_endpoint"].as_str().unwrap()).form(&form).send().await.unwrap();
    let reply: Value = asked.json().await.unwrap();
    assert_eq!((&reply["self"]["alias"]["ssl"], &reply["self"]["alias"]["reach"]), (&json!(true), &json!("public")));
    let query = json!({"query": "{ agents { id } }"});
    let asked = server.http.post(format!("{}/rekuest/graphql", server.url)).json(&query);
    let answer = asked.bearer_auth(reply["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["data"]["agents"], json!([]));

    // The socket beside it is plain, and says so.
    let near = format!("http://{}", server.plain);
    let told: Value = server.http.get(format!("{near}/.well-known/fakts")).send().await.unwrap().json().await.unwrap();
    assert_eq!(told["base_url"], format!("{near}/lok/f/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn web_sockets_work_over_tls() {
    let server = Protected::start().await;
    let manifest = Manifest::for_everything("org.example.app", "1.0.0");
    let client = server.server.client_token_for(&manifest, ClientRole::Interface).await.unwrap();
    let token = server.server.issue_access_token(&client).await.unwrap();
    let url = format!("wss://{HOST}:{}/rekuest/graphql", server.tls.port());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, server.connect().await).await.unwrap();
    let init = json!({"type": "connection_init", "payload": {"token": token}});
    socket.send(Message::Text(init.to_string().into())).await.unwrap();
    let ack = timeout(PATIENCE, socket.next()).await.expect("an answer in time").unwrap().unwrap();
    assert_eq!(ack.into_text().unwrap().as_str(), r#"{"type":"connection_ack"}"#);
    // More than one record of TLS, there and back.
    let long = "x".repeat(100_000);
    let query = format!("{{ __typename # {long}\n }}");
    let subscribe = json!({"type": "subscribe", "id": "1", "payload": {"query": query}});
    socket.send(Message::Text(subscribe.to_string().into())).await.unwrap();
    let next = timeout(PATIENCE, socket.next()).await.expect("an answer in time").unwrap().unwrap();
    let next: Value = serde_json::from_str(next.into_text().unwrap().as_str()).unwrap();
    assert_eq!(next["payload"]["data"]["__typename"], "Query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_handshake_is_only_the_clients_loss() {
    let server = Protected::start().await;
    // Somebody who does not know the authority.
    let stranger = reqwest::Client::builder().no_proxy().tls_certs_only([]).resolve(HOST, server.tls).build().unwrap();
    assert!(stranger.get(&server.url).send().await.is_err());
    // Somebody who speaks no TLS, and gets no page.
    let mut plain = TcpStream::connect(server.tls).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, plain.read_to_end(&mut answer)).await.expect("hung up on in time").ok();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    // Somebody who hangs up at once.
    drop(TcpStream::connect(server.tls).await.unwrap());
    assert_eq!(server.discover().await["name"], "local");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_finish_a_handshake_hold_up_nobody() {
    let server = Protected::start().await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.tls).await.unwrap());
    }
    assert_eq!(server.discover().await["name"], "local");
    drop(silent);
}
