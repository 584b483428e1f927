//! The end of a pod's log: beside its details in the list, and on a tab of its page.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::{PodId, Speed};
use crate::tui::action::Action;
use crate::tui::app::{App, Beside};
use crate::tui::log::{Entry, Level};
use crate::tui::message::LogKind;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::{Focus, Pen};
use crate::tui::widgets::text::{age, cut_end};

/// Draws it.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let mut title = vec![pen.say(Tone::Primary, "log")];
    let beside = app.beside().filter(|it| app.pod_beside() == Some(&it.pod));
    if let Some((word, tone)) = beside.and_then(|it| standing(app, it)) {
        title.push(pen.say(tone, format!("  {word}")));
    }
    title.push(pen.say(Tone::Accent, format!("  {}", app.key_name(Action::Logs))));
    title.push(pen.say(Tone::Muted, " opens it"));
    pen.rule(area, title, Focus::Elsewhere);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let lines = beside.map(|it| &it.lines).filter(|lines| !lines.is_empty());
    let Some(lines) = lines else {
        let note = pen.say(Tone::Muted, format!(" {}", note(app, beside)));
        return pen.lines(below, [Line::from(note)]);
    };
    let height = usize::from(below.height);
    let shown: Vec<Line<'static>> =
        lines.iter().skip(lines.len().saturating_sub(height)).map(|entry| line(app, entry, below.width)).collect();
    pen.lines(below, shown);
}

/// The same as a part of the pod's page: as much of the end as there is room for.
pub fn lines(app: &App, pod: &PodId, width: u16) -> Vec<Line<'static>> {
    let theme = &app.theme;
    let say = |tone, text: String| Span::styled(text, theme.style(tone));
    let beside = app.beside().filter(|it| it.pod == *pod);
    let mut head = vec![Span::raw(" ")];
    if let Some((word, tone)) = beside.and_then(|it| standing(app, it)) {
        head.push(say(tone, format!("{word}  ")));
    }
    head.push(say(Tone::Accent, app.prose("⟨logs⟩")));
    head.push(say(Tone::Muted, " opens the log".into()));
    let mut lines = vec![Line::from(head)];
    match beside.map(|it| &it.lines).filter(|lines| !lines.is_empty()) {
        Some(all) => {
            let room = usize::from(app.areas().body_rows()).saturating_sub(2).max(1);
            lines.extend(all.iter().skip(all.len().saturating_sub(room)).map(|entry| line(app, entry, width)));
        }
        None => lines.push(Line::from(say(Tone::Muted, format!(" {}", note(app, beside))))),
    }
    lines
}

/// The truth about where the lines come from.
fn standing(app: &App, beside: &Beside) -> Option<(String, Tone)> {
    Some(match (&beside.ended, beside.kind?) {
        (_, LogKind::Snapshot { taken_at }) => {
            let age = taken_at.map(|at| age(at.seconds_until(app.now)));
            let age =
                age.map_or_else(String::new, |age| if age == "now" { " of now".into() } else { format!(" {age} old") });
            (format!("SNAPSHOT{age}"), Tone::Warn)
        }
        (_, LogKind::Kept { at }) => (format!("CACHED {}", age(at.seconds_until(app.now))), Tone::Warn),
        (Some(_), LogKind::Polled { .. }) => ("READ ONCE".into(), Tone::Secondary),
        (Some(_), _) => ("ENDED".into(), Tone::Muted),
        (None, LogKind::Live) => ("LIVE".into(), Tone::Good),
        (None, LogKind::Polled { .. }) => ("POLL".into(), Tone::Secondary),
    })
}

/// Why there are no lines.
fn note(app: &App, beside: Option<&Beside>) -> String {
    let Some(beside) = beside else {
        return match app.pod_beside() {
            Some(_) if app.is_live() && app.net.speed == Speed::Slow => {
                app.prose("Not read, as the link is slow. ⟨logs⟩ reads it.")
            }
            Some(_) if !app.is_live() => app.prose("Not connected. ⟨logs⟩ shows what was kept of it."),
            // A row that stands for several.
            None => app.prose("⟨open⟩ lists the pods, each with its log."),
            Some(_) => String::new(),
        };
    };
    match &beside.ended {
        Some(Some(failure)) => format!("It cannot be read: {}", failure.why),
        Some(None) => "It has said nothing.".into(),
        None if beside.kind.is_some() => "No lines yet.".into(),
        None if beside.is_asked() => format!("Being read{}", app.theme.glyphs.ellipsis),
        None => String::new(),
    }
}

fn line(app: &App, entry: &Entry, width: u16) -> Line<'static> {
    let theme = &app.theme;
    let time = entry.at.map(|at| at.to_iso().get(11..19).unwrap_or_default().to_owned());
    let tone = match entry.level {
        Some(Level::Error) => Tone::Bad,
        Some(Level::Warn) => Tone::Warn,
        Some(Level::Debug) => Tone::Muted,
        Some(Level::Info) | None => Tone::Secondary,
    };
    let head = time.map_or_else(|| String::from(" "), |time| format!(" {time} "));
    let room = usize::from(width).saturating_sub(head.len() + 1);
    let text = cut_end(&entry.plain(), room, theme.glyphs.ellipsis);
    Line::from(vec![Span::styled(head, theme.style(Tone::Muted)), Span::styled(text, theme.style(tone))])
}
