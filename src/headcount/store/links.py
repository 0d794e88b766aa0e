"""What the application calls an account: its own id, beside ours.

A link stays when its account is deleted, so that whoever learns of that late still finds whom to
remove. It goes when it is taken away, or when its id is given to another account.
"""

from dataclasses import dataclass
from typing import Any

from headcount.store.model import Kind, OrgId
from headcount.store.refusals import application_id_taken, not_found
from headcount.store.steps import Clash, Rows, Statement, Steps

_LINK = "account, application_id, created"


@dataclass(frozen=True, slots=True)
class AccountLink:
    """One account and its id in the application."""

    account: str  # id
    application_id: str  # unique in the organisation
    created: str  # RFC 3339


_OF_ACCOUNT = f"SELECT {_LINK} FROM account_link WHERE org = ? AND account = ?"
_OF_APPLICATION = f"SELECT {_LINK} FROM account_link WHERE org = ? AND application_id = ?"
_IS_THERE = "SELECT 1 FROM resource WHERE org = ? AND kind = 1 AND id = ?"
_FREE = """DELETE FROM account_link WHERE org = ? AND application_id = ? AND account <> ?
    AND NOT EXISTS (SELECT 1 FROM resource r
    WHERE r.org = account_link.org AND r.kind = 1 AND r.id = account_link.account)"""
_PUT = f"""INSERT INTO account_link (org, {_LINK}) VALUES (?, ?, ?, ?)
    ON CONFLICT (org, account) DO UPDATE
    SET application_id = excluded.application_id, created = excluded.created
    WHERE account_link.application_id <> excluded.application_id"""
_REMOVE = "DELETE FROM account_link WHERE org = ? AND account = ? RETURNING account"


class AccountLinks:
    """All of them, as a store keeps them. No account and no id of one has a NUL character."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def put(self, org: OrgId, link: AccountLink) -> AccountLink:
        """Link an account, in place of the link that it had; the link as it stands.

        One that is the same already stays as it is.

        Raises:
            NotFound: there is no such account.
            Taken: the id belongs to another account, which is still there.
        """
        if "\0" in link.account:
            raise not_found(Kind.USER, link.account)
        return await self._rows.run(_put(org, link)) or link

    async def of_account(self, org: OrgId, account: str) -> AccountLink | None:
        """The link of an account, also of one that was deleted."""
        return await self._one(_OF_ACCOUNT, org, account)

    async def of_application(self, org: OrgId, application_id: str) -> AccountLink | None:
        """The link with this id."""
        return await self._one(_OF_APPLICATION, org, application_id)

    async def remove(self, org: OrgId, account: str) -> bool:
        """Take a link away; whether there was one."""
        return "\0" not in account and bool(await self._rows.write(_REMOVE, org, account))

    async def _one(self, sql: str, org: OrgId, text: str) -> AccountLink | None:
        return None if "\0" in text else _link_in(await self._rows.read(sql, org, text))


def _put(org: OrgId, link: AccountLink) -> Steps[AccountLink | None]:
    if not (yield Statement(_IS_THERE, (org, link.account))):
        raise not_found(Kind.USER, link.account)
    yield Statement(_FREE, (org, link.application_id, link.account))
    try:
        yield Statement(_PUT, (org, link.account, link.application_id, link.created))
    except Clash:
        raise application_id_taken(link.application_id) from None
    return _link_in((yield Statement(_OF_ACCOUNT, (org, link.account))))


def _link_in(rows: list[Any]) -> AccountLink | None:
    """The link in the first row, where there is a row."""
    return AccountLink(*rows[0]) if rows else None
