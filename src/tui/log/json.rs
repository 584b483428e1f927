//! Lines that are JSON objects: as one short line, or as a block.

use ratatui::style::Style;
use ratatui::text::Span;
use serde_json::{Map, Value};

use super::ansi;
use super::entry::Level;
use crate::domain::{Moment, clean, clean_line};
use crate::tui::theme::{Theme, Tone};

/// The names under which loggers write the same things.
const TIMES: [&str; 4] = ["time", "ts", "timestamp", "@timestamp"];
const LEVELS: [&str; 3] = ["level", "severity", "lvl"];
const TEXTS: [&str; 3] = ["msg", "message", "event"];

/// The object that a line is.
fn object(text: &str) -> Option<Map<String, Value>> {
    let plain = ansi::plain(text);
    let plain = plain.trim();
    if !plain.starts_with('{') || !plain.ends_with('}') {
        return None;
    }
    serde_json::from_str(plain).ok()
}

/// The level that a line names, where it is an object.
pub fn level(text: &str) -> Option<Level> {
    if !text.starts_with('{') {
        return None;
    }
    let object = object(text)?;
    let value = LEVELS.iter().find_map(|key| object.get(*key))?;
    match value {
        Value::String(word) => Level::named(word),
        other => Level::named(&other.to_string()),
    }
}

/// `time LEVEL msg k=v`, or as the person's template says; `None` where the line is no object.
pub fn line(text: &str, (theme, template): (&Theme, Option<&str>)) -> Option<Vec<Span<'static>>> {
    let object = object(text)?;
    Some(match template {
        Some(template) => written(object, template, theme),
        None => usual(object, theme),
    })
}

/// Takes a member by the first of its names that is there.
fn take(object: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    names.iter().find_map(|name| object.shift_remove(*name))
}

/// Fills a template: `{time}`, `{level}` and `{msg}` under any of their names, `{a.b}` a member of a member, `{rest}`
/// what no place of the template has taken. What is not there is left out.
fn written(mut object: Map<String, Value>, template: &str, theme: &Theme) -> Vec<Span<'static>> {
    let mut pieces: Vec<(Tone, Option<String>)> = Vec::new();
    let mut rest = template;
    let muted = |text: &str| (Tone::Muted, Some(clean(text).replace('\n', " ")));
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        pieces.push(muted(before));
        pieces.push(match name {
            "time" => (Tone::Muted, take(&mut object, &TIMES).map(|time| moment(&time))),
            "level" => {
                let level = take(&mut object, &LEVELS).map(|level| word(&level).to_uppercase());
                (tone(level.as_deref().and_then(Level::named)), level)
            }
            "msg" => (Tone::Secondary, take(&mut object, &TEXTS).map(|text| word(&text))),
            // Filled when everything else is taken.
            "rest" => (Tone::Muted, None),
            name => {
                let inner = object.shift_remove(name).or_else(|| {
                    let mut parts = name.split('.');
                    let first = object.get(parts.next()?)?;
                    parts.try_fold(first, |value, part| value.get(part)).cloned()
                });
                (Tone::Secondary, inner.map(|value| word(&value)))
            }
        });
        if name == "rest" {
            pieces.push((Tone::Odd, None));
        }
        rest = after;
    }
    pieces.push(muted(rest));
    let others: Vec<String> = object.iter().map(|(key, value)| pair(key, value)).collect();
    pieces
        .into_iter()
        .filter_map(|(tone, text)| match (tone, text) {
            (Tone::Odd, None) => Some(Span::styled(others.join(" "), theme.style(Tone::Muted))),
            (tone, text) => Some(Span::styled(text?, theme.style(tone))),
        })
        .collect()
}

fn usual(mut object: Map<String, Value>, theme: &Theme) -> Vec<Span<'static>> {
    let (time, level, message) = (take(&mut object, &TIMES), take(&mut object, &LEVELS), take(&mut object, &TEXTS));
    let mut spans = Vec::new();
    let mut say = |style: Style, text: String| {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        spans.push(Span::styled(text, style));
    };
    if let Some(time) = time {
        say(theme.style(Tone::Muted), moment(&time));
    }
    if let Some(level) = level {
        let word = word(&level).to_uppercase();
        say(theme.style(tone(Level::named(&word))), word);
    }
    if let Some(message) = message {
        say(theme.style(Tone::Secondary), word(&message));
    }
    for (key, value) in &object {
        say(theme.style(Tone::Muted), pair(key, value));
    }
    spans
}

/// `key=value`.
fn pair(key: &str, value: &Value) -> String {
    let value = match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => word(value),
        Value::String(text) => format!("{:?}", clean_line(text)),
        other => word(other),
    };
    format!("{}={value}", clean_line(key))
}

/// Written out over several lines.
pub fn block(text: &str) -> Option<Vec<String>> {
    let object = object(text)?;
    let text = serde_json::to_string_pretty(&object).ok()?;
    Some(clean(&text).lines().map(str::to_owned).collect())
}

/// How a level is shown.
pub fn tone(level: Option<Level>) -> Tone {
    match level {
        Some(Level::Error) => Tone::Bad,
        Some(Level::Warn) => Tone::Warn,
        Some(Level::Info) => Tone::Good,
        Some(Level::Debug) => Tone::Muted,
        None => Tone::Secondary,
    }
}

/// A value for people. Strings may hold what JSON had escaped: they are cleaned once more.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => clean_line(text),
        other => clean_line(&other.to_string()),
    }
}

/// A time as it was written; seconds and milliseconds since 1970 are made readable.
fn moment(value: &Value) -> String {
    let Some(number) = value.as_f64() else { return word(value) };
    #[expect(clippy::cast_possible_truncation, reason = "a time in a log; what does not fit is shown as the last one")]
    let milliseconds = if number.abs() < 1e11 { (number * 1000.0).round() as i64 } else { number.round() as i64 };
    Moment(milliseconds).to_iso()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Option<String> {
        let spans = line(text, (&Theme::default(), None))?;
        Some(spans.iter().map(|span| span.content.as_ref()).collect())
    }

    #[test]
    fn an_object_becomes_a_line_that_reads_at_a_glance() {
        for (text, expected) in [
            (
                r#"{"ts":"2026-11-24T18:53:34Z","lvl":"warn","msg":"tile is slow","tile":7,"who":"a b"}"#,
                Some("2026-11-24T18:53:34Z WARN tile is slow tile=7 who=\"a b\""),
            ),
            (r#"{"@timestamp":1500,"event":"up","n":null}"#, Some("1970-01-01T00:25:00.000Z up n=null")),
            (r#"{"severity":"ERROR","message":"x","in":{"a":[1]}}"#, Some("ERROR x in={\"a\":[1]}")),
            ("plain {\"a\":1}", None),
            ("{broken", None),
            ("{\"msg\":\"\\u001b[2Jx\\u202e\"}", Some("x")),
        ] {
            assert_eq!(short(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_template_says_what_is_shown_and_in_which_order() {
        let text = r#"{"ts":"12:00","lvl":"warn","msg":"tile\u001b[2J","tile":7,"gpu":{"temp":61},"who":"a b"}"#;
        for (template, expected) in [
            ("{level} {msg} #{tile} {gpu.temp}°", "WARN tile #7 61°"),
            ("{msg} | {rest}", "tile | ts=12:00 lvl=warn tile=7 gpu={\"temp\":61} who=\"a b\""),
            ("{nothing}{time} {broken", "12:00 {broken"),
            ("", ""),
        ] {
            let spans = line(text, (&Theme::default(), Some(template))).unwrap();
            let told: String = spans.iter().map(|span| span.content.as_ref()).collect();
            assert_eq!(told, expected, "{template}");
        }
        assert_eq!(line("plain", (&Theme::default(), Some("{msg}"))), None);
    }

    #[test]
    fn a_block_has_a_line_for_each_value_and_nothing_that_steers() {
        let lines = block("{\"a\":1,\"b\":\"\u{9b}2J\"}").unwrap();
        assert_eq!(lines, ["{", "  \"a\": 1,", "  \"b\": \"\"", "}"]);
        assert_eq!(block("x"), None);
    }
}
