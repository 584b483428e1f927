//! `kab nodes`: the functions that apps provide.

use clap::Args;
use serde_json::{Value, json};

use super::page::{self, Page};
use super::source::Source;
use super::{apps, bookmarked, data, find};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{App, Failure, Inventory, Moment, Node, NodeKind, Pod, PodStatus, Port, Release};
use crate::search::{Facts, Index, Query};
use crate::tui::data::{Around, facts_of_node, of_node};

/// What a list is searched for.
#[derive(Debug, Default, Args)]
pub struct Search {
    /// Words that must match, and port types: `in:@mikro/image out:@mikro/labels`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
}

/// Which one to show.
#[derive(Debug, Args)]
pub struct Show {
    /// Id, hash or name
    node: String,
}

/// Lists the nodes.
pub async fn list(context: &Context<'_>, search: &Search, limit: usize) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let (nodes, apps) = futures_util::try_join!(source.nodes(), source.apps())?;
    let typed = search.query.join(" ");
    let facts = bookmarked::noted(context, &nodes, facts(&source, (&nodes, &apps), &typed).await?);
    let found = matching(&nodes, &typed, &facts).into_iter().take(limit);
    let mut rows = Vec::new();
    let mut items = Vec::new();
    let mut names = Vec::new();
    for node in found {
        let providers = providers(node, &apps);
        rows.push(vec![node.id.to_string(), node.name.clone(), node.signature(), short(&providers)]);
        let mut item = data::node(node);
        item["apps"] = providers.iter().map(|app| app.identifier.as_str()).collect();
        items.push(item);
        names.push(node.name.clone());
    }
    let empty = if nodes.is_empty() {
        "There are no nodes yet. `kab repo add SOURCE` adds apps that provide some.".to_owned()
    } else {
        format!("No node matches `{typed}`.")
    };
    let columns = Columns { headings: vec!["ID", "NODE", "TAKES -> GIVES", "PROVIDED BY"], rows, empty };
    Ok(source.answered(context, Answer::list(items, columns, names)))
}

/// Facts about each node, where what is typed asks for some.
async fn facts(source: &Source<'_>, (nodes, apps): (&[Node], &[App]), typed: &str) -> Result<Vec<Facts>, Failure> {
    if !Query::parse(typed).needs_facts() {
        return Ok(Vec::new());
    }
    let (engines, pods) = futures_util::try_join!(source.engines(), source.pods())?;
    let around = Around { engines: &engines, pods: &pods, me: "", now: crate::tui::now() };
    let of = |node: &Node| {
        let provides = |release: &&Release| release.flavours.iter().any(|it| node.flavours.contains(&it.id));
        facts_of_node(node, apps.iter().flat_map(|app| &app.releases).filter(provides), around)
    };
    Ok(nodes.iter().map(of).collect())
}

fn matching<'a>(nodes: &'a [Node], typed: &str, facts: &[Facts]) -> Vec<&'a Node> {
    let query = Query::parse(typed);
    if query.is_empty() {
        return nodes.iter().collect();
    }
    Index::new(nodes.iter().map(of_node))
        .search_with(&query, facts)
        .into_iter()
        .filter_map(|at| nodes.get(at))
        .collect()
}

/// The apps that provide a node, each once.
fn providers<'a>(node: &Node, apps: &'a [App]) -> Vec<&'a App> {
    let mut found: Vec<&App> = Vec::new();
    for flavour in &node.flavours {
        if let Some((app, _)) = apps::of_flavour(apps, flavour)
            && !found.iter().any(|known| known.identifier == app.identifier)
        {
            found.push(app);
        }
    }
    found
}

fn short(apps: &[&App]) -> String {
    apps.iter().map(|app| app.short_name()).collect::<Vec<_>>().join(", ")
}

/// A node with all that belongs to it.
pub(super) struct Shown<'a> {
    node: &'a Node,
    /// The apps that provide it, with version and flavour.
    offers: Vec<(&'a App, String, String)>,
    /// The pods that provide it now.
    running: Vec<&'a Pod>,
}

impl<'a> Shown<'a> {
    /// A node, with what is known of apps and pods.
    pub fn of(node: &'a Node, all: &'a [App], told: &'a Inventory, now: Moment) -> Self {
        // What nobody can confirm provides nothing.
        let runs = |pod: &&Pod| pod.status == PodStatus::Running && !told.is_ghost(pod, now);
        let running = told.pods.iter().filter(|pod| node.flavours.contains(&pod.flavour)).filter(runs).collect();
        let offers = node.flavours.iter().filter_map(|id| {
            let (app, release) = apps::of_flavour(all, id)?;
            let flavour = release.flavours.iter().find(|flavour| flavour.id == *id)?;
            Some((app, release.version.clone(), flavour.name.clone()))
        });
        Self { node, offers: offers.collect(), running }
    }

    /// All of it, for programs.
    pub fn data(&self) -> Value {
        let mut data = data::node(self.node);
        let offer = |(app, version, flavour): &(&App, String, String)| json!({"app": app.identifier, "version": version, "flavour": flavour});
        data["provided_by"] = self.offers.iter().map(offer).collect();
        data["running"] = self.running.iter().map(|pod| data::pod(pod)).collect::<Vec<Value>>().into();
        data
    }
}

/// Shows a node.
pub async fn show(context: &Context<'_>, show: &Show) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let nodes = source.nodes().await?;
    let node = find::node(&nodes, &show.node)?;
    let (apps, pods, engines) = futures_util::try_join!(source.apps(), source.pods(), source.engines())?;
    let told = Inventory { pods, engines, ..Inventory::default() };
    let shown = Shown::of(node, &apps, &told, page::now());
    let data = shown.data();
    let Shown { offers, running, .. } = shown;
    let mut page = Page::new();
    page.field("Node", &node.name);
    page.field("What it does", node.description.as_deref().unwrap_or("Its author says nothing about it."));
    page.field(
        "Kind",
        match node.kind {
            Some(NodeKind::Function) => "function, answers once",
            Some(NodeKind::Generator) => "generator, answers many times",
            None => "unknown",
        },
    );
    for (head, names) in [("Collections", &node.collections), ("Protocols", &node.protocols)] {
        if !names.is_empty() {
            page.field(head, names.join(", "));
        }
    }
    page.field("Id", node.id.as_str());
    page.field("Hash", &node.hash);
    page.columns("Takes", &ports(&node.args));
    page.columns("Gives", &ports(&node.returns));
    let rows =
        offers.iter().map(|(app, version, flavour)| vec![app.identifier.to_string(), version.clone(), flavour.clone()]);
    let provided = Columns { headings: vec!["APP", "VERSION", "FLAVOUR"], rows: rows.collect(), empty: String::new() };
    page.columns("Provided by", &provided);
    page.head("Running");
    if running.is_empty() {
        page.line("  nowhere");
    }
    for pod in running {
        page.line(format!("  {} on {}", pod.name(), pod.engine_name));
    }
    Ok(source.answered(context, Answer::text(data, page.into_text(), node.name.as_str())))
}

fn ports(ports: &[Port]) -> Columns {
    let row = |port: &Port| {
        let needed = if port.nullable { "optional" } else { "needed" };
        vec![
            port.key.clone(),
            port.type_name(),
            needed.to_owned(),
            port.identifier.clone().unwrap_or_default(),
            port.description.clone().unwrap_or_default(),
        ]
    };
    let headings = vec!["PORT", "TYPE", "", "STRUCTURE", "WHAT FOR"];
    Columns { headings, rows: ports.iter().map(row).collect(), empty: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PortKind;

    fn node(name: &str, input: &str) -> Node {
        let port = Port {
            key: "x".into(),
            label: None,
            kind: PortKind::Structure,
            description: None,
            identifier: Some(input.into()),
            nullable: false,
            children: Vec::new(),
        };
        Node {
            id: name.into(),
            hash: format!("hash-{name}"),
            name: name.into(),
            description: None,
            kind: None,
            collections: Vec::new(),
            protocols: Vec::new(),
            args: vec![port],
            returns: Vec::new(),
            flavours: vec!["flavour-vanilla".into()],
        }
    }

    #[test]
    fn nodes_are_found_by_their_ports() {
        let nodes = [node("segment", "@mikro/image"), node("measure", "@mikro/table")];
        let found = |typed| matching(&nodes, typed, &[]).into_iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
        assert_eq!(found("in:@mikro/image"), ["segment"]);
        assert_eq!(found(""), ["segment", "measure"]);
        assert!(found("out:@mikro/image").is_empty());
    }

    #[test]
    fn an_app_that_provides_a_node_twice_is_named_once() {
        let app = super::super::testing::app("a.b");
        let node = Node { flavours: vec!["flavour-vanilla".into(), "flavour-vanilla".into()], ..node("n", "x") };
        assert_eq!(short(&providers(&node, &[app])), "b");
    }
}
