-- Where events are sent.
CREATE TABLE webhook_endpoint (
    org BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,                       -- it signs, so a hash of it would be of no use
    created TEXT COLLATE "C" NOT NULL,
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
);

-- Events that an endpoint has passed, and that did not arrive yet.
CREATE TABLE webhook_waiting (
    org BIGINT NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL,
    due TEXT COLLATE "C" NOT NULL,              -- empty: at once
    detail TEXT NOT NULL,
    PRIMARY KEY (org, endpoint, position)
);
CREATE INDEX webhook_waiting_subject ON webhook_waiting (org, endpoint, subject, position);

-- What became of each try.
CREATE TABLE webhook_attempt (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org BIGINT NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    message TEXT NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    duration BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    detail TEXT NOT NULL,
    url TEXT NOT NULL,
    headers TEXT NOT NULL,                      -- JSON
    request BYTEA NOT NULL,
    answer BYTEA NOT NULL
);
CREATE INDEX webhook_attempt_endpoint ON webhook_attempt (org, endpoint, number);
CREATE INDEX webhook_attempt_at ON webhook_attempt (at);
