"""What changes answer: what was so before and is so now."""

from __future__ import annotations

from modelkeep.domain.quick import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that changed: ``production: fraud@3 -> fraud@4``; ``none`` where there was nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """A metric of a new version beside production's; ``difference`` where both are numbers."""

    metric: str
    value: str
    against: str | None
    other: str | None
    difference: str | None


@dataclass(frozen=True, slots=True)
class Registered(Change):
    """What `register` did, and what it found out by itself."""

    version: int = 0
    label: str | None = None
    digest: str = ""
    size_bytes: int = 0
    files: int = 0
    verdict: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """A former holder that a rollback passed over, and why."""

    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class RolledBack(Change):
    """What `rollback` did: where it came from, where it went, whom it passed over."""

    stage: str = ""
    left: str | None = None
    to: str | None = None
    marked_bad: bool = False
    passed_over: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What `get` wrote, and where; unchanged where the same bytes were there."""

    ref: str
    digest: str
    path: str
    changed: bool
    files: int
    size_bytes: int
