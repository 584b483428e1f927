//! How a pod is, in a word and a sentence: what was asked of it, what its engine says, and what nobody confirms.

use ratatui::text::Span;

use super::pods::is_narrow;
use crate::domain::{Moment, Pod};
use crate::tui::action::Screen;
use crate::tui::app::{App, BELIEVES, words};
use crate::tui::theme::{Tone, pod_state};
use crate::tui::widgets::text::{age, ago, duration};

/// The state's word: what was asked of it and is not confirmed, a ghost's question mark, or what it says.
pub fn state(app: &App, pod: &Pod) -> Vec<Span<'static>> {
    if let Some((verb, since)) = app.asked.get(&pod.id) {
        let (doing, now) = (words(*verb).1.to_uppercase(), pod.status.word());
        // An engine that says something else for long is believed, and the wish still shown.
        let is_late = app.now.0 - since.0 >= BELIEVES;
        let (word, beside) = if is_late {
            (now, format!("{} asked", words(*verb).0.to_lowercase()))
        } else {
            (doing.as_str(), now.to_owned())
        };
        // The other one stands in brackets, until the engine confirms the new state.
        let beside = if beside == word || is_narrow(app) { String::new() } else { format!(" ({beside})") };
        return vec![Span::styled(format!("{word} ~{beside}"), app.theme.style(Tone::Warn))];
    }
    let (sign, tone) = pod_state(&pod.status);
    if app.is_ghost(pod) {
        return ghost(app, pod, is_narrow(app), app.confirmed_at(pod));
    }
    super::state(&app.theme, pod.status.word(), sign, tone)
}

/// `RUNNING? 14m`: what it said last, and how long ago that was confirmed.
pub fn ghost(app: &App, pod: &Pod, is_narrow: bool, seen: Option<Moment>) -> Vec<Span<'static>> {
    let seen = seen.map(|at| match at.seconds_until(app.now) {
        0..60 => "<1m".to_owned(),
        seconds => age(seconds),
    });
    let seen = seen.filter(|_| !is_narrow);
    let text = format!("{}? {}", pod.status.word(), seen.unwrap_or_default());
    vec![Span::styled(text.trim_end().to_owned(), app.theme.style(Tone::Odd))]
}

/// The sign behind its state: what nobody confirms, or was told long ago, is doubtful.
pub fn sign_of(app: &App, pod: &Pod) -> (char, Tone) {
    if app.is_ghost(pod) {
        ('?', Tone::Odd)
    } else if super::is_stale(app, Screen::Pods) {
        ('?', Tone::Muted)
    } else {
        pod_state(&pod.status)
    }
}

/// What is to be said beside its state: what was asked of it, or when it was confirmed last, where that matters.
pub fn confirmed(app: &App, pod: &Pod) -> String {
    if let Some((verb, since)) = app.asked.get(&pod.id) {
        let (word, doing) = words(*verb);
        return if app.now.0 - since.0 < BELIEVES {
            format!("  {}{} (not confirmed yet)", doing.to_lowercase(), app.theme.glyphs.ellipsis)
        } else {
            let ago = duration(since.seconds_until(app.now));
            format!("  {} asked {ago} ago; the engine says {}", word.to_lowercase(), pod.status.word())
        };
    }
    if !app.is_ghost(pod) {
        return String::new();
    }
    let seen = app.confirmed_at(pod).map(|at| at.seconds_until(app.now));
    match (app.data.engine(&pod.engine), seen) {
        (None, _) => app.prose("  not confirmed: its engine is gone; ⟨actions⟩ can forget the record"),
        (Some(engine), Some(seen)) if engine.is_online() => {
            format!("  not confirmed: its engine is connected, and has said nothing for {}", age(seen))
        }
        (_, Some(seen)) => format!("  not confirmed: its engine was last seen {}", ago(seen)),
        (_, None) => "  not confirmed: its engine is offline".into(),
    }
}
