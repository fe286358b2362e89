"""A metric over versions in words, as lists, the history of a stage and the page have it. Pure."""

from __future__ import annotations

from math import isfinite

from modelkeep.domain.answers.trends import Trend, TrendPoint
from modelkeep.domain.json_values import to_text
from modelkeep.domain.metric_directions import LOWER, verdict_of
from modelkeep.domain.numbers import as_number, difference
from modelkeep.rendering import signed, six_digits, told_apart


def finite_values(found: Trend) -> list[float | None]:
    """Return the values as a sparkline takes them: a text, which no double is, is missing."""
    return [each.value if isinstance(each.value, float) else None for each in found.points]


def change_words(point: TrendPoint | None) -> str | None:
    """Return how a value changed against the one before it: ``+0.007 better``; None where it is the first."""
    if point is None or point.difference is None:
        return None
    return _words(six_digits(signed(point.difference) or ""), point.verdict)


def _words(change: str, verdict: str | None) -> str:
    return change if verdict in (None, "same") else f"{change} {verdict}"


def trend_words(found: Trend) -> str | None:
    """Return a metric from the first version to the last: ``@1 0.88 -> @5 0.92 (+0.04 better), best shown 0.94 in fraud@4``.

    A version that is bad, archived or deleted is not called best. None where fewer than two versions have a value.
    """
    there = [each for each in found.points if each.value is not None and as_number(to_text(each.value)) is not None]
    if len(there) < 2:
        return None
    texts = [to_text(each.value) for each in there]
    less = difference(texts[-1], texts[0])
    change = "" if less is None else f" ({_words(six_digits(less), verdict_of(less, found.better))})"
    first, last = (f"@{each.ref.rpartition('@')[2]}" for each in (there[0], there[-1]))
    begin, end = told_apart([texts[0], texts[-1]])
    words = f"{first} {begin} -> {last} {end}{change}"
    numbers = [each for each in there if each.eligible and isinstance(each.value, float) and isfinite(each.value)]
    if found.better is None or not numbers:
        return words
    sign = -1 if found.better == LOWER else 1
    best = max(numbers, key=lambda each: sign * float(each.value or 0))
    return f"{words}, best shown {six_digits(to_text(best.value))} in {best.ref}"
