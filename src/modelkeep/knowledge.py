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
    from modelkeep.domain.answers.inspections import Inspected
    from modelkeep.domain.answers.origin import AttachmentContent, PackageList


@checked_class
class Knowledge:
    """The methods of a `Registry` about what versions are."""

    _context: Context

    def inspect(
        self,
        what: Ref | Path,
        *,
        fresh: bool = False,
        follow_symlinks: bool = False,
        as_of: Moment | None = None,
    ) -> Inspected:
        """Return what is in a version, in a file of one (``fraud@3/model.onnx``), or in a file or directory on disk.

        Formats, tensors, parameters, the globals that pickles import, problems, and the signature. Of a version it is what
        was recorded; with ``fresh``, and where nothing was, its bytes are read. Nothing is executed or unpickled. A path
        object, and a text with ``./`` before it, is a path; ``-`` is standard input; a model's name is its latest version.

        >>> found = registry.inspect("model.onnx")
        >>> found.recorded
        False
        """
        from modelkeep.reads import inspect

        return inspect.inspect(self._context, what, as_of, fresh=fresh, follow_symlinks=follow_symlinks)

    def supplement(
        self,
        ref: Ref,
        *,
        licence: str | None = None,
        signature: Signature | None = None,
        inspect: bool = False,
        env: Path | None = None,
        attach: Paths = (),
        message: str | None = None,
        dry_run: bool = False,
    ) -> Change:
        """Add facts to a version that exists: licence, signature, environment, attachments, inspection; the newest of each counts.

        ``licence`` is an SPDX expression: ``Apache-2.0``. ``signature`` is a file, or an object with ``inputs``,
        ``outputs`` and ``params``. ``inspect`` reads the stored bytes and records what is in them, with the signature of the
        format where none was recorded. ``env`` and ``attach`` are as in `register`; ``"diff"`` is what is not committed in the
        current directory's work tree.

        >>> registry.supplement("fraud@1", licence="MIT").effects[0].after
        'MIT'
        """
        from modelkeep.changes import supplement
        from modelkeep.changes.change_answer import answer
        from modelkeep.changes.runner import run_change

        given = supplement.Given(licence, signature, env, attach, inspect)
        facts = supplement.find_facts(self._context, ref, given)
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
