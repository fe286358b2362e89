"""The last head that this account saw of each registry, by which a log that lost its tail is noticed.

There is one small file a registry in the user's state directory. A head that cannot be kept or read is no reason to
fail.
"""

from __future__ import annotations

import contextlib
import os

from modelkeep.domain.state import Head
from modelkeep.domain.text import is_hex
from modelkeep.errors import ModelkeepError
from modelkeep.store.durable import give_to_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modelkeep.store.opened_directory import OpenedDirectory

_MOST_BYTES = 200
_MOST_DIGITS, _ID_LENGTH, _HASH_LENGTH = 16, 32, 64
_PREFIX = "sha256:"


def remember(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep a head, unless a later one is kept already.

    The line is written in place, which is safe because a later number is never shorter. A new file for
    each change would keep the disk busier than the registry itself does.
    """
    if not is_hex(registry, _ID_LENGTH):
        return
    try:
        descriptor = os.open(_path(state_dir, registry), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, AttributeError):
        replace(state_dir, registry, seq, entry_hash)
        return
    try:
        with contextlib.suppress(OSError):
            _lock(descriptor, exclusive=True)
            known = _parse(os.read(descriptor, _MOST_BYTES))
            if known is None:
                replace(state_dir, registry, seq, entry_hash)
            elif known.seq < seq:
                os.pwrite(descriptor, _line(seq, entry_hash), 0)
    finally:
        os.close(descriptor)


def replace(state_dir: str, registry: str, seq: int, entry_hash: str) -> None:
    """Keep this head, whatever was kept before."""
    if not is_hex(registry, _ID_LENGTH):
        return
    with contextlib.suppress(OSError, ModelkeepError), _opened_heads(state_dir) as heads:
        draft = f"{registry}.{os.urandom(8).hex()}"
        with open(heads.create(draft, 0o666), "wb") as file:
            try:
                give_to_owner(file.fileno(), os.fstat(heads.descriptor))
                file.write(_line(seq, entry_hash))
                file.flush()
                heads.rename(draft, registry)
            except BaseException:
                heads.unlink(draft)
                raise


def _opened_heads(state_dir: str) -> OpenedDirectory:
    """Open the directory of the heads; it and its parents are made.

    Under ``sudo -E`` they are in a user's home, and belong to that user, who may put links there.
    """
    from modelkeep.store.named_paths import open_directory

    path, missing = os.path.join(state_dir, "heads"), []
    while not os.path.isdir(path):
        path, name = os.path.split(path)
        missing.append(name)
    directory = open_directory(path)
    for name in reversed(missing):
        with directory as above:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=above.descriptor)
            directory = above.enter(name)
            if directory.is_empty():
                give_to_owner(directory.descriptor, os.fstat(above.descriptor))
    return directory


def recall(state_dir: str, registry: str) -> Head | None:
    """Return the head that was kept, without its time; None where there is none or it is being written."""
    if not is_hex(registry, _ID_LENGTH):
        return None
    try:
        descriptor = os.open(_path(state_dir, registry), os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb", buffering=0) as file:
            _lock(file.fileno(), exclusive=False)
            return _parse(file.read(_MOST_BYTES) or b"")  # None: a pipe whose other end is open
    except OSError:
        return None


def _lock(descriptor: int, *, exclusive: bool) -> None:
    """Lock the file against a line that is half written; ``OSError`` where another process holds the lock."""
    try:
        import fcntl
    except ImportError:  # Windows, where the file is always replaced as a whole
        return
    fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)


def _line(seq: int, entry_hash: str) -> bytes:
    return f"{seq} {entry_hash}\n".encode("ascii", "replace")


def _parse(line: bytes) -> Head | None:
    """Return the head of a line ``NUMBER sha256:HEX``, None for anything else."""
    number, _, rest = line.decode("ascii", "replace").partition(" ")
    digest, end = rest[:-1], rest[-1:]
    if not (number.isdigit() and len(number) <= _MOST_DIGITS and number[0] != "0"):
        return None
    if end != "\n" or not digest.startswith(_PREFIX) or not is_hex(digest.removeprefix(_PREFIX), _HASH_LENGTH):
        return None
    return Head(int(number), digest, "")


def _path(state_dir: str, registry: str) -> str:
    return os.path.join(state_dir, "heads", registry)
