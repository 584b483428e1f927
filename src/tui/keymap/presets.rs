//! Ready-made sets of keys for other habits, laid over the table before a person's own lines.

/// A line: place, action, keys, by their names.
pub type Line = (&'static str, &'static str, &'static [&'static str]);

/// A set of keys.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name in `keys.toml`.
    pub name: &'static str,
    /// What it changes.
    pub lines: &'static [Line],
}

/// `h` and `l` go back and in, as in file managers with columns; logs move to `o`, the order of a list to `O` and its turning round to `T`.
const RANGER: &[Line] = &[
    ("global", "back", &["Esc", "h"]),
    ("list", "open", &["Enter", "l"]),
    ("rows", "open", &["Enter", "l"]),
    ("pods", "logs", &["o"]),
    ("engines", "logs", &["o"]),
    ("tasks", "logs", &["o"]),
    ("list", "sort", &["O"]),
    ("list", "reverse", &["T"]),
    ("menu", "confirm", &["Enter", "l"]),
    ("menu", "back", &["Esc", "h"]),
    ("reading", "back", &["Esc", "h"]),
];

/// All of them.
pub const PRESETS: [Preset; 2] = [Preset { name: "default", lines: &[] }, Preset { name: "ranger", lines: RANGER }];
