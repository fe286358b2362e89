"""What a rule of the policy found: a value, its bound, and whether the rule holds."""

from __future__ import annotations

from msgspec.json import Decoder

from modelkeep.domain.record import LogValue, decode_canonical


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


_DECODER = Decoder(tuple[RuleResult, ...])


def parse_results(data: bytes) -> tuple[RuleResult, ...]:
    """Return the results that canonical bytes are; others raise ``Damaged``."""
    return decode_canonical(data, _DECODER, "verdict")
