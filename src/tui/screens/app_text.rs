//! The tabs of an app's page that are text: what it asks for, where it comes from, what was done with it.

use ratatui::text::Line;

use super::parts;
use super::thing::Told;
use crate::compat::{self, What};
use crate::domain::{AppIdentifier, Release, ScopeKind, Task, human_bytes, sentence};
use crate::tui::app::{App, PartRow, Target};
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::ago;

/// Each scope as a sentence, by what it lets the app do. What an installed release did not ask for is marked.
pub fn access(app: &App, release: &Release, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines.push(Line::default());
    if release.scopes.is_empty() {
        page.paragraph(Tone::Secondary, "It asks for nothing: it sees no data of yours.");
    } else {
        page.paragraph(
            Tone::Secondary,
            "What this release asks to be allowed. It gets no more than you have yourself.",
        );
    }
    let it = app.data.app(&release.app);
    let before = it.and_then(|it| compat::installed(it, release, app.data.pods()));
    for kind in ScopeKind::ALL {
        let mut scopes: Vec<&String> = release.scopes.iter().filter(|scope| ScopeKind::of(scope) == kind).collect();
        if scopes.is_empty() {
            continue;
        }
        scopes.sort();
        page.head(kind.title());
        for scope in scopes {
            let mut line =
                vec![page.say(Tone::Primary, format!("{scope:<18}")), page.say(Tone::Secondary, sentence(scope))];
            let answers = compat::needs(release, None, &app.session.offered);
            if answers.iter().any(|need| need.what == What::Scope && need.name == *scope && need.is_against()) {
                line.push(page.say(Tone::Bad, "  your account may not give that"));
            }
            if before.as_ref().is_some_and(|before| !before.scopes.contains(scope)) {
                line.push(page.say(Tone::Warn, "  + new since what is installed"));
            }
            page.line(line);
        }
    }
    let mut needs: Vec<_> = release.flavours.iter().flat_map(|flavour| &flavour.requirements).collect();
    needs.sort_by(|a, b| a.key.cmp(&b.key));
    needs.dedup_by(|a, b| a.key == b.key);
    page.head("Services that it talks to");
    if needs.is_empty() {
        page.paragraph(Tone::Secondary, "None.");
    }
    let answers = compat::needs(release, None, &app.session.offered);
    for need in needs {
        let may = if need.optional { "optional" } else { "needed" };
        let answer = answers.iter().find(|it| it.what == What::Service && it.name == need.key);
        let (word, tone) = match answer.map(|it| (it.answer, it.is_against())) {
            Some((answer, true)) => (answer.word(), Tone::Bad),
            Some((answer, false)) => (answer.word(), Tone::Secondary),
            None => ("", Tone::Muted),
        };
        let mut line = vec![
            page.say(Tone::Primary, format!("{:<18}", need.key)),
            page.say(Tone::Secondary, format!("{may:<9} ")),
            page.say(tone, format!("{word:<8} ")),
            page.say(Tone::Muted, need.service.clone()),
        ];
        if before.as_ref().is_some_and(|before| !before.services.contains(&need.key)) {
            line.push(page.say(Tone::Warn, "  + new since what is installed"));
        }
        page.line(line);
        if let Some(what) = &need.description {
            let line = page.say(Tone::Muted, format!("{:<18}{what}", ""));
            page.line(vec![line]);
        }
    }
    page.lines
}

/// Where a release comes from.
pub fn source(app: &App, release: &Release, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.lines.push(Line::default());
    match app.data.repository_of(release) {
        Some(repository) => {
            page.named("Source", &repository.name);
            page.named("Read from", &repository.source);
            if repository.source.contains('/') {
                // Servers read a branch, or a file, and keep nothing of which commit that was.
                page.told("Commit", Tone::Muted, "unknown; the server does not tell");
            }
        }
        None => page.told("Source", Tone::Muted, "unknown"),
    }
    let it = app.data.app(&release.app);
    let all = it.map(|it| app.data.repositories_of(it)).unwrap_or_default();
    if let Some(it) = it {
        offered_by(app, it, &mut page);
    }
    for flavour in &release.flavours {
        page.head(&flavour.name);
        if all.len() > 1 {
            let its = all.iter().find(|repository| flavour.repository.as_ref() == Some(&repository.id));
            page.named("From", its.map_or("unknown", |repository| &repository.name));
        }
        if let Some((name, digest)) = flavour.image.reference.split_once('@') {
            page.named("Image", name);
            page.named("Digest", digest);
        } else {
            page.named("Image", &flavour.image.reference);
            page.told("Digest", Tone::Muted, "not pinned: the tag may come to mean another image");
        }
        let built = flavour.image.built_at.map_or_else(
            || "unknown".into(),
            |at| format!("{} ({})", at.to_iso().get(..10).unwrap_or_default(), ago(at.seconds_until(app.now))),
        );
        page.told("Built", Tone::Secondary, &built);
        page.told("Size", Tone::Secondary, &flavour.image.size.map_or_else(|| "unknown".into(), human_bytes));
        if flavour.withdrawn {
            page.told("Note", Tone::Warn, "its entry has disappeared from the repository");
        }
        for hint in &flavour.hints {
            page.told("Hint", Tone::Muted, hint);
        }
    }
    page.lines
}

/// Who offers an app, where more than one does: which of them it comes from, and how that is changed.
fn offered_by(app: &App, it: &crate::domain::App, page: &mut Prose) {
    let all = app.data.offering(it);
    if all.len() < 2 {
        return;
    }
    let chosen = app.data.sources_of(it).and_then(|sources| sources.chosen.as_ref());
    let others = app.data.others_offering(it);
    let mut label = "Offered";
    for (id, name) in &all {
        let (tone, note) = if others.iter().any(|(other, _)| other == id) {
            (Tone::Muted, "not used")
        } else if chosen == Some(id) {
            (Tone::Primary, "used, as somebody chose it")
        } else {
            (Tone::Primary, "used")
        };
        let value = vec![page.say(tone, name.clone()), page.say(Tone::Muted, format!("  {note}"))];
        page.field(label, value);
        label = "";
    }
    if all.len() - others.len() > 1 {
        let note = "Each flavour below names its own; ⟨install-with⟩ on this page chooses one of them.";
        page.told("Note", Tone::Secondary, &app.prose(note));
    }
    if !others.is_empty() {
        page.told(
            "Note",
            Tone::Secondary,
            &app.prose("⟨actions⟩ takes it from another one; it never changes by itself."),
        );
    }
}

/// Pods of an app, and what was done with it lately, in rows that lead to them.
pub fn activity(app: &App, id: &AppIdentifier, width: u16) -> Told {
    let mut page = Prose::new(app.theme, width);
    let mut rows: Vec<PartRow> = Vec::new();
    let mut pods = app.data.pods().iter().filter(|pod| pod.app == *id).peekable();
    page.lines.push(Line::default());
    page.head("Pods");
    if pods.peek().is_none() {
        page.paragraph(Tone::Muted, &app.prose("None. ⟨install⟩ installs it."));
    }
    for pod in pods {
        let line = parts::pod_line(app, &page, pod, &format!(" on {}", pod.engine_name));
        rows.push(PartRow { line: page.lines.len(), lines: 1, to: Target::Pod(pod.id.clone()) });
        page.line(line);
    }
    page.head("Tasks");
    let is_its_own = |task: &&Task| {
        app.data.installed_by(task).is_some_and(|(it, ..)| it.identifier == *id)
            || app.data.pod_of(task).is_some_and(|pod| pod.app == *id)
    };
    let mut tasks = app.data.tasks().iter().filter(parts::is_work).filter(is_its_own).peekable();
    if tasks.peek().is_none() {
        page.paragraph(Tone::Muted, "None among those that the server still lists.");
    }
    for task in tasks.take(50) {
        let line = parts::task_line(app, &page, task, app.task_title(task));
        rows.push(PartRow { line: page.lines.len(), lines: 1, to: Target::Task(task.id.clone()) });
        page.line(line);
    }
    let mut lines = page.lines;
    parts::make_room(&mut lines, &rows);
    Told { lines, rows }
}
