"""What versions are sorted by: one value a version, for all of a model at once."""

from __future__ import annotations

from modelkeep.domain.labels import fold, label_sort_key
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.statement import statement

NUMBERS = """
SELECT number, number FROM version WHERE model = :model AND number BETWEEN :first AND :last
"""

CREATED = """
SELECT number, seq FROM version WHERE model = :model AND number BETWEEN :first AND :last
"""

SIZES = """
SELECT number, size_bytes FROM version WHERE model = :model AND number BETWEEN :first AND :last
"""

LABELS = statement("""
SELECT number, label FROM version
WHERE model = :model AND label IS NOT NULL AND KNOWN(version.label_seq) AND number BETWEEN :first AND :last
""")

AUTHORS = """
SELECT number, coalesce((SELECT entry_text.value FROM entry_text
                         WHERE entry_text.seq = version.seq AND entry_text.field = 'author'), actor)
FROM version WHERE model = :model AND number BETWEEN :first AND :last
"""

METRIC = statement("""
SELECT version, value FROM metric
WHERE model = :model AND version BETWEEN :first AND :last AND name = :key AND KNOWN(metric.seq)
ORDER BY version, name, seq
""")

PARAM = """
SELECT version.number, entry_text.value
FROM version JOIN entry_text ON entry_text.seq = version.seq AND entry_text.field = :key
WHERE version.model = :model AND version.number BETWEEN :first AND :last
ORDER BY version.number, entry_text.position
"""

TAG = statement("""
SELECT version, value FROM tag
WHERE model = :model AND version BETWEEN :first AND :last AND key = :key AND HOLDS(tag)
""")

#: What a version has from the start.
_OWN = {"version": NUMBERS, "created": CREATED, "size": SIZES, "author": AUTHORS}


def created(reader: Reader, model: int, first: int, last: int) -> dict[int, int]:
    """Return the entry that made each version of a window."""
    return dict(reader.rows(CREATED, model=model, first=first, last=last))


def values(reader: Reader, at: int | None, sort: str, model: int, first: int, last: int) -> dict[int, str | int]:
    """Return what each version of a window has for a key of ``list --sort``; the others have nothing.

    The key is version, created, size, label, author, metric.K, param.K or tag.K.
    """
    where: dict[str, str | int | None] = {"model": model, "first": first, "last": last}
    kind, _, key = sort.partition(".")
    match kind:
        case "metric":
            rows = METRIC.rows(reader, at, **where, key=key)
        case "param":
            rows = reader.rows(PARAM, **where, key=f"param.{key}")
        case "tag":
            rows = TAG.rows(reader, at, **where, key=key)
        case "label":
            rows = LABELS.rows(reader, at, **where)
        case _:
            rows = reader.rows(_OWN[kind], **where)
    made = {"label": label_sort_key, "author": fold}.get(kind)
    return dict(rows) if made is None else {number: made(value) for number, value in rows}
