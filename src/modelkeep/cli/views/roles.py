"""What `role list` prints: roles, who bears them, and what they allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, line, to_seconds
from modelkeep.cli.views.layout import heading, table
from modelkeep.domain.answers.roles import RoleBearer, RoleRow, StageAuthority
from modelkeep.domain.answers.versions import AsOf

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.rendering import Clock


class RolesView(View, frozen=True):
    """The roles of the policy, as they are now or were at a moment."""

    as_of: AsOf | None
    roles: Sequence[RoleRow]

    def lines(self) -> list[str]:
        """Return a line for each bearer of a role, and for a role that nobody bears."""
        return [
            line(row.role, bearer.who, row.may, to_seconds(bearer.since), bearer.actor)
            if bearer is not None
            else line(row.role, None, row.may, None, None)
            for row, bearer in self._pairs()
        ]

    def identifiers(self) -> list[str]:
        return [row.role for row in self.roles]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (
                heading(row.role),
                "nobody" if bearer is None else bearer.who,
                _allowed(row) if bearer is None or bearer is row.bearers[0] else " ",
                None if bearer is None else clock.minute(bearer.since),
                None if bearer is None else bearer.actor,
            )
            for row, bearer in self._pairs()
        )
        return table(("role", "who", "may", "since", "by"), rows, fold=("may",), drop=("by", "since"))

    def _pairs(self) -> Iterator[tuple[RoleRow, RoleBearer | None]]:
        for row in self.roles:
            yield from ((row, bearer) for bearer in row.bearers or (None,))


def _allowed(row: RoleRow) -> str:
    return permissions(row.may) if row.in_policy else "nothing: the policy does not name it"


def permissions(may: Sequence[str]) -> str:
    """Return permissions as people read them: ``register, promote:staging``."""
    return "everything" if "*" in may else ", ".join(may) or "nothing"


def authority_rows(stages: Sequence[StageAuthority]) -> list[tuple[str, str]]:
    """Return what each stage means, and who may promote to it, ask for that, roll back and approve."""
    rows = []
    for stage in stages:
        parts = [*([] if stage.meaning is None else [stage.meaning]), f"promote: {_named(stage.promote)}"]
        if stage.request and stage.request != stage.promote:
            parts.append(f"ask for it: {_named(stage.request)}")
        if stage.approve:
            parts.append(f"approve: {_named(stage.approve)}")
        parts.append(f"roll back: {_named(stage.rollback)}")
        rows.append((stage.stage, "; ".join(parts)))
    return rows


def _named(who: Sequence[str]) -> str:
    return ", ".join(who) or "nobody"
