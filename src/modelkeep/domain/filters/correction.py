"""Filters with the usual mistakes of other languages, mended: ``stage = production`` becomes ``stage = 'production'``."""

from __future__ import annotations

from collections.abc import Callable, Collection

from modelkeep.domain.filters.tokens import LONGEST
from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import close_to, pattern
from modelkeep.errors import UsageError

_QUOTES = str.maketrans(dict.fromkeys("\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb", "'"))
_QUOTED = pattern(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`)")
#: Marks of other languages, in the order in which they are replaced.
_MARKS = (
    ("&&", " AND "),
    ("&", " AND "),
    ("||", " OR "),
    ("|", " OR "),
    ("===", "="),
    ("=>", ">="),
    ("=<", "<="),
    ("~=", " LIKE "),
)
_BARE_VALUE = pattern(r"(?i)((?:[<>!=]=?|<>|\bI?LIKE)\s*)([^\s()',\"`=<>!]+)")
_BARE_VALUES = pattern(r"(?i)(\bIN\s*\()([^()'\"`]*)(?=\))")
#: What is no value: a version is compared with numbers only, and a field with values only.
_NO_VALUE = pattern(r"(?i)\bversion(_number)?\s*[<>!=]+\s*'\D|[<>!=]\s*'(metric|param|tag)s?\.[^']*'")
_FIELD = pattern(r"(?i)(?<![\w.])([a-z_]\w*)(?=\s*(?:[<>!=]|(?:NOT|I?LIKE|IN|IS)\b))")
_BETWEEN = pattern(r"(?i)(?<![\w.@-])([\w.@-]+)\s+BETWEEN\s+(\S+)\s+AND\s+(\S+)")
_NULL = pattern(r"(?i)(!?)=+\s*(?:NULL|None)\b")
_NUMBER_FOLLOWS, _TEXT_FOLLOWS = pattern(r"\s*[<>!=]+\s*[-+.0-9]"), pattern(r"(?i)\s*(?:!?=+|I?LIKE|IN\s*\()\s*(?:$|')")
_WORDS = frozenset({"and", "or", "not", "null", "in", "is", "like", "ilike"})


def corrected(text: str, fields: Collection[str], parse: Callable[[str], object]) -> str | None:
    """Return what a filter was meant to be, None where that is none either: ``parse`` raises ``UsageError``."""
    if len(text) > LONGEST:
        return None
    plain = text.translate(_QUOTES)
    plain += "'" * (plain.count("'") % 2)
    parts = _QUOTED.split(plain)
    parts[::2] = [_mended(part, fields) for part in parts[::2]]
    found = "".join(parts).strip()
    if found == text.strip() or _NO_VALUE.search(found):
        return None
    try:
        parse(found)
    except UsageError:
        return None
    return found


def _mended(part: str, fields: Collection[str]) -> str:
    """Return a part outside of quotes with its marks, its values and the names of its fields mended."""
    for mark, word in _MARKS:
        part = (part.replace(f" {mark} ", mark) if word[0] == " " else part).replace(mark, word)
    part = _BETWEEN.sub(r"\1 >= \2 AND \1 <= \3", part)
    part = _NULL.sub(lambda match: "IS NOT NULL" if match[1] else "IS NULL", part)
    part = _BARE_VALUE.sub(lambda match: match[1] + _quoted(match[2]), part)
    part = _BARE_VALUES.sub(
        lambda match: match[1] + ", ".join(_quoted(each.strip()) for each in match[2].split(",")), part
    )
    return str(_FIELD.sub(lambda match: _near(match[1], part[match.end() :], fields), part))


def _quoted(word: str) -> str:
    return word if word.lower() in _WORDS or as_number(word) is not None else f"'{word}'"


def _near(word: str, rest: str, fields: Collection[str]) -> str:
    """Return the field that a word means: one that is close, else a metric before a number and a tag before a text."""
    if word.lower() in fields or word.lower() in _WORDS:
        return word
    if near := close_to(word.lower(), fields):
        return near[0]
    kind = "metric." if _NUMBER_FOLLOWS.match(rest) else "tag." if _TEXT_FOLLOWS.match(rest) else ""
    return kind + word
