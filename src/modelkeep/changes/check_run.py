"""`check run`: a command is run on an artifact, and how it ended is the result of a check."""

from __future__ import annotations

import os
import shlex
import shutil
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from io import IncrementalNewlineDecoder
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.check import CheckRequest, pinned, prepared, record
from modelkeep.changes.check_process import run_command
from modelkeep.changes.evidence import Evidence, from_bytes, from_file
from modelkeep.context import Context
from modelkeep.domain.answers.checks import Checked
from modelkeep.domain.text import printable
from modelkeep.domain.urls import scrub_text
from modelkeep.errors import Conflict, IntegrityError, NotFound, UsageError
from modelkeep.reads import fetch
from modelkeep.reads.references import Say

#: What stands for the artifact in the arguments of a command.
PLACE = "{}"
_LONGEST_COMMAND, _HIGHEST_CODE = 8_000, 255
_SECONDS_OF_A_WEEK = 7 * 86_400


class CommandRequest(Struct, frozen=True):
    """A command that is to be run: its arguments, its time limit, and the exit code that means ``warn``.

    ``evidence`` is a file that the command writes, None where its output is the evidence. ``output`` gets the output as
    it comes, in pieces of text.
    """

    arguments: Sequence[str]
    timeout: timedelta
    warn_code: int | None
    evidence: str | None
    output: Say | None


def run_check(context: Context, request: CheckRequest, asked: CommandRequest) -> Checked:
    """Run a command on an artifact, and record how it ended: whatever is not a success is a ``fail``."""
    from modelkeep.domain.policy.facts import age_words

    arguments = _arguments(request, asked.arguments)
    seconds = int(asked.timeout.total_seconds())
    if not 0 < seconds <= _SECONDS_OF_A_WEEK:
        message = "the time limit of a check is between a second and a week"
        raise UsageError(message, "--timeout 10m")
    if asked.warn_code is not None and not 0 < asked.warn_code <= _HIGHEST_CODE:
        message = f"an exit code that means warn is between 1 and {_HIGHEST_CODE}, not {asked.warn_code}"
        raise UsageError(message, "--warn-code 3")
    request = prepared(context, request)
    command = f"check run {{}} {request.name} -- {shlex.join(asked.arguments)}"
    request = replace(request, ref=pinned(context, request, command))
    path = fetch.path(context, request.ref, progress=None, moment=None)
    report = None if asked.evidence is None else _Report(asked.evidence)
    ended = run_command(
        _with_path(arguments, path),
        cwd=context.cwd,
        environ={**context.environ, "MODELKEEP_PATH": path, "MODELKEEP_REF": request.ref},
        seconds=seconds,
        limit=age_words(seconds),
        show=_as_text(asked.output),
    )
    if asked.output is not None and ended.output and not ended.output.endswith(b"\n"):
        asked.output("\n")
    _require_unchanged(context, request)

    def ended_with(result: str, outcome: str, find: Callable[[], Evidence | None]) -> Checked:
        fields = (("check.command", _shown(arguments)), ("check.outcome", outcome))
        return record(context, request, result, find, command, fields)

    def output() -> Evidence | None:
        return from_bytes(ended.output)

    find = output if report is None else partial(report.read, context, dry_run=request.dry_run)
    try:
        return ended_with(result_of(ended.code, asked.warn_code), ended.outcome, find)
    except _NoReport as problem:
        return ended_with("fail", f"{ended.outcome}, and {problem}", output)


def _require_unchanged(context: Context, request: CheckRequest) -> None:
    """Raise ``IntegrityError`` where the artifact is not what it was when the command began."""
    try:
        fetch.path(context, request.ref, progress=None, moment=None)
    except IntegrityError as error:
        message = f"the artifact was changed while the command ran, so nothing was recorded: {error.message}"
        raise IntegrityError(message, error.hint) from error


def result_of(code: int | None, warn_code: int | None) -> str:
    """Return the result that an exit code means; without one the command was killed or never ran."""
    if code is not None and code == warn_code:
        return "warn"
    return "pass" if code == 0 else "fail"


def _arguments(request: CheckRequest, words: Sequence[str]) -> list[str]:
    """Return the words of a command, with `PLACE` for the artifact at the end where none has it."""
    line = f"modelkeep check run {quote(request.ref)} {quote(request.name)} --"
    if not words or not words[0]:
        message = "a check needs a command"
        raise UsageError(message, f"{line} picklescan -p {PLACE}")
    if len(words) == 1 and words[0].split() != [words[0]] and shutil.which(words[0]) is None:
        message = (
            f"there is no program '{printable(words[0])}': a command is given word by word, and no shell splits it"
        )
        raise UsageError(message, printable(f"{line} {words[0]}"))
    return [*words] if any(PLACE in each for each in words) else [*words, PLACE]


class _NoReport(Exception):
    """The file that a command was to write is no evidence; the text says why."""


class _Report:
    """A file that a command is to write: what stood there before it ran is no report of this run."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._before = self._state()

    def read(self, context: Context, *, dry_run: bool) -> Evidence:
        """Return the file as evidence; raise ``_NoReport`` where it was not written, or cannot be evidence."""
        if self._state() in (None, self._before):
            message = f"'{printable(self._path)}' was not written"
            raise _NoReport(message)
        try:
            return from_file(context.bucket, self._path, dry_run=dry_run)
        except (UsageError, NotFound, Conflict) as error:
            raise _NoReport(error.message) from error

    def _state(self) -> tuple[int, ...] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _as_text(say: Say | None) -> Callable[[bytes], None]:
    """Return what hands output on as text; a return without a newline, as of a progress bar, ends a line."""
    if say is None:
        return lambda _data: None
    decoder = IncrementalNewlineDecoder(getincrementaldecoder("utf-8")("replace"), translate=True)

    def show(data: bytes) -> None:
        text = decoder.decode(data)
        if text:
            say(text)

    return show


def _with_path(arguments: Sequence[str], path: str) -> list[str]:
    """Return the words of a command with the path of the artifact in them.

    The account that registered the version chose the name of its file. In a word that is a script (``sh -c 'scan {}'``), a name
    with characters that a shell interprets would run as a part of it: that is refused.
    """
    around = [each.replace(PLACE, "x") for each in arguments if PLACE in each]
    if quote(path) != path and any(quote(each) != each for each in around):
        message = f"the path of the artifact has characters that would be a part of the script: {printable(path)}"
        raise UsageError(message, f'write "$MODELKEEP_PATH" in the script, in place of {PLACE}')
    return [each.replace(PLACE, path) for each in arguments]


def _shown(arguments: Sequence[str]) -> str:
    """Return a command as it is typed in a shell, without secrets in its URLs, bounded."""
    text = shlex.join(map(scrub_text, arguments)).replace(quote(PLACE), PLACE)
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text if len(text) <= _LONGEST_COMMAND else text[:_LONGEST_COMMAND] + "…"
