//! The built-in repository as a deployments file of the newest generation (`app_images`, with `implementations` and
//! `states`).

use std::io;

use serde_json::{Value, json};

use super::{Need, Offer};
use crate::domain::Moment;

/// How many times this machine's memory the flavour needs that cannot run here.
const MEMORY_FACTOR: u64 = 4;
/// Memory needs are given in whole steps of so many MB.
const MEMORY_STEP: u64 = 8_000;
/// How much the preferred flavour is preferred.
const PREFERENCE: i64 = 10;

/// The file.
pub(super) fn yaml(offers: &[Offer], built_at: Moment, memory: u64) -> io::Result<String> {
    let entries: Vec<_> = offers.iter().map(|offer| entry(offer, built_at, memory)).collect();
    let latest = entries.last().map(|entry| entry["appImageId"].clone());
    serde_saphyr::to_string(&json!({ "spec_version": 1, "app_images": entries, "latest_app_image": latest }))
        .map_err(io::Error::other)
}

fn entry(offer: &Offer, built_at: Moment, memory: u64) -> Value {
    let Offer { app, flavour, image } = offer;
    let selectors = match flavour.need() {
        Need::Nothing => json!([]),
        Need::ThisProcessor => {
            json!([{ "kind": "cpu", "arch": image.architecture(), "required": false, "weight": PREFERENCE }])
        }
        Need::Cuda => json!([{ "kind": "cuda", "computeCapability": "7.0", "required": true, "weight": 1 }]),
        Need::MuchMemory => {
            let wanted = (memory * MEMORY_FACTOR).div_ceil(MEMORY_STEP) * MEMORY_STEP;
            json!([{ "kind": "ram", "min": wanted, "required": true, "weight": 1 }])
        }
    };
    let definition = app.definition();
    json!({
        // Follows the content, so that another build of kab is another image.
        "appImageId": &image.id()[..32],
        "flavourName": flavour.name(),
        "manifest": {
            "identifier": app.identifier(),
            "version": env!("CARGO_PKG_VERSION"),
            "author": "kab",
            "entrypoint": "app",
            "description": app.description(),
            "scopes": ["read"],
        },
        "image": { "imageString": image.reference(), "buildAt": built_at.to_iso().trim_end_matches('Z') },
        "selectors": selectors,
        "inspection": {
            "size": image.size(),
            "description": app.description(),
            "implementations": [{
                "interface": definition.key,
                "dependencies": [],
                "locks": [],
                "definition": definition.to_wire(),
            }],
            "requirements": [{
                "key": "rekuest",
                "service": "live.arkitekt.rekuest",
                "optional": false,
                "description": "Where the app offers what it can do",
            }],
            "states": [],
            "locks": [],
            "bloks": [],
        },
    })
}

/// This machine's memory in MB (10^6 bytes).
pub(super) fn memory_megabytes() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    memory_of(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/meminfo does not tell MemTotal"))
}

fn memory_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_megabytes() {
        assert_eq!(memory_of("MemTotal:       24603064 kB\nMemFree: 1 kB\n"), Some(25_193));
        assert_eq!(memory_of("MemFree: 1 kB\n"), None);
    }
}
