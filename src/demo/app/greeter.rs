//! `greet`: a function with one answer.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Desk, log::Level};
use crate::agent::{Assigned, Definition, Implementation, Reporter, TaskError};

/// The function, bound to its code.
pub fn implementation(definition: Definition, desk: Desk) -> Implementation {
    Implementation::new(definition, move |task: Assigned, reporter: Reporter, _cancel| {
        let desk = desk.clone();
        async move {
            match greeting(task.args["name"].as_str(), task.args["language"].as_str()) {
                Ok(greeting) => {
                    desk.log.say(Level::Info, format!("task {}: {greeting}", task.task));
                    reporter.log(crate::agent::Level::Info, "Greeting somebody");
                    reporter.yield_result(json!({ "return0": greeting })).await;
                    desk.answered.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                }
                Err(why) => {
                    desk.log.say(Level::Error, format!("task {}: {why}", task.task));
                    Err(TaskError::failed(why))
                }
            }
        }
    })
}

fn greeting(name: Option<&str>, language: Option<&str>) -> Result<String, String> {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).ok_or("`name` is missing or empty")?;
    let hello = match language.unwrap_or("en") {
        "en" => "Hello",
        "de" => "Guten Tag",
        "fr" => "Bonjour",
        "es" => "Hola",
        "it" => "Ciao",
        "pt" => "Olá",
        "nl" => "Hallo",
        "sv" => "Hej",
        other => return Err(format!("`language` is {other:?}, and I know only en, de, fr, es, it, pt, nl and sv")),
    };
    Ok(format!("{hello}, {name}!"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_greeted_in_their_language() {
        assert_eq!(greeting(Some("Ada"), None).unwrap(), "Hello, Ada!");
        assert_eq!(greeting(Some(" Grace "), Some("fr")).unwrap(), "Bonjour, Grace!");
    }

    #[test]
    fn bad_arguments_are_refused_with_their_name() {
        assert!(greeting(Some("  "), None).unwrap_err().contains("`name`"));
        assert!(greeting(None, Some("de")).unwrap_err().contains("`name`"));
        assert!(greeting(Some("Ada"), Some("xx")).unwrap_err().contains("`language` is \"xx\""));
    }
}
