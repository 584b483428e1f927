//! `kab apps`: what there is, and everything about one app.

use std::collections::HashSet;

use clap::Args;
use serde_json::{Value, json};

use super::page::{self, Page};
use super::source::Source;
use super::{bookmarked, data, find, lists, why};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::compat;
use crate::domain::{
    About, App, Engine, Failure, FlavourId, Node, Pod, Readme, Release, Repository, app_and_version, clean, clean_line,
    human_bytes,
};
use crate::search::{Facts, Index, Query};
use crate::tui::data::{Around, facts_of_app, of_app};
use crate::tui::widgets::{link, markdown::Markdown};

/// Cells of a line of a README.
const WIDE: u16 = 80;

/// What a list is searched for.
#[derive(Debug, Default, Args)]
pub struct Search {
    /// Words that must match, and filters as in the terminal: `status:compat engine:NAME flavour:cuda in:TYPE out:TYPE
    /// scope:!write collection:NAME repo:NAME installed:no updated:<30d bookmarked:yes`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
}

/// Which one to show.
#[derive(Debug, Args)]
pub struct Show {
    /// Identifier or short name, with `@VERSION` for another release than the newest
    #[arg(value_name = "APP[@VERSION]")]
    app: String,
}

/// Lists the apps.
pub async fn list(context: &Context<'_>, search: &Search, limit: usize) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let (apps, engines, pods) = futures_util::try_join!(source.apps(), source.engines(), source.pods())?;
    let typed = search.query.join(" ");
    let found: Vec<&App> = if typed.trim().is_empty() {
        apps.iter().collect()
    } else {
        let (nodes, repositories) = futures_util::try_join!(source.nodes(), source.repositories())?;
        let around = Around { engines: &engines, pods: &pods, me: "", now: crate::tui::now() };
        let facts = bookmarked::noted(context, &apps, apps.iter().map(|app| facts_of_app(app, around)).collect());
        matching((&apps, &nodes, &repositories), &facts, &typed)
    };
    let found: Vec<&App> = found.into_iter().take(limit).collect();
    let empty = if apps.is_empty() {
        "There are no apps yet. `kab repo add SOURCE` adds some.".to_owned()
    } else {
        format!("No app matches `{typed}`.")
    };
    Ok(source.answered(context, answer(&found, &engines, &pods, empty)))
}

fn matching<'a>(
    (apps, nodes, repositories): (&'a [App], &[Node], &[Repository]),
    facts: &[Facts],
    typed: &str,
) -> Vec<&'a App> {
    let documents = apps.iter().map(|app| {
        let newest = app.newest();
        let repository = newest.and_then(|release| lists::repository_of(release, repositories));
        let provided = newest.map_or_else(Vec::new, |release| lists::nodes_of(release, nodes));
        of_app(app, repository.map_or("", |repository| &repository.name), provided.into_iter())
    });
    let found = Index::new(documents).search_with(&Query::parse(typed), facts);
    found.into_iter().filter_map(|at| apps.get(at)).collect()
}

fn answer(apps: &[&App], engines: &[Engine], pods: &[Pod], empty: String) -> Answer {
    let mut rows = Vec::with_capacity(apps.len());
    let mut items = Vec::with_capacity(apps.len());
    for app in apps {
        let runs_on = app.newest().map_or(0, |release| compat::table(release, engines).runs_on());
        let installed = pods.iter().filter(|pod| pod.app == app.identifier).count();
        let mut item = data::app(app);
        item.insert("runs_on".into(), runs_on.into());
        item.insert("engines".into(), engines.len().into());
        item.insert("pods".into(), installed.into());
        items.push(Value::Object(item));
        let newest = app.newest();
        rows.push(vec![
            app.identifier.to_string(),
            newest.map_or_else(|| "-".into(), |release| release.version.clone()),
            newest.map_or_else(String::new, flavour_names),
            runs_on_words(newest, runs_on, engines),
            installed.to_string(),
        ]);
    }
    let columns = Columns { headings: vec!["APP", "VERSION", "FLAVOURS", "RUNS ON", "PODS"], rows, empty };
    Answer::list(items, columns, apps.iter().map(|app| app.identifier.to_string()).collect())
}

fn runs_on_words(newest: Option<&Release>, runs_on: usize, engines: &[Engine]) -> String {
    match (newest, engines.len()) {
        (Some(release), _) if release.is_withdrawn() => "withdrawn".into(),
        (_, 0) => "no engine".into(),
        (_, 1) => format!("{runs_on} of 1 engine"),
        (_, count) => format!("{runs_on} of {count} engines"),
    }
}

fn flavour_names(release: &Release) -> String {
    let names: Vec<&str> = release.flavours.iter().map(|flavour| flavour.name.as_str()).collect();
    names.join(",")
}

/// Shows an app.
pub async fn show(context: &Context<'_>, show: &Show) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let (word, version) = app_and_version(&show.app);
    let apps = source.apps().await?;
    let app = find::app(&apps, word)?;
    let release = find::release(app, version)?;
    let (engines, pods, nodes, repositories, said) = futures_util::try_join!(
        source.engines(),
        source.pods(),
        source.nodes(),
        source.repositories(),
        source.about(release)
    )?;
    let about = Shown {
        said,
        app,
        release,
        engines: &engines,
        pods: pods.iter().filter(|pod| pod.app == app.identifier).collect(),
        nodes: lists::nodes_of(release, &nodes),
        repository: lists::repository_of(release, &repositories),
    };
    Ok(source.answered(context, Answer::text(about.data(), about.text(), app.identifier.as_str())))
}

/// A release with all that belongs to it.
pub(super) struct Shown<'a> {
    /// What its authors say.
    pub said: About,
    /// The app.
    pub app: &'a App,
    /// The release.
    pub release: &'a Release,
    /// All engines.
    pub engines: &'a [Engine],
    /// The app's pods.
    pub pods: Vec<&'a Pod>,
    /// What the release provides.
    pub nodes: Vec<&'a Node>,
    /// Where it comes from.
    pub repository: Option<&'a Repository>,
}

impl Shown<'_> {
    /// All of it, for programs.
    pub fn data(&self) -> Value {
        let mut data = data::app(self.app);
        let versions: Vec<Value> = self
            .app
            .releases
            .iter()
            .map(|release| {
                json!({
                    "id": release.id,
                    "version": release.version,
                    "built_at": data::time(release.built_at()),
                    "withdrawn": release.is_withdrawn(),
                })
            })
            .collect();
        let flavours: Vec<Value> = self.release.flavours.iter().map(data::flavour).collect();
        let nodes: Vec<Value> = self.nodes.iter().map(|node| data::node(node)).collect();
        let pods: Vec<Value> = self.pods.iter().map(|pod| data::pod(pod)).collect();
        data.insert("version".into(), self.release.version.as_str().into());
        data.insert("description".into(), self.release.description.as_deref().into());
        data.insert("withdrawn".into(), self.release.is_withdrawn().into());
        data.insert("release_id".into(), json!(self.release.id));
        data.insert("scopes".into(), json!(self.release.scopes));
        let readme = match &self.said.readme {
            Readme::Text(text) => Some(clean(text)),
            Readme::Missing | Readme::Unknown => None,
        };
        data.insert("publisher".into(), self.said.publisher.as_deref().map(clean_line).into());
        data.insert("readme".into(), readme.into());
        data.insert("repository".into(), self.repository.map(|repository| repository.name.as_str()).into());
        data.insert("versions".into(), versions.into());
        data.insert("flavours".into(), flavours.into());
        data.insert("cells".into(), why::cells(self.release, self.engines).into());
        data.insert("choice".into(), why::choice(self.release, self.engines));
        data.insert("nodes".into(), nodes.into());
        data.insert("pods".into(), pods.into());
        Value::Object(data)
    }

    fn text(&self) -> String {
        let (app, release, now) = (self.app, self.release, page::now());
        let mut page = Page::new();
        page.field("App", app.identifier.as_str());
        page.field("Version", format!("{}, built {}", release.version, page::ago(release.built_at(), now)));
        page.field("What it does", release.description.as_deref().unwrap_or("Its author says nothing about it."));
        page.field("Source", self.repository.map_or("unknown", |repository| &repository.name));
        page.field("Publisher", self.said.publisher.as_deref().unwrap_or_default());
        page.field("Access", if release.scopes.is_empty() { "nothing".into() } else { release.scopes.join(", ") });
        let needs: HashSet<&str> =
            release.flavours.iter().flat_map(|flavour| &flavour.requirements).map(|need| need.key.as_str()).collect();
        let mut needs: Vec<&str> = needs.into_iter().collect();
        needs.sort_unstable();
        page.field("Services", needs.join(", "));
        let versions: Vec<&str> = app.releases.iter().map(|release| release.version.as_str()).collect();
        page.field("Versions", versions.join(", "));
        page.columns("Flavours", &self.flavours());
        page.columns("Where it runs", &why::columns(release, self.engines, now));
        page.line("");
        page.line(why::sentence(release, self.engines));
        page.columns("Nodes", &self.node_columns());
        page.columns("Pods", &self.pod_columns());
        if let Readme::Text(text) = &self.said.readme {
            let readme = Markdown::read(text, self.repository.and_then(|it| link::of_repository(&it.name)).as_deref());
            page.block("Readme", &readme.lines(WIDE));
        }
        page.into_text()
    }

    fn flavours(&self) -> Columns {
        let rows = self
            .release
            .flavours
            .iter()
            .map(|flavour| {
                let mut needs = page::selectors(&flavour.selectors);
                if !flavour.hints.is_empty() {
                    needs = format!("{needs} (hints: {})", flavour.hints.join(", "));
                }
                if flavour.withdrawn {
                    needs = format!("withdrawn; {needs}");
                }
                vec![
                    flavour.name.clone(),
                    flavour.image.size.map_or_else(|| "unknown".into(), human_bytes),
                    flavour.image.reference.clone(),
                    needs,
                ]
            })
            .collect();
        Columns { headings: vec!["FLAVOUR", "SIZE", "IMAGE", "NEEDS"], rows, empty: String::new() }
    }

    fn node_columns(&self) -> Columns {
        let rows = self.nodes.iter().map(|node| vec![node.name.clone(), node.signature()]).collect();
        Columns { headings: vec!["NODE", "TAKES -> GIVES"], rows, empty: String::new() }
    }

    fn pod_columns(&self) -> Columns {
        let row =
            |pod: &&Pod| vec![pod.name(), pod.version.clone(), pod.engine_name.clone(), pod.status.word().to_owned()];
        let rows = self.pods.iter().map(row).collect();
        Columns { headings: vec!["POD", "VERSION", "ENGINE", "STATUS"], rows, empty: String::new() }
    }
}

/// The app of a flavour, with its release and the flavour.
pub fn of_flavour<'a>(apps: &'a [App], id: &FlavourId) -> Option<(&'a App, &'a Release)> {
    apps.iter().find_map(|app| {
        let has = |release: &&Release| release.flavours.iter().any(|flavour| flavour.id == *id);
        Some((app, app.releases.iter().find(has)?))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn the_list_says_on_how_many_engines_an_app_runs() {
        let app = App {
            identifier: "a.b".into(),
            releases: vec![testing::release("a.b", vec![testing::flavour("cuda", vec![testing::cuda("12")])])],
        };
        let engines = [
            testing::engine("1", "ws", &[("gpu", "false")]),
            testing::engine("2", "hpc", &[("gpu", "true"), ("gpu.0.vendor", "nvidia"), ("cuda.version", "12.4")]),
        ];
        let answer = answer(&[&app], &engines, &[], String::new());
        assert_eq!(answer.columns.expect("columns").rows, [["a.b", "1.0.0", "cuda", "1 of 2 engines", "0"]]);
        assert_eq!(answer.data[0]["runs_on"], 1);
        assert_eq!(answer.names, ["a.b"]);
    }

    #[test]
    fn a_query_finds_as_the_terminal_does() {
        let apps = ["live.arkitekt.stardist", "live.kab.demo.greeter"].map(testing::app);
        let found = |typed| {
            let around = Around { engines: &[], pods: &[], me: "", now: crate::domain::Moment(0) };
            let facts: Vec<_> = apps.iter().map(|app| facts_of_app(app, around)).collect();
            let found = matching((&apps, &[], &[]), &facts, typed);
            found.into_iter().map(|app| app.short_name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("star"), ["stardist"]);
        assert_eq!(found("something"), ["stardist", "greeter"], "the description counts");
        assert!(found("in:@mikro/image").is_empty());
        assert_eq!(found("installed:no status:unknown").len(), 2);
        assert!(found("installed:yes").is_empty());
    }
}
