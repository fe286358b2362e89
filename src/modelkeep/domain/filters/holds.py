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
from typing import TypeAlias

from modelkeep.domain.filters.expression import All, Any, Comparison, Expression, Field, Membership, Missing, Not, Value
from modelkeep.domain.labels import fold, label_key
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
            return not values(expression.field)
        case Membership():
            found = values(expression.field)
            return any(_equal(expression.field, each, value) for each in found for value in expression.values)
        case Comparison():
            return _compare(expression, values(expression.field))


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
    return any(matches(each) for each in found)


def _equal(field: Field, found: str, value: Value) -> bool:
    number = _number(field, value)
    if number is not None:
        return as_number(found) == number
    text = str(value)
    if field.kind == "digest":
        return found.startswith(text)
    if field.kind == "label":
        return label_key(found) == label_key(text)
    return fold(found) == fold(text) if field.kind in _FOLDED else found == text


def _ordered(field: Field, found: str, sign: str, value: Value) -> bool:
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
    parts, escaped = [], False
    for letter in text:
        if not escaped and letter == "\\":
            escaped = True
            continue
        wild = {"%": "*", "_": "?"}.get(letter) if not escaped else None
        parts.append((letter, wild))
        escaped = False
    return _Pattern(parts, ignore_case=ignore_case)


class _Pattern:
    """A pattern of LIKE, matched in time that is bounded by the product of both lengths."""

    def __init__(self, parts: Sequence[tuple[str, str | None]], *, ignore_case: bool) -> None:
        self._fold = str.casefold if ignore_case else str
        self._parts = [(self._fold(letter), wild) for letter, wild in parts]

    def __call__(self, text: str) -> bool:
        """Tell whether the whole text matches."""
        folded = self._fold(text)
        at = part = 0
        star, mark = -1, 0
        pieces = [(each, wild) for letter, wild in self._parts for each in ((letter,) if wild else letter)]
        while at < len(folded):
            if part < len(pieces) and pieces[part][1] == "*":
                star, mark = part, at
                part += 1
            elif part < len(pieces) and (pieces[part][1] == "?" or pieces[part] == (folded[at], None)):
                part, at = part + 1, at + 1
            elif star >= 0:
                mark += 1
                part, at = star + 1, mark
            else:
                return False
        return all(wild == "*" for _, wild in pieces[part:])
