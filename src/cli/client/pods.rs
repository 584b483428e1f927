//! `kab pods`: what runs, what ran, what failed.

use clap::Args;

use super::page::{self, Page};
use super::source::Source;
use super::{Noun, Search, data, find};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Failure, Moment, Pod, explain};
use crate::search::{Document, Facts};
use crate::tui::data::{facts_of_pod, of_pod};

/// What is asked of the pods.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub(super) noun: Noun<Search, Show>,
    /// List the pods of all contexts, each with its context
    #[arg(long, global = true)]
    pub(super) all_contexts: bool,
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
    let mut pods = search.among(source.pods().await?, found_by);
    pods.truncate(limit);
    Ok(source.answered(context, answer(&pods, search, page::now())))
}

pub(super) fn found_by(pod: &Pod) -> (Document, Facts) {
    (of_pod(pod), facts_of_pod(pod, Search::around()))
}

/// What stands over the columns of [`row`].
pub(super) const HEADINGS: [&str; 7] = ["NAME", "APP", "VERSION", "FLAVOUR", "ENGINE", "STATUS", "AGE"];

/// A pod in columns.
pub(super) fn row(pod: &Pod, now: Moment) -> Vec<String> {
    vec![
        pod.name(),
        pod.app.to_string(),
        pod.version.clone(),
        pod.flavour_name.clone(),
        pod.engine_name.clone(),
        status(pod),
        page::age_of(pod.created_at, now),
    ]
}

fn answer(pods: &[Pod], search: &Search, now: Moment) -> Answer {
    let columns = Columns {
        headings: HEADINGS.to_vec(),
        rows: pods.iter().map(|pod| row(pod, now)).collect(),
        empty: search.empty("pod", "No pods. `kab apps` lists what can be installed, `kab install APP` installs it."),
    };
    Answer::list(pods.iter().map(data::pod).collect(), columns, pods.iter().map(Pod::name).collect())
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
    let pods = source.pods().await?;
    let pod = find::pod(&pods, &show.pod)?;
    let now = page::now();
    let mut page = Page::new();
    page.field("Pod", pod.name());
    page.field("Status", status(pod));
    if let Some(found) = pod.reason.as_deref().and_then(explain) {
        page.field("Means", found.means);
        page.field("Do", found.advice);
    }
    page.field("App", format!("{} {}", pod.app, pod.version));
    page.field("Flavour", &pod.flavour_name);
    page.field("Engine", &pod.engine_name);
    page.field("Resource", pod.resource_name.as_deref().unwrap_or_default());
    page.field("Made", page::ago(pod.created_at, now));
    page.field("Confirmed", page::ago(pod.updated_at, now));
    page.field("Container", &pod.local_id);
    page.field("Id", pod.id.as_str());
    Ok(source.answered(context, Answer::text(data::pod(pod), page.into_text(), pod.name())))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn a_pod_tells_what_it_is_where_and_how() {
        let mut pods = [testing::pod("7", "greeter", "abcdef0123")];
        pods[0].reason = Some("exit code 1".into());
        let answer = answer(&pods, &Search::default(), Moment(121_500));
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
    fn a_query_finds_pods_as_the_terminal_does() {
        let pods = vec![testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "stardist", "fedcba3210")];
        let found = |typed: &str| {
            let found = Search { query: vec![typed.into()] }.among(pods.clone(), found_by);
            found.into_iter().map(|pod| pod.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!((found("star"), found("docker-ws").len(), found("nothing").len()), (vec!["8".into()], 2, 0));
    }
}
