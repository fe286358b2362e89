"""Params, metrics and tags: keys and the exact text that was given, from flags, files and Python.

``0.10`` stays ``0.10``: numbers of JSON and TOML are read as text. Nested keys are joined by ``.``:
``optimizer.lr``, ``weighted avg.f1-score``. A list of plain values is one value, as JSON (``[64, 32]``);
in metrics each of its items is a value: ``fold.0``, ``fold.1``. True, false and null are these words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import check_key, check_text
from modelkeep.errors import UsageError
from modelkeep.provenance.value_files import read_values
from modelkeep.provenance.value_text import as_text, shorten, unwrap

#: Keys and values in the order in which they were given.
Pairs: TypeAlias = list[tuple[str, str]]

_MOST_PAIRS = 10_000
_DEEPEST = 32
_TO_THE_ARTIFACT = "put them in a file of the artifact"


def from_flags(given: Iterable[str], what: str) -> Pairs:
    """Return what was typed as ``key=value``; ``what`` is param, metric or tag."""
    pairs = []
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            message = f"{what} '{shorten(text)}' has no value"
            raise UsageError(message, f"--{what} {shorten(text) or 'key'}=VALUE")
        pairs.append(_pair(key, value, what))
    return merge(pairs, what=what)


def from_file(path: str, what: str) -> Pairs:
    """Return the values of a JSON or TOML file, ``-`` for standard input; errors as `read_values` has them."""
    return from_mapping(read_values(path), what)


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
    return list(found.items())


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
    return check_key(key, f"{what} key"), check_text(value, f"{what} {key}")


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
