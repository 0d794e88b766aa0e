"""What a group shall look like, given what stood and what was sent. Pure: no store, no clock."""

from headcount.directory.membership import members_in
from headcount.scim.dialect import Dialect
from headcount.scim.resources import Document, check_required, without_empty
from headcount.scim.schemas import GROUP_TYPE
from headcount.store.model import NO_MEMBERS, MemberDelta


def apart(sent: Document, dialect: Dialect) -> tuple[Document, MemberDelta]:
    """A group that was sent, and its members, which live apart from it.

    Without `members` nobody joins and nobody leaves: authentik's PUT may carry none. An empty list
    means that nobody is in.
    """
    group = without_empty({key: value for key, value in sent.items() if key != "members"})
    check_required(group, GROUP_TYPE)
    if "members" not in sent:
        return group, NO_MEMBERS
    return group, MemberDelta(joined=members_in(sent["members"], dialect), only=True)
