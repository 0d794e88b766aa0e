"""The store on a PostgreSQL server."""

from headcount.store.postgres.opening import Options
from headcount.store.postgres.store import PostgresStore, migrate

__all__ = ["Options", "PostgresStore", "migrate"]
