"""The K-th of N parts of all stored contents, divided by digest, so that a content is always in the same part."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

_FORM = pattern(r"([0-9]{1,4})/([0-9]{1,4})", 256)  # re.ASCII
#: The most parts there can be: what _FORM has digits for.
MOST = 9999
_PREFIX = "sha256:"
#: Digests are spread evenly over this many places; the first 16 hex digits say which.
_PLACES = 1 << 64
#: Sorts behind every text.
_END = "\U0010ffff"


class Subset(Struct, frozen=True):
    """The K-th of N parts. The parts are disjoint and together are everything.

    ``first`` and ``end`` are the bounds of its digests as texts: first <= digest < end.
    """

    part: int
    of: int

    @property
    def first(self) -> str:
        """The lowest text that is in it; the first part begins with whatever there is."""
        return "" if self.part == 1 else _bound(self.part - 1, self.of)

    @property
    def end(self) -> str:
        """The lowest text that is not in it any more; the last part has no end."""
        return _END if self.part == self.of else _bound(self.part, self.of)

    def __contains__(self, digest: str) -> bool:
        return self.first <= digest < self.end

    def __str__(self) -> str:
        return f"{self.part}/{self.of}"


EVERYTHING = Subset(1, 1)


def parse_subset(text: str) -> Subset:
    """Return the part that ``K/N`` means; ``UsageError`` where it means none."""
    match = _FORM.fullmatch(text)
    part, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= of:
        message = (
            f"--subset cannot be '{printable(text)}': it is K/N, the K-th of N parts, as in 1/7; "
            f"K goes from 1 to N, and N up to {MOST}"
        )
        raise UsageError(message, f"--subset {_near(part, of)}")
    return Subset(part, of)


def _near(part: int, of: int) -> str:
    """Return the nearest legal part: 7/7 for 8/7."""
    return f"{max(min(part, of), 1)}/{of}" if of else "1/7"


def _bound(number: int, of: int) -> str:
    return f"{_PREFIX}{number * _PLACES // of:016x}"
