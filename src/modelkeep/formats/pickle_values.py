"""What a pickle would make, as far as it can be told without making it: texts, numbers, globals, calls, containers."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from msgspec import Struct


class _Opaque:
    """A value that nobody needs to know: a number with a point, bytes, a long text."""

    __slots__ = ()


OPAQUE: Final = _Opaque()
#: Bytes that are a file of PyTorch, followed to its end and harmless: what a tensor that is pickled by itself holds.
STORAGE: Final = _Opaque()
#: A text, a whole number (True and False are 1 and 0), a tuple of values, a `Global`, a `Node`, None or `OPAQUE`.
Value: TypeAlias = Any


class Global(Struct, frozen=True):
    """Something that a pickle imports by its module and name."""

    module: str
    name: str

    @property
    def ref(self) -> str:
        """The two as Python writes them."""
        return f"{self.module}.{self.name}"


#: It loads any file of PyTorch: harmless where it is called with `STORAGE`, and nothing else is done with it.
LOADS_STORAGE: Final = Global("torch.storage", "_load_from_bytes")


class Node:
    """A container, or what a call or a persistent id would return.

    ``kind`` is ``dict``, ``list``, ``set``, ``call`` or ``persistent``. ``items`` are pairs (of a list by place).
    """

    __slots__ = ("args", "function", "items", "kind", "state")

    def __init__(self, kind: str, function: Value = None, args: Value = OPAQUE) -> None:
        self.kind = kind
        self.function = function
        self.args = args
        self.items: list[tuple[Value, Value]] = []
        self.state: Value = None

    def is_call_of(self, *names: str) -> bool:
        """Tell whether it is what a global of one of these names returns."""
        return isinstance(self.function, Global) and self.function.name in names

    def get(self, key: str) -> Value:
        """Return the last item of a key, None where there is none."""
        return next((value for name, value in reversed(self.items) if name == key), None)


class Room:
    """How many values a pickle may have kept in memory: beyond that they become `OPAQUE`."""

    def __init__(self, texts: int = 150_000, nodes: int = 150_000) -> None:
        self._texts = texts
        self._nodes = nodes

    @property
    def is_full(self) -> bool:
        """Whether values were dropped, or would be soon."""
        return self._nodes <= 0

    def keep(self, value: Value) -> Value:
        """Return a value that is kept, `OPAQUE` where there is no room for it."""
        if isinstance(value, str):
            self._texts -= 1
            return value if self._texts > 0 else OPAQUE
        if isinstance(value, (Node, tuple)) and value:
            self._nodes -= 1
            return value if self._nodes > 0 else OPAQUE
        return value
