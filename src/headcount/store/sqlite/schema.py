"""The tables, and how an older file is brought up to date. The organisation leads every key."""

import apsw

from headcount.errors import Unavailable
from headcount.store.model import Migrated
from headcount.store.sqlite.tables import APPLICATION

_FIRST = """
CREATE TABLE organisation (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    username_format TEXT NOT NULL,
    allowed_domains TEXT NOT NULL,              -- JSON list
    seats INTEGER,
    created TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    users INTEGER NOT NULL DEFAULT 0,           -- counters, moved in the transaction of each change
    active INTEGER NOT NULL DEFAULT 0,
    owners INTEGER NOT NULL DEFAULT 0,
    groups INTEGER NOT NULL DEFAULT 0,
    nested INTEGER NOT NULL DEFAULT 0,          -- memberships of groups in groups
    users_gone INTEGER NOT NULL DEFAULT 0,      -- ever deleted
    groups_gone INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0         -- of the last event
);
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organisation (id),
    label TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created TEXT NOT NULL,
    expires TEXT,
    last_used TEXT,
    revoked TEXT,
    read_only INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE access (epoch INTEGER NOT NULL);
INSERT INTO access VALUES (1);
CREATE TABLE resource (
    seq INTEGER PRIMARY KEY,
    org INTEGER NOT NULL,
    kind INTEGER NOT NULL,                      -- 1 User, 2 Group
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL,
    name TEXT NOT NULL,                         -- comparison key of userName or displayName
    external_id TEXT,
    active INTEGER,
    role TEXT,
    member_count INTEGER NOT NULL DEFAULT 0,
    keys TEXT NOT NULL,                         -- comparison keys of the other attributes, JSON
    document BLOB NOT NULL                      -- JSON as it goes on the wire, without meta
);
CREATE UNIQUE INDEX resource_id ON resource (org, kind, id);
CREATE UNIQUE INDEX resource_name ON resource (org, kind, name);
CREATE INDEX resource_external_id ON resource (org, kind, external_id)
    WHERE external_id IS NOT NULL;
CREATE TABLE listed_value (
    org INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (org, kind, path, key, id)
) WITHOUT ROWID;
CREATE TABLE member (
    org INTEGER NOT NULL,
    grp TEXT NOT NULL,
    member TEXT NOT NULL,
    kind INTEGER NOT NULL,
    display TEXT,                               -- as the identity provider sent it
    PRIMARY KEY (org, grp, member)
) WITHOUT ROWID;
CREATE INDEX member_of ON member (org, member, grp);
CREATE TABLE event (
    org INTEGER NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (org, position)
) WITHOUT ROWID;
"""

_OWN_ATTRIBUTES = """
ALTER TABLE organisation ADD COLUMN attributes TEXT NOT NULL DEFAULT '[]';  -- JSON list
ALTER TABLE token ADD COLUMN strict INTEGER NOT NULL DEFAULT 0;
CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

_CONSOLE = """
ALTER TABLE token ADD COLUMN hint TEXT NOT NULL DEFAULT '';
CREATE TABLE administrator (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,             -- comparison key
    org INTEGER,                                -- NULL: every organisation
    created TEXT NOT NULL,
    last_seen TEXT
) WITHOUT ROWID;
CREATE TABLE link (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    reach TEXT NOT NULL,
    org INTEGER,
    email TEXT,
    email_key TEXT,
    created TEXT NOT NULL,
    expires TEXT NOT NULL,
    used TEXT,
    revoked TEXT
) WITHOUT ROWID;
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    reach TEXT NOT NULL,
    org INTEGER,
    administrator TEXT,
    link TEXT,
    created TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    expires TEXT NOT NULL,
    browser TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    org INTEGER,
    data TEXT NOT NULL                          -- JSON
);
CREATE INDEX audit_org ON audit (org, number) WHERE org IS NOT NULL;

CREATE TABLE exchange (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL,                       -- 0: nobody's
    at TEXT NOT NULL,
    duration INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    status INTEGER NOT NULL,
    kind TEXT NOT NULL,
    resource TEXT NOT NULL,
    person TEXT NOT NULL,
    person_key TEXT NOT NULL,                   -- comparison key
    did TEXT NOT NULL,
    token TEXT NOT NULL,
    client TEXT NOT NULL,
    refusal TEXT NOT NULL,
    detail TEXT NOT NULL,
    cut INTEGER NOT NULL
);
CREATE INDEX exchange_org ON exchange           -- with all that is looked through for some of them
    (org, number, method, status, person_key);
CREATE INDEX exchange_at ON exchange (at);
CREATE INDEX exchange_resource ON exchange (org, resource, number) WHERE resource <> '';
CREATE INDEX exchange_failed ON exchange (org, number) WHERE status >= 400;
CREATE INDEX exchange_failed_at ON exchange (org, at) WHERE status >= 400;
CREATE TABLE exchange_body (                    -- what is large is apart: lists do not read it
    number INTEGER PRIMARY KEY,
    headers BLOB NOT NULL,
    request BLOB NOT NULL,
    answer BLOB NOT NULL
);
CREATE TABLE daily (
    org INTEGER NOT NULL,
    day TEXT NOT NULL,
    did TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (org, day, did)
) WITHOUT ROWID;

CREATE INDEX event_subject ON event (org, subject, position);
CREATE INDEX event_member ON event (org, json_extract(data, '$.member'), position)
    WHERE type IN ('group.member_added', 'group.member_removed');
"""

_BROWSING = """
CREATE INDEX resource_role ON resource (org, role, id) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_role_name ON resource (org, role, name) WHERE kind = 1 AND role <> 'member';
CREATE INDEX resource_inactive ON resource (org, id) WHERE kind = 1 AND active IS NOT TRUE;
CREATE INDEX resource_inactive_name ON resource (org, name)
    WHERE kind = 1 AND active IS NOT TRUE;
CREATE INDEX resource_display ON resource
    (org, substr(json_extract(keys, '$.displayName'), 1, 100), id)
    WHERE kind = 1 AND json_extract(keys, '$.displayName') IS NOT NULL;
CREATE INDEX resource_family ON resource
    (org, substr(json_extract(keys, '$.name.familyName'), 1, 100), id)
    WHERE kind = 1 AND json_extract(keys, '$.name.familyName') IS NOT NULL;
"""

_ROLES = """
ALTER TABLE organisation ADD COLUMN role_rules TEXT NOT NULL DEFAULT '[]';  -- JSON list, in order
ALTER TABLE resource ADD COLUMN own_role TEXT;  -- where a rule gives the role: what it is without
CREATE INDEX resource_ruled ON resource (org, id) WHERE own_role IS NOT NULL;
"""

_GROUP_NAMES = """
ALTER TABLE organisation ADD COLUMN group_names INTEGER NOT NULL DEFAULT 0;  -- changes of groups
"""

# Whoever reads an account wants to know its groups, and a walk through `member_of` for each costs
# as much as the account itself once neither is in memory. So its row tells them. A trigger keeps it
# right whoever writes: programs of before, too.
_IN_GROUPS = "(SELECT group_concat(grp) FROM member WHERE org = {0}.org AND member = {0}.{1})"
_OWN_GROUPS = f"""
ALTER TABLE resource ADD COLUMN in_groups TEXT; -- ids of an account's groups, with commas; or NULL
UPDATE resource SET in_groups = {_IN_GROUPS.format("resource", "id")}
    WHERE kind = 1 AND (org, id) IN (SELECT org, member FROM member WHERE kind = 1);
CREATE TRIGGER member_came AFTER INSERT ON member WHEN NEW.kind = 1 BEGIN
    UPDATE resource SET in_groups = {_IN_GROUPS.format("NEW", "member")}
    WHERE org = NEW.org AND kind = 1 AND id = NEW.member;
END;
CREATE TRIGGER member_left AFTER DELETE ON member WHEN OLD.kind = 1 BEGIN
    UPDATE resource SET in_groups = {_IN_GROUPS.format("OLD", "member")}
    WHERE org = OLD.org AND kind = 1 AND id = OLD.member;
END;
"""

# What programs of before name in their statements stays, as an index that costs next to nothing:
# they find everybody by it, only slower.
_DISPLAY_NAME = "json_extract(keys, '$.displayName')"
_FAMILY_NAME = "json_extract(keys, '$.name.familyName')"
_LATER_NAMES = f"""
ALTER TABLE resource ADD COLUMN named INTEGER DEFAULT 1;  -- NULL: no index knows its names yet
DROP INDEX resource_display;
DROP INDEX resource_family;
CREATE INDEX resource_display_name ON resource (org, substr({_DISPLAY_NAME}, 1, 100), id)
    WHERE kind = 1 AND named = 1 AND {_DISPLAY_NAME} IS NOT NULL;
CREATE INDEX resource_family_name ON resource (org, substr({_FAMILY_NAME}, 1, 100), id)
    WHERE kind = 1 AND named = 1 AND {_FAMILY_NAME} IS NOT NULL;
CREATE INDEX resource_unnamed ON resource (org) WHERE kind = 1 AND named IS NULL;
CREATE INDEX resource_display ON resource (org) WHERE kind = 1;
CREATE INDEX resource_family ON resource (org) WHERE kind = 1;
"""

STEPS = (
    _FIRST,
    _OWN_ATTRIBUTES,
    _CONSOLE,
    _BROWSING,
    _ROLES,
    APPLICATION,
    _GROUP_NAMES,
    _OWN_GROUPS,
    _LATER_NAMES,
)
"""Each brings a file from its number to the next one; `PRAGMA user_version` counts them."""


def bring_up_to_date(connection: apsw.Connection) -> Migrated:
    """Create or migrate the tables, in one transaction; where they are so, nothing is written.

    Raises:
        Unavailable: the file was written by a newer Headcount.
    """
    if version(connection) == len(STEPS):
        return Migrated(len(STEPS), len(STEPS))
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = version(connection)
        for step in STEPS[before:]:
            connection.execute(step)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return Migrated(before, len(STEPS))


def version(connection: apsw.Connection) -> int:
    """The number of the schema; 0 where there are no tables.

    Raises:
        Unavailable: the file was written by a newer Headcount.
    """
    found = int(connection.execute("PRAGMA user_version").get)
    if found > len(STEPS):
        raise Unavailable(
            f"the database is of a newer Headcount (schema {found}, this one knows {len(STEPS)}):"
            " run that version or a newer one"
        )
    return found


def check_schema(connection: apsw.Connection) -> None:
    """Refuse a file that this version would have to bring up to date first.

    Raises:
        Unavailable: it is older, newer, or none of Headcount's.
    """
    found = version(connection)
    if not found:
        raise Unavailable(
            "the database has no tables of Headcount: is this the right file? `headcount migrate`"
            " creates them"
        )
    if found < len(STEPS):
        raise Unavailable(
            f"the database is of an older Headcount (schema {found}, this one needs {len(STEPS)}):"
            " run `headcount migrate` on it first"
        )
