"""`sqlite3 -readonly FILE STATEMENT`, in as far as the documents use it."""

import re
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing


def main(words: Sequence[str]) -> int:
    """Run one statement, or `.backup 'FILE'`, and print its rows."""
    option, file, statement = words
    if option != "-readonly":
        raise SystemExit("only sqlite3 -readonly is understood")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        if wanted := re.fullmatch(r"\.backup '(.+)'", statement):
            with closing(sqlite3.connect(wanted[1])) as copy:
                connection.backup(copy)
            return 0
        for row in connection.execute(statement):
            sys.stdout.write("|".join(map(str, row)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
