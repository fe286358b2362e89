"""Params, metrics and tags: keys and the exact text that was given, from flags, files and Python.

``0.10`` stays ``0.10``: numbers of JSON, TOML and YAML are read as text. Nested keys are joined by ``.``:
``optimizer.lr``, ``weighted avg.f1-score``. A list of plain values is one value, as JSON (``[64, 32]``);
in metrics each of its items is a value: ``fold.0``, ``fold.1``. True, false and null are these words. The text of a
value is the same in the next process: it has no addresses in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import check_key, check_text
from modelkeep.domain.urls import scrub_text
from modelkeep.errors import UsageError
from modelkeep.provenance.plain_values import (
    MOST_CHARACTERS,
    TO_THE_ARTIFACT,
    as_text,
    kind_and_text,
    shorten,
    unwrap,
)

#: Keys and values in the order in which they were given, each key once.
Pairs: TypeAlias = tuple[tuple[str, str], ...]

_MOST_PAIRS = 10_000
_DEEPEST = 32


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
    return merge((_pair(key, value, what) for key, value in pairs), what=what)


def from_python(given: object, what: str) -> Pairs:
    """Return the values of a mapping, as ``clf.get_params()`` gives it, of what turns into one, or of pairs.

    Floats are their ``repr``, numpy's scalars their ``str``, functions and classes their name,
    other objects their ``repr`` on one line, without addresses, at most 1,000 characters.
    """
    found = unwrap(given)
    if isinstance(found, Mapping):
        return merge(_pairs(_flatten(found, "", what, 0), what), what=what)
    if isinstance(found, (str, bytes)) or not isinstance(found, Iterable):
        raise _no_pairs(what, given)
    pairs = (_as_pair(item, what) for item in found)
    return merge(_pairs((leaf for key, item in pairs for leaf in _flatten(item, key, what, 1)), what), what=what)


def merge(*sources: Iterable[tuple[str, str]], what: str) -> Pairs:
    """Return the pairs of several sources, each key once; two values for one raise ``UsageError``."""
    found: dict[str, str] = {}
    for key, value in (pair for source in sources for pair in source):
        if found.setdefault(key, value) != value:
            message = f"{what} '{key}' was given twice: '{shorten(found[key])}' and '{shorten(value)}'"
            raise UsageError(message, "give it once")
    if len(found) > _MOST_PAIRS:
        message = f"{len(found):,} {what}s are too many: at most {_MOST_PAIRS:,}"
        raise UsageError(message, TO_THE_ARTIFACT)
    return tuple(found.items())


def number_warnings(metrics: Iterable[tuple[str, str]]) -> list[str]:
    """Return a warning for each metric that is no number; it is kept as text."""
    return [
        f"metric {key} is kept as text, because '{shorten(value)}' is no number that can be compared"
        for key, value in metrics
        if as_number(value) is None
    ]


def _pairs(leaves: Iterable[tuple[str, str]], what: str) -> Iterator[tuple[str, str]]:
    characters = 0
    for count, (key, value) in enumerate(leaves):
        characters += len(key) + len(value)
        if count > _MOST_PAIRS or characters > MOST_CHARACTERS:
            most = f"{_MOST_PAIRS:,}" if count > _MOST_PAIRS else "8 MiB of"
            message = f"more than {most} {what}s"
            raise UsageError(message, TO_THE_ARTIFACT)
        yield _pair(key, value, what)


def _as_pair(item: object, what: str) -> tuple[str, object]:
    pair = unwrap(item)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise _no_pairs(what, item)
    return _key(pair[0]), pair[1]


def _no_pairs(what: str, given: object) -> UsageError:
    message = f"{what}s are a mapping or pairs of key and value, not {kind_and_text(given)}"
    return UsageError(message, '{"key": 0.5}, or vars(…) of an object')


def _pair(key: str, value: str, what: str) -> tuple[str, str]:
    return check_key(key, f"{what} key"), scrub_text(check_text(value, f"{what} {key}"))


def _flatten(value: Any, key: str, what: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the plain values in a nested one as text, their keys joined by a dot."""
    if depth > _DEEPEST:
        message = f"{what} '{shorten(key)}' is nested more than {_DEEPEST} deep"
        raise UsageError(message, "give it flatter, or put it in a file of the artifact")
    value = unwrap(value)
    if what == "metric" and type(value).__module__ == "fractions":
        value = float(value)
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
    return str.__str__(key) if isinstance(key, str) else as_text(unwrap(key))  # numpy.str_ is a str of its own
