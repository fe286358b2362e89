"""Times to entries and back: from a moment on, everything compares on ``seq``."""

from __future__ import annotations

from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.times import At, AtSeq, Moment
from modelkeep.errors import NotFound
from modelkeep.store.db.interface import Reader

# ORDER BY and LIMIT, not max(): the planner answers this from the index's end in microseconds.
NOT_LATER = """
SELECT seq FROM entry_index WHERE time <= :time ORDER BY time DESC, seq DESC LIMIT 1
"""

EARLIER = """
SELECT seq FROM entry_index WHERE time < :time ORDER BY time DESC, seq DESC LIMIT 1
"""

TIME = """
SELECT time FROM entry_index WHERE seq = :seq
"""

FIRST = """
SELECT seq, time FROM entry_index ORDER BY seq LIMIT 1
"""

LAST = """
SELECT seq, time FROM entry_index ORDER BY seq DESC LIMIT 1
"""


def moment(reader: Reader, when: Moment) -> AsOf:
    """Return the last entry that a moment includes; ``NotFound`` before the first one or after the last."""
    match when:
        case AtSeq(seq):
            row = reader.row(TIME, seq=seq)
            if row is not None:
                return AsOf(seq, row[0])
            last = reader.row(LAST)
            message = f"the log has no entry {seq}"
            raise NotFound(message, f"its last one is seq:{last[0]}, of {last[1]}" if last else None)
        case At(time):
            seq = not_later(reader, time)
            if seq > 0:
                return AsOf(seq, time)
            first = reader.row(FIRST)
            message = f"there was no registry yet at {time}"
            raise NotFound(message, f"its first entry is of {first[1]}" if first else None)


def not_later(reader: Reader, time: str) -> int:
    """Return the newest entry whose time is not later, 0 where there is none."""
    row = reader.row(NOT_LATER, time=time)
    return 0 if row is None else int(row[0])


def earlier(reader: Reader, time: str) -> int:
    """Return the newest entry whose time is earlier, 0 where there is none."""
    row = reader.row(EARLIER, time=time)
    return 0 if row is None else int(row[0])


def first_since(reader: Reader, when: Moment | None) -> int:
    """Return the first entry of [when, …): entry N itself for ``seq:N``."""
    match when:
        case None:
            return 1
        case AtSeq(seq):
            return seq
        case At(time):
            return earlier(reader, time) + 1


def last_until(reader: Reader, when: Moment | None) -> int | None:
    """Return the last entry of […, when), None where it is open; a bare date and ``seq:N`` are taken in."""
    match when:
        case None:
            return None
        case AtSeq(seq):
            return seq
        case At(time, inclusive):
            return not_later(reader, time) if inclusive else earlier(reader, time)


def over_by(reader: Reader, when: Moment | None) -> int:
    """Return the last entry such that what ended by it was over when [when, …) began."""
    match when:
        case None:
            return 0
        case AtSeq(seq):
            return seq
        case At(time):
            return not_later(reader, time)
