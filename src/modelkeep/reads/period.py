"""`report`: what changed in the stages that count over a period, who answers for it, and what is open.

All of it is as it stood after the last entry of the period. Each part has a snapshot of its own, and entries are read in
pages: the log only grows, so the parts agree, and no writer waits for the whole.
"""

from __future__ import annotations

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.period import Head, Period, Report
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.policy.statements import Statement, statements
from modelkeep.domain.times import At, without_clock
from modelkeep.errors import NotFound
from modelkeep.reads import requests as asking
from modelkeep.reads import roles as authority
from modelkeep.reads.history import interval
from modelkeep.reads.period_changes import stage_changes
from modelkeep.reads.period_lines import (
    check_lines,
    deployment_lines,
    exception_lines,
    item_lines,
    policy_changes,
    role_changes,
)
from modelkeep.reads.references import model_named
from modelkeep.reads.snapshot import parse_local_moment, snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit, periods
from modelkeep.store.db.sql.roles import policy_ref
from modelkeep.store.db.sql.version_states import stages
from modelkeep.store.db.state import SqlState


def report(context: Context, name: str | None, *, since: str | None, until: str | None) -> Report:
    """Return the report of a period, of all models or of one; nothing is verified.

    An age is a whole day (``90d``) or minute (``12h``): the same report a second later has the same bytes.
    """
    now = context.clock().astimezone()
    since, until = (text and without_clock(text, now) for text in (since, until))
    with snapshot(context) as (reader, _):
        after, last = interval(context, reader, since, until, inclusive=False)
        newest = audit.newest(reader)
        last = newest if last is None else min(last, newest)
        if last < 1:
            message = "there was no entry by then"
            raise NotFound(message, "modelkeep audit --limit 1 --reverse")
        model = None if name is None else model_named(reader, name, context.say, None if last == newest else last)
        number = None if model is None else model.model
        begins, ends = reader.one(periods.FIRST_AND_LAST, first=after + 1, last=last)
        is_empty = after >= last
        period = Period(
            since=_shown(context, since, end=False),
            until=_shown(context, until, end=True),
            first=after + 1,
            last=last,
            begins=None if is_empty else begins,
            ends=None if is_empty else ends,
        )
        counting = _stages(reader, last)
        found = Report(
            registry=SqlState(reader).registry_id() or "",
            model=None if model is None else model.name,
            period=period,
            end=Head(*reader.one(periods.HEAD_AT, seq=last)),
            head=Head(*reader.one(periods.HEAD_AT, seq=newest)),
            stages=counting,
            registered=periods.registered(reader, number, after + 1, last),
            changes=(), requests=(), checks=(), exceptions=(), items=(), role_changes=(), policy_changes=(),
            deployments=deployment_lines(reader, number, last),
            roles=authority.roles_at(reader, last),
            policy=policy_ref(reader, last),
            statements=_statements(reader, last),
        )  # fmt: skip
    return replace(
        found,
        changes=stage_changes(context, counting, number, period),
        requests=_requests(context, found),
        checks=check_lines(context, number, period),
        exceptions=exception_lines(context, number, period),
        items=item_lines(context, number, period),
        role_changes=role_changes(context, period),
        policy_changes=policy_changes(context, period),
    )


def _shown(context: Context, text: str | None, *, end: bool) -> str | None:
    """Return a moment as a time, or ``seq:N`` as it is."""
    if text is None:
        return None
    found = parse_local_moment(context, text, bare_date_end=end)
    return found.time if isinstance(found, At) else text


def _stages(reader: Reader, at: int) -> tuple[str, ...]:
    """Return the protected stages, highest first; the last stage where none is protected."""
    known = stages(reader, at)
    return tuple(each.name for each in reversed(known) if each.protected) or tuple(each.name for each in known[-1:])


def _statements(reader: Reader, at: int) -> tuple[Statement, ...]:
    rules = authority.rules_at(reader, at)
    return () if rules is None else statements(rules)


def _requests(context: Context, found: Report) -> tuple[RequestRow, ...]:
    """Return the requests that were made, ended or open in the period, oldest first."""
    period = found.period
    moment = AsOf(period.last, found.end.time)
    rows = asking.requests(context, found.model, moment, mine=False, open_only=False)
    return tuple(
        each
        for each in reversed(rows)
        if each.request >= period.first or each.ended is None or each.ended.seq >= period.first
    )
