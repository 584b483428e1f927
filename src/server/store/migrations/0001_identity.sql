-- Who there is: organisations, users, their clients, and the ways by which a client comes to be.
-- Times are milliseconds since 1970 UTC. Tokens are kept as SHA-256 only.

CREATE TABLE organisations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    id INTEGER PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    blocked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (organisation_id, user_id)
) STRICT;

-- One per app, version, machine, user and organisation. Its secret is derived from the server's key, never stored.
CREATE TABLE clients (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    -- SHA-256 of the organisation and the node id, empty when the client told none.
    device TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL CHECK (role IN ('interface', 'agent')),
    scopes TEXT NOT NULL DEFAULT '[]',
    requirements TEXT NOT NULL DEFAULT '[]',
    -- What the client last reported about its addresses; null before any report.
    functional INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, organisation_id, app, version, device)
) STRICT;

-- Several may be valid for one client, so that a second pod of an app leaves the first one's token alone.
CREATE TABLE client_tokens (
    id INTEGER PRIMARY KEY,
    client_row INTEGER NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX client_tokens_by_client ON client_tokens (client_row, id);

CREATE TABLE device_codes (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    manifest TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('interface', 'agent')),
    -- The host that the code was asked from, as far as the connection tells.
    host TEXT,
    -- The token handed out after approval is derived from the server's key and this.
    nonce TEXT NOT NULL,
    denied INTEGER NOT NULL DEFAULT 0,
    client_row INTEGER REFERENCES clients (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE redeem_tokens (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    allow_reredeem INTEGER NOT NULL DEFAULT 0,
    client_row INTEGER REFERENCES clients (id) ON DELETE SET NULL,
    manifest_hash TEXT,
    nonce TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
