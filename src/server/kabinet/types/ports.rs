//! Ports of definitions, read from their canonical JSON.

use async_graphql::{Object, SimpleObject};
use serde_json::Value as Json;

use super::widgets::{AssignWidget, Effect, ReturnWidget, assign_widget, effect, return_widget};
use crate::server::kabinet::enums::{PortKind, ProvidesOperator, RequiresOperator};
use crate::server::kabinet::scalars::{AnyDefault, Arg, Identifier, ValidatorFunction};

/// The text of a member.
pub(super) fn text(json: &Json, member: &str) -> Option<String> {
    json.get(member).and_then(Json::as_str).map(str::to_owned)
}

/// The texts of a member that is a list; `None` where it is no list.
pub(super) fn words(json: &Json, member: &str) -> Option<Vec<String>> {
    let items = json.get(member)?.as_array()?;
    Some(items.iter().filter_map(Json::as_str).map(str::to_owned).collect())
}

/// The items of a member that is a list, each read; what cannot be read is left out.
pub(super) fn each<T>(json: &Json, member: &str, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    Some(json.get(member)?.as_array()?.iter().filter_map(read).collect())
}

/// A member that may be any JSON; `None` where it is null.
fn any(json: &Json, member: &str) -> Option<Json> {
    json.get(member).filter(|value| !value.is_null()).cloned()
}

macro_rules! ports {
    ($($(#[$doc:meta])* $name:ident { $($own:tt)* })*) => {$(
        $(#[$doc])*
        pub struct $name(pub Json);

        #[Object]
        impl $name {
            /// Its name.
            async fn key(&self) -> String {
                text(&self.0, "key").unwrap_or_default()
            }

            /// Its name for people.
            async fn label(&self) -> Option<String> {
                text(&self.0, "label")
            }

            /// What it carries.
            async fn kind(&self) -> PortKind {
                text(&self.0, "kind").and_then(|word| PortKind::of(&word)).unwrap_or(PortKind::Structure)
            }

            /// What it is for.
            async fn description(&self) -> Option<String> {
                text(&self.0, "description")
            }

            /// The structure.
            async fn identifier(&self) -> Option<Identifier> {
                text(&self.0, "identifier").map(Identifier)
            }

            /// Whether it may be null.
            async fn nullable(&self) -> bool {
                self.0.get("nullable").and_then(Json::as_bool).unwrap_or(false)
            }

            /// What happens to it while others change.
            async fn effects(&self) -> Option<Vec<Effect>> {
                each(&self.0, "effects", effect)
            }

            /// What it is when nothing is given.
            async fn default(&self) -> Option<AnyDefault> {
                any(&self.0, "default").map(AnyDefault)
            }

            /// The item of a list or dict, the members of a model, the variants of a union.
            async fn children(&self) -> Option<Vec<$name>> {
                each(&self.0, "children", |child| Some($name(child.clone())))
            }

            /// What it can be.
            async fn choices(&self) -> Option<Vec<Choice>> {
                each(&self.0, "choices", choice)
            }

            /// Unit of its value.
            async fn reference_unit(&self) -> Option<String> {
                text(&self.0, "reference_unit")
            }

            /// Units that people may prefer.
            async fn proposed_units(&self) -> Option<Vec<String>> {
                words(&self.0, "proposed_units")
            }

            /// Physical dimension of its value.
            async fn dimension(&self) -> Option<String> {
                text(&self.0, "dimension")
            }

            $($own)*
        }
    )*};
}

ports! {
    /// A port that goes in.
    ArgPort {
        /// What its value has to pass.
        async fn validators(&self) -> Option<Vec<Validator>> {
            each(&self.0, "validators", |validator| Some(Validator {
                function: ValidatorFunction(text(validator, "function")?),
                dependencies: words(validator, "dependencies"),
                label: text(validator, "label"),
                error_message: text(validator, "error_message"),
            }))
        }

        /// How it is asked for.
        async fn widget(&self) -> Option<AssignWidget> {
            self.0.get("widget").and_then(assign_widget)
        }

        /// What its value has to be.
        async fn requires(&self) -> Option<Vec<Requires>> {
            each(&self.0, "requires", |rule| Some(Requires {
                key: text(rule, "key")?,
                operator: RequiresOperator::of(&text(rule, "operator")?)?,
                value: Arg(rule.get("value").cloned().unwrap_or_default()),
            }))
        }
    }
    /// A port that comes out.
    ReturnPort {
        /// How it is shown.
        async fn widget(&self) -> Option<ReturnWidget> {
            self.0.get("widget").and_then(return_widget)
        }

        /// What its value is promised to be.
        async fn provides(&self) -> Option<Vec<Provides>> {
            each(&self.0, "provides", |rule| Some(Provides {
                key: text(rule, "key")?,
                operator: ProvidesOperator::of(&text(rule, "operator")?)?,
                value: Arg(rule.get("value").cloned().unwrap_or_default()),
            }))
        }
    }
}

/// One of the values that a port can have.
#[derive(SimpleObject)]
pub struct Choice {
    /// For people.
    label: String,
    /// The value.
    value: AnyDefault,
    /// URL of a picture.
    image: Option<String>,
    /// What it means.
    description: Option<String>,
}

pub(super) fn choice(json: &Json) -> Option<Choice> {
    Some(Choice {
        label: text(json, "label")?,
        value: AnyDefault(json.get("value").cloned().unwrap_or_default()),
        image: text(json, "image"),
        description: text(json, "description"),
    })
}

/// A test of a value.
#[derive(SimpleObject)]
struct Validator {
    /// The function.
    function: ValidatorFunction,
    /// Ports that it looks at.
    dependencies: Option<Vec<String>>,
    /// For people.
    label: Option<String>,
    /// What is said when it fails.
    error_message: Option<String>,
}

/// What an argument has to be.
#[derive(SimpleObject)]
struct Requires {
    /// The property.
    key: String,
    /// How it is compared.
    operator: RequiresOperator,
    /// With what.
    value: Arg,
}

/// What a return value is promised to be.
#[derive(SimpleObject)]
struct Provides {
    /// The property.
    key: String,
    /// How it is compared.
    operator: ProvidesOperator,
    /// With what.
    value: Arg,
}
