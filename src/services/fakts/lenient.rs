//! Reading what servers tell so that one odd thing costs no other: an answer may hold a refresh token that cannot be had
//! twice.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::alias::{Instance, Instances};

/// The members of a list that are as they should be.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(all) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(all.into_iter().filter_map(|one| fitting("an address", one)).collect())
}

/// The services that are as they should be; `None` where none are told.
pub fn instances<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Instances>, D::Error> {
    let Value::Object(all) = Value::deserialize(deserializer)? else { return Ok(None) };
    let service = |(key, one)| Some((key, fitting::<Instance>("a service", one)?));
    Ok(Some(all.into_iter().filter_map(service).collect()))
}

/// The same where absent and empty are the same.
pub fn some_instances<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instances, D::Error> {
    Ok(instances(deserializer)?.unwrap_or_default())
}

/// Seconds, as a number of any kind or as text; `None` where they are something else.
pub fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let text = value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()));
    let whole = text.as_deref().and_then(|text| text.trim().split('.').next()?.parse().ok());
    Ok(whole)
}

/// A text; `None` where it is something else.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().map(str::to_owned))
}

fn fitting<T: DeserializeOwned>(what: &str, value: Value) -> Option<T> {
    serde_json::from_value(value).map_err(|error| tracing::warn!("{what} is left out, which is odd: {error}")).ok()
}
