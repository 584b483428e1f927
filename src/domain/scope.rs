//! What an app asks to be allowed, in words: neutral ones, for when everything is a warning nothing is.

/// What a scope lets an app do, roughly: the heading under which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// It looks at something.
    Reads,
    /// It makes or changes something.
    Writes,
    /// It starts work in the person's name.
    Runs,
    /// It deals with accounts and tokens.
    Identity,
    /// Nobody here knows what it means.
    Other,
}

impl ScopeKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Reads, Self::Writes, Self::Runs, Self::Identity, Self::Other];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reads => "Reads",
            Self::Writes => "Writes",
            Self::Runs => "Runs for you",
            Self::Identity => "Who you are",
            Self::Other => "Of its own kind",
        }
    }

    /// The kind of a scope, by its words: `read`, `image:write`, `mikro_read`.
    pub fn of(scope: &str) -> Self {
        let (verb, _) = parts(scope);
        match verb {
            Some("read" | "view" | "list") => Self::Reads,
            Some("write" | "create" | "update" | "delete" | "add" | "change") => Self::Writes,
            Some("run" | "assign" | "execute" | "infer") => Self::Runs,
            _ if matches!(scope, "openid" | "profile" | "email" | "offline_access" | "introspection") => Self::Identity,
            _ => Self::Other,
        }
    }
}

/// The scope as the rest of a sentence: `reads images`.
pub fn sentence(scope: &str) -> String {
    let known = match scope {
        "read" => Some("reads your data"),
        "write" => Some("writes and changes your data"),
        "openid" | "profile" => Some("sees who you are"),
        "email" => Some("sees your mail address"),
        "offline_access" => Some("stays signed in while you are away"),
        "introspection" => Some("checks the tokens of others"),
        _ => None,
    };
    if let Some(known) = known {
        return known.to_owned();
    }
    let (verb, thing) = parts(scope);
    let does = match verb {
        Some("read" | "view" | "list") => "reads",
        Some("write" | "update" | "change") => "writes and changes",
        Some("create" | "add") => "makes",
        Some("delete") => "deletes",
        Some("run" | "execute" | "assign" | "infer") => "runs",
        _ => return "a permission that this program has no words for".to_owned(),
    };
    match thing {
        Some(thing) => format!("{does} {}", thing.replace(['_', '-', '.'], " ")),
        None => format!("{does} things for you"),
    }
}

/// Scopes as one sentence: `reads your data, sees who you are (openid)`, each once, in the order of their kinds. A scope
/// that nobody has words for stands as it is written.
pub fn sentences<'s>(scopes: impl Iterator<Item = &'s str>) -> String {
    let mut all: Vec<(ScopeKind, &str)> = scopes.map(|scope| (ScopeKind::of(scope), scope)).collect();
    all.sort();
    let mut said: Vec<String> = Vec::new();
    for (kind, scope) in all {
        let words = if kind == ScopeKind::Other { scope.to_owned() } else { sentence(scope) };
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said.join(", ")
}

/// A verb and what it is about: `read_image`, `image:read`, `mikro.write` each have both.
fn parts(scope: &str) -> (Option<&str>, Option<&str>) {
    const VERBS: [&str; 13] = [
        "read", "view", "list", "write", "create", "update", "delete", "add", "change", "run", "assign", "execute",
        "infer",
    ];
    if let Some(verb) = VERBS.into_iter().find(|verb| *verb == scope) {
        return (Some(verb), None);
    }
    for separator in [':', '.', '_', '-'] {
        if let Some((first, rest)) = scope.split_once(separator)
            && let Some(verb) = VERBS.into_iter().find(|verb| *verb == first)
        {
            return (Some(verb), Some(rest));
        }
        if let Some((rest, last)) = scope.rsplit_once(separator)
            && let Some(verb) = VERBS.into_iter().find(|verb| *verb == last)
        {
            return (Some(verb), Some(rest));
        }
    }
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_found_on_either_side() {
        assert_eq!(sentence("read_image"), "reads image");
        assert_eq!(sentence("image:write"), "writes and changes image");
        assert_eq!(sentence("kab.pods.delete"), "deletes kab pods");
        assert_eq!(sentence("assign"), "runs things for you");
        assert_eq!(sentence("magic"), "a permission that this program has no words for");
        assert_eq!(ScopeKind::of("mikro_read"), ScopeKind::Reads);
        assert_eq!(ScopeKind::of("openid"), ScopeKind::Identity);
        assert_eq!(ScopeKind::of("ready"), ScopeKind::Other);
    }
}
