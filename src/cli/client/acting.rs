//! `kab start|stop|restart|remove`: the life of pods. All names have to mean something before anything is done.

use std::collections::HashSet;

use clap::Args;
use serde_json::{Value, json};

use super::outcome::together;
use super::page::Page;
use super::{data, find, lists, outcome};
use crate::access;
use crate::cli::context::{Consent, Context};
use crate::cli::output::{Answer, error_of};
use crate::domain::{Engine, Failure, FailureKind, Pod, PodVerb, Task};
use crate::services::Store;

/// Which pods.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Ids, names, or beginnings of containers' ids
    #[arg(value_name = "POD", required = true)]
    pods: Vec<String>,
    /// Wait until it is done: the default
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait until it is done
    #[arg(long)]
    no_wait: bool,
}

/// What became of one pod.
struct Done {
    pod: Pod,
    task: Option<Task>,
    failure: Option<Failure>,
}

/// Does it to all of them at once.
pub async fn run(context: &Context<'_>, verb: PodVerb, arguments: &Arguments) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let (pods, engines) = futures_util::try_join!(lists::pods(&store), lists::engines(&store))?;
    let mut seen = HashSet::new();
    let mut chosen: Vec<Pod> = Vec::new();
    for word in &arguments.pods {
        let pod = find::pod(&pods, word)?;
        if seen.insert(pod.id.clone()) {
            chosen.push(pod.clone());
        }
    }
    if verb == PodVerb::Remove {
        ask(context, &store, &chosen).await?;
    }
    let wish = Wish { context, store: &store, verb, wait: arguments.wait || !arguments.no_wait };
    let work = chosen.into_iter().map(|pod| {
        let engine = engines.iter().find(|engine| engine.id == pod.engine);
        wish.carry_out(pod, engine)
    });
    let done = futures_util::future::join_all(work).await;
    Ok(answer(&wish.words(), done))
}

/// Asks a person before pods go.
pub(super) async fn ask(context: &Context<'_>, store: &Store, pods: &[Pod]) -> Result<(), Failure> {
    let all: Vec<&Pod> = pods.iter().collect();
    match consent(context, store, &all, &question(pods)).await? {
        Consent::Given => Ok(()),
        Consent::Refused => Err(Failure::new("Nothing was removed", "you did not say yes")),
        Consent::NobodyThere => Err(Failure::new("Nothing was removed", "removing needs your consent")
            .kind(FailureKind::Usage)
            .hint("Give it with --yes.")),
    }
}

/// What the person says to a question after which these pods go. Where a name is to be typed, it is that of the one pod;
/// several have none in common but the server's.
pub(super) async fn consent(
    context: &Context<'_>,
    store: &Store,
    pods: &[&Pod],
    question: &str,
) -> Result<Consent, Failure> {
    let me = access::subject(store.session()).await;
    let name = match pods {
        [pod] => pod.name(),
        _ => context.chosen()?.name.to_string(),
    };
    let of_another = pods.iter().any(|pod| pod.is_of_another(&me));
    context.consent_by_name(question, &name, of_another).await
}

/// `Remove greeter-8c1f20e4 on docker-ws? The container and its log go.`
fn question(pods: &[Pod]) -> String {
    match pods {
        [pod] => format!("Remove {}? The container and its log go.", called(pod)),
        pods => {
            let names: Vec<String> = pods.iter().map(called).collect();
            format!("Remove {} pods: {}? The containers and their logs go.", pods.len(), names.join(", "))
        }
    }
}

/// `greeter-8c1f20e4 on docker-ws, of ada`.
fn called(pod: &Pod) -> String {
    let whose = pod.owner.as_ref().map_or_else(String::new, |owner| format!(", of {}", owner.name));
    format!("{} on {}{whose}", pod.name(), pod.engine_name)
}

/// The words for a verb.
#[derive(Debug, Clone, Copy)]
struct Words {
    /// `stop`
    plain: &'static str,
    /// `Stopping`
    doing: &'static str,
    /// `Stopped`, or what was begun only.
    done: &'static str,
}

struct Wish<'a> {
    context: &'a Context<'a>,
    store: &'a Store,
    verb: PodVerb,
    wait: bool,
}

impl Wish<'_> {
    fn words(&self) -> Words {
        let words = |plain, doing, done| Words { plain, doing, done };
        let words = match self.verb {
            PodVerb::Start => words("start", "Starting", "Started"),
            PodVerb::Stop => words("stop", "Stopping", "Stopped"),
            PodVerb::Restart => words("restart", "Restarting", "Restarted"),
            PodVerb::Remove => words("remove", "Removing", "Removed"),
        };
        if self.wait { words } else { Words { done: words.doing, ..words } }
    }

    /// Does it to one pod, and never fails: how it went stands in what comes back.
    async fn carry_out(&self, pod: Pod, engine: Option<&Engine>) -> Done {
        let what = format!("Could not {} {} on {}", self.words().plain, pod.name(), pod.engine_name);
        let Some(engine) = engine else {
            let failure = Failure::new(&what, "its engine is not known any more");
            return Done { pod, task: None, failure: Some(failure) };
        };
        let (store, doubt) = self.store.with_doubt();
        let begun = doubt.told(store.act(self.verb, &pod.id, engine), async { outcome::unsure(self.context) }).await;
        let task = match begun {
            Ok(task) => task,
            Err(error) => return Done { pod, task: None, failure: Some(error.failure(&what)) },
        };
        self.context.begun.add(&task);
        if !self.wait {
            return Done { pod, task: Some(task), failure: None };
        }
        let title = format!("{} {}", self.words().doing, pod.name());
        let ended = match outcome::wait(self.store, self.context, task.clone(), &title).await {
            Ok(ended) => ended,
            Err(failure) => return Done { pod, task: Some(task), failure: Some(failure) },
        };
        let failure = outcome::failure(&ended, &what);
        // A pod that cannot be read now is told as it was; a removed one is gone.
        let pod = match self.verb {
            PodVerb::Remove => pod,
            _ => self.store.pod(&pod.id).await.unwrap_or(pod),
        };
        Done { pod, task: Some(ended), failure }
    }
}

fn answer(words: &Words, done: Vec<Done>) -> Answer {
    let mut page = Page::new();
    let mut items: Vec<Value> = Vec::new();
    let mut names = Vec::new();
    let mut failures = Vec::new();
    let all = done.len();
    for Done { pod, task, failure } in done {
        items.push(json!({
            "pod": data::pod(&pod),
            "task": task.as_ref().map(data::task),
            "ok": failure.is_none(),
            "error": failure.as_ref().map(error_of),
        }));
        if failure.is_none() {
            page.line(format!("{} {} on {}.", words.done, pod.name(), pod.engine_name));
            names.push(pod.name());
        }
        failures.extend(failure);
    }
    let text = page.into_text();
    let answer = Answer { data: items.into(), text: Some(text), names, ..Answer::nothing() };
    match together(failures, all, &format!("Could not {} all pods", words.plain)) {
        Some(failure) => answer.but(failure),
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    const WORDS: Words = Words { plain: "stop", doing: "Stopping", done: "Stopped" };

    fn done(id: &str, failure: Option<Failure>) -> Done {
        Done { pod: testing::pod(id, "greeter", &format!("{id}bcdef0123")), task: None, failure }
    }

    #[test]
    fn what_worked_is_told_and_what_failed_makes_it_partial() {
        let failure = Failure::new("Could not stop b", "gone");
        let answer = answer(&WORDS, vec![done("a", None), done("b", Some(failure))]);
        assert_eq!(answer.text.as_deref(), Some("Stopped greeter-abcdef01 on docker-ws.\n"));
        assert_eq!((&answer.data[0]["ok"], &answer.data[1]["ok"]), (&json!(true), &json!(false)));
        let error = &answer.data[1]["error"];
        assert_eq!((&error["why"], &error["exit_code"]), (&json!("gone"), &json!(1)), "as in the envelope");
        assert_eq!(answer.failure.map(|failure| failure.kind), Some(FailureKind::Partial));
    }

    #[test]
    fn a_removal_says_what_goes() {
        let one = testing::pod("7", "greeter", "abcdef0123");
        assert_eq!(
            question(std::slice::from_ref(&one)),
            "Remove greeter-abcdef01 on docker-ws? The container and its log go."
        );
        assert!(question(&[one.clone(), one]).starts_with("Remove 2 pods: greeter-abcdef01 on docker-ws, "));
    }
}
