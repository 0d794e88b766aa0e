"""A FastAPI application whose users an identity provider looks after, told by webhooks."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

USER = ("id", "userName", "displayName", "role", "active")
TABLES = """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email, name, role, active);
CREATE TABLE IF NOT EXISTS heard (subject TEXT PRIMARY KEY, position INTEGER NOT NULL);"""
NEWS = """INSERT INTO heard VALUES (?, ?) ON CONFLICT (subject) DO UPDATE
SET position = excluded.position WHERE excluded.position > position"""

webhook = Webhook(json.loads(Path("webhook.json").read_text(encoding="utf-8"))["secret"])
app = FastAPI()
with closing(sqlite3.connect("app.db", timeout=30)) as first:
    first.executescript(TABLES)


@app.post("/events", status_code=204)
async def receive(request: Request) -> None:
    try:
        event = webhook.verify(await request.body(), dict(request.headers))
    except (WebhookVerificationError, ValueError) as error:
        raise HTTPException(401, "not signed by Headcount") from error
    if event["type"].startswith("account."):
        await run_in_threadpool(keep_user, event)


def keep_user(event: dict[str, Any]) -> None:
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        if db.execute(NEWS, (event["subject"], event["position"])).rowcount == 0:
            return  # it came before, or something newer of the same account did
        if event["type"] == "account.deleted":
            db.execute("DELETE FROM users WHERE id = ?", (event["subject"],))
            return
        user = [event["resource"].get(name) for name in USER]
        db.execute("REPLACE INTO users VALUES (?, ?, ?, ?, ifnull(?, 0))", user)
