"""The changes of protected stages in a period: who made, asked for and approved each, and what the rules found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelkeep.context import Context
from modelkeep.domain.answers.period import CountedApproval, Period, StageChange
from modelkeep.domain.answers.versions import Tenure
from modelkeep.domain.entry import Entry, parse_entry
from modelkeep.domain.verbs.promote import Promote, VersionPromoted
from modelkeep.domain.verbs.rollback import StageRolledBack
from modelkeep.errors import Damaged
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.ledger import READ
from modelkeep.store.db.sql import periods
from modelkeep.store.db.sql.history import tenures

#: Ends of a tenure that are changes of their own: nothing took the place of the version.
_LEFT = ("retired", "archived", "deleted", "model_deleted")


def stage_changes(
    context: Context, stages: Sequence[str], model: int | None, period: Period
) -> tuple[StageChange, ...]:
    """Return the changes of some stages, of one model or of all, in the order of the log."""
    found: list[StageChange] = []
    for stage in stages:
        with context.database.reading() as reader:
            found += _of_stage(reader, stage, model, period)
    return tuple(sorted(found, key=lambda each: (each.seq, each.stage, each.after or "")))


def _of_stage(reader: Reader, stage: str, model: int | None, period: Period) -> Iterator[StageChange]:
    held = tenures(reader, period.last, model=model, stage=stage, after=period.first - 1, last=period.last)
    for tenure in held:
        if tenure.since_seq >= period.first:
            yield began(reader, tenure)
        if _was_left(tenure) and period.first <= (tenure.until_seq or 0) <= period.last:
            yield _left(reader, tenure)


def _was_left(tenure: Tenure) -> bool:
    """Tell whether a tenure ended without another one in its place; a share that was taken back is such a one."""
    what = None if tenure.ended is None else tenure.ended.what
    return what in _LEFT or (tenure.share is not None and what == "rolled_back")


def began(reader: Reader, tenure: Tenure) -> StageChange:
    """Return the change that a tenure began with, and the approvals that it rested on."""
    entry = parse_entry(reader.one(READ, seq=tenure.since_seq)[0])
    event = _event(entry, tenure)
    model = event.model
    registered_by, author = reader.row(periods.ORIGIN, model=model, number=tenure.version) or (None, None)
    request = event.request if isinstance(event, VersionPromoted) else None
    command = entry.intent.command
    return StageChange(
        seq=tenure.since_seq,
        time=tenure.since,
        actor=tenure.began.actor,
        what=tenure.began.what,
        stage=tenure.stage,
        before=tenure.began.other,
        after=tenure.ref,
        share=tenure.share,
        reason=_reason(reader, tenure.since_seq),
        registered_by=registered_by,
        author=author,
        request=request,
        asked_by=None if request is None else _actor(reader, request),
        approvals=_approvals(reader, event),
        rules=tenure.rules,
        waived=tenure.waived,
        forced=isinstance(command, Promote) and command.force,
        rule=event.rule,
    )


def _left(reader: Reader, tenure: Tenure) -> StageChange:
    assert tenure.ended is not None
    assert tenure.until is not None
    assert tenure.until_seq is not None
    return StageChange(
        seq=tenure.until_seq,
        time=tenure.until,
        actor=tenure.ended.actor,
        what=tenure.ended.what,
        stage=tenure.stage,
        before=tenure.ref,
        after=None,
        share=tenure.share,
        reason=_reason(reader, tenure.until_seq),
    )


def _event(entry: Entry, tenure: Tenure) -> VersionPromoted | StageRolledBack:
    """Return the event that opened a tenure."""
    for event in entry.events:
        if isinstance(event, VersionPromoted) and (event.stage, event.version) == (tenure.stage, tenure.version):
            return event
        if isinstance(event, StageRolledBack) and (event.stage, event.to) == (tenure.stage, tenure.version):
            return event
    message = f"entry {entry.seq} does not put {tenure.ref} into {tenure.stage}"
    raise Damaged(message)


def _approvals(reader: Reader, event: VersionPromoted | StageRolledBack) -> tuple[CountedApproval, ...]:
    if not isinstance(event, VersionPromoted) or event.request is None:
        return ()
    return tuple(
        CountedApproval(seq, time, actor, tuple(roles.split()))
        for seq, time, actor, roles in reader.rows(periods.APPROVAL, request=event.request)
        if seq in event.approvals
    )


def _actor(reader: Reader, seq: int) -> str:
    return str(reader.one(periods.ACTOR, seq=seq)[0])


def _reason(reader: Reader, seq: int) -> str | None:
    row = reader.row(periods.REASON, seq=seq)
    return None if row is None else str(row[0])
