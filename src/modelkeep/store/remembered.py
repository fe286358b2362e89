"""The last head of each registry that this account saw: what tells that a log lost its tail.

One small file a registry in the user's state directory, best effort: not being able to remember is
no reason to fail.
"""

from __future__ import annotations

import contextlib
import os

from modelkeep.domain.head import Head
from modelkeep.domain.patterns import pattern

_LONGEST = 200
_ID = pattern(r"[0-9a-f]{32}")
_LINE = pattern(r"([1-9][0-9]{0,15}) (sha256:[0-9a-f]{64})\n")


def remember(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep a head, unless a later one is kept already.

    A later number is never shorter, so the line is written over the old one: many processes that each
    put a new file in its place would keep the disk busier than the registry does.
    """
    if not _ID.fullmatch(registry):
        return
    try:
        descriptor = os.open(_path(state_dir, registry), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, AttributeError):
        replace(state_dir, registry, seq, entry_hash)
        return
    try:
        with contextlib.suppress(OSError):
            _lock(descriptor, alone=True)
            known = _parsed(os.read(descriptor, _LONGEST))
            if known is None:
                replace(state_dir, registry, seq, entry_hash)
            elif known.seq < seq:
                os.pwrite(descriptor, _written(seq, entry_hash), 0)
    finally:
        os.close(descriptor)


def replace(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep this head, whatever was kept before."""
    if not _ID.fullmatch(registry):
        return
    path = _path(state_dir, registry)
    draft = f"{path}.{os.urandom(8).hex()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(draft, "xb") as file:  # never through a link that somebody put there
            file.write(_written(seq, entry_hash))
        os.replace(draft, path)


def recall(state_dir: str, registry: str) -> Head | None:
    """Return the head that was kept (its time is not), None where there is none or it is just being written."""
    if not _ID.fullmatch(registry):
        return None
    try:
        descriptor = os.open(_path(state_dir, registry), os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb", buffering=0) as file:
            _lock(file.fileno(), alone=False)
            return _parsed(file.read(_LONGEST))
    except OSError:
        return None


def _lock(descriptor: int, *, alone: bool) -> None:
    """Let nobody read half of a line; whoever is in the way for longer than a write is not waited for."""
    try:
        import fcntl
    except ImportError:  # Windows, where a line is always put in place as a whole file
        return
    fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)


def _written(seq: int, entry_hash: str) -> bytes:
    return f"{seq} {entry_hash}\n".encode("ascii", "replace")


def _parsed(line: bytes) -> Head | None:
    match = _LINE.fullmatch(line.decode("ascii", "replace"))
    return None if match is None else Head(int(match[1]), match[2], "")


def _path(state_dir: str, registry: str) -> str:
    return os.path.join(state_dir, "heads", registry)
