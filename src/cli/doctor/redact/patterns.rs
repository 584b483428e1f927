//! What secrets look like.

/// Parts of names whose values are secrets.
const SECRET_WORDS: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "authorization",
    "apikey",
    "api_key",
    "api-key",
    "private_key",
    "mandate_key",
    "device_code",
    "user_code",
];
/// Names that are secrets as a whole, and ordinary as a part.
const SECRET_NAMES: [&str; 5] = ["key", "auth", "bearer", "basic", "cookie"];
/// Ends of names whose values only say where a secret is.
const PLACES: [&str; 9] = ["file", "path", "endpoint", "url", "uri", "type", "kind", "place", "count"];
/// Runs of this length that hold letters and digits are no words.
const LONG: usize = 32;

/// Whether a name promises a secret.
pub fn is_secret_word(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if PLACES.iter().any(|place| name.ends_with(place)) {
        return false;
    }
    SECRET_NAMES.contains(&name.as_str()) || SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Words of such letters with their places.
pub fn tokens(text: &str, is_letter: impl Fn(char) -> bool) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (start, is_letter(letter)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.push((from, &text[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|from| (from, &text[from..])));
    found
}

/// Where the secret after a name is. After `=` or `:` everything is one; after a blank only what looks like one.
pub fn value_after(line: &str, name_end: usize) -> Option<(usize, usize)> {
    let is_blank = |letter: char| letter == ' ' || letter == '\t';
    let mut rest = line[name_end..].trim_start_matches(['"', '\'', '\\']);
    let had_blank = rest.starts_with(is_blank);
    rest = rest.trim_start_matches(is_blank);
    let sign = rest.trim_start_matches(['=', ':', '(', '>']);
    let has_sign = sign.len() < rest.len();
    if !has_sign && !had_blank {
        return None;
    }
    let mut value = sign.trim_start_matches(is_blank);
    // `Authorization: Bearer …`, and what debugging puts around a text.
    for lead in ["Bearer ", "bearer ", "Basic ", "basic ", "Token ", "Some(", "Secret("] {
        value = value.strip_prefix(lead).unwrap_or(value).trim_start_matches(is_blank);
    }
    let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
    let escaped = value.starts_with("\\\"");
    let value = if escaped { &value[2..] } else { &value[quote.map_or(0, char::len_utf8)..] };
    let start = line.len() - value.len();
    let length = match quote {
        _ if escaped => value.find("\\\"").unwrap_or(value.len()),
        Some(quote) => quoted_length(value, quote),
        None => value
            .find(|letter: char| {
                letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | ';' | ')' | '}' | ']' | '&')
            })
            .unwrap_or(value.len()),
    };
    let found = &value[..length];
    let is_one = if has_sign || quote.is_some() { !found.is_empty() } else { is_mixed(found) && found.len() >= 8 };
    (is_one && !found.starts_with("[secret")).then_some((start, start + length))
}

fn quoted_length(value: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in value.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            letter if letter == quote => return at,
            _ => {}
        }
    }
    value.len()
}

fn is_mixed(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_digit()) && text.contains(|letter: char| letter.is_ascii_alphabetic())
}

/// Letters that keys and digests are made of.
fn is_run_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+' | '/')
}

/// The places of runs that nobody could read, in their order.
pub fn opaque(line: &str) -> Vec<(usize, usize)> {
    // The three parts of a JWT.
    let mut found: Vec<(usize, usize)> = tokens(line, |letter| is_run_letter(letter) || letter == '.')
        .into_iter()
        .filter(|(_, run)| run.starts_with("eyJ") && run.len() >= 20)
        .map(|(at, run)| (at, at + run.len()))
        .collect();
    for (at, run) in tokens(line, is_run_letter) {
        let is_known = found.iter().any(|(from, to)| (*from..*to).contains(&at));
        if is_known || run.len() < LONG || !is_mixed(run) || line[..at].ends_with("sha256:") {
            continue;
        }
        let end = at + run.len();
        let padding = line[end..].bytes().take(2).take_while(|byte| *byte == b'=').count();
        let is_jumble = |part: &str| part.len() >= 8 && is_jumbled(part);
        // A path is made of words; a key in base64 is not.
        let is_base64 = run.contains('+') || padding > 0 || (!run.starts_with('/') && run.split('/').any(is_jumble));
        if is_base64 || !run.contains('/') {
            found.push((at, end + padding));
            continue;
        }
        let mut from = at;
        for part in run.split('/') {
            if is_mixed(part) && (part.len() >= LONG || (part.len() >= LONG / 2 && is_jumbled(part))) {
                found.push((from, from + part.len()));
            }
            from += part.len() + 1;
        }
    }
    found.sort_unstable();
    found
}

/// Small and capital letters and digits in one word.
fn is_jumbled(part: &str) -> bool {
    is_mixed(part)
        && part.contains(|letter: char| letter.is_ascii_lowercase())
        && part.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Letters at which an address in a text ends.
pub fn ends_address(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '"' | '\'' | '<' | '>' | '(' | ')' | '`' | ',' | ';' | '\\' | '{' | '}' | '|')
}

/// Replaces a word where neither a letter nor a digit is beside it, whatever its capitals.
pub fn replace_word(text: &str, word: &str, by: &str) -> String {
    // Small letters of some scripts are longer than their capitals; such texts are searched as they are.
    let lower = text.to_lowercase();
    let haystack = if lower.len() == text.len() { lower.as_str() } else { text };
    let needle = word.to_lowercase();
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in haystack.match_indices(needle.as_str()) {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        if at < from || before.is_some_and(char::is_alphanumeric) || after.is_some_and(char::is_alphanumeric) {
            continue;
        }
        kept.push_str(&text[from..at]);
        kept.push_str(by);
        from = at + found.len();
    }
    kept.push_str(&text[from..]);
    kept
}

/// The text without keys in PEM form, also where one is torn.
pub fn without_keys(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("-----BEGIN ") {
        let (before, block) = rest.split_at(at);
        kept.push_str(before);
        kept.push_str("[key]");
        let end = block.find("-----END ").map(|end| {
            let tail = &block[end + "-----END ".len()..];
            end + "-----END ".len() + tail.find("-----").map_or(tail.len(), |dashes| dashes + 5)
        });
        rest = &block[end.unwrap_or(block.len())..];
    }
    kept.push_str(rest);
    kept
}
