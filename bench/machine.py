"""On what it was measured: what a reader has to know to judge the figures."""

import os
import platform
from pathlib import Path

from bench.databases import postgres_version, sqlite_version
from bench.plan import Plan


def machine() -> str:
    """The machine, in words."""
    cores = os.cpu_count() or 1
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} cores ({_processor()}), {gigabytes:.0f} GiB of memory, {platform.system()}"


def _processor() -> str:
    """What the system calls its processor, without the signs that makers put behind names."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or "unknown"
    return " ".join(name.replace("(R)", "").replace("(TM)", "").split()) + f", {platform.machine()}"


def software(plan: Plan) -> str:
    """What Headcount ran on, in words."""
    parts = [f"Python {platform.python_version()}", f"SQLite {sqlite_version()}"]
    if "postgres" in plan.databases:
        parts.append(f"PostgreSQL {postgres_version()}, beside it on the same machine")
    return ", ".join(parts)
