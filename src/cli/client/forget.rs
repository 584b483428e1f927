//! `kab pods forget`: deletes the records of pods that nobody can confirm any more. Their engines are asked for nothing.

use clap::Args;
use serde_json::{Value, json};

use super::outcome::together;
use super::page::{self, Page};
use super::{acting, data, find, lists};
use crate::cli::context::{Consent, Context};
use crate::cli::output::{Answer, error_of};
use crate::domain::{Engine, Failure, FailureKind, Moment, Needed, Pod};

/// Which records.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Ids, names, or beginnings of containers' ids
    #[arg(value_name = "POD", required = true)]
    pods: Vec<String>,
}

/// Forgets them, after a person said so; nothing is forgotten where one of them must not be.
pub async fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let (pods, engines) = futures_util::try_join!(lists::pods(&store), lists::engines(&store))?;
    let mut chosen: Vec<&Pod> = Vec::new();
    for word in &arguments.pods {
        let pod = find::pod(&pods, word)?;
        if let Some(failure) = refusal(pod, &engines, page::now()) {
            return Err(failure);
        }
        if !chosen.iter().any(|known| known.id == pod.id) {
            chosen.push(pod);
        }
    }
    match acting::consent(context, &store, &chosen, &question(&chosen)).await? {
        Consent::Given => {}
        Consent::Refused => return Err(Failure::new("Nothing was forgotten", "you did not say yes")),
        Consent::NobodyThere => {
            return Err(Failure::new("Nothing was forgotten", "forgetting needs your consent")
                .kind(FailureKind::Usage)
                .hint("Give it with --yes."));
        }
    }
    let mut done = Vec::new();
    for pod in chosen {
        let what = format!("Could not forget {}", pod.name());
        done.push((pod, store.forget_pod(&pod.id).await.err().map(|error| error.failure(&what))));
    }
    Ok(answer(done))
}

/// Why a record must not be forgotten.
fn refusal(pod: &Pod, engines: &[Engine], now: Moment) -> Option<Failure> {
    let refused = |why: String| Failure::new(format!("{} was not forgotten", pod.name()), why);
    if engines.is_empty() {
        // A server without engines may be one that did not tell them.
        return Some(refused("the server told no engine, so that nobody knows whether it is gone".into()));
    }
    let engine = engines.iter().find(|engine| engine.id == pod.engine);
    let (why, hint) = match pod.needed(engine, now)? {
        Needed::ToRemoveIt => (
            format!("{} is online", pod.engine_name),
            format!("`kab remove {}` removes it with its container.", pod.name()),
        ),
        Needed::PerhapsToRemoveIt => {
            (format!("nobody can tell whether {} is online", pod.engine_name), String::from("Ask again later."))
        }
    };
    Some(refused(why).hint(hint))
}

/// `Forget greeter-8c1f20e4 on docker-ws? …`
fn question(pods: &[&Pod]) -> String {
    let names: Vec<String> = pods.iter().map(|pod| format!("{} on {}", pod.name(), pod.engine_name)).collect();
    let still = match pods {
        [_] => "a container that is still there may run on",
        _ => "containers that are still there may run on",
    };
    format!("Forget the record of {}? The stored log goes too; {still}, and nobody here knows of it.", names.join(", "))
}

fn answer(done: Vec<(&Pod, Option<Failure>)>) -> Answer {
    let mut page = Page::new();
    let count = done.len();
    let mut items: Vec<Value> = Vec::new();
    let mut names = Vec::new();
    let mut failures = Vec::new();
    for (pod, failure) in done {
        items.push(json!({
            "pod": data::pod(pod),
            "ok": failure.is_none(),
            "error": failure.as_ref().map(error_of),
        }));
        if failure.is_none() {
            page.line(format!("Forgotten: {} on {}.", pod.name(), pod.engine_name));
            names.push(pod.name());
        }
        failures.extend(failure);
    }
    let answer = Answer { data: items.into(), text: Some(page.into_text()), names, ..Answer::nothing() };
    match together(failures, count, "Could not forget all records") {
        Some(failure) => answer.but(failure),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::Liveness;

    #[test]
    fn what_can_be_removed_is_not_forgotten_and_what_nobody_can_reach_is() {
        let pod = testing::pod("7", "greeter", "abcdef0123");
        let with = |liveness| vec![Engine { liveness, ..testing::engine("1", "docker-ws", &[]) }];
        let failure = refusal(&pod, &with(Liveness::Online), Moment(0)).expect("its engine is there");
        assert!(failure.hint.starts_with("`kab remove greeter-abcdef01`"), "{failure}");
        let failure = refusal(&pod, &with(Liveness::Unknown), Moment(0)).expect("nobody knows");
        assert!(failure.why.contains("nobody can tell"), "{failure}");
        assert_eq!(refusal(&pod, &with(Liveness::Offline { last_seen: None }), Moment(0)), None);
        let other = [Engine { id: "2".into(), ..testing::engine("2", "podman-ws", &[]) }];
        assert_eq!(refusal(&pod, &other, Moment(0)), None, "its engine is gone");
        assert!(refusal(&pod, &[], Moment(0)).is_some(), "nobody knows");
    }

    #[test]
    fn the_question_names_them_and_says_what_stays() {
        let pod = testing::pod("7", "greeter", "abcdef0123");
        let one = question(&[&pod]);
        assert!(one.starts_with("Forget the record of greeter-abcdef01 on docker-ws? ") && one.contains("may run on"));
        let told = answer(vec![(&pod, None), (&pod, Some(Failure::new("Could not forget b", "gone")))]);
        assert_eq!(told.text.as_deref(), Some("Forgotten: greeter-abcdef01 on docker-ws.\n"));
        assert_eq!(told.failure.map(|failure| failure.kind), Some(FailureKind::Partial));
    }
}
