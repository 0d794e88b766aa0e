"""Ids rise with time and are UUIDs of version 7 (RFC 9562 section 5.7)."""

import os
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


def test_a_process_that_was_forked_draws_its_own() -> None:
    identifiers = Identifiers()
    identifiers()
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.write(writes, identifiers().encode())
        os._exit(0)
    os.waitpid(child, 0)
    chance = {one[-12:] for one in (os.read(reads, 36).decode(), identifiers())}
    assert len(chance) == 2
    os.close(reads)
    os.close(writes)
