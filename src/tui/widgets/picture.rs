//! A link as a picture for a camera (a QR code), line by line. Two rows of it share one row of the terminal.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::pen::{Pen, rows};
use crate::tui::theme::Glyphs;

/// What the picture is made of: both rows light, the upper one, the lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs([char; 3]);

impl Signs {
    /// Those that go with a terminal's other signs.
    pub fn of(glyphs: &Glyphs) -> Self {
        Self(if glyphs.rule.is_ascii() { ['#', '"', '_'] } else { ['█', '▀', '▄'] })
    }
}

/// Draws a picture. Cameras want a bright rim, and terminals are dark more often than not: light on dark.
pub fn draw(picture: Vec<String>, pen: &mut Pen<'_>, area: Rect) {
    let style = Style::reset().fg(Color::White).bg(Color::Black);
    for (row, text) in rows(area).zip(picture) {
        pen.line(row, Line::from(Span::styled(text, style)));
    }
}

/// Modules of the bright rim: cameras read it with two, and more would not fit beside the words.
const RIM: usize = 2;

/// The picture; nothing where the link is too long for one.
pub fn lines(link: &str, Signs([both, upper, lower]): Signs) -> Vec<String> {
    let Ok(code) = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::L) else { return Vec::new() };
    let modules = code.width();
    let dark = |x: usize, y: usize| {
        let inside = (RIM..modules + RIM).contains(&x) && (RIM..modules + RIM).contains(&y);
        inside && code[(x - RIM, y - RIM)] == qrcode::Color::Dark
    };
    let row = |y: usize| {
        let sign = |x: usize| match (dark(x, y), dark(x, y + 1)) {
            (false, false) => both,
            (false, true) => upper,
            (true, false) => lower,
            (true, true) => ' ',
        };
        (0..modules + 2 * RIM).map(sign).collect()
    };
    (0..modules + 2 * RIM).step_by(2).map(row).collect()
}
