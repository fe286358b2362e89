"""The last head of each registry that this account saw: what tells that a log lost its tail.

One small file a registry in the user's state directory, best effort: not being able to remember is
no reason to fail.
"""

from __future__ import annotations

import contextlib
import os

from modelkeep.domain.head import Head
from modelkeep.domain.patterns import pattern

_ID = pattern(r"[0-9a-f]{32}")
_LINE = pattern(r"([1-9][0-9]{0,15}) (sha256:[0-9a-f]{64})\n")


def remember(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep a head, unless a later one is kept already."""
    known = recall(state_dir, registry)
    if known is None or known.seq < seq:
        replace(state_dir, registry, seq, entry_hash)


def replace(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep this head, whatever was kept before."""
    if not _ID.fullmatch(registry):
        return
    path = _path(state_dir, registry)
    draft = f"{path}.{os.urandom(8).hex()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(draft, "x", encoding="ascii") as file:  # never through a link that somebody put there
            file.write(f"{seq} {entry_hash}\n")
        os.replace(draft, path)


def recall(state_dir: str, registry: str) -> Head | None:
    """Return the head that was kept (its time is not), None where there is none."""
    if not _ID.fullmatch(registry):
        return None
    try:
        descriptor = os.open(_path(state_dir, registry), os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, encoding="ascii", errors="replace") as file:
            match = _LINE.fullmatch(file.read(200))
    except OSError:
        return None
    return None if match is None else Head(int(match[1]), match[2], "")


def _path(state_dir: str, registry: str) -> str:
    return os.path.join(state_dir, "heads", registry)
