//! A container image as the archive that `docker save` makes, written without ever being whole in memory.
//!
//! Docker 20.10 refuses OCI layouts in `docker load`, so the older form is written: `manifest.json`, the
//! configuration, and a folder for each layer. The same program always gives the same bytes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;

use super::parts::{self, Part};

/// Bytes that are handed on at a time.
const CHUNK: usize = 256 * 1024;

/// A layer: a tar archive that is made again each time it is needed.
#[derive(Debug, Clone)]
pub struct Layer {
    parts: BTreeMap<PathBuf, Part>,
    /// SHA-256 of the archive, in hexadecimal.
    pub digest: String,
    /// Bytes of the archive.
    pub size: u64,
}

impl Layer {
    /// Makes it once, to know its digest and size.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn new(parts: BTreeMap<PathBuf, Part>) -> io::Result<Self> {
        let mut counter = Counter::new(io::sink());
        write_parts(&parts, &mut counter)?;
        let (digest, size) = counter.finish();
        Ok(Self { parts, digest, size })
    }
}

/// The layers that all images of this program share.
#[derive(Debug)]
pub struct Base {
    layers: Vec<Layer>,
    environment: Vec<String>,
    architecture: &'static str,
}

impl Base {
    /// Reads the running program and its libraries, once.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of_this_program() -> io::Result<Self> {
        let parts = parts::of_this_program()?;
        let folders: Vec<_> = parts.library_folders.iter().map(|folder| folder.to_string_lossy()).collect();
        let mut environment = vec![String::from("PATH=/")];
        if !folders.is_empty() {
            environment.push(format!("LD_LIBRARY_PATH={}", folders.join(":")));
        }
        let layers = vec![Layer::new(parts.system)?, Layer::new(parts.program)?];
        Ok(Self { layers, environment, architecture: parts.architecture })
    }
}

/// What one image adds to the shared layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Its name without a tag: `localhost/kab-demo/greeter`.
    pub name: String,
    /// What is given to kab: `demo-app greeter vanilla`.
    pub arguments: Vec<String>,
    /// Title for `docker image inspect`.
    pub title: String,
}

/// An image that can be written.
#[derive(Debug, Clone)]
pub struct Image {
    base: Arc<Base>,
    recipe: Recipe,
    configuration: String,
    id: String,
}

impl Image {
    /// Puts it together; nothing is read or written yet.
    pub fn new(base: Arc<Base>, recipe: Recipe) -> Self {
        let mut entrypoint = vec![parts::PROGRAM.to_owned()];
        entrypoint.extend(recipe.arguments.iter().cloned());
        let digests: Vec<_> = base.layers.iter().map(|layer| format!("sha256:{}", layer.digest)).collect();
        let configuration = json!({
            "architecture": base.architecture,
            "os": "linux",
            // One moment for all, so that equal content has an equal name.
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "Env": base.environment,
                "Entrypoint": entrypoint,
                "WorkingDir": "/",
                "StopSignal": "SIGTERM",
                "Labels": { "org.opencontainers.image.title": recipe.title },
            },
            "rootfs": { "type": "layers", "diff_ids": digests },
            "history": [
                { "created": "1970-01-01T00:00:00Z", "created_by": "kab: loader and libraries" },
                { "created": "1970-01-01T00:00:00Z", "created_by": "kab: the program" },
            ],
        })
        .to_string();
        let id = hexadecimal(ring::digest::digest(&ring::digest::SHA256, configuration.as_bytes()).as_ref());
        Self { base, recipe, configuration, id }
    }

    /// Name and tag. The tag comes from the content, so a newer kab has other images.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.recipe.name, &self.id[..12])
    }

    /// The image's id: SHA-256 of its configuration, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Bytes of its layers.
    pub fn size(&self) -> u64 {
        self.base.layers.iter().map(|layer| layer.size).sum()
    }

    /// The processor it is for, in the words of container images: `amd64`.
    pub fn architecture(&self) -> &'static str {
        self.base.architecture
    }

    /// Writes the archive that `docker load` and `podman load` take. It blocks: call it on a thread of its own.
    ///
    /// # Errors
    /// When the target does not take it, a file cannot be read, or a file has changed since the program started.
    pub fn write(&self, target: &mut dyn Write) -> io::Result<()> {
        let mut archive = tar::Builder::new(io::BufWriter::with_capacity(CHUNK, target));
        let name = |layer: &Layer| format!("{}/layer.tar", layer.digest);
        let manifest = json!([{
            "Config": format!("{}.json", self.id),
            "RepoTags": [self.reference()],
            "Layers": self.base.layers.iter().map(name).collect::<Vec<_>>(),
        }])
        .to_string();
        append(&mut archive, "manifest.json", manifest.as_bytes())?;
        append(&mut archive, &format!("{}.json", self.id), self.configuration.as_bytes())?;
        for layer in &self.base.layers {
            let mut header = header(tar::EntryType::Regular, 0o644);
            header.set_size(layer.size);
            header.set_path(name(layer))?;
            header.set_cksum();
            let target = archive.get_mut();
            target.write_all(header.as_bytes())?;
            let mut counter = Counter::new(target);
            write_parts(&layer.parts, &mut counter)?;
            let (digest, size) = counter.finish();
            if (digest.as_str(), size) != (layer.digest.as_str(), layer.size) {
                return Err(io::Error::other("kab or one of its libraries was replaced while it ran; start it again"));
            }
            // A layer is a whole number of blocks already, so no padding follows.
        }
        archive.into_inner()?.flush()
    }
}

fn append<W: Write>(archive: &mut tar::Builder<W>, path: &str, content: &[u8]) -> io::Result<()> {
    let mut header = header(tar::EntryType::Regular, 0o644);
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content)
}

fn header(kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header
}

fn write_parts(parts: &BTreeMap<PathBuf, Part>, target: &mut impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(target);
    for (path, part) in parts {
        let inside = path.strip_prefix("/").unwrap_or(path);
        match part {
            Part::Folder(mode) => {
                archive.append_data(&mut header(tar::EntryType::Directory, *mode), inside, io::empty())?;
            }
            Part::Copy(source) => copy(&mut archive, inside, source)?,
            Part::Text(text) => {
                let mut header = header(tar::EntryType::Regular, 0o644);
                header.set_size(text.len() as u64);
                archive.append_data(&mut header, inside, text.as_bytes())?;
            }
            Part::Link(to) => archive.append_link(&mut header(tar::EntryType::Symlink, 0o777), inside, to)?,
        }
    }
    archive.finish()
}

fn copy<W: Write>(archive: &mut tar::Builder<W>, inside: &Path, source: &Path) -> io::Result<()> {
    let file =
        File::open(source).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", source.display())))?;
    let mut header = header(tar::EntryType::Regular, 0o755);
    header.set_size(file.metadata()?.len());
    archive.append_data(&mut header, inside, file)
}

/// Passes bytes on, and knows their number and digest.
struct Counter<W> {
    target: W,
    digest: ring::digest::Context,
    size: u64,
}

impl<W: Write> Counter<W> {
    fn new(target: W) -> Self {
        Self { target, digest: ring::digest::Context::new(&ring::digest::SHA256), size: 0 }
    }

    fn finish(self) -> (String, u64) {
        (hexadecimal(self.digest.finish().as_ref()), self.size)
    }
}

impl<W: Write> Write for Counter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}
