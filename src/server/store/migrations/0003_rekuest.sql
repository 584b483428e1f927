-- Rekuest: agents, what they can do, what they were asked to do, and what waits to be sent to them.
-- Times are milliseconds since 1970 UTC; JSON columns hold text.

CREATE TABLE agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    client_row INTEGER NOT NULL UNIQUE REFERENCES clients (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'WEBSOCKET',
    connected INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    session TEXT,
    last_seen INTEGER,
    -- When the socket was lost; null while connected and once its open tasks are settled.
    lost_at INTEGER
) STRICT;
CREATE INDEX agents_by_organisation ON agents (organisation_id, id);

CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL,
    stateful INTEGER NOT NULL,
    pure INTEGER NOT NULL,
    idempotent INTEGER NOT NULL,
    is_dev INTEGER NOT NULL,
    args TEXT NOT NULL,
    returns TEXT NOT NULL,
    port_groups TEXT NOT NULL,
    collections TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    defined_at INTEGER NOT NULL,
    UNIQUE (organisation_id, app, key, version)
) STRICT;
CREATE INDEX actions_by_hash ON actions (organisation_id, hash);

CREATE TABLE implementations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    action_id INTEGER NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    interface TEXT NOT NULL,
    params TEXT NOT NULL DEFAULT '{}',
    dependencies TEXT NOT NULL DEFAULT '[]',
    needs_token INTEGER NOT NULL DEFAULT 1,
    effect TEXT NOT NULL DEFAULT 'NONE',
    pinned INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (agent_id, interface)
) STRICT;
CREATE INDEX implementations_by_action ON implementations (action_id);

CREATE TABLE states (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    interface TEXT NOT NULL,
    key TEXT,
    app TEXT,
    name TEXT NOT NULL,
    ports TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (agent_id, interface)
) STRICT;

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    caller_row INTEGER NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    reference TEXT NOT NULL,
    action_id INTEGER NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    implementation_id INTEGER REFERENCES implementations (id) ON DELETE SET NULL,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    parent_id INTEGER REFERENCES tasks (id) ON DELETE SET NULL,
    root_id INTEGER REFERENCES tasks (id) ON DELETE SET NULL,
    args TEXT NOT NULL,
    acted_on TEXT NOT NULL,
    ephemeral INTEGER NOT NULL,
    capture INTEGER NOT NULL,
    step INTEGER NOT NULL,
    -- Kept here because the implementation may be replaced while the task runs.
    idempotent INTEGER NOT NULL,
    physical INTEGER NOT NULL,
    is_done INTEGER NOT NULL DEFAULT 0,
    latest_event_kind TEXT NOT NULL,
    latest_instruct_kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (caller_row, reference)
) STRICT;
CREATE INDEX tasks_by_organisation ON tasks (organisation_id, id);
CREATE INDEX tasks_by_agent ON tasks (agent_id, is_done);
CREATE INDEX tasks_by_parent ON tasks (parent_id);
CREATE INDEX tasks_by_root ON tasks (root_id);
CREATE INDEX tasks_by_action ON tasks (action_id);
CREATE INDEX tasks_by_implementation ON tasks (implementation_id);
CREATE INDEX tasks_open ON tasks (id) WHERE is_done = 0;

-- Ids come from the process, so that events which are only broadcast stand in the same order.
CREATE TABLE task_events (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    message TEXT,
    progress INTEGER,
    returns TEXT,
    level TEXT NOT NULL DEFAULT 'INFO',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_events_by_task ON task_events (task_id, kind, id);

CREATE TABLE task_instructs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_instructs_by_task ON task_instructs (task_id);

-- Frames that an agent has not confirmed. `sent` tells those that may have reached it from those that cannot.
CREATE TABLE agent_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    task_id INTEGER REFERENCES tasks (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    frame TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX agent_outbox_by_agent ON agent_outbox (agent_id, id);
CREATE INDEX agent_outbox_by_task ON agent_outbox (task_id);
