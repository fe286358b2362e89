"""Entries of the log, the newest of those that are asked for, with the texts their sentences need."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.details import Details, Line
from modelkeep.domain.labels import fold
from modelkeep.store.db.interface import Reader, Value
from modelkeep.store.db.sql import deciding
from modelkeep.store.db.sql.statement import EVER

TEXTS = """
SELECT field, value FROM entry_text
WHERE seq = :seq AND field IN ('reason', 'claimed', 'author', 'description', 'note') ORDER BY position
"""

ENTRY = """
SELECT entry.seq, entry_index.time, entry_index.hash, entry_action.action, entry_action.actor, entry.bytes
FROM entry JOIN entry_index ON entry_index.seq = entry.seq JOIN entry_action ON entry_action.seq = entry.seq
WHERE entry.seq = :seq
"""

PEOPLE = """
SELECT value FROM entry_text WHERE field IN ('claimed', 'author') AND value > :after ORDER BY value LIMIT 1
"""

DETAILS = """
SELECT text FROM details WHERE digest = :digest
"""


ENDED_TAGS = """
SELECT key FROM tag WHERE model = :model AND version = :version AND until_seq = :seq ORDER BY key
"""
_IS_PERSON = "field IN ('claimed', 'author')"
_HAS_ACTION = "EXISTS (SELECT 1 FROM entry_action WHERE entry_action.seq = {}.seq AND action = :action)"


class Logged(Struct, frozen=True):
    """An entry as it lies in the log, and what its index says of it."""

    seq: int
    time: str
    hash: str
    action: str
    actor: str
    data: bytes


class Wanted(Struct, frozen=True):
    """Which entries are wanted: all, or those about a version (or, as version 0, a model), of an action, of an actor.

    An actor is an account, or who logged in behind it. ``people`` are the claimed names and authors that count as the
    actor too; see `people`.
    """

    about: tuple[int, int] | None = None
    action: str | None = None
    actor: str | None = None
    people: tuple[str, ...] = ()


def entries(
    reader: Reader, wanted: Wanted, *, first: int = 1, last: int = EVER, limit: int = EVER, newest_first: bool = True
) -> list[Logged]:
    """Return the newest wanted entries from ``first`` to ``last``, or where not ``newest_first`` the oldest."""
    numbers = _numbers(reader, wanted, first=first, last=last, limit=limit, newest_first=newest_first)
    return [Logged(*reader.one(ENTRY, seq=seq)) for seq in numbers]


def newest(reader: Reader) -> int:
    """Return the number of the newest entry."""
    row = reader.row(deciding.HEAD)
    return 0 if row is None else int(row[0])


def nth_newest(reader: Reader, wanted: Wanted, n: int, *, first: int, last: int) -> int | None:
    """Return the number of the n-th newest wanted entry, None where there are fewer."""
    found = _numbers(reader, wanted, first=first, last=last, limit=1, skipped=n - 1)
    return found[0] if found else None


def people(reader: Reader, actor: str) -> tuple[str, ...]:
    """Return the claimed names and authors in the log that a text means: ``Ana Lima <ana@x.org>``, her name, her address.

    It takes one step in an index for each person there is.
    """
    wanted, found, after = fold(actor), [], ""
    while (row := reader.row(PEOPLE, after=after)) is not None:
        (after,) = row
        name, _, address = after.rpartition(" <")
        if wanted in {fold(after), fold(name), fold(address.removesuffix(">"))}:
            found.append(after)
    return tuple(found)


def _numbers(
    reader: Reader, wanted: Wanted, *, first: int, last: int, limit: int, skipped: int = 0, newest_first: bool = True
) -> list[int]:
    model, version = wanted.about or (None, None)
    values: dict[str, Value] = {
        "model": model,
        "version": version,
        "action": wanted.action,
        "actor": wanted.actor,
        "first": first,
        "last": last,
        "limit": limit,
        "skipped": skipped,
    }
    values |= {f"person{place}": person for place, person in enumerate(wanted.people)}
    sql = select(
        about=wanted.about is not None,
        action=wanted.action is not None,
        actor=wanted.actor is not None,
        people=len(wanted.people),
        newest_first=newest_first,
    )
    return [seq for (seq,) in reader.rows(sql, **values)]


def select(*, about: bool, action: bool, actor: bool, people: int = 0, newest_first: bool = True) -> str:
    """Return the SELECT of the numbers of entries: all, or those about a version, of an action, of an actor.

    It goes along indexes in the order of the numbers, and ends at the limit: along the one of what an entry is about,
    or along those of the actor and of each of so many people at once, or of an action, or of the log.
    """
    persons = [f":person{place}" for place in range(people)]
    if about:
        who = ["EXISTS (SELECT 1 FROM entry_action WHERE seq = entry_about.seq AND :actor IN (actor, login_user))"]
        if people:
            named = f"{_IS_PERSON} AND value IN ({', '.join(persons)})"
            who.append(f"EXISTS (SELECT 1 FROM entry_text WHERE seq = entry_about.seq AND {named})")
        conditions = ["model = :model AND version = :version"] + [f"({' OR '.join(who)})"] * actor
        arms = [_arm("entry_about", *conditions, *[_HAS_ACTION.format("entry_about")] * action)]
    else:
        conditions = ["actor = :actor"] * actor + ["action = :action"] * action
        arms = [_arm("entry_action", *conditions)]
        if actor:  # who became the account by a sudo
            arms.append(_arm("entry_action", "login_user = :actor", *conditions[1:]))
        for person in persons:
            arms.append(
                _arm("entry_text", _IS_PERSON, f"value = {person}", *[_HAS_ACTION.format("entry_text")] * action)
            )
    return f"{' UNION '.join(arms)} ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT :limit OFFSET :skipped"


def _arm(table: str, *conditions: str) -> str:
    return f"SELECT seq FROM {table} WHERE {' AND '.join(['seq BETWEEN :first AND :last', *conditions])}"


def texts(reader: Reader, seq: int) -> list[tuple[str, str]]:
    """Return the fields of an entry's details that people wrote: reason, claim, author, description, note."""
    return [(field, value) for field, value in reader.rows(TEXTS, seq=seq)]


def tags(reader: Reader, digest: str) -> list[tuple[str, str]]:
    """Return the tags that details set; what was redacted is not there."""
    row = reader.row(DETAILS, digest=digest)
    lines = () if row is None else Details.parse(row[0]).lines
    return [(line.field, line.value) for line in lines if isinstance(line, Line) and line.field.startswith("tag.")]


def ended_tags(reader: Reader, model: int, version: int, seq: int) -> list[str]:
    """Return the keys of the tags of a version, or with 0 of a model, that an entry removed or replaced."""
    return [key for (key,) in reader.rows(ENDED_TAGS, model=model, version=version, seq=seq)]
