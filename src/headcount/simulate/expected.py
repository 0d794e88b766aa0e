"""What an answer must show, held against what it shows."""

from collections.abc import Iterator, Mapping
from typing import Any

FOLDED = frozenset({"userName", "value"})  # compared without regard to case, as servers do


class AnswerError(Exception):
    """The server answered, and not as it should. The text says with what."""


def check_shown(request: str, wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    """Nothing, if `shown` holds all of `wanted`; what else it holds does not matter.

    Raises:
        AnswerError: a value is missing or another one, or a password is shown.
    """
    if "password" in shown:
        raise AnswerError(f"{request} shows the password. It must never be shown.")
    wrong = "; ".join(differences(wanted, shown))
    if wrong:
        raise AnswerError(f"{request} shows wrong values: {wrong}.")


def differences(wanted: Mapping[str, Any], shown: Mapping[str, Any]) -> Iterator[str]:
    """One phrase for each value of `wanted` that is not in `shown`.

    >>> list(differences({"name": {"familyName": "Hopper"}}, {"name": {"familyName": "Murray"}}))
    ['name.familyName is "Murray" and should be "Hopper"']
    """
    for key, value in wanted.items():
        yield from _different(key, value, shown.get(key))


def _different(path: str, wanted: Any, shown: Any) -> Iterator[str]:
    match wanted, shown:
        case dict(), dict():
            for key, value in wanted.items():
                yield from _different(f"{path}.{key}", value, shown.get(key))
        case [only], [*entries]:
            if all(list(_different(path, only, entry)) for entry in entries):
                yield f"{path} does not hold {_told(only)}"
        case _ if not _same(path, wanted, shown):
            yield f"{path} is {_told(shown)} and should be {_told(wanted)}"


def _same(path: str, wanted: Any, shown: Any) -> bool:
    if type(wanted) is not type(shown):
        return False  # the text "true" is not true
    if isinstance(wanted, str) and path.rpartition(".")[2] in FOLDED:
        return wanted.casefold() == str(shown).casefold()
    return bool(wanted == shown)


def _told(value: Any) -> str:
    """A value as a person reads it.

    >>> [_told(value) for value in (True, None, "ada", {"value": "ada"})]
    ['true', 'missing', '"ada"', '"ada"']
    """
    match value:
        case None:
            return "missing"
        case bool():
            return str(value).lower()
        case {"value": only} if len(value) == 1:
            return _told(only)
        case str():
            return f'"{value}"'
        case _:
            return f"{value}"
