"""`requests`: the promotions that were asked for, who approved what, and what the policy says of the open ones."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from modelkeep.context import Context
from modelkeep.domain.answers.approvals import ApprovalRow, RequestEnd, RequestRow, SeenPlan, SeenValue
from modelkeep.domain.answers.changes import findings
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.governed_state import PromotionRequest
from modelkeep.domain.policy.identity import identity_of, is_same_person
from modelkeep.domain.policy.plan import parse_plan
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.shares import to_percent
from modelkeep.domain.text import pattern
from modelkeep.reads.authority import authority, observation
from modelkeep.reads.judging import Judge
from modelkeep.reads.references import version_or_model
from modelkeep.reads.snapshot import dated_snapshot, snapshot
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import requests as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.statement import EVER

_NUMBER = pattern(r"#?([1-9][0-9]{0,15})")
#: The place in a row of the entry that ended the request.
_UNTIL = 8
#: How a request ended, by what ended it.
_STATES = {None: "open", "promote": "promoted", "reject": "rejected", "withdraw": "withdrawn", "delete": "deleted"}
_WHY = {
    "expired": "expired",
    "revoked": "by an account that lost the role since",
    "same-person": "by the same person as another approval",
    "not-separate": "by a person who registered the version, made it or asked for it",
}


def requests(
    context: Context,
    name: str | None,
    moment: str | AsOf | None,
    *,
    mine: bool,
    open_only: bool,
    to_approve: bool = False,
    limit: int | None = None,
) -> tuple[RequestRow, ...]:
    """Return the newest ``limit`` requests for a model or version, or the one with a number.

    ``mine``: only those that this account asked for. ``to_approve``: only those that lack an approval which it may give.
    """
    # The name service may take seconds: it is asked outside of the snapshot.
    me = authority(context).observed if to_approve else observation(context)
    with dated_snapshot(context, moment) as (reader, at, time):
        judge = Judge.of(context, reader, at, time, observed=me)
        number = None if name is None else _NUMBER.fullmatch(name.strip())
        one = None if number is None else select.ONE.row(reader, at, last=at or EVER, request=int(number[1]))
        if one is not None:
            rows: Sequence[Row] = [one]
        elif name is None:
            rows = (select.OPEN if open_only or to_approve else select.ALL).rows(reader, at, last=at or EVER)
        else:
            found = version_or_model(reader, name, context.say, at)
            about = {"model": found.model} | ({} if found.number is None else {"version": found.number})
            asked = select.OF_MODEL if found.number is None else select.OF_VERSION
            rows = asked.rows(reader, at, last=at or EVER, **about)
        if mine:
            rows = [row for row in rows if _is_mine(judge, row[0])]
        if open_only or to_approve:
            rows = [row for row in rows if _is_open(row, at)]
        if to_approve:
            rows = [row for row in rows if judge.awaits(_asked(row))]
        return tuple(_request(judge, reader, at, row) for row in rows[:limit])


def of_version(
    context: Context, reader: Reader, at: int | None, time: str, model: int, number: int
) -> tuple[RequestRow, ...]:
    """Return the requests for a version, newest first, as they stand at a time."""
    rows = select.OF_VERSION.rows(reader, at, last=at or EVER, model=model, version=number)
    judge = Judge.of(context, reader, at, time)
    return tuple(_request(judge, reader, at, row) for row in rows)


def request(context: Context, seq: int) -> RequestRow | None:
    """Return a request as it stands now, None where an entry asked for nothing."""
    with snapshot(context) as (reader, _):
        row = select.ONE.row(reader, None, last=EVER, request=seq)
        return None if row is None else _request(Judge.of(context, reader), reader, None, row)


def _is_mine(judge: Judge, seq: int) -> bool:
    policy, by = judge.state.policy(), judge.state.identity(seq)
    me = identity_of(judge.observed)
    return by is not None and is_same_person(Rules() if policy is None else policy.rules, by, me)


def _asked(row: Row) -> PromotionRequest:
    """Return an open request as rules judge it."""
    seq, model, version, stage, share, *_ = row
    return PromotionRequest(seq, model, version, stage, share, until=None, ended_by=None)


def _is_open(row: Row, at: int | None) -> bool:
    until = row[_UNTIL]
    return until is None or (at is not None and until > at)


def _request(judge: Judge, reader: Reader, at: int | None, row: Row) -> RequestRow:
    (
        seq, model, version, stage, share, time, actor, reason,
        until, ended_by, ended, ender, ended_reason,
    ) = row  # fmt: skip
    is_open = _is_open(row, at)
    name = name_of(reader, at, model)
    given = tuple(_approval(name, each) for each in select.APPROVALS.rows(reader, at, request=seq))
    found = RequestRow(
        request=seq,
        ref=f"{name}@{version}",
        name=name,
        version=version,
        stage=stage,
        share=to_percent(share),
        state=_STATES[None if is_open else ended_by],
        time=time,
        actor=actor,
        reason=reason,
        approvals=given,
        ended=None if is_open else RequestEnd(until, ended, ender, ended_reason),
    )
    if is_open:
        return _as_it_stands(judge, found, _asked(row))
    return _as_it_ended(reader, found) if found.state == "promoted" else found


def _as_it_stands(judge: Judge, found: RequestRow, asked: PromotionRequest) -> RequestRow:
    """Return an open request with what the policy says of it, and which approvals count."""
    judgement, policy = judge.judgement(asked), judge.state.policy()
    if judgement is None or policy is None:
        return found
    from modelkeep.domain.policy.gate import who_may_approve

    plan, standing = judgement.plan, {each.approval.seq: each.why for each in judgement.standings}
    now = {rule: (value, bound) for rule, value, bound in plan.values}
    holder = f"{found.name}@{plan.holder}" if plan.holder else None
    return replace(
        found,
        approvals=tuple(
            replace(
                each,
                counts=standing[each.seq] is None,
                why=_changes(each.plan, holder, now)
                if (why := standing[each.seq]) == "changed"
                else _WHY.get(why or ""),
            )
            for each in found.approvals
        ),
        holder=holder,
        rules=findings(judgement.results),
        plan=plan.plan_digest,
        needed=sum(each.count for each in policy.rules.stage(found.stage).approvals),
        who_may_approve=who_may_approve(judge.state, policy.rules, judgement),
    )


def _as_it_ended(reader: Reader, found: RequestRow) -> RequestRow:
    """Return a request that ended in a promotion with the approvals that it rested on."""
    from modelkeep.domain.entry import parse_entry
    from modelkeep.domain.verbs.promote import VersionPromoted
    from modelkeep.store.db.ledger import READ

    entry = parse_entry(reader.one(READ, seq=0 if found.ended is None else found.ended.seq)[0])
    promoted = next((event for event in entry.events if isinstance(event, VersionPromoted)), None)
    if promoted is None:
        return found
    return replace(
        found,
        approvals=tuple(
            replace(
                each,
                counts=each.seq in promoted.approvals,
                why=None if each.seq in promoted.approvals else "stale when it was promoted",
            )
            for each in found.approvals
        ),
        rules=findings(promoted.verdict),
        plan=promoted.plan,
    )


def _approval(name: str, row: Row) -> ApprovalRow:
    seq, time, actor, roles, reason, digest, document = row
    plan = parse_plan(bytes(document))
    seen = SeenPlan(
        digest=digest,
        holder=f"{name}@{plan.holder}" if plan.holder else None,
        share=to_percent(plan.share),
        values=tuple(SeenValue(*each) for each in plan.values),
    )
    return ApprovalRow(seq=seq, time=time, actor=actor, roles=tuple(roles.split()), reason=reason, plan=seen)


def _changes(seen: SeenPlan, holder: str | None, now: dict[str, tuple[str, str]]) -> str:
    """Return what is not as the approver saw it."""
    parts = []
    if seen.holder != holder:
        parts.append(f"it would replace {seen.holder or 'none'}, and now {holder or 'none'}")
    for each in seen.values:
        value, bound = now.get(each.rule, (None, None))
        if value is not None and value != each.value:
            parts.append(f"{each.rule} was {each.value}, and is {value}")
        elif bound is not None and bound != each.bound:
            parts.append(f"{each.rule} had to be {each.bound}, and now {bound}")
    return f"stale: {'; '.join(parts) or 'the rules of the stage, or the mark of the version, changed'}"
