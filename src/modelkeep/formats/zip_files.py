"""Zip archives: the list of their entries, and the bytes of one, read in ranges, whatever the archive says of itself.

The standard library reads them. This module bounds it: how long the list may be, how much of an entry is unpacked, and
which compressions are read (stored and deflated: the others unpack without a bound).
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from modelkeep.formats.findings import problems
from modelkeep.formats.interface import LARGEST_READ, Budget, Malformed, ModelFile, OverBudget

MAGIC = b"PK\x03\x04"
_LARGEST_DIRECTORY = 4 << 20
_BLOCK = 64 << 10
_LOCAL_HEADER_BYTES = 30
_DEFLATE_RATIO = 1040  # deflate packs at most 1,032 bytes in one
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
#: What `zipfile` says of a file without the list of entries that ends an archive, and what that means.
_NO_ZIP, _NO_LIST = "File is not a zip file", "it has no list of entries at its end, as where it was cut off"


class ZipEntry(Struct, frozen=True):
    """An entry as the archive's list describes it; sizes in bytes."""

    name: str
    size: int
    packed_size: int
    offset: int
    stored: bool


class ZipArchive:
    """An archive of which nothing is trusted; ``problems`` are the rules that its list breaks."""

    def __init__(self, file: ModelFile, budget: Budget) -> None:
        """Read the list of entries. Raises `Malformed` where there is none that can be read."""
        self._file = file
        self._budget = budget
        with _malformed():
            self._zip = zipfile.ZipFile(_Ranges(file, budget))
        if not all(info.filename for info in self._zip.infolist()):
            message = "is a broken zip archive: it has an entry without a name"
            raise Malformed(message)
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        self._infos = {info.filename: info for info in infos}  # of two of one name the last, as Python reads them
        self.entries = tuple(_entry(info) for info in infos)
        self.problems = problems("invalid", (f"the archive {text}" for text in _problems(infos, file.size)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the entries in the order of the list; a name may stand in it twice."""
        return tuple(entry.name for entry in self.entries)

    def chunks(self, name: str, size: int = _BLOCK) -> Iterator[bytes]:
        """Yield the bytes of an entry piece by piece. Raises `Malformed`, at the end where the checksum is wrong."""
        info = self._infos.get(name)
        if info is None:
            message = f"has no entry {name!r}"
            raise Malformed(message)
        if info.compress_type not in _READ:
            message = f"has an entry {name!r} of the compression {info.compress_type}, which is not read"
            raise Malformed(message)
        with _malformed(), self._zip.open(info) as entry:
            while piece := entry.read(size):
                self._budget.check()
                yield piece

    def head(self, name: str, length: int) -> bytes:
        """Return the first bytes of an entry."""
        found = b""
        for piece in self.chunks(name, min(length, _BLOCK)):
            found += piece
            if len(found) >= length:
                break
        return found[:length]

    def read(self, name: str, most: int = LARGEST_READ) -> bytes:
        """Return an entry as a whole. Raises `Malformed` where it is longer than ``most``."""
        info = self._infos.get(name)
        if info is not None and info.file_size > most:
            message = f"has an entry {name!r} of {info.file_size} bytes, which is too long to read"
            raise Malformed(message)
        return b"".join(self.chunks(name))

    def is_stored(self, name: str) -> bool:
        """Tell whether an entry is a range of the archive as it is."""
        info = self._infos[name]
        return info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & _ENCRYPTED

    def member(self, name: str) -> ModelFile:
        """Return an entry as a file of its own, a range of the archive. Raises `OverBudget` where it is packed."""
        info = self._infos[name]
        if not self.is_stored(name):
            message = f"has an entry {name!r} that is packed, and is not read"
            raise OverBudget(message)
        head = self._file.read(info.header_offset, _LOCAL_HEADER_BYTES)
        if len(head) < _LOCAL_HEADER_BYTES:
            message = f"has an entry {name!r} that ends after the file"
            raise Malformed(message)
        start = info.header_offset + len(head) + sum(struct.unpack_from("<HH", head, 26))
        return Part(self._file, name, start, max(0, min(info.file_size, self._file.size - start)))


class Part:
    """A range of a file as a file of its own."""

    def __init__(self, file: ModelFile, path: str, start: int, size: int) -> None:
        self.path, self.size = path, size
        self._file, self._start = file, start

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of a range of it."""
        return self._file.read(self._start + start, max(0, min(length, self.size - start)))


class _Ranges:
    """A file as `zipfile` wants it, over a `ModelFile`; it keeps the block that was read last."""

    def __init__(self, file: ModelFile, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._at = 0
        self._start, self._block = 0, b""

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte. Raises ``OSError`` without a number where the archive points before its beginning."""
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        if at < 0:
            message = "before the beginning"
            raise OSError(message)
        self._at = at
        return at

    def read(self, length: int = -1) -> bytes:
        """Return the next bytes. Raises `Malformed` where they are more than a list of entries may have."""
        self._budget.check()
        rest = max(0, self._file.size - self._at)
        length = rest if length < 0 else min(length, rest)
        if length > _LARGEST_DIRECTORY:
            message = f"has a list of entries of {length} bytes"
            raise Malformed(message)
        skipped = self._at - self._start
        if skipped < 0 or skipped + length > len(self._block):
            self._start, self._block = self._at, self._file.read(self._at, max(length, _BLOCK))
            skipped = 0
        found = self._block[skipped : skipped + length]
        self._at += len(found)
        return found


@contextmanager
def _malformed() -> Iterator[None]:
    """Turn what `zipfile` raises on bad archives into `Malformed`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, ValueError, OverflowError) as error:
        message = f"is a broken zip archive: {_NO_LIST if str(error) == _NO_ZIP else error}"
        raise Malformed(message) from error
    except OSError as error:
        if error.errno is not None:  # of the disk, not of the archive
            raise
        message = f"is a broken zip archive: it points {error}"
        raise Malformed(message) from error


def _entry(info: zipfile.ZipInfo) -> ZipEntry:
    return ZipEntry(
        name=info.filename,
        size=info.file_size,
        packed_size=info.compress_size,
        offset=info.header_offset,
        stored=info.compress_type == zipfile.ZIP_STORED,
    )


def _problems(infos: list[zipfile.ZipInfo], size: int) -> Iterator[str]:
    """Yield the rules that the list of entries breaks; what different readers would read differently comes first."""
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if name in seen:
            yield f"has two entries {name!r}"
        seen.add(name)
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            yield f"has an entry {name!r}, a path that leads out of it"
        if name != info.orig_filename:
            yield f"has an entry {info.orig_filename!r}, which some readers take for {name!r}"
        if info.flag_bits & _ENCRYPTED:
            yield f"has an encrypted entry {name!r}"
        if info.file_size > max(info.compress_size, 1) * _DEFLATE_RATIO:
            yield f"has an entry {name!r} of {info.compress_size} bytes that unpacks to {info.file_size}"
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            yield f"has an entry {info.filename!r} that overlaps the one before it"
        elif end == 0 and info.header_offset:
            yield f"begins at byte {info.header_offset}, after bytes of something else"
        end = max(end, info.header_offset + _LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size)
    if end > size:
        yield "has an entry that ends after the file"
