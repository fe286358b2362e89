"""Manifests: the files of an artifact, and the digest that names them all.

Canonical JSON, sorted by path; the version's digest is the SHA-256 of it. Paths that could not be written
back the same on every system are refused, not repaired (DESIGN §3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from modelkeep.domain.canonical import Json, decode, encode, sha256
from modelkeep.domain.text import printable
from modelkeep.errors import Damaged, UsageError

FORMAT = "modelkeep manifest 1"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WINDOWS = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL)
_LONGEST_SEGMENT_BYTES, _LONGEST_PATH_BYTES = 255, 1024
_HINT = "rename the file, or leave it out with --exclude"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file: ``sha256:`` and hex of its bytes, its path with ``/``, its size in bytes."""

    digest: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
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
        files = tuple(_file(item) for item in _items(decode(data)))
        if any(before.path >= after.path for before, after in zip(files, files[1:], strict=False)):
            raise _damaged("its paths are not sorted, or one stands in it twice")
        try:
            _check(files)
        except UsageError as error:
            raise _damaged(error.message) from error
        return cls(files)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        files = [{"digest": file.digest, "path": file.path, "size": file.size} for file in self.files]
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
    why = _refused(path)
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
    if "\\" in path or ":" in path:
        return "it has a backslash or a colon in it, which separate names on Windows"
    if _CONTROL.search(path):
        return "it has a control character in it"
    if length > _LONGEST_PATH_BYTES:
        return f"it has {length} bytes, more than {_LONGEST_PATH_BYTES}"
    for segment in path.split("/"):
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
    if not files:
        message = "an artifact needs at least one file, and there is none"
        raise UsageError(message, "name a file, or look at what --exclude and .modelkeepignore leave out")
    seen: dict[str, str] = {}
    directories: dict[str, str] = {}
    for file in files:
        path = check_path(file.path)
        for end, character in enumerate(path):
            if character == "/":
                directory = path[:end]
                _unlike(directories.setdefault(_same(directory), directory), directory)
        folded = _same(path)
        if folded in seen:
            raise _equal(seen[folded], path)
        seen[folded] = path
    for folded, path in seen.items():
        if folded in directories:
            raise _equal(directories[folded] + "/", path)


def _unlike(known: str, directory: str) -> None:
    if known != directory:
        raise _equal(known + "/", directory + "/")


def _equal(one: str, other: str) -> UsageError:
    message = f"'{one}' and '{other}' would be one path on a system without case or with another Unicode form"
    return UsageError(message, _HINT)


def _same(path: str) -> str:
    return path.lower() if path.isascii() else normalize("NFC", normalize("NFC", path).casefold())


def _items(value: Json) -> Sequence[Json]:
    match value:
        case {"files": list(items), "format": str(name), **rest} if name == FORMAT and not rest:
            return items
    raise _damaged(f"it is not of the form '{FORMAT}'")


def _file(item: Json) -> ManifestFile:
    match item:
        case {"digest": str(digest), "path": str(path), "size": int(size), **rest} if not rest:
            if _DIGEST.fullmatch(digest) and size >= 0 and not isinstance(size, bool):
                return ManifestFile(digest, path, size)
    raise _damaged("a file in it has other fields than digest, path and size")


def _damaged(why: str) -> Damaged:
    message = f"not a manifest: {why}"
    return Damaged(message)
