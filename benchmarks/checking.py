"""The speed of `verify --log` as a program, and its memory, beside what is promised."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.programs import PROGRAM
from benchmarks.timing import Measured, environment, process
from modelkeep.registry import Registry

#: Entries a second: form and chain alone, and with replay and decisions.
QUICK, DEEP = 30_000, 4_000
#: The promised ratio of memory for ten times as many entries.
MORE_MEMORY = 1.3


def measured(registries: dict[str, Registry], home: str, runs: int) -> Iterator[Measured]:
    """Yield the time of an entry in the largest registry, then the memory beside that for the smallest."""
    *_, (size, largest) = registries.items()
    entries = largest.status().entries
    for words, promised in (("verify --log --quick", QUICK), ("verify --log", DEEP)):
        timed = process([PROGRAM, *words.split()], _environ(largest, home), home)
        timed()
        seconds = statistics.median(timed() for _ in range(runs)) / entries
        work = f"`{words}`, {size}: an entry; beside what is promised"
        yield Measured(work, seconds, 1 / promised, seconds * promised, 1, faster=False)
    (base, smallest), *larger = registries.items()
    least = _peak_bytes(smallest, home)
    for more, registry in larger:
        most = _peak_bytes(registry, home)
        work = f"`verify --log`, {more} beside {base}: peak memory"
        shown = (f"{most / 2**20:.0f} MiB", f"{least / 2**20:.0f} MiB")
        yield Measured(work, most, least, most / least, MORE_MEMORY, faster=False, shown=shown)


def _environ(registry: Registry, home: str) -> dict[str, str]:
    return environment(home) | {"MODELKEEP_REGISTRY": os.fspath(registry.directory)}


def _peak_bytes(registry: Registry, home: str) -> int:
    """Return the peak memory of a verification."""
    command = [PROGRAM, "verify", "--log"]
    process = subprocess.Popen(command, env=_environ(registry, home), cwd=home, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: {status}")
    return used.ru_maxrss * 1024
