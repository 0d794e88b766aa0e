"""Accounts that a file says nothing of: who has left."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from orjson import loads

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.directory.importing.entries import main_email
from headcount.directory.importing.looking import Contents
from headcount.directory.importing.results import Imported, Rehearsal, Result, differences
from headcount.directory.listing import every_bare
from headcount.errors import LastOwner, ScimError, Unavailable
from headcount.scim.filters import parse_filter
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import AttrPath
from headcount.scim.resources import Document
from headcount.scim.schemas import OWNER, USER_TYPE
from headcount.store.model import Kind, Stored
from headcount.store.promise import Store

_ACTIVE = parse_filter("active eq true", USER_TYPE)


@dataclass(frozen=True, slots=True)
class Missing:
    """Looks for active accounts that a file does not have, and deactivates them."""

    store: Store
    caller: Caller
    contents: Contents
    by_email: bool
    rehearsal: Rehearsal
    dry_run: bool

    async def find(self, *, owners: bool | None = None) -> AsyncIterator[Stored]:
        """Each of them, by age.

        Args:
            owners: those alone who own the organisation, or those who do not; None: all.
        """
        async for seen in every_bare(self.store, self.caller.organisation.id, Kind.USER, _ACTIVE):
            account: Document = loads(seen.stored.document)
            if owners is not None and (account.get("role") == OWNER) is not owners:
                continue
            email = main_email(account) if self.by_email else None
            external_id = account.get("externalId")
            if not self.contents.names(Kind.USER, account["userName"], external_id, email):
                yield seen.stored

    async def deactivate(self, within: Directory, stored: Stored) -> Imported | None:
        """Deactivate one, who keeps groups and name; the last owner is refused."""
        before: Document = loads(stored.document)
        name = str(before["userName"])
        step = Operation(PatchOp.REPLACE, Target(AttrPath((USER_TYPE.core["active"],))), False)
        after: Document = {**before, "active": False}
        try:
            if self.dry_run:
                self.rehearsal.count(before, after)  # it alone knows of owners who would come
            with suppress(*([LastOwner] if self.dry_run else [])):
                outcome = await within.patch(self.caller, Kind.USER, stored.id, [step])
                after = loads(outcome.stored.document)
        except Unavailable:
            raise
        except ScimError as refused:
            return Imported(0, Kind.USER, name, Result.REFUSED, stored.id, detail=refused.detail)
        changes = differences(before, after)
        return Imported(0, Kind.USER, name, Result.DEACTIVATED, stored.id, changes)
