"""The pages of versions and models, tenures, the audit and the status: each function reads one snapshot at one moment.

``at`` is the last entry that the answer includes, None for now. Nothing is opened here, and no file is read.
"""

from __future__ import annotations

from modelkeep.domain.answers.reports import AuditEntry, Status
from modelkeep.domain.answers.versions import Model, Tenure, Version, VersionRow
from modelkeep.domain.times import Moment
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.references import Resolved
from modelkeep.store.db.sql.version_states import stages

_LAST_ENTRIES = 5


def version_row(reader: Reader, at: int | None, model: int, number: int) -> VersionRow:
    """Return the line of one version that was there at that moment."""
    from modelkeep.store.db.sql.references import name_of
    from modelkeep.store.db.sql.version_states import holders
    from modelkeep.store.db.sql.versions import version_rows

    holding = holders(reader, at, model, stages(reader, at))
    (row,) = version_rows(reader, at, model, name_of(reader, at, model), [number], holding)
    return row


def version(reader: Reader, at: int | None, model: int, number: int) -> Version:
    """Return all that was known of a version that was there at that moment."""
    from modelkeep.store.db.sql import pages

    return pages.version(reader, at, model, number, stages(reader, at))


def model(reader: Reader, at: int | None, model: int) -> Model:
    """Return the page of a model that was there at that moment."""
    from modelkeep.store.db.sql import pages

    return pages.model(reader, at, model, stages(reader, at))


def description(reader: Reader, at: int | None, model: int, number: int | None) -> str | None:
    """Return the description of a version, or of a model where there is no number."""
    from modelkeep.store.db.sql import models as model_queries

    return model_queries.description(reader, at, model, number or 0)


def history(
    reader: Reader,
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
    from modelkeep.store.db.sql import history as histories
    from modelkeep.store.db.sql import moments

    if model is None and stage is None:
        stage = stages(reader, at)[-1].name
    return histories.tenures(
        reader,
        at,
        model=model,
        version=version,
        stage=stage,
        after=moments.over_by(reader, since),
        last=moments.last_until(reader, until),
    )


def audit(
    reader: Reader,
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

    About a version: those that are about it or displaced it; about a model: all of its entries. ``NotFound`` for an
    unknown action.
    """
    from modelkeep.reads import log_sentences  # pages need no reader of entries
    from modelkeep.store.db.sql import moments

    newest = log_sentences.newest(
        reader,
        about=None if about is None else (about.model, about.number or 0),
        first=moments.first_since(reader, since),
        last=moments.last_until(reader, until),
        actor=actor,
        action=action,
        limit=limit,
    )
    return tuple(newest if reverse else reversed(newest))


def status(reader: Reader, registry: str, origin: str, *, size: bool = False) -> Status:
    """Return the registry at a glance; ``registry`` is its directory, ``origin`` the setting that names it."""
    from modelkeep.store.db.sql import status as counters

    there = counters.counts(reader, size=size)
    last = stages(reader, None)[-1].name
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
        production=counters.in_stage(reader, last),
        last=audit(reader, limit=_LAST_ENTRIES),
        deleted=there.deleted,
    )
