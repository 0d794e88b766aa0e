"""Reads on in the feed of an organisation, and tells when that cannot be done."""

from headcount.errors import Expired, InvalidValue, NotFound
from headcount.store.model import OrgId, Recorded
from headcount.store.promise import Store


async def events_behind(store: Store, org: OrgId, position: int, limit: int) -> list[Recorded]:
    """The next events behind a position, the oldest first; none where nothing came since.

    Positions leave no number out, so whoever goes on from the last one misses nothing.

    Raises:
        Expired: events behind the position are kept no longer.
        InvalidValue: the feed has not come that far.
    """
    found = await store.events_after(org, position, limit)
    if not found and limit > 0:
        last = (await store.positions([org])).get(org)
        if last is None:
            raise NotFound("the organisation is there no longer")
        if last < position:
            raise InvalidValue(
                f"the feed has come to position {last}, and not to {position}: was the database put"
                " back to an older state? Take a snapshot, and go on from its position"
            )
        if last > position:  # one came meanwhile, unless all were forgotten
            found = await store.events_after(org, position, limit)
            if not found:
                raise _expired(position, last)
    if found and found[0].position != position + 1:
        raise _expired(position, found[0].position - 1)
    return found


def _expired(position: int, first: int) -> Expired:
    return Expired(
        f"events up to position {first} are kept no longer, so {position} is too old to go on from:"
        " take a snapshot, and go on from its position"
    )
