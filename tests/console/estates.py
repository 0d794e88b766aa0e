"""Organisations in which everything that has a name is called as somebody wishes."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from headcount.bootstrap import Runtime, clock
from headcount.connectors.managing import APPLYING
from headcount.console.visits import Page
from headcount.directory.endpoints import Wanted
from headcount.directory.keys import KeyWish
from headcount.directory.tokens import Wish
from headcount.scim.custom import CustomAttribute
from headcount.scim.schemas import USER_URN
from headcount.store.activity import Sought
from headcount.store.connectors import Connector
from headcount.store.followers import Follower
from headcount.store.model import Policy, RoleRule
from headcount.store.visitors import Reach
from headcount.store.webhooks import TEST, Attempt, Endpoint, Outcome, Settled, Waiting
from tests.console.browsing import Browser, link, root_of
from tests.console.wording import HOSTILE, TAME, Words
from tests.serving import Site
from tests.web.client import Client, patch

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_NAMES = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix")
_PLAIN = ("displayName", "nickName", "title", "userType", "preferredLanguage", "timezone")
_ADDRESS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")
_ORGANISED = ("employeeNumber", "costCenter", "organization", "division", "department")
_LISTS = ("emails", "phoneNumbers", "ims", "photos", "entitlements")

_LAST = "/Users/the-last-one"

QUERIES = (
    *("q", "state", "role", "group", "order", "after", "before", "person", "failures", "method"),
    *(
        "status",
        "resource",
        "alike",
        "provider",
        "told",
        "then",
        "left",
        "error",
        "error_description",
    ),
)
"""Every parameter that an address of the console may have."""


@dataclass
class Estate:
    """One organisation and what the addresses of its pages are made of."""

    site: Site
    words: Words
    ids: dict[str, str] = field(default_factory=dict)
    browsers: dict[Reach | None, Browser] = field(default_factory=dict)
    exchanges: list[int] = field(default_factory=list)  # the newest first
    unclaimed: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)  # to send to the webhook

    @property
    def slug(self) -> str:
        """What stands in addresses."""
        return self.site.slug


def body_of(words: Words, who: str) -> dict[str, Any]:
    """An account with every attribute that there is."""

    def called(*names: str) -> dict[str, str]:
        return {name: words(f"{who} {name}") for name in names}

    listed = {
        name: [{**called("value", "type", "display"), "primary": True}, called("value")]
        for name in _LISTS
    }
    return {
        "userName": words(f"{who} userName"),
        "externalId": words(f"{who} externalId", 300),
        "profileUrl": words(f"{who} profileUrl"),
        "locale": words(f"{who} locale"),
        **called(*_PLAIN),
        "name": called(*_NAMES),
        "addresses": [{**called(*_ADDRESS), "type": words(f"{who} address")}],
        "x509Certificates": [{"value": "Y2VydA==", "display": words(f"{who} certificate")}],
        "roles": [{"value": words(f"{who} roles"), "display": words(f"{who} role display")}],
        "inventoryNumber": words(f"{who} inventoryNumber"),
        **listed,
        _ENTERPRISE: {
            **called(*_ORGANISED),
            "manager": {"value": words(f"{who} manager"), "displayName": words(f"{who} boss")},
        },
    }


def build(site: Site, words: Words) -> Estate:
    """Call everything in an organisation so, and let everything happen in it that can."""
    estate = Estate(site, words)
    _declare(estate)
    _provision(estate)
    _fail(estate)
    site.office.do(lambda runtime: _by_hand(estate, runtime))
    site.office.do(lambda runtime: _send(estate, runtime))
    site.office.do(lambda runtime: _connect(estate, runtime))
    for number, reach in enumerate((None, *Reach)):
        headers = _headers(words, number)
        estate.browsers[reach] = browser = Browser(root_of(site.base_url), **headers)
        if reach is not None:
            browser.open(f"/enter/{link(site.office, reach, site.slug)}").submit("/enter")
            assert browser.cookies, browser.text
    _wait(estate)
    return estate


def _declare(estate: Estate) -> None:
    words = estate.words

    async def declare(runtime: Runtime) -> None:
        new = CustomAttribute(
            "inventoryNumber", USER_URN, description=words("description of an attribute")
        )
        other = CustomAttribute(
            "office", USER_URN, canonical=(words("canonical value", without=r"\s"),)
        )
        for one in (new, other):
            await runtime.organisations.declare(estate.slug, one)

    estate.site.office.change(declare)


def _client(estate: Estate, token: str | None = None) -> Client:
    sent = {
        "User-Agent": estate.words.header("client"),
        "X-Request-Id": estate.words.header("request id"),
    }
    return Client(estate.site.base_url, token or estate.site.token, sent)


def _provision(estate: Estate) -> None:
    """What identity providers do, and it works."""
    words, call = estate.words, _client(estate)
    ids = estate.ids
    ids["account"] = _made(call, "/Users", body_of(words, "account"))
    ids["leaver"] = _made(call, "/Users", {"userName": words("leaver"), "active": True})
    for name, value in (("displayName", words("another name")), ("active", False)):
        change = patch({"op": "replace", "path": name, "value": value})
        for one in ("account", "leaver") if name == "displayName" else ("leaver",):
            assert call("PATCH", f"/Users/{ids[one]}", change).status == 200
    members = [{"value": ids[one], "display": words("member display")} for one in ("account",)]
    group = {"displayName": words("group"), "externalId": words("group externalId", 300)}
    ids["group"] = _made(call, "/Groups", {**group, "members": members})
    inner = [{"value": ids["group"]}, {"value": ids["leaver"]}]
    ids["outer"] = _made(call, "/Groups", {"displayName": words("outer"), "members": inner})
    gone = _made(call, "/Users", {"userName": words("gone")})
    assert call("DELETE", f"/Users/{gone}").status == 204
    looked_up = quote(f"userName eq {json.dumps(words('looked up', 200))}")
    assert call("GET", f"/Users?filter={looked_up}").status == 200


def _made(call: Client, path: str, body: Mapping[str, Any]) -> str:
    answer = call("POST", path, body)
    assert answer.status == 201, answer.data
    return str(answer.json()["id"])


def _fail(estate: Estate) -> None:
    """What identity providers do in vain."""
    words, call = estate.words, _client(estate)
    name = quote(words("path", 500), safe="")
    one = f"/Users/{estate.ids['account']}"
    for method, path, body in (
        ("GET", f"/Users/{name}", None),
        ("GET", f"/{name}", None),
        ("GET", f"/Users?filter={name}", None),
        ("GET", f"/Users?{name}={name}&sortBy={name}", None),
        ("POST", "/Users", {"userName": words("refused"), "role": words("refused role")}),
        ("POST", "/Users", {"userName": words("refused"), "active": words("no boolean")}),
        ("POST", "/Users", {words("no attribute"): words("its value")}),
        ("POST", "/Users", words("no object").encode()),
        ("PATCH", one, patch({"op": words("no operation"), "path": "title", "value": "x"})),
        ("PATCH", one, patch({"op": "replace", "path": words("no path", 60) + "[", "value": "x"})),
        ("POST", "/Users", {"userName": words("account userName")}),
    ):
        assert call(method, path, body).status in {200, 201, 400, 404, 409}
    unknown = _client(estate, "headcount_unknown")
    for path in (f"/Users/{name}", f"/Users?filter={name}"):
        assert unknown("GET", path).status == 401


async def _send(estate: Estate, runtime: Runtime) -> None:
    """What comes of webhooks and keys."""
    words, slug, hooks = estate.words, estate.slug, runtime.store.webhooks
    place = f"https://hooks.test/{quote(words('webhook path', 500), safe='')}"
    for name in ("webhook", "webhook that is off"):
        made = await runtime.endpoints.add(slug, Wanted(place, ("account.*",), words(name, 190), 0))
        estate.ids[name] = made.id
    await runtime.endpoints.disable(slug, made.id)
    await hooks.change(made.org, made.id, lambda one: replace(one, off_reason=words("reason")))
    one = await runtime.endpoints.one(slug, estate.ids["webhook"])
    for position, status in ((TEST, None), (1, 500)):
        tried = Attempt(
            position,
            "msg_1",
            one.created,
            7,
            Outcome.FAILED,
            status,
            words("why it failed"),
            place,
            (("webhook-id", words.header("header sent")),),
            words("request sent").encode(),
            words("answer that came").encode(),
        )
        waits = Waiting(1, words("subject"), 1, one.created, words("why it waits"))
        await hooks.settle(one.org, one.id, [Settled(tried, waits)], _failing)
    estate.attempts = [each.number for each in await hooks.attempts(one.org, one.id, 9)]
    for label, slug_of, ends in (("key", slug, False), ("key that ended", slug, True)):
        _, key = await runtime.keys.issue(KeyWish(words(label), slug_of))
        if ends:
            await runtime.keys.revoke(key.id)


def _failing(one: Endpoint) -> Endpoint:
    return replace(one, failing_since=one.created)


async def _connect(estate: Estate, runtime: Runtime) -> None:
    """What comes of connectors: one is stuck until long after the tests, one failed, one runs."""
    words, store = estate.words, runtime.store
    org = (await store.organisation(estate.slug)).id
    refused = {name: words(f"refused {name}", 500) for name in ("who", "cause", "remedy")}
    run = {"at": clock().isoformat(), "done": {"create": 3}, "failed": 2}
    run["failures"] = [{"action": "create", "id": "1", "others": 1, **refused}]
    for name in ("stuck", "failed", "running"):
        site = f"https://chat.test/{quote(words(f'site of {name}', 100), safe='')}"
        protected = [words(f"protected in {name}", 500)]
        settings = {"site": site, "email": "a@b.test", "protected": protected}
        one = Connector(org, name, "zulip", settings, "key", clock())
        await store.connectors.add(replace(one, last_run=run))
    late = clock() + timedelta(days=365)
    trouble = words("why it is stuck", 500)
    await store.followers.add(Follower(org, "connector:stuck", 0, 1, trouble, late))
    for name, failures in (("failed", 1), ("running", 0)):
        detail = words(f"how far {name} is", 500)
        await store.followers.add(Follower(org, f"{APPLYING}{name}", 0, failures, detail))
    await store.followers.take(org, f"{APPLYING}running", "a test", clock(), late)


async def _by_hand(estate: Estate, runtime: Runtime) -> None:
    """What administrators do."""
    words, slug = estate.words, estate.slug
    organisations, visiting = runtime.organisations, runtime.visiting
    policy = Policy(allowed_domains=(words("domain", without=r"[\s@.]") + ".test",), seats=1_000)
    org = await organisations.update(slug, words("organisation"), policy)
    actor = f"administrator:{words.email('actor')}"
    await runtime.role_rules.set(org, [RoleRule(estate.ids["group"], "moderator")], actor=actor)
    for label, lifetime, ends in (
        ("token", None, False),
        ("token that ends", timedelta(days=3), False),
        ("token that ended", None, True),
    ):
        _, token = await organisations.issue(slug, Wish(words(label), lifetime), actor=actor)
        if ends:
            await organisations.revoke(slug, token.id, actor=actor)
    secret, _ = await visiting.invite(f"{slug}.{words.email('invited')}", org, actor)
    estate.ids["invitation"] = secret
    secret, _ = await visiting.set_up_link(org, timedelta(days=7), actor)
    estate.ids["set-up link"] = secret
    await visiting.invite(words.email("root"), None, actor)
    data = {words("audited name"): words("audited value"), "list": [words("before"), words("x")]}
    for _ in range(60):  # more than a page of the audit trail
        await visiting.note(actor, words("audited action"), org.id, data)


def _headers(words: Words, number: int) -> dict[str, str]:
    """How a browser calls itself, and where it is: each may try in vain a few times."""
    place = 10 * [TAME, *HOSTILE].index(words) + number
    return {"user-agent": words.header("browser"), "x-forwarded-for": f"10.0.0.{place}"}


def _wait(estate: Estate) -> None:
    """Until the last request was written down, and those before it."""
    assert _client(estate)("GET", _LAST).status == 404

    async def numbers(runtime: Runtime) -> tuple[list[int], list[int]]:
        org = (await runtime.store.organisation(estate.slug)).id
        while True:
            ours = await runtime.store.exchanges(org, Sought(), 500)
            if ours and ours[0].path == _LAST:
                nobodys = await runtime.store.exchanges(None, Sought(), 500)
                return [one.number for one in ours], [one.number for one in nobodys]
            await asyncio.sleep(0.02)

    estate.exchanges, estate.unclaimed = estate.site.office.do(numbers)


def addresses(page: Page, estate: Estate) -> list[str]:
    """Where a page of the console is, with ids of what there is.

    A page that is new has to be told here how one gets to it.
    """
    ids = defaultdict(lambda: "nobody", estate.ids)
    places: dict[str, Sequence[object]] = {
        "/enter/{secret}": [
            ids["set-up link"],
            ids["invitation"],
            quote(estate.words("secret", 500), safe=""),
        ],
        "/o/{slug}/accounts/{id}": [ids["account"], ids["leaver"], "nobody"],
        "/o/{slug}/groups/{id}": [ids["group"], ids["outer"], "none"],
        "/o/{slug}/activity/{number:int}": [*estate.exchanges, 10**9],
        "/o/{slug}/connectors/{id}": ["stuck", "failed", "running", "none"],
        "/o/{slug}/webhooks/{id}": [ids["webhook"], ids["webhook that is off"], "none"],
        "/unclaimed/{number:int}": [*estate.unclaimed, 10**9],
    }
    path = page.path.replace("{slug}", estate.slug)
    if page.path == "/oidc/callback":
        return [path + asking(estate)]
    if page.path == "/o/{slug}/activity":
        return [path, *(f"{path}?alike={number}" for number in estate.exchanges)]
    if page.path == "/audit":
        return [path, *(f"{path}?before={number}" for number in range(51, 400, 50))]
    if page.path.endswith("/attempts/{number:int}"):
        whole = path.replace("{id}", ids["webhook"])
        return [whole.replace("{number:int}", str(one)) for one in (*estate.attempts, 10**9)]
    if "{" not in path:
        return [path]
    assert page.path in places, f"nobody has said how one gets to {page.path}"
    return [re.sub(r"\{[^}]*\}", str(one), path) for one in places[page.path]]


def asking(estate: Estate) -> str:
    """Every parameter that an address may have, with something in it."""
    return "?" + urlencode({name: estate.words(f"asked {name}", 200) for name in QUERIES})
