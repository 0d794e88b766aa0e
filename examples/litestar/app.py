"""A Litestar application whose users an identity provider looks after."""

import asyncio
import logging
import sqlite3
from contextlib import closing

from litestar import Litestar, asgi, get

from headcount import Event, Headcount

LOG = logging.getLogger("uvicorn.error")
TABLE = "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email, name, role, active)"

hc = Headcount("sqlite:///headcount.db")


@hc.on("account.*")
def keep_user(event: Event) -> None:
    """One row for each account, as it is after the event."""
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        db.execute(TABLE)
        if event.type == "account.deleted" or event.account is None:
            db.execute("DELETE FROM users WHERE id = ?", (event.subject,))
            return
        shown = (event.account.get(name) for name in ("userName", "displayName", "role", "active"))
        db.execute("REPLACE INTO users VALUES (?, ?, ?, ?, ?)", (event.subject, *shown))


@hc.on("account.deactivated", "account.deleted")
async def end_sessions(event: Event) -> None:
    """Whoever has left is out at once. A function that is awaited shares the event loop."""
    await asyncio.sleep(0)  # what a real application awaits: its store of sessions
    LOG.info("the sessions of %s end", event.subject)


@get("/users", sync_to_thread=True)
def users() -> dict[str, int]:
    """How many users there are, by the application's own table."""
    with closing(sqlite3.connect("app.db", timeout=30)) as db:
        db.execute(TABLE)
        (count,) = db.execute("SELECT count(*) FROM users WHERE active").fetchone()
    return {"active": count}


app = Litestar(
    [users, asgi("/scim", is_mount=True, copy_scope=True)(hc.asgi)],
    lifespan=[hc.lifespan],
)
