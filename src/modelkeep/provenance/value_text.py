"""One value of Python or of a file as the text that is kept: exact, on one line, without addresses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any

from modelkeep.domain.patterns import pattern

_LONGEST_REPR = 1_000
_LONGEST_LIST = 1_000
_LARGEST_BITS = 4_096  # Python refuses to write more than 4,300 digits
_ARRAYS = frozenset({"numpy", "torch", "jax", "jaxlib", "tensorflow"})
_WRITTEN_PLAINLY = frozenset({"decimal", "_decimal", "fractions", "uuid", "datetime"})
_ADDRESS = pattern(r" at 0x[0-9A-Fa-f]+")


class Number(str):
    """A number as it stood in a file or as its library writes it."""

    __slots__ = ()


def plain(value: object) -> object:
    """Return arrays as lists of their rows and their scalars as plain values.

    Told by where the type comes from, so that nothing heavy is imported. numpy writes its own
    numbers (``float32(0.1)`` is ``0.1``); elsewhere ``item()`` is a Python number.
    """
    family = type(value).__module__.partition(".")[0]
    if family not in _ARRAYS:
        return value
    array: Any = value
    shape = getattr(array, "shape", None)
    if shape == ():
        item: object = array.item()
        return (
            Number(array)
            if family == "numpy" and isinstance(item, (int, float)) and not isinstance(item, bool)
            else item
        )
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
    value = plain(value)
    text = as_text(value)
    bare = value is None or isinstance(value, (Number, bool, int, float))
    return text if bare else json.dumps(text, ensure_ascii=False)


def _scalar(value: object) -> str | None:
    """Return the text of a plain value, None if it is not one."""
    text: str | None = None
    match value:
        case None:
            text = "null"
        case bool():
            text = "true" if value else "false"
        case Enum():
            text = as_text(value.value)
        case str():
            text = str.__str__(value)
        case float():
            text = float.__repr__(value)
        case int():
            text = int.__repr__(value) if value.bit_length() < _LARGEST_BITS else hex(value)
        case date() | time():
            text = value.isoformat()
        case os.PathLike():
            text = os.fsdecode(value)
        case _ if type(value).__module__ in _WRITTEN_PLAINLY:
            text = str(value)
    return text


def _described(value: object) -> str:
    """Return an object in one line that is the same in the next process."""
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        text = f"{value.__module__}.{value.__qualname__}"
    else:
        try:
            text = repr(value)
        except Exception:  # noqa: BLE001  somebody else's code; a value never fails a registration
            text = f"<{type(value).__qualname__}>"
    text = " ".join(_ADDRESS.sub("", text).split())
    text = text.encode(errors="replace").decode().replace("\0", " ")
    return text if len(text) <= _LONGEST_REPR else text[: _LONGEST_REPR - 3] + "..."
