"""Two things timed side by side: in turns, so that a machine that slows down slows both, and by medians."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

#: Runs one thing once and returns its seconds.
Timed = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison; ``bound`` is the promised ratio, None where nothing is promised.

    With ``faster`` the ratio is theirs / ours and must reach the bound; else it is ours / theirs and
    must stay within it. ``shown`` are the two values as text, where they are not seconds.
    """

    work: str
    ours_seconds: float
    theirs_seconds: float
    ratio: float
    bound: float | None
    faster: bool
    shown: tuple[str, str] | None = None

    @property
    def ok(self) -> bool:
        """Whether the promise is kept."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.faster else self.ratio <= self.bound

    def row(self) -> str:
        """Return the line of a Markdown table."""
        sign = "≥" if self.faster else "≤"
        cells = (
            self.work,
            *(self.shown or (_short(self.ours_seconds), _short(self.theirs_seconds))),
            f"{self.ratio:,.0f}" if self.ratio >= 20 else f"{self.ratio:.2f}",
            "" if self.bound is None else f"{sign} {self.bound:g}",
            "" if self.bound is None else "yes" if self.ok else "**no**",
        )
        return "| " + " | ".join(cells) + " |"


def beside(work: str, ours: Timed, theirs: Timed, *, bound: float | None, faster: bool, runs: int) -> Measured:
    """Time two things in turns, after one run of each that does not count; the ratio is the median of the pairs."""
    ours(), theirs()
    pairs = []
    for _ in range(runs):
        base = theirs()
        pairs.append((ours(), base))
    ratios = [base / own if faster else own / base for own, base in pairs]
    own, base = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Measured(work, own, base, statistics.median(ratios), bound, faster)


def process(
    command: Sequence[str],
    environ: Mapping[str, str],
    cwd: str,
    *,
    before: Callable[[], None] | None = None,
    terminal: bool = False,
) -> Timed:
    """Return a function that runs a program once, from start to end, with its output thrown away.

    ``terminal`` gives the program a terminal of 100 columns as standard output. ``before`` runs untimed.
    """

    def run() -> float:
        if before is not None:
            before()
        reader, writer = os.openpty() if terminal else (None, subprocess.DEVNULL)
        started = time.perf_counter()
        program = subprocess.Popen(
            command, env=environ, cwd=cwd, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE
        )
        if reader is not None:
            os.close(writer)
            _drain(reader)
        errors = program.communicate()[1]
        taken = time.perf_counter() - started
        if program.returncode:
            sys.exit(f"{' '.join(command)}: exit {program.returncode}\n{errors.decode()}")
        return taken

    return run


def _drain(descriptor: int) -> None:
    """Read a terminal until the program that writes to it ends."""
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except OSError:  # Linux: EIO at the end
        pass
    os.close(descriptor)


def call(function: Callable[[], object]) -> Timed:
    """Return a function that times one call."""

    def run() -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    return run


def environment(home: str) -> dict[str, str]:
    """Return the variables of the programs that are timed: no user's settings, and compiled files are kept."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TMPDIR", "SYSTEMROOT"}}
    return {**kept, "HOME": home, "COLUMNS": "100", "TERM": "xterm-256color"}


def _short(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{1 if seconds < 0.1 else 0}f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
