"""Manifests: the files of an artifact, and the digest that names them all.

Canonical JSON, sorted by path; the version's digest is the SHA-256 of it. Paths that could not be written
back the same on every system are refused, not repaired.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from msgspec.json import Decoder

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import Count, LogValue, Sha256, decode_canonical, encode_canonical
from modelkeep.domain.text import caseless, pattern, printable
from modelkeep.errors import Damaged, UsageError

#: How an artifact was registered: as one file under its name, or as a tree of files.
Form: TypeAlias = Literal["file", "tree"]

_CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f]")
_WINDOWS = pattern(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL
)
#: What an address may not have: a query, a fragment, userinfo (they may hold a secret), a control character.
_NOT_IN_URI = pattern(r"[?#\x00-\x1f\x7f-\x9f]|^[^/]*//[^/]*@")
#: The largest whole number that a column of the database holds.
_LARGEST_SUM = 2**63 - 1
#: The largest manifest in bytes: some 500,000 files. The database keeps no value above 64 MiB.
LARGEST_MANIFEST = 62 * 1024 * 1024
_LONGEST_SEGMENT_BYTES, _LONGEST_PATH_BYTES = 255, 1024
_SHOWN = 300
_HINT = "rename the file, or leave it out with --exclude"


class ManifestFile(LogValue, frozen=True):
    """One file: ``sha256:`` and hex of its bytes, its path with ``/``, its size in bytes, its executable bit."""

    digest: Sha256
    path: str
    size: Count
    executable: bool = False


class Manifest(LogValue, frozen=True, tag_field="format", tag="modelkeep manifest 1"):
    """The files of one artifact, sorted by the code points of their paths; never none."""

    files: tuple[ManifestFile, ...] = ()

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
        """Return the manifest that these canonical bytes are; anything else raises ``Damaged``."""
        return _parsed(data)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return encode_canonical(self)

    @property
    def digest(self) -> str:
        """The digest of the version: ``sha256:`` and hex."""
        return digest_of(self.to_bytes())

    @property
    def size_bytes(self) -> int:
        """The sizes of all files together."""
        return sum(file.size for file in self.files)

    def blobs(self) -> Iterator[tuple[str, str, int]]:
        """Yield path, digest and size of each file."""
        return ((file.path, file.digest, file.size) for file in self.files)


class PointerFile(LogValue, frozen=True):
    """One file that lives elsewhere: its path and its size in bytes."""

    path: str
    size: Count


class Pointer(LogValue, frozen=True, tag_field="format", tag="modelkeep pointer 1"):
    """A version whose bytes live elsewhere and are not vouched for: where, without userinfo, query and fragment."""

    uri: str
    files: tuple[PointerFile, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The sizes of all files together, as the other system gave them."""
        return sum(file.size for file in self.files)

    def blobs(self) -> Iterator[tuple[str, str, int]]:
        """Yield nothing: no byte of it is in the store."""
        return iter(())


def parse_artifact(form: str, data: bytes) -> Manifest | Pointer:
    """Parse the document of a version, a manifest or by its ``form`` a pointer; anything else raises ``Damaged``."""
    if form != "pointer":
        return Manifest.from_bytes(data)
    pointer = decode_canonical(data, _POINTER, "pointer")
    if _NOT_IN_URI.search(pointer.uri):
        message = f"pointer: not an address without userinfo, query and fragment: {printable(pointer.uri)[:_SHOWN]}"
        raise Damaged(message)
    if pointer.files:  # the other system may not have told them
        _check_parsed("pointer", pointer.files)
    return pointer


def check_path(path: str) -> str:
    """Return a path inside an artifact, relative and with ``/``, or raise ``UsageError``.

    Refused is a path that is empty, absolute or no UTF-8, has a name that is ``.``, ``..`` or empty, a backslash or
    a control character, is longer than 255 bytes a name or 1024 in all, or has a name that is reserved on
    Windows or ends in a dot or space. Any Unicode form is kept as it is.
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
    if "\\" in path:
        return "it has a backslash in it, which separates names on Windows"
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


def _check(files: Sequence[ManifestFile] | Sequence[PointerFile]) -> None:
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
    place = caseless(path)
    if place in places:
        message = f"'{printable(places[place])}' and '{printable(shown)}' are one path where case or Unicode form do not count"
        raise UsageError(message, _HINT)
    places[place] = shown


_MANIFEST = Decoder(Manifest)
_POINTER = Decoder(Pointer)


@functools.lru_cache(maxsize=1)
def _parsed(data: bytes) -> Manifest:
    """Read a manifest; the result is cached, for a command asks for it several times in a row."""
    manifest = decode_canonical(data, _MANIFEST, "manifest")
    _check_parsed("manifest", manifest.files)
    return manifest


def _check_parsed(what: str, files: Sequence[ManifestFile] | Sequence[PointerFile]) -> None:
    """Raise ``Damaged`` for files of a document that are not as `Manifest.of` makes them: order, paths, sizes."""
    if any(before >= after for before, after in pairwise([file.path for file in files])):
        message = f"{what}: its paths are not sorted, or one stands in it twice"
        raise Damaged(message)
    if sum(file.size for file in files) > _LARGEST_SUM:
        message = f"{what}: its files together have more than {_LARGEST_SUM} bytes"
        raise Damaged(message)
    try:
        _check(files)
    except UsageError as error:
        message = f"{what}: {error.message}"
        raise Damaged(message) from error
