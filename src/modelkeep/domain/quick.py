"""Frozen dataclasses that cost nothing until one is made: a short command makes few of the kinds there are.

The standard ``@dataclass(frozen=True, slots=True)`` writes and compiles six methods a class, 0.3 ms;
for all of ours that was longer than most commands run. Here ``__init__`` is compiled when the first
value of a kind is made, the other methods are shared, and the standard's own description of the
fields is made when somebody asks for it. ``fields``, ``replace``, ``match``, pickling and what a
type checker sees are the standard's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dataclasses
    from dataclasses import dataclass, field, replace
else:

    def field(**given: Any) -> _Given:
        """Take note of what the standard's ``field`` is to be given, should somebody ask for the fields."""
        return _Given(given)

    def replace(value: Value, /, **changes: Any) -> Value:
        """Return a value with some fields changed."""
        return type(value)(**{name: getattr(value, name) for name in value.__match_args__} | changes)

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """Return the decorator; ``frozen`` and ``slots`` are said, as a reader expects them."""
        if not (frozen and slots):
            message = "values are frozen and have slots"
            raise TypeError(message)
        return _declared


__all__ = ["dataclass", "field", "hints_of", "replace"]

_assign = object.__setattr__
#: Stands where nothing was given.
_MISSING: Any = object()


class _Given:
    """What a field was declared with: ``default`` or ``default_factory``, and what it counts for."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    def counts(self, use: str) -> bool:
        """Tell whether the field counts for ``repr``, ``compare`` or ``hash``, which is as ``compare`` if nothing is said."""
        said = self.given.get(use)
        return bool(self.given.get("compare", True) if said is None and use == "hash" else said is not False)


class _Description:
    """The standard's description of a class, which ``dataclasses.fields`` and others read."""

    def __get__(self, _value: object, kind: type[Value]) -> dict[str, dataclasses.Field[Any]]:
        return _described(kind)  # type: ignore[arg-type]  # mypy: a type is hashable


@functools.cache
def _described(kind: type[Value]) -> dict[str, dataclasses.Field[Any]]:
    import dataclasses  # few ask

    defaults = {
        name: dataclasses.field(**given.given) if isinstance(given, _Given) else given
        for name, given in kind.__defaults__.items()
    }
    namespace: dict[str, Any] = {"__annotations__": kind.__hints__, "__doc__": kind.__doc__, **defaults}
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
        import dataclasses

        message = f"cannot assign to field {name!r}"
        raise dataclasses.FrozenInstanceError(message)

    def __delattr__(self, name: str) -> None:
        import dataclasses

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


def hints_of(kind: type) -> dict[str, Any]:
    """Return the fields of a kind of values with what they are, in order."""
    hints: dict[str, Any] = vars(kind)["__hints__"]
    return hints


def _counts(default: object, use: str) -> bool:
    return default.counts(use) if isinstance(default, _Given) else True


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
    scope: dict[str, Any] = {"_assign": _assign, "_missing": _MISSING}
    parameters, body = ["self"], []
    for name in kind.__match_args__:
        given = kind.__defaults__.get(name, _MISSING)
        value = name
        if isinstance(given, _Given):
            if "default_factory" in given.given:
                scope[f"_make_{name}"] = given.given["default_factory"]
                value = f"_make_{name}() if {name} is _missing else {name}"
            scope[f"_default_{name}"] = given.given.get("default", _MISSING)
        else:
            scope[f"_default_{name}"] = given
        parameters.append(name if given is _MISSING else f"{name}=_default_{name}")
        body.append(f"_assign(self, {name!r}, {value})")
    text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"])
    exec(text, scope)  # noqa: S102  as the standard does, with names from our own source
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made
