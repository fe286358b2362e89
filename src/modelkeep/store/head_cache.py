"""The last head of each registry that this account saw: what tells that a log lost its tail.

One small file a registry in the user's state directory, best effort: not being able to remember is
no reason to fail.
"""

from __future__ import annotations

import contextlib
import os

from modelkeep.domain.head import Head

_LONGEST = 200
_HEX = frozenset("0123456789abcdef")
_MOST_DIGITS, _ID_LENGTH, _HASH_LENGTH = 16, 32, 64
_PREFIX = "sha256:"


def remember(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep a head, unless a later one is kept already.

    A later number is never shorter, so the line is written over the old one: many processes that each
    put a new file in its place would keep the disk busier than the registry does.
    """
    if not _is_hex(registry, _ID_LENGTH):
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
    if not _is_hex(registry, _ID_LENGTH):
        return
    path = _path(state_dir, registry)
    draft = f"{path}.{os.urandom(8).hex()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            with open(draft, "xb") as file:  # never through a link that somebody put there
                file.write(_written(seq, entry_hash))
            os.replace(draft, path)
        except OSError:
            os.unlink(draft)
            raise


def recall(state_dir: str, registry: str) -> Head | None:
    """Return the head that was kept (its time is not), None where there is none or it is just being written."""
    if not _is_hex(registry, _ID_LENGTH):
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
    """Read ``NUMBER sha256:HEX`` and a line's end; every command does, so no pattern is compiled for it."""
    number, _, rest = line.decode("ascii", "replace").partition(" ")
    digest, end = rest[:-1], rest[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS and number[0] != "0"):
        return None
    if end != "\n" or not digest.startswith(_PREFIX) or not _is_hex(digest.removeprefix(_PREFIX), _HASH_LENGTH):
        return None
    return Head(int(number), digest, "")


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.issuperset(text)


def _path(state_dir: str, registry: str) -> str:
    return os.path.join(state_dir, "heads", registry)
