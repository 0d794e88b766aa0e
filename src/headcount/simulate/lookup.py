"""Finding one account or group by name, and reading lists whose shape nobody guarantees."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from headcount.simulate.conversation import Answer, Conversation
from headcount.simulate.expected import AnswerError
from headcount.simulate.shapes import equals


def resources(answer: Answer) -> list[Mapping[str, Any]]:
    """The resources of a list; none where the server leaves an empty list out.

    Raises:
        AnswerError: they are no list of objects.
    """
    listed = answer.body.get("Resources") or []
    if not are_objects(listed):
        raise AnswerError(f"{answer.request} shows Resources that are no list of objects.")
    return list(listed)


def whole_number(answer: Answer, key: str) -> int:
    """A number of a list, such as `totalResults`.

    Raises:
        AnswerError: it is none. The text "2" is no number, and neither is true.
    """
    number = answer.body.get(key)
    if type(number) is not int:
        raise AnswerError(f"{answer.request} shows no whole number as {key}.")
    return int(number)


def found(server: Conversation, path: str, attribute: str, name: str) -> Mapping[str, Any] | None:
    """The one resource of that name, or None.

    Raises:
        AnswerError: several answer to the name, or what comes back has another name.
    """
    answer = server.get(path, filter=equals(attribute, name), startIndex=1, count=100)
    if answer.status == 404:
        return None  # as good as an empty list to Okta
    listed = resources(answer.expect(200))
    total = whole_number(answer, "totalResults")
    if total != len(listed):
        raise AnswerError(f"The look-up of {name} shows {len(listed)} and says it found {total}.")
    if not listed:
        return None
    _check_found(listed, attribute, name)
    return listed[0]


def _check_found(listed: list[Mapping[str, Any]], attribute: str, name: str) -> None:
    """Refuse what would make Okta write over the account of somebody else."""
    names = [str(resource.get(attribute)) for resource in listed]
    others = [other for other in names if other.casefold() != name.casefold()]
    if others:
        raise AnswerError(f"The look-up of {name} finds {others[0]}: the filter is not applied.")
    if len(listed) > 1:
        raise AnswerError(f"The look-up of {name} finds {len(listed)}. There must be one.")
    if not isinstance(listed[0].get("id"), str):
        raise AnswerError(f"The look-up of {name} shows no id.")


def member_ids(server: Conversation, group_id: str) -> list[str]:
    """The ids of the members of a group.

    Raises:
        AnswerError: the group cannot be read.
    """
    answer = server.get(path_of("Groups", group_id)).expect(200)
    members = answer.body.get("members") or []
    if not are_objects(members):
        raise AnswerError(f"{answer.request} shows members that are no list of objects.")
    return [str(member.get("value")) for member in members]


def group_names(user: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the groups that an account shows by itself."""
    groups = user.get("groups")
    if not are_objects(groups):
        return ()
    return tuple(str(group["display"]) for group in groups or () if group.get("display"))


def attribute_names(schemas: list[Mapping[str, Any]], schema_id: str) -> list[Any]:
    """The names of the attributes of one schema, out of the list that the server publishes."""
    attributes = [s.get("attributes") for s in schemas if s.get("id") == schema_id]
    return [
        attribute.get("name")
        for listed in attributes
        if are_objects(listed)
        for attribute in listed or ()
    ]


def are_objects(listed: Any) -> bool:
    """Whether this is a list that holds JSON objects only."""
    return isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed)


def path_of(kind: str, resource_id: str) -> str:
    """The path of one resource, whatever characters the server chose for its id.

    >>> path_of("Users", "a/b")
    '/Users/a%2Fb'
    """
    return f"/{kind}/{quote(resource_id, safe='')}"
