//! A word about tests that did nothing, so that a green run cannot hide them.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]

use std::io::Write as _;

/// Says that a test did nothing, and why: on standard error, and in the file `KAB_SKIPS` where that is set.
pub fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {test}: {why}");
    if let Some(path) = std::env::var_os("KAB_SKIPS")
        && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        writeln!(file, "{test}: {why}").ok();
    }
}
