//! Bundles: what is in one, and that no secret is, wherever one was put.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const SECRETS: [&str; 7] = [
    "refresh-me-please",
    "client-sesame",
    "access.granted",
    "file-token-1",
    "server-token-9",
    "swordfish",
    "labelled-pw",
];

fn write(path: PathBuf, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn full_house(root: &Path) -> Folders {
    let folders = Folders::find(Some(root)).unwrap();
    folders.make().unwrap();
    let token = root.join("token");
    write(token.clone(), "file-token-1\n");
    write(
        folders.contexts_file(),
        &format!(
            "[context.lab]\nurl = 'https://lab.example.org'\nuser = 'grace'\ntoken_file = '{}'\n[context.x]\nurl = \
             'https://u:swordfish@other.net'\n",
            token.display()
        ),
    );
    write(folders.config_file(), "[engine.labels]\npassword = 'labelled-pw'\n[server]\ntls_key = '/k.pem'\n");
    let login = json!({
        "key": {"kind": "client", "client_token": "client-sesame", "auth": {"client_secret": "client-sesame"},
            "refresh_token": "refresh-me-please", "token_endpoint": "https://lab.example.org/o/token/"},
        "access": {"token": "access.granted"}, "aliases": [{"host": "deep.lab.net"}],
    });
    write(folders.state.join("credentials/lab.json"), &login.to_string());
    write(folders.server_file(), &json!({"token": "server-token-9", "url": "http://127.0.0.1:1"}).to_string());
    let all = SECRETS.join(" and ");
    write(folders.state.join("server.log"), &format!("{all}\npassword=swordfish labelled-pw\ndeep.lab.net\u{1b}[2J\n"));
    write(folders.state.join("server.log.old"), "old password: swordfish\n");
    write(folders.state.join("other.json"), "not a log");
    symlink(folders.state.join("credentials/lab.json"), folders.state.join("sly.log")).unwrap();
    folders
}

fn unpack(path: &Path) -> Vec<(String, String, u32)> {
    let mut archive = tar::Archive::new(File::open(path).unwrap());
    let read = |entry: io::Result<tar::Entry<File>>| {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.path().unwrap().display().to_string(), text, entry.header().mode().unwrap())
    };
    archive.entries().unwrap().map(read).collect()
}

#[tokio::test]
async fn no_secret_is_in_a_bundle_wherever_it_was_put() {
    let root = tempfile::tempdir().unwrap();
    let folders = full_house(root.path());
    let mut report = Report::default();
    for secret in &SECRETS[..5] {
        report
            .checks
            .push(Check::fail(Section::Services, "x", format!("it said {secret} at lab.example.org")).value(*secret));
    }
    let path = root.path().join("out.tar");
    let listed = Bundle::create(path.clone()).unwrap().write(&folders, &report, HostNames::Numbered).await.unwrap();
    let entries = unpack(&path);
    let names: Vec<&str> = entries.iter().map(|(name, ..)| name.as_str()).collect();
    let wanted =
        ["report.txt", "report.json", "config.toml", "contexts.toml", "logs/server.log", "logs/server.log.old"];
    assert_eq!(names, wanted.map(|name| format!("kab-doctor/{name}")));
    assert_eq!(listed.len(), 1 + wanted.len());
    for (name, text, mode) in &entries {
        // The label's value stands in the log as well, where only its name could have told.
        for secret in SECRETS.iter().filter(|secret| **secret != "labelled-pw" && **secret != "swordfish") {
            assert!(!text.contains(secret), "{secret} in {name}: {text}");
        }
        for private in ["lab.example.org", "deep.lab.net", "other.net", "grace", "u:", "\u{1b}"] {
            assert!(!text.contains(private), "{private} in {name}: {text}");
        }
        assert_eq!(*mode, 0o600);
    }
    let config = &entries[2].1;
    assert!(!config.contains("labelled-pw") && config.contains("/k.pem"), "{config}");
    assert!(!entries[3].1.contains("swordfish") && !entries[5].1.contains("swordfish"));
    assert!(serde_json::from_str::<Value>(&entries[1].1).unwrap()[0]["detail"].as_str().unwrap().contains("host-"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn names_of_hosts_stay_when_they_are_wanted() {
    let root = tempfile::tempdir().unwrap();
    let folders = full_house(root.path());
    let path = root.path().join("out.tar");
    Bundle::create(path.clone()).unwrap().write(&folders, &Report::default(), HostNames::Kept).await.unwrap();
    assert!(unpack(&path).iter().any(|(_, text, _)| text.contains("https://lab.example.org")));
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("mine");
    std::fs::write(&path, "precious").unwrap();
    let refused = Bundle::create(path.clone()).err().unwrap();
    assert_eq!((refused.kind, std::fs::read_to_string(path).unwrap()), (FailureKind::Usage, "precious".to_owned()));
}

#[test]
fn of_a_long_log_the_end_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("long.log");
    let line = format!("{}\n", "x".repeat(99));
    std::fs::write(&path, line.repeat(20_000)).unwrap();
    let end = tail(&path).unwrap();
    assert!(end.len() <= 1 << 20 && end.starts_with("(the beginning is left out)\nxxx"));
}
