"""The part of the API that is about checks: results that are recorded, commands that are run, and their evidence.

`CheckMethods` is a base of `Governance`, and so of `Registry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from modelkeep.local_path import local_path
from modelkeep.provenance.api_calls import checked_class

if TYPE_CHECKING:
    from datetime import timedelta

    from modelkeep.api_types import Moment, Path, Ref, Say, Texts
    from modelkeep.context import Context
    from modelkeep.domain.answers.changes import Fetched
    from modelkeep.domain.answers.checks import Checked, CheckRow


@checked_class
class CheckMethods:
    """The methods of a `Registry` about checks."""

    _context: Context

    def record_check(
        self,
        ref: Ref,
        name: str,
        result: str,
        *,
        evidence: Path | None = None,
        expires: Moment | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Checked:
        """Record the result of a check of a version: ``pass``, ``fail`` or ``warn``.

        ``evidence`` is the file that shows it; its bytes are kept. The result counts for the time ``expires`` (``30d``), or
        until that date; without it, as long as the policy says. The newest result of a name counts.

        >>> done = registry.record_check("fraud@2", "bias", "pass", expires="30d", message="reviewed by the risk board")
        >>> done.effects[0].before, done.effects[0].after
        ('none', 'pass')
        """
        from modelkeep.changes.check import CheckRequest, record_check

        request = CheckRequest(ref, name, expires, message, dry_run)
        evidence = None if evidence is None else local_path(evidence, "--evidence")
        return record_check(self._context, request, result, evidence)

    def run_check(  # noqa: PLR0913  the command's own flags
        self,
        ref: Ref,
        name: str,
        command: Texts,
        *,
        timeout: str | timedelta = "10m",
        warn_code: int | None = None,
        evidence: Path | None = None,
        expires: Moment | None = None,
        output: Say | None = None,
        message: str | None = None,
        dry_run: bool = False,
    ) -> Checked:
        """Run a command on a version, and record how it ended: exit code 0 is ``pass``, ``warn_code`` is ``warn``, all else ``fail``.

        The command is a list of words; no shell reads it. ``{}`` in them is the path of the artifact, and stands at their end
        where none has it. What the command prints is the evidence, 1 MiB of it at most, unless ``evidence`` names a file that
        the command writes. ``output`` is called with pieces of the output as it comes. A command that cannot be started, is
        killed or takes longer than ``timeout`` has failed.

        >>> registry.run_check("fraud@2", "size", ["test", "-s", "{}"]).result
        'pass'
        """
        from modelkeep.changes.check import CheckRequest
        from modelkeep.changes.check_run import CommandRequest, run_check

        evidence = None if evidence is None else local_path(evidence, "--evidence")
        request = CheckRequest(ref, name, expires, message, dry_run)
        return run_check(self._context, request, CommandRequest(command, timeout, warn_code, evidence, output))

    def checks(self, ref: Ref, *, all: bool = False, as_of: Moment | None = None) -> tuple[CheckRow, ...]:  # noqa: A002
        """Return the newest result of each check of a version, and the checks that the policy asks for and that are missing.

        ``all`` are the results before them too, of each check the newest first.

        >>> registry.checks("fraud@2")
        ()
        """
        from modelkeep.reads import checks

        return checks.checks(self._context, ref, as_of, every=all)

    def check(self, ref: Ref, name: str, *, as_of: Moment | None = None) -> CheckRow:
        """Return the newest result of a check; raises `NotFound` where there is none.

        >>> done = registry.record_check("fraud@2", "bias", "pass")
        >>> registry.check("fraud@2", "bias").state
        'current'
        """
        from modelkeep.reads import checks

        return checks.check(self._context, ref, name, as_of)

    def check_evidence(
        self,
        ref: Ref,
        name: str,
        dest: Path,
        *,
        force: bool = False,
        stdout: BinaryIO | None = None,
        as_of: Moment | None = None,
    ) -> Fetched | None:
        """Copy the evidence of the newest result of a check to a file, or into ``stdout``; every byte is checked.

        Raises `NotFound` where there is none, and `Conflict` where something else is in its place, unless ``force``.

        >>> done = registry.record_check("fraud@2", "bias", "pass", evidence="model.onnx")
        >>> registry.check_evidence("fraud@2", "bias", "report.html").size_bytes
        3
        """
        from modelkeep.reads import checks

        dest = local_path(dest, "DEST")
        return checks.evidence(self._context, ref, name, dest, force=force, stdout=stdout, moment=as_of)
