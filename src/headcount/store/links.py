"""What the application calls an account: its own id, beside ours.

A link stays when its account is deleted, so that whoever learns of that late still finds whom to
remove. It goes when it is taken away, or when its id is given to another account.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from headcount.store.model import OrgId

LINK = "account, application_id, created"


@dataclass(frozen=True, slots=True)
class AccountLink:
    """One account and its id in the application."""

    account: str  # id
    application_id: str  # unique in the organisation
    created: str  # RFC 3339


class AccountLinks(Protocol):
    """All of them, as a store keeps them."""

    async def put(self, org: OrgId, link: AccountLink) -> AccountLink:
        """Link an account, in place of the link that it had; the link as it stands.

        One that is the same already stays as it is.

        Raises:
            NotFound: there is no such account.
            Taken: the id belongs to another account, which is still there.
        """

    async def of_account(self, org: OrgId, account: str) -> AccountLink | None:
        """The link of an account, also of one that was deleted."""

    async def of_application(self, org: OrgId, application_id: str) -> AccountLink | None:
        """The link with this id."""

    async def remove(self, org: OrgId, account: str) -> bool:
        """Take a link away; whether there was one."""


OF_ACCOUNT = f"SELECT {LINK} FROM account_link WHERE org = ? AND account = ?"
OF_APPLICATION = f"SELECT {LINK} FROM account_link WHERE org = ? AND application_id = ?"
IS_THERE = "SELECT 1 FROM resource WHERE org = ? AND kind = 1 AND id = ?"
FREE = """DELETE FROM account_link WHERE org = ? AND application_id = ? AND account <> ?
    AND NOT EXISTS (SELECT 1 FROM resource r
    WHERE r.org = account_link.org AND r.kind = 1 AND r.id = account_link.account)"""
PUT = f"""INSERT INTO account_link (org, {LINK}) VALUES (?, ?, ?, ?)
    ON CONFLICT (org, account) DO UPDATE
    SET application_id = excluded.application_id, created = excluded.created
    WHERE account_link.application_id <> excluded.application_id"""
REMOVE = "DELETE FROM account_link WHERE org = ? AND account = ? RETURNING account"
"""The statements, which are the same for every store; values in the order of their places."""


def link_values(org: OrgId, link: AccountLink) -> tuple[Any, ...]:
    """The values of `PUT`."""
    return org, link.account, link.application_id, link.created


def link_in(row: Any) -> AccountLink | None:
    """The link in a row of `LINK`, where there is a row."""
    return None if row is None else AccountLink(*row)
