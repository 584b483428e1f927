//! What is left of HTML in a text: its words, and what its pictures show.

/// The words between tags. A tag that ends a line in HTML ends it here.
pub fn words(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let is_tag = rest[1..].starts_with(|letter: char| letter.is_ascii_alphabetic() || "/!?".contains(letter));
        let Some(end) = rest.find('>').filter(|_| is_tag) else {
            kept.push('<');
            rest = &rest[1..];
            continue;
        };
        kept.push_str(&told(&rest[..=end]));
        rest = &rest[end + 1..];
    }
    kept.push_str(rest);
    for (entity, letter) in [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        kept = kept.replace(entity, letter);
    }
    kept
}

/// What a tag says by itself: a picture, the end of a line, or nothing.
fn told(tag: &str) -> String {
    let name: String =
        tag.chars().skip(1).take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '/').collect();
    match name.to_ascii_lowercase().trim_end_matches('/') {
        "img" => attribute(tag, "alt").map_or_else(String::new, |alt| picture(&alt)),
        "br" | "p" | "/p" | "div" | "/div" | "/li" | "/tr" | "hr" => "\n".into(),
        name if name.len() == 2 && name.starts_with('h') => "\n".into(),
        name if name.len() == 3 && name.starts_with("/h") => "\n".into(),
        "li" => "\n- ".into(),
        _ => String::new(),
    }
}

/// A picture in words; nothing where nobody says what it shows.
pub fn picture(alt: &str) -> String {
    let alt = alt.trim();
    if alt.is_empty() { String::new() } else { format!("[image: {alt}]") }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let from = lower.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = lower[..*at].chars().last();
        let after = lower[at + name.len()..].trim_start();
        before.is_some_and(|letter| letter.is_whitespace() || "\"'".contains(letter)) && after.starts_with('=')
    })?;
    let value = tag[from + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|letter| "\"'".contains(*letter));
    Some(match quote {
        Some(quote) => value[1..].split(quote).next().unwrap_or_default().to_owned(),
        None => {
            value.split(|letter: char| letter.is_whitespace() || letter == '>').next().unwrap_or_default().to_owned()
        }
    })
}
