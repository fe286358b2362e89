"""Differences of exact decimals: metrics are kept as text and subtracted without rounding."""

from __future__ import annotations

from modelkeep.domain.numbers import as_number

# Outside of these powers of ten a difference is written with an exponent.
_PLAIN_FROM, _PLAIN_TO = -20, 20
# Exponents have three digits at most, so this many more digits than were typed hold any difference.
_EXTRA_DIGITS = 2 * 999 + 2


def difference(a: str, b: str) -> str | None:
    """Return a minus b as text with its sign: ``+0.007``, ``-12``, ``0``; None if one is no number.

    The result is exact, without superfluous zeros; beyond 20 powers of ten it has an exponent.
    """
    minuend, subtrahend = as_number(a), as_number(b)
    if minuend is None or subtrahend is None:
        return None
    from decimal import MAX_EMAX, MIN_EMIN, Context

    exact = Context(prec=len(a) + len(b) + _EXTRA_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
    result = exact.normalize(exact.subtract(minuend, subtrahend))
    if not result:
        return "0"
    if _PLAIN_FROM <= result.adjusted() <= _PLAIN_TO:
        return f"{result:+f}"
    return f"{result:+e}"
