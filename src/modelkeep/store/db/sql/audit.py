"""Entries of the log, the newest of those that are asked for, with the texts their sentences need."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.details import Details, Line
from modelkeep.store.db.interface import Reader, Value
from modelkeep.store.db.sql.statement import EVER

TEXTS = """
SELECT field, value FROM entry_text
WHERE seq = :seq AND field IN ('reason', 'claimed', 'description', 'note') ORDER BY position
"""

DETAILS = """
SELECT text FROM details WHERE digest = :digest
"""


ENDED_TAGS = """
SELECT key FROM tag WHERE model = :model AND version = :version AND until_seq = :seq ORDER BY key
"""


class Logged(Struct, frozen=True):
    """An entry as it lies in the log, and what its index says of it."""

    seq: int
    time: str
    hash: str
    action: str
    actor: str
    data: bytes


def entries(
    reader: Reader,
    *,
    about: tuple[int, int] | None = None,
    first: int = 1,
    last: int | None = None,
    actor: str | None = None,
    action: str | None = None,
    limit: int | None = None,
) -> list[Logged]:
    """Return the newest entries that are about a version (or, as version 0, a model), newest first."""
    model, version = about or (None, None)
    values: dict[str, Value] = {
        "model": model,
        "version": version,
        "first": first,
        "last": EVER if last is None else last,
        "actor": actor,
        "action": action,
        "limit": EVER if limit is None else limit,
    }
    sql = select(about=about is not None, action=action is not None, actor=actor is not None)
    return [Logged(*row) for row in reader.rows(sql, **values)]


def select(*, about: bool, action: bool, actor: bool) -> str:
    """Return the SELECT of the newest entries, all or those about a version, of an action and of an actor.

    It goes back from the end of an index: of what an entry is about, of an action, of an actor, or of the log.
    """
    first = "entry_about" if about else "entry_action"
    return f"""
SELECT entry.seq, entry_index.time, entry_index.hash, entry_action.action, entry_action.actor, entry.bytes
FROM {"entry_about CROSS JOIN entry_action ON entry_action.seq = entry_about.seq" if about else "entry_action"}
    CROSS JOIN entry ON entry.seq = {first}.seq
    CROSS JOIN entry_index ON entry_index.seq = {first}.seq
WHERE {first}.seq BETWEEN :first AND :last
    {"AND entry_about.model = :model AND entry_about.version = :version" if about else ""}
    {"AND entry_action.action = :action" if action else ""}
    {"AND entry_action.actor = :actor" if actor else ""}
ORDER BY {first}.seq DESC LIMIT :limit
"""


def texts(reader: Reader, seq: int) -> list[tuple[str, str]]:
    """Return the fields of an entry's details that people wrote: reason, claim, description, note."""
    return [(field, value) for field, value in reader.rows(TEXTS, seq=seq)]


def tags(reader: Reader, digest: str) -> list[tuple[str, str]]:
    """Return the tags that details set; what was redacted is not there."""
    row = reader.row(DETAILS, digest=digest)
    lines = () if row is None else Details.parse(row[0]).lines
    return [(line.field, line.value) for line in lines if isinstance(line, Line) and line.field.startswith("tag.")]


def ended_tags(reader: Reader, model: int, version: int, seq: int) -> list[str]:
    """Return the keys of the tags of a version, or with 0 of a model, that an entry removed or replaced."""
    return [key for (key,) in reader.rows(ENDED_TAGS, model=model, version=version, seq=seq)]
