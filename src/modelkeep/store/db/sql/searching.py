"""Free text: where a word stands, and the texts that models and versions have."""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.domain.answers.found import TextMatch
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import shared
from modelkeep.store.db.sql.statement import statement
from modelkeep.store.db.sql.versions import TAGS, spans

# The words of texts that were replaced have rows too: those of the texts tell which are there.
PLACES = statement("""
SELECT word.model, word.version FROM word
JOIN model_name ON model_name.model = word.model AND model_name.since_seq = word.since_seq
WHERE word.word >= :low AND word.word < :end AND word.field = 'name' AND HOLDS(model_name)
UNION ALL
SELECT word.model, word.version FROM word
JOIN description ON description.model = word.model AND description.version = word.version
    AND description.since_seq = word.since_seq
WHERE word.word >= :low AND word.word < :end AND word.field = 'description' AND HOLDS(description)
UNION ALL
SELECT word.model, word.version FROM word
JOIN tag ON tag.model = word.model AND tag.version = word.version AND tag.key = substr(word.field, 5)
    AND tag.since_seq = word.since_seq
WHERE word.word >= :low AND word.word < :end AND word.field >= 'tag.' AND word.field < 'tag/' AND HOLDS(tag)
""")

# How common a word is, as far as that matters.
COUNT = """
SELECT count(*) FROM (SELECT 1 FROM word WHERE word >= :low AND word < :end LIMIT 10000) AS first_ones
"""

NAME = statement("""
SELECT name FROM model_name WHERE model = :model AND HOLDS(model_name)
""")

DESCRIPTIONS = statement("""
SELECT version, text FROM description WHERE model = :model AND version BETWEEN :first AND :last AND HOLDS(description)
""")


def places(reader: Reader, at: int | None, word: str, end: str) -> set[tuple[int, int]]:
    """Return model and version (0: the model) of the texts with a word from ``word`` up to ``end``."""
    return {(model, version) for model, version in PLACES.rows(reader, at, low=word, end=end)}


def end_of(word: str, *, whole: bool) -> str:
    """Return what lies behind a word, or behind all words that begin so."""
    return word + ("\0" if whole else shared.LAST)


def count(reader: Reader, word: str, end: str) -> int:
    """Return in how many texts of any time there are such words, 10,000 at most."""
    return int(reader.one(COUNT, low=word, end=end)[0])


def name_of(reader: Reader, at: int | None, model: int) -> str | None:
    """Return what a model is called, None where it is deleted."""
    row = NAME.row(reader, at, model=model)
    return None if row is None else str(row[0])


def texts(
    reader: Reader, at: int | None, model: int, name: str | None, numbers: Iterable[int]
) -> dict[int, list[TextMatch]]:
    """Return the texts of versions of a model, and those of the model itself for 0."""
    found: dict[int, list[TextMatch]] = {number: [] for number in numbers}
    if name is not None and 0 in found:
        found[0].append(TextMatch(name, "name", name))
    for first, last in spans(found):
        where = {"model": model, "first": first, "last": last}
        rows = [(number, f"tag.{key}", value) for number, key, value in TAGS.rows(reader, at, **where, key=None)]
        rows += [(number, "description", text) for number, text in DESCRIPTIONS.rows(reader, at, **where)]
        for number, field, text in rows:
            if number in found:
                found[number].append(TextMatch(f"{name}@{number}" if number else str(name), field, text))
    return found
