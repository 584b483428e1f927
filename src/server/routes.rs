//! Which path leads where. POST paths are taken with and without a slash at the end.

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use serde_json::json;

use super::options::FaktsVersion;
use super::shared::State;
use super::{agi, fakts, graphql, kabinet, lok, oauth, rekuest};

/// Longest body of a fakts or token request, bytes.
const LONGEST_FORM: usize = 256 * 1024;

/// Everything that the server answers.
pub fn router(state: State) -> Router {
    let rekuest = rekuest::schema(&state);
    let lok = lok::schema(&state);
    let kabinet = kabinet::schema(state.store.clone(), state.changes.clone(), state.repositories.clone());
    let discovery = || get(fakts::discovery);
    let mut small = Router::new()
        .merge(both("/lok/f/start", || post(fakts::start)))
        .merge(both("/lok/f/challenge", || post(fakts::challenge)))
        .merge(both("/lok/f/redeem", || post(fakts::redeem)))
        .merge(both("/lok/f/claim", || post(fakts::claim)))
        .merge(both("/lok/f/report", || post(fakts::report)))
        .merge(both("/lok/o/token", || post(oauth::token)));
    if state.options.fakts == FaktsVersion::Both {
        small = small
            .merge(both("/lok/o/device", || post(fakts::device)))
            .merge(both("/lok/o/revoke", || post(oauth::revoke)));
    }
    let small = small.layer(DefaultBodyLimit::max(LONGEST_FORM));
    Router::new()
        .merge(small)
        .merge(both("/.well-known/fakts", discovery))
        .merge(both("/lok/.well-known/fakts", discovery))
        .merge(both("/lok/.well-known/openid-configuration", || get(oauth::description)))
        .merge(both("/lok/o/jwks", || get(oauth::keys)))
        .merge(both("/rekuest/agi", || get(agi::upgrade)))
        .merge(both("/device", || get(fakts::pages::device)))
        .route("/configure/{*code}", get(fakts::pages::configure))
        .route("/", get(fakts::pages::device))
        .merge(service("lok", lok.sdl()))
        .merge(service("rekuest", rekuest.sdl()))
        .merge(service("kabinet", kabinet.sdl()))
        .merge(graphql::routes("/lok/graphql", &lok))
        .merge(graphql::routes("/rekuest/graphql", &rekuest))
        .merge(graphql::routes("/kabinet/graphql", &kabinet))
        .layer(DefaultBodyLimit::max(graphql::LONGEST))
        .with_state(state)
}

fn both(path: &str, handler: impl Fn() -> MethodRouter<State>) -> Router<State> {
    Router::new().route(path, handler()).route(&format!("{path}/"), handler())
}

/// What every service answers without a token: its schema, its health, its challenge.
fn service(name: &str, sdl: String) -> Router<State> {
    let schema = move || {
        let sdl = sdl.clone();
        get(async move || ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], sdl))
    };
    Router::new()
        .merge(both(&format!("/{name}/schema"), schema))
        .merge(both(&format!("/{name}/ht"), || get(health)))
        .merge(both(&format!("/{name}/.well-known/fakts-challenge"), || get(async || "Challenge accepted\n")))
}

async fn health(headers: HeaderMap) -> Response {
    let wants_json = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/json"));
    if wants_json {
        Json(json!({"DatabaseBackend": "working"})).into_response()
    } else {
        Html("<!DOCTYPE html><title>kab</title><p>working</p>\n").into_response()
    }
}
