"""The text of Python's values, and of what array and table libraries hold.

An object of a library is known by what it can do (``shape``, ``item()``, ``numpy()``, ``__array__``, ``to_dict()``,
``__index__``, ``__float__``), so that no library is imported. An array is kept whole or refused. The text of a value is
the same in the next process: it has no addresses in it.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from enum import Enum
from typing import Any

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

#: What params, metrics or tags may hold at most, all of one kind together.
MOST_CHARACTERS = 8 << 20
TO_THE_ARTIFACT = "put them in a file of the artifact"
_LARGEST_ARRAY = MOST_CHARACTERS // 3  # an element takes at least a digit, a comma and a space
_LONGEST_REPR = 1_000
_LARGEST_BITS = 4_096  # Python refuses to write more than 4,300 digits
_PLAIN_STR = frozenset({"decimal", "_decimal", "fractions", "uuid", "datetime"})
_ADDRESS = pattern(r" at 0x[0-9A-Fa-f]+")
_LONGEST_SHOWN = 60
_PLAIN = (str, int, float, bytes, list, tuple, dict, date, time, timedelta, Enum, type, type(None))
_TO_MAPPING = ("to_dict", "_asdict", "model_dump")  # pandas, polars and transformers; named tuples; pydantic
_TO_ARRAY = ("toarray", "numpy", "__array__")  # scipy's sparse arrays; TensorFlow; what numpy understands
_NAMESPACES = frozenset({("argparse", "Namespace"), ("types", "SimpleNamespace")})


class Number(str):
    """The text of a number as it stood in a file, or as its library writes it."""

    __slots__ = ()


def unwrap(value: Any) -> object:
    """Return the number, list of rows or mapping that an object holds; any other value as it is.

    numpy writes its own numbers (``float32(0.1)`` is ``0.1``); a scalar of another library is the Python number of
    ``item()``, or what ``numpy()`` or ``__array__`` returns. Raises ``UsageError`` for an array that is too large.
    """
    if isinstance(value, _PLAIN) and not hasattr(value, "_asdict"):
        return value
    shape = _shape(value)
    if shape == ():
        return _of_scalar(value)
    if shape is not None:
        _require_small(shape)
    if (mapping := _as_mapping(value)) is not None:
        return mapping
    if shape is not None:
        return _rows(value, shape)
    if isinstance(value, deque) or hasattr(value, "tolist") or hasattr(value, "to_list"):
        return list(value)  # array.array and memoryview; TensorFlow's ragged tensors
    return value if type(value).__module__ in _PLAIN_STR else _as_number(value)


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array that can be read, None for anything else: a dtype has a shape too."""
    if not any(hasattr(value, convert) for convert in ("item", *_TO_ARRAY)):
        return None
    shape = _attempt(tuple, getattr(value, "shape", None))
    return shape if shape is not None and all(isinstance(length, int) for length in shape) else None


def _of_scalar(value: Any) -> object:
    """Return the value of an array without dimensions; the object itself where its library refuses."""
    if type(value).__name__ == "MaskedConstant":  # its item() is 0.0
        return None
    if type(value).__module__ == "numpy":
        kind = value.dtype.kind
        return Number(value) if kind in "iuf" else str(value) if kind in "mM" else value.item()
    for convert in ("item", "numpy", "__array__"):
        item = _call(value, convert)
        if type(item).__module__ == "numpy":
            return _of_scalar(item)
        if item is not None and isinstance(item, _PLAIN):
            return item
    return _as_number(value)


def _as_mapping(value: Any) -> Mapping[Any, Any] | None:
    """Return the mapping that an object is or turns into; None where it is none."""
    kind = type(value)
    if isinstance(value, Mapping):
        return value
    for convert in _TO_MAPPING:
        found = _call(value, convert)
        if isinstance(found, Mapping):
            return found
    if names := getattr(kind, "__dataclass_fields__", None):
        return {name: getattr(value, name) for name in names}
    if (kind.__module__, kind.__qualname__) in _NAMESPACES:
        return dict(vars(value))
    if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
        return {key: value[key] for key in value.keys()}  # noqa: SIM118  it may have no other way
    return None


def _require_small(shape: tuple[int, ...]) -> None:
    if math.prod(shape) > _LARGEST_ARRAY:
        message = f"an array of shape {shape} is too large for a value: at most {_LARGEST_ARRAY:,} elements"
        raise UsageError(message, TO_THE_ARTIFACT)


def _rows(value: Any, shape: tuple[int, ...]) -> list[object]:
    """Return an array as the list of its rows."""
    for source in (value, *(_call(value, convert) for convert in _TO_ARRAY)):
        rows: list[object] | None = _attempt(list, source)
        # A row of numpy's matrix is a matrix again, and only as an array it has rows that end.
        if rows is not None and len(rows) == shape[0] and all(len(_shape(row) or ()) < len(shape) for row in rows[:1]):
            return rows
    message = f"an array that cannot be read: {shorten(_described(value))}"
    raise UsageError(message, "give its values: array.tolist()")


def _as_number(value: Any) -> object:
    """Return an object that says it is a number as one, any other as it is."""
    for convert, kind in (("__index__", int), ("__float__", float)):
        if hasattr(type(value), convert):
            number: object = _attempt(kind, value)
            return value if number is None else number
    return value


def _call(value: object, method: str) -> Any:
    """Return what a method returns, None where there is none or it raises."""
    return _attempt(getattr(value, method, None))


def _attempt(function: Any, *args: object) -> Any:
    """Return what a library's code returns, None where it raises."""
    try:
        return function(*args)
    except Exception:  # noqa: BLE001  a library's code may raise anything; the next way may work
        return None


def as_text(value: object) -> str:
    """Return one plain value as the text that is kept."""
    text = scalar_text(value)
    if text is not None:
        return text
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_item(item) for item in value) + "]"
    if isinstance(value, AbstractSet):
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
    if bare:
        return text
    import json

    return json.dumps(text, ensure_ascii=False)


def scalar_text(value: object) -> str | None:  # noqa: PLR0911  one line a type
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
        case timedelta():
            return timedelta.__str__(value)
        case os.PathLike():
            return os.fsdecode(value)
        case _:
            return str(value) if type(value).__module__ in _PLAIN_STR else None


def _described(value: object) -> str:
    """Return a description of an object in one line that is the same in the next process.

    A long one ends in its digest, so that two objects with one beginning still differ.
    """
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        text = f"{value.__module__}.{value.__qualname__}"
    else:
        try:
            text = str(value) if "dtype" in type(value).__name__.lower() else repr(value)
        except Exception:  # noqa: BLE001  a library's code; a value never fails a registration
            text = f"<{type(value).__qualname__}>"
    text = " ".join(_ADDRESS.sub("", text).split())
    text = text.encode(errors="replace").decode().replace("\0", " ")
    if len(text) <= _LONGEST_REPR:
        return text
    from hashlib import sha256

    rest = f"... ({len(text):,} characters, sha256:{sha256(text.encode()).hexdigest()[:16]})"
    return text[: _LONGEST_REPR - len(rest)] + rest


def shorten(text: str) -> str:
    """Return the beginning of a text for a message."""
    text = printable(text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def kind_and_text(value: object) -> str:
    """Return what a message says of a wrong value: ``the list ['a', 1]``, ``None``."""
    return "None" if value is None else f"the {printable(type(value).__qualname__)} {shorten(_described(value))}"
