"""Answers of changes: what was before, and what is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.record import Answer

if TYPE_CHECKING:
    from modelkeep.domain.policy.results import RuleResult


#: What stands for nothing in an effect.
NONE = "none"


class Effect(Answer, frozen=True):
    """One thing that changed: ``production: fraud@3 -> fraud@4``; `NONE` where there was nothing."""

    what: str
    before: str
    after: str


class RuleFinding(Answer, frozen=True):
    """A rule of the policy, the value that it found, and its bound.

    ``passed`` says that it holds. One that does not stands in the way, unless it only warns (``warn``) or was ``waived``
    by breaking the glass.
    """

    rule: str
    value: str
    bound: str
    passed: bool
    warn: bool = False
    waived: bool = False


def findings(found: Sequence[RuleResult]) -> tuple[RuleFinding, ...]:
    """Return what rules found, as answers have it."""
    return tuple(
        RuleFinding(each.rule, each.value, each.bound, passed=each.passed, warn=each.warn, waived=each.waived)
        for each in found
    )


class Change(Answer, frozen=True):
    """A change that was made, or was not needed: ``changed`` is False where nothing had to change (``why`` says why).

    ``ref`` is the version it is about, None for a model as a whole; ``seq`` the entry it left. ``rules`` are what the
    policy found of a version that was promoted, ``plan`` is the digest of the plan that they make; of a deletion it is the
    digest of what goes.
    """

    action: str
    name: str
    ref: str | None
    changed: bool
    seq: int | None
    effects: tuple[Effect, ...] = ()
    why: str | None = None
    dry_run: bool = False
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    rules: tuple[RuleFinding, ...] = ()
    plan: str | None = None


class Verdict(Answer, frozen=True):
    """A metric of a new version beside that of the version in the last stage, measured on the same data.

    ``against`` is that version, None where it has no such metric; ``difference`` is there where both are numbers, and
    ``verdict`` (``better``, ``worse`` or ``same``) where it is known which values are better.
    """

    metric: str
    data: str | None
    value: float | str
    stage: str
    against: str | None = None
    other: float | str | None = None
    difference: float | str | None = None
    verdict: str | None = None


class Registered(Change, frozen=True):
    """The version that `register` made or found, and what it captured."""

    version: int = 0
    label: str | None = None
    digest: str = ""
    size_bytes: int = 0
    files: int = 0
    verdict: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()


class Passed(Answer, frozen=True):
    """A former holder that a rollback passed over, and why."""

    ref: str
    why: str


class RolledBack(Change, frozen=True):
    """A rollback: the version it left, the one it went back to, and those it passed over."""

    stage: str = ""
    left: str | None = None
    to: str | None = None
    marked_bad: bool = False
    passed_over: tuple[Passed, ...] = ()


class Fetched(Answer, frozen=True):
    """What `get` wrote, and where; unchanged where the same bytes were there."""

    ref: str
    digest: str
    path: str
    changed: bool
    files: int
    size_bytes: int
