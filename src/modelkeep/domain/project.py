"""Entry + details + documents -> row changes: the one function every table but the log is made by.

It reads no state, so the same log always gives the same tables, row for row. A row that can change
carries ``since_seq`` and ``until_seq`` (NULL: now); it is closed and another one opened, never
rewritten. ``version`` 0 stands for the model itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from modelkeep.domain import events, intents
from modelkeep.domain.actor import actor_of
from modelkeep.domain.details import Details, Line
from modelkeep.domain.entry import Entry
from modelkeep.domain.events import Event
from modelkeep.domain.labels import fold
from modelkeep.domain.projecting import standing, versions
from modelkeep.domain.projecting.changes import Change, Close, Insert, Row, arguments, opened, subject

__all__ = ["Change", "Close", "Insert", "actor_of", "project"]


def project(
    entry: Entry,
    entry_hash: str,
    details: Details | None,
    documents: Mapping[str, bytes],
) -> Iterator[Change]:
    """Yield the row changes of one entry, in the order they are to be made.

    Raises ``Damaged`` where the entry names a document that is not there or not what it should be.
    """
    yield from _index(entry, entry_hash)
    yield from _texts(entry, details)
    for event in entry.events:
        yield from _change(entry, event, details, documents)


def _index(entry: Entry, entry_hash: str) -> Iterator[Change]:
    seq = entry.seq
    yield Insert("entry_index", {"seq": seq, "hash": entry_hash, "time": entry.time, "intent_id": entry.intent.id})
    yield Insert("entry_action", {"seq": seq, "action": entry.intent.kind, "actor": actor_of(entry)})
    about = sorted({pair for event in entry.events for pair in _about(entry, event)})
    for model, version in about:
        yield Insert("entry_about", {"model": model, "version": version, "seq": seq})


def _about(entry: Entry, event: Event) -> Iterator[tuple[int, int]]:
    if isinstance(event, events.RegistryCreated):
        return
    yield event.model, 0
    match event:
        case (
            events.VersionPromoted()
            | events.StageRetired()
            | events.VersionArchived()
            | events.VersionDeleted()
            | events.StageRolledBack()
        ):
            for end in event.ends:
                yield event.model, end.version
        case _:
            pass
    match event:
        case events.StageRolledBack():
            yield event.model, event.to
        case (
            events.VersionRegistered()
            | events.MetricsRecorded()
            | events.VersionPromoted()
            | events.VersionMarked()
            | events.VersionDeleted()
            | events.AliasSet()
        ):
            yield event.model, event.version
        case _:
            about = entry.intent.subject
            if about is not None and about.version is not None:
                yield event.model, about.version


def _texts(entry: Entry, details: Details | None) -> Iterator[Change]:
    """Keep the free texts by field; tags have a table of their own, which knows until when."""
    if details is None:
        return
    for position, line in enumerate(details.lines):
        if isinstance(line, Line) and not line.field.startswith("tag."):
            row: Row = {"seq": entry.seq, "position": position, "field": line.field, "value": line.value}
            yield Insert("entry_text", row)


def _change(  # noqa: C901, PLR0912  one case an event, nothing else
    entry: Entry,
    event: Event,
    details: Details | None,
    documents: Mapping[str, bytes],
) -> Iterator[Change]:
    seq = entry.seq
    match event:
        case events.RegistryCreated():
            yield from _registry(entry)
        case events.ModelCreated():
            yield Insert("model", {"seq": event.model})
            yield from _name(seq, event.model, subject(entry).name)
        case events.ModelRenamed():
            yield Close("model_name", (("model", "=", event.model),), seq)
            yield from _name(seq, event.model, arguments(entry, intents.Rename).to)
        case events.VersionRegistered():
            yield from versions.version(entry, event, details, documents)
        case events.MetricsRecorded():
            given = arguments(entry, intents.Evaluate)
            yield from versions.metrics(seq, event.model, event.version, given.metrics, given.metrics_on)
            yield from versions.runs(seq, event.model, event.version, given.runs)
        case events.VersionPromoted():
            yield from standing.ended(seq, entry, event.model, event.ends, event.version)
            yield standing.tenure(entry, event.model, event.stage, event.version, event.share, event.came_from)
        case events.StageRolledBack():
            yield from standing.ended(seq, entry, event.model, event.ends, event.to)
            yield standing.tenure(entry, event.model, event.stage, event.to, None, event.came_from)
        case events.StageRetired():
            yield from standing.ended(seq, entry, event.model, event.ends, None)
        case events.VersionMarked() | events.VersionArchived() | events.VersionRestored() | events.VersionDeleted():
            yield from standing.standing(entry, event)
        case events.AliasSet() | events.AliasRemoved():
            yield Close("alias", (("model", "=", event.model), ("alias", "=", event.alias)), seq)
            if isinstance(event, events.AliasSet):
                row: Row = {"model": event.model, "alias": event.alias, "version": event.version}
                yield opened("alias", row, seq)
        case events.Tagged():
            yield from versions.tagged(entry, event, details)
        case events.Described():
            yield Close("description", (("model", "=", event.model), ("version", "=", event.version or 0)), seq)
            yield from versions.description(seq, event.model, event.version or 0, details)
        case events.NoteAdded():
            pass  # the note is the entry's own text
        case _:
            assert_never(event)


def _registry(entry: Entry) -> Iterator[Change]:
    yield Insert("registry", {"id": entry.intent.registry, "seq": entry.seq})
    for position, stage in enumerate(arguments(entry, intents.Init).stages, start=1):
        row: Row = {
            "position": position,
            "name": stage.name,
            "protected": int(stage.protected),
            "synonyms": " ".join(stage.synonyms),
        }
        yield opened("stage", row, entry.seq)


def _name(seq: int, model: int, name: str) -> Iterator[Change]:
    yield opened("model_name", {"model": model, "name": name, "folded": fold(name)}, seq)
