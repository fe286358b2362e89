"""safetensors: eight bytes of length, a JSON header, then the tensors one after the other.

The rules are those of https://github.com/huggingface/safetensors: the header is UTF-8 JSON that begins with ``{``, at most
100 MB long, and says nothing twice; the tensors fill the rest of the file without a gap or an overlap.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from modelkeep.domain.known_documents import FileInspection
from modelkeep.formats.findings import dtypes, facts, few, numbered, problems, tensor
from modelkeep.formats.interface import Budget, FoundInFile, Malformed, ModelFile, OverBudget

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000
#: What is read of it: keys are counted by their colons before anything is kept in memory.
_MOST_HEADER, _MOST_COLONS = 16 << 20, 500_000
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip

_T = TypeVar("_T")
_Size = Annotated[int, Meta(ge=0, le=1 << 62)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    dtype: str
    shape: Annotated[list[_Size], Meta(max_length=64)]
    data_offsets: tuple[_Size, _Size]


_HEADER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENTRY = msgspec.json.Decoder(_Entry)
_METADATA = msgspec.json.Decoder(dict[str, str] | None)


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the tensors, how many parameters they have, and the metadata."""
    data = _header_bytes(file)
    header = _parse(data, "header", _HEADER)
    metadata = _parse(header.pop("__metadata__", msgspec.Raw(b"null")), "metadata", _METADATA) or {}
    tensors = {}
    for name, value in header.items():
        budget.check()
        tensors[name] = _parse(value, f"tensor {name!r}", _ENTRY)
    size = file.size - _LENGTH_BYTES - len(data)
    inspection = FileInspection(
        path=file.path,
        format="safetensors",
        facts=(
            *facts(
                tensors=len(tensors),
                parameters=sum(math.prod(each.shape) for each in tensors.values()),
                dtypes=dtypes(each.dtype for each in tensors.values()),
            ),
            *numbered("metadata", (f"{key}={value}" for key, value in metadata.items())),
        ),
        tensors=few(tensor(name, each.dtype, each.shape) for name, each in tensors.items()),
        problems=problems("invalid", (*_repeated(data), *_misplaced(tensors, size))),
    )
    return FoundInFile(inspection)


def _header_bytes(file: ModelFile) -> bytes:
    start = file.read(0, _LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    if len(start) < _LENGTH_BYTES:
        message = f"has {len(start)} bytes, fewer than the length of a header"
        raise Malformed(message)
    if _LENGTH_BYTES + length > file.size:
        message = f"says that its header has {length} bytes, and the file ends before"
        raise Malformed(message)
    if length > _LONGEST_HEADER:
        message = f"has a header of {length} bytes, and {_LONGEST_HEADER} are allowed"
        raise Malformed(message)
    if length > _MOST_HEADER:
        message = f"was not read: its header has {length} bytes"
        raise OverBudget(message)
    data = file.read(_LENGTH_BYTES, length)
    if not data.startswith(b"{"):
        message = "has a header that is no JSON object"
        raise Malformed(message)
    if data.count(b":") > _MOST_COLONS:
        message = "was not read: its header has very many keys"
        raise OverBudget(message)
    return data


def _parse(data: bytes | msgspec.Raw, what: str, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"has a malformed {what}: {error}"
        raise Malformed(message) from error


def _repeated(data: bytes) -> list[str]:
    """Return the keys that stand twice in the header: readers do not agree on which of them counts."""
    found = []

    def keep(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.append(f"its header names {name!r} twice")
            seen.add(name)

    json.loads(data, object_pairs_hook=keep)
    return found


def _misplaced(tensors: dict[str, _Entry], size: int) -> Iterator[str]:
    """Yield what breaks the rules: the size of each tensor, gaps and overlaps."""
    end = 0
    for name, each in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        begin, stop = each.data_offsets
        bits = _BITS.get(each.dtype)
        if bits is None:
            yield f"the tensor {name!r} is of an unknown type {each.dtype!r}"
        elif math.prod(each.shape) * bits != (stop - begin) * 8:
            yield f"the tensor {name!r} has {stop - begin} bytes, not those of its shape"
        if begin != end:
            yield f"the tensor {name!r} begins at byte {begin}, not where the one before it ends"
        end = stop
    if end != size:
        yield f"the tensors have {end} bytes and the file {size}"
