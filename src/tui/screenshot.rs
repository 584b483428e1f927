//! A picture of a screen as SVG: what tests keep, and what the manual shows.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Pixels of a cell.
const CELL: (u16, u16) = (9, 19);
/// Pixels around the screen.
const MARGIN: u16 = 12;
const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d7dae0";

/// Draws a buffer as an SVG file, on a dark background.
pub fn to_svg(buffer: &Buffer) -> String {
    let mut svg = opened(buffer, "");
    draw(&mut svg, buffer);
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// What a terminal with a light background has in place of the colours above and of those of ANSI.
const LIGHT: [(&str, &str); 8] = [
    (BACKGROUND, "#fbfbf8"),
    (FOREGROUND, "#24292f"),
    ("#e86671", "#b3261e"),
    ("#8cc570", "#2e7031"),
    ("#e5c07b", "#855f00"),
    ("#61afef", "#0b57a0"),
    ("#c792ea", "#8a2a9e"),
    ("#56b6c2", "#00707a"),
];

/// The same on a light background.
pub fn to_light_svg(buffer: &Buffer) -> String {
    LIGHT.iter().fold(to_svg(buffer), |svg, (dark, light)| svg.replace(dark, light))
}

/// Draws screens that follow each other, each with how many milliseconds it stays, as an SVG file that moves and begins
/// anew. A program that draws no motion shows the first of them.
pub fn to_film(scenes: &[(Buffer, u32)]) -> String {
    let Some((first, _)) = scenes.first() else { return String::new() };
    let whole = scenes.iter().map(|(_, stays)| f64::from(*stays)).sum::<f64>();
    let mut style =
        format!("<style>.s{{visibility:hidden;animation:{whole}ms infinite step-end}}.s0{{visibility:visible}}");
    let mut from = 0.0;
    for (number, (_, stays)) in scenes.iter().enumerate() {
        let percent = |at: f64| at / whole * 100.0;
        let until = from + f64::from(*stays);
        let (begin, end) = (percent(from), percent(until));
        let before = if number == 0 { "" } else { "0%{visibility:hidden}" };
        let after = if number + 1 == scenes.len() { String::new() } else { format!("{end:.2}%{{visibility:hidden}}") };
        _ = write!(style, "@keyframes k{number}{{{before}{begin:.2}%{{visibility:visible}}{after}}}");
        _ = write!(style, ".s{number}{{animation-name:k{number}}}");
        from = until;
    }
    style.push_str("</style>\n");
    let mut svg = opened(first, &style);
    for (number, (buffer, _)) in scenes.iter().enumerate() {
        _ = writeln!(svg, "<g class=\"s s{number}\">");
        draw(&mut svg, buffer);
        svg.push_str("</g>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The head of a file, up to where the cells begin.
fn opened(buffer: &Buffer, style: &str) -> String {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let (pixels_x, pixels_y) = (width * CELL.0 + 2 * MARGIN, height * CELL.1 + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels_x}\" height=\"{pixels_y}\" \
         viewBox=\"0 0 {pixels_x} {pixels_y}\">\n{style}<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono','JetBrains Mono','Menlo',monospace\" font-size=\"15\" \
         xml:space=\"preserve\">\n"
    )
}

/// The cells, row by row, those that look alike together.
fn draw(svg: &mut String, buffer: &Buffer) {
    let (width, height) = (buffer.area.width, buffer.area.height);
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let Some(cell) = buffer.cell((x, y)) else { break };
            let look = Look::of(cell);
            let mut text = String::new();
            let mut end = x;
            while end < width {
                let Some(next) = buffer.cell((end, y)).filter(|next| Look::of(next) == look) else { break };
                let cells = next.symbol().width().max(1);
                // What takes two cells stands by itself: fonts know no such thing, and would move what follows.
                if cells > 1 && end > x {
                    break;
                }
                text.push_str(next.symbol());
                end += u16::try_from(cells).unwrap_or(1);
                if cells > 1 {
                    break;
                }
            }
            end = end.max(x + 1);
            run(svg, (x, y), end - x, &text, &look);
            x = end;
        }
    }
}

fn run(svg: &mut String, (x, y): (u16, u16), cells: u16, text: &str, look: &Look) {
    let (left, top) = (MARGIN + x * CELL.0, MARGIN + y * CELL.1);
    let wide = cells * CELL.0;
    if let Some(fill) = look.background {
        _ = writeln!(svg, "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{fill}\"/>", CELL.1);
    }
    if text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    if look.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if look.modifier.contains(Modifier::ITALIC) {
        style.push_str(" font-style=\"italic\"");
    }
    if look.modifier.contains(Modifier::DIM) {
        style.push_str(" opacity=\"0.6\"");
    }
    if look.modifier.contains(Modifier::UNDERLINED) {
        style.push_str(" text-decoration=\"underline\"");
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = top + CELL.1 - 5;
    _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{base}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>{text}</text>",
        look.foreground
    );
}

#[derive(PartialEq)]
struct Look {
    foreground: &'static str,
    background: Option<&'static str>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut foreground, mut background) = (colour(cell.fg).unwrap_or(FOREGROUND), colour(cell.bg));
        if cell.modifier.contains(Modifier::REVERSED) {
            (foreground, background) = (background.unwrap_or(BACKGROUND), Some(foreground));
        }
        let shown = Modifier::BOLD | Modifier::DIM | Modifier::ITALIC | Modifier::UNDERLINED;
        Self { foreground, background, modifier: cell.modifier & shown }
    }
}

fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Red => "#e86671",
        Color::Green => "#8cc570",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#61afef",
        Color::Magenta => "#c792ea",
        Color::Cyan => "#56b6c2",
        _ => return None,
    })
}
