"""A store with two organisations, as the tests of the stores have it."""

from tests.store.conftest import acme, databases, pooler_port, rival, store

__all__ = ["acme", "databases", "pooler_port", "rival", "store"]
