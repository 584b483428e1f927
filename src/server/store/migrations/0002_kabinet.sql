-- Kabinet: the catalogue of installable apps, and the books of what runs where.
-- Times are milliseconds since 1970 UTC. JSON columns hold what is only ever read as a whole.

CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('github', 'url', 'path', 'builtin')),
    name TEXT NOT NULL,
    user TEXT NOT NULL,
    repo TEXT NOT NULL,
    branch TEXT NOT NULL,
    source TEXT NOT NULL,
    scan_state TEXT NOT NULL DEFAULT 'NEVER' CHECK (scan_state IN ('NEVER', 'RUNNING', 'DONE', 'FAILED')),
    scan_failure TEXT,
    scanned_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER,
    added_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organisation_id, source)
) STRICT;
CREATE INDEX repositories_by_name ON repositories (organisation_id, name);
CREATE INDEX repositories_by_addition ON repositories (organisation_id, added_at);
CREATE INDEX repositories_by_update ON repositories (organisation_id, updated_at);
CREATE INDEX repositories_to_retry ON repositories (retry_at) WHERE retry_at IS NOT NULL;

-- Who has been given the default repositories, so that a removed one stays away.
CREATE TABLE repository_defaults (
    organisation_id INTEGER PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
    given_at INTEGER NOT NULL
) STRICT;

CREATE TABLE scan_issues (
    id INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX scan_issues_of_repository ON scan_issues (repository_id);

CREATE TABLE apps (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    identifier TEXT NOT NULL,
    UNIQUE (organisation_id, identifier)
) STRICT;

CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    app_id INTEGER NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    scopes TEXT NOT NULL,
    entrypoint TEXT NOT NULL,
    author TEXT NOT NULL,
    description TEXT,
    logo TEXT,
    released_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (app_id, version)
) STRICT;
CREATE INDEX releases_by_version ON releases (organisation_id, version);
CREATE INDEX releases_by_release ON releases (organisation_id, released_at);
CREATE INDEX releases_by_creation ON releases (organisation_id, created_at);

CREATE TABLE flavours (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    repository_id INTEGER REFERENCES repositories (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    description TEXT,
    image TEXT NOT NULL,
    built_at INTEGER,
    size INTEGER,
    manifest TEXT NOT NULL,
    selectors TEXT NOT NULL,
    requirements TEXT NOT NULL,
    hints TEXT NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    -- What the entry of the file came down to, so that a scan can tell what it changed.
    fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (release_id, name)
) STRICT;
CREATE INDEX flavours_by_build ON flavours (organisation_id, built_at);
CREATE INDEX flavours_of_repository ON flavours (repository_id);

CREATE TABLE definitions (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('FUNCTION', 'GENERATOR')),
    stateful INTEGER NOT NULL CHECK (stateful IN (0, 1)),
    pure INTEGER NOT NULL CHECK (pure IN (0, 1)),
    idempotent INTEGER NOT NULL CHECK (idempotent IN (0, 1)),
    args TEXT NOT NULL,
    returns TEXT NOT NULL,
    collections TEXT NOT NULL,
    interfaces TEXT NOT NULL,
    is_test_for TEXT NOT NULL,
    defined_at INTEGER NOT NULL,
    UNIQUE (organisation_id, hash)
) STRICT;
CREATE INDEX definitions_by_definition ON definitions (organisation_id, defined_at);
CREATE INDEX definitions_by_name ON definitions (organisation_id, name);
CREATE INDEX definitions_by_kind ON definitions (organisation_id, kind);

-- The ports once more, to be searched by shape; `parent_id` is null for the ports of the definition itself.
CREATE TABLE ports (
    id INTEGER PRIMARY KEY,
    definition_id INTEGER NOT NULL REFERENCES definitions (id) ON DELETE CASCADE,
    parent_id INTEGER REFERENCES ports (id) ON DELETE CASCADE,
    side TEXT NOT NULL CHECK (side IN ('args', 'returns')),
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    identifier TEXT,
    dimension TEXT,
    nullable INTEGER NOT NULL CHECK (nullable IN (0, 1))
) STRICT;
CREATE INDEX ports_of_definition ON ports (definition_id, side, parent_id, position);
CREATE INDEX ports_of_port ON ports (parent_id, position);

CREATE TABLE flavour_definitions (
    flavour_id INTEGER NOT NULL REFERENCES flavours (id) ON DELETE CASCADE,
    definition_id INTEGER NOT NULL REFERENCES definitions (id) ON DELETE CASCADE,
    interface TEXT NOT NULL,
    PRIMARY KEY (flavour_id, definition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX flavours_of_definition ON flavour_definitions (definition_id, flavour_id);

-- The names of user, client, app and machine are those of the caller's newest call.
CREATE TABLE backends (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_row INTEGER NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    sub TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_app TEXT,
    client_release TEXT,
    client_device TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL,
    UNIQUE (organisation_id, user_id, client_row)
) STRICT;
CREATE INDEX backends_by_name ON backends (organisation_id, name);
CREATE INDEX backends_by_heartbeat ON backends (organisation_id, heartbeat_at);
CREATE INDEX backends_of_client ON backends (client_row);
CREATE INDEX backends_of_user ON backends (user_id);

CREATE TABLE resources (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    backend_id INTEGER NOT NULL REFERENCES backends (id) ON DELETE CASCADE,
    local_id TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifiers TEXT,
    created_at INTEGER NOT NULL,
    reported_at INTEGER NOT NULL,
    UNIQUE (backend_id, local_id)
) STRICT;
CREATE INDEX resources_by_name ON resources (organisation_id, name);
CREATE INDEX resources_by_creation ON resources (organisation_id, created_at);

CREATE TABLE deployments (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    flavour_id INTEGER NOT NULL REFERENCES flavours (id) ON DELETE CASCADE,
    backend_id INTEGER NOT NULL REFERENCES backends (id) ON DELETE CASCADE,
    local_id TEXT NOT NULL,
    status TEXT NOT NULL,
    secret_params TEXT NOT NULL,
    pulled_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (flavour_id, backend_id, local_id)
) STRICT;
CREATE INDEX deployments_of_backend ON deployments (backend_id);
CREATE INDEX deployments_by_local_id ON deployments (organisation_id, local_id);
CREATE INDEX deployments_by_creation ON deployments (organisation_id, created_at);

CREATE TABLE pods (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    backend_id INTEGER NOT NULL REFERENCES backends (id) ON DELETE CASCADE,
    deployment_id INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    resource_id INTEGER REFERENCES resources (id) ON DELETE SET NULL,
    local_id TEXT NOT NULL,
    client_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'STOPPING', 'STOPPED', 'FAILED', 'UNKOWN')),
    reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (backend_id, local_id)
) STRICT;
CREATE INDEX pods_by_update ON pods (organisation_id, updated_at);
CREATE INDEX pods_by_creation ON pods (organisation_id, created_at);
CREATE INDEX pods_by_status ON pods (organisation_id, status);
CREATE INDEX pods_of_deployment ON pods (deployment_id);
CREATE INDEX pods_of_resource ON pods (resource_id);
CREATE INDEX pods_of_client ON pods (organisation_id, client_id);

CREATE TABLE log_dumps (
    id INTEGER PRIMARY KEY,
    pod_id INTEGER NOT NULL REFERENCES pods (id) ON DELETE CASCADE,
    logs TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX log_dumps_of_pod ON log_dumps (pod_id, id);
