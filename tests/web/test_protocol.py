"""Addresses, methods, versions, media types, limits: what HTTP adds to the operations."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.serving import Office, Site, serving, settle
from tests.web.client import Client, client, patch, refused

pytestmark = pytest.mark.shows(
    "F8", "F102", "F108", "RFC 7644 3.1", "RFC 7644 3.12", "RFC 7644 3.14"
)


@pytest.mark.parametrize(
    "path",
    ["/Users", "/Users/", "//Users", "/users", "/USERS//", "/Users?foo=bar&aadOptscim062020"],
)
def test_addresses_are_typed_by_hand(site: Site, path: str) -> None:
    assert client(site)("GET", path).json()["totalResults"] == 0


@pytest.mark.parametrize("path", ["", "/", "/nowhere", "/Users/1/2", "/Me/1", "/Schemas/x/y"])
def test_there_is_nothing_at_other_addresses(site: Site, path: str) -> None:
    assert "/scim/v2" in refused(client(site)("GET", path), 404)


def test_a_base_address_that_is_mistyped_is_told_in_json(site: Site) -> None:
    root = site.base_url.removesuffix("/scim/v2")
    for path in ("/", "/Users", "/scim/v1/Users", "/scim/v2x"):
        assert "/scim/v2" in refused(urllib3.request("GET", root + path), 404)
    assert urllib3.request("GET", root + "/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Users", "GET, POST, HEAD"),
        ("POST", "/Users/1", "GET, PUT, PATCH, DELETE, HEAD"),
        ("GET", "/Users/.search", "POST"),
        ("DELETE", "/ServiceProviderConfig", "GET, HEAD"),
        ("POST", "/Schemas", "GET, HEAD"),
        ("PATCH", "/ResourceTypes/User", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    site: Site, method: str, path: str, allowed: str
) -> None:
    answer = client(site)(method, path)
    refused(answer, 405)
    assert answer.headers["Allow"] == allowed


def test_head_is_get_without_the_body(site: Site) -> None:
    ask = client(site)
    answer = ask("HEAD", "/Users")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(ask("GET", "/Users").data))


def test_a_search_at_the_root_lists_accounts_then_groups(site: Site) -> None:
    ask = client(site)
    users = [ask.create(f"user{number}") for number in range(3)]
    groups = [ask.create_group(f"group{number}", *users[:1]) for number in range(2)]
    for start in range(1, 7):
        for number in range(4):
            found = ask("POST", "/.search", {"startIndex": str(start), "count": number}).json()
            wanted = [*users, *groups][start - 1 : start - 1 + number]
            assert [one["id"] for one in found["Resources"]] == wanted
            assert (found["totalResults"], found["startIndex"]) == (5, start)
    by_id = ask("POST", "/.search", {"filter": f'id eq "{groups[0]}"'}).json()
    assert [one["id"] for one in by_id["Resources"]] == groups[:1]


def test_versions_are_weak_tags_that_hold(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    address = f"/Users/{ada}"
    first = ask("GET", address)
    tag = first.headers["ETag"]
    assert (tag, first.json()["meta"]["version"]) == ('W/"1"', tag)
    for known in (tag, '"1"', '"x", W/"1"', "*"):
        again = ask("GET", address, If_None_Match=known)
        assert (again.status, again.data) == (304, b"")
    assert ask("GET", address, If_None_Match='W/"2"').status == 200
    change = patch({"op": "replace", "path": "title", "value": "x"})
    assert ask("PATCH", address, change, If_Match=tag).headers["ETag"] == 'W/"2"'
    for method, body in (("PATCH", change), ("PUT", {"userName": "a"}), ("DELETE", None)):
        refused(ask(method, address, body, If_Match=tag), 412)


def test_the_version_of_an_account_moves_with_its_groups(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    group = ask.create_group("pioneers", ada)
    inside = ask("GET", f"/Users/{ada}").headers["ETag"]
    assert ask("GET", f"/Users/{ada}", If_None_Match=inside).status == 304
    ask("DELETE", f"/Groups/{group}")
    assert ask("GET", f"/Users/{ada}", If_None_Match=inside).status == 200
    assert ask("PUT", f"/Users/{ada}", {"userName": "a"}, If_Match=inside).status == 200


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/scim+json"),
        ("*/*", "application/scim+json"),
        ("text/json", "application/scim+json"),
        ("application/scim+json, application/json", "application/scim+json"),
        ("application/json", "application/json"),
        ("Application/JSON, text/plain, */*", "application/json"),
    ],
)
def test_answers_in_the_type_that_is_asked_for(
    site: Site, accept: str | None, answered: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    assert client(site)("GET", "/Users", **headers).headers["Content-Type"] == answered


def test_a_changed_group_is_sent_back_while_it_is_small(site: Site) -> None:
    ask = client(site)
    users = [ask.create(f"user{number}") for number in range(101)]
    group = f"/Groups/{ask.create_group('pioneers', *users[:99])}"

    def add(number: int, query: str = "") -> urllib3.BaseHTTPResponse:
        value = [{"value": users[number]}]
        return ask("PATCH", group + query, patch({"op": "add", "path": "members", "value": value}))

    assert len(add(99).json()["members"]) == 100
    above = add(100)
    assert (above.status, above.data) == (204, b"")
    shown = add(100, "?attributes=displayName")
    assert (shown.status, set(shown.json())) == (200, {"schemas", "id", "displayName"})
    hidden = add(100, "?excludedAttributes=members")
    assert (hidden.status, "members" in hidden.json()) == (200, False)


@pytest.fixture(scope="module")
def small(another_database: Callable[[], str]) -> Any:
    database = another_database()
    settings = {"HEADCOUNT_MAX_BODY_BYTES": "2000", "HEADCOUNT_GROUP_ANSWER_MEMBERS": "0"}
    with serving(database, **settings) as base_url:
        office = Office(database)
        yield settle(base_url, office)
        office.close()


def test_limits_are_settings(small: Site) -> None:
    ask = client(small)
    ada = ask.create("ada")
    group = ask.create_group("pioneers")
    value = [{"value": ada}]
    join = patch({"op": "add", "path": "members", "value": value})
    assert ask("PATCH", f"/Groups/{group}", join).status == 204
    refused(ask("POST", "/Users", {"userName": "a", "title": "x" * 2000}), 413)
    parts = (b"x" * 500 for _ in range(9))
    headers = {"Authorization": f"Bearer {small.token}"}
    chunked = urllib3.request("POST", small.base_url + "/Users", body=parts, headers=headers)
    refused(chunked, 413)


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        pytest.param(b"", "invalidSyntax", id="nothing"),
        pytest.param(b'{"userName": ', "invalidSyntax", id="half of it"),
        pytest.param(b"[]", "invalidSyntax", id="a list"),
        pytest.param(b'{"userName": "\xff"}', "invalidSyntax", id="no UTF-8"),
        pytest.param(rb'{"userName": "\ud800"}', "invalidSyntax", id="half a character"),
        pytest.param(rb'{"userName": "a\u0000b"}', "invalidValue", id="a NUL"),
        pytest.param(rb'{"userName": "a", "x": {"\u0000": 1}}', "invalidValue", id="a NUL inside"),
        pytest.param(b'{"x":' * 70 + b"1" + b"}" * 70, "invalidSyntax", id="too deep"),
        pytest.param(b"[" * 100_000, "invalidSyntax", id="far too deep"),
        pytest.param(b'{"userName": 1e999}', "invalidSyntax", id="a number beyond all"),
        pytest.param(b'{"userName": ["a", "b"]}', "invalidValue", id="two names"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(site: Site, body: bytes, scim_type: str) -> None:
    refused(client(site)("POST", "/Users", body), 400, scim_type)
    assert site.events() == []


def test_what_only_looks_strange_is_taken(site: Site) -> None:
    ask = client(site)
    for number, body in enumerate(
        (
            b'\xef\xbb\xbf{"userName": "%d"}',
            rb'{"userName": "%d", "title": "\\u0000"}',
            b'{"userName": "%d", "x": [[[[[[]]]]]], "y": 123456789012345678901234567890}',
        )
    ):
        answer = ask("POST", "/Users", body.replace(b"%d", b"%d" % number))
        assert answer.status == 201, answer.data


@pytest.mark.parametrize(
    "where",
    [
        "userName eq",
        "userName xx 1",
        'nothing eq "x"',
        "(" * 41 + "title pr" + ")" * 41,
        'userName eq "' + "x" * 8_000 + '"',
        " or ".join(["title pr"] * 201),
        r'userName eq "\ud800"',
        "\ufffe",
    ],
)
def test_a_filter_that_cannot_be_answered_is_refused(site: Site, where: str) -> None:
    refused(client(site)("GET", f"/Users?filter={quote(where)}"), 400, "invalidFilter")


def test_too_much_at_once_is_refused(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    many = [{"op": "add", "path": "title", "value": "x"}] * 5_001
    assert "5000" in refused(ask("PATCH", f"/Users/{ada}", {"Operations": many}), 400, "tooMany")
    refused(ask("GET", "/Users?" + "a=1&" * 101), 400, "invalidValue")
    assert site.events() == ["account.created"]


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
)
_NAMES = st.sampled_from(
    (
        *("userName", "name", "emails", "active", "role", "members", "displayName", "id", "meta"),
        *("Operations", "op", "path", "value", "schemas", "filter", "count", "attributes"),
    )
)
_JSON = st.recursive(
    _SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(_NAMES, one, max_size=5)
)
_OPERATION = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove", "x"])},
    optional={"path": _NAMES | st.text(max_size=9), "value": _JSON},
)
_PATHS = (
    *("/Users", "/Groups", "/Users/{}", "/Groups/{}", "/.search", "/Users/.search", "/Bulk"),
    *("/x", "/Me", "/Schemas", "/ResourceTypes/{}", "/ServiceProviderConfig"),
)
_IN_BULK = st.fixed_dictionaries(
    {"method": st.sampled_from(["post", "PUT", "PATCH", "DELETE", "x"])},
    optional={
        "path": st.sampled_from(["/Users", "/Groups", "/Groups/bulkId:a", "/x"]) | _JSON,
        "bulkId": st.sampled_from(["a", "b"]) | _JSON,
        "data": _JSON | st.just({"displayName": "g", "members": [{"value": "bulkId:a"}]}),
        "version": _JSON,
    },
)
_BODIES = (
    _JSON.map(lambda body: json.dumps(body).encode())
    | st.lists(_OPERATION | _IN_BULK, max_size=3).map(
        lambda all_: json.dumps({"Operations": all_}).encode()
    )
    | st.binary(max_size=30)
)


class Feed:
    """The events of a site, read on from where it was read last."""

    def __init__(self, site: Site) -> None:
        self._site, self._org, self._position = site, site.organisation.id, 0

    def new(self) -> int:
        """How many events there are since the last time."""
        seen = 0
        while True:
            found = self._site.office.do(
                lambda runtime: runtime.store.events_after(self._org, self._position, 100)
            )
            if not found:
                return seen
            seen, self._position = seen + len(found), found[-1].position


@pytest.fixture
def feed(site: Site) -> Feed:
    return Feed(site)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    path=st.sampled_from(_PATHS),
    query=st.text(max_size=20).map(quote)
    | st.builds(
        lambda name, text: f"{name}={quote(text)}",
        st.sampled_from(["filter", "cursor", "count", "sortBy", "attributes", "startIndex"]),
        st.text(max_size=20),
    ),
    body=_BODIES,
)
def test_whatever_arrives_is_answered_in_scim_and_a_refusal_changes_nothing(
    site: Site, feed: Feed, method: str, path: str, query: str, body: bytes
) -> None:
    ask = client(site)
    kind = "Groups" if "Groups" in path else "Users"
    found = ask("GET", f"/{kind}?count=1&startIndex=2").json()["Resources"]
    known = found[0]["id"] if found else "nobody"
    feed.new()
    answer = ask(method, f"{path.format(known)}?{query}", body)
    assert answer.status < 500 or answer.status == 501, answer.data
    if answer.status == 204:
        assert answer.data == b""
    else:
        assert answer.headers["Content-Type"] == "application/scim+json"
        assert isinstance(answer.json(), dict)
    if answer.status >= 400:
        assert feed.new() == 0


def test_eight_creates_of_one_name_at_once_make_one_account(site: Site) -> None:
    ask: Client = client(site)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(ask, "POST", "/Users", {"userName": "ada"}) for _ in range(8)]
        answers = [one.result() for one in sent]
    assert sorted(answer.status for answer in answers) == [201, *[409] * 7]
    for answer in answers:
        if answer.status == 409:
            refused(answer, 409, "uniqueness")


def test_a_changed_account_tells_its_groups_unless_nobody_wants_them(site: Site) -> None:
    ask = client(site)
    ada = ask.create("ada")
    group = ask.create_group("all", ada)
    change = patch({"op": "replace", "path": "title", "value": "Countess"})
    for method, body in (("PATCH", change), ("PUT", {"userName": "ada", "nickName": "Ada"})):
        answer = ask(method, f"/Users/{ada}", body)
        assert [one["value"] for one in answer.json()["groups"]] == [group]
        assert answer.json() == ask("GET", f"/Users/{ada}").json()
        assert answer.headers["etag"] == answer.json()["meta"]["version"]
        hidden = ask(method, f"/Users/{ada}?excludedAttributes=groups", {**body, "title": "x"})
        assert "groups" not in hidden.json()
