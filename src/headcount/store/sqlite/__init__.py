"""The store on one SQLite file."""

from headcount.store.sqlite.store import SqliteStore, migrate_file

__all__ = ["SqliteStore", "migrate_file"]
