//! What is taken out, and what stays readable.

use super::*;

fn redactor(names: HostNames) -> Redactor {
    let known = Known {
        secrets: vec!["hunter2-known".into()],
        hosts: vec!["lab.example.org".into(), "adas-laptop".into()],
        home: Some("/data/people/ada".into()),
        users: vec!["ada".into()],
    };
    Redactor::new(known, names)
}

#[test]
fn secrets_go_whatever_they_stand_in() {
    let jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    for (text, secret) in [
        ("it was hunter2-known, twice: hunter2-known", "hunter2-known"),
        ("password=swordfish next", "swordfish"),
        ("\"client_secret\": \"sword fish\", \"a\": 1", "sword fish"),
        ("{\\\"refresh_token\\\":\\\"abc\\\"}", "abc"),
        ("token: Secret(\"xyz\")", "xyz"),
        ("API_KEY='quoted'", "quoted"),
        ("Authorization: Bearer short", "short"),
        ("authorization: Basic dXNlcjpwdw==", "dXNlcjpwdw"),
        ("the token a1b2c3d4e5 is old", "a1b2c3d4e5"),
        ("https://ada:pw@lab.example.org/x", "pw"),
        ("GET http://127.0.0.1/cb?code=QWERTY&state=1 HTTP/1.1", "QWERTY"),
        (&format!("got {jwt} from it"), "c2lnbmF0dXJl"),
        ("id 0123456789abcdef0123456789abcdef.", "0123456789abcdef"),
        ("key kD8/x9Qz+LmN0pQrStUvWxYz0123456789ABCDEF=", "LmN0pQrStUv"),
        ("/srv/9f8e7d6c5b4a39281706f5e4d3c2b1a0/x", "9f8e7d6c5b4a"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQ+/\n-----END PRIVATE KEY-----\n", "MC4CAQ"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQ torn", "MC4CAQ"),
    ] {
        let kept = redactor(HostNames::Kept).text(text);
        assert!(!kept.contains(secret), "{text} became {kept}");
    }
}

#[test]
fn what_helps_to_understand_stays() {
    for text in [
        "2026-11-26T07:08:57.123456Z  WARN kab::server::kabinet::types: a scan failed: HTTP 404",
        "image localhost/kab-demo/greeter@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "token_endpoint is /lok/o/token/, token_file = \"/etc/kab/token\"",
        "/usr/share/containers/storage/overlay-images/of-a-long-name/that/goes/on",
        "the token has expired",
        "http://127.0.0.1:4711/kabinet/graphql and http://[::1]:80/ht",
        "status code 404, exit code 1, live.kab.demo.greeter 1.0.0",
    ] {
        assert_eq!(redactor(HostNames::Numbered).text(text), text);
    }
    assert_eq!(without_keys("no key"), "no key");
    let container = "container_id=0123456789abcdef0123456789abcdef pod=7";
    assert_eq!(redactor(HostNames::Kept).text(container), "container_id=[secret-1] pod=7");
}

#[test]
fn the_same_text_gets_the_same_number() {
    let mut redactor = redactor(HostNames::Numbered);
    assert_eq!(redactor.text("token=one token=two token=one"), "token=[secret-1] token=[secret-2] token=[secret-1]");
    assert_eq!(redactor.text("hosts Lab.Example.org:443 and adas-laptop"), "hosts host-1:443 and host-2");
}

#[test]
fn hosts_are_known_by_where_they_stand_and_by_their_kin() {
    let mut all = redactor(HostNames::Numbered);
    for text in ["at https://far.other.net:8443/x", "10.1.2.3", "gw.third.net:22: refused", "http://[fd00::7]:80/"] {
        all.learn(text);
    }
    for (text, name) in [
        ("far.other.net said no", "far.other"),
        ("to 10.1.2.3:80", "10.1.2.3"),
        ("gw.third.net", "third"),
        ("db7.lab.example.org and db8.example.org", "db"),
        ("context lab.example.org-8443", "example"),
        ("at http://[fd00::7]:80/", "fd00"),
        ("docker on ADAS-LAPTOP", "LAPTOP"),
    ] {
        let kept = all.text(text);
        assert!(!kept.contains(name) && kept.contains("host-"), "{text} became {kept}");
    }
    let mut open = redactor(HostNames::Kept);
    open.learn("https://far.other.net");
    assert_eq!(open.text("https://far.other.net:1/x lab.example.org"), "https://far.other.net:1/x lab.example.org");
}

#[test]
fn the_users_name_goes_out_of_paths_and_words() {
    let mut redactor = redactor(HostNames::Numbered);
    for (text, kept) in [
        ("/data/people/ada/.config/kab", "~/.config/kab"),
        ("/home/grace/x and /Users/grace", "/home/[user]/x and /Users/[user]"),
        ("for ada in lab, not adamant", "for [user] in lab, not adamant"),
        ("/run/user/1000/kab", "/run/user/1000/kab"),
    ] {
        assert_eq!(redactor.text(text), kept);
    }
}

#[test]
fn settings_lose_their_secrets_and_keep_their_form() {
    let text = "a_token = 'x'\ntls_key = '/k.pem'\n[context.lab]\nuser = 'grace'\nurl = 'https://lab.example.org'\n\
                [engine.labels]\nkey = 'k'\npasswords = ['a', 'b']\nplace = 'token=zzz'\n";
    let value: toml::Value = toml::from_str(text).unwrap();
    let kept = toml::to_string(&redactor(HostNames::Numbered).toml(&value)).unwrap();
    for secret in ["'x'", "\"x\"", "grace", "lab.example", "\"k\"", "\"a\"", "zzz"] {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }
    assert!(kept.contains("[context.lab]") && kept.contains("https://host-1") && kept.contains("/k.pem"), "{kept}");
}

proptest::proptest! {
    #[test]
    fn a_known_secret_never_stays_and_nothing_panics(before in ".*", after in ".*") {
        let kept = redactor(HostNames::Numbered).text(&format!("{before}hunter2-known{after}"));
        proptest::prop_assert!(!kept.contains("hunter2-known"));
    }
}
