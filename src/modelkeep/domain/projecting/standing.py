"""The rows that say how versions stand: tenures, marks, archived ranges, what was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from modelkeep.domain import events
from modelkeep.domain.entry import Entry
from modelkeep.domain.events import End
from modelkeep.domain.projecting.changes import Change, Close, Insert, Row, opened


def standing(
    entry: Entry,
    event: events.VersionMarked | events.VersionArchived | events.VersionRestored | events.VersionDeleted,
) -> Iterator[Change]:
    """Yield the rows of a mark, an archived range or a deletion."""
    seq, model = entry.seq, event.model
    match event:
        case events.VersionMarked(mark="bad"):
            yield opened("mark", {"model": model, "version": event.version}, seq)
        case events.VersionMarked():
            yield Close("mark", (("model", "=", model), ("version", "=", event.version)), seq)
        case events.VersionArchived():
            yield from ended(seq, entry, model, event.ends, None)
            yield opened("archived", {"model": model, "first": event.first, "last": event.last}, seq)
        case events.VersionRestored():
            touching = (("model", "=", model), ("first", "<=", event.last), ("last", ">=", event.first))
            yield Close("archived", touching, seq)
            for first, last in event.keeps:
                yield opened("archived", {"model": model, "first": first, "last": last}, seq)
        case events.VersionDeleted():
            yield from ended(seq, entry, model, event.ends, None)
            yield Insert("deleted", {"model": model, "version": event.version, "seq": seq})
        case _:
            assert_never(event)


def tenure(entry: Entry, model: int, stage: str, version: int, share: int | None, came_from: int | None) -> Insert:
    """Return the row of a tenure that the entry opens."""
    row: Row = {
        "model": model,
        "stage": stage,
        "version": version,
        "share": share,
        "came_from": came_from,
        "opened_by": entry.intent.kind,
        "ended_by": None,
        "ended_for": None,
    }
    return opened("tenure", row, entry.seq)


def ended(seq: int, entry: Entry, model: int, ends: tuple[End, ...], successor: int | None) -> Iterator[Change]:
    """Yield the ends of tenures: by which verb, and for which version."""
    for end in ends:
        where = (("model", "=", model), ("version", "=", end.version), ("since_seq", "=", end.tenure))
        yield Close("tenure", where, seq, (("ended_by", entry.intent.kind), ("ended_for", successor)))
