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
    """What one comparison found; ``bound`` is how often ``theirs`` may, or must, be ``ours``, None for no promise.

    With ``faster`` the ratio is theirs / ours and must reach the bound; else ours / theirs, within it.
    ``shown`` are the two in words, where they are no seconds.
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
    """Time two things in turns, after one of each that does not count; the ratio is the median of the pairs'."""
    ours(), theirs()
    pairs = []
    for _ in range(runs):
        base = theirs()
        pairs.append((ours(), base))
    ratios = [base / own if faster else own / base for own, base in pairs]
    own, base = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Measured(work, own, base, statistics.median(ratios), bound, faster)


def process(command: Sequence[str], environ: Mapping[str, str], cwd: str, *, before: Callable[[], None] | None = None):
    """Return what runs a program once, from its start to its end, with its output thrown away."""

    def run() -> float:
        if before is not None:
            before()
        started = time.perf_counter()
        done = subprocess.run(
            command,
            check=False,
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        taken = time.perf_counter() - started
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()}")
        return taken

    return run


def call(function: Callable[[], object]) -> Timed:
    """Return what calls a function once."""

    def run() -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    return run


def environment(home: str) -> dict[str, str]:
    """Return the variables of the programs we time: nobody's settings, and compiled files are kept."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TMPDIR", "SYSTEMROOT"}}
    return {**kept, "HOME": home}


def _short(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{1 if seconds < 0.1 else 0}f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
