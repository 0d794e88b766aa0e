"""For whom a request was meant whose token opens nothing."""

from headcount.activity.noted import Noted
from headcount.directory.tokens import PREFIX
from headcount.store.model import OrgId
from headcount.store.promise import Store

_MOST = 100  # organisations whose tokens are looked through


class Attribution:
    """Knows the organisations, and how their tokens begin; it looks again when any changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slugs: dict[str, OrgId] = {}
        self._hints: dict[str, OrgId] = {}
        self._epoch: int | None = None

    async def attribute_to(self, noted: Noted) -> OrgId | None:
        """The organisation of a request.

        By the token; else by the host name; else by how the token begins; else the only one that
        there is.
        """
        if noted.caller is not None:
            return noted.caller.organisation.id
        await self._look()
        if noted.slug is not None and noted.slug in self._slugs:
            return self._slugs[noted.slug]
        _, ours, rest = noted.header(b"authorization").partition(PREFIX)
        for hint, org in self._hints.items() if ours else ():
            if rest.startswith(hint):
                return org
        return next(iter(self._slugs.values())) if len(self._slugs) == 1 else None

    async def _look(self) -> None:
        epoch = self._store.access_epoch()
        if epoch is None:
            epoch = await self._store.read_access_epoch()
        if epoch == self._epoch:
            return
        known = await self._store.organisations()
        self._slugs = {one.slug: one.id for one in known}
        tokens = [
            token
            for one in (known if len(known) <= _MOST else ())
            for token in await self._store.tokens(one.id)
        ]
        self._hints = {token.hint: token.org for token in tokens if token.hint}
        self._epoch = epoch  # read before them, so that no change is overlooked
