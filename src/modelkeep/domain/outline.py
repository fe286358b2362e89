"""An entry in outline: what it holds on to and what it names, where the rest is only to be of the right form.

Reading an entry whole takes eight times as long; that is done where it is decided again.
"""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct

from modelkeep.domain import forms
from modelkeep.domain.entry import Signature
from modelkeep.domain.intents import KINDS, NOBODY, Actor
from modelkeep.domain.patterns import pattern

#: So many entries of a kind are read whole before its pattern is compiled.
_WORTH_COMPILING = 200
# Where the kind of an intent most likely stands; the pattern of that kind tells whether it does.
_KIND = pattern(r'"format":"modelkeep intent 1","id":"[0-9a-f]*","kind":"([a-z]*)"')


class Asked(Struct, frozen=True):
    """An intent in outline."""

    registry: str
    id: str
    details: str | None
    time: str
    not_after: str | None = None
    actor: Actor = NOBODY


class Outline(Struct, frozen=True):
    """An entry in outline; ``documents`` are the digests of those it names."""

    seq: int
    prev: str | None
    clock: str
    time: str
    intent: Asked
    documents: tuple[str, ...]
    signatures: tuple[Signature, ...] = ()


class Outlines:
    """Tells of many entries what their outlines are."""

    def __init__(self, *, worth_compiling: int = _WORTH_COMPILING) -> None:
        self._worth_compiling = worth_compiling
        self._times: Counter[str] = Counter()
        self._forms: dict[str, re.Pattern[str]] = {}

    def of(self, data: bytes) -> Outline | None:
        """Return the outline of an entry, None where it must be read whole to say anything of it."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        likely = _KIND.search(text)
        if likely is None:
            return None
        kind = likely[1]
        form = self._forms.get(kind) or self._compiled(kind)
        match = None if form is None else form.fullmatch(text)
        if match is None:
            return None
        registry, id_, details, asked, digest, prev, seq, clock, time = match.group(
            "registry", "id", "details", "asked", "digest", "prev", "seq", "clock", "time"
        )
        documents = (digest,) if kind == "register" and digest is not None else ()
        return Outline(int(seq), prev, clock, time, Asked(registry, id_, details, asked), documents)

    def _compiled(self, kind: str) -> re.Pattern[str] | None:
        if kind not in KINDS:  # nor is it kept: a forged log may have a long one in each entry
            return None
        self._times[kind] += 1
        if self._times[kind] < self._worth_compiling:
            return None
        self._forms[kind] = re.compile(forms.entry(kind))
        return self._forms[kind]
