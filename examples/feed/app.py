"""A FastAPI application whose users an identity provider looks after, by the feed of events."""

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

SERVER = os.environ.get("HEADCOUNT_SERVER", "http://127.0.0.1:8000")
FEED = f"{SERVER}/api/v1/organisations/acme"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))["key"]
TABLES = """CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email, name, role, active);
CREATE TABLE IF NOT EXISTS feed (position INTEGER);"""
with closing(sqlite3.connect("app.db", timeout=30)) as first:
    first.executescript(TABLES)


def keep(events: Iterable[dict[str, Any]], position: int, *, anew: bool = False) -> int:
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        db.execute("DELETE FROM feed")
        db.execute("INSERT INTO feed VALUES (?)", (position,))
        if anew:
            db.execute("DELETE FROM users")
        for event in events:
            if event["type"] == "account.deleted":
                db.execute("DELETE FROM users WHERE id = ?", (event["subject"],))
            elif event["type"].startswith("account"):  # so do the lines of a snapshot
                user = [event["resource"].get(name) for name in ("id", "userName", "displayName")]
                user += [event["resource"].get("role"), event["resource"].get("active", False)]
                db.execute("REPLACE INTO users VALUES (?, ?, ?, ?, ?)", user)
    return position


def known_position() -> int | None:
    with closing(sqlite3.connect("app.db", timeout=30)) as db:
        row = db.execute("SELECT position FROM feed").fetchone()
    return row and int(row[0])


async def step(client: httpx2.AsyncClient, position: int | None) -> int | None:
    if position is None:
        answer = (await client.get(f"{FEED}/snapshot")).raise_for_status()
        head, *lines, last = map(json.loads, answer.text.splitlines())
        if last["type"] != "end":  # it was cut
            return None
        return await asyncio.to_thread(keep, lines, head["position"], anew=True)
    answer = await client.get(f"{FEED}/events", params={"after": position, "wait": 30})
    if answer.status_code in {400, 410}:  # ahead of the feed, or too far behind it
        return None
    told = answer.raise_for_status().json()
    return await asyncio.to_thread(keep, told["events"], told["position"])


async def follow() -> None:
    position = known_position()
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        while True:
            try:
                position = await step(client, position)
            except (httpx2.HTTPError, sqlite3.Error) as error:
                logging.getLogger("uvicorn.error").warning("asked again in a second: %r", error)
                await asyncio.sleep(1)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    following = asyncio.create_task(follow())
    yield
    following.cancel()


app = FastAPI(lifespan=lifespan)
