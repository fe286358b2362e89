"""Numbers as people and tools write them: kept as text, compared as exact decimals, shown with their digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from modelkeep.domain.record import LARGEST_NUMBER
from modelkeep.domain.text import pattern

if TYPE_CHECKING:
    from decimal import Decimal

# ASCII digits alone: other digits are text. The log's page on text and numbers has the same grammar.
_NUMBER = pattern(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))([eE][+-]?[0-9]{1,3})?")
_MOST_WHOLE_DIGITS = len(str(LARGEST_NUMBER))
# Outside of these powers of ten a difference is written with an exponent.
_PLAIN_FROM, _PLAIN_TO = -20, 20
# Exponents have three digits at most, so this many more digits than were typed hold any difference.
_EXTRA_DIGITS = 2 * 999 + 2


class Number(float):
    """A float that keeps the digits it was given in: ``text`` is JSON's spelling, or ``NaN``, ``Infinity``, ``-Infinity``."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        """Make the number that a text in JSON's spelling means."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # what `__new__` takes
        return (self.text,)

    @property
    def is_plain(self) -> bool:
        """Whether every JSON reader takes it for the same number: it is finite, and no whole number beyond 2^53 - 1."""
        digits = self.text.removeprefix("-")
        if not digits.isdigit():
            return digits[0].isdigit()
        return len(digits) < _MOST_WHOLE_DIGITS or (len(digits) == _MOST_WHOLE_DIGITS and int(digits) <= LARGEST_NUMBER)


_NAN, _INFINITY, _NEGATIVE = Number("NaN"), Number("Infinity"), Number("-Infinity")
# One object for each, so that answers with the same NaN are equal.
_NOT_FINITE = {
    **dict.fromkeys(("nan", "-nan"), _NAN),
    **dict.fromkeys(("inf", "infinity"), _INFINITY),
    **dict.fromkeys(("-inf", "-infinity"), _NEGATIVE),
}


def json_digits(text: str) -> str | None:
    """Return a number in JSON's spelling, with the digits that were given: ``+.50`` is ``0.50``; else None."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, fraction, bare, exponent = match.groups()
    whole, fraction = (whole or "").lstrip("0") or "0", fraction or bare
    return f"{'-' if sign == '-' else ''}{whole}{'.' if fraction else ''}{fraction or ''}{exponent or ''}"


def as_number(text: str) -> Decimal | None:
    """Return the exact value of a text that is a number, else None (NaN and infinities are text)."""
    digits = json_digits(text)
    if digits is None:
        return None
    from decimal import Decimal

    return Decimal(digits)


def as_float(digits: str) -> Number | None:
    """Return the number that digits in JSON's spelling are; None where no double has that size."""
    number = Number(digits)
    too_small = not number and any(each in "123456789" for each in digits.lower().partition("e")[0])
    return None if too_small or number in (float("inf"), float("-inf")) else number


def metric_value(text: str) -> float | str:
    """Return the value of a metric: a `Number`, NaN and infinities too, or the text where it is no double."""
    digits = json_digits(text)
    if digits is None:
        word = text.strip().lower()
        return _NOT_FINITE.get(word.removeprefix("+") if word[1:2] != "-" else word, text)
    number = as_float(digits)
    return text if number is None else number


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
