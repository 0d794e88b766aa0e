"""The store on one SQLite file."""

from headcount.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
