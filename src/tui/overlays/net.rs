//! What is asked of the server and what that costs (`:net`), and the last requests beside the messages (`@`).

use std::time::Duration;

use ratatui::text::{Line, Span};

use crate::domain::{Outcome, Request, Speed, human_bytes};
use crate::tui::app::App;
use crate::tui::effect::List;
use crate::tui::net::{Tally, rounded};
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::{age, cut_middle, grouped, width};

/// Cells of a figure.
const FIGURE: usize = 9;

/// The page.
pub fn lines(app: &App, room: usize) -> Vec<Line<'static>> {
    let net = &app.net;
    let mut page = Prose::new(app.theme, u16::try_from(room).unwrap_or(u16::MAX));
    let trip = net
        .round_trip
        .map_or_else(|| String::from("round trip not known yet"), |trip| format!("round trip {}", milliseconds(trip)));
    let (word, tone) = match net.speed {
        Speed::Usual => ("as usual", Tone::Good),
        Speed::Slow => ("slow", Tone::Warn),
    };
    let minute = human_bytes(net.last_minute(app.now));
    let value =
        vec![page.say(tone, word), page.say(Tone::Secondary, format!("   {trip}, {minute} in the last minute"))];
    page.field("Link", value);
    if let Some(since) = net.since {
        let both = human_bytes(net.total.sent + net.total.received);
        let count = grouped(usize::try_from(net.total.count).unwrap_or(usize::MAX));
        let since = age(since.seconds_until(app.now));
        let since = if since == "now" { "a minute".into() } else { since };
        let failed =
            if net.total.failed > 0 { format!(", {} without success", net.total.failed) } else { String::new() };
        page.told("All", Tone::Secondary, &format!("{count} requests, {both} within {since}{failed}"));
    }
    page.told("Lists", Tone::Secondary, &pace(app));
    let frames = if net.speed == Speed::Slow { "at most 4 frames a second" } else { "at most 60 frames a second" };
    page.told("Screen", Tone::Secondary, &format!("{frames}, none while nothing changes; keys are answered at once"));
    page.gap();
    if net.tallies.is_empty() {
        page.paragraph(Tone::Muted, "Nothing was asked yet.");
        return page.lines;
    }
    let named = room.saturating_sub(2 + 9 + 6 + 4 * FIGURE).max(10);
    let heads = ["TIMES", "OUT", "IN", "MEAN", "LONGEST"];
    let mut head = format!("{:<named$}{:<9}{:>6}", "OPERATION", "SERVICE", heads[0]);
    head.extend(heads[1..].iter().map(|text| format!("{text:>FIGURE$}")));
    let head = page.say(Tone::Muted, head);
    page.line(vec![head]);
    let mut all: Vec<_> = net.tallies.iter().collect();
    all.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.sent + tally.received));
    for ((service, name), tally) in all {
        row(app, &mut page, (name.as_str(), service.as_str(), named), tally);
    }
    row(app, &mut page, ("all", "", named), &net.total);
    page.lines
}

fn row(app: &App, page: &mut Prose, (name, service, room): (&str, &str, usize), tally: &Tally) {
    let name = padded(&cut_middle(name, room.saturating_sub(1), app.theme.glyphs.ellipsis), room);
    let time = |time: Option<Duration>| time.map_or_else(|| String::from("-"), milliseconds);
    let longest = (tally.answered > 0).then_some(tally.longest);
    let figures = format!(
        "{service:<9}{:>6}{:>FIGURE$}{:>FIGURE$}{:>FIGURE$}{:>FIGURE$}",
        tally.count,
        human_bytes(tally.sent),
        human_bytes(tally.received),
        time(tally.mean()),
        time(longest),
    );
    let spans = vec![page.say(Tone::Primary, name), page.say(Tone::Secondary, figures)];
    page.line(spans);
}

/// How lists stay fresh now.
fn pace(app: &App) -> String {
    let net = &app.net;
    let often = if net.speed == Speed::Slow {
        "12 s while looked at, else every 60 s"
    } else {
        "3 s while looked at, else every 15 s"
    };
    let names = |polled: bool| {
        let lists = List::ALL.into_iter().filter(|list| net.polled.contains(list) == polled);
        lists.map(List::name).collect::<Vec<_>>().join(", ")
    };
    let mut text = match (net.polled.is_empty(), net.polled.len() == List::ALL.len()) {
        (true, _) => String::from("as the server tells of changes"),
        (false, true) => format!("asked for every {often}"),
        (false, false) => format!("{}: asked for every {often}; {}: as the server tells", names(true), names(false)),
    };
    if !net.put_off.is_empty() {
        let put_off: Vec<_> = net.put_off.iter().map(|list| list.name()).collect();
        text.push_str("; not before they are looked at: ");
        text.push_str(&put_off.join(", "));
    }
    text
}

/// The last requests, the newest first.
pub fn request_lines(app: &App, room: usize) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, u16::try_from(room).unwrap_or(u16::MAX));
    if app.net.requests.is_empty() {
        page.paragraph(Tone::Muted, "Nothing was asked yet.");
        return page.lines;
    }
    let named = room.saturating_sub(2 + 6 + 9 + 3 * FIGURE + 2 + 12).max(10);
    let mut head = format!("{:>4}  {:<9}{:<named$}", "AGE", "SERVICE", "REQUEST");
    head.extend(["TIME", "OUT", "IN"].map(|text| format!("{text:>FIGURE$}")));
    let head = page.say(Tone::Muted, head);
    page.line(vec![head]);
    for request in app.net.requests.iter().rev() {
        let spans = request_spans(app, &page, request, named);
        page.line(spans);
    }
    page.lines
}

fn request_spans(app: &App, page: &Prose, request: &Request, named: usize) -> Vec<Span<'static>> {
    let age = age(request.at.seconds_until(app.now));
    let name = padded(&cut_middle(&request.name, named.saturating_sub(1), app.theme.glyphs.ellipsis), named);
    let took = if request.took.is_zero() { String::from("-") } else { milliseconds(request.took) };
    let sent = if request.sent == 0 { String::from("-") } else { human_bytes(request.sent) };
    let figures = format!("{took:>FIGURE$}{sent:>FIGURE$}{:>FIGURE$}", human_bytes(request.received));
    let mut spans = vec![
        page.say(Tone::Muted, format!("{age:>4}  {:<9}", request.service)),
        page.say(Tone::Primary, name),
        page.say(Tone::Secondary, figures),
    ];
    let word = format!("  {}", request.outcome.word());
    match request.outcome {
        Outcome::Pushed => spans.push(page.say(Tone::Muted, word)),
        _ if request.outcome.is_fine() => {}
        _ => spans.push(page.say(Tone::Bad, word)),
    }
    spans
}

/// A request in one line of text, for whoever copies it.
pub fn request_text(request: &Request) -> String {
    let word = request.outcome.word();
    let bytes = format!("{} out, {} in", human_bytes(request.sent), human_bytes(request.received));
    format!("{} {}: {word}, {}, {bytes}", request.service, request.name, milliseconds(request.took))
}

fn milliseconds(time: Duration) -> String {
    match rounded(time) {
        millis @ 0..1_000 => format!("{millis} ms"),
        millis @ 1_000..10_000 => format!("{}.{} s", millis / 1000, millis / 100 % 10),
        millis => format!("{} s", millis / 1000),
    }
}

fn padded(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(width(text))))
}
