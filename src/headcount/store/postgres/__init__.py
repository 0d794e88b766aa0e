"""The store on a PostgreSQL server."""

from headcount.store.postgres.copying import PostgresArchive
from headcount.store.postgres.opening import Options
from headcount.store.postgres.store import PostgresStore, migrate

__all__ = ["Options", "PostgresArchive", "PostgresStore", "migrate"]
