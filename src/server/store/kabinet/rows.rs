//! The rows of Kabinet as they are read, each with the columns that a list of them needs.

use rusqlite::{Result, Row};

/// A kind of row that can be listed.
pub trait Entity: Clone + Send + Sync + 'static {
    /// Name of the thing in error texts, as upstream spells it.
    const NAME: &'static str;
    /// What stands behind `FROM`; the entity's own table first, under the alias [`Entity::ALIAS`].
    const FROM: &'static str;
    /// Alias of the entity's own table.
    const ALIAS: &'static str;
    /// The columns that [`Entity::read`] reads, in its order.
    const COLUMNS: &'static str;
    /// The order of a list for which none was asked.
    const DEFAULT_ORDER: &'static str;

    /// Reads a row that [`Entity::COLUMNS`] selected.
    fn read(row: &Row<'_>) -> Result<Self>;
    /// The row's id.
    fn id(&self) -> i64;
}

macro_rules! entities {
    ($(
        $(#[$doc:meta])*
        $name:ident { $upstream:literal, from $from:literal, alias $alias:literal, order $order:literal,
            $($(#[$field_doc:meta])* $field:ident: $kind:ty = $column:literal),* $(,)?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl Entity for $name {
            const NAME: &'static str = $upstream;
            const FROM: &'static str = $from;
            const ALIAS: &'static str = $alias;
            const COLUMNS: &'static str = entities!(@join $($column),*);
            const DEFAULT_ORDER: &'static str = $order;

            fn read(row: &Row<'_>) -> Result<Self> {
                let mut column = 0..;
                Ok(Self { $($field: row.get(column.next().unwrap_or(0))?,)* })
            }

            fn id(&self) -> i64 {
                self.id
            }
        }
    )*};
    (@join $first:literal $(, $rest:literal)*) => { concat!($first $(, ", ", $rest)*) };
}

entities! {
    /// A source of apps.
    Repository { "GithubRepo", from "repositories repository", alias "repository",
        order "repository.kind = 'builtin', repository.id",
        /// The row.
        id: i64 = "repository.id",
        /// `github`, `url`, `path` or `builtin`.
        kind: String = "repository.kind",
        /// What people call it.
        name: String = "repository.name",
        /// Owner on GitHub; the host of an URL; empty for a path.
        user: String = "repository.user",
        /// Name on GitHub; the rest of an URL or path.
        repo: String = "repository.repo",
        /// Branch on GitHub; empty for others.
        branch: String = "repository.branch",
        /// Where it is read from.
        source: String = "repository.source",
        /// `NEVER`, `RUNNING`, `DONE` or `FAILED`.
        scan_state: String = "repository.scan_state",
        /// Why the last scan failed.
        scan_failure: Option<String> = "repository.scan_failure",
        /// When the last scan ended.
        scanned_at: Option<i64> = "repository.scanned_at",
        /// Failed scans since the last good one.
        failures: i64 = "repository.failures",
        /// When it was added.
        added_at: i64 = "repository.added_at",
        /// When a scan or a person changed it.
        updated_at: i64 = "repository.updated_at",
        /// Flavours of it that are published now.
        flavour_count: i64 =
            "(SELECT count(*) FROM flavours f WHERE f.repository_id = repository.id AND f.withdrawn = 0)",
    }

    /// An app.
    App { "App", from "apps app", alias "app", order "app.id",
        /// The row.
        id: i64 = "app.id",
        /// The manifest's identifier.
        identifier: String = "app.identifier",
    }

    /// A release.
    Release { "Release", from "releases release JOIN apps app ON app.id = release.app_id", alias "release",
        order "release.id",
        /// The row.
        id: i64 = "release.id",
        /// Its app.
        app_id: i64 = "release.app_id",
        /// The app's identifier.
        identifier: String = "app.identifier",
        /// As the author wrote it.
        version: String = "release.version",
        /// JSON list of strings.
        scopes: String = "release.scopes",
        /// Python module.
        entrypoint: String = "release.entrypoint",
        /// One line about the app.
        description: Option<String> = "release.description",
        /// URL of a picture.
        logo: Option<String> = "release.logo",
        /// Build time of its newest flavour.
        released_at: Option<i64> = "release.released_at",
    }

    /// A flavour.
    Flavour { "Flavour", from "flavours flavour", alias "flavour",
        order "flavour.built_at DESC NULLS LAST, flavour.id DESC",
        /// The row.
        id: i64 = "flavour.id",
        /// Its release.
        release_id: i64 = "flavour.release_id",
        /// The repository that offers it.
        repository_id: Option<i64> = "flavour.repository_id",
        /// Unique in the release.
        name: String = "flavour.name",
        /// What the author says of it.
        description: Option<String> = "flavour.description",
        /// Reference of the image.
        image: String = "flavour.image",
        /// When it was built.
        built_at: Option<i64> = "flavour.built_at",
        /// Bytes.
        size: Option<i64> = "flavour.size",
        /// JSON object.
        manifest: String = "flavour.manifest",
        /// JSON list of selectors.
        selectors: String = "flavour.selectors",
        /// JSON list of requirements.
        requirements: String = "flavour.requirements",
        /// JSON list of strings.
        hints: String = "flavour.hints",
        /// Its entry has disappeared from the repository.
        withdrawn: bool = "flavour.withdrawn",
        /// When it was scanned first.
        created_at: i64 = "flavour.created_at",
    }

    /// A definition.
    Definition { "Definition", from "definitions definition", alias "definition", order "definition.id",
        /// The row.
        id: i64 = "definition.id",
        /// Hash of its content.
        hash: String = "definition.hash",
        /// The app's own name of it.
        key: String = "definition.key",
        /// Version of the interface.
        version: String = "definition.version",
        /// What people call it.
        name: String = "definition.name",
        /// What it does.
        description: Option<String> = "definition.description",
        /// `FUNCTION` or `GENERATOR`.
        kind: String = "definition.kind",
        /// It keeps a state between calls.
        stateful: bool = "definition.stateful",
        /// Equal inputs give equal outputs.
        pure: bool = "definition.pure",
        /// Calling it twice is as good as once.
        idempotent: bool = "definition.idempotent",
        /// JSON list of ports.
        args: String = "definition.args",
        /// JSON list of ports.
        returns: String = "definition.returns",
        /// JSON list of strings.
        collections: String = "definition.collections",
        /// JSON list of strings.
        interfaces: String = "definition.interfaces",
        /// When it was scanned first.
        defined_at: i64 = "definition.defined_at",
    }

    /// A backend.
    Backend { "Backend", from "backends backend", alias "backend", order "backend.id",
        /// The row.
        id: i64 = "backend.id",
        /// What people call it.
        name: String = "backend.name",
        /// What drives its containers.
        kind: String = "backend.kind",
        /// Subject of its user.
        sub: String = "backend.sub",
        /// Row of its OAuth client.
        client_row: i64 = "backend.client_row",
        /// OAuth client id.
        client_id: String = "backend.client_id",
        /// Identifier of the client's app.
        client_app: Option<String> = "backend.client_app",
        /// Version of the client's app.
        client_release: Option<String> = "backend.client_release",
        /// The machine.
        client_device: Option<String> = "backend.client_device",
        /// When it was declared last.
        heartbeat_at: i64 = "backend.heartbeat_at",
    }

    /// A resource.
    Resource { "Resource", from "resources resource", alias "resource", order "resource.id",
        /// The row.
        id: i64 = "resource.id",
        /// Its backend.
        backend_id: i64 = "resource.backend_id",
        /// The backend's own id of it.
        local_id: String = "resource.local_id",
        /// What people call it.
        name: String = "resource.name",
        /// JSON list of `{key, value}`.
        qualifiers: Option<String> = "resource.qualifiers",
        /// When it was declared last.
        reported_at: i64 = "resource.reported_at",
    }

    /// A deployment.
    Deployment { "Deployment",
        from "deployments deployment JOIN backends backend ON backend.id = deployment.backend_id \
              JOIN flavours flavour ON flavour.id = deployment.flavour_id",
        alias "deployment", order "deployment.id",
        /// The row.
        id: i64 = "deployment.id",
        /// Its flavour.
        flavour_id: i64 = "deployment.flavour_id",
        /// Its backend.
        backend_id: i64 = "deployment.backend_id",
        /// The backend's own id of it.
        local_id: String = "deployment.local_id",
        /// A pod status.
        status: String = "deployment.status",
        /// Backend's and flavour's name.
        name: String = "backend.name || '-' || flavour.name",
    }

    /// A pod.
    Pod { "Pod",
        from "pods pod JOIN backends backend ON backend.id = pod.backend_id \
              JOIN deployments deployment ON deployment.id = pod.deployment_id \
              JOIN flavours flavour ON flavour.id = deployment.flavour_id \
              JOIN releases release ON release.id = flavour.release_id JOIN apps app ON app.id = release.app_id \
              LEFT JOIN users owner ON owner.id = pod.owner_id",
        alias "pod", order "pod.updated_at DESC, pod.id DESC",
        /// The row.
        id: i64 = "pod.id",
        /// Its backend.
        backend_id: i64 = "pod.backend_id",
        /// Its deployment.
        deployment_id: i64 = "pod.deployment_id",
        /// Where it runs.
        resource_id: Option<i64> = "pod.resource_id",
        /// The backend's own id of it.
        local_id: String = "pod.local_id",
        /// OAuth client id of the app inside.
        client_id: Option<String> = "pod.client_id",
        /// Subject of the user whose task had it made.
        owner_sub: Option<String> = "owner.sub",
        /// What people call that user.
        owner_name: Option<String> = "owner.username",
        /// A pod status.
        status: String = "pod.status",
        /// Why it has this status.
        reason: Option<String> = "pod.reason",
        /// When it was made.
        created_at: i64 = "pod.created_at",
        /// When it was reported last.
        updated_at: i64 = "pod.updated_at",
        /// Backend's, flavour's and app's name.
        name: String = "backend.name || '-' || flavour.name || '-' || app.identifier",
    }

    /// A log dump without its text, which is read on its own.
    LogDump { "LogDump", from "log_dumps dump", alias "dump", order "dump.id DESC",
        /// The row.
        id: i64 = "dump.id",
        /// Its pod.
        pod_id: i64 = "dump.pod_id",
        /// When it was taken.
        created_at: i64 = "dump.created_at",
    }
}
