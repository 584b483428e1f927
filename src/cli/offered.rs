//! What the server of a context has and its account may give, as far as that is known without asking.

use crate::compat::{Extent, Offered, Scopes};
use crate::services::Store;

/// What this machine's own server offers: three services and no others, and its owner may give what they want.
pub fn here() -> Offered {
    let services = ["kabinet", "lok", "rekuest"].map(str::to_owned).to_vec();
    Offered { services, extent: Extent::Whole, scopes: Some(Scopes::All) }
}

/// What a server elsewhere offers: what this login reaches is there, and there may be more.
pub fn elsewhere(store: &Store) -> Offered {
    let session = store.session();
    let mut services = vec![String::from("lok")];
    if session.kabinet().is_ok() {
        services.push("kabinet".into());
    }
    if session.rekuest().is_ok() {
        services.push("rekuest".into());
    }
    Offered { services, ..Offered::default() }
}
