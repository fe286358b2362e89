"""What happened: `history` returns tenures of stages, `audit` the entries of the log as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.context import Context
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.domain.text import printable
from modelkeep.domain.times import At, AtSeq, Moment
from modelkeep.errors import Damaged, UsageError
from modelkeep.reads.references import stage_named, version_or_model
from modelkeep.reads.snapshot import parse_local_moment, refuse_future, snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit as select
from modelkeep.store.db.sql import moments
from modelkeep.store.db.sql.history import tenures
from modelkeep.store.db.sql.statement import EVER
from modelkeep.store.db.sql.version_states import stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Entries that are held at once: each has at most 64 KiB, and most have one or two.
_PAGE_ENTRIES = 200


def history(
    context: Context,
    name: str | None,
    stage: str | None,
    moment: str | AsOf | None,
    *,
    since: str | None,
    until: str | None,
    limit: int | None,
) -> tuple[Tenure, ...]:
    """Return the tenures that fall into [since, until), oldest first; without a name or a stage those of the last stage.

    ``limit`` leaves those that began last.
    """
    with snapshot(context, moment) as (reader, at):
        found = None if name is None else version_or_model(reader, name, context.say, at)
        if stage is not None:
            stage = stage_named(reader, stage).name
        elif found is None:
            stage = stages(reader, at)[-1].name
        after, last = interval(context, reader, since, until, inclusive=True)
        return tenures(
            reader,
            at,
            model=None if found is None else found.model,
            version=None if found is None else found.number,
            stage=stage,
            after=after,
            last=last,
            limit=limit,
        )


def audit_pages(
    context: Context,
    ref: str | None,
    *,
    since: str | None,
    until: str | None,
    actor: str | None,
    action: str | None,
    limit: int | None,
    reverse: bool,
) -> Iterator[tuple[AuditEntry, ...]]:
    """Return the newest ``limit`` entries as sentences, page by page, the newest last, or first with ``reverse``.

    With a version as ``ref``: the entries that are about it or displaced it; with a model: all of its entries.
    ``actor`` is an account, or a name or address that was claimed or given as the author.
    ``UsageError`` for an unknown action. Entries that are written meanwhile are left out.
    """
    from modelkeep.domain.verbs.all_verbs import ACTIONS

    if action is not None and action not in ACTIONS:
        message = f"there is no action '{printable(action)}'"
        raise UsageError(message, f"actions are {', '.join(ACTIONS)}")
    with snapshot(context) as (reader, _):
        about = None if ref is None else version_or_model(reader, ref, context.say)
        before, last = interval(context, reader, since, until, inclusive=False)
        wanted = select.Wanted(
            about=None if about is None else (about.model, about.number or 0),
            action=action,
            actor=actor,
            people=() if actor is None else select.people(reader, actor),
        )
        first, last = before + 1, select.newest(reader) if last is None else min(last, select.newest(reader))
        if limit is not None and not reverse:
            first = select.nth_newest(reader, wanted, limit, first=first, last=last) or first
    return _pages(context, wanted, first, last, limit, newest_first=reverse)


def _pages(
    context: Context, wanted: select.Wanted, first: int, last: int, limit: int | None, *, newest_first: bool
) -> Iterator[tuple[AuditEntry, ...]]:
    """Yield pages of the wanted entries, at least one; each has a snapshot of its own, for the log only grows."""
    left, begun = EVER if limit is None else limit, False
    while True:
        with context.database.reading() as reader:
            most = left if reader.is_private else min(left, _PAGE_ENTRIES)
            rows = select.entries(reader, wanted, first=first, last=last, limit=most, newest_first=newest_first)
            page = as_sentences(reader, rows)
        if page or not begun:
            yield page
        left, begun = left - len(page), True
        if len(page) < most or left == 0:
            return
        first, last = (first, page[-1].seq - 1) if newest_first else (page[-1].seq + 1, last)


def as_sentences(reader: Reader, entries: Iterable[select.Logged]) -> tuple[AuditEntry, ...]:
    """Return entries as people read them: a sentence each, with who, when and why."""
    return tuple(_sentence(reader, logged) for logged in entries)


def _sentence(reader: Reader, logged: select.Logged) -> AuditEntry:
    """Return an entry as a sentence; for one that cannot be read the sentence says so."""
    from modelkeep.domain.entry import parse_entry  # tenures need no reader of entries
    from modelkeep.domain.verbs.tag import ENDED_TAG, Tag

    texts = dict(reversed(select.texts(reader, logged.seq)))
    subject = login = None
    try:
        entry = parse_entry(logged.data)
        login = entry.observed.login_name
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
        author=texts.get("author"),
        action=logged.action,
        subject=subject,
        sentence=sentence,
        reason=reason,
        hash=logged.hash,
        entry=logged.data.decode(errors="replace"),
        login=login,
    )


def interval(
    context: Context, reader: Reader, since: str | None, until: str | None, *, inclusive: bool
) -> tuple[int, int | None]:
    """Return the last entry before ``--since`` (0: none), and the last up to ``--until`` (None: without it).

    ``inclusive``: an entry of the instant ``--since`` counts as before it. A bare date and ``seq:N`` are included in
    ``--until``, which may be in the future. ``UsageError`` where nothing can lie between the two.
    """
    after, last = 0, None
    begin = None if since is None else _moment(context, "since", since)
    end = None if until is None else _moment(context, "until", until)
    if since is not None and begin is not None:
        refuse_future(context, reader, since)
        after = moments.last_entry(reader, begin, inclusive=inclusive)
    if end is not None:
        last = moments.last_entry(reader, end, inclusive=isinstance(end, AtSeq) or end.inclusive)
    if type(begin) is type(end) and begin is not None and _order(begin) > _order(end):
        message = f"since '{printable(since or '')}' is after until '{printable(until or '')}'"
        raise UsageError(message, "give the earlier moment as --since")
    return after, last


def _order(moment: Moment | None) -> tuple[str, int]:
    """Return what sorts moments of one kind."""
    return (moment.time, 0) if isinstance(moment, At) else ("", moment.seq if moment else 0)


def _moment(context: Context, option: str, text: str) -> Moment:
    found = parse_local_moment(context, text, bare_date_end=option == "until")
    context.say(f"{option} {getattr(found, 'time', text)}")
    return found
