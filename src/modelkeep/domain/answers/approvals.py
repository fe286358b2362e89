"""Answers about requests for a promotion: the request, its approvals, and the plan that each approver saw."""

from __future__ import annotations

from modelkeep.domain.answers.changes import RuleFinding
from modelkeep.domain.record import Answer


class SeenValue(Answer, frozen=True):
    """A rule with the value and the bound that an approver saw."""

    rule: str
    value: str
    bound: str


class SeenPlan(Answer, frozen=True):
    """What an approver saw: the version that would be displaced (None: none), its share in percent, and what the rules found."""

    digest: str
    holder: str | None
    share: float | None
    values: tuple[SeenValue, ...]


class ApprovalRow(Answer, frozen=True, kw_only=True):
    """An approval: its entry, who gave it, in which roles, why, and what was seen.

    ``counts`` says whether it counts now, or counted for the promotion that ended the request. ``why`` says why one does
    not; both are None of the past and where the request ended otherwise.
    """

    seq: int
    time: str
    actor: str
    roles: tuple[str, ...]
    reason: str | None
    plan: SeenPlan
    counts: bool | None = None
    why: str | None = None


class RequestEnd(Answer, frozen=True):
    """The entry that ended a request, its time, author and reason."""

    seq: int
    time: str
    actor: str
    reason: str | None


class RequestRow(Answer, frozen=True, kw_only=True):
    """A promotion that was asked for by entry ``request``.

    ``state`` is ``open``, ``promoted``, ``rejected``, ``withdrawn`` or ``deleted``. Of an open request ``rules`` are what
    the policy says now, ``plan`` is the digest to approve, ``needed`` how many persons must approve, and
    ``who_may_approve`` whose approval is missing.
    """

    request: int
    ref: str
    name: str
    version: int
    stage: str
    share: float | None
    state: str
    time: str
    actor: str
    reason: str | None
    approvals: tuple[ApprovalRow, ...]
    ended: RequestEnd | None = None
    holder: str | None = None
    rules: tuple[RuleFinding, ...] = ()
    plan: str | None = None
    needed: int | None = None
    who_may_approve: str | None = None
