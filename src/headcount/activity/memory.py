"""What is remembered of the resources that went by, so that a request that names an id has a name.

It is a convenience and may forget.
"""

from collections import OrderedDict
from typing import Any, NamedTuple

from headcount.activity.finding import name_of, text, truth, under
from headcount.store.model import OrgId

_MOST = 4096


class Known(NamedTuple):
    """What was last seen of a resource."""

    name: str
    active: bool | None = None
    version: str = ""


NOBODY = Known("")


class Memory:
    """Remembers the resources that went by, the last ones first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[OrgId | None, str], Known] = OrderedDict()

    def of(self, org: OrgId | None, resource: str) -> Known:
        """What is known of a resource.

        >>> Memory().of(OrgId(1), "7").name
        ''
        """
        return self._known.get((org, resource), NOBODY)

    def learn(self, org: OrgId | None, answer: Any) -> None:
        """Take note of the resource in an answer, or of those in a list."""
        listed = under(answer, "Resources")
        for one in listed if isinstance(listed, list) else (answer,):
            if (key := text(under(one, "id"))) and (name := name_of(one)):
                self._known[org, key] = Known(name, truth(under(one, "active")), version_of(one))
                self._known.move_to_end((org, key))
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def version_of(resource: Any) -> str:
    """The version of a resource, without what it says of the groups that are shown.

    >>> version_of({"meta": {"version": 'W/"3-00ff00ff"'}})
    '3'
    """
    stated = text(under(under(resource, "meta"), "version"))
    return stated.removeprefix('W/"').rstrip('"').partition("-")[0]
