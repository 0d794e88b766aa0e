"""Accounts and groups out of a file: read, matched with who is there, written in batches.

A file is read twice and never held: once to see that every line can be read, before anything is
written, and then to write. What is remembered of a row are some bytes for its name.
"""

from headcount.directory.importing.columns import COLUMNS
from headcount.directory.importing.files import Format, Source, format_of
from headcount.directory.importing.importer import Importer
from headcount.directory.importing.looking import Contents, look_through
from headcount.directory.importing.results import Imported, Result
from headcount.directory.importing.taking import Options

__all__ = [
    "COLUMNS",
    "Contents",
    "Format",
    "Imported",
    "Importer",
    "Options",
    "Result",
    "Source",
    "format_of",
    "look_through",
]
