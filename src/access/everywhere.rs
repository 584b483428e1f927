//! The pods of all contexts at once, with the engines that vouch for them. Each one is asked by its own login, and none waits
//! for another; nothing is started and nobody is signed in for it.

use std::time::Duration;

use futures_util::{
    StreamExt as _,
    stream::{BoxStream, FuturesUnordered},
};

use super::choice::{Flags, Given, choose};
use super::connect::{connect, subject};
use super::contexts::{Known, LoginState, contexts};
use crate::config::{ContextName, Folders};
use crate::domain::{Failure, FailureKind, Inventory};
use crate::local::{self, Found};

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked, and the answers as they come.
pub struct Everywhere {
    /// The contexts that are asked.
    pub contexts: Vec<ContextName>,
    /// Their answers, in any order.
    pub pods: BoxStream<'static, (ContextName, Result<Inventory, Failure>)>,
}

/// Asks all contexts for their pods; `flags` tells what holds for one of them.
///
/// # Errors
/// When the file of contexts is broken.
pub fn pods_everywhere(folders: &Folders, flags: impl Fn(&str) -> Flags) -> Result<Everywhere, Failure> {
    let known = contexts(folders)?;
    let names = known.iter().map(|known| known.name.clone()).collect();
    let asking: FuturesUnordered<_> = known
        .into_iter()
        .map(|known| {
            let (folders, flags) = (folders.clone(), flags(known.name.as_str()));
            async move {
                let what = format!("Could not list the pods of {}", known.name);
                let asked = Box::pin(pods_of(&folders, &known, &flags));
                let late = |_| {
                    let why = format!("no answer within {} s", PATIENCE.as_secs());
                    Err(Failure::new(&what, why).kind(FailureKind::Network))
                };
                let pods = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(late);
                (known.name, pods.map_err(|failure| Failure { what: what.clone(), ..failure }))
            }
        })
        .collect();
    Ok(Everywhere { contexts: names, pods: asking.boxed() })
}

async fn pods_of(folders: &Folders, known: &Known, flags: &Flags) -> Result<Inventory, Failure> {
    let what = "Could not list the pods";
    let store = if known.entry.is_none() {
        match local::find(folders).await? {
            Found::Server(found) => found.1,
            Found::Nothing => return Err(Failure::new(what, "its server does not run").kind(FailureKind::Network)),
            Found::Silent(failure) | Found::Hung(failure) => return Err(failure),
        }
    } else {
        let chosen = choose(folders, flags)?;
        let is_out = matches!(known.login, LoginState::Never | LoginState::SignedOut(_));
        if is_out && chosen.given == Given::Nothing {
            let hint = format!("`kab login --context {}` signs in.", known.name);
            return Err(Failure::new(what, "signed out").kind(FailureKind::SignIn).hint(hint));
        }
        connect(folders, &chosen, |_| {}).await?.store
    };
    // Without its engines nobody knows which of the pods can be confirmed; a server that does not tell them is believed.
    let (pods, engines, me) = tokio::join!(store.pods(), store.engines(), subject(store.session()));
    Ok(Inventory { pods: pods.map_err(|error| error.failure(what))?, engines: engines.unwrap_or_default(), me })
}
