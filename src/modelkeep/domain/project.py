"""Entry + details + documents -> row changes: the one function that makes every table but the log.

It reads no state, so the same log always gives the same tables, row for row. A row that can change carries
``since_seq`` and ``until_seq`` (NULL: now); it is closed and another one opened. One exception: a label that is given
later fills columns of its version's row. ``version`` 0 stands for the model itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelkeep.domain.details import Details, Line
from modelkeep.domain.entry import Entry
from modelkeep.domain.verbs.interface import Event
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row


def project(entry: Entry, entry_hash: str, details: Details | None, documents: Mapping[str, bytes]) -> Changes:
    """Yield the row changes of one entry, in the order they are to be made.

    Raises ``Damaged`` where the entry names a document that is missing or not what it should be.
    """
    recorded = Recorded(entry, details, documents)
    yield from _index_rows(entry, entry_hash)
    yield from _text_rows(entry, details)
    yield from _origin_rows(entry)
    for event in entry.events:
        yield from event.project(recorded)


def _index_rows(entry: Entry, entry_hash: str) -> Changes:
    seq, intent = entry.seq, entry.intent
    index: Row = {"seq": seq, "hash": entry_hash, "time": entry.time, "clock": entry.clock_time, "intent_id": intent.id}
    yield Insert("entry_index", index)
    observed = entry.observed
    account: Row = {"account": observed.user, "uid": observed.uid, "login": observed.login}
    account |= {"login_user": observed.login_user, "user_namespace": int(observed.user_namespace)}
    yield Insert("entry_action", {"seq": seq, "action": intent.kind, "actor": entry.actor, **account})
    subject = None if intent.subject is None else intent.subject.version
    for model, version in sorted({pair for event in entry.events for pair in _about(event, subject)}):
        yield Insert("entry_about", {"model": model, "version": version, "seq": seq})


def _about(event: Event, subject: int | None) -> set[tuple[int, int]]:
    """Return the model, the version and the displaced versions that an event is about; ``subject`` where it names none."""
    model = getattr(event, "model", None)
    if model is None:
        return set()
    version = getattr(event, "version", None) or getattr(event, "to", None) or subject
    ended = [end.version for end in getattr(event, "ends", ())]
    return {(model, number) for number in (0, *ended, *([version] if version else []))}


def _text_rows(entry: Entry, details: Details | None) -> Changes:
    """Yield a row for each free text; tags have a table of their own, with the entry that ended them."""
    for position, line in enumerate(() if details is None else details.lines):
        if isinstance(line, Line) and not line.field.startswith("tag."):
            row: Row = {"seq": entry.seq, "position": position, "field": line.field, "value": line.value}
            yield Insert("entry_text", row)


def _origin_rows(entry: Entry) -> Changes:
    """Yield the row of the fact that the entry imported from another registry."""
    origin = entry.intent.origin
    if origin is not None and origin.entry is not None:
        row: Row = {"system": origin.system, "source": origin.registry or "", "entry": origin.entry}
        yield Insert("origin", {**row, "seq": entry.seq, "fact": entry.intent.fact_digest, "time": origin.time})
