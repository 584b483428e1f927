//! `kab engines actions` and `kab engines ask`: what an engine offers by itself, and asking for it.

use clap::Args;
use serde_json::{Map, Value, json};

use super::page::Page;
use super::{data, find, lists, outcome};
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::shell::word as word_of;
use crate::domain::{
    App, Engine, Failure, FailureKind, Misread, Names, Node, Offer, OfferPort, Pod, Repository, Things, searched,
};
use crate::services::Store;
use crate::tui::log::ENGINE_LOG;

/// Whose actions.
#[derive(Debug, Args)]
pub struct Actions {
    /// Name, kind or id
    engine: String,
}

/// What is asked of which engine.
#[derive(Debug, Args)]
pub struct Ask {
    /// Name, kind or id
    engine: String,
    /// The action, as `kab engines actions` names it
    action: String,
    /// What it takes: names will do for pods, resources and other things that kab knows; several have ; between them
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Wait until it is done
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait until it is done: the default
    #[arg(long)]
    no_wait: bool,
}

/// Lists what an engine offers beyond the verbs of this program.
pub async fn list(context: &Context<'_>, asked: &Actions) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let engines = lists::engines(&store).await?;
    let engine = find::engine(&engines, &asked.engine)?;
    Ok(listed(engine, &offers(&store, engine).await?))
}

async fn offers(store: &Store, engine: &Engine) -> Result<Vec<Offer>, Failure> {
    let what = format!("Could not ask what {} offers", engine.name);
    let mut offers = store.offers(engine).await.map_err(|error| error.failure(&what))?;
    // Its own log has a verb: `kab logs --engine`.
    offers.retain(|offer| offer.interface != ENGINE_LOG);
    Ok(offers)
}

fn listed(engine: &Engine, offers: &[Offer]) -> Answer {
    let row = |offer: &Offer| {
        let takes: Vec<String> = offer.ports.iter().map(takes).collect();
        vec![
            offer.interface.clone(),
            offer.name.clone(),
            takes.join(" "),
            offer.description.as_deref().and_then(|text| text.lines().next()).unwrap_or_default().to_owned(),
        ]
    };
    let columns = Columns {
        headings: vec!["ACTION", "NAME", "TAKES", "WHAT IT DOES"],
        rows: offers.iter().map(row).collect(),
        empty: format!("{} offers nothing beyond what kab has verbs for.", engine.name),
    };
    let items = offers.iter().map(|offer| {
        let ports = offer.ports.iter().map(|port| {
            json!({
                "name": port.key,
                "label": port.label,
                "description": port.description,
                "wants": port.wanted(),
                "optional": port.may_be_left_out(),
                "default": port.default,
            })
        });
        json!({
            "action": offer.interface,
            "name": offer.name,
            "description": offer.description,
            "takes": ports.collect::<Vec<Value>>(),
            "engine": data::engine_name(engine),
        })
    });
    Answer::list(items.collect(), columns, offers.iter().map(|offer| offer.interface.clone()).collect())
}

/// `pod` or `[grace]`: in brackets what may be left out.
fn takes(port: &OfferPort) -> String {
    if port.may_be_left_out() { format!("[{}]", port.key) } else { port.key.clone() }
}

/// Asks an engine for an action of its own.
pub async fn ask(context: &Context<'_>, asked: &Ask) -> Result<Answer, Failure> {
    let store = context.store().await?;
    let engines = lists::engines(&store).await?;
    let engine = find::engine(&engines, &asked.engine)?;
    let offers = offers(&store, engine).await?;
    let offer = find_offer(&offers, engine, &asked.action)?;
    let told = Told::of(&store, offer).await?;
    let values = values_of(offer, &asked.values, &told.things(&engines))?;
    let what = format!("Could not ask {} to {}", engine.name, offer.name);
    let (store, doubt) = store.with_doubt();
    let begun = doubt.told(store.take_offer(engine, offer, values), async { outcome::unsure(context) }).await;
    let task = begun.map_err(|error| error.failure(&what))?;
    context.begun.add(&task);
    let waits = asked.wait && !asked.no_wait;
    let task = if waits {
        outcome::wait(&store, context, task, &format!("{} on {}", offer.name, engine.name)).await?
    } else {
        task
    };
    let mut page = Page::new();
    let begun = if task.state.is_done() { "Done" } else { "Asked" };
    page.line(format!("{begun}: {} on {}, task {}.", offer.name, engine.name, task.id));
    let failure = if waits || task.state.is_done() { outcome::failure(&task, &what) } else { None };
    let text = if failure.is_some() { String::new() } else { page.into_text() };
    let answer = Answer::text(json!({ "task": data::task(&task) }), text, task.id.as_str());
    Ok(match failure {
        Some(failure) => answer.but(failure),
        None => answer,
    })
}

/// What the server told of the things that an action takes, and nothing else of it.
#[derive(Default)]
struct Told {
    apps: Vec<App>,
    nodes: Vec<Node>,
    pods: Vec<Pod>,
    repositories: Vec<Repository>,
}

impl Told {
    async fn of(store: &Store, offer: &Offer) -> Result<Self, Failure> {
        let takes = |structures: &[&str]| {
            let of = |port: &OfferPort| searched(port).and_then(|thing| thing.identifier.clone());
            offer.ports.iter().filter_map(of).any(|identifier| structures.contains(&identifier.as_str()))
        };
        let mut told = Self::default();
        if takes(&["@kabinet/release", "@kabinet/flavour"]) {
            told.apps = lists::apps(store).await?;
        }
        if takes(&["@kabinet/definition"]) {
            told.nodes = lists::nodes(store).await?;
        }
        if takes(&["@kabinet/pod"]) {
            told.pods = lists::pods(store).await?;
        }
        if takes(&["@kabinet/repo"]) {
            told.repositories = lists::repositories(store).await?;
        }
        Ok(told)
    }

    fn things<'a>(&'a self, engines: &'a [Engine]) -> Things<'a> {
        let Self { apps, nodes, pods, repositories } = self;
        Things { apps, nodes, engines, pods, repositories }
    }
}

/// The action that is meant, by the engine's own name of it or by the one for people.
fn find_offer<'a>(offers: &'a [Offer], engine: &Engine, word: &str) -> Result<&'a Offer, Failure> {
    let mut found: Vec<&Offer> = offers.iter().filter(|offer| offer.interface == word).collect();
    if found.is_empty() {
        found = offers.iter().filter(|offer| offer.name.eq_ignore_ascii_case(word)).collect();
    }
    let list = format!("`kab engines actions {}` lists what it offers.", word_of(&engine.name));
    match found.as_slice() {
        [offer] => Ok(offer),
        [] => Err(find::not_found("action", word, offers.iter().map(|offer| offer.interface.as_str()), &list)),
        several => {
            let names: Vec<&str> = several.iter().map(|offer| offer.interface.as_str()).collect();
            let why = format!("`{word}` may mean {}", names.join(" or "));
            Err(Failure::new("Several actions have this name", why).kind(FailureKind::Usage).hint(list))
        }
    }
}

/// The values in the wire form, by port.
fn values_of(offer: &Offer, words: &[String], things: &Things<'_>) -> Result<Map<String, Value>, Failure> {
    let wrong = |why: String| {
        let takes: Vec<String> =
            offer.ports.iter().map(|port| format!("{} ({})", takes(port), port.wanted())).collect();
        let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
        Failure::new(format!("Could not ask for {}", offer.name), why)
            .kind(FailureKind::Usage)
            .hint(format!("It takes {takes}."))
    };
    let mut typed: Vec<(&str, &str)> = Vec::new();
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| wrong(format!("`{word}` is no NAME=VALUE")))?;
        if !offer.ports.iter().any(|port| port.key == name) {
            return Err(wrong(format!("it takes nothing called `{name}`")));
        }
        if typed.iter().any(|(known, _)| *known == name) {
            return Err(wrong(format!("`{name}` stands twice")));
        }
        typed.push((name, value));
    }
    let mut values = Map::new();
    for port in &offer.ports {
        let given = typed.iter().find(|(name, _)| *name == port.key).map(|(_, value)| *value);
        if !port.is_known() {
            match given {
                None if port.may_be_left_out() => continue,
                _ => return Err(wrong(format!("it needs `{}`, which kab cannot fill in", port.key))),
            }
        }
        let read = things.read(port, given.unwrap_or_default(), Names::Whole).map_err(|misread| {
            let failure = wrong(format!("`{}` {misread}", port.key));
            if matches!(misread, Misread::Nothing(_)) { failure.kind(FailureKind::NotFound) } else { failure }
        });
        if let Some(value) = read? {
            values.insert(port.key.clone(), value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::domain::PortKind;

    fn port(key: &str, kind: PortKind) -> OfferPort {
        OfferPort {
            key: key.into(),
            label: None,
            description: None,
            kind,
            identifier: None,
            nullable: false,
            default: None,
            choices: Vec::new(),
            children: Vec::new(),
        }
    }

    fn offer() -> Offer {
        let pod = OfferPort { identifier: Some("@kabinet/pod".into()), ..port("pod", PortKind::Structure) };
        let grace = OfferPort { default: Some(json!(30)), ..port("grace", PortKind::Int) };
        Offer {
            id: "31".into(),
            interface: "move".into(),
            name: "Move".into(),
            description: Some("Moves a pod".into()),
            ports: vec![pod, grace],
        }
    }

    fn read(words: &[&str]) -> Result<Map<String, Value>, Failure> {
        let pods = [testing::pod("7", "greeter", "abcdef0123"), testing::pod("8", "greeter", "00ffaa0123")];
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        values_of(&offer(), &words, &Things { pods: &pods, ..Things::default() })
    }

    #[test]
    fn values_are_read_by_their_names_and_things_are_found_by_theirs() {
        let values = read(&["pod=greeter-abcdef01", "grace=5"]).unwrap();
        assert_eq!(values["pod"], json!({ "__identifier": "@kabinet/pod", "object": "7" }));
        assert_eq!(values["grace"], json!(5));
        assert_eq!(read(&["pod=8"]).unwrap().len(), 1, "what has a default is left to the engine");
    }

    #[test]
    fn what_is_wrong_is_said_with_what_it_takes() {
        for (words, expected) in [
            (&["pod"][..], "`pod` is no NAME=VALUE"),
            (&["pot=7"], "it takes nothing called `pot`"),
            (&["pod=7", "pod=8"], "`pod` stands twice"),
            (&[], "`pod` needs the id of a @kabinet/pod"),
            (&["pod=7", "grace=soon"], "`grace` must be a whole number"),
        ] {
            let failure = read(words).unwrap_err();
            assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Usage, expected));
            assert!(failure.hint.starts_with("It takes pod (the id of a @kabinet/pod), [grace]"), "{failure}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found_and_no_part_of_a_name_or_number_means_another_thing() {
        for word in ["pod=greeter", "pod=docker-ws", "pod=greeter-abc"] {
            assert_eq!(read(&[word]).unwrap_err().kind, FailureKind::NotFound, "{word}");
        }
        // Pod 1 is gone; the 1 in another one's name does not make it that one.
        assert_eq!(read(&["pod=1"]).unwrap()["pod"]["object"], "1");
        assert_eq!(read(&["pod=greeter-ABCDEF01 on docker-ws"]).unwrap()["pod"]["object"], "7");
    }

    #[test]
    fn actions_are_listed_with_what_they_take_and_found_by_either_name() {
        let engine = testing::engine("1", "docker-ws", &[]);
        let listed = listed(&engine, &[offer()]);
        assert_eq!(listed.columns.expect("columns").rows, [["move", "Move", "pod [grace]", "Moves a pod"]]);
        assert_eq!(listed.data[0]["takes"][1]["optional"], json!(true));
        let offers = [offer()];
        for word in ["move", "Move", "MOVE"] {
            assert!(find_offer(&offers, &engine, word).is_ok(), "{word}");
        }
        let twice = [offer(), Offer { interface: "move_all".into(), ..offer() }];
        let failure = find_offer(&twice, &engine, "Move").unwrap_err();
        assert_eq!((failure.kind, failure.why.as_str()), (FailureKind::Usage, "`Move` may mean move or move_all"));
        let failure = find_offer(&offers, &engine, "moves").unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert!(failure.to_string().contains("move"), "{failure}");
    }
}
