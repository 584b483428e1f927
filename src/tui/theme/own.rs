//! A theme of a person's own: colours put over one of the schemes.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use ratatui::style::{Color, Style};

use super::scheme::nearest_of;
use super::{Colours, Scheme, Tone};
use crate::domain::nearest;

/// What can be given a colour, by its name in the file.
const TONES: [(&str, Tone); 5] =
    [("accent", Tone::Accent), ("good", Tone::Good), ("warn", Tone::Warn), ("bad", Tone::Bad), ("odd", Tone::Odd)];

/// The schemes that a theme can go over.
static BASES: [Scheme; 5] = Scheme::ALL;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shade {
    /// One of the sixteen, as the terminal's owner has set it.
    Named(Color),
    /// Red, green, blue; where there are sixteen only, the scheme's own colour stands for it.
    Exact((u8, u8, u8)),
}

/// A theme of a person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    base: &'static Scheme,
    shades: [Option<Shade>; TONES.len()],
}

impl Own {
    /// Reads what a file says: `base` and colours, each `#rrggbb` or one of the sixteen by name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(words: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut own = Self { base: &BASES[0], shades: [None; TONES.len()] };
        for (key, word) in words {
            if key == "base" {
                let base = BASES.iter().find(|scheme| scheme.name() == word);
                let names = BASES.map(Scheme::name).join(", ");
                own.base = base.ok_or_else(|| format!("base cannot be {word:?}; it can be {names}"))?;
                continue;
            }
            let Some(at) = TONES.iter().position(|(name, _)| name == key) else {
                let names = TONES.map(|(name, _)| name);
                let meant = nearest(key, names.into_iter().chain(["base"]));
                let meant = meant.map_or_else(
                    || format!("there are base, {}", names.join(", ")),
                    |near| format!("did you mean {near}?"),
                );
                return Err(format!("a theme has no {key}; {meant}"));
            };
            let shade = shade(word);
            own.shades[at] = Some(shade.ok_or_else(|| {
                format!("{key} cannot be {word:?}; it is #rrggbb, or one of the sixteen colours, such as bright-blue")
            })?);
        }
        Ok(own)
    }

    /// How a tone is drawn with so many colours.
    pub(super) fn style(&self, tone: Tone, colours: Colours) -> Style {
        let style = self.base.style(tone, colours);
        let at = TONES.iter().position(|(_, known)| *known == tone);
        match (at.and_then(|at| self.shades[at]), colours) {
            (None, _) | (_, Colours::Mono) | (Some(Shade::Exact(_)), Colours::Sixteen) => style,
            (Some(Shade::Named(colour)), _) => style.fg(colour),
            (Some(Shade::Exact(exact)), Colours::Many) => style.fg(Color::Indexed(nearest_of(exact))),
            (Some(Shade::Exact((red, green, blue))), Colours::True) => style.fg(Color::Rgb(red, green, blue)),
        }
    }
}

fn shade(word: &str) -> Option<Shade> {
    if let Some(digits) = word.strip_prefix('#') {
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6)?;
        let [_, red, green, blue] = number.to_be_bytes();
        return Some(Shade::Exact((red, green, blue)));
    }
    // Numbers of a palette mean something else in every terminal.
    let is_name = word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    let colour = Color::from_str(&word.replace("bright-", "light")).ok()?;
    is_name.then_some(Shade::Named(colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Own, String> {
        Own::read(&pairs.iter().map(|(key, word)| ((*key).to_owned(), (*word).to_owned())).collect())
    }

    #[test]
    fn colours_go_over_a_scheme_as_far_as_the_terminal_has_them() {
        let own = read(&[("base", "dark"), ("accent", "#5fd7ff"), ("bad", "bright-magenta")]).unwrap();
        assert_eq!(own.style(Tone::Accent, Colours::True).fg, Some(Color::Rgb(0x5f, 0xd7, 0xff)));
        assert_eq!(own.style(Tone::Accent, Colours::Many).fg, Some(Color::Indexed(81)));
        assert_eq!(own.style(Tone::Accent, Colours::Sixteen), Scheme::Dark.style(Tone::Accent, Colours::Sixteen));
        assert_eq!(own.style(Tone::Bad, Colours::True).fg, Some(Color::LightMagenta));
        assert_eq!(own.style(Tone::Good, Colours::True), Scheme::Dark.style(Tone::Good, Colours::True));
        assert_eq!(own.style(Tone::Bad, Colours::Mono).fg, None);
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (key, word, told) in [
            ("base", "pink", "it can be default"),
            ("acent", "red", "did you mean accent?"),
            ("bad", "#12", "#rrggbb"),
            ("bad", "12", "#rrggbb"),
            ("bad", "reddish", "#rrggbb"),
        ] {
            let why = read(&[(key, word)]).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
    }
}
