//! GraphQL over HTTP: typed documents out, data or a classified error back.

use graphql_client::GraphQLQuery;
use reqwest::Url;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    document::changes_something,
    error::{Error, ReadOnly, Result, Sent},
    http::{Answer, Http},
    left_out::LeftOut,
    token::Tokens,
    turns::Turns,
};

/// The GraphQL endpoint of one service, with its token; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    service: &'static str,
    http: Http,
    url: Url,
    tokens: Tokens,
    read_only: Option<ReadOnly>,
    turns: Turns,
    left_out: LeftOut,
}

/// Data, with the errors that came beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial<T> {
    /// What could be had.
    pub data: T,
    /// What could not: nullable fields of the data are missing because of these.
    pub errors: Vec<ServerError>,
}

/// An entry of `errors`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ServerError {
    /// The server's words.
    pub message: String,
    /// Which field: names and indexes.
    #[serde(default)]
    pub path: Option<Vec<Value>>,
    /// Codes of newer servers.
    #[serde(default)]
    pub extensions: Option<Value>,
}

impl ServerError {
    /// The field below the root that failed: the alias, where one was given.
    pub fn root(&self) -> Option<&str> {
        self.path.as_ref()?.first()?.as_str()
    }

    /// Whether it is about something below a row of a list: such a row can be left out.
    pub fn is_in_a_row(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.len() > 2 && path[1].is_number())
    }

    /// Whether another token may help.
    fn is_about_the_token(&self) -> bool {
        self.code() == Some("UNAUTHENTICATED") || rejects_token(&self.message)
    }

    fn code(&self) -> Option<&str> {
        self.extensions.as_ref()?["code"].as_str()
    }

    /// The error that it amounts to.
    pub fn classify(&self) -> Error {
        let blocked = ["Token does not contain an active organization", "Membership is blocked"];
        if rejects_token(&self.message) || blocked.contains(&self.message.as_str()) {
            return Error::SignIn(self.message.clone());
        }
        if self.is_about_the_token() {
            return Error::SignIn(format!("{REJECTED}: {}", self.message));
        }
        // A database in the middle of its update says that a relation does not exist: nothing is gone then.
        if self.code() == Some("NOT_FOUND") || self.message.contains("matching query does not exist") {
            return Error::NotFound(self.message.clone());
        }
        Error::Refused(self.message.clone())
    }
}

/// How a service turns a token away by status alone.
const REJECTED: &str = "the server does not accept the token";

/// Whether these are the words of a service that does not take the token (`discovery-and-auth` §10: they tell it by
/// message only). Whoever gives tokens says otherwise that a client is not let in.
pub fn rejects_token(words: &str) -> bool {
    const MESSAGES: [&str; 7] = [
        "No Authorization header",
        "Not a valid token",
        "Error decoding token header",
        "Missing kid in header",
        "Error decoding token",
        "Token has expired",
        "Token claims are invalid",
    ];
    MESSAGES.contains(&words.trim_end_matches('.')) || words.starts_with(REJECTED)
}

impl Client {
    /// A client of the service whose GraphQL is at that address.
    pub fn new(service: &'static str, http: Http, url: Url, tokens: Tokens) -> Self {
        Self { service, http, url, tokens, read_only: None, turns: Turns::default(), left_out: LeftOut::default() }
    }

    /// The same client; with a reason, it sends no mutations.
    #[must_use]
    pub fn read_only(self, reason: Option<ReadOnly>) -> Self {
        Self { read_only: reason, ..self }
    }

    /// Whether that may leave: the one place where a client that must change nothing is held to it.
    pub(super) fn permit(&self, body: &Value) -> Result<()> {
        match &self.read_only {
            Some(reason) if changes_something(body) => Err(Error::ReadOnly(reason.clone())),
            _ => Ok(()),
        }
    }

    /// The HTTP client.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// Rows that lists could not tell.
    pub(super) fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// The service's name for people.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The token's keeper.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The service's address, without a slash at the end.
    pub fn address(&self) -> &str {
        let address = self.url.as_str();
        address.strip_suffix("/graphql").unwrap_or(address)
    }

    /// The address of the GraphQL socket: `ws://…/graphql`.
    pub fn socket_address(&self) -> String {
        self.url.as_str().replacen("http", "ws", 1)
    }

    /// Runs a typed document; errors beside data are an error here.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Result<Q::ResponseData> {
        let answer = self.post_partial::<Q>(variables).await?;
        match answer.errors.first() {
            Some(error) => Err(error.classify()),
            None => Ok(answer.data),
        }
    }

    /// Runs a typed document and keeps what could be had. Data that is nothing but `null` is an error.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post_partial<Q: GraphQLQuery>(&self, variables: Q::Variables) -> Result<Partial<Q::ResponseData>> {
        self.post_body(&Q::build_query(variables)).await
    }

    /// Runs any document.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post_body<T: DeserializeOwned>(&self, body: &impl Serialize) -> Result<Partial<T>> {
        let body = serde_json::to_value(body).map_err(|error| self.unreadable(&error))?;
        self.post_value(&body).await
    }

    async fn post_value<T: DeserializeOwned>(&self, body: &Value) -> Result<Partial<T>> {
        let Partial { data, errors } = self.post_raw(body).await?;
        if let Some(error) = errors.first()
            && is_nothing(&data)
        {
            return Err(error.classify());
        }
        for error in &errors {
            tracing::debug!(service = self.service, path = ?error.path, "beside data: {}", error.message);
        }
        let data = serde_json::from_value(data).map_err(|error| self.unreadable(&error))?;
        Ok(Partial { data, errors })
    }

    /// Runs a document given as text; errors beside data are an error here.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn run<T: DeserializeOwned>(&self, document: &str, variables: Value) -> Result<T> {
        let mut body = serde_json::json!({ "query": document });
        // Moved, not copied: a log may be in it.
        body["variables"] = variables;
        let answer = self.post_value(&body).await?;
        match answer.errors.first() {
            Some(error) => Err(error.classify()),
            None => Ok(answer.data),
        }
    }

    /// Runs any document and hands back what came, also when there are only errors. Errors about the token are not
    /// among them: the token is renewed and the document sent once more.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post_raw(&self, body: &Value) -> Result<Partial<Value>> {
        self.permit(body)?;
        let _turn = self.turns.take(body).await;
        let token = self.tokens.current().await?;
        let ask = || self.http.post_signed(self.service, self.url.clone(), body, &token);
        let answer = match ask().await {
            // A kept connection that the server has just closed; a question may be asked twice.
            Err(Error::Network { sent: Sent::Perhaps, .. }) if !changes_something(body) => ask().await?,
            other => other?,
        };
        match self.unpack(answer) {
            Err(Error::SignIn(why)) => {
                let token = self.tokens.renewed(&token, &why).await?;
                self.unpack(self.http.post_signed(self.service, self.url.clone(), body, &token).await?)
            }
            other => other,
        }
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        Error::Unreadable { service: self.service.to_owned(), why: error.to_string() }
    }

    fn unpack(&self, answer: Answer) -> Result<Partial<Value>> {
        unpack(self.service, answer)
    }
}

fn is_nothing(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(Value::is_null),
        _ => false,
    }
}

/// Takes an answer apart. With neither data nor errors it is not GraphQL.
fn unpack(service: &'static str, mut answer: Answer) -> Result<Partial<Value>> {
    let errors: Vec<ServerError> = match answer.body.get_mut("errors").map(Value::take) {
        None | Some(Value::Null) => Vec::new(),
        Some(errors) => serde_json::from_value(errors)
            .map_err(|error| Error::Unreadable { service: service.to_owned(), why: error.to_string() })?,
    };
    let data = answer.body.get_mut("data").map_or(Value::Null, Value::take);
    if let Some(error) = errors.iter().find(|error| error.is_about_the_token())
        && is_nothing(&data)
    {
        return Err(error.classify());
    }
    if !data.is_null() || !errors.is_empty() {
        return Ok(Partial { data, errors });
    }
    match answer.status {
        401 => Err(Error::SignIn(String::from(REJECTED))),
        200..=299 => Err(Error::Unreadable { service: service.to_owned(), why: "no data in it".into() }),
        status => {
            let why = ["message", "error", "detail"].iter().find_map(|member| answer.body[*member].as_str());
            Err(Error::Status { service: service.to_owned(), status, why: why.unwrap_or_default().to_owned() })
        }
    }
}

/// The error of a socket that broke.
pub(super) fn socket_lost(service: &str, why: impl std::fmt::Display) -> Error {
    Error::Network { service: service.to_owned(), why: why.to_string(), sent: Sent::Perhaps }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(status: u16, body: Value) -> Result<Partial<Value>> {
        unpack("Kabinet", Answer { status, body })
    }

    #[test]
    fn answers_are_told_apart_by_what_helps() {
        let says = |message: &str| outcome(200, json!({ "data": null, "errors": [{ "message": message }] }));
        assert!(matches!(says("Token has expired"), Err(Error::SignIn(_))));
        assert!(matches!(says("Error decoding token"), Err(Error::SignIn(_))));
        let classified = |message: &str| says(message).unwrap().errors[0].classify();
        assert!(matches!(classified("Membership is blocked"), Error::SignIn(_)));
        assert!(matches!(classified("Pod matching query does not exist."), Error::NotFound(_)));
        for update in ["relation \"bridge_pod\" does not exist", "column bridge_pod.reason does not exist"] {
            assert!(matches!(classified(update), Error::Refused(_)), "{update}");
        }
        assert!(matches!(classified("Invalid GitHub identifier"), Error::Refused(_)));
        assert!(matches!(outcome(401, json!({})), Err(Error::SignIn(_))));
        assert!(matches!(outcome(503, json!({})), Err(Error::Status { status: 503, .. })));
        assert!(matches!(outcome(200, json!({ "hello": 1 })), Err(Error::Unreadable { .. })));
        let code = json!({ "errors": [{ "message": "x", "extensions": { "code": "UNAUTHENTICATED" } }] });
        assert!(matches!(outcome(200, code), Err(Error::SignIn(_))));
    }

    #[test]
    fn data_beside_errors_is_kept() {
        let body = json!({ "data": { "a": 1, "b": null }, "errors": [{ "message": "no b", "path": ["b"] }] });
        let partial = outcome(200, body).unwrap();
        assert_eq!(partial.data["a"], 1);
        assert_eq!(partial.errors[0].root(), Some("b"));
        assert!(!is_nothing(&partial.data));
    }
}
