"""What `hook list` and `hook test` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, line
from modelkeep.cli.views.layout import heading, table, text
from modelkeep.domain.answers.hooks import HookRow, HookRun
from modelkeep.hooks.names import FILE, trusting

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.rendering import Clock


class HooksView(View, frozen=True):
    """The hooks, in the order they run."""

    hooks: Sequence[HookRow]

    def identifiers(self) -> list[str]:
        return [each.name for each in self.hooks]

    def lines(self) -> list[str]:
        return [
            line(each.name, each.kind, each.target, each.on, each.stages, each.models, each.runs, each.source)
            for each in self.hooks
        ]

    def table(self, clock: Clock) -> RenderableType:
        rows = (
            (
                heading(each.name),
                ", ".join(each.on),
                ", ".join((*each.stages, *each.models)),
                each.target + (" (signed)" if each.signed else ""),
                "yes" if each.runs else text("no: not trusted", "yellow"),
                each.source,
            )
            for each in self.hooks
        )
        return table(("hook", "on", "only for", "runs", "active", "from"), rows, fold=("runs",), drop=("from",))

    def notes(self) -> list[str]:
        """Return the line that lets hooks run which do not."""
        waiting = dict.fromkeys(each.source for each in self.hooks if not each.runs)
        return [f"{source} does not run: {trusting(source.removesuffix(FILE)[:-1])}" for source in waiting]


class HookRunView(View, frozen=True):
    """The result of a hook that was tested."""

    answer: HookRun

    def identifiers(self) -> list[str]:
        return [self.answer.hook]

    def lines(self) -> list[str]:
        return [line(self.answer.hook, self.answer.ok, self.answer.outcome)]

    def notes(self) -> list[str]:
        """Return what the command wrote."""
        return self.answer.output.splitlines()
