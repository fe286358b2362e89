"""Frozen dataclasses that cost nothing until one is made: a short command makes few of the kinds there are.

The standard ``@dataclass(frozen=True, slots=True)`` writes and compiles six methods a class, 0.3 ms;
for all of ours that was longer than most commands run. Here ``__init__`` is compiled when the first
value of a kind is made, the other methods are shared, and the standard's own description of the
fields is made when somebody asks for it. ``fields``, ``replace``, ``match``, pickling and what a
type checker sees are the standard's.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from dataclasses import field, replace

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Return the decorator; ``frozen`` and ``slots`` are said, as a reader expects them."""
        if not (frozen and slots):
            message = "values are frozen and have slots"
            raise TypeError(message)
        return _declared


__all__ = ["dataclass", "field", "replace"]

_assign = object.__setattr__


class _Description:
    """The standard's description of a class, which ``dataclasses.fields`` and others read."""

    def __get__(self, _value: object, kind: type[Value]) -> dict[str, dataclasses.Field[Any]]:
        return _described(kind)  # type: ignore[arg-type]  # mypy: a type is hashable


@functools.cache
def _described(kind: type[Value]) -> dict[str, dataclasses.Field[Any]]:
    namespace: dict[str, Any] = {"__annotations__": kind.__hints__, "__doc__": kind.__doc__, **kind.__defaults__}
    twin: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(type(kind.__name__, (), namespace))
    found: dict[str, dataclasses.Field[Any]] = twin.__dataclass_fields__
    return found


class Value:
    """What all values share: equal by kind and fields, never changed."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()
    __hints__: dict[str, Any] = {}  # noqa: RUF012  each kind has its own, and none is changed
    __defaults__: dict[str, Any] = {}  # noqa: RUF012
    __dataclass_fields__ = _Description()

    def __setattr__(self, name: str, _value: object) -> None:
        message = f"cannot assign to field {name!r}"
        raise dataclasses.FrozenInstanceError(message)

    def __delattr__(self, name: str) -> None:
        message = f"cannot delete field {name!r}"
        raise dataclasses.FrozenInstanceError(message)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._those("repr"))
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._those("compare"))

    def __hash__(self) -> int:
        return hash(tuple([getattr(self, name) for name in self._those("hash")]))

    def __getstate__(self) -> list[object]:
        return [getattr(self, name) for name in self.__match_args__]

    def __setstate__(self, state: Iterable[object]) -> None:
        for name, value in zip(self.__match_args__, state, strict=True):
            _assign(self, name, value)

    def _those(self, use: str) -> Iterable[str]:
        """Return the names of the fields that count for comparing, hashing or showing."""
        defaults = self.__defaults__
        return (name for name in self.__match_args__ if name not in defaults or _counts(defaults[name], use))


def _counts(default: object, use: str) -> bool:
    if not isinstance(default, dataclasses.Field):
        return True
    counts = getattr(default, use)
    return bool(default.compare if counts is None else counts)


def _declared(cls: type) -> type:
    """Return the class with slots for its fields, and with what is known of them."""
    hints: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for base in cls.__mro__[1:]:
        if issubclass(base, Value):
            hints, defaults = dict(base.__hints__), dict(base.__defaults__)
            break
    namespace = {name: value for name, value in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
    own = namespace.get("__annotations__", {})
    slots = tuple(name for name in own if name not in hints)
    hints |= own
    defaults |= {name: namespace.pop(name) for name in own if name in namespace}
    namespace |= {"__slots__": slots, "__match_args__": tuple(hints), "__hints__": hints, "__defaults__": defaults}
    namespace.setdefault("__init__", _init)
    bases = (
        cls.__bases__ if issubclass(cls, Value) else (*(base for base in cls.__bases__ if base is not object), Value)
    )
    return type(cls)(cls.__name__, bases, namespace)


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Compile the ``__init__`` of a class, put it in this one's place, and go on with it."""
    kind = type(self)
    kind.__init__ = _compiled(kind)
    kind.__init__(self, *args, **kwargs)


def _compiled(kind: type[Value]) -> Callable[..., None]:
    """Write ``__init__`` as the standard does: what a factory makes is made anew for each value."""
    scope: dict[str, Any] = {"_assign": _assign, "_missing": dataclasses.MISSING}
    parameters, body = ["self"], []
    for name in kind.__match_args__:
        given = kind.__defaults__.get(name, dataclasses.MISSING)
        value = name
        if isinstance(given, dataclasses.Field):
            if given.default_factory is not dataclasses.MISSING:
                scope[f"_make_{name}"] = given.default_factory
                value = f"_make_{name}() if {name} is _missing else {name}"
                scope[f"_default_{name}"] = dataclasses.MISSING
            else:
                scope[f"_default_{name}"] = given.default
        else:
            scope[f"_default_{name}"] = given
        parameters.append(name if given is dataclasses.MISSING else f"{name}=_default_{name}")
        body.append(f"_assign(self, {name!r}, {value})")
    text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"])
    exec(text, scope)  # noqa: S102  as the standard does, with names from our own source
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made
