//! Widgets and effects of ports.

use async_graphql::{Interface, SimpleObject};
use serde_json::Value as Json;

use super::ports::{ArgPort, Choice, choice, each, text, words};
use crate::server::kabinet::enums::{AssignWidgetKind, EffectKind, OptionKey, ReturnWidgetKind};
use crate::server::kabinet::scalars::ValidatorFunction;

/// How an argument is asked for.
#[derive(Interface)]
#[graphql(
    field(name = "kind", ty = "&AssignWidgetKind", desc = "Which kind."),
    field(name = "follow_value", ty = "&Option<String>", desc = "A port whose value it follows.")
)]
pub enum AssignWidget {
    /// A search.
    Search(SearchAssignWidget),
    /// A choice.
    Choice(ChoiceAssignWidget),
    /// A slider.
    Slider(SliderAssignWidget),
    /// Something of the app's own.
    Custom(CustomAssignWidget),
    /// A line of text.
    String(StringAssignWidget),
    /// A choice out of a state.
    StateChoice(StateChoiceAssignWidget),
    /// Another port's widget.
    Proxy(ProxyWidget),
}

macro_rules! assign_widgets {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Which kind.
            kind: AssignWidgetKind,
            /// A port whose value it follows.
            follow_value: Option<String>,
            $($(#[$field_doc])* $field: $kind,)*
        }
    )*};
}

assign_widgets! {
    /// Searches with a GraphQL document.
    SearchAssignWidget {
        /// The document.
        query: String,
        /// The service that answers.
        ward: String,
        /// Variables that people may set.
        filters: Option<Vec<ArgPort>>,
        /// Ports that it looks at.
        dependencies: Option<Vec<String>>,
    }
    /// Chooses among values.
    ChoiceAssignWidget {
        /// The values.
        choices: Option<Vec<Choice>>,
    }
    /// Slides along a range.
    SliderAssignWidget {
        /// Smallest value.
        min: Option<f64>,
        /// Largest value.
        max: Option<f64>,
        /// Distance of values.
        step: Option<f64>,
    }
    /// Something of the app's own.
    CustomAssignWidget {
        /// Its name.
        hook: String,
        /// The service that knows it.
        ward: String,
    }
    /// A text.
    StringAssignWidget {
        /// Shown while empty.
        placeholder: String,
        /// Several lines.
        as_paragraph: bool,
    }
    /// Chooses among the values of a state.
    StateChoiceAssignWidget {
        /// Where in the state.
        state_path: String,
        /// Whose state.
        dependency: Option<String>,
        /// How an option is made of a value.
        state_accessors: Option<Vec<StateAccessor>>,
    }
    /// The widget of another port.
    ProxyWidget {
        /// The port.
        target_port: String,
        /// Its action.
        target_action: String,
        /// Its app.
        target_dependency: Option<String>,
    }
}

/// How a part of an option is made of a value.
#[derive(SimpleObject)]
struct StateAccessor {
    /// The part.
    option_key: OptionKey,
    /// Where in the value.
    sub_path: Option<String>,
}

pub(super) fn assign_widget(json: &Json) -> Option<AssignWidget> {
    let kind = AssignWidgetKind::of(&text(json, "kind")?)?;
    let follow_value = text(json, "follow_value");
    let word = |member: &str| text(json, member).unwrap_or_default();
    let number = |member: &str| json.get(member).and_then(Json::as_f64);
    Some(match kind {
        AssignWidgetKind::Search => AssignWidget::Search(SearchAssignWidget {
            kind,
            follow_value,
            query: word("query"),
            ward: word("ward"),
            filters: each(json, "filters", |port| Some(ArgPort(port.clone()))),
            dependencies: words(json, "dependencies"),
        }),
        AssignWidgetKind::Choice => {
            AssignWidget::Choice(ChoiceAssignWidget { kind, follow_value, choices: each(json, "choices", choice) })
        }
        AssignWidgetKind::Slider => AssignWidget::Slider(SliderAssignWidget {
            kind,
            follow_value,
            min: number("min"),
            max: number("max"),
            step: number("step"),
        }),
        AssignWidgetKind::Custom => {
            AssignWidget::Custom(CustomAssignWidget { kind, follow_value, hook: word("hook"), ward: word("ward") })
        }
        AssignWidgetKind::String => AssignWidget::String(StringAssignWidget {
            kind,
            follow_value,
            placeholder: word("placeholder"),
            as_paragraph: json.get("as_paragraph").and_then(Json::as_bool).unwrap_or(false),
        }),
        AssignWidgetKind::StateChoice => AssignWidget::StateChoice(StateChoiceAssignWidget {
            kind,
            follow_value,
            state_path: word("state_path"),
            dependency: text(json, "dependency"),
            state_accessors: each(json, "state_accessors", |accessor| {
                let option_key = OptionKey::of(&text(accessor, "option_key")?)?;
                Some(StateAccessor { option_key, sub_path: text(accessor, "sub_path") })
            }),
        }),
        AssignWidgetKind::Proxy => AssignWidget::Proxy(ProxyWidget {
            kind,
            follow_value,
            target_port: word("target_port"),
            target_action: word("target_action"),
            target_dependency: text(json, "target_dependency"),
        }),
    })
}

/// How a return value is shown.
#[derive(Interface)]
#[graphql(field(name = "kind", ty = "&ReturnWidgetKind", desc = "Which kind."))]
pub enum ReturnWidget {
    /// One of a few values.
    Choice(ChoiceReturnWidget),
    /// Something of the app's own.
    Custom(CustomReturnWidget),
}

/// One of a few values.
#[derive(SimpleObject)]
pub struct ChoiceReturnWidget {
    /// Which kind.
    kind: ReturnWidgetKind,
    /// The values.
    choices: Option<Vec<Choice>>,
}

/// Something of the app's own.
#[derive(SimpleObject)]
pub struct CustomReturnWidget {
    /// Which kind.
    kind: ReturnWidgetKind,
    /// Its name.
    hook: String,
    /// The service that knows it.
    ward: String,
}

pub(super) fn return_widget(json: &Json) -> Option<ReturnWidget> {
    let kind = ReturnWidgetKind::of(&text(json, "kind")?)?;
    let word = |member: &str| text(json, member).unwrap_or_default();
    match kind {
        ReturnWidgetKind::Choice => {
            Some(ReturnWidget::Choice(ChoiceReturnWidget { kind, choices: each(json, "choices", choice) }))
        }
        ReturnWidgetKind::Custom => {
            Some(ReturnWidget::Custom(CustomReturnWidget { kind, hook: word("hook"), ward: word("ward") }))
        }
        // Upstream's schema has no type for it.
        ReturnWidgetKind::Proxy => None,
    }
}

/// What happens to a port while others change.
#[derive(Interface)]
#[graphql(
    field(name = "kind", ty = "&EffectKind", desc = "Which kind."),
    field(name = "function", ty = "&ValidatorFunction", desc = "When it happens."),
    field(name = "dependencies", ty = "&Vec<String>", desc = "Ports that it looks at.")
)]
pub enum Effect {
    /// A message.
    Message(MessageEffect),
    /// It is hidden.
    Hide(HideEffect),
    /// Something of the app's own.
    Custom(CustomEffect),
}

macro_rules! effects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Which kind.
            kind: EffectKind,
            /// When it happens.
            function: ValidatorFunction,
            /// Ports that it looks at.
            dependencies: Vec<String>,
            $($(#[$field_doc])* $field: $kind,)*
        }
    )*};
}

effects! {
    /// Says something.
    MessageEffect {
        /// What.
        message: String,
    }
    /// Hides the port.
    HideEffect {
        /// Slowly.
        fade: bool,
    }
    /// Something of the app's own.
    CustomEffect {
        /// Its name.
        hook: String,
        /// The service that knows it.
        ward: String,
    }
}

pub(super) fn effect(json: &Json) -> Option<Effect> {
    let kind = EffectKind::of(&text(json, "kind")?)?;
    let function = ValidatorFunction(text(json, "function")?);
    let dependencies = words(json, "dependencies").unwrap_or_default();
    let word = |member: &str| text(json, member).unwrap_or_default();
    Some(match kind {
        EffectKind::Message => {
            Effect::Message(MessageEffect { kind, function, dependencies, message: word("message") })
        }
        EffectKind::Hide => {
            let fade = json.get("fade").and_then(Json::as_bool).unwrap_or(true);
            Effect::Hide(HideEffect { kind, function, dependencies, fade })
        }
        EffectKind::Custom => {
            Effect::Custom(CustomEffect { kind, function, dependencies, hook: word("hook"), ward: word("ward") })
        }
    })
}
