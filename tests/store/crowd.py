"""Very many members of a group, as fast as a file takes them."""

from pathlib import Path

import apsw

from headcount.store.model import OrgId

ORG = OrgId(1)
PREFIX = "crowd-"


def joins(database: Path, group: str, count: int) -> list[str]:
    """So many accounts, of whom nothing but their membership exists; their ids in order."""
    ids = [f"{PREFIX}{number:030}" for number in range(count)]
    connection = apsw.Connection(str(database))
    connection.set_busy_timeout(10_000)
    with connection:
        (org,) = connection.execute("SELECT org FROM resource WHERE id = ?", (group,)).fetchall()[0]
        connection.executemany(
            "INSERT INTO member (org, grp, member, kind) VALUES (?, ?, ?, 1)",
            ((org, group, one) for one in ids),
        )
        connection.execute(
            "UPDATE resource SET member_count = member_count + ?, version = version + 1"
            " WHERE id = ?",
            (count, group),
        )
    connection.close()
    return ids
