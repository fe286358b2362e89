"""Frozen dataclasses to and from the JSON of the log, strictly: no field too many, none missing.

A class says what it holds by its annotations: ``int``, ``str``, ``bool``, ``X | None``,
``tuple[X, ...]``, ``tuple[X, Y]`` and other such dataclasses. A trailing underscore of an attribute
is not written (``from_`` is ``from``). The readers are built once per class and kept; one that is
used often is compiled.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import TypeVar

from modelkeep.domain import compiled
from modelkeep.domain.canonical import Json
from modelkeep.errors import Damaged

T = TypeVar("T")
Reader: typing.TypeAlias = Callable[[object, str], object]
#: A reader that was used so often is compiled.
_WORTH_COMPILING = 200


def to_json(value: object) -> Json:
    """Return the JSON of a value made of dataclasses, tuples and plain values."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return {name: to_json(getattr(value, attribute)) for attribute, name in _names_of(value)}


def from_json(kind: type[T], json: object, where: str, besides: tuple[str, ...] = ()) -> T:
    """Read a dataclass from JSON; ``where`` names the place for the message of a ``Damaged``.

    Fields named in ``besides`` must be there too, and are read by somebody else.
    """
    reader: Reader = _record_reader(kind, besides)  # type: ignore[arg-type]  # mypy: a type is hashable
    return typing.cast("T", reader(json, where))


def _names_of(value: object) -> tuple[tuple[str, str], ...]:
    return _names(type(value))  # type: ignore[arg-type]  # mypy: a type is hashable


@functools.cache
def _names(kind: type) -> tuple[tuple[str, str], ...]:
    names: tuple[str, ...] | None = getattr(kind, "__match_args__", None)
    if names is None:
        message = f"{kind.__name__} is not written to the log"
        raise TypeError(message)
    return tuple((name, name.rstrip("_")) for name in names)


@functools.cache
def _record_reader(kind: type, besides: tuple[str, ...] = ()) -> Reader:
    hints = typing.get_type_hints(kind)
    fields = [(attribute, name, _reader(hints[attribute])) for attribute, name in _names(kind)]
    expected = {name for _, name, _ in fields}.union(besides)
    times = 0
    quick: Callable[[object], object] | None = None

    def read(json: object, where: str) -> object:
        nonlocal times, quick
        if quick is not None:
            try:
                return quick(json)
            except compiled.NO:
                pass  # what follows says why not
        elif times == _WORTH_COMPILING:
            quick = compiled.reader(kind, besides)
        times += 1
        if not isinstance(json, Mapping):
            message = f"{where}: not an object"
            raise Damaged(message)
        if json.keys() != expected:
            odd = ", ".join(sorted(str(name) for name in json.keys() ^ expected))
            message = f"{where}: unknown or missing field: {odd}"
            raise Damaged(message)
        return kind(**{attribute: reader(json[name], f"{where}.{name}") for attribute, name, reader in fields})

    return read


def _reader(hint: object) -> Reader:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (some,) = [_reader(option) for option in inner if option is not types.NoneType]
        return lambda json, where: None if json is None else some(json, where)
    if origin is tuple and inner[-1] is Ellipsis:
        return _list_reader(_reader(inner[0]))
    if origin is tuple:
        return _pair_reader([_reader(item) for item in inner])
    if hint in (str, int, bool):
        return _plain_reader(typing.cast("type", hint))
    return _record_reader(typing.cast("type", hint))


def _list_reader(item: Reader) -> Reader:
    def read(json: object, where: str) -> object:
        if not isinstance(json, list):
            message = f"{where}: not a list"
            raise Damaged(message)
        return tuple(item(value, where) for value in json)

    return read


def _pair_reader(items: list[Reader]) -> Reader:
    def read(json: object, where: str) -> object:
        if not isinstance(json, list) or len(json) != len(items):
            message = f"{where}: not a list of {len(items)}"
            raise Damaged(message)
        return tuple(item(value, where) for item, value in zip(items, json, strict=True))

    return read


def _plain_reader(kind: type) -> Reader:
    def read(json: object, where: str) -> object:
        if type(json) is not kind:
            message = f"{where}: not {kind.__name__}"
            raise Damaged(message)
        return json

    return read
