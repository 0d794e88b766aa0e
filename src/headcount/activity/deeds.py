"""What a request came to: what was done, to whom, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headcount.activity import changing, lookups
from headcount.activity.asked import asked_of, reads
from headcount.activity.finding import entries, text, truth, under
from headcount.activity.memory import NOBODY, Known
from headcount.activity.phrases import Deed, Phrase, counted, short
from headcount.store.activity import Done
from headcount.store.model import Kind

_BULK = {"POST": Done.CREATED, "DELETE": Done.DELETED}


class Seen(NamedTuple):
    """One request and its answer, as far as they are known."""

    method: str
    path: str
    query: str = ""
    status: int = 200
    request: Any = None  # JSON
    answer: Any = None  # JSON
    before: Known = NOBODY  # what was known of the resource
    names: Mapping[str, str] = {}  # of members, by id


def deed_of(seen: Seen) -> Deed:
    """What a request came to; of a refused one, what it was meant to come to.

    >>> deed_of(Seen("GET", "/Users", "filter=userName+eq+%22ada%22")).phrase.told(refused=False)
    'looked up ada'
    """
    answer = None if seen.status >= 400 else seen.answer
    asked = asked_of(seen.path)
    if reads(seen.method, seen.path):
        return lookups.looked(asked, seen.query, seen.request, answer, seen.before.name)
    if asked.kind is None:
        return _elsewhere(seen, asked.what)
    return _change(seen._replace(answer=answer), asked.kind, asked.id)


def _change(seen: Seen, kind: Kind, resource: str) -> Deed:
    match seen.method:
        case "POST" if not resource:
            return changing.created(kind, seen.request, seen.answer)
        case "PUT" if resource:
            return changing.replaced(kind, resource, seen.request, seen.answer, seen.before)
        case "PATCH" if resource:
            return changing.patched(
                kind, resource, seen.request, seen.answer, seen.before, seen.names
            )
        case "DELETE" if resource:
            return changing.deleted(kind, resource, seen.before)
    return Deed(Phrase("sent", "send", f"{short(seen.method)} to {short(seen.path)}"), Done.CHANGED)


def _elsewhere(seen: Seen, what: str) -> Deed:
    if what != "bulk" or seen.method != "POST":
        phrase = Phrase("sent", "send", f"{short(seen.method)} to /{short(what)}")
        return Deed(phrase, Done.CHANGED)
    sent = entries(under(seen.request, "Operations"))
    told = entries(under(seen.answer, "Operations"))
    counts = tuple(_carried_out(seen.request, told))
    refused = counts.count(Done.REFUSED)
    more = f", {refused:,} of them refused" if refused else ""
    left = len(sent) - len(told) if told else 0
    more += f", {left:,} not tried" if left > 0 else ""
    operations = counted(len(sent), "operation") if sent else "operations"
    phrase = Phrase("carried out", "carry out", f"{operations} at once{more}")
    return Deed(phrase, Done.CHANGED, counts=counts)


def _carried_out(request: Any, told: Any) -> Iterator[Done]:
    """What each operation of a bulk request came to."""
    sent = entries(under(request, "Operations"))
    whole = len(sent) == len(told)
    for number, one in enumerate(told):
        method = text(under(one, "method")).upper()
        if not text(under(one, "status")).startswith("2"):
            yield Done.REFUSED
        elif method in _BULK:
            yield _BULK[method]
        else:
            yield Done.DEACTIVATED if whole and _ends(sent[number]) else Done.CHANGED


def _ends(operation: Any) -> bool:
    """Whether an operation of a bulk request deactivates somebody."""
    data = under(operation, "data")
    if truth(under(data, "active")) is False:
        return True
    return any(
        truth(under(one, "value")) is False and text(under(one, "path")).lower() == "active"
        for one in entries(under(data, "Operations"))
    )
