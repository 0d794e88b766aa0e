"""One request as it is noted while it is answered: references, and nothing computed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from headcount.directory.access import Caller
from headcount.errors import ScimError

PIECES = b"(sent in pieces, and not kept)"
CROWDED = b"(not kept: too much came at once)"


class Noted(NamedTuple):
    """A request and its answer, before anybody looked at them."""

    scope: Any  # of ASGI
    path: str  # behind the base address
    caller: Caller | None
    slug: str | None  # of the organisation in the host name, where it names one
    body: bytes
    status: int
    answer: bytes
    refusal: ScimError | None
    began: float  # by a clock that only counts
    ended: float

    @property
    def size(self) -> int:
        """How many bytes of bodies there are."""
        return len(self.body) + len(self.answer)

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """The headers of the request."""
        headers: Sequence[tuple[bytes, bytes]] = self.scope["headers"]
        return headers

    def header(self, name: bytes) -> str:
        """One of them; of one that is given twice, the first."""
        found = (value for key, value in self.headers if key == name)
        return next(found, b"").decode("latin-1")
