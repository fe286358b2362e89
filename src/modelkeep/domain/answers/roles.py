"""Answers about roles: who bears them, and who may do what to a stage."""

from __future__ import annotations

from modelkeep.domain.record import Answer


class RoleBearer(Answer, frozen=True):
    """An account (``user:ana``) or a group (``group:ml``) that bears a role, since when, and who gave it."""

    who: str
    since: str
    seq: int
    actor: str


class RoleRow(Answer, frozen=True):
    """A role: its permissions as the policy writes them, and who bears it.

    ``in_policy`` is False for one that the policy in force does not name: it allows nothing.
    """

    role: str
    may: tuple[str, ...]
    in_policy: bool
    bearers: tuple[RoleBearer, ...]


class StageAuthority(Answer, frozen=True):
    """Who may promote to a stage, ask for a promotion to it, roll it back, and approve a promotion that it asks for."""

    stage: str
    meaning: str | None
    promote: tuple[str, ...]
    request: tuple[str, ...]
    rollback: tuple[str, ...]
    approve: tuple[str, ...]


class PolicyRef(Answer, frozen=True):
    """The policy in force: its digest, since when it holds, the entry that set it, and who did."""

    digest: str
    since: str
    seq: int
    actor: str
