"""What `prune` prints: a line for each version that was archived or deleted, and why others were not."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.cli.views import errors
from modelkeep.cli.views.interface import View
from modelkeep.domain.answers.retention import Pruned
from modelkeep.domain.text import printable


class PrunedView(View, frozen=True):
    """A page of versions that the policy's retention does not keep, and what became of each."""

    versions: Sequence[Pruned]

    def identifiers(self) -> list[str]:
        return [each.ref for each in self.versions if each.changed]

    def lines(self) -> list[str]:
        return [printable(f"{each.ref}: {each.before} -> {each.after}") for each in self.versions if each.changed]

    def notes(self) -> list[str]:
        """Return why versions were not changed."""
        return [
            *(f"{each.ref}: nothing to do: {each.why}" for each in self.versions if each.why is not None),
            *(
                errors.as_text(errors.ErrorFields(code, code_, message, hint)).rstrip("\n")
                for code, code_, message, hint in (
                    (each.error.code, each.error.exit, f"{each.ref}: {each.error.message}", each.error.hint)
                    for each in self.versions
                    if each.error is not None
                )
            ),
        ]

    @property
    def wrote(self) -> bool:
        return any(each.changed and not each.dry_run for each in self.versions)
