//! `kab keys`: which key asks for what in the terminal program, and whether `keys.toml` says something that cannot be.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::context::Context;
use super::output::{Answer, Columns};
use crate::config::{Folders, Keys};
use crate::domain::{Failure, FailureKind, clean_line};
use crate::tui::app::App;
use crate::tui::keymap::{Bound, Keymap, Wish, Wishes};

/// `kab keys`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only say what is wrong in keys.toml; exit code 2 where something is
    #[arg(long, conflicts_with = "print")]
    check: bool,
    /// Print the table as a page of Markdown, or as a keys.toml to begin with: the default
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, default_missing_value = "toml")]
    print: Option<Form>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Markdown,
    Toml,
}

/// The keys that hold, and what is wrong with the file.
#[derive(Debug)]
pub struct Found {
    /// The table.
    pub keymap: Keymap,
    /// The file.
    pub path: PathBuf,
    /// Line and what is wrong with it.
    pub trouble: Vec<(usize, String)>,
    /// Whether nothing of the file could be read.
    pub is_broken: bool,
}

impl Found {
    /// What is wrong, a line each: `keys.toml:3: …`.
    pub fn complaints(&self) -> Vec<String> {
        let path = self.path.display();
        self.trouble
            .iter()
            .map(|(line, text)| match line {
                0 => format!("{path}: {}", clean_line(text)),
                line => format!("{path}:{line}: {}", clean_line(text)),
            })
            .collect()
    }
}

/// Reads `keys.toml` and lays it over the table.
pub fn find(folders: &Folders) -> Found {
    let path = folders.keys_file();
    let Keys { preset, lines, trouble, is_broken } = Keys::read(&path);
    let all = lines
        .into_iter()
        .map(|line| Wish { place: line.place, action: line.action, keys: line.keys, line: line.line })
        .collect();
    let (keymap, complaints) = Keymap::of(&Wishes { preset, all }, &App::chains());
    let mut trouble: Vec<(usize, String)> = trouble.into_iter().map(|it| (it.line, it.text)).collect();
    trouble.extend(complaints.into_iter().map(|it| (it.line, it.text)));
    trouble.sort_by_key(|(line, _)| *line);
    Found { keymap, path, trouble, is_broken }
}

/// Prints the table, or what is wrong with the file.
pub fn run(context: &Context<'_>, arguments: &Arguments) -> Answer {
    let found = find(&context.folders);
    if arguments.check {
        return check(&found);
    }
    for complaint in found.complaints() {
        context.printer.note(&complaint);
    }
    if let Some(form) = arguments.print {
        let page = match form {
            Form::Markdown => found.keymap.to_markdown(),
            Form::Toml => found.keymap.to_toml(),
        };
        return Answer::text(json!({ "text": page }), page, "");
    }
    let lines = found.keymap.all();
    let columns = Columns {
        headings: vec!["PLACE", "NAME", "KEYS", "WHAT IT DOES"],
        rows: lines.iter().map(|line| row(&found.keymap, line)).collect(),
        empty: String::new(),
    };
    let data = lines
        .iter()
        .map(|line| {
            let binding = line.binding;
            let names = |keys: &[crate::tui::keymap::Key]| keys.iter().map(|key| key.name()).collect::<Vec<_>>();
            json!({
                "place": binding.place.name(),
                "action": binding.action.name(),
                "keys": names(&line.keys),
                "usual": names(binding.keys),
                "text": found.keymap.text_of(line),
                "line": line.own,
            })
        })
        .collect();
    let names = lines.iter().map(|line| format!("{}.{}", line.binding.place.name(), line.binding.action.name()));
    Answer::list(data, columns, names.collect())
}

fn row(keymap: &Keymap, line: &Bound) -> Vec<String> {
    let binding = line.binding;
    let keys = if line.keys.is_empty() { String::from("none") } else { line.names() };
    let usual = if line.is_changed() { format!(" (usually {})", line.usual()) } else { String::new() };
    vec![
        binding.place.name().to_owned(),
        binding.action.name().to_owned(),
        keys,
        format!("{}{usual}", keymap.text_of(line)),
    ]
}

fn check(found: &Found) -> Answer {
    let data = json!({
        "path": found.path,
        "trouble": found.trouble.iter().map(|(line, text)| json!({"line": line, "text": clean_line(text)})).collect::<Vec<_>>(),
    });
    let complaints = found.complaints();
    if complaints.is_empty() {
        let text = format!("{} says nothing that cannot be.", found.path.display());
        return Answer::text(data, text, "");
    }
    let count = complaints.len();
    let lines = if count == 1 { "line is" } else { "lines are" };
    let failure = Failure::new("Not all of keys.toml holds", format!("{count} {lines} not used"))
        .kind(FailureKind::Usage)
        .hint("`kab keys` lists places, names and keys.");
    Answer::text(data, complaints.join("\n"), "").but(failure)
}
