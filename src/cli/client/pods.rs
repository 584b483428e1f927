//! `kab pods`: what runs, what ran, what failed.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::page::{self, Page};
use super::source::Source;
use super::{Noun, Search, data, find, forget};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Failure, Inventory, Moment, Pod, explain};
use crate::search::{Document, Facts};
use crate::tui::data::{Around, facts_of_pod, of_pod};

/// What is asked of the pods.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub(super) noun: Noun<Search, Show, More>,
    /// List the pods of all contexts, each with its context; server:NAME in the query means those of one
    #[arg(long, global = true)]
    pub(super) all_contexts: bool,
}

/// What only pods have.
#[derive(Debug, Subcommand)]
pub enum More {
    /// Delete the records of pods whose engine is gone or offline; nothing is asked of the engine
    Forget(forget::Arguments),
}

/// Which one to show.
#[derive(Debug, Args)]
pub struct Show {
    /// Id, name, or the beginning of the container's id
    pod: String,
}

/// Lists the pods.
pub async fn list(context: &Context<'_>, search: &Search, limit: usize) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let mut told = inventory(&source).await?;
    let pods = std::mem::take(&mut told.pods);
    told.pods = search.knowing(context).among(pods, |pod| found_by(pod, &told));
    told.pods.truncate(limit);
    Ok(source.answered(context, answer(&told, search, page::now())))
}

/// The pods, with the engines that vouch for them; where those were not kept nothing is doubted.
async fn inventory(source: &Source<'_>) -> Result<Inventory, Failure> {
    let (pods, engines, me) = tokio::join!(source.pods(), source.engines(), source.me());
    Ok(Inventory { pods: pods?, engines: engines.unwrap_or_default(), me })
}

/// What a query is held against, by what else that server told.
pub(super) fn found_by(pod: &Pod, told: &Inventory) -> (Document, Facts) {
    (of_pod(pod), facts_of_pod(pod, Around { engines: &told.engines, me: &told.me, ..Search::around() }))
}

/// What stands over the columns of [`row`].
pub(super) const HEADINGS: [&str; 7] = ["NAME", "APP", "VERSION", "FLAVOUR", "ENGINE", "STATUS", "AGE"];

/// A pod in columns.
pub(super) fn row(pod: &Pod, told: &Inventory, now: Moment) -> Vec<String> {
    vec![
        pod.name(),
        pod.app.to_string(),
        pod.version.clone(),
        pod.flavour_name.clone(),
        pod.engine_name.clone(),
        standing(pod, told, now),
        page::age_of(pod.created_at, now),
    ]
}

/// The state; with a question mark where nobody can confirm it: `RUNNING? (last seen 14m ago)`.
fn standing(pod: &Pod, told: &Inventory, now: Moment) -> String {
    if !told.is_ghost(pod, now) {
        return status(pod);
    }
    let seen = pod.confirmed_at(told.engine(pod), now);
    let seen = seen.map_or_else(String::new, |at| format!(" (last seen {})", page::ago(Some(at), now)));
    format!("{}?{seen}", pod.status.word())
}

/// A pod for programs, with whether anybody can confirm its state.
pub(super) fn told_data(pod: &Pod, told: &Inventory, now: Moment) -> Value {
    let mut data = data::pod(pod);
    data["confirmed"] = (!told.is_ghost(pod, now)).into();
    data["confirmed_at"] = data::time(pod.confirmed_at(told.engine(pod), now));
    data
}

fn answer(told: &Inventory, search: &Search, now: Moment) -> Answer {
    let pods = &told.pods;
    let mut headings = HEADINGS.to_vec();
    let mut rows: Vec<Vec<String>> = pods.iter().map(|pod| row(pod, told, now)).collect();
    // A server that does not know owners gets no empty column.
    if pods.iter().any(|pod| pod.owner.is_some()) {
        headings.push("OWNER");
        for (row, pod) in rows.iter_mut().zip(pods) {
            row.push(owner(pod));
        }
    }
    let columns = Columns {
        headings,
        rows,
        empty: search.empty("pod", "No pods. `kab apps` lists what can be installed, `kab install APP` installs it."),
    };
    let data = pods.iter().map(|pod| told_data(pod, told, now)).collect();
    Answer::list(data, columns, pods.iter().map(Pod::name).collect())
}

/// The name of whoever had it made.
fn owner(pod: &Pod) -> String {
    pod.owner.as_ref().map_or_else(|| "-".into(), |owner| owner.name.clone())
}

/// `FAILED (exit code 1)`.
pub fn status(pod: &Pod) -> String {
    match &pod.reason {
        Some(reason) if !reason.is_empty() => format!("{} ({reason})", pod.status.word()),
        _ => pod.status.word().to_owned(),
    }
}

/// Shows a pod.
pub async fn show(context: &Context<'_>, show: &Show) -> Result<Answer, Failure> {
    let source = Source::of(context).await?;
    let told = inventory(&source).await?;
    let pod = find::pod(&told.pods, &show.pod)?;
    let now = page::now();
    let mut page = Page::new();
    page.field("Pod", pod.name());
    page.field("Status", standing(pod, &told, now));
    if let Some(found) = pod.reason.as_deref().and_then(explain) {
        page.field("Means", found.means);
        page.field("Do", found.advice);
    }
    page.field("App", format!("{} {}", pod.app, pod.version));
    page.field("Flavour", &pod.flavour_name);
    page.field("Engine", &pod.engine_name);
    page.field("Resource", pod.resource_name.as_deref().unwrap_or_default());
    page.field("Owner", pod.owner.as_ref().map_or("unknown", |owner| &owner.name));
    page.field("Made", page::ago(pod.created_at, now));
    page.field("Confirmed", page::ago(pod.confirmed_at(told.engine(pod), now), now));
    page.field("Container", &pod.local_id);
    page.field("Id", pod.id.as_str());
    Ok(source.answered(context, Answer::text(told_data(pod, &told, now), page.into_text(), pod.name())))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::Owner;

    #[test]
    fn a_pod_tells_what_it_is_where_and_how() {
        let mut pods = [testing::pod("7", "greeter", "abcdef0123")];
        pods[0].reason = Some("exit code 1".into());
        let told = Inventory { pods: pods.to_vec(), ..Inventory::default() };
        let answer = answer(&told, &Search::default(), Moment(121_500));
        let row = &answer.columns.expect("columns").rows[0];
        let expected = [
            "greeter-abcdef01",
            "live.kab.demo.greeter",
            "1.0.0",
            "vanilla",
            "docker-ws",
            "RUNNING (exit code 1)",
            "2m",
        ];
        assert_eq!(row, &expected);
        assert_eq!(answer.names, ["greeter-abcdef01"]);
    }

    #[test]
    fn whose_a_pod_is_has_a_column_where_any_owner_is_known() {
        let mut pods = vec![testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "stardist", "fedcba3210")];
        pods[0].owner = Some(crate::domain::Owner { subject: "9".into(), name: "mara".into() });
        let told = Inventory { pods, ..Inventory::default() };
        let answer = answer(&told, &Search::default(), Moment(121_500));
        let columns = answer.columns.expect("columns");
        assert_eq!(columns.headings.last(), Some(&"OWNER"));
        assert_eq!((columns.rows[0].last().unwrap().as_str(), columns.rows[1].last().unwrap().as_str()), ("mara", "-"));
        assert_eq!((&answer.data[0]["owner"]["name"], &answer.data[1]["owner"]), (&"mara".into(), &Value::Null));
    }

    #[test]
    fn a_query_finds_pods_as_the_terminal_does() {
        let mut pods = vec![testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "stardist", "fedcba3210")];
        let owner = |subject: &str, name: &str| Some(Owner { subject: subject.into(), name: name.into() });
        (pods[0].owner, pods[1].owner) = (owner("3", "mara"), owner("4", "jo"));
        let told = Inventory { me: "4".into(), ..Inventory::default() };
        let found = |typed: &str| {
            let found = Search { query: vec![typed.into()] }.among(pods.clone(), |pod| found_by(pod, &told));
            found.into_iter().map(|pod| pod.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!((found("star"), found("docker-ws").len(), found("nothing").len()), (vec!["8".into()], 2, 0));
        assert_eq!((found("by:me"), found("by:mara")), (vec!["8".to_owned()], vec!["7".to_owned()]));
    }

    #[test]
    fn a_pod_that_nobody_can_confirm_does_not_count_as_running() {
        let pod = testing::pod("7", "greeter", "abcdef0123");
        let mut engine = testing::engine("1", "docker-ws", &[]);
        engine.id = pod.engine.clone();
        engine.liveness = crate::domain::Liveness::Offline { last_seen: Some(Moment(0)) };
        let now = Moment(14 * 60_000);
        let told = Inventory { pods: vec![pod.clone()], engines: vec![engine], ..Inventory::default() };
        assert_eq!(row(&pod, &told, now)[5], "RUNNING? (last seen 14m ago)");
        let data = told_data(&pod, &told, now);
        assert_eq!((&data["status"], &data["confirmed"]), (&"RUNNING".into(), &false.into()));
        let found = |typed: &str| {
            let search = Search { query: vec![typed.into()] };
            search.among(told.pods.clone(), |pod| found_by(pod, &told)).len()
        };
        assert_eq!((found("status:running"), found("status:unconfirmed")), (0, 1));
    }
}
