//! Reads what engines say while they pull. Docker tells every step of every layer; Podman tells little. Pure.

use crate::domain::{LayerState, PullProgress};

/// One message of a pull.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// A layer's id, the image's tag, or nothing.
    pub id: Option<&'a str>,
    /// `Downloading`, …
    pub status: &'a str,
    /// Bytes here and bytes in all.
    pub bytes: Option<(u64, Option<u64>)>,
}

/// Takes a message in; says whether something changed.
pub fn note(pull: &mut PullProgress, said: Said<'_>) -> Changed {
    let Some(id) = said.id.filter(|id| is_layer(id)) else { return Changed::No };
    let state = match said.status {
        "Downloading" => LayerState::Downloading,
        "Extracting" | "Verifying Checksum" | "Download complete" => LayerState::Extracting,
        "Pull complete" => LayerState::Done,
        "Already exists" => LayerState::Cached,
        "Pulling fs layer" | "Waiting" => LayerState::Waiting,
        // Podman: bytes without a word of its own, in the blob's short digest.
        _ if said.bytes.is_some() => LayerState::Downloading,
        _ => return Changed::No,
    };
    let before = pull.clone();
    // Podman counts a layer to its end without ever saying that it is there.
    let is_whole = matches!(said.bytes, Some((current, Some(total))) if total > 0 && current >= total);
    pull.note(id, state, said.bytes);
    if is_whole && state == LayerState::Downloading {
        pull.note(id, LayerState::Extracting, None);
    }
    if *pull == before { Changed::No } else { Changed::Yes }
}

/// The pull is over: whatever was begun is here.
pub fn finish(pull: &mut PullProgress) {
    for layer in &mut pull.layers {
        if !matches!(layer.state, LayerState::Cached) {
            layer.state = LayerState::Done;
        }
        if let Some(total) = layer.total {
            layer.current = total;
        }
    }
}

/// Whether a message brought news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Yes,
    No,
}

/// Docker's `Pulling from` carries the tag as id; a layer's is hexadecimal.
fn is_layer(id: &str) -> bool {
    id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(id: &'a str, status: &'a str, bytes: Option<(u64, Option<u64>)>) -> Said<'a> {
        Said { id: Some(id), status, bytes }
    }

    #[test]
    fn a_pull_of_docker_reads_layer_by_layer() {
        let mut pull = PullProgress::default();
        let (a, b) = ("a3ed95caeb02", "9f2b77e10000");
        assert_eq!(note(&mut pull, said("latest", "Pulling from demo/app", None)), Changed::No);
        note(&mut pull, said(a, "Already exists", None));
        note(&mut pull, said(b, "Pulling fs layer", None));
        note(&mut pull, said(b, "Downloading", Some((100, Some(400)))));
        assert_eq!(note(&mut pull, said(b, "Downloading", Some((100, Some(400))))), Changed::No);
        assert_eq!(pull.bytes(), (100, Some(400)));
        assert_eq!(pull.counts(), (1, 2));
        note(&mut pull, said(b, "Download complete", None));
        note(&mut pull, said(b, "Extracting", Some((5, Some(400)))));
        assert_eq!(pull.bytes(), (400, Some(400)));
        note(&mut pull, said(b, "Pull complete", None));
        assert_eq!(note(&mut pull, Said { id: None, status: "Status: Downloaded", bytes: None }), Changed::No);
        assert_eq!(pull.layers[1].state, LayerState::Done);
    }

    #[test]
    fn a_pull_of_podman_says_little_and_is_whole_at_the_end() {
        let mut pull = PullProgress::default();
        note(&mut pull, said("a3ed95caeb02", "Pulling fs layer", None));
        note(&mut pull, said("a3ed95caeb02", "", Some((10, Some(10)))));
        note(&mut pull, said("9f2b77e10000", "Pulling fs layer", None));
        finish(&mut pull);
        assert_eq!(pull.counts(), (2, 2));
    }
}
