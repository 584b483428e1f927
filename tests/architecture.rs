//! The house keeps its order: no room knows one that it must not know, pure rooms stay pure, files stay short.
//!
//! The table of rooms in `docs/ARCHITECTURE.md` is the rule; this test reads it. Code that only exists for tests may
//! know everything.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops there")]

#[path = "support/source.rs"]
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use source::Source;

/// Lines of a file at most.
const LONGEST_FILE: usize = 400;
/// Files that may be longer, each with its reason.
const LONGER_FILES: &[(&str, &str)] = &[];
/// Rooms that compute and do nothing else.
const PURE: &[&str] = &["domain", "catalogue", "compat", "search"];
/// Crates and modules that a pure room does not name.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_util",
    "ratatui",
    "crossterm",
    "reqwest",
    "bollard",
    "rusqlite",
    "axum",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];
/// The part of the terminal that does what the rest asks for.
const EFFECTS: &str = "tui/effects";

/// What the table says of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Knows {
    Everything,
    Rooms(BTreeSet<String>),
}

#[test]
fn no_room_knows_one_that_it_must_not_know() {
    let rules = rules(&fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md"));
    let rooms: BTreeSet<String> = rules.keys().filter(|room| !room.contains('/')).cloned().collect();
    let mut complaints = Vec::new();
    for file in production() {
        let room = file.room();
        let Some(knows) = rules.get(room) else {
            complaints.push(format!("src/{}: the room `{room}` is not in the table", file.path.display()));
            continue;
        };
        for (named, line) in file.rooms_named(&rooms) {
            if !may_know(&rules, &file.path, knows, room, &named) {
                complaints.push(format!("src/{}:{line}: `{room}` must not know `{named}`", file.path.display()));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn pure_rooms_name_nothing_that_waits_reads_or_draws() {
    let mut complaints = Vec::new();
    for file in production() {
        let allowed: &[&str] = match file.room() {
            room if PURE.contains(&room) => &[],
            "tui" if !file.path.starts_with(EFFECTS) => &["ratatui", "crossterm"],
            _ => continue,
        };
        for (named, line) in file.named(IMPURE) {
            if !allowed.contains(&named) {
                complaints.push(format!("src/{}:{line}: names `{named}`", file.path.display()));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_file_is_short_and_says_what_it_is_for() {
    let mut complaints = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("a source file");
            let name = path.strip_prefix(root()).expect("a path in the project").display().to_string();
            let lines = text.lines().count();
            let excused = LONGER_FILES.iter().any(|(file, _)| *file == name);
            if lines > LONGEST_FILE && !excused {
                complaints
                    .push(format!("{name}:{lines}: longer than {LONGEST_FILE} lines; split it by what it is about"));
            }
            if !text.starts_with("//!") {
                complaints.push(format!("{name}:1: does not begin with `//!` and what the file is for"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_forbidden_path_is_found_with_its_line() {
    let text = "//! `crate::server` in a comment does not count.\n\
                use std::fmt;\n\
                use crate::{\n    domain::{Failure, server},\n    services::Session,\n};\n\
                const TEXT: &str = \"crate::cli\";\n\
                fn f() { crate::engine::run(); super::super::tui::run(); super::local(); }\n\
                #[cfg(test)]\n#[allow(dead_code)]\nmod tests { use crate::server::run; }\n\
                mod inner { fn g() { super::super::super::cli::run(); } }\n";
    let file = Source::new(PathBuf::from("compat/rules.rs"), text);
    let rooms = ["domain", "services", "engine", "server", "tui", "cli", "local"].map(str::to_owned).into();
    let found = file.rooms_named(&rooms);
    let wanted = [("domain", 4), ("services", 5), ("engine", 8), ("tui", 8), ("cli", 12)];
    assert_eq!(found, wanted.map(|(room, line)| (room.to_owned(), line)));

    let clock =
        Source::new(PathBuf::from("compat/x.rs"), "use std::{time::{Duration, Instant}, fs};\nuse tokio as t;\n");
    assert_eq!(clock.named(IMPURE), [("std::time::Instant", 1), ("std::fs", 1), ("tokio", 2)]);
}

#[test]
fn the_table_of_rooms_is_read() {
    let rules = rules(
        "| room | what | knows |\n| --- | --- | --- |\n| `a` | x | nothing |\n| `a/b` | y | `c`, `d` |\n| `e`, `main` | z | everything |\n",
    );
    assert_eq!(rules["a"], Knows::Rooms(BTreeSet::new()));
    assert_eq!(rules["a/b"], Knows::Rooms(["c", "d"].map(str::to_owned).into()));
    assert_eq!(rules["main"], Knows::Everything);
    let knows = |path: &str, named: &str| may_know(&rules, Path::new(path), &rules["a"], "a", named);
    assert!(knows("a/b/x.rs", "d") && knows("a/b.rs", "d") && !knows("a/x.rs", "d") && knows("a/x.rs", "a"));
}

/// Whether a file of a room may name another room. A row for a part of the room (`tui/effects`) adds to the room's own.
fn may_know(rules: &BTreeMap<String, Knows>, path: &Path, knows: &Knows, room: &str, named: &str) -> bool {
    let more = rules.iter().filter(|(part, _)| {
        part.contains('/') && (path.starts_with(part) || path.with_extension("") == Path::new(part))
    });
    named == room
        || std::iter::once(knows).chain(more.map(|(_, knows)| knows)).any(|knows| match knows {
            Knows::Everything => true,
            Knows::Rooms(rooms) => rooms.contains(named),
        })
}

/// Reads the table whose first column is called `room`.
fn rules(page: &str) -> BTreeMap<String, Knows> {
    let mut rules = BTreeMap::new();
    let rows = page.lines().skip_while(|line| !line.starts_with("| room |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let (Some(rooms), Some(knows)) = (cells.first(), cells.last()) else { continue };
        let knows = match knows.trim() {
            "everything" => Knows::Everything,
            knows => Knows::Rooms(words(knows).into_iter().collect()),
        };
        rules.extend(words(rooms).into_iter().map(|room| (room, knows.clone())));
    }
    assert!(rules.len() > 2, "docs/ARCHITECTURE.md has no table of rooms");
    rules
}

/// The words between backticks.
fn words(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of `src` that are part of the program, and not only of its tests.
fn production() -> Vec<Source> {
    let src = root().join("src");
    let files: Vec<Source> = rust_files(&src)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Source::new(path.strip_prefix(&src).expect("a path in src").to_owned(), &text)
        })
        .collect();
    let only_tests: BTreeSet<PathBuf> = files.iter().flat_map(|file| file.test_modules.clone()).collect();
    let is_test = |file: &Source| only_tests.iter().any(|module| file.path.with_extension("").starts_with(module));
    files.into_iter().filter(|file| !is_test(file) && file.path != Path::new("lib.rs")).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder's entry").path())
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}
