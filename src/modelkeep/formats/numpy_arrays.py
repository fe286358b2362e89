"""NumPy: an array behind a header that describes it (``.npy``), and archives of such (``.npz``).

https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. An array of Python objects is a pickle, and is
judged as one.
"""

from __future__ import annotations

import ast
import math
import re
from typing import NamedTuple

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.byte_sources import ByteSource, FileSource
from modelkeep.formats.findings import dtypes, facts, few, problems, tensor
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget
from modelkeep.formats.pickle_scan import Findings, Scan
from modelkeep.formats.ranges import Ranges
from modelkeep.formats.zip_files import ZipArchive

MAGIC = b"\x93NUMPY"
#: NumPy itself reads no longer header, since parsing one may crash Python.
_LONGEST_HEADER, _LONGEST_TYPE = 10_000, 200
_MOST_ARRAYS, _MOST_DIMENSIONS = 20_000, 64
_SIMPLE = re.compile(r"[<>|=]?([?biufcSaUVmM])(\d{0,9})(?:\[.{1,20}\])?")
_BYTES_OF = {"U": 4, "?": 1}


class _Array(NamedTuple):
    """What a header says; ``itemsize`` is None where the type is made of several."""

    version: int
    header_bytes: int
    dtype: str
    shape: tuple[int, ...]
    itemsize: int | None
    objects: bool


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the type and the shape of an array."""
    source = Ranges(file, budget)
    array = _header(source.read(0, min(file.size, _LONGEST_HEADER + 12)))
    pickled = Findings()
    if array.objects:
        Scan(pickled, budget).follow_all(FileSource(file, budget, array.header_bytes))
    return _found(file.path, "npy", {"array": (array, file.size)}, pickled)


def inspect_archive(file: ModelFile, archive: ZipArchive, budget: Budget) -> FoundInFile:
    """Return the arrays of an archive by name."""
    if len(archive.entries) > _MOST_ARRAYS:
        message = f"was not read: it has {len(archive.entries)} arrays"
        raise OverBudget(message)
    arrays, pickled = {}, Findings()
    for entry in archive.entries:
        budget.check()
        name = entry.name.removesuffix(".npy")
        try:
            array = _header(archive.head(entry.name, _LONGEST_HEADER + 12))
            if array.objects:
                source = ByteSource(archive.chunks(entry.name), budget)
                source.skip(array.header_bytes)
                Scan(pickled, budget).follow_all(source)
            arrays[name] = array, entry.size
        except Malformed as error:
            message = f"has an array {name!r} that {error}"
            raise Malformed(message) from error
    return _found(file.path, "npz", arrays, pickled)


def _found(path: str, form: str, arrays: dict[str, tuple[_Array, int]], pickled: Findings) -> FoundInFile:
    """Return what is known of the arrays; ``pickled`` is what those of objects hold."""
    versions = {array.version for array, _ in arrays.values()}
    objects = [
        f"{_named(name, form)} holds Python objects, which NumPy unpickles with allow_pickle"
        for name, (array, _) in arrays.items()
        if array.objects
    ]
    broken = [text for name, (array, size) in arrays.items() for text in _wrong_size(_named(name, form), array, size)]
    inspection = FileInspection(
        path=path,
        format=form,
        facts=facts(
            format_version=", ".join(map(str, sorted(versions))),
            tensors=len(arrays),
            parameters=sum(math.prod(array.shape) for array, _ in arrays.values()),
            dtypes=dtypes(array.dtype for array, _ in arrays.values()),
        ),
        tensors=few(tensor(name, array.dtype, array.shape) for name, (array, _) in arrays.items()),
        globals=pickled.global_names,
        problems=(*pickled.problems, *problems("note", objects), *problems("invalid", broken)),
    )
    return FoundInFile(inspection)


def _named(name: str, form: str) -> str:
    return "it" if form == "npy" else f"its array {name!r}"


def _wrong_size(name: str, array: _Array, size: int) -> list[str]:
    if array.objects or array.itemsize is None:
        return []
    expected = math.prod(array.shape) * array.itemsize
    found = size - array.header_bytes
    return [] if found == expected else [f"{name} has {found} bytes of numbers, not the {expected} of its shape"]


def _header(head: bytes) -> _Array:
    if not head.startswith(MAGIC) or len(head) < 12:
        message = "does not begin as an array of NumPy"
        raise Malformed(message)
    version, width = head[6], 2 if head[6] == 1 else 4
    if version not in {1, 2, 3}:
        message = f"is of the version {version}, which is not known"
        raise Malformed(message)
    length = int.from_bytes(head[8 : 8 + width], "little")
    begin = 8 + width
    if length > _LONGEST_HEADER or begin + length > len(head):
        message = f"says that its header has {length} bytes"
        raise Malformed(message)
    fields = _literal(head[begin : begin + length].decode("utf-8" if version == 3 else "latin-1", "replace"))
    shape = fields["shape"]
    if (
        not isinstance(shape, tuple)
        or len(shape) > _MOST_DIMENSIONS
        or not all(type(size) is int and 0 <= size < 1 << 63 for size in shape)
    ):
        message = "has a shape that is none"
        raise Malformed(message)
    dtype, itemsize, objects = _dtype(fields["descr"])
    return _Array(version, begin + length, dtype, shape, itemsize, objects)


def _literal(text: str) -> dict[str, object]:
    """Return the header, a literal of Python."""
    try:
        fields = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        message = "has a header that is no dictionary"
        raise Malformed(message) from error
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        message = "has a header without type, order and shape"
        raise Malformed(message)
    return fields


def _dtype(descr: object) -> tuple[str, int | None, bool]:
    """Return a type as text, its bytes where it is a simple one, and whether there are objects in it."""
    if isinstance(descr, str):
        found = _SIMPLE.fullmatch(descr)
        if found is None:
            return descr[:_LONGEST_TYPE], None, "O" in descr
        size = int(found[2]) if found[2] else 1
        return descr, size * _BYTES_OF.get(found[1], 1), False
    return str(descr)[:_LONGEST_TYPE], None, any("O" in text for text in _texts(descr))


def _texts(descr: object) -> list[str]:
    """Return the types in a type that is made of several: fields of name, type and shape, each of which may be such a type."""
    rest, found = [descr], []
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            rest += [each[1] if isinstance(each, tuple) and len(each) >= 2 else each for each in value]
        elif isinstance(value, tuple):
            rest += value
    return found
