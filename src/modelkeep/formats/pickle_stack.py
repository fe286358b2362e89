"""The stack and the memo of a pickle that is followed, with bounds."""

from __future__ import annotations

from modelkeep.formats.byte_sources import ByteSource
from modelkeep.formats.interface import Budget, Malformed
from modelkeep.formats.pickle_values import LOADS_STORAGE, Node, Room, Value

_DEEPEST_STACK = 150_000
_LARGEST_MEMO = 2 << 20
_UNSET = Node("unset")


class Stack:
    """What the instructions of a pickle work on; the lists below the marks are kept aside, as Python does it."""

    def __init__(self, source: ByteSource, budget: Budget, room: Room) -> None:
        self.source = source
        self.room = room
        self.stack: list[Value] = []
        self._budget = budget
        self._marked: list[list[Value]] = []
        self._held = 0
        self._memo: list[Value] = []
        self._memoized = 0
        self.uses_of_loader = 0

    def check_bounds(self) -> None:
        """Raise `OverBudget` where the time is over, `Malformed` where there is more on the stack than can be followed."""
        self._budget.check()
        if self._held + len(self.stack) > _DEEPEST_STACK or len(self._marked) > _DEEPEST_STACK:
            message = "holds too many objects at once to be followed"
            raise Malformed(message)

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def take(self) -> Value:
        if not self.stack:
            message = f"takes from an empty stack at byte {self.source.tell()}"
            raise Malformed(message)
        value = self.stack.pop()
        self.uses_of_loader += value is LOADS_STORAGE
        return value

    def top(self) -> Value:
        if not self.stack:
            return self.take()
        return self.stack[-1]

    def to_mark(self) -> list[Value]:
        if not self._marked:
            message = f"takes up to a mark that is not there at byte {self.source.tell()}"
            raise Malformed(message)
        items, self.stack = self.stack, self._marked.pop()
        self._held -= len(self.stack)
        self.uses_of_loader += sum(each is LOADS_STORAGE for each in items)
        return items

    def mark(self) -> None:
        self._marked.append(self.stack)
        self._held += len(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.to_mark()

    def pop_mark(self) -> None:
        self.to_mark()

    def dup(self) -> None:
        self.stack.append(self.top())

    def get(self, place: int) -> None:
        if place >= len(self._memo) or self._memo[place] is _UNSET:
            message = f"asks for what it has not stored at byte {self.source.tell()}"
            raise Malformed(message)
        self.stack.append(self._memo[place])

    def put(self, place: int) -> None:
        if not 0 <= place < _LARGEST_MEMO:
            message = f"stores an object at place {place}, too far to be followed"
            raise Malformed(message)
        if place >= len(self._memo):
            self._memo.extend([_UNSET] * (place + 1 - len(self._memo)))
        self._memoized += self._memo[place] is _UNSET
        self._memo[place] = self.room.keep(self.top())

    def memoize(self) -> None:
        self.put(self._memoized)
