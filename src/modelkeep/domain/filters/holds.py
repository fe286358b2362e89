"""Whether a filter holds of a version. A comparison with what is missing does not hold; ``NOT`` turns that round.

A number is compared with values that are numbers, exactly. A text is equal to a text; ``=`` and ``!=`` of name, label, stage,
state and alias do not look at the case, as references do not. A field of several values (a version may hold two stages) holds
where one of them does; ``!=`` where none of them is equal.
"""

from __future__ import annotations

import operator
import typing
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import TypeAlias

from modelkeep.domain.filters.expression import All, Any, Comparison, Expression, Field, Membership, Missing, Not, Value
from modelkeep.domain.labels import fold, label_key, label_sort_key
from modelkeep.domain.numbers import as_number
from modelkeep.errors import AmbiguousKey

#: Returns the values that a version has for a field, none where it has none.
Values: TypeAlias = Callable[[Field], Sequence[str]]

_FOLDED = frozenset({"name", "stage", "state", "alias"})
_ORDERS: Mapping[str, Callable[[typing.Any, typing.Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
#: Fields whose values are numbers, also where a filter has them in quotes.
_NUMERIC = frozenset({"version", "size", "metric"})


def holds(expression: Expression, values: Values) -> bool:
    """Tell whether a filter holds of the version whose ``values`` these are."""
    match expression:
        case All():
            return _joined(expression.expressions, values, decisive=False)
        case Any():
            return _joined(expression.expressions, values, decisive=True)
        case Not():
            return not holds(expression.expression, values)
        case Missing():
            return _is_missing(expression.field, values)
        case Membership():
            found = values(expression.field)
            return any(_equal(expression.field, each, value) for each in found for value in expression.values)
        case Comparison():
            return _compare(expression, values(expression.field))


def _is_missing(field: Field, values: Values) -> bool:
    try:
        return not values(field)
    except AmbiguousKey:  # it is there, whichever is meant
        return False


def _joined(expressions: Sequence[Expression], values: Values, *, decisive: bool) -> bool:
    """Return the ``decisive`` value where one of the expressions has it, in whatever order they stand, else the other one.

    A metric that may mean several values raises ``AmbiguousKey`` only where no other expression decides.
    """
    unclear = None
    for each in expressions:
        try:
            if holds(each, values) is decisive:
                return decisive
        except AmbiguousKey as error:
            unclear = unclear or error
    if unclear is not None:
        raise unclear
    return not decisive


def fields(expression: Expression) -> set[Field]:
    """Return the fields that a filter names."""
    match expression:
        case All() | Any():
            return set().union(*(fields(each) for each in expression.expressions))
        case Not():
            return fields(expression.expression)
        case _:
            return {expression.field}


def _compare(comparison: Comparison, found: Sequence[str]) -> bool:
    field, value = comparison.field, comparison.value
    if comparison.operator == "=":
        return any(_equal(field, each, value) for each in found)
    if comparison.operator == "!=":
        return bool(found) and not any(_equal(field, each, value) for each in found)
    if comparison.operator in _ORDERS:
        return any(_ordered(field, each, comparison.operator, value) for each in found)
    matches = like(str(value), ignore_case=comparison.operator == "ILIKE")
    if field.kind == "digest":  # with what is before the hex digits, or without it
        found = [form for each in found for form in (each, each.removeprefix("sha256:"))]
    return any(matches(each) for each in found)


def _equal(field: Field, found: str, value: Value) -> bool:
    text = str(value)
    if field.kind == "label":  # 1.10 is a label also without quotes, and no decimal
        return label_key(found) == label_key(text)
    number = _number(field, value)
    if number is not None:
        return as_number(found) == number
    if field.kind == "digest":
        return found.startswith(text)
    return fold(found) == fold(text) if field.kind in _FOLDED else found == text


def _ordered(field: Field, found: str, sign: str, value: Value) -> bool:
    if field.kind == "label":
        return _ORDERS[sign](label_sort_key(found), label_sort_key(str(value)))
    number = _number(field, value)
    if number is None:
        return _ORDERS[sign](found, str(value))
    own = as_number(found)
    return own is not None and _ORDERS[sign](own, number)


def _number(field: Field, value: Value) -> Decimal | None:
    """Return the number that a value is compared as: itself, or the text of one where the field has only numbers."""
    if isinstance(value, Decimal):
        return value
    return as_number(value) if field.kind in _NUMERIC else None


def like(text: str, *, ignore_case: bool) -> Callable[[str], bool]:
    r"""Return what matches a pattern with ``%`` (any text) and ``_`` (one character); a backslash takes their meaning away."""
    pieces: list[list[str | None]] = [[]]
    escaped = False
    for place, letter in enumerate(text, start=1):
        if not escaped and letter == "\\" and place < len(text):
            escaped = True
            continue
        if not escaped and letter == "%":
            pieces.append([])
        elif not escaped and letter == "_":
            pieces[-1].append(None)
        elif pieces[-1] and pieces[-1][-1] is not None:
            pieces[-1][-1] += letter
        else:
            pieces[-1].append(letter)
        escaped = False
    fold_letter = str.casefold if ignore_case else str
    folded = [[None if run is None else fold_letter(run) for run in piece] for piece in pieces]
    return lambda value: _Letters([fold_letter(each) for each in value]).match(folded)


class _Letters:
    """The letters of a value, each as it is compared: ``ß`` is ``ss`` where the case is ignored, and one letter."""

    def __init__(self, letters: Sequence[str]) -> None:
        self._text = "".join(letters)
        self._offsets = [0, *accumulate(map(len, letters))]
        self._places = {offset: place for place, offset in enumerate(self._offsets)}
        self._count = len(letters)

    def match(self, pieces: Sequence[Sequence[str | None]]) -> bool:
        """Tell whether the pieces of a pattern, with any text between two of them, are the whole value.

        The time is bounded by the product of both lengths: each piece is looked for behind the one before it.
        """
        first, *others = pieces
        at = self._end(first, 0)
        if not others or at is None:
            return at == self._count
        for piece in others[:-1]:
            ends = (self._end(piece, start) for start in range(at, self._count + 1))
            at = next((end for end in ends if end is not None), None)
            if at is None:
                return False
        return any(self._end(others[-1], start) == self._count for start in range(at, self._count + 1))

    def _end(self, piece: Sequence[str | None], at: int) -> int | None:
        """Return behind which letter a piece that begins at one ends, None where it does not match."""
        for run in piece:
            if run is None:
                following: int | None = at + 1 if at < self._count else None
            else:
                begin = self._offsets[at]
                matches = self._text.startswith(run, begin)
                following = self._places.get(begin + len(run)) if matches else None
            if following is None:
                return None
            at = following
        return at
