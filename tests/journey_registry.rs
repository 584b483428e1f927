//! An image on its way from a real registry to a container, watched at the terminal; and one that is cancelled half-way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/household.rs"]
mod household;
#[path = "support/slow_link.rs"]
mod slow_link;
#[path = "support/terminal.rs"]
mod terminal;

use std::time::Duration;

use household::{Engine, Household};
use kab::engine::driver::{Driver as _, docker::DockerApi};
use serde_json::json;
use slow_link::SlowLink;
use terminal::{Size, Terminal};
use tokio::runtime::Runtime;

/// For what should happen at once: a slow machine under load may take its time.
const SOON: Duration = Duration::from_secs(30);
/// For what takes an engine.
const LATE: Duration = Duration::from_mins(3);
/// Bytes a second at which an image of some megabytes takes minutes.
const SLOW: u32 = 60_000;
/// Bytes a second of a link that holds nothing up.
const FAST: u32 = 200_000_000;

/// A store with one repository, which has one app, whose image lies behind a slow link.
struct Shop {
    // Declared first: the server's pull ends before the link does.
    household: Household,
    link: SlowLink,
    runtime: Runtime,
    image: String,
    podman: String,
    server: String,
}

impl Shop {
    /// `None`: there is no engine or no registry.
    fn open() -> Option<Self> {
        let (podman, registry) = (engines::podman()?, engines::registry()?);
        // Nobody has pulled it before.
        let name = format!("ticker-{}", uuid::Uuid::new_v4().simple());
        let image = engines::pushed_image(&name, 8)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let link = runtime.block_on(SlowLink::to(registry.clone(), SLOW));
        let image = image.replacen(&registry, link.address(), 1);

        let household = Household::new(&Engine::Podman(podman.clone()));
        let folder = household.data_dir().with_file_name("apps");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("deployments.yaml"), deployments(&image)).unwrap();
        let server = household.server();
        let added = household.ask(&["repo", "add", folder.to_str().unwrap()]).data();
        assert_eq!((&added["flavours"], &added["issues"]), (&json!(1), &json!([])), "{added}");
        Some(Self { household, link, runtime, image, podman, server })
    }

    fn terminal(&self) -> Terminal {
        Terminal::open(self.household.in_terminal(&[]), Size(80, 24))
    }

    /// From the list of apps to the task, until bytes of layers are on the screen.
    fn begin(&self) -> Terminal {
        let mut screen = self.terminal();
        screen.wait_for("live", LATE).press("2").wait_for("ticker", SOON);
        screen.press("/ticker\r").wait_gone("greeter", SOON).wait_for("Podman on", LATE);
        screen.press("i").wait_for("[ Install ]", SOON).wait_for(self.link.address(), SOON);
        screen.press("\r").wait_gone("[ Install ]", SOON).wait_for("Installing ticker", SOON);
        screen.press("6").wait_for("install ticker", SOON);
        screen.wait_until("bytes of the pull", LATE, is_pulling);
        screen
    }

    /// Whether Podman has the image.
    fn has_image(&self) -> bool {
        self.runtime.block_on(async {
            let driver = DockerApi::connect_within(&self.podman, SOON).await.unwrap();
            driver.image(&self.image).await.unwrap().is_some()
        })
    }

    fn close(self) {
        assert_eq!(self.household.close(), [0; 0], "processes are left");
        assert_eq!(self.household.containers(&self.server), [""; 0]);
    }
}

/// A repository of the newest generation with one app.
fn deployments(image: &str) -> String {
    let definition = json!({
        "key": "tick", "name": "Tick", "kind": "FUNCTION", "description": "Counts seconds",
        "args": [], "returns": [], "collections": [], "interfaces": [], "isDev": false, "isTestFor": [],
        "portGroups": [], "pure": false, "stateful": false, "version": "1",
    });
    let entry = json!({
        "appImageId": "0123456789abcdef0123456789abcdef",
        "flavourName": "vanilla",
        "image": {"imageString": image, "buildAt": "2026-07-01T19:34:47.737006"},
        "manifest": {"identifier": "org.example.ticker", "version": "1.0.0", "author": "ada", "scopes": ["read"]},
        "selectors": [],
        "inspection": {
            "size": 10_000_000,
            "description": "Says tick once a second",
            "implementations": [{"interface": "tick", "dependencies": [], "locks": [], "definition": definition}],
            "requirements": [], "states": [], "locks": [], "bloks": [],
        },
    });
    json!({"spec_version": 1, "app_images": [entry]}).to_string()
}

/// Whether the screen tells how far the pull is, as a percentage and for its layers.
fn is_pulling(screen: &str) -> bool {
    let mut lines = screen.lines().skip_while(|line| !line.starts_with(" Pull "));
    let whole = lines.next().is_some_and(|line| line.contains(" % ") && line.contains("/5 layers"));
    let mut layers = lines.skip_while(|line| !line.contains("LAYERS"));
    whole && layers.any(|line| line.contains("B of ") && line.contains(" MB"))
}

#[test]
fn an_image_is_pulled_layer_by_layer_also_when_nobody_watches() {
    let Some(shop) = Shop::open() else { return };
    let mut screen = shop.begin();
    // The task is the server's and the engine's, not the terminal's.
    screen.leave("q", SOON);
    let mut screen = shop.terminal();
    screen.wait_for("live", LATE).press("6").wait_for("install ticker", SOON);
    screen.wait_until("bytes of the pull", SOON, is_pulling);
    assert!(!shop.has_image());

    shop.link.set_speed(FAST);
    screen.wait_for("Done: install ticker", LATE);
    assert!(shop.has_image());
    screen.press("4").wait_for("RUNNING", SOON);
    screen.press("l").wait_for("LIVE", SOON).wait_for("tick 0", SOON).wait_for("tick 3", SOON);
    screen.leave("Q", SOON);
    assert_eq!(shop.household.containers(&shop.server).len(), 1);
    shop.close();
}

#[test]
fn an_installation_that_is_cancelled_half_way_leaves_nothing_behind() {
    let Some(shop) = Shop::open() else { return };
    let mut screen = shop.begin();
    screen.press("c").wait_for("CANCELLED", LATE);
    screen.press("4").wait_for("No pods yet.", SOON);
    screen.leave("q", SOON);

    let household = &shop.household;
    let tasks = household.ask(&["tasks"]).data();
    assert_eq!((&tasks[0]["kind"], &tasks[0]["state"]), (&json!("install"), &json!("CANCELLED")), "{tasks}");
    assert_eq!(household.ask(&["pods"]).data(), json!([]));
    assert_eq!(household.containers(&shop.server), [""; 0]);
    // The engine has let go of the registry, too: nothing goes on behind the person's back.
    shop.runtime.block_on(shop.link.until_unused(SOON));
    assert!(!shop.has_image());

    // Nothing of it is in the way of another attempt.
    shop.link.set_speed(FAST);
    let installed = household.ask(&["install", "ticker", "--wait"]).data();
    assert_eq!(installed["pod"]["status"], "RUNNING", "{installed}");
    assert!(shop.has_image());
    shop.close();
}
