"""The field that a half-typed filter of ``list --where`` ends with: where it begins, and how a key is written.

The grammar of filters is `domain.filters`, which completion cannot wait for.
"""

from __future__ import annotations

#: What may stand before a field, besides an open bracket and nothing at all.
_BEFORE_FIELD = frozenset({"and", "or", "not"})
#: A key with one of these stands in backticks.
_QUOTED = frozenset(" \t'\"()<>=!,")


def field_begins(text: str) -> int | None:
    """Return where the last word of a filter begins, None where no field is due: ``stage = 'production' AND me`` 25."""
    begins = 1 + max(text.rfind(mark) for mark in " (")
    before = text[:begins].rstrip(" ")
    last = before.replace("(", " ( ").split()[-2:]
    is_due = not last or last[-1].lower() in _BEFORE_FIELD or (last[-1] == "(" and last[0].lower() != "in")
    in_quotes = any(before.count(quote) % 2 for quote in "'\"`")
    return begins if is_due and not in_quotes else None


def written(field: str) -> str:
    """Return a field as a filter has it: ``metric.auc``, ``metric.`mAP50(B)```; "" where it cannot be written."""
    kind, dot, key = field.partition(".")
    if _QUOTED.isdisjoint(key) and "`" not in key:
        return field
    return "" if "`" in key else f"{kind}{dot}`{key}`"
