"""The tables for the application behind Headcount: its feed, webhooks, keys and connectors."""

_FEED = """
CREATE TABLE event_document (                   -- apart: it is large, and few need it
    place INTEGER PRIMARY KEY,                  -- of the event: org * 2^40 + position
    document BLOB NOT NULL                      -- whom it is about, after the change
);
CREATE TABLE follower (                         -- who deals with events, and how far they have come
    org INTEGER NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    detail TEXT NOT NULL,
    due TEXT,
    holder TEXT NOT NULL DEFAULT '',            -- the process that deals with them now
    held_until TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (org, name)
) WITHOUT ROWID;
"""

_WEBHOOKS = """
CREATE TABLE webhook_endpoint (
    org INTEGER NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,                       -- it signs, so a hash of it would be of no use
    created TEXT NOT NULL,
    label TEXT NOT NULL,
    types TEXT NOT NULL,                        -- JSON list
    previous TEXT,                              -- secret that signs too, until
    previous_until TEXT,
    off_since TEXT,
    off_reason TEXT NOT NULL,
    failing_since TEXT,
    arrived TEXT,
    paused_until TEXT,
    PRIMARY KEY (org, id)
) WITHOUT ROWID;
CREATE TABLE webhook_waiting (                  -- passed by the follower, and not arrived yet
    org INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    position INTEGER NOT NULL,
    subject TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due TEXT NOT NULL,                          -- empty: at once
    detail TEXT NOT NULL,
    PRIMARY KEY (org, endpoint, position)
) WITHOUT ROWID;
CREATE INDEX webhook_waiting_subject ON webhook_waiting (org, endpoint, subject, position);
CREATE TABLE webhook_attempt (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    at TEXT NOT NULL,
    duration INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    detail TEXT NOT NULL,
    url TEXT NOT NULL,
    headers TEXT NOT NULL,                      -- JSON
    request BLOB NOT NULL,
    answer BLOB NOT NULL
);
CREATE INDEX webhook_attempt_endpoint ON webhook_attempt (org, endpoint, number);
CREATE INDEX webhook_attempt_at ON webhook_attempt (at);
"""

_API = """
CREATE TABLE api_key (                          -- of the application behind Headcount
    id TEXT PRIMARY KEY,
    org INTEGER,                                -- NULL: every organisation
    label TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,                       -- with blanks between them
    created TEXT NOT NULL,
    expires TEXT,
    last_used TEXT,
    revoked TEXT,
    hint TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE account_link (                     -- what the application calls an account
    org INTEGER NOT NULL,
    account TEXT NOT NULL,                      -- it may be gone
    application_id TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (org, account),
    UNIQUE (org, application_id)
) WITHOUT ROWID;
"""

_CONNECTORS = """
CREATE TABLE connector (                        -- where accounts and groups are written
    org INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                         -- of the application
    settings TEXT NOT NULL,                     -- JSON
    secret TEXT NOT NULL,                       -- the key, which is needed with every request
    created TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    last_run TEXT,                              -- JSON
    PRIMARY KEY (org, name)
) WITHOUT ROWID;
CREATE TABLE connector_link (                   -- who is who at the application
    org INTEGER NOT NULL,
    name TEXT NOT NULL,
    resource TEXT NOT NULL,                     -- id of ours
    target TEXT NOT NULL,                       -- id of theirs
    address TEXT NOT NULL,                      -- that was written there last
    grp INTEGER NOT NULL,                       -- whether it is a group
    PRIMARY KEY (org, name, resource)
) WITHOUT ROWID;
"""

APPLICATION = _FEED + _WEBHOOKS + _API + _CONNECTORS
"""All of them, which came with one version."""
