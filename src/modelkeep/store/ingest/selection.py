"""Which files of a directory go into an artifact, which are left out, and which are refused without --include."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

from modelkeep.domain.globs import GlobMatcher
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

IGNORE_FILE = ".modelkeepignore"

#: Files that a killed `get` has left, under the names that it gives to what it has not finished.
UNFINISHED = pattern(r"\.modelkeep-[0-9a-f]{16}")
#: Names that are never part of a model. They are left out wherever they stand below a directory, with a note.
LEFT_OUT = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store", ".modelkeep", IGNORE_FILE})

_KEY_NAMES = frozenset({"id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"})
#: Where programs keep the passwords of their users.
_PASSWORD_NAMES = frozenset({".netrc", "_netrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd"})
_KEY_ENDINGS = (".key", ".ppk", ".p12", ".pfx")
_HARMLESS_ENV = (".example", ".sample", ".template", ".dist")
_ENV_ENDINGS = (".env", ".env~", ".envrc")
_KEY_HEADER = pattern(rb"(?:\A[^!-~]*+|\n[ \t]*)(?:-----BEGIN (?:[A-Z0-9 ]+ )?PRIVATE KEY|PuTTY-User-Key-File-)")
_UTF16 = frozenset({b"\xff\xfe", b"\xfe\xff"})
_HEADER_WITHIN = 64 * 1024  # a key may stand behind a certificate, or behind headers of a mail
_LONGEST_IGNORE_FILE = 64 * 1024
_MOST_GLOBS, _LONGEST_GLOB = 1_000, 4_096


class Selection(Struct, frozen=True):
    """The user's choice of the files that go in.

    ``exclude`` and ``include`` are globs. One with a ``/`` in it (``./a`` too) is compared with the path below
    the directory, else with each name on the way; one that ends in ``/`` means directories only.
    ``include`` wins over everything that leaves out or refuses. ``filename`` is the name a single
    file gets in the artifact.
    """

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    follow_symlinks: bool = False
    filename: str | None = None


class Globs:
    """Some globs, ready to be matched."""

    def __init__(self, globs: tuple[str, ...]) -> None:
        self._globs = globs
        self._used: set[int] = set()
        places = [_place(glob) for glob in globs]
        self._names = [number for number, (_, anchored) in enumerate(places) if not anchored]
        self._paths = [number for number, (_, anchored) in enumerate(places) if anchored]
        self._of_name = GlobMatcher(places[number][0] for number in self._names)
        self._of_path = GlobMatcher(places[number][0] for number in self._paths)

    @property
    def unused(self) -> tuple[str, ...]:
        """The globs that have matched nothing so far, as they were given."""
        return tuple(glob for number, glob in enumerate(self._globs) if number not in self._used)

    def match(self, path: str, *, directory: bool = False) -> bool:
        """Tell whether a glob matches a path below the directory."""
        if not self._globs:
            return False
        found = [self._names[each] for each in self._of_name.matches(path.rpartition("/")[2])] if self._names else []
        found += [self._paths[each] for each in self._of_path.matches(path)] if self._paths else []
        fitting = [each for each in found if directory or not self._globs[each].endswith("/")]
        self._used.update(fitting)
        return bool(fitting)


def _place(glob: str) -> tuple[str, bool]:
    """Return a glob without what means nothing in a path (``./a//b/`` is ``a/b``), and whether it names a place."""
    names = [name for name in glob.split("/") if name not in {"", "."}]
    return "/".join(names), len(names) > 1 or glob.startswith(("/", "./"))


def ignored_globs(directory: int, shown: str) -> tuple[str, ...]:
    """Return the globs of the ``.modelkeepignore`` in an open directory: one a line, ``#`` begins a comment.

    An unreadable file raises ``UsageError``, for nothing may go in that it would keep out.
    """
    try:
        descriptor = os.open(IGNORE_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return ()
    except OSError as error:
        message = f"'{printable(shown)}/{IGNORE_FILE}' cannot be read: {(error.strerror or str(error)).lower()}"
        raise UsageError(message) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        message = f"'{printable(shown)}/{IGNORE_FILE}' is not a regular file"
        raise UsageError(message)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LONGEST_IGNORE_FILE + 1)
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        message = f"'{printable(shown)}/{IGNORE_FILE}' is not UTF-8"
        raise UsageError(message) from error
    if len(data) > _LONGEST_IGNORE_FILE:
        message = f"'{printable(shown)}/{IGNORE_FILE}' is longer than {_LONGEST_IGNORE_FILE} bytes"
        raise UsageError(message)
    globs = tuple(line for line in lines if line and not line.startswith("#"))
    if max(len(globs), data.count(b"[")) > _MOST_GLOBS or any(len(glob) > _LONGEST_GLOB for glob in globs):
        message = (
            f"'{printable(shown)}/{IGNORE_FILE}' has more than {_MOST_GLOBS:,} globs or sets in them, "
            "or a glob longer than a path"
        )
        raise UsageError(message, "name whole directories: NAME/")
    for glob in globs:
        if glob.startswith("!"):
            message = f"'{printable(shown)}/{IGNORE_FILE}' takes nothing back: '{printable(glob)}'"
            raise UsageError(message, f"--include {printable(glob[1:])!r}")
    return globs


def secret_name(path: str) -> str | None:
    """Return what kind of secret a file is by its name, None where it is none."""
    name = path.rpartition("/")[2].lower()
    likely = name in _PASSWORD_NAMES or name.startswith(".env.") or name.endswith(_ENV_ENDINGS)
    if likely and not name.endswith(_HARMLESS_ENV):
        return "a file of secrets"
    if name in _KEY_NAMES or name.endswith(_KEY_ENDINGS):
        return "a private key"
    return None


def secret_bytes(first: bytes | memoryview) -> str | None:
    """Return what kind of secret a file is by its first bytes, None where it is none."""
    head = bytes(first[:_HEADER_WITHIN])
    if head[:2] in _UTF16:
        head = head.replace(b"\0", b"")
    # `rfind` is four times as fast as `find`.
    likely = head.rfind(b"-----BEGIN ") >= 0 or head.rfind(b"-User-Key-File-") >= 0
    return "a private key" if likely and _KEY_HEADER.search(head) else None


def refuse_secret(path: str, inside: str, what: str) -> UsageError:
    """Return the error for a secret, with the flag that allows it."""
    message = f"'{printable(path)}' looks like {what}, which would stay in the registry for ever"
    return UsageError(message, f"leave it out with --exclude {printable(inside)!r}, or allow it with --include")
