"""What went wrong, said: two lines for people, one JSON object for programs."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence

from modelkeep.cli import streams
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import ModelkeepError

_LONGEST_LINE = 5_000  # a path may have 4,096 bytes


def tell(error: ModelkeepError, arguments: Sequence[str]) -> None:
    """Write an error to stderr, in the form that the arguments ask for."""
    if os.environ.get("MODELKEEP_DEBUG", "0") not in {"", "0"}:
        streams.err(printable_lines("".join(traceback.format_exception(error))))
    if wants_json(arguments):
        streams.err(as_json(error) + "\n")
    else:
        streams.err(as_text(error, color=_colored(arguments)))


def as_text(error: ModelkeepError, *, color: bool = False) -> str:
    """Return ``error:`` and ``hint:`` lines; what has several lines is aligned below its first."""
    told = _labelled("error", error.message, "\x1b[1;31m" if color else "")
    return told + (_labelled("hint", error.hint, "\x1b[36m" if color else "") if error.hint else "")


def as_json(error: ModelkeepError) -> str:
    """Return the error as one line of JSON, in ASCII so that any stream carries it."""
    return json.dumps({"error": as_document(error)})


def as_document(error: ModelkeepError) -> dict[str, str | int | None]:
    """Return the fields of an error, as they stand in a document."""
    hint = None if error.hint is None else _cut(error.hint)
    return {"code": error.code, "exit": error.exit_code, "message": _cut(error.message), "hint": hint}


def bug(error: Exception) -> ModelkeepError:
    """Return what nobody foresaw as an error of ours, exit 70."""
    said = str(error)
    message = f"this is a bug in modelkeep: {type(error).__name__}{': ' if said else ''}{said}"
    told = ModelkeepError(message, "run it again with MODELKEEP_DEBUG=1 to see where, and please report that")
    told.__cause__ = error
    return told


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether JSON was asked for, also where the arguments could not be parsed."""
    before = ""
    for argument in arguments:
        if argument == "--":
            return False
        if argument in {"--json", "--format=json"} or (before == "--format" and argument == "json"):
            return True
        before = argument
    return False


def _colored(arguments: Sequence[str]) -> bool:
    """Say whether the labels are coloured: what failed may be the configuration, so it is not asked."""
    chosen = os.environ.get("MODELKEEP_COLOR", "auto")
    if "--no-color" in arguments:
        chosen = "never"
    return streams.colored(sys.stderr, chosen if chosen in {"always", "never"} else "auto")


def _cut(text: str) -> str:
    """Return a message with no line longer than a path: who typed a megabyte does not want it back."""
    if len(text) <= _LONGEST_LINE:
        return text
    return "\n".join(f"{line[:_LONGEST_LINE]}..." if len(line) > _LONGEST_LINE else line for line in text.split("\n"))


def _labelled(label: str, text: str, color: str) -> str:
    first, *more = _cut(text).split("\n")
    indent = " " * (len(label) + 2)
    head = f"{color}{label}:\x1b[0m" if color else f"{label}:"
    return "".join([f"{head} {printable(first)}\n", *(f"{indent}{printable(line)}\n" for line in more)])
