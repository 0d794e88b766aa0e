-- Keys of the application behind Headcount; those without an organisation open every one.
CREATE TABLE api_key (
    id TEXT COLLATE "C" PRIMARY KEY,
    org BIGINT,
    label TEXT NOT NULL,
    digest BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,                       -- with blanks between them
    created TEXT COLLATE "C" NOT NULL,
    expires TEXT,
    last_used TEXT COLLATE "C",
    revoked TEXT,
    hint TEXT NOT NULL
);

-- What the application calls an account. Links outlive their accounts.
CREATE TABLE account_link (
    org BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    application_id TEXT COLLATE "C" NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (org, account),
    UNIQUE (org, application_id)
);
