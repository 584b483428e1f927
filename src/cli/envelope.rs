//! The one form of everything that programs read: answers and failures alike.

use serde_json::{Value, json};

use super::output::Answer;
use crate::domain::Failure;

/// Version of the envelope.
const SCHEMA: u32 = 1;

/// A failure for programs, wherever it stands: in the envelope, or beside one of several things.
pub fn error_of(failure: &Failure) -> Value {
    json!({
        "kind": failure.kind,
        "exit_code": failure.kind.exit_code(),
        "what": failure.what,
        "why": failure.why,
        "hint": failure.hint,
        "id": failure.id(),
    })
}

/// The envelope of an answer.
pub fn envelope(answer: &Answer) -> Value {
    let error = answer.failure.as_ref().map(error_of);
    // A failure that brings nothing comes from nowhere.
    let meta = match answer.age {
        Some(age) => json!({"source": "cache", "age_s": age}),
        None if error.is_some() && answer.data.is_null() => json!({"source": null}),
        None => json!({"source": "live", "age_s": 0}),
    };
    json!({
        "schema": SCHEMA,
        "ok": error.is_none(),
        "data": answer.data,
        "meta": meta,
        "error": error,
    })
}
