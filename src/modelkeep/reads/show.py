"""`show`: the page of a version or of a model, with all that was known of it at a moment."""

from __future__ import annotations

from shlex import quote
from typing import NamedTuple

from msgspec.structs import asdict, replace

from modelkeep.context import Context
from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.checks import CheckRow
from modelkeep.domain.answers.pages import CodeState, FileRow, Model, NoteText, Training, Version
from modelkeep.domain.answers.versions import AsOf, VersionRow
from modelkeep.domain.completeness import missing
from modelkeep.errors import UsageError
from modelkeep.reads import deployments, origin, recorded
from modelkeep.reads.references import version_of, version_or_model
from modelkeep.reads.roles import rules_at, stage_authorities
from modelkeep.reads.snapshot import dated_snapshot, snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import history, lineage
from modelkeep.store.db.sql import show as select
from modelkeep.store.db.sql.facts import facts_of
from modelkeep.store.db.sql.references import ALIASES, Resolved, name_of
from modelkeep.store.db.sql.version_states import deletion, marked
from modelkeep.store.db.sql.versions import version_rows

_RECENT = 10


class Judged(NamedTuple):
    """The account that looks at requests and checks, and the time at which they are judged."""

    context: Context
    time: str


def version(context: Context, ref: str, moment: str | AsOf | None) -> Version:
    """Return all that is known of a version."""
    with dated_snapshot(context, moment) as (reader, at, time):
        found = version_of(reader, ref, context.say, "show {}", at)
        return version_page(reader, at, found, judged=Judged(context, time))


def model(context: Context, name: str, moment: str | AsOf | None) -> Model:
    """Return a model's page."""
    with snapshot(context, moment) as (reader, at):
        found = version_or_model(reader, name, context.say, at)
        if found.number is not None:
            message = f"a name is needed, not the version {found.ref}"
            raise UsageError(message, f"modelkeep show {quote(found.name)}")
        return model_page(reader, at, found)


def page(context: Context, ref: str, moment: str | AsOf | None) -> Version | Model:
    """Return the page of the version or the model that a reference means."""
    with dated_snapshot(context, moment) as (reader, at, time):
        found = version_or_model(reader, ref, context.say, at)
        if found.number is None:
            return model_page(reader, at, found)
        return version_page(reader, at, found, judged=Judged(context, time))


def description(context: Context, ref: str, moment: str | AsOf | None) -> str | None:
    """Return the description of a version or a model."""
    from modelkeep.store.db.sql import models

    with snapshot(context, moment) as (reader, at):
        found = version_or_model(reader, ref, context.say, at)
        return models.description(reader, at, found.model, found.number or 0)


def version_page(reader: Reader, at: int | None, found: Resolved, *, judged: Judged | None = None) -> Version:
    """Return the page of a version as of entry ``at`` (None: now); the version must have existed then.

    ``judged`` adds the requests for the version, with what the policy says of the open ones, and its checks.
    """
    number = found.number or 0
    key = {"model": found.model, "number": number}
    (row,) = version_rows(reader, at, found.model, found.name, [number])
    (
        seq, actor, form, symlinks, licence, commit, code_state, diff, started, ended, guessed,
    ) = select.VERSION.one(reader, at, **key)  # fmt: skip
    texts: dict[str, list[str]] = {}
    for field, value in reader.rows(select.TEXTS, seq=seq):
        texts.setdefault(field, []).append(value)

    def text(field: str) -> str | None:
        return texts.get(field, [None])[0]

    facts = facts_of(reader, at, found.model, number)
    page = Version(
        **asdict(row),
        form=form,
        symlinks=bool(symlinks),
        licence=licence,
        seq=seq,
        actor=actor,
        claimed=text("claimed"),
        host=text("host"),
        source=tuple(texts.get("source", ())),
        reason=text("reason"),
        data=lineage.data(reader, **key),
        code=CodeState(
            commit,
            None if code_state is None else code_state == "dirty",
            diff,
            text("code.remote"),
            text("code.branch"),
            text("code.work_tree"),
        ),
        parents=tuple(parent for parent, _ in lineage.parents(reader, at, **key)),
        children=tuple(f"{name_of(reader, at, child)}@{of}" for child, of in lineage.children(reader, at, **key)),
        runs=lineage.runs(reader, at, **key),
        trained=Training(started, ended, bool(guessed), origin.seeds(facts)),
        notes=tuple(NoteText(*note) for note in select.NOTES.rows(reader, at, **key)),
        tenures=history.tenures(reader, at, model=found.model, version=number),
        contents=tuple(FileRow(*file) for file in reader.rows(select.FILES, **key)),
        deletion=deletion(reader, at, **key) if row.deleted else None,
        deployments=deployments.of_version(reader, at, found.model, number),
        requests=() if judged is None else _requests(judged, reader, at, found),
        checks=() if judged is None else _checks(judged, reader, at, found),
        inspection=recorded.inspection(reader, facts),
        signature=recorded.signature(reader, facts),
        environment=origin.environment(reader, facts),
        ci=origin.ci(facts, text),
        attachments=origin.attachments(reader, facts),
        marked=marked(reader, at, **key) if row.bad else None,
    )
    return replace(page, missing=missing(page))


def _checks(judged: Judged, reader: Reader, at: int | None, found: Resolved) -> tuple[CheckRow, ...]:
    """Return the newest result of each check of a version, and the checks that are missing."""
    from modelkeep.reads.checks import version_checks

    return version_checks(reader, at, found, judged.time)


def _requests(judged: Judged, reader: Reader, at: int | None, found: Resolved) -> tuple[RequestRow, ...]:
    """Return the requests for a version; few registries have any."""
    if reader.row(select.WAS_ASKED_FOR, model=found.model, version=found.number) is None:
        return ()
    from modelkeep.reads.requests import of_version

    return of_version(judged.context, reader, at, judged.time, found.model, found.number or 0)


def model_page(reader: Reader, at: int | None, found: Resolved) -> Model:
    """Return the page of a model as of entry ``at`` (None: now); the model must have existed then."""
    from modelkeep.store.db.sql import models
    from modelkeep.store.db.sql.references import former_names

    row = models.model_row(reader, at, found.model, found.name)
    return Model(
        **asdict(row),
        former_names=former_names(reader, at, found.model, found.name),
        actor=models.entry(reader, found.model)[1],
        tags=dict(select.TAGS.rows(reader, at, model=found.model, number=0)),
        aliases=dict(ALIASES.rows(reader, at, model=found.model)),
        recent=_recent(reader, at, found, hide_archived=not row.archived, deleted=row.versions == 0),
        notes=_model_notes(reader, at, found.model),
        authority=stage_authorities(reader, at),
        meanings=_meanings(reader, at),
    )


def _meanings(reader: Reader, at: int | None) -> dict[str, str]:
    """Return what the policy says that stages mean, highest stage first."""
    rules = rules_at(reader, at)
    stages = () if rules is None else rules.stages
    return {stage.name: stage.meaning for stage in reversed(stages) if stage.meaning is not None}


def _recent(
    reader: Reader, at: int | None, found: Resolved, *, hide_archived: bool, deleted: bool
) -> tuple[VersionRow, ...]:
    """Return the newest versions, without archived ones if ``hide_archived``, with deleted ones if ``deleted``."""
    from itertools import islice

    from modelkeep.store.db.sql.version_states import walk

    numbers = (
        number
        for number, there in walk(reader, at, found.model, deleted=deleted)
        if not hide_archived or not there.is_archived(number)
    )
    return tuple(version_rows(reader, at, found.model, found.name, list(islice(numbers, _RECENT))))


def _model_notes(reader: Reader, at: int | None, model: int) -> tuple[NoteText, ...]:
    rows = select.MODEL_NOTES.rows(reader, at, model=model)
    if not rows:
        return ()
    from modelkeep.domain.entry import parse_entry  # few models have notes

    found = []
    for time, actor, text, data in rows:
        subject = parse_entry(data).intent.subject
        if subject is not None and subject.version is None:
            found.append(NoteText(time, actor, text))
    return tuple(found)
