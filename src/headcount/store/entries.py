"""Administrators, links, sessions and what was audited as rows. For every store."""

from datetime import datetime, timedelta
from typing import Any

from orjson import dumps, loads

from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment, readable
from headcount.store.visitors import Administrator, Audited, Link, Reach, Session

ADMINISTRATOR = "id, email, org, created, last_seen"
LINK = "id, digest, reach, org, email, created, expires, used, revoked"
SESSION = """id, digest, reach, org, administrator, link, created, last_seen, expires,
    browser"""
SESSION_WIDTH = 10
AUDITED = "at, actor, action, org, data, number"


LINKS_KEPT = timedelta(days=30)
"""How long a link is kept after its end, so that whoever comes late is told."""


def email_key(email: str) -> str:
    """What e-mail addresses are compared by: letter case does not matter.

    >>> email_key("Ada@Example.COM") == email_key("ADA@example.com")
    True
    """
    return readable(email).casefold()


def administrator_values(one: Administrator) -> tuple[Any, ...]:
    """What is written of an administrator: the columns of `ADMINISTRATOR`, and `email_key`."""
    seen = instant_or_none(one.last_seen)
    return one.id, readable(one.email), one.org, instant(one.created), seen, email_key(one.email)


def administrator_in(row: tuple[Any, ...]) -> Administrator:
    """The administrator in a row of `ADMINISTRATOR`."""
    one, email, org, created, last_seen = row
    return Administrator(one, email, org, datetime.fromisoformat(created), moment(last_seen))


def link_values(link: Link) -> tuple[Any, ...]:
    """What is written of a link: the columns of `LINK`, and `email_key`."""
    return (
        link.id,
        link.digest,
        link.reach.value,
        link.org,
        None if link.email is None else readable(link.email),
        instant(link.created),
        instant(link.expires),
        instant_or_none(link.used),
        instant_or_none(link.revoked),
        None if link.email is None else email_key(link.email),
    )


def link_in(row: tuple[Any, ...]) -> Link:
    """The link in a row of `LINK`."""
    one, digest, reach, org, email, created, expires, used, revoked = row
    return Link(
        id=one,
        digest=digest,
        reach=Reach(reach),
        org=org,
        email=email,
        created=datetime.fromisoformat(created),
        expires=datetime.fromisoformat(expires),
        used=moment(used),
        revoked=moment(revoked),
    )


def session_values(session: Session) -> tuple[Any, ...]:
    """What is written of a session: the columns of `SESSION`."""
    return (
        session.id,
        session.digest,
        session.reach.value,
        session.org,
        session.administrator,
        session.link,
        instant(session.created),
        instant(session.last_seen),
        instant(session.expires),
        readable(session.browser),
    )


def session_in(row: tuple[Any, ...]) -> Session:
    """The session in a row of `SESSION`."""
    one, digest, reach, org, administrator, link, created, last_seen, expires, browser = row
    return Session(
        id=one,
        digest=digest,
        reach=Reach(reach),
        org=org,
        administrator=administrator,
        link=link,
        created=datetime.fromisoformat(created),
        last_seen=datetime.fromisoformat(last_seen),
        expires=datetime.fromisoformat(expires),
        browser=browser,
    )


def audited_values(entry: Audited) -> tuple[Any, ...]:
    """What is written of an entry: the columns of `AUDITED` without the number."""
    data = dumps(entry.data).decode()
    return instant(entry.at), readable(entry.actor), entry.action, entry.org, data


def audited_in(row: tuple[Any, ...]) -> Audited:
    """The entry in a row of `AUDITED`."""
    at, actor, action, org, data, number = row
    known = None if org is None else OrgId(org)
    return Audited(datetime.fromisoformat(at), actor, action, known, loads(data), number)
