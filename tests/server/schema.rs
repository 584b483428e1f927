//! The schemas as files, so that a change of the wire is seen in a review.

use std::path::Path;

/// Compares with the file, or writes it with `UPDATE_SCHEMA=1`.
fn check(file: &str, sdl: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/local").join(file);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, sdl).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == sdl, "{} is out of date; run the test with UPDATE_SCHEMA=1", path.display());
}

#[test]
fn the_schema_of_rekuest_is_up_to_date() {
    check("rekuest.graphql", &kab::server::rekuest::sdl());
}

#[test]
fn the_schema_of_lok_is_up_to_date() {
    check("lok.graphql", &kab::server::lok::sdl());
}
