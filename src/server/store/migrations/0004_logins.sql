-- Protocol version 2 of fakts: device codes that are polled with a secret of their own, logins whose refresh token
-- changes at every use, and mandate keys. Times are milliseconds since 1970 UTC.

-- Null in codes of version 1, which are shown and polled with one and the same text.
ALTER TABLE device_codes ADD COLUMN device_hash BLOB;
-- The client id that the program was told before anybody approved.
ALTER TABLE device_codes ADD COLUMN told_client_id TEXT;
ALTER TABLE device_codes ADD COLUMN poll_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_codes ADD COLUMN polled_at INTEGER;
CREATE UNIQUE INDEX device_codes_by_device ON device_codes (device_hash);

-- The refresh token is derived from the server's key, the nonce and the generation; only the newest generation counts.
CREATE TABLE logins (
    id INTEGER PRIMARY KEY,
    client_row INTEGER NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    told_client_id TEXT NOT NULL,
    nonce TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 1,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_by_client ON logins (client_row, used_at);
CREATE INDEX logins_by_use ON logins (used_at);

CREATE TABLE mandate_keys (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
