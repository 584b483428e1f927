//! Ways to servers: what is said of each, and real ways that end at each step.

use super::*;

fn there(address: &str) -> Reach {
    let door = Door::of(address).unwrap();
    let addresses = Step::Done(vec![SocketAddr::from(([192, 0, 2, 1], door.port))]);
    Reach { door, addresses, connection: Step::Done(Duration::from_millis(12)), encryption: Step::NotTried }
}

fn states(checks: &[Check]) -> Vec<(&str, State)> {
    checks.iter().map(|check| (check.name.as_str(), check.state)).collect()
}

#[test]
fn each_step_that_fails_has_its_own_words_and_cure() {
    type Change = Box<dyn Fn(&mut Reach)>;
    let tls = |fault| Step::Done(Encrypted::Fault(fault));
    let cases: Vec<(Change, &str, &str, &str)> = vec![
        (Box::new(|way| way.addresses = Step::Wrong("no such host".into())), "dns lab.org", "no such host", "VPN"),
        (Box::new(|way| way.addresses = Step::Late), "dns lab.org", "within 5 s", "network"),
        (Box::new(|way| way.connection = Step::Wrong("refused".into())), "tcp lab.org:443", "refused", "port"),
        (Box::new(|way| way.connection = Step::Late), "tcp lab.org:443", "within 5 s", "firewall"),
        (
            Box::new(move |way| way.encryption = tls(CertificateFault::UnknownAuthority)),
            "tls lab.org:443",
            "does not know",
            "--ca-file",
        ),
        (
            Box::new(|way| {
                way.encryption = Step::Done(Encrypted::Fault(CertificateFault::WrongName(vec!["a.org".into()])));
            }),
            "tls lab.org:443",
            "another name: a.org",
            "Use the name",
        ),
        (
            Box::new(|way| way.encryption = Step::Done(Encrypted::Fault(CertificateFault::Expired))),
            "tls lab.org:443",
            "expired",
            "renew",
        ),
        (Box::new(|way| way.encryption = Step::Late), "tls lab.org:443", "within 5 s", "listen"),
    ];
    for (change, name, words, cure) in cases {
        let mut way = there("https://lab.org/x");
        change(&mut way);
        let checks = checks(&way, None);
        let wrong: Vec<_> = checks.iter().filter(|check| check.state != State::Ok).collect();
        assert!(wrong.len() == 1 && wrong[0].name == name, "{checks:?}");
        assert!(wrong[0].detail.contains(words) && wrong[0].hint.contains(cure), "{:?}", wrong[0]);
        assert_eq!((wrong[0].state, wrong[0].kind), (State::Fail, FailureKind::Network));
        let proxied = super::checks(&way, Some("HTTPS_PROXY"));
        assert!(proxied.iter().all(|check| check.state != State::Fail), "{proxied:?}");
        assert!(proxied.iter().any(|check| check.hint.contains("proxy of HTTPS_PROXY")));
    }
}

#[test]
fn a_way_that_is_well_says_so_and_an_open_one_is_warned_of() {
    let mut way = there("https://lab.org");
    way.encryption = Step::Done(Encrypted::By("TLS 1.3".into()));
    let names = ["dns lab.org", "tcp lab.org:443", "tls lab.org:443"];
    assert_eq!(states(&checks(&way, None)), names.map(|name| (name, State::Ok)));
    let open = there("http://192.0.2.1:8000");
    assert_eq!(states(&checks(&open, None)), [("tcp 192.0.2.1:8000", State::Ok), ("tls 192.0.2.1:8000", State::Warn)]);
    assert_eq!(states(&checks(&there("http://[::1]:8000"), None)), [("tcp [::1]:8000", State::Ok)]);
}

#[test]
fn clocks_that_differ_are_told_by_how_much() {
    for (ahead, state, words) in [
        (0, State::Ok, "agrees"),
        (-30, State::Ok, "agrees"),
        (31, State::Warn, "31 s behind"),
        (600, State::Warn, "10 min behind"),
        (-7_200, State::Warn, "2 h ahead of"),
    ] {
        let check = clock("Kabinet", ahead);
        assert!(check.state == state && check.detail.contains(words), "{check:?}");
        assert_eq!(check.value, ahead);
    }
}

#[tokio::test]
async fn a_closed_port_and_a_name_that_nobody_knows_end_the_way_early() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let closed = go(Door::of(&format!("http://127.0.0.1:{port}")).unwrap(), &Tls::default()).await;
    assert!(matches!(&closed.connection, Step::Wrong(why) if why.contains("refused")), "{closed:?}");
    let unknown = go(Door::of("https://kab.invalid").unwrap(), &Tls::default()).await;
    assert!(matches!(unknown.addresses, Step::Wrong(_) | Step::Late), "{unknown:?}");
    assert_eq!(unknown.connection, Step::NotTried);
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_told_from_a_bad_certificate() {
    let server = wiremock::MockServer::start().await;
    let door = Door::of(&server.uri().replacen("http", "https", 1)).unwrap();
    let way = go(door, &Tls::default()).await;
    assert!(matches!(&way.encryption, Step::Done(Encrypted::Fault(CertificateFault::NoTls(_)))), "{way:?}");
}

#[test]
fn a_proxy_is_known_by_its_variable() {
    assert_eq!(proxy(|name| (name == "https_proxy").then(|| "http://u:p@proxy".to_owned())), Some("https_proxy"));
    assert_eq!(proxy(|_| Some(String::new())), None);
}
