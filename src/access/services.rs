//! Where a login's services are reached from here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::store::{Key, Stored};
use crate::services::fakts::{self, AliasReport, Found, KABINET, LOK, REKUEST, Search};
use crate::services::{Addresses, Error, Http, url_of};

/// How long telling the deployment what works may take.
pub const REPORT: Duration = Duration::from_secs(2);

/// What became of each service, by the manifest's requirement key.
pub type Reports = BTreeMap<String, AliasReport>;

/// The addresses that work, and what became of each service.
#[derive(Debug)]
pub struct Resolved {
    /// An error where Kabinet or Rekuest is offered, and no address of it works.
    pub addresses: Result<Addresses, Error>,
    /// What the deployment should hear, above all then.
    pub reports: Reports,
}

/// Finds the addresses that work; those that worked last time are tried first.
pub async fn resolve(http: &Http, stored: &Stored) -> Resolved {
    let old = &stored.remembered;
    let find = async |service, remembered: &Option<String>| {
        let Stored { encryption, address, .. } = stored;
        let search = Search { remembered: remembered.as_deref(), encryption: *encryption, deployment: address };
        fakts::find_address(http, &stored.instances, service, &search).await
    };
    let (kabinet, rekuest, lok) =
        futures_util::join!(find(KABINET, &old.kabinet), find(REKUEST, &old.rekuest), find(LOK, &old.lok));
    let mut reports = BTreeMap::new();
    for (key, found) in [("kabinet", &kabinet), ("rekuest", &rekuest), ("lok", &lok)] {
        let report = match found {
            Ok(Some(Found { id, .. })) => AliasReport { alias_id: Some(id.clone()), valid: true, reason: None },
            Ok(None) => continue,
            Err(error) => AliasReport { alias_id: None, valid: false, reason: Some(error.to_string()) },
        };
        reports.insert(key.to_owned(), report);
    }
    let url = |found: Option<Found>| found.map(|found| found.url);
    // Lok may be absent among the services, and is there all the same: somebody has signed us in.
    let lok = lok.ok().flatten().map_or_else(|| stored.lok.clone(), |found| found.url);
    let addresses = match (kabinet, rekuest) {
        (Ok(kabinet), Ok(rekuest)) => Ok(Addresses { kabinet: url(kabinet), rekuest: url(rekuest), lok: Some(lok) }),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    Resolved { addresses, reports }
}

/// Tells the deployment which addresses worked. Nothing depends on it.
pub async fn report(http: &Http, stored: &Stored, reports: &Reports) {
    let told = match (&stored.key, &stored.access) {
        (Key::Client { client_token, auth }, _) => match &auth.report_url {
            Some(url) => match report_url(stored, url) {
                Ok(url) => fakts::report(http, &url, client_token, reports).await,
                Err(error) => Err(error),
            },
            None => Ok(()),
        },
        (Key::Refresh { token_endpoint, .. } | Key::Mandate { token_endpoint, .. }, Some(access)) => {
            let call = fakts::SignedReport { base_url: &stored.base_url, token_endpoint, token: &access.token };
            fakts::report_signed(http, call, reports).await
        }
        _ => Ok(()),
    };
    if let Err(error) = told {
        tracing::debug!("the report of addresses was not taken: {error}");
    }
}

/// Where a report of version 1 goes, which holds the client token: put right as everything that a deployment names.
fn report_url(stored: &Stored, named: &str) -> Result<String, Error> {
    let deployment = url_of("Lok", &stored.address)?;
    fakts::endpoint(&deployment, named, stored.encryption).map(String::from)
}
