"""The arrays of joblib, whose bytes stand in the file behind the instruction that makes them."""

from __future__ import annotations

import math
import re

from modelkeep.formats.byte_sources import ByteSource
from modelkeep.formats.pickle_values import Node, Value

_TYPE = re.compile(r"([biufcmMSUV])(\d{1,9})")
_BYTES_OF_CHARACTER = {"U": 4}
_HAS_OBJECTS = 1  # NPY_ITEM_HASOBJECT
_LARGEST = 1 << 60
#: Where the size and the flags stand in what `numpy.dtype.__reduce__` gives as state.
_SIZE, _FLAGS = 5, 7


class UnknownArray(Exception):
    """An array whose length cannot be told; the message completes "an array ..."."""


def is_array_in_file(node: Node) -> bool:
    """Tell whether joblib would read an array from the file now."""
    return node.is_call_of("NumpyArrayWrapper") and isinstance(node.state, Node)


def array_bytes(node: Node, source: ByteSource) -> int:
    """Return how many bytes the array has, once what aligns it has been read."""
    size, count = _item_size(_field(node, "dtype")), _count(_field(node, "shape"))
    if size * count > _LARGEST:
        message = "of more bytes than a file can have"
        raise UnknownArray(message)
    if _field(node, "numpy_array_alignment_bytes") is not None:
        source.skip(source.byte())
    return size * count


def has_objects(node: Node) -> bool:
    """Tell whether a pickle stands there in place of numbers."""
    dtype = _field(node, "dtype")
    letter = _type(dtype)
    if letter.startswith("O"):
        return True
    state = dtype.state if isinstance(dtype, Node) else None
    if not letter.startswith("V") or not isinstance(state, tuple):
        return False
    flags = state[_FLAGS] if len(state) > _FLAGS else None
    if not isinstance(flags, int):
        return False
    return bool(flags & _HAS_OBJECTS)


def type_of(dtype: Value) -> str:
    """Return a dtype as NumPy writes it, with its byte order where that matters: ``<f8``; empty where it is not known."""
    text = _type(dtype)
    state = dtype.state if isinstance(dtype, Node) else None
    order = state[1] if isinstance(state, tuple) and len(state) > 1 and isinstance(state[1], str) else ""
    return f"{order}{text}" if order in {"<", ">"} else text


def _field(node: Node, name: str) -> Value:
    return node.state.get(name) if isinstance(node.state, Node) else None


def _type(dtype: Value) -> str:
    if not isinstance(dtype, Node) or not dtype.is_call_of("dtype") or not isinstance(dtype.args, tuple):
        return ""
    return dtype.args[0] if dtype.args and isinstance(dtype.args[0], str) else ""


def _item_size(dtype: Value) -> int:
    match = _TYPE.fullmatch(_type(dtype))
    if match is None:
        message = "of an unknown type"
        raise UnknownArray(message)
    letter, digits = match[1], int(match[2])
    state = dtype.state
    if letter in "SUV" and isinstance(state, tuple) and len(state) > _SIZE:
        size = state[_SIZE]
        if isinstance(size, int) and size >= 0:
            return size
        if size != -1:
            message = "of a type without a size"
            raise UnknownArray(message)
    if letter == "V" and not (isinstance(state, tuple) and len(state) > _FLAGS):
        message = "of a type that may hold objects"
        raise UnknownArray(message)
    return digits * _BYTES_OF_CHARACTER.get(letter, 1)


def _count(shape: Value) -> int:
    if not isinstance(shape, tuple) or not all(isinstance(each, int) and 0 <= each < _LARGEST for each in shape):
        message = "of an unknown shape"
        raise UnknownArray(message)
    return math.prod(shape)
