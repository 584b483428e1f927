//! Registrations of agents, read leniently: clients of every generation send theirs, and unknown members are ignored.

use serde_json::Value as Json;

use crate::catalogue;
use crate::domain::NodeKind;
use crate::server::store::rekuest::capabilities::{ActionDefinition, Offer, Registration};
use crate::server::store::rekuest::states::StateOffer;

/// Why a registration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something is not what it must be.
    #[error("{0}")]
    Malformed(String),
}

fn no<T>(text: String) -> Result<T, Refusal> {
    Err(Refusal::Malformed(text))
}

fn text(json: &Json, member: &str) -> Option<String> {
    json.get(member).and_then(Json::as_str).map(str::to_owned)
}

fn truth(json: &Json, member: &str) -> bool {
    json.get(member).and_then(Json::as_bool).unwrap_or(false)
}

fn items<'json>(json: &'json Json, member: &str) -> impl Iterator<Item = &'json Json> {
    json.get(member).and_then(Json::as_array).into_iter().flatten()
}

fn list(json: &Json, member: &str) -> String {
    json.get(member).filter(|value| value.is_array()).map_or_else(|| String::from("[]"), Json::to_string)
}

/// Reads a whole registration; `app` is the caller's.
pub fn registration(input: &Json, app: &str) -> Result<Registration, Refusal> {
    if !input.is_object() {
        return no(String::from("The input must be an object"));
    }
    let offers = items(input, "implementations").map(|one| offer(one, app)).collect::<Result<Vec<_>, _>>()?;
    for (place, one) in offers.iter().enumerate() {
        if offers[..place].iter().any(|earlier| earlier.interface == one.interface) {
            return no(format!("The interface {} is given twice", one.interface));
        }
    }
    Ok(Registration {
        offers,
        states: items(input, "states").map(state).collect::<Result<_, _>>()?,
        name: text(input, "name").filter(|name| !name.is_empty()),
        hash: text(input, "hash").unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
    })
}

/// Reads one implementation.
pub fn offer(json: &Json, app: &str) -> Result<Offer, Refusal> {
    let Some(definition) = json.get("definition").filter(|definition| definition.is_object()) else {
        return no(String::from("An implementation needs a definition"));
    };
    let action = action(definition, app)?;
    let effect = text(json, "effect").unwrap_or_else(|| String::from("NONE"));
    if !matches!(effect.as_str(), "NONE" | "PHYSICAL") {
        return no(format!("{}: effect is NONE or PHYSICAL, not {effect}", action.key));
    }
    if action.pure && (action.stateful || effect == "PHYSICAL") {
        return no(format!("{}: what is pure is neither stateful nor physical", action.key));
    }
    let params = json.get("params").filter(|params| !params.is_null());
    Ok(Offer {
        interface: text(json, "interface").unwrap_or_else(|| action.key.clone()),
        params: params.map_or_else(|| String::from("{}"), Json::to_string),
        dependencies: list(json, "dependencies"),
        needs_token: json.get("needsToken").and_then(Json::as_bool).unwrap_or(true),
        effect,
        action,
    })
}

fn action(definition: &Json, app: &str) -> Result<ActionDefinition, Refusal> {
    let name = text(definition, "name").unwrap_or_default();
    let mut filled = definition.clone();
    if definition.get("description").is_none_or(Json::is_null) {
        filled["description"] = "No description".into();
    }
    let read =
        catalogue::read_definition(&filled).map_err(|issue| Refusal::Malformed(format!("{name}: {}", issue.reason)))?;
    let pure = read.pure;
    Ok(ActionDefinition {
        app: app.to_owned(),
        key: read.key,
        version: read.version,
        hash: read.hash,
        name: read.name,
        description: read.description,
        kind: if read.kind == NodeKind::Generator { "GENERATOR" } else { "FUNCTION" }.to_owned(),
        stateful: read.stateful,
        pure,
        idempotent: read.idempotent || pure,
        is_dev: truth(definition, "isDev"),
        args: read.args.to_string(),
        returns: read.returns.to_string(),
        port_groups: list(definition, "portGroups"),
        collections: Json::from(read.collections).to_string(),
    })
}

fn state(json: &Json) -> Result<StateOffer, Refusal> {
    let Some(interface) = text(json, "interface") else {
        return no(String::from("A state needs an interface"));
    };
    let definition = json.get("definition").cloned().unwrap_or_default();
    // A state's ports are return ports; reading them as those of a definition fills them up alike.
    let carrier = serde_json::json!({"name": "state", "key": "state", "returns": definition.get("ports")});
    let read = catalogue::read_definition(&carrier)
        .map_err(|issue| Refusal::Malformed(format!("{interface}: {}", issue.reason)))?;
    Ok(StateOffer {
        key: text(json, "key"),
        app: text(json, "app"),
        name: text(&definition, "name").unwrap_or_else(|| interface.clone()),
        ports: read.returns.to_string(),
        interface,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> Json {
        json!({
            "key": "hello", "version": "1", "name": "Hello", "kind": "FUNCTION", "description": "Says h\u{e9}llo",
            "args": [
                {"key": "x", "kind": "INT", "nullable": false, "label": "x", "description": "The number"},
                {"key": "img", "kind": "STRUCTURE", "identifier": "@mikro/image"},
            ],
            "returns": [{"key": "return0", "kind": "STRING", "nullable": false}],
        })
    }

    #[test]
    fn an_action_has_the_hash_that_the_catalogue_gives_it() {
        let offer = offer(&json!({"interface": "hello", "definition": definition()}), "org.example.app").unwrap();
        assert_eq!(offer.action.hash, "2cb576a6fe2a87d6f85260af48ab8a9436ae2a49ba15801551fb9644ae383cb2");
        assert_eq!((offer.effect.as_str(), offer.needs_token), ("NONE", true));
    }

    #[test]
    fn members_of_other_generations_are_ignored() {
        let mut old = definition();
        old["interfaces"] = json!(["a"]);
        old["isTestFor"] = json!([{"hash": "x"}]);
        old["package"] = json!("p");
        let input = json!({
            "name": "Agent", "bloks": [], "locks": [], "extension": "default", "instanceId": "default",
            "implementations": [{"interface": "hello", "definition": old, "dynamic": false, "logo": null}],
        });
        let registration = registration(&input, "a").unwrap();
        assert_eq!(registration.offers.len(), 1);
        assert!(!registration.hash.is_empty());
    }

    #[test]
    fn what_is_pure_is_not_physical_and_may_be_repeated() {
        let mut pure = definition();
        pure["pure"] = json!(true);
        assert!(offer(&json!({"definition": pure, "effect": "PHYSICAL"}), "a").is_err());
        assert!(offer(&json!({"definition": pure}), "a").unwrap().action.idempotent);
    }

    #[test]
    fn an_interface_is_given_once() {
        let one = json!({"interface": "hello", "definition": definition()});
        let input = json!({"implementations": [one, one]});
        assert!(registration(&input, "a").unwrap_err().to_string().contains("hello"));
    }
}
