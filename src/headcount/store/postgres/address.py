"""What a database address tells a person: never the password in it."""

from urllib.parse import urlsplit


def shown(url: str) -> str:
    """The address without user, password and options.

    >>> shown("postgresql://ada:secret@db.test:5432/headcount?sslmode=require")
    'postgresql://db.test:5432/headcount'
    """
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return f"postgresql://{hosts[:200]}{parts.path[:100]}"
