"""Manifests: the files of an artifact, and the digest that names them all.

Canonical JSON, sorted by path; the version's digest is the SHA-256 of it. Paths that could not be written
back the same on every system are refused, not repaired (DESIGN §3).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from msgspec import Struct

from modelkeep.domain.canonical import Json, decode, encode, sha256
from modelkeep.domain.patterns import pattern
from modelkeep.domain.text import printable
from modelkeep.errors import Damaged, UsageError

FORMAT = "modelkeep manifest 1"
#: How an artifact was registered: as one file under its name, or as a tree of files.
Form: TypeAlias = Literal["file", "tree"]

_DIGEST = pattern(r"sha256:[0-9a-f]{64}")
# Files as nearly all are written: no path has an escape in it, and none needs one.
_PLAIN_BEGIN, _PLAIN_END = '{"files":[', f'],"format":"{FORMAT}"}}'
_PLAIN_FILE = pattern(
    r'\{"digest":"(sha256:[0-9a-f]{64})","path":"([^"\\\x00-\x1f]*)","size":(0|[1-9][0-9]{0,14})\}(?:,|\Z)'
)
_AROUND = len('{"digest":"","path":"","size":},')
_SEPARATOR = pattern(r"[\\:]")
_CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f]")
_WINDOWS = pattern(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL
)
# Paths as nearly all are: of letters that nobody refuses, short, and no name in them is reserved.
_ORDINARY = pattern(
    r"(?ai)(?!.{256})(?:(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|\Z))"
    r"[a-z0-9_-](?:[a-z0-9_.-]*[a-z0-9_-])?(?:/(?!\Z)|\Z))+"
)
_LONGEST_SEGMENT_BYTES, _LONGEST_PATH_BYTES = 255, 1024
_HINT = "rename the file, or leave it out with --exclude"


class ManifestFile(Struct, frozen=True):
    """One file: ``sha256:`` and hex of its bytes, its path with ``/``, its size in bytes."""

    digest: str
    path: str
    size: int


class Manifest(Struct, frozen=True):
    """The files of one artifact, sorted by the code points of their paths; never none."""

    files: tuple[ManifestFile, ...]

    @classmethod
    def of(cls, files: Iterable[ManifestFile]) -> Manifest:
        """Return the manifest of some files in any order.

        ``UsageError`` for no file, for a path that is refused and for two that are the same on a system
        without case or with another Unicode form.
        """
        ordered = tuple(sorted(files, key=lambda file: file.path))
        _check(ordered)
        return cls(ordered)

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Return the manifest that these bytes are, to the letter, or raise ``Damaged``."""
        return _parsed(data)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        files: list[Json] = [{"digest": file.digest, "path": file.path, "size": file.size} for file in self.files]
        return encode({"files": files, "format": FORMAT})

    @property
    def digest(self) -> str:
        """The digest of the version: ``sha256:`` and hex."""
        return sha256(self.to_bytes())

    @property
    def size_bytes(self) -> int:
        """The sizes of all files together."""
        return sum(file.size for file in self.files)


def check_path(path: str) -> str:
    """Return a path inside an artifact, relative and with ``/``, or raise ``UsageError``.

    Refused are what is empty, absolute, has ``.`` or ``..`` or nothing between two ``/``, a backslash, a colon,
    a control character, is no UTF-8, is longer than 255 bytes a name or 1024 in all, is reserved on Windows, or
    ends a name in a dot or space. Any Unicode form is kept as it is.
    """
    why = None if _ORDINARY.fullmatch(path) else _refused(path)
    if why:
        message = f"'{printable(path)}' cannot be a path in an artifact: {why}"
        raise UsageError(message, _HINT)
    return path


def _refused(path: str) -> str | None:
    """Say why a path is refused, None if it is not."""
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if path.startswith("/"):
        return "it is absolute"
    if _SEPARATOR.search(path):
        return "it has a backslash or a colon in it, which separate names on Windows"
    if _CONTROL.search(path):
        return "it has a control character in it"
    if length > _LONGEST_PATH_BYTES:
        return f"it has {length} bytes, more than {_LONGEST_PATH_BYTES}"
    return next(filter(None, map(_refused_segment, path.split("/"))), None)


def _refused_segment(segment: str) -> str | None:
    """Say why one name in a path is refused, None if it is not."""
    if segment in {"", ".", ".."}:
        return f"'{segment}' is not a name"
    if len(segment.encode()) > _LONGEST_SEGMENT_BYTES:
        return f"one name in it is longer than {_LONGEST_SEGMENT_BYTES} bytes"
    if segment[-1] in ". ":
        return "Windows drops the dot or space at the end of a name"
    if _WINDOWS.fullmatch(segment):
        return f"'{segment}' is reserved on Windows"
    return None


def _check(files: Sequence[ManifestFile]) -> None:
    """Refuse no files, what ``check_path`` refuses, and two that cannot lie side by side everywhere."""
    if not files:
        message = "an artifact needs at least one file, and there is none"
        raise UsageError(message, "name a file, or look at what --exclude and .modelkeepignore leave out")
    # What stands at each place of a system without case: a file's path, a directory's with a slash.
    places: dict[str, str] = {}
    known: set[str] = set()
    for file in files:
        path = check_path(file.path)
        _take(places, path, path)
        directory = path.rpartition("/")[0]
        while directory and directory not in known:
            known.add(directory)
            _take(places, directory, directory + "/")
            directory = directory.rpartition("/")[0]


def _take(places: dict[str, str], path: str, shown: str) -> None:
    place = _same(path)
    if place in places:
        message = f"'{printable(places[place])}' and '{printable(shown)}' are one path where case or Unicode form do not count"
        raise UsageError(message, _HINT)
    places[place] = shown


def _same(path: str) -> str:
    if path.isascii():
        return path.lower()
    from unicodedata import normalize  # nearly all paths are ASCII

    return normalize("NFC", normalize("NFC", path).casefold())


@functools.lru_cache(maxsize=1)
def _parsed(data: bytes) -> Manifest:
    """Read a manifest; whoever asks for one asks for it several times, and then for another."""
    files = tuple(_read(data))
    if any(before.path >= after.path for before, after in pairwise(files)):
        why = "its paths are not sorted, or one stands in it twice"
        raise _damaged(why)
    try:
        _check(files)
    except UsageError as error:
        raise _damaged(error.message) from error
    return Manifest(files)


def _read(data: bytes) -> Iterable[ManifestFile]:
    """Return the files, without decoding and encoding where a look tells that the bytes are canonical."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""  # decoding it as JSON says what is wrong
    if text.startswith(_PLAIN_BEGIN) and text.endswith("}" + _PLAIN_END):
        inner = text[len(_PLAIN_BEGIN) : -len(_PLAIN_END)]
        found = _PLAIN_FILE.findall(inner)
        # What was found lies side by side and leaves nothing out: it is all there is.
        if sum(len(digest) + len(path) + len(size) for digest, path, size in found) + _AROUND * len(found) - 1 == len(
            inner
        ):
            return [ManifestFile(digest, path, int(size)) for digest, path, size in found]
    return [_file(item) for item in _items(decode(data))]


def _items(value: Json) -> Sequence[Json]:
    match value:
        case {"files": list(items), "format": str(name), **rest} if name == FORMAT and not rest:
            return items
    why = f"it is not of the form '{FORMAT}'"
    raise _damaged(why)


def _file(item: Json) -> ManifestFile:
    match item:
        case {"digest": str(digest), "path": str(path), "size": int(size), **rest} if not rest:
            if _DIGEST.fullmatch(digest) and size >= 0 and not isinstance(size, bool):
                return ManifestFile(digest, path, size)
    why = "a file in it has not just digest, path and size"
    raise _damaged(why)


def _damaged(why: str) -> Damaged:
    message = f"not a manifest: {why}"
    return Damaged(message)
