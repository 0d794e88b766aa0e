-- Where accounts and groups are written, and who is who there.
CREATE TABLE connector (
    org BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,                         -- of the application
    settings TEXT NOT NULL,                     -- JSON
    secret TEXT NOT NULL,                       -- the key, which is needed with every request
    created TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    last_run TEXT,                              -- JSON
    PRIMARY KEY (org, name)
);
CREATE TABLE connector_link (
    org BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,         -- id of ours
    target TEXT NOT NULL,                       -- id of theirs
    address TEXT NOT NULL,                      -- that was written there last
    grp INTEGER NOT NULL,                       -- whether it is a group
    PRIMARY KEY (org, name, resource)
);
