"""What a half-typed filter of ``list --where`` ends with: a field, an operator, a value, or AND and OR.

The grammar of filters is `domain.filters`, which completion cannot wait for. Here it is a table: what may follow what.
"""

from __future__ import annotations

_QUOTES, _MARKS = "'\"`", "=!<>"
#: A key with one of these stands in backticks.
_QUOTED = frozenset(" \t'\"()<>=!,")
#: What follows a word in each place: the next place, by the word or by the kind of word.
_NEXT = {
    "field": {"not": "field", "(": "field", "word": "operator"},
    "operator": {"mark": "value", "like": "value", "ilike": "value", "in": "open", "not": "negated", "is": "is"},
    "negated": {"like": "value", "ilike": "value", "in": "open"},
    "is": {"not": "null", "null": "join"},
    "null": {"null": "join"},
    "open": {"(": "one"},
    "one": {"text": "more", "word": "more"},
    "more": {",": "one", ")": "join"},
    "value": {"text": "join", "word": "join"},
    "join": {"and": "field", "or": "field", ")": "join"},
}
#: The operators that make sense for numbers and times, and for texts.
_ORDERS, _TEXTS = ("=", "!=", "<", "<=", ">", ">="), ("=", "!=", "LIKE", "ILIKE", "IN (")
_MISSING = ("IS NULL", "IS NOT NULL")
STATES = ("development", "active", "superseded", "bad", "archived", "deleted")


class FilterEnd:
    """The end of a half-typed filter: the ``place`` of its last word, where that ``begins``, and the ``field`` compared."""

    def __init__(self, text: str) -> None:
        self.field, self.place, self.begins = "", "field", len(text)
        for word, begin, end in _words(text):
            self.begins = begin
            if end == len(text) and word not in "(),":
                return
            known = _NEXT.get(self.place, {})
            kind = "text" if word[0] in "'\"" else "mark" if word[0] in _MARKS else "word"
            if self.place == "field" and word.lower() not in known:
                self.field = word
            self.place = known.get(word.lower()) or known.get(kind, "")
            self.begins = len(text)

    def operators(self) -> tuple[str, ...]:
        """Return the words that may stand in the place of an operator, or where filters are joined."""
        if self.place == "operator":
            kind = self.field.partition(".")[0].lower()
            if kind == "created":
                return _ORDERS[2:]
            if kind in ("metric", "metrics", "version", "size"):
                return (*_ORDERS, "IN (", *_MISSING)
            return (*_TEXTS, *(_ORDERS[2:] if kind in ("param", "params") else ()), *_MISSING)
        return {
            "negated": ("LIKE", "ILIKE", "IN ("), "is": ("NULL", "NOT NULL"), "null": ("NULL",), "open": ("(",),
            "more": (",", ")"), "join": ("AND", "OR"),
        }.get(self.place, ())  # fmt: skip


def quoted(value: str, text: str) -> str:
    """Return a value as a filter has it, in the quotes that ``text`` has; "" where it cannot be written in them."""
    quote = next((each for each in text if each in "'\""), "'")
    return f"{quote}{value.replace(quote, quote * 2)}{quote}"


def written(field: str) -> str:
    """Return a field as a filter has it: ``metric.auc``, ``metric.`mAP50(B)```; "" where it cannot be written."""
    kind, dot, key = field.partition(".")
    if _QUOTED.isdisjoint(key) and "`" not in key:
        return field
    return "" if "`" in key else f"{kind}{dot}`{key}`"


def _words(text: str) -> list[tuple[str, int, int]]:
    """Return the words of a filter with their places; one that has no end yet ends with the text."""
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(text):
        begin = at
        if text[at] in " \t\n":
            at += 1
            continue
        if text[at] in "(),":
            at += 1
        elif text[at] in _MARKS:
            while at < len(text) and text[at] in _MARKS:
                at += 1
        else:
            at = _end_of_word(text, at)
        found.append((text[begin:at], begin, at))
    return found


def _end_of_word(text: str, at: int) -> int:
    """Return where a word ends; a part of it may be in quotes: ``tag.`a b```."""
    while at < len(text) and text[at] not in " \t\n(),=!<>":
        if text[at] in _QUOTES:
            end = text.find(text[at], at + 1)
            at = len(text) if end < 0 else end + 1
        else:
            at += 1
    return at
