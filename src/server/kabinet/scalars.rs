//! Scalars that upstream's schema names.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::Moment;

/// A point in time: ISO 8601 with offset; without one it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub Moment);

impl DateTime {
    /// From the milliseconds that the store keeps.
    pub fn of(milliseconds: i64) -> Self {
        Self(Moment(milliseconds))
    }
}

#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Moment::parse(text)
                .map(Self)
                .ok_or_else(|| InputValueError::custom(format!("`{text}` is not a time such as 2026-11-24T18:00:00Z"))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_iso())
    }
}

macro_rules! json_scalars {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(pub serde_json::Value);

        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                Ok(Self(value.into_json()?))
            }

            fn to_value(&self) -> Value {
                Value::from_json(self.0.clone()).unwrap_or_default()
            }
        }
    )*};
}

json_scalars! {
    /// Any JSON.
    UntypedParams
    /// The default of a port: any JSON.
    AnyDefault
    /// The value of a rule: any JSON.
    Arg
}

macro_rules! text_scalars {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub String);

        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    )*};
}

text_scalars! {
    /// Hash of a definition.
    ActionHash
    /// A structure: `@mikro/image`.
    Identifier
    /// A function in JavaScript.
    ValidatorFunction
}
