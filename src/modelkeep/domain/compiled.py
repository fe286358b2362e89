"""Readers of records, written out as code: for the many entries of a log that is checked from end to end.

One that is compiled takes what is right in a third of the time, and says of the rest only that it
is not; why not is said by the reader in `modelkeep.domain.records` that it stands beside. Compiling
takes as long as reading some hundred records, so a short command never does it.
"""

from __future__ import annotations

import functools
import itertools
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

#: What a reader raises for what is not such a record.
NO = (LookupError, TypeError)


@functools.cache
def reader(kind: type, besides: tuple[str, ...] = ()) -> Callable[[object], object]:
    """Return a reader of one kind of record; fields named in ``besides`` must be there and are not read."""
    attributes: tuple[str, ...] = kind.__match_args__  # type: ignore[attr-defined]  # mypy: every record has it
    hints = typing.get_type_hints(kind)
    scope: dict[str, Any] = {"kind": kind, "no": _no}
    names = (f"v{number}" for number in itertools.count())
    values = [_value(hints[name], f"json[{name.rstrip('_')!r}]", names, scope) for name in attributes]
    text = f"""
def read(json):
    if type(json) is not dict or len(json) != {len(attributes) + len(besides)}: no()
    {"".join(f"json[{name!r}]; " for name in besides)}
    return kind({", ".join(values)})
"""
    exec(text, scope)  # noqa: S102  with names from our own source, as `modelkeep.domain.quick` does
    read: Callable[[object], object] = scope["read"]
    return read


def _value(hint: object, source: str, names: Iterator[str], scope: dict[str, Any]) -> str:
    """Return an expression that takes a value of a kind from ``source``."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    name = next(names)
    if origin in (typing.Union, types.UnionType):
        (some,) = [option for option in inner if option is not types.NoneType]
        return f"(None if ({name} := {source}) is None else {_value(some, name, names, scope)})"
    if origin is tuple and inner[-1] is Ellipsis:
        item = next(names)
        each = _value(inner[0], item, names, scope)
        return f"(tuple([{each} for {item} in {name}]) if type({name} := {source}) is list else no())"
    if origin is tuple:
        items = ", ".join(_value(part, f"{name}[{place}]", names, scope) for place, part in enumerate(inner))
        return f"(({items},) if type({name} := {source}) is list and len({name}) == {len(inner)} else no())"
    if hint in (str, int, bool):
        return f"({name} if type({name} := {source}) is {typing.cast('type', hint).__name__} else no())"
    scope[f"read_{name}"] = reader(typing.cast("type", hint))
    return f"read_{name}({source})"


def _no() -> NoReturn:
    raise TypeError
