"""The numbers of versions that a registration leaves out: an imported version keeps the one it had."""

from __future__ import annotations

from modelkeep.domain.record import Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.interface import Event
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded
from modelkeep.errors import Conflict, Damaged

#: The largest number that a version may be given.
_LARGEST_VERSION = 999_999_999
#: How many numbers may be left out at once at most: each has a row.
_MOST_SKIPPED = 10_000


class NumbersSkipped(Event, frozen=True):
    """The numbers from ``first`` to ``last`` were never given: an imported version kept its own, higher one."""

    model: Ordinal
    first: Ordinal
    last: Ordinal

    def project(self, recorded: Recorded) -> Changes:
        """Yield a tombstone for each number that was left out: it has no version, as a deleted one."""
        if self.last - self.first >= _MOST_SKIPPED:
            message = f"entry {recorded.seq}: it leaves out more than {_MOST_SKIPPED} numbers"
            raise Damaged(message)
        for number in range(self.first, self.last + 1):
            yield Insert("deleted", {"model": self.model, "version": number, "seq": recorded.seq, "skipped": 1})


def skipped_numbers(model: Model, next_number: int, number: int) -> list[NumbersSkipped]:
    """Return the event that says which numbers are left out, none where the number is the next one."""
    if not next_number <= number <= _LARGEST_VERSION:
        message = f"a version gets a number from {next_number} to {_LARGEST_VERSION}, not {number}"
        raise Conflict(message)
    if number - next_number > _MOST_SKIPPED:
        message = f"at most {_MOST_SKIPPED} numbers may be left out at once, not {number - next_number}"
        raise Conflict(message)
    return [] if number == next_number else [NumbersSkipped(model.seq, next_number, number - 1)]
