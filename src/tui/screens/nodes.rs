//! Nodes: the functions that apps provide, found by name, description and ports.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use crate::domain::{Flavour, Node, NodeId, NodeKind, PodStatus, Port, Release};
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::highlighted;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::table::{Cell, Column};

/// The columns.
pub fn columns(app: &App, width: u16) -> Vec<Column> {
    let (name, signature) = if width >= 90 { (26, 32) } else { (22, 26) };
    vec![Column::new("NODE", name, 0), Column::new(&takes(app), signature, 1), Column::new("PROVIDED BY", 0, 2)]
}

/// The head of signatures.
pub fn takes(app: &App) -> String {
    format!("TAKES {} GIVES", app.theme.glyphs.arrow)
}

/// A row.
pub fn cells(app: &App, row: usize, matched: &dyn Fn(&str) -> BTreeSet<usize>) -> Vec<Cell> {
    let Some(node) = app.data.nodes().get(row) else { return Vec::new() };
    let theme = &app.theme;
    let text = |tone, text: String| vec![Span::styled(text, theme.style(tone))];
    vec![
        highlighted(&node.name, &matched(&node.name), theme.style(Tone::Primary)),
        text(Tone::Secondary, signature(app, node)),
        text(Tone::Muted, providers(app, node).join(", ")),
    ]
}

fn signature(app: &App, node: &Node) -> String {
    node.signature().replace("->", app.theme.glyphs.arrow)
}

/// The apps that provide a node, each once.
pub fn providers(app: &App, node: &Node) -> Vec<String> {
    let mut names: Vec<String> = node
        .flavours
        .iter()
        .filter_map(|flavour| app.data.flavour(flavour))
        .map(|(app, ..)| app.short_name().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A few lines below the list.
pub fn preview(app: &App, id: &NodeId, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(node) = app.data.node(id) else { return page.lines };
    page.paragraph(Tone::Secondary, node.description.as_deref().unwrap_or(SILENCE));
    page.lines.truncate(2);
    page.told("Takes", Tone::Secondary, &ports(&node.args));
    page.told("Gives", Tone::Secondary, &ports(&node.returns));
    let running = running(app, node);
    if running.is_empty() {
        page.told("Running", Tone::Muted, &app.prose("nowhere; ⟨install⟩ installs the app that fits best"));
    } else {
        page.told("Running", Tone::Good, &format!("{}, nothing to install", running.join(", ")));
    }
    page.lines
}

/// Pods that provide a node now, as far as their engines confirm it.
fn running(app: &App, node: &Node) -> Vec<String> {
    let provides = |pod: &&crate::domain::Pod| {
        pod.status == PodStatus::Running && node.flavours.contains(&pod.flavour) && !app.is_ghost(pod)
    };
    app.data.pods().iter().filter(provides).map(|pod| format!("{} on {}", pod.name(), pod.engine_name)).collect()
}

fn ports(ports: &[Port]) -> String {
    if ports.is_empty() {
        return "nothing".into();
    }
    let port = |port: &Port| {
        let may = if port.nullable { "?" } else { "" };
        format!("{}{may}: {}", port.key, port.type_name())
    };
    ports.iter().map(port).collect::<Vec<_>>().join(", ")
}

/// Everything about a node.
pub fn details(app: &App, id: &NodeId, width: u16) -> Vec<Line<'static>> {
    let Some(node) = app.data.node(id) else { return gone(app, width) };
    let mut page = Prose::new(app.theme, width);
    say_docs(node, &mut page);
    list_ports(node, &mut page);
    page.head("Provided by");
    list_providers(app, node, &mut page);
    page.lines
}

fn gone(app: &App, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    page.paragraph(Tone::Muted, "This node is not in the catalogue any more.");
    page.lines
}

/// What it does in short, what goes in and what comes out.
pub fn ports_of(app: &App, id: &NodeId, width: u16) -> Vec<Line<'static>> {
    let Some(node) = app.data.node(id) else { return gone(app, width) };
    let mut page = Prose::new(app.theme, width);
    say_docs(node, &mut page);
    // The tab beside it has all of it.
    page.lines.truncate(2);
    list_ports(node, &mut page);
    page.lines
}

/// Which apps have it, and where it runs now.
pub fn provided_by(app: &App, id: &NodeId, width: u16) -> Vec<Line<'static>> {
    let Some(node) = app.data.node(id) else { return gone(app, width) };
    let mut page = Prose::new(app.theme, width);
    list_providers(app, node, &mut page);
    page.lines
}

/// What its author says of it.
pub fn docs(app: &App, id: &NodeId, width: u16) -> Vec<Line<'static>> {
    let Some(node) = app.data.node(id) else { return gone(app, width) };
    let mut page = Prose::new(app.theme, width);
    say_docs(node, &mut page);
    page.lines
}

/// What stands for a description that nobody wrote.
const SILENCE: &str = "Its author says nothing about it.";

fn say_docs(node: &Node, page: &mut Prose) {
    page.paragraph(Tone::Secondary, node.description.as_deref().unwrap_or(SILENCE));
    page.gap();
    let kind = match node.kind {
        Some(NodeKind::Function) => "function, answers once",
        Some(NodeKind::Generator) => "generator, answers many times",
        None => "unknown",
    };
    page.told("Kind", Tone::Secondary, kind);
    for (head, names) in [("Collections", &node.collections), ("Protocols", &node.protocols)] {
        if !names.is_empty() {
            page.told(head, Tone::Secondary, &names.join(", "));
        }
    }
    page.named("Hash", &node.hash);
}

fn list_ports(node: &Node, page: &mut Prose) {
    for (title, ports) in [("Takes", &node.args), ("Gives", &node.returns)] {
        page.head(title);
        if ports.is_empty() {
            page.paragraph(Tone::Muted, "nothing");
        }
        for port in ports {
            let may = if port.nullable { " (optional)" } else { "" };
            let identifier = port.identifier.as_deref().unwrap_or_default();
            let line = vec![
                page.say(Tone::Primary, format!("{:<16}", port.label.as_ref().unwrap_or(&port.key))),
                page.say(Tone::Secondary, format!(" {}{may}", port.type_name())),
                page.say(Tone::Muted, format!("  {identifier}")),
            ];
            page.line(line);
            if let Some(text) = &port.description {
                let line = page.say(Tone::Muted, format!("  {text}"));
                page.line(vec![line]);
            }
        }
    }
}

/// Where a node is in the catalogue.
pub fn offered_in<'a>(
    app: &'a App,
    node: &'a Node,
) -> impl Iterator<Item = (&'a crate::domain::App, &'a Release, &'a Flavour)> {
    node.flavours.iter().filter_map(|flavour| app.data.flavour(flavour))
}

fn list_providers(app: &App, node: &Node, page: &mut Prose) {
    for (it, release, flavour) in offered_in(app, node) {
        let line = vec![
            page.say(Tone::Primary, format!("{:<20}", it.short_name())),
            page.say(Tone::Secondary, format!(" {:<10} {}", release.version, flavour.name)),
        ];
        page.line(line);
    }
    let running = running(app, node);
    page.head("Running");
    if running.is_empty() {
        page.paragraph(Tone::Muted, &app.prose("Nowhere. ⟨install⟩ installs the app that fits best."));
    }
    for place in running {
        let line = page.say(Tone::Good, place);
        page.line(vec![line]);
    }
}
