"""Every hint that is provoked is typed: a line that begins with ``modelkeep`` must be one that the parser accepts.

A remark may stand behind a line, after eight spaces and in brackets. Words in capitals stand for what only the user knows.
"""

import re
import shlex
from collections.abc import Iterable

from modelkeep.cli import app

#: The words in capitals that a hint may have.
PLACEHOLDERS = frozenset(
    {"NAME", "REF", "STAGE", "PATH", "DEST", "FILE", "DIR", "LABEL", "TEXT", "ALIAS", "K=V", "BACKUP", "GROUP", "NODE"}
)
_REMARK = re.compile(r"        \([^()]*(?:\([^()]*\)[^()]*)*\)$")
_CAPITALS = re.compile(r"[A-Z]{2,}(?:=[A-Z]+)?")
_SHELL = {">", "|", "<"}
_good: set[str] = set()
#: The hints of this test: of the errors that were made, and of the processes that ended.
provoked: set[str] = set()


def problem(hint: str) -> str | None:
    """Return what is wrong with a hint, None for one whose lines can be typed."""
    for line in hint.split("\n"):
        if not line.startswith("modelkeep ") or line in _good:
            continue
        try:
            tokens = shlex.split(_REMARK.sub("", line))[1:]
        except ValueError as error:
            return f"{line!r}: {error}"
        tokens = tokens[: next((at for at, each in enumerate(tokens) if each in _SHELL), len(tokens))]
        unknown = {each for each in tokens if _CAPITALS.fullmatch(each) or each == "[OPTIONS]"} - PLACEHOLDERS
        if unknown:
            return f"{line!r}: {unknown} is no placeholder"
        tokens = ["NAME@1" if each == "REF" else each for each in tokens]  # a REF has a version, a bare NAME has none
        if tokens not in (["--help"], ["--version"]) and app.accepted(tokens) != tokens:
            return f"{line!r}: the parser does not accept it"
        _good.add(line)
    return None


def printed(stderr: str) -> list[str]:
    """Return the hints of a process that ended."""
    return [each.replace("\n      ", "\n") for each in re.findall(r"^hint: (.*(?:\n      .*)*)", stderr, re.MULTILINE)]


def wrong(found: Iterable[str]) -> list[str]:
    """Return the problems of hints."""
    return [text for text in map(problem, found) if text is not None]
