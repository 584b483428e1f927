//! The title of a log: whose it is, how its lines come, whether it follows, and on which server that is. Where room is
//! short what can be read elsewhere goes first: keys, the way here, how much the engine keeps.

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::streams::Stream;
use super::view::{clock, local};
use super::{End, LogView, Position, Reach, Stamps};
use crate::domain::Moment;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::header;
use crate::tui::message::LogKind;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::text::{age, cut_end, cut_middle, grouped, rest, width};

/// Columns that the name keeps, where it has as many.
const NAME: usize = 18;

/// A part of the title. Those of a higher rank go first.
struct Piece {
    rank: u8,
    spans: Vec<Span<'static>>,
}

impl Piece {
    fn new(rank: u8, span: Span<'static>) -> Self {
        Self { rank, spans: vec![span] }
    }

    fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.content)).sum()
    }
}

/// Draws it.
pub fn draw(app: &App, log: &LogView, pen: &mut Pen<'_>, head: Rect) {
    let marks = header::marks(app, pen);
    let taken: usize = marks.iter().map(|span| width(&span.content)).sum();
    let room = usize::from(head.width).saturating_sub(taken + usize::from(taken > 0) + 2);
    let way = if log.engine.is_some() { "Engines > " } else { "Pods > " };
    let mut before = vec![Piece::new(5, pen.say(Tone::Muted, way))];
    let mut after = vec![Piece::new(4, pen.say(Tone::Muted, " > log"))];
    after.extend(badge(app, log, pen));
    let least = width(&log.title).min(NAME);
    let sum = |before: &[Piece], after: &[Piece]| before.iter().chain(after).map(Piece::width).sum::<usize>();
    while sum(&before, &after) + least > room {
        let worst = before.iter().chain(&after).map(|piece| piece.rank).max().unwrap_or(0);
        if worst == 0 {
            break;
        }
        before.retain(|piece| piece.rank < worst);
        after.retain(|piece| piece.rank < worst);
    }
    let left = room.saturating_sub(sum(&before, &after));
    let name = cut_middle(&log.title, left, app.theme.glyphs.ellipsis);
    let mut line = vec![Span::raw(" ")];
    line.extend(before.into_iter().flat_map(|piece| piece.spans));
    line.push(pen.say(Tone::Primary, name));
    line.extend(after.into_iter().flat_map(|piece| piece.spans));
    pen.line(head, Line::from(line));
    if taken > 0 {
        let columns = u16::try_from(taken + 1).unwrap_or(u16::MAX).min(head.width);
        pen.line(Rect { x: head.right() - columns, width: columns, ..head }, Line::from(marks));
    }
}

/// The truth about where the lines come from: LIVE, POLL, SNAPSHOT, ended; following or paused.
fn badge(app: &App, log: &LogView, pen: &Pen<'_>) -> Vec<Piece> {
    let mut badge = vec![Piece::new(0, pen.say(Tone::Muted, "   "))];
    let mut words: Vec<(Cow<'static, str>, usize)> = Vec::new();
    for stream in &log.streams {
        let word = word(stream).0;
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    match (words.as_slice(), log.streams.as_slice()) {
        ([_], [stream, ..]) => badge.extend(standing(app, (log, stream), pen)),
        (words, _) => {
            let words: Vec<String> = words.iter().map(|(word, count)| format!("{count} {word}")).collect();
            badge.push(Piece::new(0, pen.say(Tone::Warn, words.join(", "))));
        }
    }
    if log.is_selecting() {
        badge.push(Piece::new(0, pen.say(Tone::Accent, "   SELECTING")));
        return badge;
    }
    if let Position::Pinned { .. } = log.position {
        let new = if log.new == 0 { String::new() } else { format!(" +{} new", grouped(log.new)) };
        badge.push(Piece::new(0, pen.say(Tone::Warn, format!("   PAUSED{new}"))));
        badge.push(Piece::new(3, pen.say(Tone::Warn, app.prose(" (⟨follow⟩ follows)"))));
    }
    badge
}

/// How the lines of a stream come, in a word.
pub(super) fn word(stream: &Stream) -> (Cow<'static, str>, Tone) {
    match (&stream.end, stream.kind) {
        (_, Some(LogKind::Kept { .. })) => ("CACHED".into(), Tone::Warn),
        (End::Broken(_), _) => ("BROKEN OFF".into(), Tone::Bad),
        (End::Open, _) if stream.reconnecting.is_some() => ("reconnecting".into(), Tone::Warn),
        (_, Some(LogKind::Snapshot { .. })) => ("SNAPSHOT".into(), Tone::Warn),
        (End::Ended, _) => ("ENDED".into(), Tone::Muted),
        (End::Open, Some(LogKind::Polled { seconds })) => (format!("POLL {seconds} s").into(), Tone::Warn),
        (End::Open, Some(LogKind::Live)) => ("LIVE".into(), Tone::Good),
        (End::Open, None) => ("asking".into(), Tone::Muted),
    }
}

fn standing(app: &App, (log, stream): (&LogView, &Stream), pen: &Pen<'_>) -> Vec<Piece> {
    let (word, tone) = word(stream);
    match (&stream.end, stream.kind) {
        (end, Some(LogKind::Kept { at })) => {
            let old = match age(at.seconds_until(app.now)).as_str() {
                "now" => String::new(),
                age => format!(" ({age} old)"),
            };
            let why = if let End::Broken(why) = end { format!("  not read now: {why}") } else { String::new() };
            vec![
                Piece::new(0, pen.say(tone, format!("{word} {}{old}", when(app, log, at)))),
                Piece::new(3, pen.say(Tone::Muted, why)),
                Piece {
                    rank: 6,
                    spans: vec![
                        pen.say(Tone::Accent, format!("  {}", app.key_name(Action::Refresh))),
                        pen.say(Tone::Muted, " reads it"),
                    ],
                },
            ]
        }
        (End::Broken(why), _) => {
            let room = usize::from(app.areas().width) / 2;
            let why = cut_end(&format!("{word}: {why}"), room, app.theme.glyphs.ellipsis);
            vec![Piece::new(0, pen.say(tone, why))]
        }
        (_, Some(LogKind::Snapshot { taken_at })) if stream.reconnecting.is_none() => {
            let at = taken_at.map_or_else(String::new, |at| format!(" {}", when(app, log, at)));
            let count = grouped(stream.snapshot.lines);
            let keeps = match (taken_at, keeps_no_more(log, stream), app.areas().width) {
                (None, ..) => String::new(),
                (_, false, _) => format!(" ({count} lines of it)"),
                (_, true, 0..110) => format!(" (last {count} lines)"),
                (_, true, _) => format!(" (engine keeps the last {count} lines)"),
            };
            let fetch = vec![
                pen.say(Tone::Accent, format!("  {}", app.key_name(Action::Refresh))),
                pen.say(Tone::Muted, " fetch again"),
            ];
            vec![
                Piece::new(0, pen.say(tone, format!("{word}{at}"))),
                Piece::new(2, pen.say(Tone::Muted, keeps)),
                Piece { rank: 6, spans: fetch },
            ]
        }
        _ => match &stream.reconnecting {
            // Several that wait count down each for itself.
            Some(lost) if log.retry_at().is_some() => {
                let seconds = app.now.seconds_until(lost.retry_at);
                let soon = if seconds > 0 { format!(" in {}", rest(seconds)) } else { String::new() };
                vec![
                    Piece::new(0, pen.say(tone, format!("{word}{soon}"))),
                    Piece {
                        rank: 2,
                        spans: vec![
                            pen.say(Tone::Accent, format!("  {}", app.key_name(Action::Refresh))),
                            pen.say(Tone::Muted, " now"),
                        ],
                    },
                    Piece::new(4, pen.say(Tone::Muted, format!("  {}", lost.why))),
                ]
            }
            _ => vec![Piece::new(0, pen.say(tone, word))],
        },
    }
}

/// Whether all that the engine keeps is here: one snapshot, of which nothing was left out.
fn keeps_no_more(log: &LogView, stream: &Stream) -> bool {
    let is_whole = match log.reach {
        Reach::All => true,
        Reach::Newest(most) => stream.snapshot.lines < usize::try_from(most).unwrap_or(usize::MAX),
        Reach::Minutes(_) | Reach::SinceStart | Reach::Since(_) => false,
    };
    is_whole && stream.snapshot.parts <= 1
}

/// When a snapshot was taken, as times are shown.
fn when(app: &App, log: &LogView, at: Moment) -> String {
    match log.stamps {
        Stamps::Relative => match age(at.seconds_until(app.now)).as_str() {
            "now" => "just now".into(),
            age => format!("{age} ago"),
        },
        Stamps::Local => format!("{} here", local(at, &app.zone)),
        Stamps::Off | Stamps::Utc => format!("{} UTC", clock(at)),
    }
}
