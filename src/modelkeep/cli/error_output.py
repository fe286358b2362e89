"""Errors of a command on stderr, in the form that its arguments ask for."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence
from shlex import quote

from modelkeep.cli import streams
from modelkeep.cli.typed_line import hint_line
from modelkeep.cli.views import errors
from modelkeep.domain.text import printable, printable_lines
from modelkeep.errors import AmbiguousKey, ModelkeepError, RegistryUnavailable

#: What the system says of a path and not of this program.
_OF_THE_PLACE = frozenset({
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOSPC, errno.EDQUOT, errno.EIO,
    errno.EMFILE, errno.ENFILE, errno.ESTALE,
})  # fmt: skip


def write(error: ModelkeepError, arguments: Sequence[str]) -> None:
    """Write an error to stderr, in the form that the arguments ask for."""
    if isinstance(error, AmbiguousKey):
        error.hint = _line_with_key(error, arguments)
    elif error.correction is not None:
        error.hint = _corrected(arguments, *error.correction) or error.hint
    if os.environ.get("MODELKEEP_DEBUG", "0") not in {"", "0"}:
        import traceback

        streams.err(printable_lines("".join(traceback.format_exception(error))))
    if wants_json(arguments):
        streams.err(errors.as_json(error) + "\n")
    else:
        streams.err(errors.as_text(error, color=_colored(arguments)))


def _line_with_key(error: AmbiguousKey, arguments: Sequence[str]) -> str:
    """Return the line that was typed with a key that means one thing."""
    meant = error.meant
    kind, _, name = (re.escape(each) for each in error.typed.partition("."))
    key = re.compile(rf"(?<![^,=]){kind}\.{name}(?=$|,|:(?:asc|desc)$)")
    in_filter = re.compile(rf"(?<![^\s(,=]){kind}s?\.([`\"]?){name}\1(?=[\s)<>=!])", re.IGNORECASE)
    if any(map(in_filter.search, arguments)):
        from modelkeep.domain.filters.expression import Field

        key, meant = in_filter, tuple(str(Field(*each.split(".", 1))) for each in meant)
    first, *others = meant
    line = hint_line([key.sub(lambda _: first, typed) for typed in arguments])
    return f"{line}        (or {', '.join(others)})" if others else line


def _corrected(arguments: Sequence[str], typed: str, meant: str) -> str | None:
    """Return the line that was typed with one text in it replaced: a whole value, else a word in quotes; None without it."""
    from modelkeep.cli.app import accepted

    for place in range(len(arguments) - 1, -1, -1):
        for before, after in ((typed, meant), (f"'{typed}'", f"'{meant}'"), (f'"{typed}"', f'"{meant}"')):
            word = arguments[place]
            option = word.partition("=")[0] + "=" if word.startswith("--") else ""
            found = meant if word == typed else option + meant if option and word == option + typed else None
            if found is None and before != typed and before in word:
                found = word.replace(before, after)
            if found is not None:
                line = accepted([*arguments[:place], found, *arguments[place + 1 :]])
                return None if line is None else printable(hint_line(line))
    return None


def unforeseen(error: Exception) -> ModelkeepError:
    """Return an exception that no code translated: a refusal of the system about a path, else a bug (exit code 70)."""
    if isinstance(error, OSError) and error.errno in _OF_THE_PLACE and isinstance(error.filename, (str, bytes)):
        path = os.fsdecode(error.filename)
        found: ModelkeepError = RegistryUnavailable(
            f"{path} cannot be used: {os.strerror(error.errno).lower()}", f"ls -ld {quote(path)}"
        )
        found.__cause__ = error
        return found
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
