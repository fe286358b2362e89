"""The part of the API that is about what versions are: what is in their files, their signature, their licence.

`Knowledge` is a base of `Registry`: its methods are the registry's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from modelkeep.api_types import Moment, Path, Paths, Ref, Signature
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Change
    from modelkeep.domain.answers.origin import AttachmentContent, PackageList


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
        env: Path | None = None,
        attach: Paths = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Add to a version what was not said when it was registered; the newest of each counts.

        ``licence`` is an SPDX expression: ``Apache-2.0``. ``signature`` is a file, or an object with ``inputs``,
        ``outputs`` and ``params``. ``env`` and ``attach`` are as in `register`; ``"diff"`` is what is not committed in the
        current directory's work tree.

        >>> registry.supplement("fraud@1", licence="MIT").effects[0].after
        'MIT'
        """
        from modelkeep.changes import supplement
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        facts = supplement.given_facts(self._context, ref, licence, signature, env, attach)
        resolve = supplement.supplement(ref, facts)
        return answer(run_change(self._context, resolve, message=message, dry_run=dry_run))

    def attachment(self, ref: Ref, name: str, *, as_of: Moment | None = None) -> AttachmentContent:
        """Return an attachment of a version: its bytes, their digest, and whether it is a ``diff`` or a ``file``.

        >>> change = registry.supplement("fraud@1", attach="notes.md")
        >>> registry.attachment("fraud@1", "notes.md").content
        b'trained by night'
        """
        from modelkeep.reads import origin

        return origin.attachment(self._context, ref, name, as_of)

    def packages(self, ref: Ref, *, as_of: Moment | None = None) -> PackageList:
        """Return the packages of the environment that made a version.

        >>> change = registry.supplement("fraud@1", env="requirements.txt")
        >>> registry.packages("fraud@1").packages
        {'numpy': '2.4.6', 'scikit-learn': '1.7.2'}
        """
        from modelkeep.reads import origin

        return origin.packages(self._context, ref, as_of)
