"""Which reader a file is for: one table, so that a reader is imported only where a file asks for it.

What a file begins with decides first, where that is certain; then its name; then a guess from its first bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType

from msgspec import Struct


class FileFormat(Struct, frozen=True):
    """A format of one file: ``reader`` is a module beside this one, ``magic`` bytes that no file of another format begins with.

    ``guess`` judges a file by its first 4 KiB and its size where neither magic bytes nor its name say what it is.
    """

    name: str
    reader: str
    magic: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()
    guess: Callable[[bytes, int], bool] | None = None

    def load(self) -> ModuleType:
        """Return the reader, a `FileReader`."""
        return import_module(f"modelkeep.formats.{self.reader}")


class TreeFormat(Struct, frozen=True):
    """A format that is several files: its reader is asked where a file bears one of these names."""

    name: str
    reader: str
    files: tuple[str, ...]

    def load(self) -> ModuleType:
        """Return the reader, a `TreeReader`."""
        return import_module(f"modelkeep.formats.{self.reader}")


def _is_safetensors(head: bytes, size: int) -> bool:
    return head[8:10] == b'{"' and 8 + int.from_bytes(head[:8], "little") <= size


#: In the order in which they are tried.
FILE_FORMATS = (
    FileFormat("gguf", "gguf", magic=(b"GGUF",), suffixes=(".gguf",)),
    FileFormat("onnx", "onnx", suffixes=(".onnx",)),
    FileFormat("safetensors", "safetensors", suffixes=(".safetensors",), guess=_is_safetensors),
)

#: In the order in which they are tried: the first that knows the files counts.
TREE_FORMATS: tuple[TreeFormat, ...] = ()


def format_of(path: str, head: bytes, size: int) -> FileFormat | None:
    """Return the format of a file by its first bytes and its name, None where it is of no known one."""
    name = path.rpartition("/")[2].lower()
    for each in FILE_FORMATS:
        if each.magic and head.startswith(each.magic):
            return each
    for each in FILE_FORMATS:
        if each.suffixes and name.endswith(each.suffixes):
            return each
    return next((each for each in FILE_FORMATS if each.guess is not None and each.guess(head, size)), None)


def tree_formats(paths: Iterable[str]) -> tuple[TreeFormat, ...]:
    """Return the formats of directories that the names of these files speak for."""
    names = {path.rpartition("/")[2] for path in paths}
    return tuple(each for each in TREE_FORMATS if not names.isdisjoint(each.files))
