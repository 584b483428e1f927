//! Words that were not understood: what is wrong with them, in the form that they ask for.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::output::{Format, Printer};
use crate::domain::{Failure, FailureKind};

/// Short flags that take no value, so that another one may follow in the same word.
const FLAGS: &[char] = &['q', 'y', 'f', 't', 'l'];

/// Says what is wrong with the words, in JSON where they ask for it. Help and version are no errors.
pub fn tell(words: &[OsString], error: clap::Error) -> ExitCode {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    let error = without_odd_tips(error);
    if !matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
        && let Some(format) = format_in(words)
    {
        return Printer::new(format, false).failure(&failure(&error));
    }
    match error.print().and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Printer::new(Format::Table, false).failure(&Failure::new("Could not print", error.to_string()))
        }
        _ => ExitCode::from(if error.use_stderr() { FailureKind::Usage.exit_code() } else { 0 }),
    }
}

/// An option that does not exist is no value that was meant to be passed on.
fn without_odd_tips(mut error: clap::Error) -> clap::Error {
    let is_option =
        matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(arg)) if arg.starts_with("--"));
    if error.kind() == ErrorKind::UnknownArgument
        && is_option
        && let Some(ContextValue::StyledStrs(mut tips)) = error.remove(ContextKind::Suggested)
    {
        tips.retain(|tip| !tip.to_string().starts_with("to pass "));
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    error
}

fn failure(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let mut lines = text.lines().map(|line| line.trim_start_matches("error: ").trim());
    // What is missing stands on lines of its own, up to an empty one.
    let why = lines.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let failure = Failure::new("The command was not understood", why).kind(FailureKind::Usage);
    let tip = lines.find_map(|line| line.strip_prefix("tip: "));
    match (meant(error), tip) {
        (Some(names), _) => failure.hint(format!("Did you mean {names}?")),
        (None, Some(tip)) => failure.hint(tip),
        (None, None) => failure.hint("`kab --help` shows what there is."),
    }
}

/// Names that are close to the one that does not exist.
fn meant(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(name) => Some(name.clone()),
        // The closest one comes last.
        ContextValue::Strings(names) if !names.is_empty() => {
            Some(names.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" or "))
        }
        _ => None,
    })
}

/// The format that these words ask for, where they ask for one of those for programs.
fn format_in(words: &[OsString]) -> Option<Format> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--").collect();
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let next = || words.get(at + 1).map(|next| next.clone().into_owned());
        match word.as_ref() {
            "--json" => Some("json".to_owned()),
            "--output" => next(),
            long if long.starts_with("--") => long.strip_prefix("--output=").map(str::to_owned),
            short => match short.strip_prefix('-')?.trim_start_matches(FLAGS).strip_prefix('o')? {
                "" => next(),
                value => Some(value.trim_start_matches('=').to_owned()),
            },
        }
    })?;
    Format::from_str(&named, false).ok().filter(|format| matches!(format, Format::Json | Format::Jsonl | Format::Yaml))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_error_is_json_where_json_was_asked_for() {
        let format = |words: &[&str]| format_in(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(format(&["kab", "--json"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-ojson"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-o=yaml"]), Some(Format::Yaml));
        assert_eq!(format(&["kab", "--output", "jsonl"]), Some(Format::Jsonl));
        assert_eq!(format(&["kab", "--output=yaml"]), Some(Format::Yaml));
        assert_eq!(format(&["kab", "-qo", "json", "appz"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-qyojson"]), Some(Format::Json));
        assert_eq!(format(&["kab", "-o", "table"]), None);
        assert_eq!(format(&["kab", "-n", "foo", "json"]), None);
        assert_eq!(format(&["kab", "stop", "--", "--json"]), None);
        assert_eq!(format(&["kab"]), None);
    }

    #[test]
    fn what_is_missing_and_what_was_meant_is_named() {
        let told = |words: &[&str]| {
            failure(&without_odd_tips(
                super::super::parse(&words.iter().map(OsString::from).collect::<Vec<_>>())
                    .expect_err("no such command"),
            ))
        };
        let missing = told(&["kab", "stop"]);
        assert!(missing.why.contains("<POD>"), "{missing}");
        for words in [&["kab", "why", "stardist", "--bogus"][..], &["kab", "--bogus"], &["kab", "stop", "--bogus"]] {
            let unknown = told(words);
            assert!(unknown.why.contains("--bogus") && !unknown.hint.contains("-- --bogus"), "{unknown}");
        }
        let slip = told(&["kab", "appz"]);
        assert!(
            slip.hint.starts_with("Did you mean ") && slip.hint.contains("apps") && slip.hint.ends_with('?'),
            "{slip}"
        );
        assert_eq!(told(&["kab", "apps", "--jsn"]).hint, "Did you mean --json?");
    }
}
