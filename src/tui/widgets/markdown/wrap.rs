//! Breaking pieces of text into lines, each word in its own look.

use super::{Look, Piece};
use crate::tui::widgets::text::{head, width};

/// A line of what is to be said in which look.
pub type Line = Vec<(Look, String)>;

/// Breaks pieces into lines of at most so many cells, at blanks where there are any.
pub fn pieces(pieces: &[Piece], cells: usize) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    let mut used = 0;
    for word in words(pieces) {
        let Some(word) = word else {
            lines.push(Line::new());
            used = 0;
            continue;
        };
        let wide: usize = word.iter().map(|(_, text)| width(text)).sum();
        if used > 0 && used + 1 + wide > cells {
            lines.push(Line::new());
            used = 0;
        }
        if used > 0 {
            add(&mut lines, Look::Plain, " ");
            used += 1;
        }
        for (look, text) in word {
            let mut rest = text.as_str();
            // Only a word that is longer than a line comes to its end here.
            while used + width(rest) > cells {
                let start = head(rest, cells - used);
                add(&mut lines, look, start);
                rest = &rest[start.len()..];
                if start.is_empty() && used == 0 {
                    break;
                }
                lines.push(Line::new());
                used = 0;
            }
            add(&mut lines, look, rest);
            used += width(rest);
        }
    }
    lines
}

fn add(lines: &mut [Line], look: Look, text: &str) {
    let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) else { return };
    match line.last_mut() {
        Some((last, said)) if *last == look => said.push_str(text),
        _ => line.push((look, text.to_owned())),
    }
}

/// The words, each of which may change its look within; `None`: the line ends.
fn words(pieces: &[Piece]) -> Vec<Option<Line>> {
    let mut words = Vec::new();
    let mut word = Line::new();
    for piece in pieces {
        if piece.look == Look::Break {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()).map(Some));
            words.push(None);
            continue;
        }
        for (at, part) in piece.text.split(|letter: char| letter.is_whitespace() && letter != '\u{a0}').enumerate() {
            if at > 0 && !word.is_empty() {
                words.push(Some(std::mem::take(&mut word)));
            }
            if !part.is_empty() {
                word.push((piece.look, part.replace('\u{a0}', " ")));
            }
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()).map(Some));
    words
}

/// Breaks a line of code wherever it has to be: its blanks count.
pub fn hard(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > cells {
        let start = head(rest, cells);
        if start.is_empty() {
            break;
        }
        lines.push(start.to_owned());
        rest = &rest[start.len()..];
    }
    lines.push(rest.to_owned());
    lines
}
