//! What stands where the first row would be when there is none: what that means, and what to do next.

use ratatui::text::Line;

use crate::domain::{FailureKind, Remote};
use crate::tui::action::{Action, Screen};
use crate::tui::app::{App, Connection, Destination};
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::{duration, grouped, rest};

/// The lines; none where rows speak for themselves.
pub fn lines(app: &App, screen: Screen, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines.push(Line::default());
    // Where rows are known, it is what is typed that leaves none of them.
    let is_known = screen != Screen::Home && app.total(screen) > 0;
    if !is_known && not_connected(app, screen, &mut page) {
        return page.lines;
    }
    if screen != Screen::Home && app.list(screen).is_filtered() {
        let typed = app.list(screen).filter.value().trim().to_owned();
        let hidden = app.list(screen).hidden;
        if hidden > 0 {
            let rows = screen.name().to_lowercase();
            page.paragraph(
                Tone::Primary,
                &format!("{typed} matches only {rows} that are hidden: {}.", grouped(hidden)),
            );
            page.paragraph(Tone::Secondary, &app.prose("⟨hidden⟩ shows them, ⟨back⟩ clears the filter."));
            return page.lines;
        }
        unmatched(app, &typed, app.list(screen).suggestion(), &mut page);
        return page.lines;
    }
    match screen {
        Screen::Home => home(app, &mut page),
        Screen::Apps => apps(app, &mut page),
        Screen::Nodes => {
            page.paragraph(Tone::Primary, "No nodes yet.");
            page.paragraph(
                Tone::Secondary,
                &app.prose("Apps bring them. Add a repository: press ⟨palette⟩ and type repo add user/repo"),
            );
        }
        Screen::Pods => {
            page.paragraph(Tone::Primary, "No pods yet.");
            page.paragraph(Tone::Secondary, &app.prose("Install an app: ⟨go-apps⟩ then ⟨install⟩."));
        }
        Screen::Engines => no_engine(app, &mut page),
        Screen::Tasks => {
            page.paragraph(Tone::Primary, "No tasks yet.");
            page.paragraph(
                Tone::Secondary,
                "Installs, starts and stops are listed here while they work and afterwards.",
            );
        }
    }
    page.lines
}

/// The same for the rows of a page, none of which matches what is typed.
pub fn no_match(app: &App, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines.push(Line::default());
    unmatched(app, app.sifted_by(), app.meant_by_filter(), &mut page);
    page.lines
}

/// Nothing is what is typed; something near it may be meant.
pub fn unmatched(app: &App, typed: &str, nearest: Option<String>, page: &mut Prose) {
    page.paragraph(Tone::Primary, &format!("Nothing matches {typed}."));
    if let Some(nearest) = nearest {
        page.paragraph(Tone::Secondary, &format!("Did you mean {nearest}? Tab takes it."));
    }
    page.paragraph(Tone::Secondary, &app.prose("⟨back⟩ clears the filter."));
}

/// Connecting, failed, or still asking: says so, and whether something was said.
fn not_connected(app: &App, screen: Screen, page: &mut Prose) -> bool {
    match &app.connection {
        Connection::Connecting { since, what } => {
            let seconds = since.seconds_until(app.now);
            let waited = if seconds > 0 { format!("  {}", duration(seconds)) } else { String::new() };
            let mut line = vec![page.say(Tone::Secondary, sentence(what)), page.say(Tone::Muted, waited)];
            for (key, word) in [("⟨stop-connecting⟩", "cancel"), ("⟨servers⟩", "other server")] {
                line.push(page.say(Tone::Accent, format!("   {}", app.prose(key))));
                line.push(page.say(Tone::Muted, format!(" {word}")));
            }
            page.line(line);
            true
        }
        Connection::SignedOut { failure, .. } => {
            page.paragraph(Tone::Primary, "Nobody is signed in.");
            page.paragraph(Tone::Secondary, &format!("{}.", failure.why.trim_end_matches('.')));
            page.gap();
            page.paragraph(Tone::Secondary, &app.prose("⟨sign-in⟩ signs in. ⟨servers⟩ chooses another server."));
            true
        }
        Connection::Offline => {
            let is_kept = app.data.as_of.is_some();
            let text = if is_kept {
                "Nothing of what was kept belongs here."
            } else {
                "Nothing is kept from an earlier time."
            };
            page.paragraph(Tone::Primary, text);
            page.paragraph(Tone::Secondary, "kab was started with --offline, so no server is asked.");
            true
        }
        Connection::Failed { failure, .. } => {
            page.paragraph(Tone::Primary, &format!("{}.", failure.what));
            page.paragraph(Tone::Secondary, &format!("{}.", failure.why.trim_end_matches('.')));
            if !failure.hint.is_empty() {
                page.paragraph(Tone::Secondary, &app.prose(&failure.hint));
            }
            page.gap();
            let again = app.retry.at.map(|at| app.now.seconds_until(at)).filter(|seconds| *seconds > 0);
            let again = match again {
                Some(seconds) => format!("It is tried again in {}, ⟨refresh⟩ does it now", rest(seconds)),
                None => String::from("⟨refresh⟩ tries again"),
            };
            let doctor = if failure.kind == FailureKind::Interrupted { "" } else { " kab doctor looks for the cause." };
            let text = format!("{again}, ⟨servers⟩ chooses another server.{doctor}");
            page.paragraph(Tone::Secondary, &app.prose(&text));
            if failure.kind != FailureKind::Interrupted {
                let line = vec![
                    page.say(Tone::Muted, failure.id()),
                    page.say(Tone::Accent, format!("  {}", app.key_name(Action::Explain))),
                    page.say(Tone::Muted, " details"),
                ];
                page.line(line);
            }
            true
        }
        Connection::Live | Connection::Lost { .. } => {
            let asked = match screen {
                Screen::Home => false,
                Screen::Apps => waits(&app.data.apps),
                Screen::Nodes => waits(&app.data.nodes),
                Screen::Pods => waits(&app.data.pods),
                Screen::Engines => waits(&app.data.engines),
                Screen::Tasks => waits(&app.data.tasks),
            };
            if asked {
                page.paragraph(Tone::Muted, "Asking the server.");
            } else if let Some(failure) = failure(app, screen) {
                page.paragraph(Tone::Primary, &format!("{}.", failure.what));
                page.paragraph(Tone::Secondary, &failure.why);
                page.paragraph(Tone::Secondary, &app.prose("⟨refresh⟩ asks again."));
                return true;
            }
            asked
        }
    }
}

/// A capital at the start.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn waits<T>(list: &Remote<T>) -> bool {
    matches!(list, Remote::Absent | Remote::Loading { old: None })
}

fn failure(app: &App, screen: Screen) -> Option<&crate::domain::Failure> {
    match screen {
        Screen::Home => None,
        Screen::Apps => app.data.apps.failure(),
        Screen::Nodes => app.data.nodes.failure(),
        Screen::Pods => app.data.pods.failure(),
        Screen::Engines => app.data.engines.failure(),
        Screen::Tasks => app.data.tasks.failure(),
    }
}

fn home(app: &App, page: &mut Prose) {
    let none_online = app.data.engines.value().is_some_and(|all| !all.iter().any(crate::domain::Engine::is_online));
    if app.is_empty_catalogue() {
        page.paragraph(Tone::Primary, "No apps yet.");
        page.paragraph(
            Tone::Secondary,
            &app.prose(
                "Add a repository (⟨palette⟩, then type repo add user/repo), or start kab demo in another terminal.",
            ),
        );
        page.gap();
    }
    if none_online {
        no_engine(app, page);
    } else if app.home.is_empty() && !app.is_empty_catalogue() {
        page.paragraph(Tone::Muted, "Asking the server.");
    }
    if page.lines.iter().all(|line| line.spans.is_empty()) {
        page.lines.clear();
    }
}

fn apps(app: &App, page: &mut Prose) {
    let hidden = app.list(Screen::Apps).hidden;
    if hidden > 0 {
        page.paragraph(Tone::Primary, "Nothing runs here.");
        let text = format!(
            "{hidden} apps are hidden because no engine can run them. ⟨hidden⟩ shows them, ⟨explain⟩ says why."
        );
        page.paragraph(Tone::Secondary, &app.prose(&text));
        return;
    }
    page.paragraph(Tone::Primary, "No apps yet.");
    page.paragraph(Tone::Secondary, &app.prose("Add a repository: press ⟨palette⟩ and type repo add user/repo"));
    page.paragraph(Tone::Secondary, "Or try the demo in another terminal: kab demo");
}

/// No engine: which sockets were looked for, and how to get one.
fn no_engine(app: &App, page: &mut Prose) {
    if app.open_at.as_ref().is_some_and(Destination::is_made) {
        // The program was started for one app, whose page opens as soon as it is listed.
        page.paragraph(Tone::Secondary, "Making the demo ready.");
        return;
    }
    if app.data.engines().is_empty() {
        page.paragraph(Tone::Primary, "No engine is connected, so nothing can be installed.");
    } else {
        page.paragraph(Tone::Primary, "No engine is online, so nothing can be installed.");
    }
    if looked_for(app, page, "kab engine connects it.", "Start Docker or Podman here, then kab engine.") {
        page.paragraph(Tone::Secondary, "To look around without one: kab demo");
    }
}

/// The sockets that were looked for, and what to do when one answers or none; `false`: they are still being looked for.
pub fn looked_for(app: &App, page: &mut Prose, then: &str, otherwise: &str) -> bool {
    if let Some(sockets) = &app.data.sockets {
        let answers = sockets.iter().any(|socket| socket.answers);
        page.head("Looked for on this machine");
        for socket in sockets {
            let tone = if socket.answers { Tone::Good } else { Tone::Muted };
            let line = vec![
                page.say(Tone::Secondary, format!("{:<36}", socket.place)),
                page.say(tone, format!("  {}", socket.outcome)),
            ];
            page.line(line);
        }
        page.head("What to do");
        if answers {
            page.paragraph(Tone::Secondary, &format!("A container engine answers: {then}"));
        } else if let Some(barred) = sockets.iter().find(|socket| socket.outcome.contains("ermission denied")) {
            // It is there: starting it would change nothing.
            page.paragraph(Tone::Secondary, &format!("{} is there, and you may not use it.", barred.place));
            page.paragraph(
                Tone::Secondary,
                "Docker: an administrator adds you with usermod -aG docker; then sign in again.",
            );
            page.paragraph(Tone::Secondary, "Podman without root: systemctl --user start podman.socket");
        } else {
            page.paragraph(Tone::Secondary, otherwise);
            page.paragraph(Tone::Secondary, "Podman without root: systemctl --user start podman.socket");
        }
        true
    } else {
        page.paragraph(Tone::Secondary, "Looking for Docker and Podman on this machine.");
        false
    }
}
