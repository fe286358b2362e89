"""Filters as text: a recursive descent, which names the place of a mistake.

``expression := conjunction { OR conjunction }``, ``conjunction := term { AND term }``,
``term := NOT term | ( expression ) | FIELD comparison``. What MLflow's search accepts is a part of it: its ``tags.``, ``params.``,
``metrics.`` and ``attributes.``, ``version_number``, and keys in backticks or double quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from modelkeep.domain.filters.correction import corrected
from modelkeep.domain.filters.expression import (
    All,
    Any,
    Comparison,
    Expression,
    Field,
    Membership,
    Missing,
    Not,
    Value,
)
from modelkeep.domain.filters.tokens import DEEPEST, Token, mistake, tokens
from modelkeep.domain.keys import KINDS
from modelkeep.domain.refs import parse_digest
from modelkeep.domain.text import close_to, printable, shell_word
from modelkeep.errors import UsageError

#: The fields of a version that a filter can name, besides ``metric.K``, ``param.K`` and ``tag.K``.
FIELDS = (
    "name", "version", "label", "stage", "state", "alias", "author", "created", "size", "format", "digest", "description", "run",
)  # fmt: skip
#: What MLflow and our own JSON call them.
_OTHER_NAMES: Mapping[str, str] = {
    "version_number": "version", "current_stage": "stage", "stages": "stage", "aliases": "alias", "run_id": "run",
    "size_bytes": "size", "creation_timestamp": "created", "sha256": "digest",
}  # fmt: skip
_KINDS = {
    **{kind: kind for kind in KINDS},
    **{f"{kind}s": kind for kind in KINDS},
    "parameter": "param",
    "parameters": "param",
}
_DIGEST = Field("digest")
_ATTRIBUTES = ("attribute", "attributes", "attr")
_ORDERS = ("=", "!=", "<", "<=", ">", ">=")
_SAME_MARKS = {"<>": "!=", "==": "="}


def parse_filter(text: str) -> Expression:
    """Return what a filter says; ``UsageError`` with the place of what is wrong, and where it is known the right filter."""
    try:
        return _parsed(text)
    except UsageError as error:
        if (meant := corrected(text, (*FIELDS, *_OTHER_NAMES), _parsed)) is None:
            raise
        hint = f"modelkeep list --where {shell_word(meant)}"
        raise UsageError(error.message, hint, correction=(text, meant)) from None


def _parsed(text: str) -> Expression:
    parser = _Parser(text)
    found = parser.expression(0)
    if parser.next.kind != "end":
        parser.refuse("expected AND, OR or the end")
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._place = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def refuse(self, what: str, token: Token | None = None) -> NoReturn:
        """Raise the error for what is wrong at a word, the next one where none is named."""
        raise mistake(self._text, (token or self.next).at, what)

    def expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            self.refuse("it is nested too deep")
        found = [self._conjunction(depth)]
        while self._word("OR"):
            found.append(self._conjunction(depth))
        return found[0] if len(found) == 1 else Any(tuple(found))

    def _conjunction(self, depth: int) -> Expression:
        found = [self._term(depth)]
        while self._word("AND"):
            found.append(self._term(depth))
        return found[0] if len(found) == 1 else All(tuple(found))

    def _term(self, depth: int) -> Expression:
        if depth > DEEPEST:
            self.refuse("it is nested too deep")
        if self._word("NOT"):
            return Not(self._term(depth + 1))
        if self._mark("("):
            found = self.expression(depth + 1)
            if not self._mark(")"):
                self.refuse("expected ')'")
            return found
        return self._comparison(self._field())

    def _field(self) -> Field:
        token = self._take("word", "name", "text")
        if token is None or (token.kind == "text" and token.text[0] == "'"):
            self.refuse("expected a field", token)
        if self.next.text == "." and self.next.at == token.end:
            self._place += 1
            return self._dotted(token)
        word = _bare(token)
        name = _OTHER_NAMES.get(word.lower(), word.lower())
        if name in FIELDS:
            return Field(name)
        near = close_to(name, FIELDS)
        keys = f"a tag is tag.{word}, a param param.{word}, a metric metric.{word}"
        also = f"did you mean {' or '.join(near)}" if near else printable(keys)
        return self.refuse(f"there is no field '{printable(word)}': {also}", token)

    def _dotted(self, kind: Token) -> Field:
        word = _bare(kind).lower()
        if word in _ATTRIBUTES:
            return self._field()
        if word not in _KINDS:
            self.refuse(f"there is no '{printable(kind.text)}.': metric.K, param.K and tag.K are", kind)
        begin = self.next
        if begin.kind in ("name", "text") and not begin.text.startswith("'"):
            self._place += 1
            return Field(_KINDS[word], _bare(begin))
        end = begin.at
        # A key may have dots and hyphens in it: it goes on as long as nothing parts it.
        while self.next.at == end and (self.next.kind in ("word", "number") or self.next.text == "."):
            end = self.next.end
            self._place += 1
        if end == begin.at:
            self.refuse("expected a key: letters, or anything in backticks")
        return Field(_KINDS[word], self._text[begin.at : end])

    def _comparison(self, field: Field) -> Expression:
        if self._word("IS"):
            negated = self._word("NOT")
            if not self._word("NULL"):
                self.refuse("expected NULL or NOT NULL")
            return Not(Missing(field)) if negated else Missing(field)
        if self._word("NOT"):
            return Not(self._worded(field) or self.refuse("expected LIKE, ILIKE or IN"))
        found = self._worded(field)
        if found is not None:
            return found
        token = self._take("mark")
        mark = "" if token is None else _SAME_MARKS.get(token.text, token.text)
        if mark not in _ORDERS:
            self.refuse(f"expected {', '.join(_ORDERS)}, LIKE, ILIKE, IN or IS", token)
        return Comparison(field, mark, self._value(field))

    def _worded(self, field: Field) -> Expression | None:
        """Return a comparison by a word, None where another one stands."""
        for word in ("LIKE", "ILIKE"):
            if self._word(word):
                at = self.next
                value = self._value()
                if not isinstance(value, str):
                    self.refuse(f"{word} takes a text in quotes, with % and _ in it", at)
                return Comparison(field, word, value)
        if not self._word("IN"):
            return None
        if not self._mark("("):
            self.refuse("expected '(' and values")
        values = [self._value(field)]
        while self._mark(","):
            values.append(self._value(field))
        if not self._mark(")"):
            self.refuse("expected ',' or ')'")
        return Membership(field, tuple(values))

    def _value(self, field: Field | None = None) -> Value:
        """Return a value; one that a ``field`` is equal to must be such as it has."""
        token = self._take("text", "number", "word")
        if token is None or (
            token.kind == "word" and token.text.upper() in ("AND", "OR", "NOT", "NULL", "IN", "IS", "LIKE")
        ):
            self.refuse("expected a value: a number, or a text in quotes", token)
        if field == _DIGEST:
            try:
                return str(parse_digest(_bare(token) if token.kind == "text" else ""))
            except UsageError:
                self.refuse("a digest is compared with 8 to 64 hex digits in quotes", token)
        if token.kind == "number":
            return Decimal(token.text)
        if token.kind == "word":
            self.refuse(f"a text stands in quotes: '{printable(token.text)}'", token)
        return _bare(token)

    def _take(self, *kinds: str) -> Token | None:
        token = self.next
        if token.kind not in kinds:
            return None
        self._place += 1
        return token

    def _word(self, word: str) -> bool:
        if self.next.kind == "word" and self.next.text.upper() == word:
            self._place += 1
            return True
        return False

    def _mark(self, mark: str) -> bool:
        if self.next.kind == "mark" and self.next.text == mark:
            self._place += 1
            return True
        return False


def _bare(token: Token) -> str:
    """Return a text without its quotes, in which a doubled quote is one."""
    if token.kind == "word":
        return token.text
    quote = token.text[0]
    return token.text[1:-1].replace(quote * 2, quote) if token.kind == "text" else token.text[1:-1]
