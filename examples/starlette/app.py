"""A Starlette application with many tenants, each with a key and a SCIM address of its own."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from headcount import Asked, Event, Headcount, Identity

TENANTS = {"acme": "acme-key-of-the-example", "umbrella": "umbrella-key-of-the-example"}
"""Each tenant with its key. A real application looks into its database, and keeps only hashes."""

TABLE = """CREATE TABLE IF NOT EXISTS users
    (id TEXT PRIMARY KEY, tenant, email, name, role, active, position)"""


def who(headers: Mapping[str, str]) -> Identity | None:
    """The tenant whose key a request carries."""
    key = headers.get("authorization", "").removeprefix("Bearer ")
    owners = (tenant for tenant, its_key in TENANTS.items() if its_key == key)
    tenant = next(owners, None)
    return None if tenant is None else Identity("key", organisation=tenant)


def where(asked: Asked) -> str | None:
    """The tenant that an address names."""
    tenant = asked.parameters["tenant"]
    return tenant if tenant in TENANTS else None


hc = Headcount("sqlite:///headcount.db", authenticate=who, organisation=where, create_missing=True)


@hc.on("account.*")
def keep_user(event: Event) -> None:
    """One row for each account, as the newest event has it."""
    with closing(sqlite3.connect("app.db", timeout=30)) as db, db:
        db.execute(TABLE)
        if event.type == "account.deleted" or event.account is None:
            db.execute("DELETE FROM users WHERE id = ?", (event.subject,))
            return
        shown = (event.account.get(name) for name in ("userName", "displayName", "role", "active"))
        db.execute(
            """INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
            email = excluded.email, name = excluded.name, role = excluded.role,
            active = excluded.active, position = excluded.position
            WHERE excluded.position > users.position""",
            (event.subject, event.organisation, *shown, event.position),
        )


async def users(request: Request) -> JSONResponse:
    """How many users a tenant has, by the application's own table."""
    with closing(sqlite3.connect("app.db", timeout=30)) as db:
        db.execute(TABLE)
        asked = "SELECT count(*) FROM users WHERE tenant = ? AND active"
        (count,) = db.execute(asked, (request.path_params["tenant"],)).fetchone()
    return JSONResponse({"active": count})


app = Starlette(
    routes=[Route("/{tenant}/users", users), Mount("/{tenant}/scim", hc.asgi)],
    lifespan=hc.lifespan,
)
