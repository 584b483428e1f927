//! Which colours a tone has: the usual ones for every background, and schemes for those who want others.

use ratatui::style::{Color, Modifier, Style};

use super::{Colours, Own, Tone};

/// A choice of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// The sixteen of ANSI, as the terminal's owner has set them: right on every background.
    #[default]
    Usual,
    /// For light backgrounds.
    Light,
    /// For dark backgrounds.
    Dark,
    /// Nothing dim, everything that matters bold.
    HighContrast,
    /// Blue and orange in place of green and red (the colours of Okabe and Ito, 2008).
    Deuteranopia,
    /// The person's own.
    Own(Own),
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Usual, Self::Light, Self::Dark, Self::HighContrast, Self::Deuteranopia];

    /// What it is called in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "default",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::HighContrast => "high-contrast",
            Self::Deuteranopia => "deuteranopia",
            Self::Own(_) => "own",
        }
    }

    /// The scheme of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// The colour of a tone, among the sixteen and as red, green, blue; `None`: the terminal's own.
    fn colour(self, tone: Tone) -> Option<(Color, (u8, u8, u8))> {
        let [accent, good, warn, bad, odd] = match self {
            Self::Own(_) => return None,
            Self::Usual => [
                (Color::Cyan, (0x2a, 0xa1, 0x98)),
                (Color::Green, (0x4e, 0x9a, 0x06)),
                (Color::Yellow, (0xc4, 0xa0, 0x00)),
                (Color::Red, (0xcc, 0x24, 0x1d)),
                (Color::Magenta, (0xa3, 0x47, 0xba)),
            ],
            Self::Light => [
                (Color::Blue, (0x00, 0x5f, 0x87)),
                (Color::Green, (0x00, 0x5f, 0x00)),
                (Color::Yellow, (0x87, 0x5f, 0x00)),
                (Color::Red, (0xaf, 0x00, 0x00)),
                (Color::Magenta, (0x87, 0x00, 0x87)),
            ],
            Self::Dark | Self::HighContrast => [
                (Color::LightCyan, (0x5f, 0xd7, 0xff)),
                (Color::LightGreen, (0x87, 0xff, 0x87)),
                (Color::LightYellow, (0xff, 0xd7, 0x5f)),
                (Color::LightRed, (0xff, 0x87, 0x87)),
                (Color::LightMagenta, (0xd7, 0xaf, 0xff)),
            ],
            Self::Deuteranopia => [
                (Color::Cyan, (0x00, 0x9e, 0x73)),
                (Color::LightBlue, (0x56, 0xb4, 0xe9)),
                (Color::Yellow, (0xe6, 0x9f, 0x00)),
                (Color::LightRed, (0xd5, 0x5e, 0x00)),
                (Color::Magenta, (0xcc, 0x79, 0xa7)),
            ],
        };
        match tone {
            Tone::Primary | Tone::Secondary | Tone::Muted => None,
            Tone::Accent => Some(accent),
            Tone::Good => Some(good),
            Tone::Warn => Some(warn),
            Tone::Bad => Some(bad),
            Tone::Odd => Some(odd),
        }
    }

    /// How a tone is drawn with so many colours.
    pub(super) fn style(self, tone: Tone, colours: Colours) -> Style {
        if let Self::Own(own) = self {
            return own.style(tone, colours);
        }
        let plain = Style::new();
        let contrast = self == Self::HighContrast;
        let style = match tone {
            Tone::Primary => plain.add_modifier(Modifier::BOLD),
            Tone::Secondary => plain,
            Tone::Muted if contrast => plain,
            Tone::Muted => plain.add_modifier(Modifier::DIM),
            Tone::Accent | Tone::Bad if colours == Colours::Mono => plain.add_modifier(Modifier::BOLD),
            _ if contrast => plain.add_modifier(Modifier::BOLD),
            _ => plain,
        };
        let Some((sixteen, (red, green, blue))) = self.colour(tone) else { return style };
        match colours {
            Colours::Mono => style,
            // The usual colours are the terminal's own, however many more it has.
            _ if self == Self::Usual => style.fg(sixteen),
            Colours::Sixteen => style.fg(sixteen),
            Colours::Many => style.fg(Color::Indexed(nearest_of((red, green, blue)))),
            Colours::True => style.fg(Color::Rgb(red, green, blue)),
        }
    }
}

/// The nearest colour of the cube of 6 x 6 x 6 among the 256: levels 0, 95, 135, 175, 215, 255.
pub(super) fn nearest_of((red, green, blue): (u8, u8, u8)) -> u8 {
    let level = |value: u8| match value {
        0..48 => 0,
        48..115 => 1,
        _ => (value - 35) / 40,
    };
    16 + 36 * level(red) + 6 * level(green) + level(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_cube_are_their_own_nearest() {
        assert_eq!(nearest_of((0, 0, 0)), 16);
        assert_eq!(nearest_of((255, 255, 255)), 231);
        assert_eq!(nearest_of((0x5f, 0xd7, 0xff)), 81);
        assert_eq!(nearest_of((0xaf, 0, 0)), 124);
    }

    #[test]
    fn every_scheme_has_a_name_that_leads_back_to_it() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::of(scheme.name()), Some(scheme));
        }
        assert_eq!(Scheme::of("solarized"), None);
    }
}
