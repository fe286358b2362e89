"""The plan of a promotion: what an approval approves.

It names the version, the stage with its rules, the holder it would displace, and the values that the rules found. It
leaves out what changes by itself as time passes, so the same facts always give the same plan. An approval counts as long
as the plan is the one that the approver saw.
"""

from __future__ import annotations

from msgspec.json import Decoder

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import Count, LogValue, Ordinal, Sha256, decode_canonical, encode_canonical


class Plan(LogValue, frozen=True, kw_only=True, tag_field="format", tag="modelkeep plan 1"):
    """What would be promoted, and why it may: ``holder`` is 0 for none, ``values`` are rule, value and bound.

    ``bad`` and ``archived`` say that the version is marked so: it needs ``--force``, and another approval.
    """

    model: Ordinal
    version: Ordinal
    digest: Sha256
    stage: str
    holder: Count
    rules: Sha256
    share: Ordinal | None = None
    bad: bool = False
    archived: bool = False
    values: tuple[tuple[str, str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return encode_canonical(self)

    @property
    def plan_digest(self) -> str:
        """The SHA-256 of its bytes, by which approvals name it."""
        return digest_of(self.to_bytes())


_DECODER = Decoder(Plan)


def parse_plan(data: bytes) -> Plan:
    """Return the plan that canonical bytes are; others raise ``Damaged``."""
    return decode_canonical(data, _DECODER, "plan")
