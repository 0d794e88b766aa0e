"""A FastAPI application whose users an identity provider looks after, by the feed of events."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

from fastapi import FastAPI

from headcount import Batch, Feed

SERVER = os.environ.get("HEADCOUNT_SERVER", "http://127.0.0.1:8000")
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))["key"]
USER = ("id", "userName", "displayName", "role", "active")
TABLES = """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email, name, role, active);
CREATE TABLE IF NOT EXISTS feed (position INTEGER);"""
with closing(sqlite3.connect("app.db", timeout=30)) as first:
    first.executescript(TABLES)


def position() -> int | None:
    with closing(sqlite3.connect("app.db", timeout=30)) as db:
        row = db.execute("SELECT position FROM feed").fetchone()
    return row and int(row[0])


def keep(batch: Batch) -> None:
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        db.execute("DELETE FROM feed")
        db.execute("INSERT INTO feed VALUES (?)", (batch.position,))
        if batch.anew:
            db.execute("DELETE FROM users")
        for event in batch.events:
            if event["type"] == "account.deleted":
                db.execute("DELETE FROM users WHERE id = ?", (event["subject"],))
            elif event["type"].startswith("account"):  # so do the lines of a snapshot
                user = [event["resource"].get(name) for name in USER]
                db.execute("REPLACE INTO users VALUES (?, ?, ?, ?, ifnull(?, 0))", user)


Thread(target=Feed(SERVER, KEY, "acme").follow, args=(position, keep), daemon=True).start()
app = FastAPI()
