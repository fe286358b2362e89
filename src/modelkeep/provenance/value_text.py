"""The text that is kept of one value: exact, the same in the next process, without addresses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any

from modelkeep.domain.text import pattern, printable

_LONGEST_REPR = 1_000
_LONGEST_LIST = 1_000
_LARGEST_BITS = 4_096  # Python refuses to write more than 4,300 digits
_ARRAYS = frozenset({"numpy", "torch", "jax", "jaxlib", "tensorflow"})
_PLAIN_STR = frozenset({"decimal", "_decimal", "fractions", "uuid", "datetime"})
_ADDRESS = pattern(r" at 0x[0-9A-Fa-f]+")
_LONGEST_SHOWN = 60


class Number(str):
    """The text of a number as it stood in a file, or as its library writes it."""

    __slots__ = ()


def unwrap(value: object) -> object:
    """Return an array as the list of its rows and a scalar of an array library as a plain value.

    The library is known by the module of the type, so that nothing heavy is imported. numpy writes its
    own numbers (``float32(0.1)`` is ``0.1``); of the others ``item()`` is a Python number.
    """
    family = type(value).__module__.partition(".")[0]
    if family not in _ARRAYS:
        return value
    array: Any = value
    shape = getattr(array, "shape", None)
    if shape == ():
        item: object = array.item()
        is_number = isinstance(item, (int, float)) and not isinstance(item, bool)
        return Number(array) if family == "numpy" and is_number else item
    if isinstance(shape, tuple) and shape and shape[0] <= _LONGEST_LIST:
        return list(array)
    return value


def as_text(value: object) -> str:
    """Return one plain value as the text that is kept."""
    text = _scalar(value)
    if text is not None:
        return text
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_item(item) for item in value) + "]"
    if isinstance(value, (set, frozenset)):
        return "[" + ", ".join(sorted(_item(item) for item in value)) + "]"
    if isinstance(value, Mapping) and not value:
        return "{}"
    return _described(value)


def _item(value: object) -> str:
    """Return an element of a list as JSON has it: text in quotes, so that 1 and "1" differ."""
    if type(value) is Number:  # nearly all elements of a long list in a file
        return value
    value = unwrap(value)
    text = as_text(value)
    bare = value is None or isinstance(value, (Number, bool, int, float))
    return text if bare else json.dumps(text, ensure_ascii=False)


def _scalar(value: object) -> str | None:  # noqa: PLR0911  one line a type
    """Return the text of a plain value, None if it is not one."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Enum():
            return as_text(value.value)
        case str():
            return str.__str__(value)
        case float():
            return float.__repr__(value)
        case int():
            return int.__repr__(value) if value.bit_length() < _LARGEST_BITS else hex(value)
        case date() | time():
            return value.isoformat()
        case os.PathLike():
            return os.fsdecode(value)
        case _:
            return str(value) if type(value).__module__ in _PLAIN_STR else None


def _described(value: object) -> str:
    """Return a description of an object in one line that is the same in the next process."""
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        text = f"{value.__module__}.{value.__qualname__}"
    else:
        try:
            text = repr(value)
        except Exception:  # noqa: BLE001  a library's code; a value never fails a registration
            text = f"<{type(value).__qualname__}>"
    text = " ".join(_ADDRESS.sub("", text).split())
    text = text.encode(errors="replace").decode().replace("\0", " ")
    return text if len(text) <= _LONGEST_REPR else text[: _LONGEST_REPR - 3] + "..."


def shorten(text: str) -> str:
    """Return the beginning of a text for a message."""
    text = printable(text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
