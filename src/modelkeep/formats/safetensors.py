"""safetensors: eight bytes of length, a JSON header, then the tensors one after the other.

The rules are those of https://github.com/huggingface/safetensors: the header is UTF-8 JSON that begins with ``{``, at most
100 MB long; the tensors fill the rest of the file without a gap or an overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from modelkeep.domain.known_documents import FileInspection, Problem, Tensor
from modelkeep.formats.interface import LARGEST_READ, Budget, FoundInFile, Malformed, ModelFile, clean

_LENGTH_BYTES = 8
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
_MOST_METADATA = 100


class _Entry(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def inspect(file: ModelFile, budget: Budget) -> FoundInFile:
    """Return the tensors, how many parameters they have, and the metadata."""
    start = file.read(0, _LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    if len(start) < _LENGTH_BYTES or _LENGTH_BYTES + length > file.size:
        message = f"says that its header has {length} bytes, and the file ends before"
        raise Malformed(message)
    if length > LARGEST_READ:
        message = f"has a header of {length} bytes"
        raise Malformed(message)
    header = _header(file.read(_LENGTH_BYTES, length))
    metadata = header.pop("__metadata__", {})
    tensors = {name: _entry(name, value) for name, value in header.items()}
    budget.check()
    problems = tuple(Problem("invalid", clean(text)) for text in _problems(tensors, file.size - _LENGTH_BYTES - length))
    count = sum(math.prod(each.shape) for each in tensors.values())
    facts = [("tensors", str(len(tensors))), ("parameters", str(count)), ("dtypes", _dtypes(tensors))]
    if isinstance(metadata, dict):
        facts += [
            (f"metadata.{i}", f"{key}={value}")
            for i, (key, value) in enumerate(list(metadata.items())[:_MOST_METADATA])
        ]
    inspection = FileInspection(
        path=file.path,
        format="safetensors",
        facts=tuple((name, clean(value)) for name, value in facts if value),
        tensors=tuple(
            Tensor(clean(name) or "?", clean(each.dtype) or "?", tuple(map(str, each.shape)))
            for name, each in tensors.items()
        ),
        problems=problems,
    )
    return FoundInFile(inspection)


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"has a header that is no JSON: {error}"
        raise Malformed(message) from error
    if not data.startswith(b"{") or not isinstance(header, dict):
        message = "has a header that is no JSON object"
        raise Malformed(message)
    return header


def _entry(name: str, value: object) -> _Entry:
    try:
        return msgspec.convert(value, _Entry)
    except msgspec.ValidationError as error:
        message = f"has a malformed tensor {name!r}: {error}"
        raise Malformed(message) from error


def _problems(tensors: dict[str, _Entry], size: int) -> Iterator[str]:
    """Yield what breaks the rules: the size of each tensor, gaps and overlaps."""
    end = 0
    for name, each in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        begin, stop = each.data_offsets
        bits = _BITS.get(each.dtype)
        if bits is None:
            yield f"the tensor {name!r} is of an unknown type {each.dtype!r}"
        elif any(size < 0 for size in each.shape) or math.prod(each.shape) * bits != (stop - begin) * 8:
            yield f"the tensor {name!r} has {stop - begin} bytes, not those of its shape"
        if begin != end:
            yield f"the tensor {name!r} begins at byte {begin}, not where the one before it ends"
        end = stop
    if end != size:
        yield f"the tensors have {end} bytes and the file {size}"


def _dtypes(tensors: dict[str, _Entry]) -> str:
    return ", ".join(dict.fromkeys(each.dtype for each in tensors.values()))
