//! Selectors of servers that may fail on reading them: a page by aliases; those that fail are named by the error's path
//! and left out of the next attempt; without a path it is one by one.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use graphql_client::GraphQLQuery as _;
use serde_json::{Map, Value};

use super::super::{
    capabilities::Has,
    documents::{FlavourSelectors, FlavourSelectorsFirst, flavour_selectors, flavour_selectors_first},
    graphql::{Client, Partial, ServerError},
    wire::Needs,
};
use super::{Error, Result, Store};
use crate::domain::{Selectors, clean_line};

/// Flavours of one request.
const BATCH: usize = 25;

/// Flavours that cannot be read are left out of a batch so often before the rest is asked for one by one.
const ROUNDS: usize = 3;

/// Flavours that are asked for one by one at the same time.
const ALONE: usize = 4;

impl Store {
    pub(super) async fn selectors_of(&self, flavours: &[String]) -> Result<BTreeMap<String, Selectors>> {
        let kabinet = self.session.kabinet()?;
        let newest = self.capabilities().await?.selectors;
        let text = if newest.is_yes() { flavour_selectors::QUERY } else { flavour_selectors_first::QUERY };
        // The fragment is the document's own: what is composed here stays what was checked.
        let fragment = text.find("fragment").map_or("", |at| &text[at..]);
        let mut read = BTreeMap::new();
        for batch in flavours.chunks(BATCH) {
            let mut open: Vec<&String> = batch.iter().collect();
            let mut rounds = 0;
            while !open.is_empty() {
                match together(kabinet, fragment, &open).await {
                    Ok(found) => {
                        read.extend(found);
                        break;
                    }
                    Err(Failed::At(culprits)) if rounds < ROUNDS => {
                        rounds += 1;
                        open.retain(|flavour| !culprits.contains_key(*flavour));
                        read.extend(culprits.into_iter().map(|(id, why)| (id, Selectors::Unreadable(why))));
                    }
                    // Where many fail, asking for each of them ends sooner than finding the next one out.
                    Err(Failed::At(_) | Failed::Somewhere) => {
                        let ids = open.drain(..).cloned().collect();
                        read.extend(each_alone(kabinet, newest, ids).await?);
                    }
                    Err(Failed::Altogether(error @ Error::SignIn(_))) => return Err(error),
                    // One batch that cannot be had must not take the other apps with it.
                    Err(Failed::Altogether(error)) => {
                        tracing::warn!("the selectors of {} flavours cannot be read: {error}", open.len());
                        let why = Selectors::Unreadable(clean_line(&error.to_string()));
                        read.extend(open.drain(..).map(|flavour| (flavour.clone(), why.clone())));
                    }
                }
            }
        }
        Ok(read)
    }
}

enum Failed {
    /// At these, with the reasons.
    At(BTreeMap<String, String>),
    Somewhere,
    Altogether(Error),
}

async fn together(kabinet: &Client, fragment: &str, ids: &[&String]) -> Result<BTreeMap<String, Selectors>, Failed> {
    let declared: Vec<_> = (0..ids.len()).map(|at| format!("$i{at}: ID!")).collect();
    let fields: Vec<_> = (0..ids.len()).map(|at| format!("f{at}: flavour(id: $i{at}) {{ ...Needs }}")).collect();
    let variables: Map<String, Value> =
        ids.iter().enumerate().map(|(at, id)| (format!("i{at}"), Value::String((*id).clone()))).collect();
    let document = format!("query ({}) {{ {} }} {fragment}", declared.join(", "), fields.join(" "));
    let body = serde_json::json!({ "query": document, "variables": variables });
    match kabinet.post_raw(&body).await {
        Ok(Partial { data: Value::Object(fields), errors }) if errors.is_empty() => {
            let read = |at: usize| fields.get(&format!("f{at}")).cloned().unwrap_or_default();
            Ok(ids.iter().enumerate().map(|(at, id)| ((*id).clone(), known(read(at)))).collect())
        }
        Ok(Partial { errors, .. }) => Err(culprit(&errors, ids)),
        Err(Error::Refused(_) | Error::NotFound(_) | Error::Status { .. } | Error::Page { .. }) => {
            Err(Failed::Somewhere)
        }
        Err(error) => Err(Failed::Altogether(error)),
    }
}

fn culprit(errors: &[ServerError], ids: &[&String]) -> Failed {
    let named = errors.iter().filter_map(|error| {
        let at: usize = error.root()?.strip_prefix('f')?.parse().ok()?;
        Some(((*ids.get(at)?).clone(), reason(&error.message)))
    });
    let named: BTreeMap<_, _> = named.collect();
    if named.is_empty() { Failed::Somewhere } else { Failed::At(named) }
}

/// A few at a time.
async fn each_alone(kabinet: &Client, newest: Has, ids: Vec<String>) -> Result<Vec<(String, Selectors)>> {
    let asked = ids.into_iter().map(|id| {
        let kabinet = kabinet.clone();
        async move {
            let selectors = alone(&kabinet, newest, &id).await?;
            Ok((id, selectors))
        }
    });
    stream::iter(asked).buffer_unordered(ALONE).try_collect().await
}

async fn alone(kabinet: &Client, newest: Has, id: &str) -> Result<Selectors> {
    let id = id.to_owned();
    let body = if newest.is_yes() {
        serde_json::to_value(FlavourSelectors::build_query(flavour_selectors::Variables { id }))
    } else {
        serde_json::to_value(FlavourSelectorsFirst::build_query(flavour_selectors_first::Variables { id }))
    };
    let body = body.map_err(|error| Error::Refused(error.to_string()))?;
    match kabinet.post_body::<Value>(&body).await {
        Ok(mut answer) => Ok(known(answer.data["flavour"].take())),
        Err(Error::Refused(why) | Error::NotFound(why)) => Ok(Selectors::Unreadable(reason(&why))),
        Err(error @ Error::SignIn(_)) => Err(error),
        Err(error) => Ok(Selectors::Unreadable(clean_line(&error.to_string()))),
    }
}

fn known(flavour: Value) -> Selectors {
    serde_json::from_value::<Needs>(flavour)
        .map_or_else(|error| Selectors::Unreadable(error.to_string()), Needs::into_domain)
}

/// The first line of the validation library's long report.
fn reason(message: &str) -> String {
    clean_line(message.lines().next().unwrap_or_default())
}
