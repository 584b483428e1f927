//! Which of the services that a client asked for are here, and under which addresses.

use serde_json::{Map, Value, json};

use super::super::origin::Origin;
use super::super::registration::{Requirement, SERVICES};
use super::super::store::identity::ClientRow;

/// Instances and statuses by the manifest's keys. An instance is made of the service's name, path and id.
pub fn services(
    client: &ClientRow,
    instance: impl Fn((&str, &str, &str)) -> Value,
) -> (Map<String, Value>, Map<String, Value>) {
    let wanted: Vec<Requirement> = serde_json::from_str(&client.requirements).unwrap_or_default();
    let mut instances = Map::new();
    let mut statuses = Map::new();
    for requirement in wanted {
        let Some(service) = SERVICES.iter().find(|(service, ..)| *service == requirement.service) else {
            statuses.insert(requirement.key, json!("unavailable"));
            continue;
        };
        statuses.insert(requirement.key.clone(), json!("granted"));
        instances.insert(requirement.key, instance(*service));
    }
    (instances, statuses)
}

/// An address below the one that the request used.
pub fn alias(origin: &Origin, id: &str, path: &str) -> Value {
    json!({
        "id": id,
        "ssl": origin.is_tls(),
        "host": origin.host,
        "port": origin.port,
        "path": path,
        "challenge": "ht",
    })
}

/// The same with what version 2 tells about it. It is never `mesh`, even in a mesh's range: the client has just shown
/// that it gets there without a node of its own.
pub fn alias_with_reach(origin: &Origin, id: &str, path: &str) -> Value {
    let reach = origin.reach();
    let mut alias = alias(origin, id, path);
    alias["public"] = json!(reach == "public");
    alias["kind"] = json!("absolute");
    alias["reach"] = json!(reach);
    alias
}
