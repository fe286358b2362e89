"""The tree of an HDF5 file: its groups, the type and shape of each dataset, and attributes that are texts.

https://docs.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, chapters II and III. Groups are read whose links stand in
the file as a list, of the old kind and the new. Numbers are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modelkeep.formats.hdf5_objects import (
    ATTRIBUTE,
    ATTRIBUTE_INFO,
    DATASPACE,
    DATATYPE,
    EXTERNAL_FILES,
    LINK,
    LINK_INFO,
    NOWHERE,
    SHARED,
    SYMBOL_TABLE,
    Message,
    Objects,
    Type,
)
from modelkeep.formats.interface import Malformed, OverBudget
from modelkeep.formats.ranges import Ranges

MAGIC = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)
_MOST_OBJECTS, _LONGEST_PATH, _MOST_TOLD = 50_000, 1000, 50
_SOFT, _EXTERNAL = 1, 64


class Dataset(NamedTuple):
    """A dataset by its path, the type of its numbers and its shape."""

    path: str
    dtype: str
    shape: tuple[int, ...]


class Tree(NamedTuple):
    """What is in a file; ``outside`` tells of links and datasets that lead to other files, ``unread`` what was left out."""

    version: int
    datasets: list[Dataset]
    attributes: dict[str, str]
    outside: list[str]
    unread: list[str]


def read_tree(source: Ranges) -> Tree:
    """Return what is in a file; ``attributes`` are the texts of its first group. Raises `Malformed`, `OverBudget`."""
    return _Reader(source).tree()


class _Reader:
    def __init__(self, source: Ranges) -> None:
        self.source = source
        base = next((at for at in _PLACES if at + 9 <= source.size and source.read(at, 8) == MAGIC), None)
        if base is None:
            message = "does not begin as HDF5"
            raise Malformed(message)
        self.base = base
        self.seen: set[int] = set()
        self.objects = Objects(source, base)
        self.found = Tree(source.read(base + 8, 1)[0], [], {}, [], [])

    def tree(self) -> Tree:
        """Walk through all groups, in the order in which the file lists them."""
        version = self.found.version
        if version > 3:
            message = f"was not read: it is of the version {version} of HDF5, which is not known"
            raise OverBudget(message)
        widths, root = (13, 64 + 4 * version) if version < 2 else (9, 36)
        if self.source.read(self.base + widths, 2) != b"\x08\x08":
            message = "was not read: its addresses are not of eight bytes"
            raise OverBudget(message)
        end = self.source.number("<Q", self.base + (root - 24 if version < 2 else root - 8))
        if self.base + end > self.source.size:
            message = f"ends at byte {self.source.size}, and says that it has {end} bytes"
            raise Malformed(message)
        rest = [("", self.objects.address(self.base + root))]
        while rest:
            path, at = rest.pop()
            if at in self.seen:
                continue
            self.seen.add(at)
            rest += reversed(list(self._object(path, at)))
            if len(rest) + len(self.seen) > _MOST_OBJECTS:
                message = "was not read to its end: it has very many groups"
                raise OverBudget(message)
        return self.found

    def _object(self, path: str, at: int) -> Iterator[tuple[str, int]]:
        """Keep what an object is, and yield what it links to by path."""
        dtype: Type | None = None
        shape: tuple[int, ...] | None = None
        texts: dict[str, str] = {}
        for message in self.objects.messages(at):
            if message.flags & SHARED and message.kind in {DATATYPE, DATASPACE, ATTRIBUTE}:
                _tell(self.found.unread, f"{path or '/'!r} shares its type with others")
            elif message.kind == DATASPACE:
                shape = self.objects.shape(message.at)
            elif message.kind == DATATYPE:
                dtype = self.objects.dtype(message.at)
            elif message.kind == ATTRIBUTE:
                name, text, read = self.objects.attribute(message.at)
                if not read:
                    _tell(self.found.unread, f"the attribute {name!r} of {path or '/'!r} shares its type with others")
                elif text is not None:
                    texts[name] = text
            elif message.kind == EXTERNAL_FILES:
                _tell(self.found.outside, f"its dataset {path!r} has its numbers in another file")
            else:
                yield from self._links(path, message)
        if not path:
            self.found.attributes.update(texts)
        if dtype is not None and shape is not None:
            self.found.datasets.append(Dataset(path, texts.get("dtype", dtype.name), shape))

    def _links(self, path: str, message: Message) -> Iterator[tuple[str, int]]:
        """Yield what a message of a group links to."""
        if message.kind == SYMBOL_TABLE:
            tree, heap = self.objects.address(message.at), self.objects.address(message.at + 8)
            for name, child in self._symbols(tree, self.objects.address(heap + 24)):
                yield self._joined(path, name), child
        elif message.kind == LINK:
            yield from self._link(path, message.at)
        elif message.kind in {LINK_INFO, ATTRIBUTE_INFO}:
            self._info(path, message)

    def _symbols(self, at: int, names: int) -> Iterator[tuple[str, int]]:
        """Yield the entries of an old group by name: a B-tree of pages, with the names in a heap."""
        rest = [at]
        while rest:
            at = rest.pop()
            if at in self.seen:
                message = f"lists a group twice, at byte {at}"
                raise Malformed(message)
            self.seen.add(at)
            mark = self.source.read(at, 8)
            if mark.startswith(b"TREE"):
                count = self.source.number("<H", at + 6)
                rest += [self.objects.address(at + 32 + 16 * i) for i in reversed(range(count))]
            elif mark.startswith(b"SNOD"):
                for entry in range(at + 8, at + 8 + 40 * self.source.number("<H", at + 6), 40):
                    self.objects.step()
                    name = self.objects.name(names + self.source.number("<Q", entry))
                    if self.source.number("<I", entry + 16) != 2:  # a soft link leads to what stands elsewhere too
                        yield name, self.objects.address(entry + 8)
            else:
                message = f"has no list of a group at byte {at}"
                raise Malformed(message)

    @staticmethod
    def _joined(path: str, name: str) -> str:
        if len(path) + len(name) >= _LONGEST_PATH:
            message = "has a path of more than a thousand letters"
            raise Malformed(message)
        return f"{path}/{name}" if path else name

    def _link(self, path: str, at: int) -> Iterator[tuple[str, int]]:
        flags = self.source.read(at + 1, 1)[0]
        at += 2
        kind = 0
        if flags & 0x08:
            kind, at = self.source.read(at, 1)[0], at + 1
        at += (8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(self.source.read(at, width), "little")
        if length > _LONGEST_PATH:
            message = f"has a name of {length} bytes"
            raise Malformed(message)
        name = self._joined(path, self.source.read(at + width, length).decode("utf-8", "replace"))
        if kind == 0:
            yield name, self.objects.address(at + width + length)
        elif kind == _EXTERNAL:
            _tell(self.found.outside, f"its link {name!r} leads to another file")
        elif kind != _SOFT:
            _tell(self.found.unread, f"its link {name!r} is of a kind that is not known")

    def _info(self, path: str, message: Message) -> None:
        """Tell of links and attributes that are kept in a heap, which is not read."""
        flags = self.source.read(message.at + 1, 1)[0]
        width = 8 if message.kind == LINK_INFO else 2
        if self.objects.address(message.at + 2 + (width if flags & 1 else 0)) != NOWHERE:
            what = "links" if message.kind == LINK_INFO else "attributes"
            _tell(self.found.unread, f"the {what} of {path or '/'!r} are not read")


def _tell(where: list[str], text: str) -> None:
    if len(where) < _MOST_TOLD:
        where.append(text)
