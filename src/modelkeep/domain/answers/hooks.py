"""Answers about hooks: the hooks, the document that one gets, and its result."""

from __future__ import annotations

from typing import Literal

from modelkeep.domain.answers.changes import Change
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.record import Answer


class HookRow(Answer, frozen=True):
    """A hook: the file that configures it, when it runs, and what runs.

    ``target`` is the command, or the scheme and host of the URL. ``runs`` is False where the registry is not trusted.
    """

    name: str
    source: str
    kind: str
    target: str
    on: tuple[str, ...]
    stages: tuple[str, ...]
    models: tuple[str, ...]
    timeout_seconds: int
    signed: bool
    runs: bool


class HookRun(Answer, frozen=True):
    """The result of a hook that was tested: ``outcome`` in words, ``output`` is the beginning of what a command wrote."""

    hook: str
    ok: bool
    outcome: str
    attempts: int
    output: str


class HookEvent(Answer, frozen=True):
    """The document that a hook gets: the entry as `audit` shows it, and the answer of the change.

    ``events`` are the words of ``on`` that the entry matches. ``test`` is True where `hook test` made it of an older entry.
    """

    schema: Literal["modelkeep.event/1"]
    hook: str
    test: bool
    registry: str
    directory: str
    events: tuple[str, ...]
    entry: AuditEntry
    change: Change
