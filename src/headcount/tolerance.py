"""What identity providers really send, turned into what the RFC means.

No provider is named in code that runs: each rewrite holds for every client at once, and carries who
needs it and how we know. Tolerant in shape, strict in meaning: what could leave access standing is
still refused, such as an unknown `op`, a broken path, an unknown role or a wrong `active`.

Evidence: (V) the vendor's documentation, (R) published recordings or suites, (S) the source of the
client, (T) source or tests of a server that met it, (I) a public issue.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from headcount.scim.attributes import Attribute, ResourceType
from headcount.scim.dialect import Dialect, wrong_shape
from headcount.scim.paths import LONGEST_NAME, AttrPath, resolve
from headcount.scim.values import has_shape

# ---- names


def names(kind: ResourceType, text: str) -> AttrPath | None:
    """The attribute that a name means, by the book first, then by what clients write.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> str(names(USER_TYPE, "manager"))
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager'
    """
    return _names(kind, text) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _names(kind: ResourceType, text: str) -> AttrPath | None:
    for rewrite in (resolve, _dot_after_urn, _mistyped_urn, _short_name):
        if found := rewrite(kind, text):
            return found
    return None


def _dot_after_urn(kind: ResourceType, text: str) -> AttrPath | None:
    """A dot instead of the colon after the URN: Microsoft's inbound collection (R).

    >>> from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE
    >>> str(_dot_after_urn(USER_TYPE, ENTERPRISE_URN + ".department")).rpartition(":")[2]
    'department'
    """
    for schema in kind.schemas:
        if text.lower().startswith(schema.folded + "."):
            return resolve(kind, f"{schema.id}:{text[len(schema.id) + 1 :]}")
    return None


def _mistyped_urn(kind: ResourceType, text: str) -> AttrPath | None:
    """The enterprise URN without its last colon, as Microsoft's documentation has it (V).

    >>> from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE
    >>> _mistyped_urn(USER_TYPE, ENTERPRISE_URN.replace(":User", "User")).urn == ENTERPRISE_URN
    True
    """
    for extension in kind.extensions:
        mistyped = "".join(extension.folded.rsplit(":", 1))
        if text.lower().startswith(mistyped):
            return resolve(kind, extension.id + text[len(mistyped) :])
    return None


def _short_name(kind: ResourceType, text: str) -> AttrPath | None:
    """An attribute of an extension without its URN: Entra's `manager` (V).

    >>> from headcount.scim.schemas import USER_TYPE
    >>> _short_name(USER_TYPE, "manager.value").names[1:]
    ('manager', 'value')
    """
    for extension in kind.extensions:
        if found := resolve(kind, f"{extension.id}:{text}"):
            return found
    return None


# ---- values of the wrong shape


def listed(attribute: Attribute, value: Any) -> Any:
    """The list that is meant where something else stands in its place.

    One object (OneLogin, T: django-scim2's adapters), one text (Microsoft's collection, R), or the
    list within an object under the attribute's own name (Salesforce, T: scimitar).

    >>> emails = Attribute("emails", "complex", multi_valued=True)
    >>> listed(emails, {"value": "a"}), listed(emails, "a"), listed(emails, {"emails": ["a"]})
    ([{'value': 'a'}], ['a'], ['a'])
    """
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.lower() == attribute.folded and len(value) == 1:
                return inner if isinstance(inner, list) else [inner]
        return [value]
    raise wrong_shape(attribute, value)


def mend(attribute: Attribute, value: Any) -> Any:
    """The one value that is meant by one of the wrong shape; None is unassigned.

    Raises:
        InvalidValue: nothing can be meant by it.
    """
    if isinstance(value, list) and _takes_one(attribute) and len(value) == 1:
        value = value[0]  # a list of one: Entra's older manager (V)
        if has_shape(attribute, value):
            return value
    rewrite = _REWRITES.get(attribute.type)
    mended = rewrite(attribute, value) if rewrite else value
    if mended is value:
        raise wrong_shape(attribute, value)
    return mended


def _takes_one(attribute: Attribute) -> bool:
    """Whether a list of one may stand for it; not where somebody's access hangs on it."""
    acted_on = attribute.required or attribute.closed or attribute.type == "boolean"
    return not attribute.multi_valued and not acted_on


def boolean_text(_: Attribute, value: Any) -> Any:
    """A boolean as a text: Entra without its compliance flag (V), Keycloak's extension (S).

    >>> boolean_text(Attribute("active", "boolean"), "False")
    False
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    return value


def number_text(_: Attribute, value: Any) -> Any:
    """A whole number as a text: clients whose attribute mappings know only texts.

    >>> number_text(Attribute("level", "integer"), "3")
    3
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip()):
        return int(value)
    return value


def text_number(attribute: Attribute, value: Any) -> Any:
    """A number where a text belongs: employee numbers and postal codes, but no names of accounts.

    >>> text_number(Attribute("employeeNumber"), 701984)
    '701984'
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not attribute.required:
        return json.dumps(value)
    return value


def complex_text(attribute: Attribute, value: Any) -> Any:
    """A bare text for an object with a `value`: Entra's manager (I, R), a member (R).

    >>> complex_text(Attribute("manager", "complex", sub=(Attribute("value"),)), "7")
    {'value': '7'}
    """
    if isinstance(value, str) and (attribute.value is not None or not value):
        return {"value": value} if value else None
    return value


_REWRITES: Mapping[str, Callable[[Attribute, Any], Any]] = {
    "boolean": boolean_text,
    "integer": number_text,
    "string": text_number,
    "complex": complex_text,
}


def bare_text(attribute: Attribute, word: str) -> str | None:
    """A text without its quotes in a filter: Microsoft's collection (R).

    >>> bare_text(Attribute("title"), "Employee"), bare_text(Attribute("title"), "and")
    ('Employee', None)
    """
    is_word = _BARE_WORD.fullmatch(word) and word.lower() not in _RESERVED
    return word if attribute.is_text and is_word else None


_BARE_WORD = re.compile(r"[\w.@:+/-]+")
_RESERVED = frozenset({"and", "or", "not", "pr"})


# ---- messages


def parameters(asked: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters of a list as they are meant.

    A filter in brackets behind the name of an attribute to show: Microsoft's collection (R). The
    attribute is shown as it is.

    >>> parameters({"attributes": 'emails[type eq "work"],userName'})
    {'attributes': 'emails,userName'}
    """
    meant = {}
    for key, value in asked.items():
        folded = key.lower()
        if folded.endswith("attributes"):
            meant[key] = _BRACKETS.sub("", value)
        else:
            meant[key] = email_filter(value) if folded == "filter" else value
    return meant


def email_filter(text: str) -> str:
    """`email` for `emails` in a filter: the expression in PingFederate's documentation (V).

    >>> email_filter('email Co "email eq" and active eq true')
    'emails Co "email eq" and active eq true'
    """
    return _EMAIL.sub(lambda found: found[1] or "emails", text)


_EMAIL = re.compile(r"""("(?:[^"\\]|\\.)*")|(?<![\w.:-])email(?=\s+[a-z]{2}\b)""", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")


def resource(body: Any) -> Any:
    """A resource as it is meant, before its names and values are read."""
    if isinstance(body, dict):
        return {key: json_values(value) for key, value in body.items()}
    return body


def patch(body: Any) -> Any:
    """A PatchOp message as it is meant, before its paths and values are read."""
    if not isinstance(body, dict):
        return body
    message = lower_keys(body)
    listed_operations = message.get("operations")
    if isinstance(listed_operations, dict):
        listed_operations = [listed_operations]
    if not isinstance(listed_operations, list):
        return {"Operations": listed_operations}
    return {"Operations": [operation(one) for one in listed_operations]}


def bulk(body: Any) -> Any:
    """A BulkRequest message as it is meant: methods in any letter case, scim-for-keycloak (T).

    >>> bulk({"operations": [{"METHOD": "post", "bulkid": "1"}]})
    {'Operations': [{'method': 'POST', 'bulkId': '1'}]}
    """
    if not isinstance(body, dict):
        return body
    message = {_BULK_WORDS.get(key.lower(), key): value for key, value in body.items()}
    if isinstance(message.get("Operations"), list):
        message["Operations"] = [_bulk_operation(one) for one in message["Operations"]]
    return message


_BULK_WORDS = {"operations": "Operations", "failonerrors": "failOnErrors", "bulkid": "bulkId"}


def _bulk_operation(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    meant = {_BULK_WORDS.get(key.lower(), key.lower()): value for key, value in raw.items()}
    if isinstance(meant.get("method"), str):
        meant["method"] = meant["method"].upper()
    return meant


def operation(raw: Any) -> Any:
    """One operation as it is meant."""
    if not isinstance(raw, dict):
        return raw
    meant = lower_keys(raw)
    for rewrite in (lower_case_op, empty_path, json_text):
        meant = rewrite(meant)
    if "value" in meant:
        rewrite_value = json_values if meant.get("path") else resource
        meant["value"] = rewrite_value(meant["value"])
    return meant


def lower_keys(message: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a message in any letter case: names have none in SCIM (RFC 7643 section 2.1).

    >>> lower_keys({"Op": "add", "PATH": "title"})
    {'op': 'add', 'path': 'title'}
    """
    return {key.lower(): value for key, value in message.items()}


def lower_case_op(meant: dict[str, Any]) -> dict[str, Any]:
    """`Add`, `Replace`, `Remove`: Entra without its compliance flag (V).

    >>> lower_case_op({"op": "Replace"})
    {'op': 'replace'}
    """
    if isinstance(meant.get("op"), str):
        return {**meant, "op": meant["op"].strip().lower()}
    return meant


def empty_path(meant: dict[str, Any]) -> dict[str, Any]:
    """An empty path beside a value is no path: clients that always write the key.

    >>> empty_path({"op": "replace", "path": "", "value": {}})
    {'op': 'replace', 'value': {}}
    """
    if meant.get("path") == "" and meant.get("op") != "remove":
        return {key: value for key, value in meant.items() if key != "path"}
    return meant


def json_text(meant: dict[str, Any]) -> dict[str, Any]:
    """Without a path, the JSON text of an object instead of the object: scim-for-keycloak (T).

    >>> json_text({"op": "replace", "value": '{"active": false}'})
    {'op': 'replace', 'value': {'active': False}}
    """
    if meant.get("path") is None and isinstance(meant.get("value"), str):
        decoded = _decoded(meant["value"])
        if isinstance(decoded, dict):
            return {**meant, "value": decoded}
    return meant


def json_values(value: Any) -> Any:
    """Entries whose `value` is the JSON text of an entry: Entra's complex role assignments (V).

    >>> json_values([{"value": '{"id": "1", "value": "member", "displayName": "Member"}'}])
    [{'value': 'member', 'display': 'Member'}]
    """
    if not isinstance(value, list):
        return value
    return [display_name(_json_value(entry)) for entry in value]


def display_name(entry: Any) -> Any:
    """The name of an entry as `displayName` instead of `display`: Microsoft's collection (R).

    >>> display_name({"value": "7", "displayName": "Ada"})
    {'value': '7', 'display': 'Ada'}
    """
    if not isinstance(entry, dict) or "displayName" not in entry or "display" in entry:
        return entry
    return {{"displayName": "display"}.get(key, key): part for key, part in entry.items()}


def _json_value(entry: Any) -> Any:
    text = entry.get("value") if isinstance(entry, dict) else None
    inner = _decoded(text) if isinstance(text, str) and text[:1] == "{" else None
    if not isinstance(inner, dict) or not isinstance(inner.get("value"), str):
        return entry
    meant = {**entry, "value": inner["value"]}
    if isinstance(inner.get("displayName"), str):
        meant.setdefault("display", inner["displayName"])
    return meant


def _decoded(text: str) -> Any:
    """What the JSON says, or None; also for what Python reads and JSON cannot hold."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


TOLERANT = Dialect(names=names, mend=mend, listed=listed, bare=bare_text, forgiving=True)
