"""Params, metrics and tags: keys and the exact text that was given, from flags, files and Python.

``0.10`` stays ``0.10``: numbers of JSON and TOML are read as text. Nested keys are joined by ``.``:
``optimizer.lr``, ``weighted avg.f1-score``. A list of plain values is one value, as JSON (``[64, 32]``);
in metrics each of its items is a value: ``fold.0``, ``fold.1``. True, false and null are these words. The text of a
value is the same in the next process: it has no addresses in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from enum import Enum
from typing import Any, TypeAlias

from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import check_key, check_text, pattern, printable
from modelkeep.errors import UsageError
from modelkeep.provenance.urls import scrub_text

#: Keys and values in the order in which they were given, each key once.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_MOST_PAIRS = 10_000
_DEEPEST = 32
_TO_THE_ARTIFACT = "put them in a file of the artifact"
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


def from_flags(given: Iterable[str], what: str) -> Pairs:
    """Return what was typed as ``key=value``; ``what`` is param, metric or tag.

    The last ``=`` ends the key of a metric, for its value has none; else the first does.
    """
    pairs: list[tuple[str, str]] = []
    for text in given:
        key, equals, value = text.rpartition("=") if what == "metric" else text.partition("=")
        if not equals:
            message = f"{what} '{shorten(text)}' has no value"
            raise UsageError(message, f"--{what} {shorten(text) or 'key'}=VALUE")
        pairs.append((key, value))
    return from_pairs(pairs, what)


def from_pairs(given: Iterable[tuple[str, str]], what: str) -> Pairs:
    """Return pairs of texts, as the log may hold them: without the secrets of URLs."""
    return merge((_pair(key, value, what) for key, value in given), what=what)


def from_mapping(mapping: Mapping[Any, Any], what: str) -> Pairs:
    """Return the values of a Python mapping, as ``clf.get_params()`` gives it.

    Floats are their ``repr``, numpy's scalars their ``str``, functions and classes their name,
    other objects their ``repr`` on one line, without addresses, at most 1,000 characters.
    """
    return merge(_pairs(mapping, what), what=what)


def merge(*sources: Iterable[tuple[str, str]], what: str) -> Pairs:
    """Return the pairs of several sources, each key once; two values for one raise ``UsageError``."""
    found: dict[str, str] = {}
    for key, value in (pair for source in sources for pair in source):
        if found.setdefault(key, value) != value:
            message = f"{what} '{key}' was given twice: '{shorten(found[key])}' and '{shorten(value)}'"
            raise UsageError(message, "give it once")
    if len(found) > _MOST_PAIRS:
        message = f"{len(found):,} {what}s are too many: at most {_MOST_PAIRS:,}"
        raise UsageError(message, _TO_THE_ARTIFACT)
    return tuple(found.items())


def number_warnings(metrics: Iterable[tuple[str, str]]) -> list[str]:
    """Return a warning for each metric that is no number; it is kept as text."""
    return [
        f"metric {key} is kept as text, because '{shorten(value)}' is no number that can be compared"
        for key, value in metrics
        if as_number(value) is None
    ]


def _pairs(mapping: Mapping[Any, Any], what: str) -> Iterator[tuple[str, str]]:
    for count, (key, value) in enumerate(_flatten(mapping, "", what, 0)):
        if count > _MOST_PAIRS:
            message = f"more than {_MOST_PAIRS:,} {what}s"
            raise UsageError(message, _TO_THE_ARTIFACT)
        yield _pair(key, value, what)


def _pair(key: str, value: str, what: str) -> tuple[str, str]:
    return check_key(key, f"{what} key"), scrub_text(check_text(value, f"{what} {key}"))


def _flatten(value: object, key: str, what: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the plain values in a nested one as text, their keys joined by a dot."""
    if depth > _DEEPEST:
        message = f"{what} '{shorten(key)}' is nested more than {_DEEPEST} deep"
        raise UsageError(message, "give it flatter, or put it in a file of the artifact")
    value = unwrap(value)
    items: Iterable[tuple[str, object]]
    if isinstance(value, Mapping) and (value or not depth):
        items = ((_key(inner), item) for inner, item in value.items())
    elif isinstance(value, (list, tuple)) and value and (what == "metric" or any(map(_is_nested, value))):
        items = ((str(index), item) for index, item in enumerate(value))
    else:
        yield key, as_text(value)
        return
    for inner, item in items:
        yield from _flatten(item, f"{key}.{inner}" if key else inner, what, depth + 1)


def _is_nested(value: object) -> bool:
    if isinstance(value, (str, int, float)):  # nearly all; to ask whether it is a Mapping takes longer
        return False
    return isinstance(unwrap(value), (Mapping, list, tuple))


def _key(key: object) -> str:
    return key if isinstance(key, str) else as_text(unwrap(key))


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
