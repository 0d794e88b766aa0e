"""Ids rise with time and are UUIDs of version 7 (RFC 9562 section 5.7)."""

import subprocess
import sys
import time
from uuid import RFC_4122, UUID

from headcount.directory.identifiers import Identifiers


def test_ids_rise_and_carry_the_time() -> None:
    identifiers = Identifiers()
    before = time.time_ns() // 1_000_000
    made = [identifiers() for _ in range(5_000)]
    after = time.time_ns() // 1_000_000
    assert made == sorted(set(made))
    for one in (UUID(made[0]), UUID(made[-1])):
        assert (one.version, one.variant) == (7, RFC_4122)
        assert before <= one.int >> 80 <= after + 1


_FORKING = """
import os
from headcount.directory.identifiers import Identifiers

identifiers = Identifiers()
identifiers()
reads, writes = os.pipe()
if os.fork():
    print(os.read(reads, 36).decode(), identifiers())
else:
    os.write(writes, identifiers().encode())
"""


def test_a_process_that_was_forked_draws_its_own() -> None:
    told = subprocess.check_output([sys.executable, "-c", _FORKING], text=True)
    of_the_child, of_the_parent = told.split()
    assert of_the_child[-12:] != of_the_parent[-12:]
