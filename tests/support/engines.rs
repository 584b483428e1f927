//! Which real container engines the tests may use: those that `engines.sh` beside this file started.
//!
//! A test that needs one asks here first, and returns early without it. Where `KAB_REQUIRE_ENGINES=1` is set, as in
//! `.ci/run`, a missing engine is a failure instead, so that a green run cannot hide a skip.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]
#![allow(clippy::expect_used, reason = "as above; a test that cannot go on stops there")]

#[path = "skips.rs"]
mod skips;

use std::process::Command;
use std::sync::{Mutex, PoisonError};

pub use skips::skip;

static PUSHING: Mutex<()> = Mutex::new(());

/// The socket of Podman's Docker-compatible API, as an address that starts with `unix://`.
pub fn podman() -> Option<String> {
    wanted("CONTAINER_HOST", "Podman's API socket")
}

/// The socket of Docker Engine, as an address that starts with `unix://`.
pub fn docker() -> Option<String> {
    wanted("KAB_TEST_DOCKER", "Docker's API socket")
}

/// Host and port of a local registry without TLS that both engines may pull from.
pub fn registry() -> Option<String> {
    wanted("KAB_TEST_REGISTRY", "a local registry")
}

/// Pushes an image with so many megabytes of noise in four layers to the local registry; its full reference.
/// The noise differs each time, so that no layer of it is anywhere yet.
pub fn pushed_image(name: &str, megabytes: u32) -> Option<String> {
    registry()?;
    // Tidying up after one image may take layers of another one that is just being built.
    let _alone = PUSHING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = wanted("KAB_TEST_ENGINES", "the folder of engines.sh")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/engines.sh");
    let output = Command::new(script).args(["image", &folder, name, &megabytes.to_string()]).output().expect("bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn wanted(variable: &str, what: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(
            std::env::var("KAB_REQUIRE_ENGINES").as_deref() != Ok("1"),
            "{what} is required, and {variable} is not set: start tests/support/engines.sh"
        );
        skip(&format!("no {what} ({variable} is not set; tests/support/engines.sh starts one)"));
    }
    value
}
