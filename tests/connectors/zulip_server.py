"""A small Zulip: what was seen of a real one, its errors and limits included."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OWNER, ADMINISTRATOR, MODERATOR, MEMBER, GUEST = 100, 200, 300, 400, 600
_ROLES = (OWNER, ADMINISTRATOR, MODERATOR, MEMBER, GUEST)
_FORBIDDEN = ("@", "role:", "user:", "stream:", "channel:")


class Sorry(Exception):
    """An answer that is an error."""

    def __init__(self, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"result": "error", "msg": message, "code": "BAD_REQUEST"} | more


@dataclass
class User:
    """Somebody, as the server holds them."""

    id: int
    email: str
    name: str
    role: int = MEMBER
    active: bool = True
    owner: int | None = None  # of a bot
    key: str = ""
    password: str = ""

    def told(self) -> dict[str, Any]:
        """As `GET /users` tells it."""
        return {
            "user_id": self.id,
            "email": self.email,
            "delivery_email": self.email,
            "full_name": self.name,
            "role": self.role,
            "is_active": self.active,
            "is_bot": self.owner is not None,
            "bot_owner_id": self.owner,
        }


@dataclass
class Group:
    """A user group."""

    id: int
    name: str
    members: set[int]
    system: bool = False
    active: bool = True
    used_in: list[dict[str, Any]] = field(default_factory=list)
    description: str = ""


@dataclass
class Realm:
    """An organisation of Zulip, with one owner and one bot of theirs."""

    may_create: bool = True
    may_change_emails: bool = True
    tells_ids: bool = True  # of groups that were made
    can_reactivate_groups: bool = True
    limit: int = 200  # requests a window
    window: float = 60.0  # seconds
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failing: str = ""  # a part of an address: whoever has it makes the server fail
    refused_for_haste: int = 0
    _times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.add("iago@zulip.test", "Iago", OWNER, key="human-key")
        self.add("sync-bot@zulip.test", "Sync", ADMINISTRATOR, owner=1, key="bot-key")
        self.groups[1] = Group(1, "role:owners", {1}, system=True)
        self.groups[2] = Group(2, "role:everyone", {1}, system=True)

    def add(self, email: str, name: str, role: int = MEMBER, **more: Any) -> User:
        """Somebody more."""
        user = User(max(self.users, default=0) + 1, email, name, role, **more)
        self.users[user.id] = user
        return user

    def called(self, email: str) -> User:
        """The one with this address."""
        return next(one for one in self.users.values() if one.email == email)

    def group(self, name: str) -> Group:
        """The newest group of this name."""
        return [one for one in self.groups.values() if one.name == name][-1]

    def answer(
        self, method: str, path: str, fields: dict[str, str], credentials: str
    ) -> dict[str, Any]:
        """What comes of a request."""
        me = self._who(credentials)
        self._hurry()
        self.asked.append(f"{method} {path}")
        if self.failing and any(self.failing in value for value in fields.values()):
            raise Sorry("Internal server error", 500)
        first, *rest = path.split("/")[1:]
        if first == "server_settings":
            return {"zulip_version": "11.4"}
        if first == "users":
            return self._of_users(me, method, rest, fields)
        if first != "user_groups":
            raise Sorry("Not found", 404)
        if me.owner is not None:
            raise Sorry("This endpoint does not accept bot requests.")
        return self._of_groups(method, rest, fields)

    def _of_users(
        self, me: User, method: str, rest: list[str], fields: dict[str, str]
    ) -> dict[str, Any]:
        if rest == ["me"]:
            return me.told()
        if not rest:
            if method == "POST":
                return self._create(**fields)
            return {"members": [one.told() for one in self.users.values()]}
        user = self.users[int(rest[0])]
        if rest[1:] == ["reactivate"]:
            user.active = True
            return {}
        return self._deactivate(user) if method == "DELETE" else self._change(me, user, fields)

    def _who(self, credentials: str) -> User:
        email, _, key = credentials.partition(":")
        found = [one for one in self.users.values() if one.email == email and one.key == key]
        if not key or not found:
            raise Sorry("Invalid API key", 401, code="INVALID_API_KEY")
        owner = self.users.get(found[0].owner or 0)
        if not found[0].active or (owner is not None and not owner.active):
            raise Sorry("Account is deactivated", 401, code="USER_DEACTIVATED")
        return found[0]

    def _hurry(self) -> None:
        now = time.monotonic()
        self._times = [at for at in self._times if at > now - self.window]
        if len(self._times) >= self.limit:
            self.refused_for_haste += 1
            wait = self._times[0] + self.window - now
            raise Sorry(
                "API usage exceeded rate limit", 429, code="RATE_LIMIT_HIT", **{"retry-after": wait}
            )
        self._times.append(now)

    def _create(self, email: str, full_name: str, password: str) -> dict[str, Any]:
        if not self.may_create:
            raise Sorry("User not authorized to create users")
        if len(password) < 20 or len(set(password)) < 8:
            raise Sorry("The password is too weak.", code="PASSWORD_TOO_WEAK")
        self._check_name(full_name)
        self._check_email(email)
        return {"user_id": self.add(email, full_name, password=password).id}

    def _check_name(self, name: str) -> None:
        if any(one in name for one in '*`\\>"@') or not name.strip() or len(name) > 100:
            raise Sorry("Invalid characters in name!")

    def _check_email(self, email: str) -> None:
        if any(one.email.casefold() == email.casefold() for one in self.users.values()):
            raise Sorry(f"Email '{email}' is already in use.")

    def _change(self, me: User, user: User, fields: dict[str, str]) -> dict[str, Any]:
        unknown = set(fields) - {"full_name", "new_email", "role"}
        if unknown:
            return {"ignored_parameters_unsupported": sorted(unknown)}
        if (email := fields.get("new_email")) is not None:
            if not self.may_change_emails:
                raise Sorry("User not authorized to change user emails")
            self._check_email(email)
            user.email = email
        if (role := fields.get("role")) is not None:
            assert int(role) in _ROLES
            if OWNER in {int(role), user.role} and me.role != OWNER:
                raise Sorry("Must be an organization owner", code="UNAUTHORIZED_PRINCIPAL")
            if user.role == OWNER and self._is_last_owner(user):
                raise Sorry(
                    "The owner permission cannot be removed from the only organization owner."
                )
            user.role = int(role)
        if (name := fields.get("full_name")) is not None:
            self._check_name(name)
            user.name = name
        return {}

    def _is_last_owner(self, user: User) -> bool:
        owners = [one for one in self.users.values() if one.role == OWNER and one.active]
        return owners == [user]

    def _deactivate(self, user: User) -> dict[str, Any]:
        if not user.active:
            raise Sorry("User is deactivated")
        if self._is_last_owner(user):
            raise Sorry("Cannot deactivate the only organization owner")
        user.active = False
        return {}

    def _of_groups(self, method: str, rest: list[str], fields: dict[str, str]) -> dict[str, Any]:
        if method == "GET" and not rest:
            return {"user_groups": [self._told(one) for one in self.groups.values()]}
        if rest == ["create"]:
            return self._create_group(**fields)
        group = self.groups[int(rest[0])]
        if group.system:
            raise Sorry("Insufficient permission")
        if method == "PATCH":
            return self._change_group(group, fields)
        if not group.active:
            raise Sorry("User group is deactivated.")
        if rest[1:] == ["deactivate"]:
            if group.used_in:
                raise Sorry("Cannot deactivate user group in use.", objections=group.used_in)
            group.active = False
            return {}
        assert rest[1:] == ["members"]
        return self._change_members(group, fields)

    def _change_group(self, group: Group, fields: dict[str, str]) -> dict[str, Any]:
        if fields.get("deactivated") == "false":
            if not self.can_reactivate_groups:
                return {"ignored_parameters_unsupported": ["deactivated"]}
            group.active = True
            return {}
        self._check_group(fields["name"], group)
        group.name, group.description = fields["name"], fields["description"]
        return {}

    def _told(self, group: Group) -> dict[str, Any]:
        members = sorted(id_ for id_ in group.members if self.users[id_].active)
        return {
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "members": members,
            "is_system_group": group.system,
            "deactivated": not group.active,
        }

    def _check_group(self, name: str, own: Group | None = None) -> None:
        if name.startswith(_FORBIDDEN):
            raise Sorry("User group name cannot start with a reserved prefix.")
        if any(one.name == name and one is not own for one in self.groups.values()):
            raise Sorry(f"User group '{name}' already exists.")

    def _create_group(self, name: str, description: str, members: str) -> dict[str, Any]:
        self._check_group(name)
        ids = self._active(json.loads(members))
        id_ = max(self.groups) + 1
        self.groups[id_] = Group(id_, name, ids, description=description)
        return {"group_id": id_} if self.tells_ids else {}

    def _change_members(self, group: Group, fields: dict[str, str]) -> dict[str, Any]:
        add = self._active(json.loads(fields.get("add", "[]")))
        delete = set(json.loads(fields.get("delete", "[]")))
        if not add | delete:
            raise Sorry('Nothing to do. Specify at least one of "add" or "delete".')
        if add & group.members:
            raise Sorry("User is already a member of this group")
        if delete - group.members:
            raise Sorry("There is no member with that ID in this user group")
        group.members = (group.members | add) - delete
        return {}

    def _active(self, ids: list[int]) -> set[int]:
        if any(not self.users[id_].active for id_ in ids):
            raise Sorry("Invalid user ID")
        return set(ids)


@contextmanager
def zulip(realm: Realm) -> Iterator[str]:
    """A server for the realm; its site."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            parts = urlsplit(self.path)
            form = self.rfile.read(length).decode() or parts.query
            fields = {
                name: values[-1] for name, values in parse_qs(form, keep_blank_values=True).items()
            }
            fields.pop("client_gravatar", None)
            fields.pop("include_deactivated_groups", None)
            kind, _, given = self.headers.get("Authorization", "").partition(" ")
            credentials = base64.b64decode(given).decode() if kind == "Basic" else ""
            status, body, wait = 200, {}, None
            with realm.lock:
                try:
                    path = parts.path.removeprefix("/api/v1")
                    done = realm.answer(self.command, path, fields, credentials)
                    body = {"result": "success", "msg": ""} | done
                except Sorry as sorry:
                    status, body = sorry.status, sorry.body
                    wait = sorry.body.get("retry-after")
            self._send(status, body, wait)

        def _send(self, status: int, body: dict[str, Any], wait: float | None) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if wait is not None:
                self.send_header("Retry-After", str(wait))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names of the library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
