"""Exact decimals: metrics are kept as text, and compared without rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.text import pattern

if TYPE_CHECKING:
    from decimal import Decimal

_NUMBER = pattern(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


def as_number(text: str) -> Decimal | None:
    """Return the exact value of a text that is a number, else None (NaN and infinities are text)."""
    if not _NUMBER.fullmatch(text):
        return None
    from decimal import Decimal

    return Decimal(text)
