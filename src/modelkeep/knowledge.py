"""The part of the API that is about what versions are: what is in their files, their signature, their licence.

`Knowledge` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Ref, Signature
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change


@checked_class
class Knowledge:
    """The methods of a `Registry` about what versions are."""

    _context: Context

    def supplement(
        self,
        ref: Ref,
        *,
        licence: str | None = None,
        signature: Signature | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Add to a version what was not said when it was registered; the newest of each counts.

        ``licence`` is an SPDX expression: ``Apache-2.0``. ``signature`` is a file, or an object with ``inputs``,
        ``outputs`` and ``params``.

        >>> registry.supplement("fraud@1", licence="MIT").effects[0].after
        'MIT'
        """
        from modelkeep.changes import supplement
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        facts = supplement.given_facts(ref, licence, signature)
        resolve = supplement.supplement(ref, facts)
        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))
