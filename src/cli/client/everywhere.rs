//! `kab pods --all-contexts`: the pods of every server in one list. Servers that do not answer are named, and hold up nobody.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;

use super::{Search, page, pods};
use crate::access::{Flags, Variables, pods_everywhere};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Failure, FailureKind, Inventory, Pod};
use crate::search::{Document, Facts};
use crate::tui::data::{facts_of_pod_on, of_pod_on};

/// Lists the pods of all contexts.
pub async fn list(context: &Context<'_>, search: &Search, limit: usize) -> Result<Answer, Failure> {
    let meant = context.chosen().ok().map(|chosen| chosen.name.to_string());
    let flags = context.common.flags();
    // A token of the environment or of a flag is for the server that is meant, and for no other.
    let flags_of = |name: &str| {
        let context = Some(name.to_owned());
        if meant.as_deref() == Some(name) {
            return Flags { context, ..flags.clone() };
        }
        Flags { context, token_file: None, ca_file: None, variables: Variables::NoToken, ..flags.clone() }
    };
    let mut asked = pods_everywhere(&context.folders, flags_of)?;
    let mut found: Vec<(String, Pod)> = Vec::new();
    let mut all: BTreeMap<String, Inventory> = BTreeMap::new();
    let mut absent: Vec<(String, Failure)> = Vec::new();
    while let Some((name, told)) = asked.pods.next().await {
        match told {
            Ok(told) => {
                found.extend(told.pods.iter().map(|pod| (name.to_string(), pod.clone())));
                all.insert(name.to_string(), told);
            }
            Err(failure) => absent.push((name.to_string(), failure)),
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    absent.sort_by(|a, b| a.0.cmp(&b.0));
    let nothing = Inventory::default();
    let mut found = search.among(found, |it| found_by(it, all.get(&it.0).unwrap_or(&nothing)));
    found.truncate(limit);
    let answer = answer(&found, &all, search);
    Ok(match missing(&absent, asked.contexts.len()) {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

/// What a query is held against: what each server told, and which one that is.
fn found_by((context, pod): &(String, Pod), told: &Inventory) -> (Document, Facts) {
    (of_pod_on(context, pod), facts_of_pod_on(context, pod, (told, page::now())))
}

/// What is said of servers that did not answer. That this machine has no server at the moment is no failure.
fn missing(absent: &[(String, Failure)], asked: usize) -> Option<Failure> {
    let absent: Vec<_> = absent.iter().filter(|(name, _)| name != crate::config::LOCAL).collect();
    let first = absent.first()?;
    let why: Vec<_> = absent.iter().map(|(name, failure)| format!("{name}: {}", failure.why)).collect();
    let kind = if absent.len() == asked { first.1.kind } else { FailureKind::Partial };
    Some(Failure::new("Not all contexts could be asked", why.join("; ")).kind(kind))
}

fn answer(found: &[(String, Pod)], all: &BTreeMap<String, Inventory>, search: &Search) -> Answer {
    let (now, nothing) = (page::now(), Inventory::default());
    let of = |context: &str| all.get(context).unwrap_or(&nothing);
    let row = |(context, pod): &(String, Pod)| {
        let mut row = vec![context.clone()];
        row.extend(pods::row(pod, of(context), now));
        row
    };
    let told = |(context, pod): &(String, Pod)| {
        let mut value = pods::told_data(pod, of(context), now);
        value["context"] = context.as_str().into();
        value
    };
    let mut headings = vec!["CONTEXT"];
    headings.extend(pods::HEADINGS);
    let columns = Columns {
        headings,
        rows: found.iter().map(row).collect(),
        empty: search.empty("pod", "No pods in any context."),
    };
    let names = found.iter().map(|(context, pod)| format!("{context}/{}", pod.name())).collect();
    Answer::list(found.iter().map(told).collect(), columns, names)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn every_pod_tells_its_context_and_who_is_absent_is_named() {
        let found = [
            ("lab".to_owned(), testing::pod("7", "greeter", "abcdef0123")),
            ("lab2".to_owned(), testing::pod("7", "stardist", "fedcba3210")),
        ];
        let answer = answer(&found, &BTreeMap::new(), &Search::default());
        assert_eq!(answer.data[1]["context"], "lab2");
        assert_eq!(answer.names, ["lab/greeter-abcdef01", "lab2/stardist-fedcba32"]);
        let rows = answer.columns.expect("columns").rows;
        assert_eq!((rows[0][0].as_str(), rows[1][1].as_str()), ("lab", "stardist-fedcba32"));

        let among = |typed: &str| {
            let search = Search { query: vec![typed.into()] };
            let kept = search.among(found.to_vec(), |it| found_by(it, &Inventory::default()));
            kept.into_iter().map(|(context, pod)| format!("{context} {}", pod.app)).collect::<Vec<_>>()
        };
        assert_eq!(
            (among("server:lab2 status:running"), among("lab2 greeter")),
            (vec!["lab2 live.kab.demo.stardist".to_owned()], vec![])
        );
        assert_eq!(among("greeter").len(), 1);

        let out = |name: &str| (name.to_owned(), Failure::new("x", "signed out").kind(FailureKind::SignIn));
        assert_eq!(missing(&[out("local")], 2), None, "this machine may have no server");
        let failure = missing(&[out("lab3"), out("lab4")], 3).expect("a failure");
        assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Partial, "lab3: signed out; lab4: signed out"));
        assert_eq!(missing(&[out("lab3")], 1).expect("a failure").kind, FailureKind::SignIn);
    }
}
