"""authentik: reads the configuration strictly, creates at once, and compares members."""

from headcount.simulate.acting import Actor, Provider, Somebody, named, new_group, new_user
from headcount.simulate.conversation import Answer
from headcount.simulate.expected import AnswerError
from headcount.simulate.lookup import path_of
from headcount.simulate.shapes import GROUP

_SUPPORTED = ("patch", "bulk", "filter", "changePassword", "sort", "etag")
_NUMBERS = (("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults"))


def _is_complete(answer: Answer) -> None:
    """Authentik parses it strictly; where it does not parse, nothing is patched or filtered."""
    parts = {name: answer.body.get(name) for name in _SUPPORTED}
    wrong = [
        name
        for name, part in parts.items()
        if not isinstance(part, dict) or not isinstance(part.get("supported"), bool)
    ]
    wrong += [
        f"{name}.{sub}"
        for name, sub in _NUMBERS
        if name not in wrong and type((parts[name] or {}).get(sub)) is not int
    ]
    if not isinstance(answer.body.get("authenticationSchemes"), list):
        wrong.append("authenticationSchemes")
    if wrong:
        raise AnswerError(f"The configuration lacks, or has of the wrong type: {', '.join(wrong)}.")


def _shows_members(answer: Answer) -> None:
    if answer.body.get("members") != []:
        raise AnswerError("An empty group must show members as an empty list, not leave it out.")


def _body(who: Somebody) -> dict[str, object]:
    return new_user(
        who,
        externalId=who.external_id,
        displayName=who.given,
        photos=[],
        locale="en",
        active=True,
        emails=who.emails(type="other", primary=True),
    )


def _perform(authentik: Actor) -> None:
    authentik.ask(
        "the configuration is read -> complete", "GET /ServiceProviderConfig", check=_is_complete
    )
    leo, mia = authentik.somebody("Leo", "Brodie"), authentik.somebody("Mia", "Hamm")
    ids = [
        authentik.create(who.user_name, _body(who), {"userName": who.user_name})
        for who in (leo, mia)
    ]
    path = path_of("Users", ids[0])
    authentik.refused("the same person again -> refused", "POST /Users", _body(leo), 409)
    authentik.found(leo.user_name, named(leo), ids[0])
    authentik.change(
        "adopted by PUT with the id -> changed",
        f"PUT {path}",
        {**_body(leo), "id": ids[0], "displayName": "Leo B."},
        {"displayName": "Leo B."},
    )
    _group(authentik, ids)
    authentik.remove(leo.user_name, path)


def _group(authentik: Actor, ids: list[str]) -> None:
    name = authentik.group_name("Outpost")
    body = new_group(name, externalId=name)
    group = authentik.create(f"the group {name}", body, {"displayName": name}, "Groups")
    path = path_of("Groups", group)
    authentik.ask("the empty group is read -> members: []", f"GET {path}", check=_shows_members)
    authentik.members(
        "two join, an operation each -> both are in",
        group,
        *({"op": "add", "path": "members", "value": [{"value": one}]} for one in ids),
        expected=set(ids),
    )
    whole = {"schemas": [GROUP], "id": group, "externalId": name, "displayName": f"{name} b"}
    authentik.members(
        "renamed by a replace of the whole -> both are still in",
        group,
        {"op": "replace", "value": whole},
        expected=set(ids),
    )
    authentik.members(
        "one leaves, named in the value -> the other stays",
        group,
        {"op": "remove", "path": "members", "value": [{"value": ids[0]}]},
        expected=set(ids[1:]),
    )


AUTHENTIK = Provider(
    "authentik",
    "authentik",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
