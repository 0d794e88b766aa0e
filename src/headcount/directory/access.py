"""Who asks, and what they may do."""

from dataclasses import dataclass, field

from headcount.directory.types import Types, types_of
from headcount.errors import OrganisationDisabled, ReadOnlyToken
from headcount.store.model import Organisation

COMMAND_LINE = "cli"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who speaks for one organisation, and can reach no other."""

    organisation: Organisation
    actor: str  # as events name it: `token:ID` or `cli`
    read_only: bool = False
    strict: bool = False  # what it sends is read by the book
    types: Types = field(init=False, repr=False, compare=False)  # of its organisation

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", types_of(self.organisation.attributes))


def check_open(caller: Caller) -> None:
    """Refuse everything while the organisation is disabled.

    Raises:
        OrganisationDisabled: the operator closed it.
    """
    if caller.organisation.disabled:
        raise OrganisationDisabled(
            f"provisioning is switched off for the organisation {caller.organisation.name!r};"
            " ask whoever runs this server to enable it again"
        )


def check_write(caller: Caller) -> None:
    """Refuse a change by a token that may only read.

    Raises:
        ReadOnlyToken: the token was issued to read.
    """
    if caller.read_only:
        raise ReadOnlyToken(
            "this token may only read; issue one without --read-only to make changes"
        )
