"""Answers about the policy: what is in force, what was, how two differ, and what a change of it means."""

from __future__ import annotations

from modelkeep.domain.answers.changes import Change
from modelkeep.domain.json_values import Json
from modelkeep.domain.policy.results import RuleResult
from modelkeep.domain.policy.statements import PolicyDifference, Statement
from modelkeep.domain.record import Answer


class PolicyRow(Answer, frozen=True):
    """A policy: the entry ``seq`` that put it in force, who did, and the entry ``until`` that put another in force."""

    seq: int
    time: str
    actor: str
    reason: str | None
    digest: str
    until: int | None


class Policy(PolicyRow, frozen=True):
    """A policy with its TOML, its canonical document, and its rules in words."""

    source: str
    rules: dict[str, Json]
    statements: tuple[Statement, ...]


class PolicyDiff(Answer, frozen=True):
    """How two policies differ; ``before`` and ``after`` are what they are called."""

    before: str
    after: str
    same: bool
    differences: tuple[PolicyDifference, ...]


class RefusedHolder(Answer, frozen=True):
    """A version that holds a stage, and the rules that it would not pass today."""

    ref: str
    stage: str
    refused: tuple[RuleResult, ...]


class StaleRequest(Answer, frozen=True):
    """An open request whose ``approvals`` do not count any longer, for the rules of its stage changed."""

    request: int
    ref: str
    stage: str
    approvals: int


class PolicySet(Change, frozen=True):
    """A policy that was put in force, how it differs from the one before, and what that means.

    ``holders`` are the versions in stages that would not pass today, of the ``judged`` ones; ``complete`` says whether
    these are all. What depends on the moment of a promotion (reason, soak, approvals) is not judged.
    """

    digest: str = ""
    differences: tuple[PolicyDifference, ...] = ()
    holders: tuple[RefusedHolder, ...] = ()
    judged: int = 0
    complete: bool = True
    requests: tuple[StaleRequest, ...] = ()
