//! All settings by name: the variable that wins over the files, what can be said, and the default in words.

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its key: `engine.kind`.
    pub key: &'static str,
    /// The variable that wins over the files.
    pub variable: Option<&'static str>,
    /// The words that it can be; empty: anything of its kind.
    pub allowed: &'static [&'static str],
    /// What holds where nobody says anything.
    pub default: &'static str,
    /// What it is.
    pub text: &'static str,
}

const fn setting(key: &'static str, variable: Option<&'static str>, texts: (&'static str, &'static str)) -> Setting {
    Setting { key, variable, allowed: &[], default: texts.0, text: texts.1 }
}

const fn choice(
    key: &'static str,
    variable: &'static str,
    allowed: &'static [&'static str],
    text: &'static str,
) -> Setting {
    Setting { key, variable: Some(variable), allowed, default: allowed[0], text }
}

/// All of them, in the order of their sections. The first word of a choice is the default.
pub const SETTINGS: [Setting; 29] = [
    setting("catalogue.raw_host", Some("KAB_RAW_HOST"), ("GitHub's own", "where files of GitHub repositories are")),
    setting("catalogue.repositories", Some("KAB_REPOSITORIES"), ("the stock ones", "what a new store begins with")),
    setting("engine.kind", Some("KAB_ENGINE"), ("auto", "auto, docker, podman, process, none, or an address")),
    setting("engine.name", None, ("kind and machine", "what people call this machine's engine")),
    setting("engine.pod_network", Some("KAB_POD_NETWORK"), ("host", "host, bridge, or a network's name")),
    setting("engine.gateway_url", Some("KAB_GATEWAY_URL"), ("the server's own", "where pods find the server")),
    setting("engine.allowed_images", None, ("all", "beginnings of image references that may run")),
    setting("engine.labels", None, ("none", "the site's own facts, for label selectors")),
    setting("engine.poll_interval_seconds", None, ("the engine's own", "seconds between two looks at containers")),
    setting("engine.limits.memory_mb", None, ("none", "memory of every pod in MB")),
    setting("engine.limits.cpus", None, ("none", "processors of every pod")),
    setting("engine.limits.ulimits", None, ("none", "ulimits: name to soft and hard limit")),
    setting("server.idle_minutes", Some("KAB_IDLE_MINUTES"), ("10", "when an unused server ends; 0: never")),
    setting("server.public_url", None, ("the one that is asked", "the server's address behind a proxy")),
    setting("server.trust_forwarded", None, ("false", "whether a proxy sets X-Forwarded-Host and -Proto")),
    setting("server.tls_cert", None, ("none", "certificate for kab serve --listen")),
    setting("server.tls_key", None, ("none", "its private key")),
    setting(
        "logs.json_template",
        None,
        ("time, level, text, rest", "app, or *, to how its JSON lines are shown with J"),
    ),
    choice("terminal.colours", "KAB_COLOR", &["auto", "mono", "16", "256", "true"], "how many colours"),
    choice("terminal.glyphs", "KAB_GLYPHS", &["auto", "ascii", "unicode"], "characters for rules, bars and arrows"),
    choice(
        "terminal.theme",
        "KAB_THEME",
        &["default", "light", "dark", "high-contrast", "deuteranopia", "mono"],
        "which colours",
    ),
    choice(
        "terminal.accessibility",
        "KAB_A11Y",
        &["off", "screen", "plain", "1"],
        "screen: nothing moves, and the cursor stands on the chosen row; plain or 1: lines instead of a screen",
    ),
    choice("terminal.clipboard", "KAB_CLIPBOARD", &["auto", "osc52", "native", "off"], "how a text is copied"),
    choice(
        "terminal.notifications",
        "KAB_NOTIFY",
        &["bell", "osc9", "both", "off", "cmd: ..."],
        "how the end of a long task is told while nobody looks",
    ),
    choice("terminal.low_bandwidth", "KAB_LOW_BANDWIDTH", &["auto", "on", "off"], "whether the link counts as slow"),
    setting("terminal.max_kbps", None, ("no limit", "kilobits a second that are read from a server at most")),
    choice("terminal.title", "KAB_TITLE", &["false", "true"], "whether the window says what goes on"),
    choice("terminal.mouse", "KAB_MOUSE", &["off", "on"], "whether the mouse is kab's"),
    choice("terminal.links", "KAB_LINKS", &["auto", "on", "off"], "whether addresses can be clicked"),
];

/// What an `[[action]]` can say.
pub(super) const ACTION_KEYS: [&str; 7] = ["name", "scope", "key", "run", "input", "confirm", "dangerous"];

/// What an `[[action]]` can be about.
pub const SCOPES: [&str; 5] = ["app", "node", "pod", "engine", "task"];

/// The setting of that key.
pub fn setting_of(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Whether it is one of a table whose names people make up.
pub fn is_free(key: &str) -> bool {
    ["engine.labels.", "engine.limits.ulimits.", "logs.json_template."].iter().any(|head| key.starts_with(head))
}

/// A file of settings to begin with: everything is there, and nothing holds.
pub fn template() -> String {
    let mut text = String::from("# Settings of kab. Take the # away in front of what shall hold.\n");
    let mut section = "";
    for setting in &SETTINGS {
        let (head, name) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if head != section {
            text.extend(["\n[", head, "]\n"]);
            section = head;
        }
        let can = if setting.allowed.is_empty() { String::new() } else { format!("; {}", setting.allowed.join(", ")) };
        let variable = setting.variable.map_or_else(String::new, |name| format!("; {name} wins"));
        text.extend(["# ", name, " =   # ", setting.text, can.as_str(), variable.as_str()]);
        text.extend(["; usually: ", setting.default, "\n"]);
    }
    text.push_str(
        "\n# An action of your own, in the menu and on its key; {pod.id} and others stand for values.\n# [[action]]\n# name = \n# scope =   # app, node, pod, engine, task\n# run = \n",
    );
    text
}
