"""The answer of `prune`: what became of each version that the policy's retention does not keep."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class PruneError(Answer, frozen=True):
    """Why a version could not be archived or deleted, as every error says it."""

    code: str
    exit: int
    message: str
    hint: str | None


class Pruned(Answer, frozen=True):
    """A version and what became of it: ``before`` and ``after`` are its states.

    ``rule`` is the retention that asks for it. ``changed`` is False where it needs to be kept by now (``why``) or where
    ``error`` says what failed; ``seq`` is the entry that it left. ``plan`` is the digest of what goes with a version that is
    deleted.
    """

    ref: str
    before: str
    after: str
    rule: str
    changed: bool
    seq: int | None
    dry_run: bool
    why: str | None = None
    error: PruneError | None = None
    plan: str | None = None
