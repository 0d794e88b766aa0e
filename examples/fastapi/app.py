"""A FastAPI application whose users and teams an identity provider looks after."""

import sqlite3
from contextlib import closing

from fastapi import FastAPI

from headcount import Event, Headcount

hc = Headcount("sqlite:///headcount.db")
app = FastAPI(lifespan=hc.lifespan)
app.mount("/scim", hc.asgi)

TABLES = """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email, name, role, active);
CREATE TABLE IF NOT EXISTS teams (team, user, PRIMARY KEY (team, user));"""


def write(statement: str, *values: object) -> None:
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        db.executescript(TABLES)
        db.execute(statement, values)


@hc.on("account.*")
def keep_user(event: Event) -> None:
    if event.type == "account.deleted" or event.account is None:
        write("DELETE FROM users WHERE id = ?", event.subject)
        return
    shown = (event.account.get(name) for name in ("userName", "displayName", "role", "active"))
    write("REPLACE INTO users VALUES (?, ?, ?, ?, ?)", event.subject, *shown)


@hc.on("group.*")
def keep_team(event: Event) -> None:
    if event.type == "group.member_added":
        write("REPLACE INTO teams VALUES (?, ?)", event.subject, event.member)
    elif event.type == "group.member_removed":
        write("DELETE FROM teams WHERE team = ? AND user = ?", event.subject, event.member)
    elif event.type == "group.deleted":
        write("DELETE FROM teams WHERE team = ?", event.subject)
