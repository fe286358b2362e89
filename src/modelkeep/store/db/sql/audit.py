"""Entries of the log, the newest of those that are asked for, with the texts their sentences need."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.details import Details, Line
from modelkeep.store.db.interface import Reader, Value
from modelkeep.store.db.sql.statement import EVER

# The newest are found from the end of an index: of the log, of what it is about, of who did what.
_ENTRY = """
SELECT entry.seq, entry_index.time, entry_index.hash, entry_action.action, entry_action.actor, entry.bytes
FROM {source}
{joins}
WHERE {seq} BETWEEN :first AND :last{more}
ORDER BY {seq} DESC LIMIT :limit
"""

_JOINS = {
    "entry": "CROSS JOIN entry ON entry.seq = {seq}",
    "entry_index": "CROSS JOIN entry_index ON entry_index.seq = {seq}",
    "entry_action": "CROSS JOIN entry_action ON entry_action.seq = {seq}",
}


def _made(source: str, more: str) -> str:
    seq = f"{source}.seq"
    joins = "\n".join(join.format(seq=seq) for table, join in _JOINS.items() if table != source)
    return _ENTRY.format(source=source, joins=joins, seq=seq, more=more)


_ABOUT = " AND entry_about.model = :model AND entry_about.version = :version"
_ACTION = " AND entry_action.action = :action"
_ACTOR = " AND entry_action.actor = :actor"

ALL = _made("entry_action", "")
BY_ACTION = _made("entry_action", _ACTION)
BY_ACTOR = _made("entry_action", _ACTOR)
BY_ACTION_AND_ACTOR = _made("entry_action", _ACTION + _ACTOR)
ABOUT = _made("entry_about", _ABOUT)
ABOUT_BY_ACTION = _made("entry_about", _ABOUT + _ACTION)
ABOUT_BY_ACTOR = _made("entry_about", _ABOUT + _ACTOR)
ABOUT_BY_ACTION_AND_ACTOR = _made("entry_about", _ABOUT + _ACTION + _ACTOR)

TEXTS = """
SELECT field, value FROM entry_text
WHERE seq = :seq AND field IN ('reason', 'claimed', 'description', 'note') ORDER BY position
"""

DETAILS = """
SELECT text FROM details WHERE digest = :digest
"""

#: By: is it about something, is an action asked for, is an actor.
_ASKED = {
    (False, False, False): ALL,
    (False, True, False): BY_ACTION,
    (False, False, True): BY_ACTOR,
    (False, True, True): BY_ACTION_AND_ACTOR,
    (True, False, False): ABOUT,
    (True, True, False): ABOUT_BY_ACTION,
    (True, False, True): ABOUT_BY_ACTOR,
    (True, True, True): ABOUT_BY_ACTION_AND_ACTOR,
}


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
    asked = _ASKED[about is not None, action is not None, actor is not None]
    return [Logged(*row) for row in reader.rows(asked, **values)]


def texts(reader: Reader, seq: int) -> list[tuple[str, str]]:
    """Return the fields of an entry's details that people wrote: reason, claim, description, note."""
    return [(field, value) for field, value in reader.rows(TEXTS, seq=seq)]


def tags(reader: Reader, digest: str) -> list[tuple[str, str]]:
    """Return the tags that details set; what was redacted is not there."""
    row = reader.row(DETAILS, digest=digest)
    lines = () if row is None else Details.parse(row[0]).lines
    return [(line.field, line.value) for line in lines if isinstance(line, Line) and line.field.startswith("tag.")]
