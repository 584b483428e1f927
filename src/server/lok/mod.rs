//! Lok's GraphQL face, as much as a container backend and a store need: who am I, and a client for a new pod.

use async_graphql::{Context, EmptySubscription, Enum, Error, ID, InputObject, Object, Result, SimpleObject};

use super::identity::{Identity, Role};
use super::registration::{self, Manifest, Requirement};
use super::shared::State;
use super::store::identity::{ClientRole as StoredRole, ClientRow, Member, client_by_row};

/// Lok's schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Levels of a document beyond which it is refused.
const DEEPEST: usize = 24;

/// Makes the schema over the server's state.
pub fn schema(state: &State) -> Schema {
    async_graphql::Schema::build(Query, Mutation, EmptySubscription)
        .limit_depth(DEEPEST)
        .data(State::clone(state))
        .finish()
}

/// The schema's text in the schema language, as it is served at `schema`.
pub fn sdl() -> String {
    async_graphql::Schema::build(Query, Mutation, EmptySubscription).finish().sdl()
}

fn identity<'context>(context: &Context<'context>) -> Result<&'context Identity> {
    context.data::<Identity>().map_err(|_| Error::new("User is not authenticated"))
}

/// A person or a service account.
#[derive(SimpleObject)]
pub struct User {
    id: ID,
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
}

impl From<&Identity> for User {
    fn from(identity: &Identity) -> Self {
        let username = identity.username.clone();
        Self { id: identity.user_id.into(), username, first_name: None, last_name: None, email: None }
    }
}

/// An organisation.
#[derive(SimpleObject)]
pub struct Organization {
    id: ID,
    slug: String,
    name: String,
    description: Option<String>,
}

/// Who is asking, in which organisation, and as what.
#[derive(SimpleObject)]
#[graphql(name = "Context")]
pub struct CallerContext {
    user: User,
    organization: Organization,
    roles: Vec<String>,
    scope: Vec<String>,
    fits_active_organization: bool,
}

/// The OAuth half of a client.
#[derive(SimpleObject)]
pub struct Oauth2Client {
    id: String,
    client_id: String,
}

/// What a client is for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientRole {
    /// A person works with it.
    Interface,
    /// It does work for others.
    Agent,
}

/// A registered program.
#[derive(SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the names are upstream's")]
pub struct Client {
    id: ID,
    name: String,
    /// A client token. A new one for every call; former ones stay valid.
    token: String,
    oauth2_client: Oauth2Client,
    functional: bool,
    public: bool,
    role: ClientRole,
}

impl Client {
    fn new(row: &ClientRow, token: String) -> Self {
        Self {
            id: row.id.into(),
            name: format!("{}:{}", row.app, row.version),
            token,
            oauth2_client: Oauth2Client { id: row.id.to_string(), client_id: row.client_id.clone() },
            functional: row.functional.unwrap_or(true),
            public: false,
            role: match row.role {
                StoredRole::Interface => ClientRole::Interface,
                StoredRole::Agent => ClientRole::Agent,
            },
        }
    }
}

/// Where an app's code is published.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
enum PublicSourceKind {
    /// On GitHub.
    Github,
    /// Elsewhere.
    Website,
}

/// Where an app's code is published.
#[derive(InputObject)]
struct PublicSourceInput {
    kind: PublicSourceKind,
    url: String,
}

/// A service that an app asks for.
#[derive(InputObject)]
struct RequirementInput {
    key: String,
    service: String,
    #[graphql(default)]
    optional: bool,
    description: Option<String>,
}

/// What an app says about itself.
#[derive(InputObject)]
struct ManifestInput {
    identifier: String,
    version: String,
    logo: Option<String>,
    #[graphql(default)]
    scopes: Vec<String>,
    #[graphql(default)]
    requirements: Vec<RequirementInput>,
    node_id: Option<String>,
    public_sources: Option<Vec<PublicSourceInput>>,
}

impl From<ManifestInput> for Manifest {
    fn from(input: ManifestInput) -> Self {
        let requirements = input.requirements.into_iter().map(|wanted| Requirement {
            key: wanted.key,
            service: wanted.service,
            optional: wanted.optional,
            description: wanted.description,
        });
        Self {
            identifier: input.identifier,
            version: input.version,
            scopes: input.scopes,
            requirements: requirements.collect(),
            node_id: input.node_id,
        }
    }
}

/// A client that is wanted. `composition` and `layers` are taken and ignored, as upstream does.
#[derive(InputObject)]
struct DevelopmentClientInput {
    manifest: ManifestInput,
    composition: Option<ID>,
    #[graphql(default_with = "Some(vec![String::from(\"web\")])")]
    layers: Option<Vec<String>>,
    role: Option<ClientRole>,
}

/// The root of queries.
pub struct Query;

#[Object]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Query {
    /// Who is asking.
    async fn me(&self, context: &Context<'_>) -> Result<User> {
        Ok(User::from(identity(context)?))
    }

    /// Who is asking, in which organisation, and as what.
    async fn mycontext(&self, context: &Context<'_>) -> Result<CallerContext> {
        let identity = identity(context)?;
        let state = context.data::<State>()?;
        let row = identity.client_row;
        let client = state.store.read(move |connection| client_by_row(connection, row)).await?;
        let name = client.map_or_else(|| identity.organisation.clone(), |client| client.organisation_name);
        let role = if identity.role == Role::Admin { "admin" } else { "member" };
        Ok(CallerContext {
            user: User::from(identity),
            organization: Organization {
                id: identity.organisation_id.into(),
                slug: identity.organisation.clone(),
                name,
                description: None,
            },
            roles: vec![role.to_owned()],
            scope: ["openid", "profile", "email"].map(str::to_owned).into(),
            fits_active_organization: true,
        })
    }
}

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    /// Finds or makes the client of an app on a machine, and gives it one more client token.
    async fn create_developmental_client(
        &self,
        context: &Context<'_>,
        input: DevelopmentClientInput,
    ) -> Result<Client> {
        let identity = identity(context)?;
        let state = context.data::<State>()?;
        let member = Member { organisation_id: identity.organisation_id, user_id: identity.user_id };
        let role = match input.role {
            Some(ClientRole::Agent) => StoredRole::Agent,
            Some(ClientRole::Interface) | None => StoredRole::Interface,
        };
        let (row, token) = registration::register(&state.store, &input.manifest.into(), member, role).await?;
        let client = state.store.read(move |connection| client_by_row(connection, row)).await?;
        let client = client.ok_or_else(|| Error::new("Client matching query does not exist."))?;
        Ok(Client::new(&client, token))
    }
}
