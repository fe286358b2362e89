"""How an error is printed: two lines for people, one JSON object for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from msgspec import to_builtins

from modelkeep.cli import streams
from modelkeep.domain.record import Answer
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import ModelkeepError

_LONGEST_LINE = 5_000  # a path may have 4,096 bytes


class ErrorFields(Answer, frozen=True):
    """An error: its kind, its exit code, what happened, and what helps."""

    code: str
    exit: int
    message: str
    hint: str | None


class ErrorDocument(Answer, frozen=True):
    """The last line of stderr when a command with --json was refused."""

    error: ErrorFields


def write(error: ModelkeepError, arguments: Sequence[str]) -> None:
    """Write an error to stderr, in the form that the arguments ask for."""
    if os.environ.get("MODELKEEP_DEBUG", "0") not in {"", "0"}:
        import traceback

        streams.err(printable_lines("".join(traceback.format_exception(error))))
    if wants_json(arguments):
        streams.err(as_json(error) + "\n")
    else:
        streams.err(as_text(error, color=_colored(arguments)))


def as_text(error: ModelkeepError, *, color: bool = False) -> str:
    """Return ``error:`` and ``hint:`` lines; further lines of a message stand below its first."""
    text = _labelled("error", error.message, "\x1b[1;31m" if color else "")
    return text + (_labelled("hint", error.hint, "\x1b[36m" if color else "") if error.hint else "")


def as_json(error: ModelkeepError) -> str:
    """Return the error as one line of JSON, in ASCII so that any stream carries it."""
    import json

    return json.dumps(to_builtins(ErrorDocument(fields(error))))


def fields(error: ModelkeepError) -> ErrorFields:
    """Return the fields of an error, as they stand in a document."""
    hint = None if error.hint is None else _cut(error.hint)
    return ErrorFields(error.code, error.exit_code, _cut(error.message), hint)


def bug(error: Exception) -> ModelkeepError:
    """Return an exception that no code foresaw as an error with exit code 70."""
    text = str(error)
    message = f"this is a bug in modelkeep: {type(error).__name__}{': ' if text else ''}{text}"
    found = ModelkeepError(message, "run it again with MODELKEEP_DEBUG=1 to see where, and please report that")
    found.__cause__ = error
    return found


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether JSON was asked for, also where the arguments cannot be parsed."""
    before = ""
    for argument in arguments:
        if argument == "--":
            return False
        if argument in {"--json", "--format=json"} or (before == "--format" and argument == "json"):
            return True
        before = argument
    return False


def _colored(arguments: Sequence[str]) -> bool:
    """Return whether the labels are coloured. The configuration is not asked: it may be what failed."""
    chosen = os.environ.get("MODELKEEP_COLOR", "auto")
    if "--no-color" in arguments:
        chosen = "never"
    return streams.colored(sys.stderr, chosen if chosen in {"always", "never"} else "auto")


def _cut(text: str) -> str:
    """Return a message with each line cut to the length of a long path: an argument may have megabytes."""
    if len(text) <= _LONGEST_LINE:
        return text
    return "\n".join(f"{line[:_LONGEST_LINE]}..." if len(line) > _LONGEST_LINE else line for line in text.split("\n"))


def _labelled(label: str, text: str, color: str) -> str:
    first, *more = _cut(text).split("\n")
    indent = " " * (len(label) + 2)
    head = f"{color}{label}:\x1b[0m" if color else f"{label}:"
    return "".join([f"{head} {printable(first)}\n", *(f"{indent}{printable(line)}\n" for line in more)])
