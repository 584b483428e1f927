//! Reads as much of a Rust file as is needed to know which paths it names: no comments, no texts, no test modules.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// A file of `src`.
#[derive(Debug)]
pub struct Source {
    /// Below `src`.
    pub path: PathBuf,
    /// Modules in files of their own that exist only for tests, as paths without extension.
    pub test_modules: Vec<PathBuf>,
    /// Every path that is named, as its parts, with the line, and the depth of the module it stands in.
    paths: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    parts: Vec<String>,
    line: usize,
    depth: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

impl Source {
    /// Reads a text.
    pub fn new(path: PathBuf, text: &str) -> Self {
        let mut reader = Reader { tokens: tokens(text), at: 0, depth: module_depth(&path), paths: Vec::new() };
        let mut names = Vec::new();
        reader.module(&mut names);
        let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") => path.parent().map(Path::to_owned).unwrap_or_default(),
            _ => path.with_extension(""),
        };
        Self { test_modules: names.into_iter().map(|name| folder.join(name)).collect(), paths: reader.paths, path }
    }

    /// The room it belongs to: the first folder, or the file's own name.
    pub fn room(&self) -> &str {
        let first = self.path.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The rooms that it names, with their lines; a room once a line.
    pub fn rooms_named(&self, rooms: &BTreeSet<String>) -> Vec<(String, usize)> {
        let room_of = |named: &Named| {
            let supers = named.parts.iter().take_while(|part| *part == "super").count();
            let from_root = match named.parts.first()?.as_str() {
                "crate" | "kab" => named.parts.get(1),
                "super" if supers == named.depth => named.parts.get(supers),
                _ => None,
            };
            from_root.filter(|room| rooms.contains(*room)).map(|room| (room.clone(), named.line))
        };
        let mut found: Vec<_> = self.paths.iter().filter_map(room_of).collect();
        found.dedup();
        found
    }

    /// Which of these paths it names, with their lines.
    pub fn named<'a>(&self, wanted: &[&'a str]) -> Vec<(&'a str, usize)> {
        let hit = |named: &Named| {
            let whole = named.parts.join("::");
            let found = wanted.iter().find(|path| {
                whole.strip_prefix(**path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })?;
            Some((*found, named.line))
        };
        self.paths.iter().filter_map(hit).collect()
    }
}

/// How many modules lie between the file's own module and the crate's root.
fn module_depth(path: &Path) -> usize {
    let folders = path.iter().count() - 1;
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => folders,
        _ => folders + 1,
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    paths: Vec<Named>,
}

impl Reader {
    /// Reads up to the brace that closes the module; `files` takes modules that are only for tests.
    fn module(&mut self, files: &mut Vec<String>) {
        let mut braces = 0_usize;
        let mut for_tests = false;
        while let Some(token) = self.tokens.get(self.at).cloned() {
            match token.text.as_str() {
                "#" => for_tests |= self.attribute_says_test(),
                "mod" if self.text(2) == "{" => {
                    self.at += 3;
                    self.depth += 1;
                    let known = self.paths.len();
                    self.module(&mut Vec::new());
                    self.depth -= 1;
                    if std::mem::take(&mut for_tests) {
                        self.paths.truncate(known);
                    }
                }
                "mod" if self.text(2) == ";" => {
                    if std::mem::take(&mut for_tests) {
                        files.push(self.text(1).to_owned());
                    }
                    self.at += 3;
                }
                "{" => {
                    braces += 1;
                    self.at += 1;
                }
                "}" if braces == 0 => {
                    self.at += 1;
                    return;
                }
                "}" => {
                    braces -= 1;
                    self.at += 1;
                }
                "pub" => self.at += 1,
                _ if is_word(&token.text) => {
                    for_tests = false;
                    self.path(Vec::new());
                }
                _ => self.at += 1,
            }
        }
    }

    /// Steps over `#[…]`, and says whether it is `#[cfg(test)]`.
    fn attribute_says_test(&mut self) -> bool {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            self.at += 1;
            match self.text(0) {
                "[" => open += 1,
                "]" if open <= 1 => break,
                "]" => open -= 1,
                "" => return false,
                _ => {}
            }
        }
        self.at += 1;
        let words: Vec<_> = self.tokens[start..self.at].iter().map(|token| token.text.as_str()).collect();
        words == ["#", "[", "cfg", "(", "test", ")", "]"]
    }

    /// Reads a path, and all paths of a group such as `crate::{a, b::{c, d}}`.
    fn path(&mut self, mut parts: Vec<String>) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        loop {
            parts.push(self.text(0).to_owned());
            self.at += 1;
            if self.text(0) != "::" {
                break;
            }
            self.at += 1;
            if self.text(0) == "{" {
                self.at += 1;
                loop {
                    match self.text(0) {
                        "}" | "" => break,
                        word if is_word(word) => self.path(parts.clone()),
                        _ => self.at += 1,
                    }
                }
                self.at += 1;
                return;
            }
            if !is_word(self.text(0)) {
                break;
            }
        }
        self.paths.push(Named { parts, line, depth: self.depth });
    }

    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| &token.text)
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::` and single characters; comments, texts and characters in quotes are left out.
fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let peek = |at: usize| characters.get(at).copied().unwrap_or('\0');
    while at < characters.len() {
        let start = at;
        match peek(at) {
            '/' if peek(at + 1) == '/' => at += characters[at..].iter().take_while(|c| **c != '\n').count(),
            '/' if peek(at + 1) == '*' => {
                while at < characters.len() && !(peek(at) == '*' && peek(at + 1) == '/') {
                    at += 1;
                }
                at += 2;
            }
            'r' if peek(at + 1) == '"' || (peek(at + 1) == '#' && matches!(peek(at + 2), '"' | '#')) => {
                let hashes = characters[at + 1..].iter().take_while(|c| **c == '#').count();
                at += hashes + 2;
                let ends = |at: usize| peek(at) == '"' && (1..=hashes).all(|more| peek(at + more) == '#');
                while at < characters.len() && !ends(at) {
                    at += 1;
                }
                at += hashes + 1;
            }
            '"' => {
                at += 1;
                while at < characters.len() && peek(at) != '"' {
                    at += if peek(at) == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            // A character such as '"' or '\''; a lifetime has no second quote.
            '\'' if peek(at + 1) == '\\' => {
                at += 3;
                while at < characters.len() && peek(at) != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if peek(at + 2) == '\'' => at += 3,
            ':' if peek(at + 1) == ':' => {
                tokens.push(Token { text: "::".into(), line });
                at += 2;
            }
            first if first.is_alphanumeric() || first == '_' => {
                while peek(at).is_alphanumeric() || peek(at) == '_' {
                    at += 1;
                }
                tokens.push(Token { text: characters[start..at].iter().collect(), line });
            }
            other => {
                if !other.is_whitespace() {
                    tokens.push(Token { text: other.to_string(), line });
                }
                at += 1;
            }
        }
        line += characters[start..at.min(characters.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}
