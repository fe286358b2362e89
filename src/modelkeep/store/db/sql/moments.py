"""Turn a moment into the last entry that it includes: after this, reads compare entry numbers, not times."""

from __future__ import annotations

from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.times import At, AtSeq, Moment
from modelkeep.errors import NotFound
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import deciding

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


def moment(reader: Reader, when: Moment) -> AsOf:
    """Return the last entry that a moment includes; ``NotFound`` before the first one or after the last."""
    match when:
        case AtSeq(seq):
            row = reader.row(TIME, seq=seq)
            if row is not None:
                return AsOf(seq, row[0])
            last = reader.row(deciding.HEAD)
            message = f"the log has no entry {seq}"
            raise NotFound(message, f"its last one is seq:{last[0]}, of {last[2]}" if last else None)
        case At(time):
            seq = last_entry(reader, when, inclusive=True)
            if seq > 0:
                return AsOf(seq, time)
            first = reader.row(TIME, seq=1)
            message = f"there was no registry yet at {time}"
            raise NotFound(message, f"its first entry is of {first[0]}" if first else None)


def last_entry(reader: Reader, when: Moment, *, inclusive: bool) -> int:
    """Return the last entry up to a moment, or where not ``inclusive`` the last one before it; 0 where there is none."""
    match when:
        case AtSeq(seq):
            return seq if inclusive else seq - 1
        case At(time):
            row = reader.row(NOT_LATER if inclusive else EARLIER, time=time)
            return 0 if row is None else int(row[0])
