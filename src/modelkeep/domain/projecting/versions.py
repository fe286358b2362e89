"""The rows of a version: itself, its files and origins, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelkeep.domain import events, intents
from modelkeep.domain.actor import actor_of
from modelkeep.domain.canonical import sha256
from modelkeep.domain.details import Details, Line
from modelkeep.domain.entry import Entry
from modelkeep.domain.labels import label_key
from modelkeep.domain.manifest import Manifest
from modelkeep.domain.projecting.changes import Change, Close, Insert, Row, arguments, opened, subject
from modelkeep.errors import Damaged


def version(
    entry: Entry,
    event: events.VersionRegistered,
    details: Details | None,
    documents: Mapping[str, bytes],
) -> Iterator[Change]:
    """Yield the rows of a new version: itself, its files, what it was made from and what is said of it."""
    about, given = subject(entry), arguments(entry, intents.Register)
    digest, manifest = _manifest(about.digest, documents)
    code = given.code or intents.Code(commit=None, diff=None, dirty=None)
    yield Insert(
        "version",
        {
            "model": event.model,
            "number": event.version,
            "seq": entry.seq,
            "time": entry.time,
            "digest": digest,
            "form": given.form,
            "files": len(manifest.files),
            "size_bytes": manifest.size_bytes,
            "symlinks": int(given.symlinks),
            "label": event.label,
            "label_key": None if event.label is None else label_key(event.label),
            "actor": actor_of(entry),
            "code_commit": code.commit,
            "code_dirty": None if code.dirty is None else int(code.dirty),
            "code_diff": code.diff,
            "trained_started": given.trained.started,
            "trained_ended": given.trained.ended,
            "trained_guessed": int(given.trained.guessed),
        },
    )
    key: Row = {"model": event.model, "version": event.version}
    for file in manifest.files:
        yield Insert("version_blob", {**key, "path": file.path, "digest": file.digest, "size_bytes": file.size})
    for position, data in enumerate(given.data):
        row: Row = {"role": data.role, "name": data.name, "data_version": data.version, "digest": data.digest}
        yield Insert("dataset", {**key, "position": position, **row})
    for position, parent in enumerate(given.parents):
        row = {"parent_model": parent.model, "parent_version": parent.version, "digest": parent.digest}
        yield Insert("parent", {**key, "position": position, **row})
    yield from metrics(entry.seq, event.model, event.version, given.metrics, given.metrics_on)
    yield from runs(entry.seq, event.model, event.version, given.runs)
    yield from tags(entry.seq, event.model, event.version, details)
    yield from description(entry.seq, event.model, event.version, details)


def _manifest(digest: str | None, documents: Mapping[str, bytes]) -> tuple[str, Manifest]:
    """Return the manifest that is named, and the digest of what lies there under that name."""
    data = None if digest is None else documents.get(digest)
    if data is None:
        message = f"the manifest {digest} is not among the documents"
        raise Damaged(message)
    return sha256(data), Manifest.from_bytes(data)


def metrics(
    seq: int,
    model: int,
    version: int,
    metrics: tuple[tuple[str, str], ...],
    on: intents.Data | None,
) -> Iterator[Change]:
    """Yield a row for each metric, with the data it was measured on."""
    where: Row = {
        "on_name": None if on is None else on.name,
        "on_version": None if on is None else on.version,
        "on_digest": None if on is None else on.digest,
    }
    for name, value in metrics:
        yield Insert("metric", {"model": model, "version": version, "name": name, "seq": seq, "value": value, **where})


def runs(seq: int, model: int, version: int, runs: tuple[str, ...]) -> Iterator[Change]:
    """Yield a row for each run."""
    for position, run in enumerate(runs):
        yield Insert("run", {"model": model, "version": version, "seq": seq, "position": position, "id": run})


def tagged(entry: Entry, event: events.Tagged, details: Details | None) -> Iterator[Change]:
    """Yield what a change of tags closes and opens."""
    seq, version = entry.seq, event.version or 0
    where = (("model", "=", event.model), ("version", "=", version))
    for line in arguments(entry, intents.Tag).remove:
        yield Close("tag", (*where, ("line", "=", line)), seq)
    for key, _, _ in _tag_lines(details):
        yield Close("tag", (*where, ("key", "=", key)), seq)
    yield from tags(seq, event.model, version, details)


def tags(seq: int, model: int, version: int, details: Details | None) -> Iterator[Change]:
    """Yield a row for each tag that the details set."""
    for key, value, line in _tag_lines(details):
        yield opened("tag", {"model": model, "version": version, "key": key, "value": value, "line": line}, seq)


def _tag_lines(details: Details | None) -> Iterator[tuple[str, str, str]]:
    for line in () if details is None else details.lines:
        if isinstance(line, Line) and line.field.startswith("tag."):
            yield line.field.removeprefix("tag."), line.value, line.line_digest


def description(seq: int, model: int, version: int, details: Details | None) -> Iterator[Change]:
    """Yield the row of a description, none where it is empty or redacted."""
    text = None if details is None else details.value("description")
    if text:
        yield opened("description", {"model": model, "version": version, "text": text}, seq)
