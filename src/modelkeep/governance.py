"""The part of the API that is about the policy: who may do what, what a stage asks for, and who decided.

`Governance` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.changes.change_request import Resolve
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change


@checked_class
class Governance:
    """The methods of a `Registry` about its policy."""

    _context: Context

    def _change(self, resolve: Resolve, message: str | None, dry_run: bool) -> Change:
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))
