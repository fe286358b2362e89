"""The machine that a pickle is a program of, run without importing or calling anything.

Each instruction does to the stack and the memo what Python's own machine does
(https://github.com/python/cpython/blob/main/Lib/pickletools.py), with `pickle_values` in place of objects. So the names
of what is imported and called are those that Python would use, however they got onto the stack.
"""

from __future__ import annotations

from typing import Protocol

from modelkeep.formats.byte_sources import ByteSource
from modelkeep.formats.interface import Budget, Malformed
from modelkeep.formats.pickle_numbers import escaped_bytes, integer, integer_of_text
from modelkeep.formats.pickle_stack import Stack
from modelkeep.formats.pickle_values import LOADS_STORAGE, OPAQUE, STORAGE, Global, Node, Room, Value

HIGHEST_PROTOCOL = 5
_LONGEST_LINE = 64 << 10
_LONGEST_NAME = 200
_LARGEST_TUPLE = 64
#: Ints of more bytes are not kept.
_LARGEST_INT = 16


class Watcher(Protocol):
    """The receiver of the steps that matter."""

    def imports(self, found: Global) -> None:
        """A global is imported."""

    def imports_computed(self, module: Value, name: Value) -> None:
        """A global is imported whose name is no text of the pickle."""

    def imports_extension(self, code: int) -> None:
        """A global is imported by the code that programs have agreed on."""

    def calls(self, function: Value) -> None:
        """Something is called: a class or a function."""

    def changes(self, target: Global) -> None:
        """A global itself is changed, not an object that the pickle made."""

    def refers(self, node: Node) -> None:
        """An object is named that is kept elsewhere."""

    def skips_bytes(self, source: ByteSource, length: int) -> Value:
        """Bytes follow, or a long text; the watcher reads or skips all of them, and returns what they are."""

    def sees_text(self, data: bytes) -> None:
        """A short text may be a pickle itself."""

    def builds(self, machine: Machine, node: Node) -> None:
        """An object got its state; joblib reads an array from the file at this moment."""


class Machine(Stack):
    """One pickle, instruction by instruction; `pickle_opcodes.run` runs it."""

    def __init__(self, source: ByteSource, watcher: Watcher, budget: Budget, room: Room) -> None:
        super().__init__(source, budget, room)
        self.protocol = 0
        self.frame_end = 0
        self.steps = 0
        self.stopped = False
        self._watcher = watcher

    def get_text(self) -> None:
        self.get(self._int_line())

    def put_text(self) -> None:
        self.put(self._int_line())

    # Values

    def number(self, length: int, *, signed: bool = False) -> int:
        """Return a number of so many bytes from the pickle, the lowest first."""
        return int.from_bytes(self.source.read(length), "little", signed=signed)

    def skip_value(self, length: int) -> None:
        self.source.skip(length)
        self.stack.append(OPAQUE)

    def long(self, width: int) -> None:
        length = self.number(width)
        if length > _LARGEST_INT:
            self.skip_value(length)
        else:
            self.stack.append(integer(self.source.read(length)))

    def int_text(self) -> None:
        self.stack.append(integer_of_text(self.source.line(_LONGEST_LINE)))

    def _int_line(self) -> int:
        value = integer_of_text(self.source.line(_LONGEST_LINE))
        if not isinstance(value, int) or value < 0:
            message = f"has no number of a stored object at byte {self.source.tell()}"
            raise Malformed(message)
        return value

    def float_text(self) -> None:
        self.source.line(_LONGEST_LINE)
        self.stack.append(OPAQUE)

    def text(self, width: int) -> None:
        self._text_of(self.number(width), "utf-8", "surrogatepass")

    def old_text(self, width: int) -> None:
        """A text of Python 2: bytes, which become a text."""
        self._text_of(self.number(width), "latin-1", "strict")

    def _text_of(self, length: int, encoding: str, errors: str) -> None:
        if length > _LONGEST_NAME:
            self._watcher.skips_bytes(self.source, length)
            self.stack.append(OPAQUE)
            return
        data = self.source.read(length)
        if data.startswith(b"\xc2\x80") or b"\n" in data:
            self._watcher.sees_text(data)
        try:
            self.stack.append(data.decode(encoding, errors))
        except UnicodeDecodeError as error:
            message = f"has a text that is no {encoding} at byte {self.source.tell() - length}"
            raise Malformed(message) from error

    def bytes(self, width: int) -> None:
        length = self.number(width)
        self.stack.append(self._watcher.skips_bytes(self.source, length))

    def bytearray(self) -> None:
        """Bytes that may be changed later, so nothing is known of them."""
        self.bytes(8)
        self.stack[-1] = OPAQUE

    def quoted_text(self) -> None:
        line = self.source.line(_LONGEST_LINE).strip()
        if len(line) < 2 or line[:1] not in {b"'", b'"'} or line[-1:] != line[:1]:
            message = f"has a text without quotation marks at byte {self.source.tell()}"
            raise Malformed(message)
        self._short(escaped_bytes(line[1:-1]).decode("latin-1"))

    def escaped_text(self) -> None:
        line = self.source.line(_LONGEST_LINE)
        try:
            self._short(line.decode("raw-unicode-escape"))
        except UnicodeDecodeError as error:
            message = f"has a text with a broken escape at byte {self.source.tell()}"
            raise Malformed(message) from error

    def _short(self, text: str) -> None:
        self.stack.append(text if len(text) <= _LONGEST_NAME else OPAQUE)

    # Containers

    def empty(self, kind: str) -> None:
        self.stack.append(Node(kind))

    def tuple(self, length: int) -> None:
        values = [self.take() for _ in range(length)][::-1]
        self.stack.append(self.room.keep(tuple(values)))

    def tuple_to_mark(self) -> None:
        values = self.to_mark()
        self.stack.append(self.room.keep(tuple(values)) if len(values) <= _LARGEST_TUPLE else OPAQUE)

    def made_of_mark(self, kind: str) -> None:
        values = self.to_mark()
        self.stack.append(Node(kind))
        self._fill(values, pairs=kind == "dict")

    def append(self) -> None:
        self._fill([self.take()], pairs=False)

    def set_item(self) -> None:
        value, key = self.take(), self.take()
        self._fill([key, value], pairs=True)

    def appends(self) -> None:
        self._fill(self.to_mark(), pairs=False)

    def set_items(self) -> None:
        self._fill(self.to_mark(), pairs=True)

    def _fill(self, values: list[Value], *, pairs: bool) -> None:
        """Add values to the container on the stack, as far as there is room to remember them."""
        target = self.top()
        if isinstance(target, Global):
            self._watcher.changes(target)
        if not isinstance(target, Node):
            return
        keys = values[::2] if pairs else range(len(target.items), len(target.items) + len(values))
        for key, value in zip(keys, values[1::2] if pairs else values, strict=False):
            if isinstance(value, (Node, tuple, Global)):
                kept = self.room.keep(value)
                if kept is not OPAQUE:
                    target.items.append((key, kept))
            elif len(target.items) < _LARGEST_TUPLE:
                target.items.append((key, value))

    # Imports and calls

    def import_line(self) -> None:
        self.stack.append(self._named())

    def _named(self) -> Global:
        module, name = self.source.line(_LONGEST_LINE), self.source.line(_LONGEST_LINE)
        return self._import(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))

    def _import(self, module: str, name: str) -> Global:
        found = Global(module, name)
        self._watcher.imports(found)
        return LOADS_STORAGE if found == LOADS_STORAGE else found

    def import_stack(self) -> None:
        name, module = self.take(), self.take()
        if isinstance(module, str) and isinstance(name, str):
            self.stack.append(self._import(module, name))
        else:
            self._watcher.imports_computed(module, name)
            self.stack.append(Node("call"))

    def extension(self, width: int) -> None:
        self._watcher.imports_extension(self.number(width))
        self.stack.append(Node("call"))

    def _call(self, function: Value, args: Value) -> None:
        self._watcher.calls(function)
        is_storage = isinstance(args, tuple) and len(args) == 1 and args[0] is STORAGE
        self.uses_of_loader -= function is LOADS_STORAGE and is_storage
        self.stack.append(Node("call", function, args))

    def reduce(self) -> None:
        args, function = self.take(), self.take()
        self._call(function, args)

    def new_object_with_names(self) -> None:
        self.take()
        self.reduce()

    def instance(self) -> None:
        values = self.to_mark()
        self.stack.append(self._named())
        self._call(self.take(), tuple(values[:_LARGEST_TUPLE]))

    def object(self) -> None:
        values = self.to_mark()
        if not values:
            message = f"calls nothing at byte {self.source.tell()}"
            raise Malformed(message)
        self._call(values[0], tuple(values[1:_LARGEST_TUPLE]))

    def build(self) -> None:
        state, target = self.take(), self.top()
        if isinstance(target, Node):
            target.state = self.room.keep(state)
            self._watcher.builds(self, target)
        elif isinstance(target, Global):
            self._watcher.changes(target)

    def persistent_line(self) -> None:
        line = self.source.line(_LONGEST_LINE)
        self.stack.append(line.decode("utf-8", "replace")[:_LONGEST_NAME])
        self.persistent()

    def persistent(self) -> None:
        named = self.take()
        node = Node("persistent", None, named)
        self._watcher.refers(node)
        match named:
            case ("module", Global() as of_class, *_):  # PyTorch before 1.6: the class, its file, its source
                self.stack.append(of_class)
            case _:
                self.stack.append(node)

    # Framing

    def set_protocol(self) -> None:
        self.protocol = self.number(1)
        if self.protocol > HIGHEST_PROTOCOL:
            message = f"is of protocol {self.protocol}, which is not known"
            raise Malformed(message)

    def frame(self) -> None:
        length = self.number(8)
        self.frame_end = self.source.tell() + length
