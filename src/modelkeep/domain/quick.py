"""Frozen dataclasses that cost nothing until one is made: a short command makes few of the kinds there are.

The standard ``@dataclass(frozen=True, slots=True)`` writes and compiles six methods a class, 0.3 ms;
for all of ours that was longer than most commands run. Here each method is made when it is first
called, by the standard's own hand. Fields, ``replace``, ``match``, pickling and what a type checker
sees are the standard's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
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

#: What the standard must be asked for to make a method as a frozen dataclass has it.
_FLAGS = {
    "__init__": {"init": True, "frozen": True},
    "__repr__": {"repr": True},
    "__eq__": {"eq": True},
    "__hash__": {"eq": True, "frozen": True},
}


def _declared(cls: type) -> type:
    """Give a class its fields and slots, and stand-ins for the methods that depend on them."""
    cls.__doc__ = cls.__doc__ or cls.__name__  # or the standard would write one, from a signature
    own = set(vars(cls))
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for name, method in _STAND_INS.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _method(cls: type, name: str) -> Callable[..., Any]:
    """Make a method of a class, and put it in the place of its stand-in."""
    fields = []
    for each in dataclasses.fields(cls):
        copy = dataclasses.field(compare=each.compare, hash=each.hash, repr=each.repr, kw_only=each.kw_only)
        copy.default, copy.default_factory = each.default, each.default_factory
        fields.append((each.name, each.type, copy))
    flags: dict[str, Any] = {"init": False, "repr": False, "eq": False, **_FLAGS[name]}
    method: Callable[..., Any] = vars(dataclasses.make_dataclass(cls.__name__, fields, **flags))[name]
    setattr(cls, name, method)
    return method


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    _method(type(self), "__init__")(self, *args, **kwargs)


def _repr(self: Any) -> str:
    return str(_method(type(self), "__repr__")(self))


def _eq(self: Any, other: object) -> Any:
    return _method(type(self), "__eq__")(self, other)


def _hash(self: Any) -> int:
    return int(_method(type(self), "__hash__")(self))


def _set(_self: object, name: str, _value: object) -> None:
    message = f"cannot assign to field {name!r}"
    raise dataclasses.FrozenInstanceError(message)


def _delete(_self: object, name: str) -> None:
    message = f"cannot delete field {name!r}"
    raise dataclasses.FrozenInstanceError(message)


def _state(self: Any) -> list[object]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_STAND_INS: dict[str, Callable[..., Any]] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _restore,
}
