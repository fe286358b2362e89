"""Feeds hostile input to the installed ``modelkeep``, within bounds, and looks at what is left behind.

A row says what was typed and, literally, how it is answered; its ``make`` puts the input into the directory
in which the command runs. Whatever it is, the process gets 200 MB of memory, 2 s of the processor and no
file larger than 64 MB; no traceback and no control character leaves it; and what is refused leaves every
file of the account as it was: the registry, the home and the temporary directory.
"""

import os
import re
import resource
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MEMORY_BYTES, PROCESSOR_SECONDS, FILE_BYTES = 200 << 20, 2, 64 << 20
PATIENCE_SECONDS = 60  # for a machine that has other things to do
# Tab and newline are the form of lines; all else that moves a cursor or turns the direction of writing is none.
UNSAFE = re.compile(r"(?![\t\n])[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

# What commands may leave in the home of the account: what was seen of each registry, and views.
_KEPT = (".local/state/modelkeep/heads/", ".cache/modelkeep/")


@dataclass(frozen=True)
class Row:
    """One hostile input: the words, the exit code and the first line of stderr (of stdout, where all is well)."""

    words: str | list[str | bytes]
    exit_code: int
    reason: str
    make: Callable[[Path], object] | None = None
    stdin: bytes = b""
    env: dict[str, str] = field(default_factory=dict)
    processor_seconds: int = PROCESSOR_SECONDS


def rows(*rows: tuple) -> list:
    """Return rows as parameters of a test, named by the words that were typed."""
    import pytest

    made = [row if isinstance(row, Row) else Row(*row) for row in rows]
    return [pytest.param(row, id=f"{number:03}-{_short(row)}") for number, row in enumerate(made)]


def _short(row: Row) -> str:
    words = row.words if isinstance(row.words, str) else b" ".join(map(os.fsencode, row.words)).decode("latin-1")
    return re.sub(r"[^A-Za-z0-9_.=@-]+", " ", words)[:40].strip()


def limits(seconds: int) -> dict[int, tuple[int, int]]:
    """Return the limits of a process."""
    return {
        resource.RLIMIT_DATA: (MEMORY_BYTES, MEMORY_BYTES),
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (FILE_BYTES, FILE_BYTES),
        resource.RLIMIT_CORE: (0, 0),
    }


def ask(run, words, *, stdin=b"", env=None, cwd=None, seconds=PROCESSOR_SECONDS):
    """Run the command within its bounds; what it printed must be harmless. Returns stdout, stderr, exit code."""
    environ = {"TMPDIR": str(run.home / "tmp"), **(env or {})}
    done = run(*words, stdin=stdin, cwd=cwd, env=environ, timeout=PATIENCE_SECONDS, limits=limits(seconds))
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code != 70, done.stderr
    assert not UNSAFE.search(done.stderr), ascii(done.stderr)
    assert not UNSAFE.search(done.stdout), ascii(done.stdout)
    return done.stdout, done.stderr, done.exit_code


def feed(run, row: Row) -> tuple[str, str]:
    """Make the input of a row, type its words and hold the answer to it. Returns stdout and stderr."""
    (run.home / "tmp").mkdir(exist_ok=True)
    if row.make is not None:
        row.make(run.cwd)
    before = picture(run.home)
    words = row.words.split() if isinstance(row.words, str) else row.words
    out, err, code = ask(run, words, stdin=row.stdin, env=row.env, seconds=row.processor_seconds)
    told = (err if code else out).partition("\n")[0]
    assert (code, told.replace(str(run.cwd), "HERE")) == (row.exit_code, row.reason), (out, err)
    if code:
        assert out == ""
        assert picture(run.home) == before
    return out, err


def picture(home: Path) -> dict[str, tuple]:
    """Return every name below a directory with what it is; what commands may always leave is left out."""
    found: dict[str, tuple] = {}
    waiting = [str(home)]
    while waiting:
        directory = waiting.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:  # a path that is too long to be named
                continue
            name = os.path.relpath(entry.path, home)
            if name.startswith(_KEPT) or (stat.S_ISDIR(status.st_mode) and any(f"{name}/" in kept for kept in _KEPT)):
                continue
            link = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else None
            time = None if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns
            size = None if stat.S_ISDIR(status.st_mode) else status.st_size
            found[name] = (stat.S_IFMT(status.st_mode), status.st_mode & 0o777, size, time, link)
            if stat.S_ISDIR(status.st_mode):
                waiting.append(entry.path)
    return found
