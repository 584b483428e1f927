//! What stands on the tabs of the page of a pod, an engine or a node.

use ratatui::text::{Line, Span};

use super::{engines, log_tail, nodes, pods};
use crate::domain::{EngineId, Node, Pod, PodId, Task, TaskState, human_bytes};
use crate::tui::app::{App, Part, PartRow, Target};
use crate::tui::theme::{Tone, pod_state, task_state};
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::tabs::Tabs;
use crate::tui::widgets::text::{age, ago, filled};

/// Tasks that are listed at most.
const TASKS: usize = 50;

/// The tabs of a thing's page; `None`: it has none.
pub fn tabs(app: &App, target: &Target, open: Part) -> Option<Tabs> {
    let parts = Part::of(target);
    let open = parts.iter().position(|part| *part == open)?;
    let figure = |part: Part| match count(app, target, part) {
        0 => String::new(),
        count => format!(" {count}"),
    };
    let names = parts.iter().map(|part| (part.name(), figure(*part))).collect();
    Some(Tabs { names, open, ellipsis: app.theme.glyphs.ellipsis })
}

/// The figure behind a tab's name.
fn count(app: &App, target: &Target, part: Part) -> usize {
    match (target, part) {
        (Target::Pod(id), Part::Nodes) => app.data.pod(id).map_or(0, |pod| pods::nodes(app, pod).count()),
        (Target::Pod(id), Part::History) => tasks_of_pod(app, id).count(),
        (Target::Engine(id), Part::Pods) => pods_on(app, id).count(),
        (Target::Engine(id), Part::Tasks) => tasks_of_engine(app, id).count(),
        (Target::Node(id), Part::Providers) => app.data.node(id).map_or(0, |node| nodes::providers(app, node).len()),
        _ => 0,
    }
}

/// A part of a thing's page as lines, with air below the tabs.
pub fn lines(app: &App, target: &Target, part: Part, width: u16) -> Vec<Line<'static>> {
    if part == Part::Whole {
        return super::thing::lines(app, target, width);
    }
    let mut lines: Vec<Line<'static>> =
        std::iter::once(Line::default()).chain(told(app, target, part, width)).collect();
    make_room(&mut lines, &leading(app, target, part));
    lines
}

/// Rows that lead somewhere leave room for the sign of the cursor.
pub fn make_room(lines: &mut [Line<'static>], rows: &[PartRow]) {
    for row in rows {
        for line in lines.iter_mut().skip(row.line).take(row.lines) {
            line.spans.insert(0, Span::raw(" "));
        }
    }
}

fn told(app: &App, target: &Target, part: Part, width: u16) -> Vec<Line<'static>> {
    match (target, part) {
        (Target::Pod(id), Part::Log) => log_tail::lines(app, id, width),
        (Target::Pod(id), Part::Nodes) => nodes_of_pod(app, id, width),
        (Target::Pod(id), Part::Image) => image(app, id, width),
        (Target::Pod(id), Part::History) => {
            let mut page = Prose::new(app.theme, width);
            list_tasks(app, &mut page, tasks_of_pod(app, id));
            page.lines
        }
        (Target::Pod(id), _) => pods::status(app, id, width),
        (Target::Engine(id), Part::Facts) => engines::facts(app, id, width),
        (Target::Engine(id), Part::Pods) => pods_of_engine(app, id, width),
        (Target::Engine(id), Part::Tasks) => {
            let mut page = Prose::new(app.theme, width);
            list_tasks(app, &mut page, tasks_of_engine(app, id));
            page.lines
        }
        (Target::Engine(id), _) => engines::resources(app, id, width),
        (Target::Node(id), Part::Providers) => nodes::provided_by(app, id, width),
        (Target::Node(id), Part::Docs) => nodes::docs(app, id, width),
        (Target::Node(id), _) => nodes::ports_of(app, id, width),
        _ => super::thing::lines(app, target, width),
    }
}

/// The rows of a part that lead somewhere.
pub fn leading(app: &App, target: &Target, part: Part) -> Vec<PartRow> {
    /// The line below the tabs has nothing.
    const FIRST: usize = 1;
    let one = |to| (1, to);
    let rows: Vec<(usize, Target)> = match (target, part) {
        (Target::Pod(id), Part::Nodes) => {
            let nodes = app.data.pod(id).into_iter().flat_map(|pod| pods::nodes(app, pod));
            nodes.map(|node| (1 + usize::from(first_words(node).is_some()), Target::Node(node.id.clone()))).collect()
        }
        (Target::Pod(id), Part::History) => shown(tasks_of_pod(app, id)).map(one).collect(),
        (Target::Engine(id), Part::Tasks) => shown(tasks_of_engine(app, id)).map(one).collect(),
        (Target::Engine(id), Part::Pods) => pods_on(app, id).map(|pod| one(Target::Pod(pod.id.clone()))).collect(),
        (Target::Node(id), Part::Providers) => {
            let flavours = app.data.node(id).into_iter().flat_map(|node| nodes::offered_in(app, node));
            flavours.map(|(it, ..)| one(Target::App(it.identifier.clone()))).collect()
        }
        _ => Vec::new(),
    };
    let place = |line: &mut usize, (lines, to)| {
        let row = PartRow { line: *line, lines, to };
        *line += lines;
        Some(row)
    };
    rows.into_iter().scan(FIRST, place).collect()
}

fn shown<'a>(tasks: impl Iterator<Item = &'a Task>) -> impl Iterator<Item = Target> {
    tasks.take(TASKS).map(|task| Target::Task(task.id.clone()))
}

/// The first line of what is said of a node.
fn first_words(node: &Node) -> Option<&str> {
    node.description.as_deref().and_then(|text| text.lines().next())
}

fn tasks_of_pod<'a>(app: &'a App, id: &'a PodId) -> impl Iterator<Item = &'a Task> {
    app.data.tasks().iter().filter(move |task| app.data.pod_of(task).is_some_and(|pod| pod.id == *id))
}

fn tasks_of_engine<'a>(app: &'a App, id: &'a EngineId) -> impl Iterator<Item = &'a Task> {
    let is_its_own = move |task: &&Task| app.data.engine_of_task(task).is_some_and(|engine| engine.id == *id);
    app.data.tasks().iter().filter(is_work).filter(is_its_own)
}

/// Those that only read something are left out, as in the list.
pub fn is_work(task: &&Task) -> bool {
    !task.kind.is_reading() || task.state == TaskState::Failed
}

fn pods_on<'a>(app: &'a App, id: &'a EngineId) -> impl Iterator<Item = &'a Pod> {
    app.data.pods().iter().filter(move |pod| pod.engine == *id)
}

fn list_tasks<'a>(app: &App, page: &mut Prose, tasks: impl Iterator<Item = &'a Task>) {
    let mut tasks = tasks.peekable();
    if tasks.peek().is_none() {
        page.paragraph(Tone::Muted, "No task among those that the server still lists.");
    }
    for task in tasks.take(TASKS) {
        page.line(task_line(app, page, task, app.task_what(task)));
    }
}

/// A row about a task: how it stands, since when, what it does, and its last word.
pub fn task_line(app: &App, page: &Prose, task: &Task, what: String) -> Vec<Span<'static>> {
    let (sign, tone) = task_state(task.state);
    let since = task.finished_at.or(task.created_at).map(|at| age(at.seconds_until(app.now)));
    let word = task.message.as_deref().and_then(|it| it.lines().next());
    vec![
        page.say(tone, format!("{:<10} {sign} ", task.state.word())),
        page.say(Tone::Muted, format!("{:>4}  ", since.unwrap_or_default())),
        page.say(Tone::Primary, what),
        page.say(Tone::Secondary, word.map_or_else(String::new, |it| format!("  {it}"))),
    ]
}

/// A row about a pod: how it stands, since when, its name, what runs in it, and what else is to be said.
pub fn pod_line(app: &App, page: &Prose, pod: &Pod, more: &str) -> Vec<Span<'static>> {
    let (sign, tone) = if app.is_ghost(pod) { ('?', Tone::Odd) } else { pod_state(&pod.status) };
    let since = pod.created_at.map(|at| age(at.seconds_until(app.now)));
    vec![
        page.say(tone, format!("{:<10} {sign} ", pod.status.word())),
        page.say(Tone::Muted, format!("{:>4}  ", since.unwrap_or_default())),
        page.say(Tone::Primary, filled(&pod.name(), 28)),
        page.say(Tone::Secondary, format!(" {} {}{more}", pod.version, pod.flavour_name)),
    ]
}

fn nodes_of_pod(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else { return pods::status(app, id, width) };
    let mut is_empty = true;
    for node in pods::nodes(app, pod) {
        is_empty = false;
        let line = vec![
            page.say(Tone::Primary, node.name.clone()),
            page.say(Tone::Secondary, format!("  {}", node.signature().replace("->", app.theme.glyphs.arrow))),
        ];
        page.line(line);
        if let Some(text) = first_words(node) {
            let line = page.say(Tone::Muted, format!("  {text}"));
            page.line(vec![line]);
        }
    }
    match app.data.flavour(&pod.flavour) {
        None => page.paragraph(Tone::Muted, "Its release is not in the catalogue any more, so nobody can tell."),
        Some(_) if is_empty => page.paragraph(Tone::Muted, "It provides no node."),
        Some(_) => {}
    }
    page.lines
}

fn image(app: &App, id: &PodId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(pod) = app.data.pod(id) else { return pods::status(app, id, width) };
    page.named("App", pod.app.as_str());
    page.told("Version", Tone::Secondary, &pod.version);
    page.told("Flavour", Tone::Secondary, &pod.flavour_name);
    page.named("Container", &pod.local_id);
    page.gap();
    let Some((.., flavour)) = app.data.flavour(&pod.flavour) else {
        page.paragraph(Tone::Muted, "Its release is not in the catalogue any more, so nobody can tell its image.");
        return page.lines;
    };
    let image = &flavour.image;
    // The whole reference: it is read out and compared, and nothing else on this page tells the end of it.
    page.told("Image", Tone::Secondary, &image.reference);
    if let Some(at) = image.built_at {
        page.told("Built", Tone::Secondary, &ago(at.seconds_until(app.now)));
    }
    if let Some(size) = image.size {
        page.told("Size", Tone::Secondary, &format!("{} unpacked", human_bytes(size)));
    }
    if let Some(newest) = app.data.newer_for(pod) {
        page.gap();
        let text = format!("{} is out; ⟨update⟩ updates the pod, and asks first.", newest.version);
        page.paragraph(Tone::Secondary, &app.prose(&text));
    }
    page.lines
}

fn pods_of_engine(app: &App, id: &EngineId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let mut pods = pods_on(app, id).peekable();
    if pods.peek().is_none() {
        page.paragraph(Tone::Muted, &app.prose("No pod is on it. ⟨go-apps⟩ shows what can be installed."));
    }
    for pod in pods {
        page.line(pod_line(app, &page, pod, ""));
    }
    page.lines
}
