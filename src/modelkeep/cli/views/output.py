"""Answers as text: a JSON document, tab separated lines, identifiers. Pure.

A line is a record, its cells are never empty and hold no tab, newline or control character. A
document names its schema and has every field, null where there is nothing; pairs of names and values
are objects in it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from typing import get_type_hints as hints_of

from modelkeep.domain.text import escape_cell, escape_json
from modelkeep.errors import Damaged

_PAIRS = "tuple[tuple["


class Page(NamedTuple):
    """One answer in its three forms for programs: the document, the lines, the identifiers.

    ``exact``: its lines are one value that a script uses as it is, a path for example; elsewhere no control
    character leaves, whatever stands in the registry.
    """

    document: Mapping[str, object]
    lines: Sequence[str] = ()
    ids: Sequence[str] = ()
    exact: bool = False


def document(thing: str, value: object = None, /, **fields: object) -> dict[str, object]:
    """Return a document: its schema, the fields of a value, and further fields."""
    made: dict[str, object] = {"schema": f"modelkeep.{thing}/1"}
    if value is not None:
        made |= plain(value)
    return made | {name: plain(each) for name, each in fields.items()}


def as_json(found: Mapping[str, object], *, pretty: bool = False) -> str:
    """Return a document as text that ends with a newline; on one line unless somebody looks at it."""
    import json

    if pretty:
        return escape_json(json.dumps(found, ensure_ascii=False, indent=2)) + "\n"
    return escape_json(json.dumps(found, ensure_ascii=False, separators=(",", ":"))) + "\n"


def plain(value: Any) -> Any:
    """Return a value of dataclasses and tuples as objects and lists."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    kind: type[object] = type(value)
    return {
        name: {key: plain(each) for key, each in getattr(value, name)} if pairs else plain(getattr(value, name))
        for name, pairs in _fields(kind)  # type: ignore[arg-type]  # classes are hashable
    }


def line(*cells: object) -> str:
    """Return the cells of a record, separated by tabs; None and what is empty are ``-``."""
    return "\t".join(cell(each) for each in cells)


def cell(value: object) -> str:
    """Return a value as one cell: lists joined by commas, yes and no for truth, ``-`` for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(cell(each) for each in value) or "-"
    return escape_cell(str(value))


def seconds(time: str | None) -> str | None:
    """Return a time of the log without its fraction, as lines have it."""
    if time is not None and not isinstance(time, str):
        # A flipped bit can make a number of a text.
        message = f"the registry holds a time that is none: {time!r}"  # type: ignore[unreachable]
        raise Damaged(message, "modelkeep verify --log")
    return None if time is None else f"{time[:19]}Z"


def fields_of(found: Mapping[str, object]) -> Iterable[str]:
    """Return a document as lines of field and value: what is in objects as ``metric.auc``, lists numbered."""
    for name, value in found.items():
        if name != "schema":
            yield from _field(name, value)


def _field(name: str, value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _field(f"{name}.{key}", each)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for number, each in enumerate(value):
            yield from _field(f"{name}.{number}", each)
    else:
        yield line(name, value)


@functools.cache
def _fields(kind: type[object]) -> tuple[tuple[str, bool], ...]:
    """Return the fields of a kind of values, and whether each is a tuple of names and values."""
    return tuple((name, str(hint).startswith(_PAIRS)) for name, hint in hints_of(kind).items())
