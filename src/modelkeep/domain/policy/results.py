"""What a rule of the policy found: a value, its bound, and whether the rule holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import LogValue

if TYPE_CHECKING:
    from decimal import Decimal

_LONGEST_VALUE = 64
_FIRST = 40
_SHORT_DIGEST = 19


def shown_value(text: str) -> str:
    """Return a value as a result quotes it: a metric may have a million digits, and an entry has no room for them.

    Two long values that begin alike are told apart by their digests.
    """
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_FIRST]} ... {digest_of(text.encode())[:_SHORT_DIGEST]}"


def shown_number(number: Decimal) -> str:
    """Return the digits of a number, with an exponent where there are very many."""
    digits = f"{number:f}"
    return digits if len(digits) <= _FIRST else str(number)


class RuleResult(LogValue, frozen=True):
    """A rule, the value that it found, and the bound that the policy sets.

    ``passed`` says that the rule holds. One that does not refuses, unless it only warns (``warn``) or was ``waived`` by
    breaking the glass.
    """

    rule: str
    value: str
    bound: str
    passed: bool = False
    warn: bool = False
    waived: bool = False

    @property
    def refuses(self) -> bool:
        """Whether it stands in the way."""
        return not (self.passed or self.warn or self.waived)
