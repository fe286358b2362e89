"""What an error prints: two lines for people, one JSON object for programs. Pure."""

from __future__ import annotations

from msgspec import UNSET, UnsetType, to_builtins

from modelkeep.domain.answers.changes import RuleFinding, findings
from modelkeep.domain.record import Answer
from modelkeep.domain.text import printable
from modelkeep.errors import Denied, ModelkeepError


class ErrorFields(Answer, frozen=True):
    """An error: its kind, its exit code, what happened, and what helps.

    Where the policy refuses a version, ``findings`` are all rules of the stage and ``plan`` is the digest of the plan
    that they make.
    """

    code: str
    exit: int
    message: str
    hint: str | None
    findings: tuple[RuleFinding, ...] | UnsetType = UNSET
    plan: str | UnsetType = UNSET


class ErrorDocument(Answer, frozen=True):
    """The last line of stderr when a command with --json was refused."""

    error: ErrorFields


def as_text(error: ModelkeepError | ErrorFields, *, color: bool = False) -> str:
    """Return ``error:`` and ``hint:`` lines; further lines of a message stand below its first."""
    text = _labelled("error", error.message, "\x1b[1;31m" if color else "")
    return text + (_labelled("hint", error.hint, "\x1b[36m" if color else "") if error.hint else "")


def as_json(error: ModelkeepError) -> str:
    """Return the error as one line of JSON, in ASCII so that any stream carries it."""
    import json

    return json.dumps(to_builtins(ErrorDocument(fields(error))))


def fields(error: ModelkeepError) -> ErrorFields:
    """Return the fields of an error, as they stand in a document."""
    if isinstance(error, Denied) and error.plan is not None:
        rules = findings(error.findings)  # type: ignore[arg-type]  # a `domain.policy.gate` made them
        return ErrorFields(error.code, error.exit_code, error.message, error.hint, rules, error.plan)
    return ErrorFields(error.code, error.exit_code, error.message, error.hint)


def _labelled(label: str, text: str, color: str) -> str:
    first, *more = text.split("\n")
    indent = " " * (len(label) + 2)
    head = f"{color}{label}:\x1b[0m" if color else f"{label}:"
    return "".join([f"{head} {printable(first)}\n", *(f"{indent}{printable(line)}\n" for line in more)])
