//! Which files an image needs: the running executable, its loader, and the shared libraries it has mapped.
//!
//! They keep their own paths, so that the loader finds them as it does here. Nothing else goes in: no shell, no
//! configuration of this machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::elf;

/// Where the executable is in the image.
pub const PROGRAM: &str = "/kab";
/// The running executable, also when its file has been replaced or deleted meanwhile.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// One entry of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A folder with the mode given.
    Folder(u32),
    /// A copy of a file of this machine, executable.
    Copy(PathBuf),
    /// A small file, made up.
    Text(&'static str),
    /// A symbolic link to a path in the image.
    Link(PathBuf),
}

/// All that an image needs, by path in the image. Parents come before their children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The lower layer: loader, libraries and folders. It changes only with the system.
    pub system: BTreeMap<PathBuf, Part>,
    /// The upper layer: the executable.
    pub program: BTreeMap<PathBuf, Part>,
    /// Folders of the libraries, for the loader's search path.
    pub library_folders: BTreeSet<PathBuf>,
    /// The processor, in the words of container images.
    pub architecture: &'static str,
}

/// Looks at the running program.
///
/// # Errors
/// When `/proc` or one of the files cannot be read.
pub fn of_this_program() -> io::Result<Parts> {
    let program = elf::read(&File::open(THIS_PROGRAM)?)?;
    let maps = fs::read_to_string("/proc/self/maps")?;
    let itself = fs::read_link(THIS_PROGRAM)?;
    let libraries = mapped_code(&maps).into_iter().filter(|path| without_deleted(&itself) != *path);

    let mut system = BTreeMap::new();
    // Programs expect these to exist.
    put(&mut system, Path::new("/tmp"), Part::Folder(0o1777));
    put(&mut system, Path::new("/etc/passwd"), Part::Text("root:x:0:0:root:/:/sbin/nologin\n"));
    put(&mut system, Path::new("/etc/group"), Part::Text("root:x:0:\n"));

    let mut library_folders = BTreeSet::new();
    let loader = program.interpreter.as_deref().map(fs::canonicalize).transpose()?;
    for library in libraries.filter(|path| loader.as_ref() != Some(path)) {
        let Some(folder) = library.parent() else { continue };
        library_folders.insert(folder.to_owned());
        for name in other_names(&library)? {
            put(&mut system, &folder.join(name), Part::Link(library.clone()));
        }
        put(&mut system, &library, Part::Copy(library.clone()));
    }
    if let (Some(path), Some(loader)) = (&program.interpreter, loader) {
        put(&mut system, path, Part::Copy(loader));
    }
    let mut upper = BTreeMap::new();
    put(&mut upper, Path::new(PROGRAM), Part::Copy(PathBuf::from(THIS_PROGRAM)));
    Ok(Parts { system, program: upper, library_folders, architecture: program.architecture })
}

/// Adds an entry and the folders above it; without them some engines make folders that only root can enter.
fn put(parts: &mut BTreeMap<PathBuf, Part>, path: &Path, part: Part) {
    for folder in path.ancestors().skip(1).filter(|folder| folder.parent().is_some()) {
        parts.entry(folder.to_owned()).or_insert(Part::Folder(0o755));
    }
    parts.insert(path.to_owned(), part);
}

/// Files of which code is mapped: the program and its libraries. Data such as a database's shared memory is left out.
fn mapped_code(maps: &str) -> BTreeSet<PathBuf> {
    maps.lines()
        .filter_map(|line| {
            // address, permissions, offset, device, inode, path; the path may hold blanks.
            let mut rest = line;
            let mut permissions = "";
            for column in 0..5 {
                let (word, after) = rest.trim_start().split_once(' ')?;
                if column == 1 {
                    permissions = word;
                }
                rest = after;
            }
            let path = rest.trim_start();
            (permissions.contains('x') && path.starts_with('/')).then(|| without_deleted(Path::new(path)))
        })
        .collect()
}

/// The kernel's mark of a file that was deleted or replaced. For a library the new file of that name has to do.
fn without_deleted(path: &Path) -> PathBuf {
    path.to_str().and_then(|text| text.strip_suffix(" (deleted)")).map_or_else(|| path.to_owned(), PathBuf::from)
}

/// The links beside a library that lead to it. The loader looks for `libc.so.6`, which on some systems is a link to
/// `libc-2.31.so`, and only the latter is in the list of mapped files.
fn other_names(library: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let (Some(folder), Some(name)) = (library.parent(), library.file_name()) else { return Ok(Vec::new()) };
    let stem: Vec<u8> =
        name.as_encoded_bytes().iter().copied().take_while(|byte| !matches!(byte, b'.' | b'-')).collect();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        if other.as_encoded_bytes().starts_with(&stem)
            && entry.file_type()?.is_symlink()
            && fs::canonicalize(entry.path()).is_ok_and(|target| target == library)
        {
            names.push(other);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mapped_code_counts_and_blanks_in_paths_survive() {
        let maps = "55d0 r--p 00000000 fe:00 12 /home/a b/kab\n\
                    55d1 r-xp 00001000 fe:00 12                         /home/a b/kab\n\
                    7f00 r-xp 00000000 fe:00 13                         /usr/lib/libc.so.6 (deleted)\n\
                    7f01 rw-s 00000000 fe:00 14                         /data/kab.sqlite-shm\n\
                    7ffd r-xp 00000000 00:00 0                          [vdso]\n\
                    7ffe r-xp 00000000 00:00 0 \n";
        let found: Vec<_> = mapped_code(maps).into_iter().collect();
        assert_eq!(found, [PathBuf::from("/home/a b/kab"), PathBuf::from("/usr/lib/libc.so.6")]);
    }

    #[test]
    fn this_program_is_complete_and_its_folders_come_first() {
        let parts = of_this_program().unwrap();
        assert_eq!(parts.program[Path::new(PROGRAM)], Part::Copy(PathBuf::from(THIS_PROGRAM)));
        if cfg!(target_env = "gnu") {
            let names: Vec<_> = parts.system.keys().filter_map(|path| path.file_name()?.to_str()).collect();
            assert!(names.contains(&"libc.so.6"), "{names:?}");
            assert!(names.iter().any(|name| name.starts_with("ld-linux")), "{names:?}");
        }
        for path in parts.system.keys() {
            for above in path.ancestors().skip(1).filter(|folder| folder.parent().is_some()) {
                assert!(matches!(parts.system[above], Part::Folder(_)), "{}", above.display());
                assert!(above < path.as_path());
            }
        }
    }

    #[test]
    fn a_library_is_found_by_its_other_names() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        fs::write(folder.join("libm-2.31.so"), "").unwrap();
        fs::write(folder.join("libmount.so.1"), "").unwrap();
        std::os::unix::fs::symlink("libm-2.31.so", folder.join("libm.so.6")).unwrap();
        std::os::unix::fs::symlink("libmount.so.1", folder.join("libmount.so")).unwrap();
        assert_eq!(other_names(&folder.join("libm-2.31.so")).unwrap(), ["libm.so.6"]);
    }
}
