"""The answer of `report`: what changed in the stages that count, and who answers for it, over a period."""

from __future__ import annotations

from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.changes import RuleFinding
from modelkeep.domain.answers.roles import PolicyRef, RoleRow
from modelkeep.domain.policy.statements import PolicyDifference, Statement
from modelkeep.domain.record import Answer


class Period(Answer, frozen=True):
    """The entries that a report is about: from ``first`` to ``last`` (``first`` is greater where there are none).

    ``since`` and ``until`` are the moments that were asked for, None where none was. ``begins`` and ``ends`` are the
    times of the first and the last entry.
    """

    since: str | None
    until: str | None
    first: int
    last: int
    begins: str | None
    ends: str | None


class Head(Answer, frozen=True):
    """An entry that stands for all before it: its number, time and hash."""

    seq: int
    time: str
    hash: str


class CountedApproval(Answer, frozen=True):
    """An approval that a promotion rested on."""

    seq: int
    time: str
    actor: str
    roles: tuple[str, ...]


class StageChange(Answer, frozen=True, kw_only=True):
    """A change of what holds a protected stage, or a share of it in percent.

    ``what`` is ``promoted``, ``registered``, ``rolled_back``, ``retired``, ``archived``, ``deleted`` or ``model_deleted``.
    ``before`` and ``after`` are versions, None for none. ``registered_by`` and ``author`` are of the version that came;
    ``asked_by`` asked for it in entry ``request``. ``rules`` are what the policy found, ``rule`` names the rule that did it
    by itself, ``forced`` says that ``--force`` was given, which takes a bad or archived version too.
    """

    seq: int
    time: str
    actor: str
    what: str
    stage: str
    before: str | None
    after: str | None
    share: float | None
    reason: str | None
    registered_by: str | None = None
    author: str | None = None
    request: int | None = None
    asked_by: str | None = None
    approvals: tuple[CountedApproval, ...] = ()
    rules: tuple[RuleFinding, ...] = ()
    waived: int = 0
    forced: bool = False
    rule: str | None = None


class CheckLine(Answer, frozen=True):
    """The result of a check as it was recorded; ``evidence`` is the digest of its document."""

    seq: int
    time: str
    actor: str
    ref: str
    name: str
    result: str
    evidence: str | None
    expires: str | None


class ExceptionLine(Answer, frozen=True):
    """A change with ``--break-glass``, which waives rules, or with ``--force``, which passes a guard where there is one.

    ``kind`` is ``break-glass`` or ``forced``.
    """

    seq: int
    time: str
    actor: str
    kind: str
    ref: str
    sentence: str
    reason: str | None


class ItemLine(Answer, frozen=True):
    """What a person has, or had, to look at: ``item`` is ``break-glass``, ``signal`` or ``canary``.

    ``closed`` is the entry that acknowledged it, None where it was open at the end of the period.
    """

    seq: int
    time: str
    actor: str
    item: str
    ref: str
    sentence: str
    closed: int | None
    closed_by: str | None
    answer: str | None


class DeploymentLine(Answer, frozen=True):
    """A version that ran at a target at the end of the period; ``share`` in percent."""

    seq: int
    time: str
    actor: str
    ref: str
    target: str
    status: str
    share: float | None


class RoleChange(Answer, frozen=True):
    """A role that was given or taken."""

    seq: int
    time: str
    actor: str
    sentence: str
    reason: str | None


class PolicyChange(Answer, frozen=True):
    """A policy that was put in force, and how it differs from the one before."""

    seq: int
    time: str
    actor: str
    reason: str | None
    digest: str
    differences: tuple[PolicyDifference, ...]


class Checked(Answer, frozen=True):
    """What `verify --log` found; ``head`` is the last entry that it read."""

    ok: bool
    entries: int
    errors: int
    warnings: int
    findings: tuple[str, ...]
    head: Head


class Report(Answer, frozen=True, kw_only=True):
    """What a person must know who answers for a registry, or for one model of it, over a period.

    Everything is as it stood after the period's last entry, whose hash is ``end``; ``head`` is that of the log. ``stages``
    are the protected ones, or the last stage where none is. ``items`` were opened, closed or open. ``verified`` is None
    where nothing was verified.
    """

    registry: str
    model: str | None
    period: Period
    end: Head
    head: Head
    stages: tuple[str, ...]
    registered: int
    changes: tuple[StageChange, ...]
    requests: tuple[RequestRow, ...]
    checks: tuple[CheckLine, ...]
    exceptions: tuple[ExceptionLine, ...]
    items: tuple[ItemLine, ...]
    deployments: tuple[DeploymentLine, ...]
    roles: tuple[RoleRow, ...]
    role_changes: tuple[RoleChange, ...]
    policy: PolicyRef | None
    statements: tuple[Statement, ...]
    policy_changes: tuple[PolicyChange, ...]
    verified: Checked | None = None
