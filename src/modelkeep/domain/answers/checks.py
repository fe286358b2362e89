"""Answers about checks: the results of a version, and what recording one did."""

from __future__ import annotations

from modelkeep.domain.answers.changes import Change
from modelkeep.domain.record import Answer


class CheckRow(Answer, frozen=True, kw_only=True):
    """A result of a check of a version, or a check that a stage asks for and that has none.

    ``state`` is ``current``, ``stale`` (too old for a stage that asks for it: ``stale_for``), ``expired``, ``superseded`` by a
    newer result, or ``missing``; then ``result`` and all about it is None. ``stages`` are those that ask for it. ``outcome`` says
    how the command ended that was run, ``evidence`` is the SHA-256 of the report.
    """

    ref: str
    name: str
    result: str | None
    state: str
    time: str | None = None
    actor: str | None = None
    expires: str | None = None
    evidence: str | None = None
    evidence_bytes: int | None = None
    command: str | None = None
    outcome: str | None = None
    reason: str | None = None
    seq: int | None = None
    stages: tuple[str, ...] = ()
    stale_for: tuple[str, ...] = ()


class Checked(Change, frozen=True, kw_only=True):
    """A result that was recorded; ``outcome`` says how the command ended that was run."""

    check: str
    result: str
    evidence: str | None = None
    evidence_bytes: int | None = None
    expires: str | None = None
    command: str | None = None
    outcome: str | None = None
