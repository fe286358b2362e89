"""Entry + details + documents -> row changes: the one function every table but the log is made by.

It reads no state, so the same log always gives the same tables, row for row. A row that can change
carries ``since_seq`` and ``until_seq`` (NULL: now); it is closed and another one opened, never
rewritten. ``version`` 0 stands for the model itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, assert_never

from modelkeep.domain import events, intents
from modelkeep.domain.chain import Entry
from modelkeep.domain.details import Details, Line
from modelkeep.domain.events import End, Event
from modelkeep.domain.labels import fold, label_key
from modelkeep.domain.manifest import Manifest
from modelkeep.errors import Damaged

Value: TypeAlias = str | int | None
Row: TypeAlias = dict[str, Value]
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row."""

    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class Close:
    """The present rows (``until_seq`` NULL) that match ``where`` end here; ``sets`` says how.

    ``where`` holds column, comparison (``=``, ``<=``, ``>=``) and value.
    """

    table: str
    where: tuple[tuple[str, str, Value], ...]
    until_seq: int
    sets: tuple[tuple[str, Value], ...] = ()


Change: TypeAlias = Insert | Close


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


def actor_of(entry: Entry) -> str:
    """Return the name an entry's author goes by: as proved or configured, else as the machine says."""
    actor = entry.intent.actor
    if actor.person is not None:
        return actor.person
    return entry.observed.user if actor.ci is None else actor.ci.subject


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
        case events.VersionPromoted() | events.StageRetired() | events.VersionArchived() | events.StageRolledBack():
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
            | events.AliasSet()
        ):
            yield event.model, event.version
        case _:
            subject = entry.intent.subject
            if subject is not None and subject.version is not None:
                yield event.model, subject.version


def _texts(entry: Entry, details: Details | None) -> Iterator[Change]:
    """Keep the free texts by field; tags have a table of their own, which knows until when."""
    if details is None:
        return
    for position, line in enumerate(details.lines):
        if isinstance(line, Line) and not line.field.startswith("tag."):
            row: Row = {"seq": entry.seq, "position": position, "field": line.field, "value": line.value}
            yield Insert("entry_text", row)


def _change(
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
            yield from _name(seq, event.model, _subject(entry).name)
        case events.ModelRenamed():
            yield Close("model_name", (("model", "=", event.model),), seq)
            yield from _name(seq, event.model, _arguments(entry, intents.Rename).to)
        case events.VersionRegistered():
            yield from _version(entry, event, details, documents)
        case events.MetricsRecorded():
            arguments = _arguments(entry, intents.Evaluate)
            yield from _metrics(seq, event.model, event.version, arguments.metrics, arguments.metrics_on)
            yield from _runs(seq, event.model, event.version, arguments.runs)
        case events.VersionPromoted():
            yield from _ended(seq, entry, event.model, event.ends, event.version)
            yield _tenure(entry, event.model, event.stage, event.version, event.share, event.came_from)
        case events.StageRolledBack():
            yield from _ended(seq, entry, event.model, event.ends, event.to)
            yield _tenure(entry, event.model, event.stage, event.to, None, event.came_from)
        case events.StageRetired():
            yield from _ended(seq, entry, event.model, event.ends, None)
        case events.VersionMarked() | events.VersionArchived() | events.VersionRestored():
            yield from _standing(entry, event)
        case events.AliasSet() | events.AliasRemoved():
            yield Close("alias", (("model", "=", event.model), ("alias", "=", event.alias)), seq)
            if isinstance(event, events.AliasSet):
                row: Row = {"model": event.model, "alias": event.alias, "version": event.version}
                yield _opened("alias", row, seq)
        case events.Tagged():
            yield from _tagged(entry, event, details)
        case events.Described():
            yield Close("description", (("model", "=", event.model), ("version", "=", event.version or 0)), seq)
            yield from _description(seq, event.model, event.version or 0, details)
        case events.NoteAdded():
            pass  # the note is the entry's own text
        case _:
            assert_never(event)


def _registry(entry: Entry) -> Iterator[Change]:
    yield Insert("registry", {"id": entry.intent.registry, "seq": entry.seq})
    for position, stage in enumerate(_arguments(entry, intents.Init).stages, start=1):
        row: Row = {
            "position": position,
            "name": stage.name,
            "protected": int(stage.protected),
            "synonyms": " ".join(stage.synonyms),
        }
        yield _opened("stage", row, entry.seq)


def _name(seq: int, model: int, name: str) -> Iterator[Change]:
    yield _opened("model_name", {"model": model, "name": name, "folded": fold(name)}, seq)


def _version(
    entry: Entry,
    event: events.VersionRegistered,
    details: Details | None,
    documents: Mapping[str, bytes],
) -> Iterator[Change]:
    subject, arguments = _subject(entry), _arguments(entry, intents.Register)
    manifest = _manifest(subject.digest, documents)
    code = arguments.code or intents.Code(commit=None, diff=None, dirty=None)
    yield Insert(
        "version",
        {
            "model": event.model,
            "number": event.version,
            "seq": entry.seq,
            "time": entry.time,
            "digest": manifest.digest,
            "form": arguments.form,
            "files": len(manifest.files),
            "size_bytes": manifest.size_bytes,
            "symlinks": int(arguments.symlinks),
            "label": event.label,
            "label_key": None if event.label is None else label_key(event.label),
            "actor": actor_of(entry),
            "code_commit": code.commit,
            "code_dirty": None if code.dirty is None else int(code.dirty),
            "code_diff": code.diff,
            "trained_started": arguments.trained.started,
            "trained_ended": arguments.trained.ended,
            "trained_guessed": int(arguments.trained.guessed),
        },
    )
    key: Row = {"model": event.model, "version": event.version}
    for file in manifest.files:
        yield Insert("version_blob", {**key, "path": file.path, "digest": file.digest, "size_bytes": file.size})
    for position, data in enumerate(arguments.data):
        row: Row = {"role": data.role, "name": data.name, "data_version": data.version, "digest": data.digest}
        yield Insert("dataset", {**key, "position": position, **row})
    for position, parent in enumerate(arguments.parents):
        row = {"parent_model": parent.model, "parent_version": parent.version, "digest": parent.digest}
        yield Insert("parent", {**key, "position": position, **row})
    yield from _metrics(entry.seq, event.model, event.version, arguments.metrics, arguments.metrics_on)
    yield from _runs(entry.seq, event.model, event.version, arguments.runs)
    yield from _tags(entry.seq, event.model, event.version, details)
    yield from _description(entry.seq, event.model, event.version, details)


def _manifest(digest: str | None, documents: Mapping[str, bytes]) -> Manifest:
    data = None if digest is None else documents.get(digest)
    if data is None:
        message = f"the manifest {digest} is not among the documents"
        raise Damaged(message)
    return Manifest.from_bytes(data)


def _metrics(
    seq: int,
    model: int,
    version: int,
    metrics: tuple[tuple[str, str], ...],
    on: intents.Data | None,
) -> Iterator[Change]:
    where: Row = {
        "on_name": None if on is None else on.name,
        "on_version": None if on is None else on.version,
        "on_digest": None if on is None else on.digest,
    }
    for name, value in metrics:
        yield Insert("metric", {"model": model, "version": version, "name": name, "seq": seq, "value": value, **where})


def _runs(seq: int, model: int, version: int, runs: tuple[str, ...]) -> Iterator[Change]:
    for position, run in enumerate(runs):
        yield Insert("run", {"model": model, "version": version, "seq": seq, "position": position, "id": run})


def _tagged(entry: Entry, event: events.Tagged, details: Details | None) -> Iterator[Change]:
    seq, version = entry.seq, event.version or 0
    where = (("model", "=", event.model), ("version", "=", version))
    for line in _arguments(entry, intents.Tag).remove:
        yield Close("tag", (*where, ("line", "=", line)), seq)
    for key, _, _ in _tag_lines(details):
        yield Close("tag", (*where, ("key", "=", key)), seq)
    yield from _tags(seq, event.model, version, details)


def _tags(seq: int, model: int, version: int, details: Details | None) -> Iterator[Change]:
    for key, value, line in _tag_lines(details):
        yield _opened("tag", {"model": model, "version": version, "key": key, "value": value, "line": line}, seq)


def _tag_lines(details: Details | None) -> Iterator[tuple[str, str, str]]:
    for line in () if details is None else details.lines:
        if isinstance(line, Line) and line.field.startswith("tag."):
            yield line.field.removeprefix("tag."), line.value, line.line_digest


def _description(seq: int, model: int, version: int, details: Details | None) -> Iterator[Change]:
    text = None if details is None else details.value("description")
    if text:
        yield _opened("description", {"model": model, "version": version, "text": text}, seq)


def _standing(
    entry: Entry,
    event: events.VersionMarked | events.VersionArchived | events.VersionRestored,
) -> Iterator[Change]:
    seq, model = entry.seq, event.model
    match event:
        case events.VersionMarked(mark="bad"):
            yield _opened("mark", {"model": model, "version": event.version}, seq)
        case events.VersionMarked():
            yield Close("mark", (("model", "=", model), ("version", "=", event.version)), seq)
        case events.VersionArchived():
            yield from _ended(seq, entry, model, event.ends, None)
            yield _opened("archived", {"model": model, "first": event.first, "last": event.last}, seq)
        case events.VersionRestored():
            touching = (("model", "=", model), ("first", "<=", event.last), ("last", ">=", event.first))
            yield Close("archived", touching, seq)
            for first, last in event.keeps:
                yield _opened("archived", {"model": model, "first": first, "last": last}, seq)


def _tenure(entry: Entry, model: int, stage: str, version: int, share: int | None, came_from: int | None) -> Insert:
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
    return _opened("tenure", row, entry.seq)


def _ended(seq: int, entry: Entry, model: int, ends: tuple[End, ...], successor: int | None) -> Iterator[Change]:
    for end in ends:
        where = (("model", "=", model), ("version", "=", end.version), ("since_seq", "=", end.tenure))
        yield Close("tenure", where, seq, (("ended_by", entry.intent.kind), ("ended_for", successor)))


def _opened(table: str, row: Row, seq: int) -> Insert:
    return Insert(table, {**row, "since_seq": seq, "until_seq": None})


def _subject(entry: Entry) -> intents.Subject:
    if entry.intent.subject is None:
        message = f"entry {entry.seq}: an event without the subject it needs"
        raise Damaged(message)
    return entry.intent.subject


def _arguments(entry: Entry, kind: type[A]) -> A:
    if not isinstance(entry.intent.arguments, kind):
        message = f"entry {entry.seq}: an event that does not follow from its intent"
        raise Damaged(message)
    return entry.intent.arguments
