"""What an operator can set: each by an environment variable, some by an option of a command too."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from headcount.errors import InvalidValue

DATABASE = "HEADCOUNT_DATABASE"
DEFAULT_DATABASE = "sqlite:///headcount.db"
DEFAULT_OIDC_NAME = "OpenID Connect"

_OIDC = ("HEADCOUNT_OIDC_ISSUER", "HEADCOUNT_OIDC_CLIENT_ID", "HEADCOUNT_OIDC_CLIENT_SECRET")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")

_LONGEST = 36_500  # days; a calendar ends somewhere


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process."""

    database: str = DEFAULT_DATABASE
    public_url: str | None = None
    base_domain: str | None = None
    group_answer_members: int = 100
    max_body_bytes: int = 10 * 1024 * 1024
    postgres_connections: int = 8  # of each process
    postgres_prepared: bool = True
    activity_days: int = 30  # that requests are kept; 0: none is recorded
    activity_most: int = 200_000  # requests of each organisation that are kept
    worker: bool = True  # whether a server sends webhooks beside answering
    webhook_private: bool = False  # whether webhooks may lead into networks within
    event_days: int = 0  # that events are kept; 0: for ever
    oidc_issuer: str | None = None  # with it, client and secret are there too
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_name: str = DEFAULT_OIDC_NAME

    def environment(self) -> dict[str, str]:
        """The settings as variables, for the processes of a server."""
        given = {
            DATABASE: self.database,
            "HEADCOUNT_PUBLIC_URL": self.public_url,
            "HEADCOUNT_BASE_DOMAIN": self.base_domain,
            "HEADCOUNT_GROUP_ANSWER_MEMBERS": str(self.group_answer_members),
            "HEADCOUNT_MAX_BODY_BYTES": str(self.max_body_bytes),
            "HEADCOUNT_POSTGRES_CONNECTIONS": str(self.postgres_connections),
            "HEADCOUNT_POSTGRES_PREPARED": "on" if self.postgres_prepared else "off",
            "HEADCOUNT_ACTIVITY_DAYS": str(self.activity_days),
            "HEADCOUNT_ACTIVITY_MOST": str(self.activity_most),
            "HEADCOUNT_WORKER": "on" if self.worker else "off",
            "HEADCOUNT_WEBHOOK_PRIVATE": "on" if self.webhook_private else "off",
            "HEADCOUNT_EVENT_DAYS": str(self.event_days),
            "HEADCOUNT_OIDC_ISSUER": self.oidc_issuer,
            "HEADCOUNT_OIDC_CLIENT_ID": self.oidc_client_id,
            "HEADCOUNT_OIDC_CLIENT_SECRET": self.oidc_client_secret,
            "HEADCOUNT_OIDC_NAME": self.oidc_name,
        }
        return {name: value for name, value in given.items() if value is not None}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment states.

    Raises:
        InvalidValue: a number is none, an address has no scheme, or OpenID Connect is half set.
    """
    given = os.environ if environment is None else environment
    issuer, client_id, client_secret = _oidc(given)
    return Settings(
        database=given.get(DATABASE) or DEFAULT_DATABASE,
        public_url=_address(given.get("HEADCOUNT_PUBLIC_URL")),
        base_domain=given.get("HEADCOUNT_BASE_DOMAIN") or None,
        group_answer_members=_number(given, "HEADCOUNT_GROUP_ANSWER_MEMBERS", 100),
        max_body_bytes=_number(given, "HEADCOUNT_MAX_BODY_BYTES", 10 * 1024 * 1024),
        postgres_connections=max(2, _number(given, "HEADCOUNT_POSTGRES_CONNECTIONS", 8)),
        postgres_prepared=_switch(given, "HEADCOUNT_POSTGRES_PREPARED"),
        activity_days=min(_LONGEST, _number(given, "HEADCOUNT_ACTIVITY_DAYS", 30)),
        activity_most=_number(given, "HEADCOUNT_ACTIVITY_MOST", 200_000),
        worker=_switch(given, "HEADCOUNT_WORKER"),
        webhook_private=_switch(given, "HEADCOUNT_WEBHOOK_PRIVATE", default="off"),
        event_days=min(_LONGEST, _number(given, "HEADCOUNT_EVENT_DAYS", 0)),
        oidc_issuer=issuer,
        oidc_client_id=client_id,
        oidc_client_secret=client_secret,
        oidc_name=given.get("HEADCOUNT_OIDC_NAME") or DEFAULT_OIDC_NAME,
    )


def checked(settings: Settings) -> Settings:
    """Settings that were not read from the environment, held against the same rules.

    Raises:
        InvalidValue: one of them is none that works.
    """
    if not is_postgres(settings.database):
        sqlite_path(settings.database)
    return read_settings(settings.environment())


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise InvalidValue(f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


def _switch(given: Mapping[str, str], name: str, *, default: str = "on") -> bool:
    text = given.get(name, "") or default
    if text not in {"on", "off"}:
        raise InvalidValue(f"{name} must be on or off, not {text[:40]!r}")
    return text == "on"


def _address(text: str | None) -> str | None:
    if not text:
        return None
    if urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).netloc:
        raise InvalidValue(
            "HEADCOUNT_PUBLIC_URL must be an address such as https://example.com,"
            f" not {text[:100]!r}"
        )
    return text.rstrip("/")


def _oidc(given: Mapping[str, str]) -> tuple[str | None, str | None, str | None]:
    """Issuer, client and secret: all of them, or none."""
    issuer, client_id, client_secret = (given.get(name) or None for name in _OIDC)
    missing = [name for name in _OIDC if not given.get(name)]
    if missing and len(missing) < len(_OIDC):
        raise InvalidValue(
            f"to sign in with OpenID Connect, set {' and '.join(missing)} too; without it, set none"
            f" of {', '.join(_OIDC)}"
        )
    if issuer is not None and not (is_private(issuer) and not re.search(r"[?#\s]", issuer)):
        raise InvalidValue(
            "HEADCOUNT_OIDC_ISSUER must be an address such as https://id.example.com, with https"
            f" unless it is on this machine; not {_without_password(issuer)[:100]!r}"
        )
    return issuer, client_id, client_secret


def is_private(address: str) -> bool:
    """Whether nobody between here and the address can listen, nor speak in its place.

    >>> is_private("https://id.example.com"), is_private("http://id.example.com")
    (True, False)
    >>> is_private("http://127.0.0.1:8080"), is_private("http://[::1]"), is_private("https://")
    (True, True, False)
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and _LOOPBACK.fullmatch(host) is not None
    )


def base_url_of(slug: str, given: Settings, reached: str = "http://127.0.0.1:8000") -> str:
    """The address to type into an identity provider, as far as the settings tell.

    Args:
        slug: of the organisation.
        given: the settings.
        reached: how somebody reached the server, where the settings do not tell.
    """
    if given.base_domain:
        scheme, port = "https", ""
        if given.public_url:
            scheme, _, place = given.public_url.partition("://")
            port = ":" + place.rpartition(":")[2] if ":" in place else ""
        return f"{scheme}://{slug}.{given.base_domain}{port}/scim/v2"
    return (given.public_url or reached) + "/scim/v2"


def is_postgres(database: str) -> bool:
    """Whether a database address is that of a PostgreSQL server.

    >>> is_postgres("postgresql://db.test/headcount"), is_postgres("sqlite:///headcount.db")
    (True, False)
    """
    return database.startswith(("postgresql://", "postgres://"))


def sqlite_path(database: str) -> Path:
    """The file that a database address names.

    Raises:
        InvalidValue: it is not the address of an SQLite file.

    >>> sqlite_path("sqlite:///headcount.db").name, sqlite_path("sqlite:////srv/h.db").as_posix()
    ('headcount.db', '/srv/h.db')
    """
    scheme, separator, path = database.partition("://")
    if scheme != "sqlite" or not separator or not path.startswith("/") or not path[1:]:
        raise InvalidValue(
            f"the database address {_without_password(database)!r} is none that works here:"
            " use sqlite:///FILE, sqlite:////FOLDER/FILE for a whole path, or"
            " postgresql://USER@HOST/DATABASE"
        )
    return Path(unquote(path[1:]))


def _without_password(database: str) -> str:
    """What was given, where no password can be in it.

    >>> _without_password("sqlite:headcount.db"), _without_password("postgresql:/ada:secret@host")
    ('sqlite:headcount.db', 'postgresql:...')
    """
    if "@" in database or "?" in database:
        return database.partition(":")[0][:20] + ":..."
    return database[:200]
