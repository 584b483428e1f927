//! Lok 1.0: fakts over paths that are fussy about slashes, and whatever a test scripts about its answers.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, Uri},
    response::Response,
};

use super::deployment::Deployment;

/// How Lok behaves.
#[derive(Debug, Clone, Default)]
pub struct Manners {}

/// Answers a path of Lok's.
pub async fn answer(deployment: &Deployment, request: (Method, Uri, HeaderMap, Bytes), _port: u16) -> Response {
    super::http::passed(deployment, request).await
}
