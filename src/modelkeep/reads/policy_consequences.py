"""What a policy means for what is there: versions in stages that would not pass, and approvals that are void."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from modelkeep.context import Context
from modelkeep.domain.answers.policy import RefusedHolder, StaleRequest
from modelkeep.domain.entry import Intent, Observed, Subject
from modelkeep.domain.policy.candidate import registered
from modelkeep.domain.policy.gate import judge, rules_digest
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.rules import Rules
from modelkeep.domain.policy.state_under_rules import StateUnderRules
from modelkeep.domain.state import State
from modelkeep.domain.verbs.interface import Proposal
from modelkeep.domain.verbs.promote import Promote
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import policies as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.state import SqlState

#: How many holders of stages are judged at most; each takes about a millisecond.
MOST_JUDGED = 2_000
#: The rules that are about the moment of a promotion, and say nothing of a version that holds the stage already.
_OF_THE_MOMENT = ("reason", "soak", "approval")


class Consequences(NamedTuple):
    """The holders that would not pass, of the ``judged`` ones (``complete``: of all), and the requests that go stale."""

    holders: tuple[RefusedHolder, ...]
    judged: int
    complete: bool
    requests: tuple[StaleRequest, ...]


def consequences(context: Context, before: Rules | None, after: Rules) -> Consequences:
    """Return what it means that a policy follows another."""
    with snapshot(context) as (reader, _):
        state = SqlState(reader)
        found: list[RefusedHolder] = []
        judged, complete = 0, True
        for stage in reversed(after.stages):  # what is in production matters most
            left = MOST_JUDGED - judged
            rows = reader.rows(select.HOLDERS, stage=stage.name, most=left + 1)
            complete = complete and len(rows) <= left
            for model, number, name in rows[:left]:
                refused = _refused(context, state, after, model, number, stage.name)
                if refused:
                    found.append(RefusedHolder(f"{name}@{number}", stage.name, refused))
            judged += min(len(rows), left)
        return Consequences(tuple(found), judged, complete, tuple(_stale(reader, state, before or Rules(), after)))


def _refused(
    context: Context, state: SqlState, rules: Rules, model: int, number: int, stage: str
) -> tuple[RuleResult, ...]:
    """Return the rules that a version which holds a stage would not pass today."""
    known, version = state.model(model), state.version(model, number)
    if known is None or version is None:
        return ()
    now = context.now()
    intent: Intent = Intent(
        registry="",
        id="",
        command=Promote(),
        subject=Subject(known.name, model, number, version.digest, stage),
        time=now,
    )
    under_rules = cast("State", StateUnderRules(state, rules))
    proposal = Proposal(under_rules, intent, Observed(client=context.client, user=""), now, 0)
    judgement = judge(proposal, registered(under_rules, known, version), stage, None)
    if judgement is None:
        return ()
    return tuple(each for each in judgement.refused if each.rule.partition(" ")[0] not in _OF_THE_MOMENT)


def _stale(reader: Reader, state: SqlState, before: Rules, after: Rules) -> Iterator[StaleRequest]:
    """Yield the open requests whose approvals do not count any longer: the rules of their stage differ."""
    for request in state.open_requests():
        approvals = len(state.approvals(request.seq))
        if rules_digest(before.stage(request.stage)) != rules_digest(after.stage(request.stage)):
            ref = f"{name_of(reader, None, request.model)}@{request.version}"
            yield StaleRequest(request.seq, ref, request.stage, approvals)
