"""What happened: `history` returns tenures of stages, `audit` the entries of the log as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.context import Context
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.domain.times import AtSeq, Moment
from modelkeep.errors import Damaged, NotFound
from modelkeep.reads.references import stage_named, version_or_model
from modelkeep.reads.snapshot import parse_local_moment, snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit as select
from modelkeep.store.db.sql import moments
from modelkeep.store.db.sql.history import tenures
from modelkeep.store.db.sql.version_states import stages

if TYPE_CHECKING:
    from collections.abc import Iterable


def history(
    context: Context,
    name: str | None,
    stage: str | None,
    moment: str | AsOf | None,
    *,
    since: str | None,
    until: str | None,
) -> tuple[Tenure, ...]:
    """Return the tenures that fall into [since, until), oldest first; without a name or a stage those of the last stage."""
    with snapshot(context, moment) as (reader, at):
        found = None if name is None else version_or_model(reader, name, context.say, at)
        if stage is not None:
            stage = stage_named(reader, stage).name
        elif found is None:
            stage = stages(reader, at)[-1].name
        return tenures(
            reader,
            at,
            model=None if found is None else found.model,
            version=None if found is None else found.number,
            stage=stage,
            after=_since_entry(context, reader, since, inclusive=True),
            last=_until_entry(context, reader, until),
        )


def audit(
    context: Context,
    ref: str | None,
    *,
    since: str | None,
    until: str | None,
    actor: str | None,
    action: str | None,
    limit: int | None,
    reverse: bool,
) -> tuple[AuditEntry, ...]:
    """Return the newest ``limit`` entries as sentences, the newest last, or first with ``reverse``.

    With a version as ``ref``: the entries that are about it or displaced it; with a model: all of its entries.
    ``NotFound`` for an unknown action.
    """
    from modelkeep.domain.verbs.all_verbs import ACTIONS

    with snapshot(context) as (reader, _):
        about = None if ref is None else version_or_model(reader, ref, context.say)
        if action is not None and action not in ACTIONS:
            message = f"there is no action '{action}'"
            raise NotFound(message, f"actions are {', '.join(ACTIONS)}")
        newest = select.entries(
            reader,
            about=None if about is None else (about.model, about.number or 0),
            first=_since_entry(context, reader, since, inclusive=False) + 1,
            last=_until_entry(context, reader, until),
            actor=actor,
            action=action,
            limit=limit,
        )
        return as_sentences(reader, newest if reverse else reversed(newest))


def as_sentences(reader: Reader, entries: Iterable[select.Logged]) -> tuple[AuditEntry, ...]:
    """Return entries as people read them: a sentence each, with who, when and why."""
    return tuple(_sentence(reader, logged) for logged in entries)


def _sentence(reader: Reader, logged: select.Logged) -> AuditEntry:
    """Return an entry as a sentence; for one that cannot be read the sentence says so."""
    from modelkeep.domain.entry import parse_entry  # tenures need no reader of entries
    from modelkeep.domain.verbs.tag import ENDED_TAG, Tag

    texts = dict(reversed(select.texts(reader, logged.seq)))
    subject = None
    try:
        entry = parse_entry(logged.data)
        fields = list(texts.items())
        if isinstance(entry.intent.command, Tag) and entry.intent.details is not None:
            fields = select.tags(reader, entry.intent.details)
        if isinstance(entry.intent.command, Tag) and entry.intent.subject is not None:
            subject_of = entry.intent.subject
            ended = select.ended_tags(reader, subject_of.model or 0, subject_of.version or 0, logged.seq)
            fields = [*fields, *((ENDED_TAG, key) for key in ended)]
        subject, sentence = entry.subject_name, entry.sentence(fields)
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


def _since_entry(context: Context, reader: Reader, since: str | None, *, inclusive: bool) -> int:
    """Return the last entry before ``--since``, or where ``inclusive`` at that instant; 0 where there is none."""
    return 0 if since is None else moments.last_entry(reader, _moment(context, "since", since), inclusive=inclusive)


def _until_entry(context: Context, reader: Reader, until: str | None) -> int | None:
    """Return the last entry up to ``--until``, None without it; a bare date and ``seq:N`` are included."""
    if until is None:
        return None
    when = _moment(context, "until", until)
    return moments.last_entry(reader, when, inclusive=isinstance(when, AtSeq) or when.inclusive)


def _moment(context: Context, option: str, text: str) -> Moment:
    found = parse_local_moment(context, text, bare_date_end=option == "until")
    context.say(f"{option} {getattr(found, 'time', text)}")
    return found
