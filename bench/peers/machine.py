"""What the figures were measured on."""

import ctypes
import datetime
import os
import platform
import re
import subprocess
import time
from pathlib import Path

# Far beyond any cache.
COPY_BYTES = 1 << 28


def stamp() -> dict[str, object]:
    """What every result begins with: when, of what, and on what it was measured."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"date": now.isoformat(timespec="seconds"), "commit": commit(), "machine": describe()}


def commit() -> str:
    """The commit that was measured, with a mark when files differ from it; results of earlier runs
    may."""
    described = _git("describe", "--always", "--abbrev=12", "--exclude=*")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/",
                   ":(exclude,top)bench/results")
    return f"{described}-dirty" if changed else described


def _git(*arguments: str) -> str:
    finished = subprocess.run(["git", *arguments], cwd=Path(__file__).parent,
                              capture_output=True, text=True)
    return finished.stdout.strip()


def describe() -> dict[str, object]:
    """For the `machine` of a result."""
    memory_kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_kib / (1 << 20), 1),
        "kernel": platform.release(),
        "memory_bandwidth_gb_s": round(copy_bandwidth_gb_s(), 1),
    }


def copy_bandwidth_gb_s() -> float:
    """Bytes read and written by a copy of one core, best of five."""
    source, target = (ctypes.create_string_buffer(COPY_BYTES) for _ in range(2))
    best_s = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        ctypes.memmove(target, source, COPY_BYTES)
        best_s = min(best_s, time.perf_counter() - begin)
    return 2 * COPY_BYTES / best_s / 1e9
