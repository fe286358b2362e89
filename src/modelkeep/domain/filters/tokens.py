"""The words of a filter, each with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

#: A longer filter is refused, and one that is nested deeper.
LONGEST, DEEPEST = 10_000, 50
_EXAMPLE = """modelkeep list --where "metric.auc >= 0.9 AND tag.tier = 'gold'\""""
_TOKEN = pattern(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<name>`[^`]*`)"
    r"|(?P<number>[-+]?(?:[0-9]+(?:\.[0-9]*)?|(?<![\w`'\"])\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?(?![A-Za-z_0-9.]))"
    r"|(?P<word>[^\s'\"`()<>=!,.][^\s'\"`()<>=!,.]*)"
    r"|(?P<mark>!=|<>|<=|>=|==|[()<>=,.])"
)


class Token(Struct, frozen=True):
    """A word: ``kind`` is ``text``, ``name`` (in backticks), ``number``, ``word``, ``mark`` or ``end``; ``at`` its place."""

    kind: str
    text: str
    at: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the words of a filter and its end; raises ``UsageError`` for what is none."""
    if len(text) > LONGEST:
        message = f"the filter has {len(text)} characters, and may have {LONGEST}"
        raise UsageError(message)
    return list(_found(text))


def _found(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            quote = text[at] in "'\"`"
            raise mistake(
                text, at, "the quotation that begins here has no end" if quote else "this is no word of a filter"
            )
        kind = str(match.lastgroup)
        if kind != "space":
            yield Token(kind, match.group(), at, match.end())
        at = match.end()
    yield Token("end", "", len(text), len(text))


def mistake(text: str, at: int, what: str) -> UsageError:
    """Return the error for a filter that is wrong at some place, with a caret under it."""
    before = printable(text[:at].replace("\n", " ").replace("\t", " "))
    shown = before + printable(text[at:].replace("\n", " ").replace("\t", " "))
    start = max(0, len(before) - 60)
    line, caret = shown[start : start + 100], " " * (len(before) - start) + "^"
    return UsageError(f"the filter is not understood: {what}\n{line}\n{caret}", _EXAMPLE)
