"""Models by their names: without case, and by names they bore once."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.labels import fold
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import deciding, shared
from modelkeep.store.db.sql.statement import statement

BEARER = statement(shared.BEARER)

NAME = statement("""
SELECT name FROM model_name WHERE model = :model AND HOLDS(model_name)
""")

FORMER = statement("""
SELECT name FROM model_name
WHERE model = :model AND KNOWN(model_name.since_seq) AND folded <> :folded
GROUP BY folded ORDER BY min(since_seq)
""")

# Names of a similar length are enough to find the one that was meant.
SIMILAR = statement("""
SELECT name FROM model_name
WHERE length(folded) BETWEEN :shortest AND :longest AND HOLDS(model_name) ORDER BY folded LIMIT 5000
""")

_APART = 3
_OFFERED = 3


class Named(Struct, frozen=True):
    """A model by its ``seq``, the name it had at the moment asked for, and an older one if that was typed."""

    model: int
    name: str
    renamed_from: str | None = None


def find_model(reader: Reader, at: int | None, name: str) -> Named:
    """Return the model that bears or bore a name; ``NotFound`` with near names."""
    row = BEARER.row(reader, at, folded=fold(name))
    if row is None:
        raise no_model(reader, at, name)
    model, as_written = row
    present = name_of(reader, at, model)
    return Named(model, present, None if fold(present) == fold(as_written) else as_written)


def name_of(reader: Reader, at: int | None, model: int) -> str:
    """Return what a model was called at a moment."""
    found = reader.recall(deciding.MODEL, model=model) if at is None else NAME.rows(reader, at, model=model)
    if not found:
        message = f"there was no model {model} then"
        raise NotFound(message)
    return str(found[0][0])


def former_names(reader: Reader, at: int | None, model: int, present: str) -> tuple[str, ...]:
    """Return the other names that a model bore, oldest first."""
    return tuple(name for (name,) in FORMER.rows(reader, at, model=model, folded=fold(present)))


def no_model(reader: Reader, at: int | None, name: str) -> NotFound:
    """Return the error for a name that no model bore, with those that are near."""
    shown = printable(name)
    if at is not None and (later := BEARER.row(reader, None, folded=fold(name))) is not None:
        then = NAME.row(reader, at, model=later[0])
        message = f"there was no model {shown} then"
        return NotFound(message, None if then is None else f"it was called {then[0]}")
    message = f"there is no model {shown}" if at is None else f"there was no model {shown} then"
    length = len(name)
    rows = SIMILAR.rows(reader, at, shortest=length - _APART, longest=length + _APART)
    return NotFound(message, hint("modelkeep list", name, [row[0] for row in rows]))


def hint(command: str, typed: str, known: list[str]) -> str:
    """Return a command that helps, with what is near to what was typed behind it."""
    import difflib

    by_fold = {fold(name): name for name in known}
    near = [by_fold[found] for found in difflib.get_close_matches(fold(typed), list(by_fold), _OFFERED)]
    return f"{command}        (near: {', '.join(near)})" if near else command
