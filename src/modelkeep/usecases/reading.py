"""What a registry answers when it is only asked: each function on one connection, at one moment.

``at`` is the last entry the answer includes, None for now. Nothing is opened here, and no disk is read.
"""

from __future__ import annotations

from modelkeep.domain import chain, intents, sentences
from modelkeep.domain.answers import AuditEntry, Model, Status, Tenure, Version, VersionRow
from modelkeep.domain.times import Moment
from modelkeep.errors import Damaged, NotFound
from modelkeep.store.queries import auditing, counting, histories, moments, particulars
from modelkeep.store.queries import models as model_queries
from modelkeep.store.queries.moments import moment
from modelkeep.store.queries.naming import name_of
from modelkeep.store.queries.resolving import Resolved, resolve
from modelkeep.store.queries.stages import stages
from modelkeep.store.queries.standing import holders
from modelkeep.store.queries.statement import Connection
from modelkeep.store.queries.versions import version_rows
from modelkeep.usecases.comparing import diff
from modelkeep.usecases.listing import is_glob, models, versions
from modelkeep.usecases.tracing import identify, lineage

__all__ = [
    "Connection",
    "Resolved",
    "audit",
    "description",
    "diff",
    "history",
    "identify",
    "is_glob",
    "lineage",
    "model",
    "models",
    "moment",
    "resolve",
    "stages",
    "status",
    "version",
    "version_row",
    "versions",
]

_LAST_ENTRIES = 5


def version_row(connection: Connection, at: int | None, model: int, number: int) -> VersionRow:
    """Return the line of one version that was there at that moment."""
    holding = holders(connection, at, model, stages(connection, at))
    (row,) = version_rows(connection, at, model, name_of(connection, at, model), [number], holding)
    return row


def version(connection: Connection, at: int | None, model: int, number: int) -> Version:
    """Return all that was known of a version that was there at that moment."""
    return particulars.version(connection, at, model, number, stages(connection, at))


def model(connection: Connection, at: int | None, model: int) -> Model:
    """Return the page of a model that was there at that moment."""
    return particulars.model(connection, at, model, stages(connection, at))


def description(connection: Connection, at: int | None, model: int, number: int | None) -> str | None:
    """Return the description of a version, or of a model where there is no number."""
    return model_queries.description(connection, at, model, number or 0)


def history(
    connection: Connection,
    at: int | None = None,
    *,
    model: int | None = None,
    version: int | None = None,
    stage: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> tuple[Tenure, ...]:
    """Return the tenures that fall into [since, until), oldest first; without a model those of the last stage.

    ``stage`` is a stage's full name.
    """
    if model is None and stage is None:
        stage = stages(connection, at)[-1].name
    return histories.tenures(
        connection,
        at,
        model=model,
        version=version,
        stage=stage,
        after=moments.over_by(connection, since),
        last=moments.last_until(connection, until),
    )


def audit(
    connection: Connection,
    about: Resolved | None = None,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    actor: str | None = None,
    action: str | None = None,
    limit: int | None = None,
    reverse: bool = False,
) -> tuple[AuditEntry, ...]:
    """Return the newest ``limit`` entries as sentences, the newest last, or first with ``reverse``.

    About a version those that are about it or displaced it; about a model all of its. ``NotFound``
    for an action that there is not.
    """
    if action is not None and action not in intents.KINDS:
        message = f"there is no action '{action}'"
        raise NotFound(message, f"actions are {', '.join(intents.KINDS)}")
    found = auditing.entries(
        connection,
        about=None if about is None else (about.model, about.number or 0),
        first=moments.first_since(connection, since),
        last=moments.last_until(connection, until),
        actor=actor,
        action=action,
        limit=limit,
    )
    told = [_told(connection, logged) for logged in found]
    return tuple(told if reverse else reversed(told))


def status(connection: Connection, registry: str, origin: str) -> Status:
    """Return the registry at a glance; ``registry`` and ``origin`` are where it is and who said so."""
    there = counting.counts(connection)
    last = stages(connection, None)[-1].name
    return Status(
        registry=registry,
        origin=origin,
        id=there.id,
        models=there.models,
        versions=there.versions,
        entries=there.entries,
        size_bytes=there.size_bytes,
        head_hash=there.head_hash,
        production_stage=last,
        production=counting.in_stage(connection, last),
        last=audit(connection, limit=_LAST_ENTRIES),
    )


def _told(connection: Connection, logged: auditing.Logged) -> AuditEntry:
    """Return an entry as a sentence; one that cannot be read says so, and locks nobody out of the others."""
    texts = dict(reversed(auditing.texts(connection, logged.seq)))
    subject = None
    try:
        entry = chain.parse(logged.data)
        fields = list(texts.items())
        if isinstance(entry.intent.arguments, intents.Tag) and entry.intent.details is not None:
            fields = auditing.tags(connection, entry.intent.details)
        subject, sentence = sentences.subject_of(entry), sentences.sentence(entry, fields)
    except Damaged as error:
        sentence = f"cannot be read: {error.message}"
    reason = texts.get("reason")
    if reason is not None:
        sentence += f': "{reason}"'
    return AuditEntry(
        seq=logged.seq,
        time=logged.time,
        actor=logged.actor,
        claimed=texts.get("claimed"),
        action=logged.action,
        subject=subject,
        sentence=sentence,
        reason=reason,
        hash=logged.hash,
        entry=logged.data.decode(errors="replace"),
    )
