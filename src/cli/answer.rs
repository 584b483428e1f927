//! What a verb found out: once for programs, once for people.

use serde_json::Value;

use super::columns::Columns;
use crate::domain::Failure;

/// What a verb found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For programs. Lists are arrays; keys are stable.
    pub data: Value,
    /// For people, as columns.
    pub columns: Option<Columns>,
    /// For people, as text, before the columns.
    pub text: Option<String>,
    /// For `-o name`.
    pub names: Vec<String>,
    /// What is wrong although there is an answer; decides the exit code.
    pub failure: Option<Failure>,
    /// Whether everything was printed already, item by item: then no format has anything to add.
    pub is_streamed: bool,
    /// How many seconds old it is, where it was kept from an earlier time.
    pub age: Option<u64>,
}

impl Answer {
    /// Nothing to say.
    pub fn nothing() -> Self {
        Self {
            data: Value::Null,
            columns: None,
            text: None,
            names: Vec::new(),
            failure: None,
            is_streamed: false,
            age: None,
        }
    }

    /// Everything was printed already by [`Printer::item`].
    pub fn streamed() -> Self {
        Self { is_streamed: true, ..Self::nothing() }
    }

    /// A list.
    pub fn list(data: Vec<Value>, columns: Columns, names: Vec<String>) -> Self {
        Self { data: Value::Array(data), columns: Some(columns), names, ..Self::nothing() }
    }

    /// One thing, as text for people.
    pub fn text(data: Value, text: impl Into<String>, name: impl Into<String>) -> Self {
        Self { data, text: Some(text.into()), names: vec![name.into()], ..Self::nothing() }
    }

    /// The same with something wrong.
    #[must_use]
    pub fn but(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}
