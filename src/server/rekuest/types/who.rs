//! Apps, machines, people and clients.

use async_graphql::{ID, SimpleObject};

use crate::server::store::identity::ClientRow;

/// An app, known by its identifier.
#[derive(SimpleObject, Debug, Clone)]
pub struct App {
    pub(super) id: ID,
    pub(super) identifier: String,
}

impl App {
    pub(super) fn of(identifier: &str) -> Self {
        Self { id: ID(identifier.to_owned()), identifier: identifier.to_owned() }
    }
}

/// A version of an app.
#[derive(SimpleObject, Debug, Clone)]
pub struct Release {
    pub(super) id: ID,
    pub(super) app: App,
    pub(super) version: String,
}

impl Release {
    pub(super) fn of(app: &str, version: &str) -> Self {
        Self { id: ID(format!("{app}:{version}")), app: App::of(app), version: version.to_owned() }
    }
}

/// A machine.
#[derive(SimpleObject, Debug, Clone)]
pub struct Device {
    pub(super) id: ID,
    pub(super) device_id: ID,
}

impl Device {
    pub(super) fn of(device: &str) -> Option<Self> {
        (!device.is_empty()).then(|| Self { id: ID(device.to_owned()), device_id: ID(device.to_owned()) })
    }
}

/// A person or a service account.
#[derive(SimpleObject, Debug, Clone)]
pub struct User {
    pub(super) id: ID,
    pub(super) sub: ID,
}

/// An organisation.
#[derive(SimpleObject, Debug, Clone)]
pub struct Organization {
    pub(super) id: ID,
    pub(super) slug: String,
}

/// A registered program.
#[derive(SimpleObject, Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the names are upstream's")]
pub struct Client {
    pub(super) id: ID,
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) release: Option<Release>,
    pub(super) device: Option<Device>,
}

impl From<&ClientRow> for Client {
    fn from(row: &ClientRow) -> Self {
        Self {
            id: row.id.into(),
            name: format!("{}:{}", row.app, row.version),
            client_id: row.client_id.clone(),
            release: Some(Release::of(&row.app, &row.version)),
            device: Device::of(&row.device),
        }
    }
}

/// Who assigned a task.
#[derive(SimpleObject, Debug, Clone)]
pub struct Caller {
    pub(super) id: ID,
    pub(super) client: Client,
    pub(super) user: User,
    pub(super) organization: Organization,
}

impl From<&ClientRow> for Caller {
    fn from(row: &ClientRow) -> Self {
        Self {
            id: row.id.into(),
            client: Client::from(row),
            user: User { id: row.member.user_id.into(), sub: ID(row.sub.clone()) },
            organization: Organization { id: row.member.organisation_id.into(), slug: row.organisation.clone() },
        }
    }
}
