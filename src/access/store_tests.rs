//! The files of logins.

use super::*;

fn stored() -> Stored {
    Stored::new(Fresh {
        deployment: "lab".into(),
        address: "https://lab.org".into(),
        base_url: "https://lab.org/lok/f/".into(),
        lok: "https://lab.org/lok".into(),
        encryption: Encryption::Required,
        key: Key::Refresh {
            client_id: "b7".into(),
            refresh_token: Secret::new("hunter2"),
            token_endpoint: "https://lab.org/lok/o/token/".into(),
            revocation_endpoint: None,
        },
        instances: Instances::new(),
        access: AccessToken { token: Secret::new("hunter3"), obtained_at: now(), expires_in: Some(3600) },
    })
}

fn folders() -> (tempfile::TempDir, Credentials, ContextName) {
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::find(Some(folder.path())).unwrap();
    (folder, Credentials::of(&folders), "lab".parse().unwrap())
}

#[tokio::test]
async fn a_login_is_private_and_comes_back_whole() {
    let (_folder, credentials, name) = folders();
    assert_eq!(credentials.read(&name).unwrap(), None);
    let held = credentials.lock(&name).await.unwrap();
    held.write(&stored()).unwrap();
    let path = credentials.path(&name);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(&path).unwrap().replacen('{', "{\"later\": 1,", 1);
    std::fs::write(&path, text).unwrap();
    let read = credentials.read(&name).unwrap().unwrap();
    assert_eq!(read.key, stored().key);
    held.write(&read).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("\"later\": 1"), "a newer kab's words stay");
    held.remove().unwrap();
    held.remove().unwrap();
    assert_eq!(credentials.read(&name).unwrap(), None);
}

#[tokio::test]
async fn only_one_at_a_time_holds_a_login() {
    let (_folder, credentials, name) = folders();
    let first = credentials.lock(&name).await.unwrap();
    let other: ContextName = "other".parse().unwrap();
    credentials.lock(&other).await.unwrap();
    let waiting = tokio::spawn({
        let (credentials, name) = (credentials.clone(), name.clone());
        async move { credentials.lock(&name).await.map(|held| held.read().unwrap().is_some()) }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    first.write(&stored()).unwrap();
    drop(first);
    assert!(waiting.await.unwrap().unwrap(), "it sees what the first one wrote");
}

#[test]
fn a_broken_file_is_said_without_what_stands_in_it() {
    let (_folder, credentials, name) = folders();
    std::fs::create_dir_all(&credentials.folder).unwrap();
    for text in ["{\"access\": \"hunter2\"", "\"hunter2\"", ""] {
        std::fs::write(credentials.path(&name), text).unwrap();
        let error = credentials.read(&name).unwrap_err().to_string();
        assert!(error.contains("no login") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn who_is_signed_out_holds_nothing_any_more() {
    let mut login = stored();
    login.sign_out("the grant is gone");
    let text = serde_json::to_string(&login).unwrap();
    assert!(!text.contains("hunter"), "{text}");
    assert!(!format!("{:?}", stored()).contains("hunter"));
}

#[test]
fn network_file_systems_are_known() {
    assert!(is_network(0x6969) && is_network(0xff53_4d42_i64) && is_network(-11_317_950));
    assert!(!is_network(0xef53) && !is_network(0x0102_1994));
}

#[tokio::test]
async fn a_place_that_is_open_to_others_is_warned_of() {
    let (folder, credentials, name) = folders();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    credentials.lock(&name).await.unwrap().write(&stored()).unwrap();
    let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let said = || credentials.warnings_at(Some(home.clone())).into_iter().filter(|it| !it.contains("network"));
    let file = credentials.path(&name);
    set(&home, 0o755);
    assert_eq!(said().count(), 0, "a home that others may only read is no danger: kab's folder in it is closed");
    set(&home, 0o775);
    assert!(said().eq([format!("Others may write in {}, and so take your login's place.", home.display())]));
    set(&home, 0o700);
    set(&credentials.folder, 0o750);
    let all: Vec<String> = said().collect();
    assert!(all.len() == 1 && all[0].contains("chmod 700"), "{all:?}");
    set(&file, 0o640);
    let all: Vec<String> = said().collect();
    assert!(all.len() == 2 && all[1].contains(&format!("chmod 600 {}", file.display())), "{all:?}");
}
