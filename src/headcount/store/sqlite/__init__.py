"""The store on one SQLite file."""

from headcount.store.sqlite.copying import SqliteArchive
from headcount.store.sqlite.store import SqliteStore, migrate_file

__all__ = ["SqliteArchive", "SqliteStore", "migrate_file"]
