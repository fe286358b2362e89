"""The answer of `diff --notes`: what changed from one version of a model to a later one."""

from __future__ import annotations

from modelkeep.domain.answers.period import StageChange
from modelkeep.domain.answers.reports import Diff
from modelkeep.domain.answers.trends import TrendPoint
from modelkeep.domain.record import Answer


class NotedVersion(Answer, frozen=True):
    """A version in release notes: who made it, why, from what, and its main metric; ``placed`` is how it got its stages."""

    ref: str
    label: str | None
    state: str
    created: str
    actor: str
    author: str
    reason: str | None
    description: str | None
    licence: str | None
    commit: str | None
    dirty: bool | None
    point: TrendPoint
    placed: tuple[StageChange, ...]


class ReleaseNotes(Answer, frozen=True):
    """What changed from the version ``before`` to the version ``after``, both of one model.

    ``diff`` is what differs between the two, ``versions`` are those after the first up to the last, newest first, at most
    the newest 50 of them; ``more`` counts the others. Deleted ones are left out. ``metric`` is the main one. ``page`` is
    Markdown.
    """

    before: str
    after: str
    diff: Diff
    metric: str | None
    versions: tuple[NotedVersion, ...]
    more: int = 0
    page: str = ""
