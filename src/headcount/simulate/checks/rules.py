"""The rules that are checked, each with its section of the RFC and what to do about it."""

from collections.abc import Callable

from headcount.simulate.checks.ground import (
    Check,
    Ground,
    NotOfferedError,
    check_error,
    must,
    patch_of,
)
from headcount.simulate.shapes import GROUP, USER, equals

CHECKS: list[Check] = []

Run = Callable[[Ground], None]

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_FEATURES = ("patch", "bulk", "filter", "changePassword", "sort", "etag")


def rule(section: str, text: str, remedy: str) -> Callable[[Run], Run]:
    """Add a check to the list."""

    def added(run: Run) -> Run:
        CHECKS.append(Check(section, text, remedy, run))
        return run

    return added


# ---- discovery


@rule(
    "RFC 7644 4",
    "ServiceProviderConfig states every feature with true or false",
    "List patch, bulk, filter, changePassword, sort and etag, each with a boolean `supported`.",
)
def _configuration(ground: Ground) -> None:
    body = ground.server.get("/ServiceProviderConfig").expect(200).body
    for name in _FEATURES:
        part = body.get(name)
        stated = isinstance(part, dict) and isinstance(part.get("supported"), bool)
        must(stated, f"{name}.supported is missing, or no boolean.")
    must(body.get("authenticationSchemes"), "authenticationSchemes is missing or empty.")


@rule(
    "RFC 7644 4",
    "ResourceTypes and Schemas are lists, and each entry has an address of its own",
    "Answer /ResourceTypes/User and /Schemas/{urn} too: SailPoint ends without them.",
)
def _discovery(ground: Ground) -> None:
    for path in ("/ResourceTypes", "/Schemas"):
        must(ground.server.get(path).expect(200).body.get("Resources"), f"{path} lists nothing.")
    kind = ground.server.get("/ResourceTypes/User").expect(200).body
    must(kind.get("endpoint") == "/Users", "The endpoint of User is not /Users.")
    must(
        ground.server.get(f"/Schemas/{USER}").expect(200).body.get("id") == USER,
        "The schema that is found by its URN has another id.",
    )


@rule(
    "RFC 7644 3.12",
    "Without a good token everything is a 401, with a SCIM error and WWW-Authenticate",
    "Answer 401 in SCIM's shape, and name the scheme: WWW-Authenticate: Bearer.",
)
def _unauthorised(ground: Ground) -> None:
    answer = ground.as_nobody().get("/Users")
    check_error(answer, 401)
    must(answer.headers.get("WWW-Authenticate"), "There is no WWW-Authenticate header.")


@rule(
    "RFC 7644 3.12",
    "An address that leads nowhere is a 404 in SCIM's shape",
    "Answer every unknown address below the base with a SCIM error, not with a page.",
)
def _nowhere(ground: Ground) -> None:
    check_error(ground.server.get("/Nowhere"), 404)


# ---- life of a user


@rule(
    "RFC 7644 3.3",
    "A create answers 201 with the resource, its id, meta and the Location header",
    "Answer with the whole resource; an empty body is a failure for Okta.",
)
def _create(ground: Ground) -> None:
    name = ground.name()
    answer = ground.server.post("/Users", {"schemas": [USER], "userName": name}).expect(201)
    must(isinstance(answer.body.get("id"), str), "There is no id.")
    ground.made.append(ground.path(answer.body))
    must(answer.headers.get("Location"), "There is no Location header.")
    must((answer.body.get("meta") or {}).get("resourceType") == "User", "meta is not complete.")
    must(answer.body.get("userName") == name, "userName is not as it was sent.")


@rule(
    "RFC 7644 3.3",
    "A second account of the same name, in any letter case, is a 409 uniqueness",
    "Compare userName without case, and translate the database's error into a 409.",
)
def _conflict(ground: Ground) -> None:
    user = ground.user()
    body = {"schemas": [USER], "userName": str(user["userName"]).upper()}
    check_error(ground.server.post("/Users", body), 409, "uniqueness")


@rule(
    "RFC 7644 3.3",
    "Read-only attributes and unknown ones in a body are passed over",
    "Leave out `groups`, `meta` and what no schema knows; Okta and OneLogin send it.",
)
def _passed_over(ground: Ground) -> None:
    user = ground.user(groups=[], meta={"resourceType": "User"}, unheardOf={"a": 1})
    must("unheardOf" not in user, "An attribute that no schema has was kept.")


@rule(
    "RFC 7643 7",
    "A password is in no answer",
    "Give the attribute `returned: never`, and honour it.",
)
def _password(ground: Ground) -> None:
    user = ground.user(password="Check-123-Check")  # noqa: S106
    read = ground.server.get(ground.path(user)).expect(200).body
    must("password" not in user and "password" not in read, "The password is shown.")


@rule(
    "RFC 7644 3.5.1",
    "PUT replaces, keeps the id, and never creates",
    "Answer 200 with the resource; for an id that nobody has, 404.",
)
def _put(ground: Ground) -> None:
    user = ground.user(title="Before")
    body = {"schemas": [USER], "userName": user["userName"], "nickName": "Now"}
    after = ground.server.put(ground.path(user), body).expect(200).body
    must(after.get("id") == user["id"], "The id changed.")
    must(after.get("nickName") == "Now" and "title" not in after, "The resource was not replaced.")
    check_error(ground.server.put("/Users/nobody-has-this-id", body), 404)


@rule(
    "RFC 7644 3.6",
    "DELETE answers 204 without a body; the account is gone for every method, its name is free",
    "Delete for good towards SCIM, whatever the application keeps.",
)
def _delete(ground: Ground) -> None:
    user = ground.user()
    path = ground.path(user)
    must(not ground.server.delete(path).expect(204).body, "The 204 has a body.")
    check_error(ground.server.get(path), 404)
    check_error(ground.server.delete(path), 404)
    ground.user(userName=user["userName"])


@rule(
    "RFC 7644 3.4.1",
    "A deactivated account is still found, with active false",
    "Keep inactive accounts in lists: identity providers look for them to bring people back.",
)
def _inactive(ground: Ground) -> None:
    user = ground.user(active=False)
    found = ground.found(equals("userName", user["userName"]))
    must([one.get("active") for one in found] == [False], "It is not found, or not inactive.")


# ---- PATCH


@rule(
    "RFC 7644 3.5.2",
    "PATCH without a path sets the attributes of its value",
    "Take each key of the value as an attribute. Okta deactivates in this way.",
)
def _pathless(ground: Ground) -> None:
    after = ground.patch(ground.user(active=True), {"op": "replace", "value": {"active": False}})
    must(after.get("active") is False, "active is not false afterwards.")


@rule(
    "RFC 7644 3.5.2.3",
    "Replacing a part of an object keeps its other parts",
    "Change the sub-attributes that are named, and no other.",
)
def _parts(ground: Ground) -> None:
    user = ground.user(name={"givenName": "Ada", "familyName": "King"})
    value = {"familyName": "Lovelace"}
    after = ground.patch(user, {"op": "replace", "path": "name", "value": value})
    must(
        after.get("name", {}).get("givenName") == "Ada",
        "givenName is lost when familyName changes.",
    )


@rule(
    "RFC 7644 3.5.2.3",
    "A value filter in a path chooses the entry that is changed",
    'Evaluate emails[type eq "work"].value; Entra changes addresses in no other way.',
)
def _entry(ground: Ground) -> None:
    emails = [{"value": "a@check.test", "type": "work"}, {"value": "b@check.test", "type": "home"}]
    user = ground.user(emails=emails)
    path = 'emails[type eq "work"].value'
    after = ground.patch(user, {"op": "replace", "path": path, "value": "c@check.test"})
    values = {one.get("type"): one.get("value") for one in after.get("emails") or []}
    must(values == {"work": "c@check.test", "home": "b@check.test"}, f"The addresses are {values}.")


@rule(
    "RFC 7644 3.5.2",
    "Full names of attributes are paths and keys",
    "Resolve urn:...:User:title; URNs hold dots, so split behind the schema that you know.",
)
def _urn(ground: Ground) -> None:
    after = ground.patch(ground.user(), {"op": "add", "path": f"{USER}:title", "value": "Clerk"})
    must(after.get("title") == "Clerk", "title is not set through its URN.")


@rule(
    "RFC 7644 3.5.2",
    "One new primary value takes primary from the others",
    "Set primary of the other values to false.",
)
def _primary(ground: Ground) -> None:
    user = ground.user(emails=[{"value": "a@check.test", "type": "work", "primary": True}])
    added = [{"value": "b@check.test", "type": "home", "primary": True}]
    after = ground.patch(user, {"op": "add", "path": "emails", "value": added})
    primary = [one["value"] for one in after.get("emails") or [] if one.get("primary") is True]
    must(primary == ["b@check.test"], f"Primary afterwards: {', '.join(primary) or 'none'}.")


@rule(
    "RFC 7644 3.5.2.1",
    "Adding what is there already changes nothing, lastModified included",
    "Compare before you write.",
)
def _nothing_new(ground: Ground) -> None:
    user = ground.user(title="Same")
    after = ground.patch(user, {"op": "add", "path": "title", "value": "Same"})
    before = (user.get("meta") or {}).get("lastModified")
    must((after.get("meta") or {}).get("lastModified") == before, "lastModified moved.")


@rule(
    "RFC 7644 3.5.2",
    "PATCH is all or nothing",
    "Apply the operations to a copy, and keep it when all of them worked.",
)
def _atomic(ground: Ground) -> None:
    ground.offers("patch")
    user = ground.user(title="Before")
    body = patch_of(
        {"op": "replace", "path": "title", "value": "After"},
        {"op": "erase", "path": "title"},
    )
    answer = ground.server.patch(ground.path(user), body)
    must(400 <= answer.status < 500, f"An unknown op is answered {answer.told()}")
    read = ground.server.get(ground.path(user)).expect(200).body
    must(read.get("title") == "Before", "The first operation of a refused PATCH was applied.")


@rule(
    "RFC 7644 3.5.2.2",
    "remove without a path is a 400 noTarget",
    "Refuse it: nobody can mean it.",
)
def _no_target(ground: Ground) -> None:
    ground.offers("patch")
    body = patch_of({"op": "remove"})
    check_error(ground.server.patch(ground.path(ground.user()), body), 400, "noTarget")


# ---- filters and lists


@rule(
    "RFC 7644 3.4.2.2",
    "Texts compare without case, and so do names and operators",
    "Fold both sides where caseExact is false. PingFederate writes `username Eq`.",
)
def _case(ground: Ground) -> None:
    user = ground.user()
    for where in (
        equals("userName", str(user["userName"]).upper()),
        f'USERNAME Eq "{user["userName"]}"',
    ):
        must([one["id"] for one in ground.found(where)] == [user["id"]], f"{where} does not find.")


@rule(
    "RFC 7644 3.4.2.2",
    "A multi-valued attribute is compared by its value, and entry by entry in brackets",
    'emails co "x" means emails.value; emails[...] must fit one and the same entry.',
)
def _multi(ground: Ground) -> None:
    mark = ground.name()
    user = ground.user(emails=[{"value": mark, "type": "work"}, {"value": "b@c.test"}])
    for where in (f'emails co "{mark}"', f'emails[type eq "work" and value eq "{mark}"]'):
        must([one["id"] for one in ground.found(where)] == [user["id"]], f"{where} does not find.")
    crossed = f'emails[type eq "work" and value eq "b@c.test"] and id eq "{user["id"]}"'
    must(not ground.found(crossed), "Terms in brackets are taken from different entries.")


@rule(
    "RFC 7644 3.4.2.2",
    "and, or, not and brackets mean what they say",
    "Let `and` bind tighter than `or`.",
)
def _logic(ground: Ground) -> None:
    user = ground.user(title="Clerk")
    own = equals("id", str(user["id"]))
    for where, hits in (
        (f'{own} and title eq "clerk"', 1),
        (f'{own} and not (title eq "clerk")', 0),
        (f'{own} and (title eq "x" or title sw "cl")', 1),
        (f"{own} and title pr", 1),
        (f"{own} and nickName pr", 0),
    ):
        must(len(ground.found(where)) == hits, f"{where} does not find {hits}.")


@rule(
    "RFC 7644 3.4.2.2",
    "A filter that does not parse is a 400 invalidFilter, never an empty list",
    "Refuse it: an empty list is read as 'create it', and makes doubles.",
)
def _broken(ground: Ground) -> None:
    ground.offers("filter")
    check_error(ground.server.get("/Users", filter="userName eq"), 400, "invalidFilter")


@rule(
    "RFC 7644 3.4.2",
    "Nothing found is an empty list with 200, and numbers are numbers",
    "Answer 200 with totalResults 0. A 404 fails Entra's connection test.",
)
def _nothing(ground: Ground) -> None:
    ground.offers("filter")
    answer = ground.server.get("/Users", filter=equals("userName", ground.name())).expect(200)
    must(type(answer.body.get("totalResults")) is int, "totalResults is no number.")
    must(answer.body["totalResults"] == 0, "Somebody is found whom nobody has created.")


@rule(
    "RFC 7644 3.4.2.4",
    "startIndex below 1 means 1, a negative count means 0, count 0 asks for the number alone",
    "Clamp both instead of refusing them.",
)
def _edges(ground: Ground) -> None:
    ground.user()
    first = ground.server.get("/Users", startIndex=0, count=1).expect(200).body
    must(len(first.get("Resources") or []) == 1, "startIndex=0 does not begin at the first.")
    for count in (0, -1):
        body = ground.server.get("/Users", count=count).expect(200).body
        must(not body.get("Resources"), f"count={count} shows resources.")
        must(body.get("totalResults"), f"count={count} does not tell the number.")


@rule(
    "RFC 7644 3.4.2.4",
    "The order of a list is the same from page to page",
    "Sort by something that never changes, such as the time of creation and the id.",
)
def _order(ground: Ground) -> None:
    for _ in range(3):
        ground.user()
    pages = [
        ground.server.get("/Users", startIndex=start, count=1).expect(200).body["Resources"]
        for start in (1, 2, 3)
    ]
    ids = [one["id"] for page in pages for one in page]
    must(len(ids) == len(set(ids)) == 3, "An account comes twice, or is missing.")


@rule(
    "RFC 7644 3.9",
    "attributes and excludedAttributes choose what is shown; the id always is",
    "Project the answer. Entra reads groups without their members.",
)
def _projection(ground: Ground) -> None:
    user = ground.user(title="Clerk", nickName="C")
    some = ground.server.get(ground.path(user), attributes="title").expect(200).body
    must(some.get("title") == "Clerk" and some.get("id"), "attributes=title lacks title or id.")
    must("nickName" not in some, "attributes=title shows nickName.")
    rest = ground.server.get(ground.path(user), excludedAttributes="title").expect(200).body
    must("title" not in rest and rest.get("nickName"), "excludedAttributes=title shows title.")


@rule("RFC 7644 3.4.2.3", "Lists can be sorted", "Sort, or say that sort is not supported.")
def _sorting(ground: Ground) -> None:
    ground.offers("sort")
    mark = ground.name()
    for title in ("b", "a", "c"):
        ground.user(title=title, nickName=mark)
    listed = ground.server.get(
        "/Users", filter=equals("nickName", mark), sortBy="title", sortOrder="descending"
    ).expect(200)
    titles = [one.get("title") for one in listed.body.get("Resources") or []]
    must(titles == ["c", "b", "a"], f"Sorted by title, descending: {titles}.")


@rule(
    "RFC 7644 3.4.3",
    "A search can be sent in a body",
    "Answer POST /Users/.search as the same GET.",
)
def _search(ground: Ground) -> None:
    user = ground.user()
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": equals("userName", user["userName"]),
    }
    answer = ground.server.post("/Users/.search", body)
    if answer.status in {404, 405, 501}:
        raise NotOfferedError
    found = answer.expect(200).body.get("Resources") or []
    must([one.get("id") for one in found] == [user["id"]], "The search does not find.")


@rule(
    "RFC 7644 3.14",
    "A stale If-Match is a 412, a known If-None-Match a 304",
    "Hold meta.version against both headers.",
)
def _versions(ground: Ground) -> None:
    ground.offers("etag")
    user = ground.user()
    path = ground.path(user)
    tag = ground.server.get(path).headers.get("ETag") or (user.get("meta") or {}).get("version")
    must(tag, "There is neither an ETag header nor meta.version.")
    known = ground.server.ask("GET", path, more={"If-None-Match": str(tag)})
    must(known.status == 304, f"If-None-Match answered {known.told()}")
    body = {"schemas": [USER], "userName": user["userName"]}
    stale = ground.server.ask("PUT", path, body, more={"If-Match": 'W/"no-version"'})
    check_error(stale, 412)


# ---- groups


@rule(
    "RFC 7643 4.2",
    "Members are added and removed one by one",
    "Apply both to the membership alone, whatever the size of the group.",
)
def _membership(ground: Ground) -> None:
    one, two = ground.user(), ground.user()
    group = ground.group(str(one["id"]))
    joined = ground.patch(
        group,
        {"op": "add", "path": "members", "value": [{"value": two["id"]}]},
        kind="Groups",
    )
    must(len(joined.get("members") or []) == 2, "The new member is not in the group.")
    where = f'members[value eq "{one["id"]}"]'
    left = ground.patch(group, {"op": "remove", "path": where}, kind="Groups")
    ids = [member.get("value") for member in left.get("members") or []]
    must(ids == [two["id"]], "Not exactly the member that was named is gone.")


@rule(
    "RFC 7643 4.1.2",
    "An account shows the groups that it is in",
    "Fill `groups` of the User from the memberships.",
)
def _groups(ground: Ground) -> None:
    user = ground.user()
    group = ground.group(str(user["id"]))
    read = ground.server.get(ground.path(user)).expect(200).body
    ids = [one.get("value") for one in read.get("groups") or []]
    must(ids == [group["id"]], "`groups` is not filled.")


@rule(
    "RFC 7643 4.2",
    "Who is deleted leaves every group",
    "Remove the membership with the account: members must not point to nobody.",
)
def _dangling(ground: Ground) -> None:
    user = ground.user()
    group = ground.group(str(user["id"]))
    ground.server.delete(ground.path(user)).expect(204)
    read = ground.server.get(ground.path(group, "Groups")).expect(200).body
    must(not read.get("members"), "The deleted account is still a member.")


@rule(
    "RFC 7643 4.2",
    "An empty group shows members as an empty list",
    "Write `members: []`. authentik takes a missing list for 'leave it alone'.",
)
def _empty_group(ground: Ground) -> None:
    read = ground.server.get(ground.path(ground.group(), "Groups")).expect(200).body
    must(read.get("members") == [], "members is left out.")


@rule(
    "RFC 7644 3.5.2",
    "A member who does not exist is refused, and nothing of the request is applied",
    "Answer 400 or 404 with a SCIM error, never 500.",
)
def _unknown_member(ground: Ground) -> None:
    ground.offers("patch")
    user = ground.user()
    group = ground.group()
    value = [{"value": user["id"]}, {"value": "nobody-has-this-id"}]
    path = ground.path(group, "Groups")
    answer = ground.server.patch(path, patch_of({"op": "add", "path": "members", "value": value}))
    must(400 <= answer.status < 500, f"It answered {answer.told()}")
    must(not ground.server.get(path).expect(200).body.get("members"), "Half of it was applied.")


@rule(
    "RFC 7644 3.7",
    "A bulk request carries out each operation, and resolves bulkId",
    "Carry them out, or say that bulk is not supported.",
)
def _bulk(ground: Ground) -> None:
    ground.offers("bulk")
    name = ground.name()
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {
                    "schemas": [GROUP],
                    "displayName": name,
                    "members": [{"value": "bulkId:u"}],
                },
            },
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": "u",
                "data": {"schemas": [USER], "userName": name},
            },
        ],
    }
    results = ground.server.post("/Bulk", body).expect(200).body.get("Operations") or []
    for one in results:
        kind, _, resource_id = str(one.get("location", "")).rpartition("/")
        ground.made.append(ground.path({"id": resource_id}, kind.rpartition("/")[2]))
    must(sorted(one.get("status") for one in results) == ["201", "201"], f"It came to {results}.")


@rule(
    "RFC 9865 2",
    "Lists are walked with cursors",
    "Offer cursors, or leave `pagination` out of the configuration.",
)
def _cursors(ground: Ground) -> None:
    offered = ground.config.get("pagination")
    if not (isinstance(offered, dict) and offered.get("cursor") is True):
        raise NotOfferedError
    for _ in range(3):
        ground.user()
    first = ground.server.get("/Users", cursor="", count=2).expect(200).body
    must(first.get("nextCursor"), "The first page names no next one.")
    second = ground.server.get("/Users", cursor=first["nextCursor"], count=2).expect(200).body
    seen = [one["id"] for page in (first, second) for one in page.get("Resources") or []]
    must(len(seen) == len(set(seen)), "Somebody is on two pages.")
    check_error(ground.server.get("/Users", cursor="nobody-made-this"), 400, "invalidCursor")


@rule(
    "RFC 7643 4.3",
    "The enterprise extension is kept under its URN",
    "Keep it, and name it in `schemas`.",
)
def _enterprise(ground: Ground) -> None:
    extension = {"department": "Archive"}
    schemas = [USER, _ENTERPRISE]
    user = ground.user(**{"schemas": schemas, _ENTERPRISE: extension})
    must(user.get(_ENTERPRISE) == extension, "The department is lost.")
    must(_ENTERPRISE in user["schemas"], "`schemas` does not name the extension.")
