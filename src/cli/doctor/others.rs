//! The other servers that kab knows, where none was chosen for this one command: the way to each of them and what it says
//! of itself, without a login and all at once. None of them decides how the report ends: they are not what is used.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::check::{Check, Section, State};
use super::elsewhere;
use super::reach::{self, Door, Side};
use super::services::{self, Service};
use crate::access::{self, Chosen, Flags, Origin};
use crate::config::{ContextEntry, ContextName, Folders, Place};
use crate::services::{Http, Tls};

/// How long one server may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Looks at all contexts but the chosen one. This machine's own server is looked at apart.
pub async fn checks(folders: &Folders, chosen: &Chosen, flags: &Flags) -> Vec<Check> {
    if matches!(chosen.origin, Origin::Flag | Origin::Variable) {
        return Vec::new();
    }
    // A file that cannot be read is told with the chosen one.
    let known = access::contexts(folders).unwrap_or_default();
    let others = known.into_iter().filter(|known| known.entry.is_some() && known.name != chosen.name);
    let looks = others.map(|known| async move {
        let found = look(folders, &known.name, flags).await;
        found.into_iter().map(|check| named(&known.name, check)).collect::<Vec<_>>()
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// The check, as one of that context. What does not work there keeps nobody from working here.
fn named(context: &ContextName, check: Check) -> Check {
    let state = if check.state == State::Fail { State::Warn } else { check.state };
    let name = format!("{context}: {}", check.name);
    Check { value: check.value, ..Check::new(Section::Contexts, name, state, check.detail).hint(check.hint) }
}

async fn look(folders: &Folders, name: &ContextName, flags: &Flags) -> Vec<Check> {
    let flags = Flags { context: Some(name.to_string()), ca_file: flags.ca_file.clone(), ..Flags::default() };
    let chosen = match access::choose(folders, &flags) {
        Ok(chosen) => chosen,
        Err(failure) => return vec![Check::failed(Section::Contexts, "context", &failure)],
    };
    let Some(place) = chosen.entry.as_ref().and_then(ContextEntry::place) else {
        return vec![Check::warn(Section::Contexts, "address", "it has none").hint("`kab context` lists them all.")];
    };
    let mut checks = Vec::new();
    let tls = Tls::with_authorities(chosen.ca_file.as_deref()).unwrap_or_else(|error| {
        checks.push(Check::failed(Section::Contexts, "authorities", &error.failure("")));
        Tls::default()
    });
    let Ok(http) = Http::trusting(tls.clone()) else { return checks };
    let addresses = match &place {
        Place::Deployment(url) => vec![url.as_str()],
        Place::Services { kabinet, rekuest, lok } => {
            [Some(kabinet), Some(rekuest), lok.as_ref()].into_iter().flatten().map(String::as_str).collect()
        }
    };
    let doors: std::collections::BTreeSet<Door> = addresses.into_iter().filter_map(Door::of).collect();
    let ways = join_all(doors.into_iter().map(|door| way(door, &tls)));
    let (ways, answers) = futures_util::join!(ways, answers(&http, &place));
    checks.extend(ways.into_iter().flatten());
    checks.extend(answers);
    checks
}

/// The way to a door.
async fn way(door: Door, tls: &Tls) -> Vec<Check> {
    let (name, side) = (format!("tcp {}", door.name()), door.side);
    let Ok(reach) = timeout(LIMIT, reach::go(door, tls)).await else {
        return vec![Check::fail(Section::Contexts, name, late())];
    };
    let proxy = reach::proxy(|name| std::env::var(name).ok()).filter(|_| side == Side::There);
    reach::checks(&reach, proxy)
}

/// What the server says of itself, and how soon its services answer, as far as nobody has to sign in for it.
async fn answers(http: &Http, place: &Place) -> Vec<Check> {
    match place {
        Place::Deployment(url) => {
            let found = elsewhere::discover(http, url, LIMIT).await;
            let lok = found.as_ref().ok().map(crate::services::fakts::Discovery::lok);
            let mut checks = vec![elsewhere::deployment(&found)];
            if let Some(lok) = lok {
                checks.extend(health(http, Service::Lok, &lok).await);
            }
            checks
        }
        Place::Services { kabinet, rekuest, lok } => {
            let all =
                [(Service::Lok, lok.as_ref()), (Service::Kabinet, Some(kabinet)), (Service::Rekuest, Some(rekuest))];
            let all = all.into_iter().filter_map(|(service, address)| Some((service, address?)));
            let found = join_all(all.map(|(service, address)| health(http, service, address))).await;
            found.into_iter().flatten().collect()
        }
    }
}

async fn health(http: &Http, service: Service, address: &str) -> Vec<Check> {
    match timeout(LIMIT, services::look(http, service, address, None)).await {
        Ok(found) => found.checks(service),
        Err(_) => vec![Check::fail(Section::Contexts, format!("{} health", service.name()), late())],
    }
}

fn late() -> String {
    format!("no answer within {} s", LIMIT.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_in_another_context_is_named_by_it_and_does_not_decide_how_the_report_ends() {
        let context: ContextName = "prod".parse().expect("a name");
        let check = Check::fail(Section::Network, "dns lab.org", "unknown").hint("a VPN?").value(7);
        let check = named(&context, check);
        assert_eq!((check.section, check.state), (Section::Contexts, State::Warn));
        assert_eq!((check.name.as_str(), check.hint.as_str()), ("prod: dns lab.org", "a VPN?"));
        assert_eq!(check.value, 7);
        assert_eq!(named(&context, Check::ok(Section::Services, "x", "y")).state, State::Ok);
    }
}
