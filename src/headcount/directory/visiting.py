"""Who may come into the console: links that open sessions, sessions, and what was done in them."""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from headcount.errors import InvalidValue, NotFound
from headcount.store.model import Organisation, OrgId
from headcount.store.promise import Store
from headcount.store.visitors import Administrator, Audited, Link, Reach, Session

INVITATION_LIFETIME = timedelta(days=3)
SET_UP_LIFETIME = timedelta(days=7)
LONGEST_SET_UP = timedelta(days=90)
SESSION_LIFETIME = timedelta(days=7)  # whatever happens
IDLE_LIFETIME = timedelta(hours=12)  # without a request
_RENEW_AFTER = timedelta(minutes=30)  # a cookie is replaced by another
_GRACE = timedelta(minutes=1)  # in which requests under way may still carry the old one
_SEEN_EVERY = timedelta(minutes=1)

_SECRET_BYTES = 32
_ID_BYTES = 5
_E_MAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,190}\.[^\s@.<>\"']{2,}")
_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    session: Session
    administrator: Administrator | None

    @property
    def actor(self) -> str:
        """As the audit trail and events name them."""
        if self.administrator is not None:
            return "administrator:" + self.administrator.email
        return "set-up:" + (self.session.link or "")

    def may_enter(self, org: OrgId) -> bool:
        """Whether the organisation is open to them."""
        return self.session.reach is Reach.SERVER or self.session.org == org


@dataclass(frozen=True, slots=True)
class Visiting:
    """Lets people in and out."""

    store: Store
    clock: Callable[[], datetime]
    chance: Callable[[int], bytes] = secrets.token_bytes

    async def invite(self, email: str, org: Organisation | None, actor: str) -> tuple[str, Link]:
        """The secret of a link that lets `email` in once, as an administrator, and what is kept.

        Whoever has the address already gets another link. `org` None: of the whole server.

        Raises:
            InvalidValue: this is no e-mail address, or it belongs to somebody of another reach.
        """
        email = email.strip()
        if not _E_MAIL.fullmatch(email):
            raise InvalidValue(f"{email[:100]!r} is not an e-mail address such as ada@example.com")
        reach = Reach.SERVER if org is None else Reach.ORGANISATION
        known = await self.store.find_administrator(email)
        org_id = None if org is None else org.id
        if known is not None and known.org != org_id:
            raise InvalidValue(
                f"{email} is an administrator elsewhere on this server; remove them there first"
            )
        if known is None:
            one = Administrator(self._new_id(), email, org_id, self.clock())
            await self.store.add_administrator(one)
        made = await self._link(reach, org_id, email, INVITATION_LIFETIME)
        await self.note(actor, "administrator.invited", org_id, {"email": email})
        return made

    async def remove(self, email: str, actor: str) -> Administrator:
        """Let somebody in no more, and end their sessions.

        Raises:
            NotFound: nobody with this address may come in.
        """
        known = await self.store.find_administrator(email.strip())
        if known is None:
            raise NotFound(f"no administrator has the address {email[:100]!r}")
        gone = await self.store.remove_administrator(known.id)
        await self.note(actor, "administrator.removed", gone.org, {"email": gone.email})
        return gone

    async def set_up_link(
        self, org: Organisation, lifetime: timedelta | None, actor: str
    ) -> tuple[str, Link]:
        """The secret of a link that opens the Connect page of one organisation, until it ends.

        Raises:
            InvalidValue: the lifetime is none, or longer than 90 days.
        """
        if lifetime is None or not timedelta() < lifetime <= LONGEST_SET_UP:
            raise InvalidValue("a set-up link works for at least a minute and at most 90 days")
        secret, link = await self._link(Reach.SET_UP, org.id, None, lifetime)
        await self.note(actor, "set_up_link.issued", org.id, {"link": link.id})
        return secret, link

    async def first_link(self) -> str | None:
        """The secret of a link for the first administrator; None where there is one already."""
        if await self.store.administrators():
            return None
        return (await self._link(Reach.SERVER, None, None, INVITATION_LIFETIME))[0]

    async def enter(self, secret: str, email: str, browser: str) -> str:
        """Open a session by a link; the text of its cookie.

        Args:
            secret: of the link.
            email: who the first administrator says they are; otherwise the link knows.
            browser: as it calls itself.

        Raises:
            NotFound: the link opens nothing, or no longer.
            InvalidValue: this is no e-mail address.
        """
        link = await self.link(secret)
        now = self.clock()
        person = await self._person(link, email)
        cookie, session = self._session(link.reach, link.org, person, now, browser)
        if link.reach is Reach.SET_UP:
            session = replace(session, expires=min(session.expires, link.expires))
        session = replace(session, link=link.id)
        if not await self.store.use_link(link.id, now, session):
            raise _closed()
        await self.note(Visitor(session, person).actor, "session.opened", link.org, {})
        return cookie

    async def link(self, secret: str) -> Link:
        """The link with this secret, if it still opens something.

        Raises:
            NotFound: it does not.
        """
        link = await self.store.find_link(_digest(secret))
        once = link is not None and link.reach is not Reach.SET_UP
        if (
            link is None
            or link.revoked is not None
            or link.expires <= self.clock()
            or (once and link.used is not None)
        ):
            raise _closed()
        return link

    async def admit(self, email: str, browser: str) -> str:
        """Open a session for an administrator whom somebody else has recognised.

        Raises:
            NotFound: nobody with this address was invited.
        """
        person = await self.store.find_administrator(email)
        if person is None:
            raise NotFound(
                f"nobody with the address {email[:100]} was invited to this console;"
                " ask whoever runs this server for an invitation"
            )
        reach = Reach.SERVER if person.org is None else Reach.ORGANISATION
        cookie, session = self._session(reach, person.org, person, self.clock(), browser)
        await self.store.add_session(session)
        await self.note(Visitor(session, person).actor, "session.opened", person.org, {})
        return cookie

    async def visitor(self, cookie: str) -> tuple[Visitor | None, str | None]:
        """Who has this cookie, and a new one to take from now on where this one is old."""
        digest = _digest(cookie)
        found = await self.store.find_session(digest)
        now = self.clock()
        if found is None:
            return None, None
        session, person = found
        if _is_over(session, now):
            await self.store.end_session(session.id)
            return None, None
        if (session.administrator is None) is not (session.reach is Reach.SET_UP):
            return None, None
        return Visitor(session, person), await self._renewed(digest, session, now)

    async def is_signed_in(self, visitor: Visitor) -> bool:
        """Whether the session of somebody goes on. It does not make it longer."""
        found = await self.store.find_session(visitor.session.digest)
        return found is not None and not _is_over(found[0], self.clock())

    async def _renewed(self, digest: bytes, session: Session, now: datetime) -> str | None:
        if session.expires - now <= _GRACE:
            return None
        if now - session.created >= _RENEW_AFTER:
            cookie, digest_of_new = self._new_secret()
            fresh = replace(
                session,
                id=self._new_id(),
                digest=digest_of_new,
                created=now,
                last_seen=now,
            )
            old = replace(session, expires=now + _GRACE, last_seen=now)
            if await self.store.renew_session(digest, old):
                await self.store.add_session(fresh)
                return cookie
        elif now - session.last_seen >= _SEEN_EVERY:
            await self.store.renew_session(digest, replace(session, last_seen=now))
        return None

    async def sessions(self, org: OrgId | None) -> Sequence[Session]:
        """The browsers that are signed in, the last seen first."""
        now = self.clock()
        return [one for one in await self.store.sessions(org) if one.expires - now > _GRACE]

    async def note(self, actor: str, action: str, org: OrgId | None, data: dict[str, Any]) -> None:
        """Write into the audit trail what somebody did by hand."""
        await self.store.audit(Audited(self.clock(), actor, action, org, data))

    async def _person(self, link: Link, email: str) -> Administrator | None:
        if link.reach is Reach.SET_UP:
            return None
        email = (link.email or email).strip()
        if not _E_MAIL.fullmatch(email):
            raise InvalidValue(f"{email[:100]!r} is not an e-mail address such as ada@example.com")
        known = await self.store.find_administrator(email)
        if known is None and link.email is None:  # the first one of all
            if await self.store.administrators():
                raise _closed()
            known = Administrator(self._new_id(), email, None, self.clock())
            await self.store.add_administrator(known)
        if known is None:
            raise _closed()
        return known

    async def _link(
        self, reach: Reach, org: OrgId | None, email: str | None, lifetime: timedelta
    ) -> tuple[str, Link]:
        secret, digest = self._new_secret()
        now = self.clock()
        link = Link(self._new_id(), digest, reach, org, email, now, now + lifetime)
        await self.store.add_link(link)
        return secret, link

    def _session(
        self,
        reach: Reach,
        org: OrgId | None,
        person: Administrator | None,
        now: datetime,
        browser: str,
    ) -> tuple[str, Session]:
        cookie, digest = self._new_secret()
        return cookie, Session(
            id=self._new_id(),
            digest=digest,
            reach=reach,
            org=org,
            administrator=None if person is None else person.id,
            link=None,
            created=now,
            last_seen=now,
            expires=now + SESSION_LIFETIME,
            browser=browser[:_LONGEST_BROWSER],
        )

    def _new_id(self) -> str:
        return self.chance(_ID_BYTES).hex()

    def _new_secret(self) -> tuple[str, bytes]:
        """The text of a new cookie or link, and what is kept of it."""
        secret = urlsafe_b64encode(self.chance(_SECRET_BYTES)).decode().rstrip("=")
        return secret, _digest(secret)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _is_over(session: Session, now: datetime) -> bool:
    return session.expires <= now or session.last_seen + IDLE_LIFETIME <= now


def _closed() -> NotFound:
    return NotFound(
        "this link opens nothing any more: it was used, has expired or was revoked;"
        " ask whoever sent it for another one"
    )
