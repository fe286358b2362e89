"""What changes answer: what was so before and is so now."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class Effect(Answer, frozen=True):
    """One thing that changed: ``production: fraud@3 -> fraud@4``; ``none`` where there was nothing."""

    what: str
    before: str
    after: str


class Change(Answer, frozen=True):
    """What a use case did; ``changed`` is False where it was so already (``why`` says how).

    ``ref`` is the version it is about, None for a model as a whole; ``seq`` the entry it left.
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


class Verdict(Answer, frozen=True):
    """A metric of a new version beside production's; ``difference`` where both are numbers."""

    metric: str
    value: str
    against: str | None
    other: str | None
    difference: str | None


class Registered(Change, frozen=True):
    """What `register` did, and what it found out by itself."""

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
    """What `rollback` did: where it came from, where it went, whom it passed over."""

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
