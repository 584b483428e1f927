//! Who is asking: the identity that the HTTP and WebSocket handlers put beside every request.

/// What a member may do beyond the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything, including the server itself.
    Admin,
    /// Everything of the organisation.
    Member,
}

/// The caller, read from a valid access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Row of the user.
    pub user_id: i64,
    /// Subject of the token.
    pub sub: String,
    /// The user's name.
    pub username: String,
    /// Row of the active organisation; everything is scoped to it.
    pub organisation_id: i64,
    /// Slug of the active organisation.
    pub organisation: String,
    /// Row of the OAuth client.
    pub client_row: i64,
    /// OAuth client id.
    pub client_id: String,
    /// Identifier of the client's app.
    pub app: Option<String>,
    /// Version of the client's app.
    pub release: Option<String>,
    /// The machine that the client runs on.
    pub device: Option<String>,
    /// What the caller may do.
    pub role: Role,
}

/// When the token behind a connection dies, in seconds since 1970. Stands beside [`Identity`] in the data of a
/// GraphQL socket, because a socket outlives its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry(pub i64);
