"""Lines of a pipe: tab separated cells that are never empty and hold no tab, newline or control character. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from modelkeep.domain.text import escape_cell
from modelkeep.errors import Damaged


def line(*cells: object) -> str:
    """Return the cells of a record, separated by tabs."""
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
        # A flipped bit in the database can turn a text into a number.
        message = f"the registry holds a time that is none: {time!r}"  # type: ignore[unreachable]
        raise Damaged(message, "modelkeep verify --log")
    return None if time is None else f"{time[:19]}Z"


def field_lines(document: Mapping[str, Any]) -> Iterable[str]:
    """Return a document as lines of field and value: what is in objects as ``code.commit``, lists of them numbered."""
    for name, value in document.items():
        if name != "schema":
            yield from _field(name, value)


def _field(name: str, value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _field(f"{name}.{key}", each)
    elif has_objects(value):
        for number, each in enumerate(value):
            yield from _field(f"{name}.{number}", each)
    else:
        yield line(name, value)


def has_objects(value: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    """Return whether a value is a list of objects."""
    return isinstance(value, (tuple, list)) and any(isinstance(each, Mapping) for each in value)
