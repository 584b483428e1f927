//! One character for each engine, over the signs of the list of apps, and what those mean.

use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::domain::{Engine, Liveness};
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::{age, width};

/// Engines that get a sign of their own in the list.
pub const SIGNS: usize = 8;

/// What stands over the sign of each engine, one character each: the first letter of its name; where several begin alike,
/// the first one in which they differ; else a digit.
pub fn heads(engines: &[Engine]) -> Vec<String> {
    let letters: Vec<Vec<char>> = engines
        .iter()
        .map(|engine| engine.name.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect())
        .collect();
    let mut found: Vec<Option<char>> = vec![None; engines.len()];
    for (at, own) in letters.iter().enumerate() {
        let alike: Vec<&Vec<char>> = letters.iter().filter(|other| other.first() == own.first()).collect();
        // The first place at which no two of them are the same; the first letter, where it is the only one.
        let place = (0..own.len()).find(|place| {
            let mut here: Vec<Option<&char>> = alike.iter().map(|name| name.get(*place)).collect();
            here.sort_unstable();
            here.windows(2).all(|pair| pair[0] != pair[1])
        });
        found[at] = place.and_then(|place| own.get(place).copied());
    }
    let taken = found.clone();
    let is_only = |letter: &char| taken.iter().flatten().filter(|other| *other == letter).count() == 1;
    let mut digits = ('1'..='9').filter(|digit| !taken.contains(&Some(*digit)));
    found.into_iter().map(|head| head.filter(is_only).or_else(|| digits.next()).unwrap_or('?').to_string()).collect()
}

/// Whose sign stands under which head, and in so many cells how long those are away that are:
/// `D docker-ws  H hpc-gpu (offline 2h)`.
pub fn whose(app: &App, room: usize) -> String {
    let engines = app.data.engines();
    let all = |away: &dyn Fn(&Engine) -> String| {
        let named = heads(engines).into_iter().zip(engines).take(SIGNS);
        named.map(|(head, engine)| format!("{head} {}{}", engine.name, away(engine))).collect::<Vec<_>>().join("  ")
    };
    let long = all(&|engine| offline(app, engine).map_or_else(String::new, |away| format!(" ({away})")));
    if width(&long) <= room { long } else { all(&|_| String::new()) }
}

/// `offline 2h`, of an engine that is.
pub fn offline(app: &App, engine: &Engine) -> Option<String> {
    match engine.liveness {
        Liveness::Offline { last_seen: Some(at) } => Some(format!("offline {}", age(at.seconds_until(app.now)))),
        Liveness::Offline { last_seen: None } => Some("offline".to_owned()),
        Liveness::Online | Liveness::Unknown => None,
    }
}

/// What the signs mean, and whose they are, over a list that is alone on its screen.
pub fn draw_legend(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let mut page = Prose::new(app.theme, area.width);
    let mut line = vec![Span::raw(" ")];
    line.extend(legend(app, &page));
    let taken: usize = line.iter().map(Span::width).sum();
    let room = page.width.saturating_sub(taken + 2 + 3);
    let whose = page.say(Tone::Muted, format!("   {}", whose(app, room)));
    // Half of it would name the wrong ones.
    line.extend((taken + whose.width() + 2 <= page.width).then_some(whose));
    page.line(line);
    pen.lines(area, page.lines);
}

/// What the signs mean.
pub fn legend(app: &App, page: &Prose) -> Vec<Span<'static>> {
    let sign = |sign: &str, tone| page.say(tone, sign.to_owned());
    let word = |word: &str| page.say(Tone::Muted, word.to_owned());
    vec![
        sign("*", Tone::Good),
        word(" best  "),
        sign("+", Tone::Good),
        word(" runs  "),
        sign("~", Tone::Warn),
        word(" maybe  "),
        sign("x", Tone::Bad),
        word(&app.prose(" no, ⟨explain⟩ says why  ")),
        sign(app.theme.glyphs.offline, Tone::Muted),
        word(" engine offline"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::fixtures;

    #[test]
    fn every_engine_has_a_head_of_its_own() {
        let named = |names: &[&str]| {
            let engine = fixtures::engines().remove(0);
            let engines: Vec<Engine> =
                names.iter().map(|name| Engine { name: (*name).into(), ..engine.clone() }).collect();
            heads(&engines)
        };
        assert_eq!(named(&["docker-ws", "hpc-gpu", "kiosk"]), ["D", "H", "K"]);
        assert_eq!(named(&["docker-a", "docker-b", "hpc"]), ["A", "B", "H"]);
        assert_eq!(named(&["same", "same", "other"]), ["1", "2", "O"]);
        assert_eq!(named(&["docker-hpc", "docker-b", "hpc"]).len(), 3);
        let all = named(&["docker-hpc", "docker-b", "hpc", "h2"]);
        assert!(all.iter().enumerate().all(|(at, head)| !all[..at].contains(head)), "{all:?}");
    }
}
